/// <reference types="astro/client" />

declare namespace App {
  interface Locals {
    /** Terms that this page has spelled out already. */
    spelled?: Set<string>;
    /** The question that this page answers, as it was asked: a mail may quote it. */
    question?: string;
  }
}
