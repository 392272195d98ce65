/** The list of questions by topic and person. What is chosen stands in the address: ?topic=memory. */

const KEYS = ["topic", "person"] as const;

const filter = document.querySelector<HTMLElement>(".filter");
if (filter) start(filter);

function counted(number: number): string {
  return `${number} ${number === 1 ? "question" : "questions"}`;
}

function start(root: HTMLElement): void {
  const chosen = Object.fromEntries(
    KEYS.map((key) => [key, root.querySelector(`[name="${key}"]`) as HTMLSelectElement]),
  ) as Record<(typeof KEYS)[number], HTMLSelectElement>;
  const all = root.querySelector("button") as HTMLButtonElement;
  const said = root.querySelector("output") as HTMLOutputElement;
  const items = [...document.querySelectorAll<HTMLElement>("[data-topics]")];
  const threads = [...document.querySelectorAll<HTMLElement>("[data-thread]")];

  /** Threads that stand open where nothing is chosen. */
  const open = new Set(
    threads.filter((thread) => thread instanceof HTMLDetailsElement && thread.open),
  );

  const show = (): void => {
    const { topic, person } = chosen;
    const isAll = topic.value === "" && person.value === "";
    for (const item of items) {
      const isOn = topic.value === "" || item.dataset.topics?.split(" ").includes(topic.value);
      item.hidden = !isOn || (person.value !== "" && item.dataset.person !== person.value);
    }
    for (const thread of threads) {
      const shown = thread.querySelectorAll("li:not([hidden])").length;
      const count = thread.querySelector("summary > span");
      if (count) count.textContent = counted(shown);
      thread.hidden = shown === 0;
      if (thread instanceof HTMLDetailsElement) {
        thread.open = !isAll || open.has(thread);
      }
    }
    const left = items.filter(({ hidden }) => !hidden).length;
    all.hidden = isAll;
    said.value = isAll ? "" : `${left} of ${counted(items.length)}`;
  };

  const keep = (): void => {
    const url = new URL(location.href);
    for (const key of KEYS) {
      if (chosen[key].value === "") url.searchParams.delete(key);
      else url.searchParams.set(key, chosen[key].value);
    }
    history.replaceState(history.state, "", url);
    show();
  };

  const asked = new URLSearchParams(location.search);
  for (const key of KEYS) {
    chosen[key].value = asked.get(key) ?? "";
    if (chosen[key].selectedIndex < 0) chosen[key].value = ""; // an address that names nothing we have
    chosen[key].addEventListener("change", keep);
  }
  all.addEventListener("click", () => {
    for (const key of KEYS) chosen[key].value = "";
    keep();
    chosen.topic.focus(); // the button is gone
  });
  root.hidden = false;
  if (asked.has("topic") || asked.has("person")) show();
}
