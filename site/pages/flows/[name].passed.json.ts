import type { APIRoute } from "astro";
import { LIBRARY } from "../../lib/library.ts";
import { passed } from "../../lib/passed.ts";

/** The story's texts that were put through git, b4 and checkpatch, for Copy for mail. */
export function getStaticPaths() {
  return [...LIBRARY.keys()].map((name) => ({ params: { name } }));
}

export const GET: APIRoute = ({ params }) =>
  new Response(JSON.stringify(passed(params.name ?? "")));
