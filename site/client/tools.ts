/** What the head of each page offers once scripts run: search, and a choice of theme. */

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function chosen(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "auto";
}

function choose(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // No storage: the choice lasts as long as the page.
  }
}

function button(label: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}

function themeButton(): HTMLButtonElement {
  const made = button("");
  const say = (): void => {
    made.textContent = `Theme: ${chosen()}`;
  };
  made.addEventListener("click", () => {
    const next = (THEMES.indexOf(chosen()) + 1) % THEMES.length;
    choose(THEMES[next] ?? "auto");
    say();
  });
  say();
  return made;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

async function search(): Promise<void> {
  const { openSearch } = await import("./search.ts");
  await openSearch();
}

const searchButton = button("Search");
searchButton.setAttribute("aria-keyshortcuts", "/");
searchButton.title = "Search (key /)";
searchButton.addEventListener("click", search);
document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key !== "/" || !isPlain || isTyping(event.target)) return;
  event.preventDefault();
  void search();
});
document.querySelector("[data-tools]")?.append(searchButton, themeButton());
