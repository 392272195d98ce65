/** What a text file may use without importing it. */
import Anchor from "./Anchor.astro";
import Claim from "./Claim.astro";
import Flow from "./Flow.astro";
import Term from "./Term.astro";

export const PROSE = { a: Anchor, Claim, Flow, Term };
