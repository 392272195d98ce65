/** Makes a player of a printed list of steps. Without this script the list, and `#send`, still work. */
export class WdFlow extends HTMLElement {}
customElements.define("wd-flow", WdFlow);
