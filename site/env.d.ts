/// <reference types="astro/client" />

declare namespace App {
  interface Locals {
    /** Terms that this page has spelled out already. */
    spelled?: Set<string>;
    /** Drawings of this page so far: their ids are numbered. */
    drawings?: number;
  }
}
