/** What a command knows of the world outside. A test hands in another one. */
export interface Io {
  /** Text, or the bytes of a picture. */
  readonly out: (text: string | Uint8Array) => void;
  readonly err: (text: string) => void;
  /** How far long work is, in place of what it said before; absent where nobody watches. */
  readonly progress?: (words: string) => void;
  /** All of standard input, or the first `most` bytes and one more. */
  readonly input: (most: number) => Promise<Uint8Array>;
  /** Where relative names begin. */
  readonly folder: string;
  /** The width of the terminal that `out` is; absent for a pipe or a file. */
  readonly columns?: number | undefined;
  /** Base of printed links (SITE_URL). */
  readonly siteUrl?: string | undefined;
}
