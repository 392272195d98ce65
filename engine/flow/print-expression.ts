import type { Call, Comparison, Expression, Result, Statement, StructExpression } from "./ast.ts";
import { numeralText } from "./number.ts";

/** The canonical text of a value: as strace prints it, on one line. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return numeralText(expression);
    case "string":
      return quoted(expression.text);
    case "name":
      return expression.path.join(".");
    case "constant":
      return expression.name;
    case "errno":
      return `-${expression.name}`;
    case "since":
      return `since @${expression.label}`;
    case "flags":
      return expression.parts.map((part) => grouped(part, ["flags"])).join("|");
    case "sum": {
      // Blanks around a minus: `hisi_zip - 0` is a difference, `hisi_zip-0` may be a device.
      const sign = expression.op === "-" ? " - " : "+";
      const left = grouped(expression.left, ["flags"]);
      return `${left}${sign}${grouped(expression.right, ["flags", "sum"])}`;
    }
    case "struct":
      return formatStruct(expression);
    case "list":
      return `[${expression.elements.map(formatExpression).join(", ")}]`;
    case "member":
      return `${formatExpression(expression.of)}.${expression.name}`;
    case "call":
      return formatCall(expression);
  }
}

export function formatCall({ name, args }: Call): string {
  return `${name}(${args.map(formatExpression).join(", ")})`;
}

function formatStruct({ fields }: StructExpression): string {
  const shown = fields.map(({ name, value }) => `${name}: ${formatExpression(value)}`);
  return `{${shown.join(", ")}}`;
}

/** In brackets where it would be read as something else without. */
function grouped(part: Expression, kinds: readonly Expression["kind"][]): string {
  return kinds.includes(part.kind) ? `(${formatExpression(part)})` : formatExpression(part);
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** 7-bit, in double quotes. */
export function quoted(text: string): string {
  const inner = text.replace(/[^ !#-[\]-~]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return NAMED_ESCAPES[char] ?? (code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`);
  });
  return `"${inner}"`;
}

export function formatComparison({ query, op, value }: Comparison): string {
  return `${formatExpression(query)} ${op} ${formatExpression(value)}`;
}

/** What stands after `=`, as strace prints it: `0`, `-1 EBUSY`, `0 {size: 8K}`. */
export function formatResult(result: Result): string {
  switch (result.kind) {
    case "value":
      return `${formatExpression(result.value)}${written(result)}`;
    case "errno":
      return `-1 ${result.errno}${written(result)}`;
    case "library-errno":
      return `-${result.errno}${written(result)}`;
    case "signal":
      return result.signal;
    case "bug":
      return `BUG ${quoted(result.text)}`;
    case "never":
      return "?";
    case "unfinished":
      return "<unfinished ...>";
  }
}

function written(result: { readonly written?: Expression }): string {
  return result.written ? ` ${formatExpression(result.written)}` : "";
}

/** One line as strace would print it; without caption, label and remark. */
export function formatStatement(statement: Statement): string {
  const { actor, bind, action } = statement;
  const name = bind === undefined ? "" : `${bind} = `;
  return `${actor}: ${name}${formatAction(action)}${formatOutcome(statement)}`;
}

function formatAction(action: Statement["action"]): string {
  switch (action.kind) {
    case "call":
      return formatCall(action.call);
    case "wait":
      return `wait ${formatExpression(action.span)}`;
    case "wait-until":
      return `wait until ${formatComparison(action)} within ${formatExpression(action.within)}`;
    case "resumed":
      return `<... ${action.name} resumed>`;
  }
}

function formatOutcome({ result, only }: Statement): string {
  if (!result) return "";
  if (only !== undefined) return ` = [${only}] ${formatResult(result)}`;
  return `${result.kind === "unfinished" ? " " : " = "}${formatResult(result)}`;
}
