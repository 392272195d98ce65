/** What stands behind More: the rest of the controls, and the keys. A part of its own. */
import type { View } from "../../diagrams/index.ts";
import { element } from "./elements.ts";
import { formatsOf } from "./formats.ts";

const KEYS = [
  ["← → or k j", "back, next"],
  ["g G", "first step, last step"],
  ["[ ]", "key frame before, after"],
  ["f, then n N", "what matches; next, previous match"],
  ["Enter, Backspace", "look inside a step, close it"],
  ["Space", "play and pause"],
  ["y, Y", "copy for mail, copy the link"],
  ["w", "what if one thing were otherwise"],
  ["?, Esc", "show these keys, close"],
] as const;

export function morePanel(host: HTMLElement): HTMLElement {
  return element(
    "div",
    { class: "more" },
    element(
      "div",
      { class: "panel" },
      element(
        "div",
        { class: "row" },
        button("Play", "play"),
        button("Copy link", "link"),
        button("Copy for a commit", "for", "commit"),
        button("What if", "what-if"),
      ),
      element(
        "div",
        { class: "row", role: "group", "aria-label": "Drawn as" },
        button("Picture", "form", "picture"),
        button("Text", "form", "text"),
      ),
      element("div", { class: "row saves", role: "group", "aria-label": "Save as" }),
      findRow(host),
      keys(host),
    ),
  );
}

/** Offers the formats of the view on screen, in their place of the panel. */
export function showFormats(panel: HTMLElement, view: View): void {
  const made = formatsOf(view).map(({ label, ending }) => button(label, "save", ending));
  panel.querySelector(".saves")?.replaceChildren("Save as", ...made);
}

function button(label: string, command: string, argument?: string): HTMLButtonElement {
  const made = element("button", { type: "button", "data-do": command }, label);
  if (argument !== undefined) made.dataset.with = argument;
  return made;
}

/** Words to look for. The field keeps its own keys; Enter goes to the next match. */
function findRow(host: HTMLElement): HTMLElement {
  const input = element("input", { type: "search", "aria-label": "Words to find in the steps" });
  const act = (command: string, argument: string): void => {
    const hidden = button("", command, argument);
    hidden.hidden = true;
    host.append(hidden);
    hidden.click();
    hidden.remove();
  };
  input.addEventListener("input", () => {
    if (input.value !== "") act("find", input.value);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") act(event.shiftKey ? "match-back" : "match-next", "");
    if (event.key === "Escape") host.focus();
  });
  const row = element("div", { class: "row" }, "Find", input);
  row.append(button("Previous match", "match-back"), button("Next match", "match-next"));
  return row;
}

function keys(host: HTMLElement): HTMLElement {
  const list = element("dl", { class: "keys" });
  for (const [key, what] of KEYS)
    list.append(element("dt", {}, element("kbd", {}, key)), element("dd", {}, what));
  const box = element("input", { type: "checkbox" });
  box.checked = host.dataset.letters !== "off";
  box.addEventListener("change", () => {
    const letters = box.checked ? "on" : "off";
    for (const player of document.querySelectorAll("wd-flow"))
      (player as HTMLElement).dataset.letters = letters;
    try {
      localStorage.setItem("letters", letters);
    } catch {
      // No storage: the choice lasts as long as the page.
    }
  });
  const label = element("label", {}, box, " Letter keys");
  return element(
    "div",
    {},
    element("p", {}, "Keys work while the focus is in the player. ", label),
    list,
  );
}
