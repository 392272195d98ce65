/** Plain words to compress: enough variety that a compressor has to work for its result. */
const WORDS =
  "A ring is a row of slots in memory that two sides share. One side writes a request into the " +
  "next free slot and moves its index on. The other side reads the request, does the work, and " +
  "moves an index of its own. Nobody asks a third party. When the row ends it begins again at the " +
  "first slot, and a single bit in each entry tells a new one from an old one. A doorbell is a " +
  "register of the device: a store to it says that there is work, and how far it reaches. The " +
  "kernel set all of this up once. It chose the pages, it pinned them so that they stay where they " +
  "are, and it wrote their addresses into a table that the device cannot change. After that the " +
  "kernel is not asked again, and that is the point of the whole design. The price is paid in " +
  "advance: memory that is pinned cannot be moved or given to others, and what the table allows, " +
  "the device may do at any time. ";

/** The first `size` characters of the words, over and over where they end. */
export function sampleText(size: number): string {
  let text = "";
  while (text.length < size) text += WORDS;
  return text.slice(0, size);
}
