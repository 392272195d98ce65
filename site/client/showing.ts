/** What a player can be asked for, and what it shows. */
import type { Form, View } from "../lib/pictures.ts";

export type Command =
  | "next"
  | "back"
  | "first"
  | "last"
  | "key-next"
  | "key-back"
  | "match-next"
  | "match-back"
  | "find"
  | "open"
  | "close"
  | "play"
  | "copy"
  | "link"
  | "keys"
  | "more"
  | "dismiss"
  | "view"
  | "form"
  | "for"
  | "save"
  | "save-text"
  | "what-if"
  | "go"
  | "follow";

/** All that the screen depends on. `open` are the steps whose inner steps are listed. */
export interface Showing {
  readonly at: string;
  readonly open: ReadonlySet<string>;
  readonly view: View;
  readonly form: Form;
  readonly words: string;
  readonly isPlaying: boolean;
}
