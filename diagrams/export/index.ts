/** Exports: pictures in, text out. They only print, and check what they print. */

export { type AsciiOptions, type Text, toAscii } from "./ascii.ts";
export { type Breach, breaches, type ContractOptions, formatBreach } from "./contract.ts";
export { dotFault, toDot } from "./dot.ts";
export { type MailOptions, mailText } from "./mail.ts";
export { type AboutOptions, aboutMail, mailKey, type Passed } from "./mail-about.ts";
export { toMermaid } from "./mermaid.ts";
export { mermaidFault, toMermaidBlocks } from "./mermaid-blocks.ts";
export { mermaidFaults } from "./mermaid-check.ts";
export { type RstOptions, rstFaults, toRst } from "./rst.ts";
export { type SvgOptions, toSvg } from "./svg.ts";
export { svgFaults } from "./svg-check.ts";
export { looksLikeTrace, type ReadTrace, readTrace, toTrace } from "./trace.ts";
export { traceFaults } from "./trace-check.ts";
