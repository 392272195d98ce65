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
export { CONSTANTS } from "./constants.ts";
export { type Evaluated, evaluate } from "./evaluate.ts";
export { type FlowError, flowError, formatError, type Problem, quote } from "./flow-error.ts";
export { fullName, IOCTLS } from "./full-name.ts";
export { type Override, withHeader } from "./header.ts";
export { compares, formatOutcome, isSame } from "./judge.ts";
export { DEVICE_KINDS, FRAMEWORKS, illegal, LEGAL } from "./legal.ts";
export { type Linked, link } from "./link.ts";
export { PROCESS_CALLS } from "./link-line.ts";
export { nearest } from "./nearest.ts";
export { type Parsed, parseFlow } from "./parse.ts";
export {
  type Cast,
  type Entry,
  type FailedExpectation,
  type FlowPart,
  flowPart,
  type Mark,
  type Names,
  type Story,
} from "./part.ts";
export { formatLine, printFlow } from "./print.ts";
export {
  formatCall,
  formatComparison,
  formatExpression,
  formatResult,
  formatStatement,
  quoted,
} from "./print-expression.ts";
export { COUNTERS, formatValue, QUERIES } from "./queries.ts";
export { endStory, startStory, tellStory } from "./story.ts";
export { WAIT } from "./wait.ts";
export { type Change, children, mapExpressions, withResults } from "./walk.ts";
