/** Exports: pictures in, text out. They only print, and check what they print. */

export { type AsciiOptions, type Text, toAscii } from "./ascii.ts";
export { type Breach, breaches, type ContractOptions, formatBreach } from "./contract.ts";
