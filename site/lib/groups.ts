/** How questions and terms are grouped on their lists: content/groups.json. */
import groups from "../../content/groups.json";

interface Group {
  readonly id: string;
  readonly heading: string;
  readonly note?: string;
}

export const THREADS: readonly Group[] = groups.threads;
export const TOPICS: readonly { readonly id: string; readonly label: string }[] = groups.topics;
export const TERM_GROUPS: readonly Group[] = groups.groups;

/** Each group with its entries, those without any left out. */
export function grouped<Entry>(
  all: readonly Group[],
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
): readonly (Group & { readonly entries: readonly Entry[] })[] {
  return all
    .map((group) => ({ ...group, entries: entries.filter((entry) => idOf(entry) === group.id) }))
    .filter((group) => group.entries.length > 0);
}

/** A name as an address has it: "greg-kroah-hartman". */
export function nameKey(name: string): string {
  return name.toLowerCase().replace(/[^a-z]+/g, "-");
}
