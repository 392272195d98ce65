/**
 * Makes a player of a printed list of steps. Without this script the list, and `#send`, still work.
 * At rest it has four controls and the drawing that the page came with. The engine comes at the
 * first key or click, as one chunk, and does what was asked for.
 */
import type { Player } from "./player.ts";
import type { Command } from "./showing.ts";

/** What a key asks for. Letters can be turned off; the others stay. */
const KEYS: Readonly<Record<string, Command>> = {
  ArrowRight: "next",
  ArrowDown: "next",
  ArrowLeft: "back",
  ArrowUp: "back",
  Home: "first",
  End: "last",
  Enter: "open",
  Backspace: "close",
  Escape: "dismiss",
  " ": "play",
  "[": "key-back",
  "]": "key-next",
  "?": "keys",
};
const LETTERS: Readonly<Record<string, Command>> = {
  j: "next",
  k: "back",
  g: "first",
  G: "last",
  n: "match-next",
  N: "match-back",
  f: "find",
  y: "copy",
  Y: "link",
  w: "what-if",
};

const VIEWS: Readonly<Record<string, string>> = {
  sequence: "Ladder",
  memory: "Pages",
  rings: "Ring",
  blocks: "Holders",
  walk: "Walk",
  states: "States",
  timeline: "Timeline",
  chart: "Chart",
};

/** Places of a page that are no step: its content, and the player itself. */
const NO_STEPS = ["content", "player"];

/** These use the key themselves. */
const TYPING = "input, textarea, select";
const PRESSED = "button, summary, a";

export class WdFlow extends HTMLElement {
  #player: Promise<Player> | undefined;
  #isBuilt = false;

  connectedCallback(): void {
    if (this.#isBuilt) return; // moved, not new
    this.#isBuilt = true;
    this.tabIndex = -1;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", `Player: ${this.dataset.title ?? "story"}`);
    this.dataset.letters = lettersChosen();
    this.#addControls();
    this.#showEnd();
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    if (this.classList.contains("whole")) {
      this.#follow();
      addEventListener("hashchange", () => this.#follow());
    }
  }

  #addControls(): void {
    const controls = this.querySelector(".controls");
    const items = [...this.querySelectorAll(".run li")];
    const index = items.findIndex((item) => item.hasAttribute("aria-current")) + 1;
    const position = document.createElement("span");
    position.className = "position";
    position.textContent = `${index} of ${items.length}`;
    controls?.replaceChildren(
      control("Back", "back"),
      control("Next", "next"),
      position,
      control("Copy for mail", "copy"),
      control("More", "more"),
    );
    this.#addViews();
    const start = control("Start at step 1", "first");
    start.classList.add("start");
    const row = document.createElement("div");
    row.className = "deeper";
    row.append(start);
    this.querySelector(".views")?.append(row);
  }

  /** Where the picture scrolls by itself, as on a phone, the end of a ladder is what is new. */
  #showEnd(): void {
    const picture = this.querySelector<HTMLElement>(".picture");
    if (!picture || picture.scrollHeight <= picture.clientHeight) return;
    picture.tabIndex = 0;
    if (this.dataset.view === "sequence") picture.scrollTop = picture.scrollHeight;
  }

  #addViews(): void {
    const row = this.querySelector<HTMLElement>(".views");
    const views = (this.dataset.views ?? "").split(" ");
    if (!row || views.length < 2) return;
    const tabs = document.createElement("div");
    tabs.setAttribute("role", "group");
    tabs.setAttribute("aria-label", "Views");
    row.append(tabs);
    for (const name of views) {
      const made = control(VIEWS[name] ?? name, "view");
      made.dataset.with = name;
      made.setAttribute("aria-pressed", String(name === this.dataset.view));
      tabs.append(made);
    }
  }

  /** A link to a step of this page, or to a depth of it. */
  #follow(): void {
    const at = decodeURIComponent(location.hash.slice(1));
    const isAsked = /[?&](detail|v)=/.test(location.search);
    const rest = this.querySelector<HTMLElement>(".run [aria-current]")?.dataset;
    const isHere = ["", ...NO_STEPS, rest?.number, rest?.label].includes(at);
    if (isAsked || !isHere) this.do("follow", isHere ? rest?.number : at);
    if (!["", "content"].includes(at)) this.#land();
  }

  /**
   * A link to a step leads to its line of the list, which a page without this script needs. The
   * picture, the caption and the keys are the player's: so its top comes into view instead.
   */
  #land(): void {
    const land = () => {
      this.scrollIntoView({ block: "start", behavior: "instant" });
      this.focus({ preventScroll: true });
    };
    requestAnimationFrame(land);
    if (document.readyState === "complete") return;
    addEventListener("load", () => requestAnimationFrame(land), { once: true });
  }

  #click(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const target = event.target as HTMLElement;
    const pressed = target.closest<HTMLElement>("[data-do]");
    if (pressed) {
      this.do(pressed.dataset.do as Command, pressed.dataset.with);
      return;
    }
    const line = target.closest(".call")?.closest<HTMLElement>("li");
    if (!line?.dataset.number) return;
    event.preventDefault();
    this.do("go", line.dataset.number);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const isLeft = event.key === "Escape" && target.matches("select"); // a list has no use for it
    if (target.matches(TYPING) && !isLeft) return;
    const isPress = event.key === "Enter" || event.key === " ";
    if (isPress && target.matches(PRESSED)) return;
    const letter = this.dataset.letters === "off" ? undefined : LETTERS[event.key];
    const command = KEYS[event.key] ?? letter;
    if (!command) return;
    event.preventDefault();
    this.do(command);
  }

  /** Does it, now or as soon as the engine is here. */
  do(command: Command, argument?: string): void {
    this.#player ??= import("./player.ts").then(({ play }) => play(this));
    this.#player.then(
      (player) => player.do(command, argument),
      () => this.#fail(),
    );
  }

  /** Without the engine the printed list is what there is: show it whole. */
  #fail(): void {
    this.#player = undefined;
    this.classList.add("failed");
    const position = this.querySelector(".position");
    if (position) position.textContent = "not loaded";
  }
}

/** "off" where the reader has turned letter keys off. */
function lettersChosen(): string {
  try {
    return localStorage.getItem("letters") ?? "on";
  } catch {
    return "on"; // no storage, as in a private window
  }
}

function control(label: string, command: Command): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.dataset.do = command;
  return made;
}

customElements.define("wd-flow", WdFlow);
