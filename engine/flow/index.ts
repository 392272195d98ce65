export type {
  Action,
  Always,
  Blank,
  Call,
  Comment,
  Comparison,
  ConstantExpression,
  DeviceKind,
  DeviceLine,
  ErrnoExpression,
  Expect,
  ExploreMark,
  Expression,
  FaultKind,
  Field,
  FlagsExpression,
  Flow,
  Framework,
  Hardware,
  Header,
  HeaderItem,
  HeaderLine,
  IommuKind,
  IommuLine,
  Item,
  JoinMark,
  Line,
  ListExpression,
  MemberExpression,
  NameExpression,
  NumberExpression,
  NumberForm,
  Operator,
  Position,
  Result,
  Schedule,
  Section,
  SinceExpression,
  Statement,
  StringExpression,
  StructExpression,
  SumExpression,
} from "./ast.ts";
export { type FlowError, flowError, formatError, type Problem, quote } from "./flow-error.ts";
export { type Override, withHeader } from "./header.ts";
export { DEVICE_KINDS, FRAMEWORKS, illegal, LEGAL } from "./legal.ts";
export { nearest } from "./nearest.ts";
export { type Parsed, parseFlow } from "./parse.ts";
export { formatLine, printFlow } from "./print.ts";
export {
  formatCall,
  formatComparison,
  formatExpression,
  formatResult,
  formatStatement,
  quoted,
} from "./print-expression.ts";
export { type Change, children, mapExpressions, withResults } from "./walk.ts";
