import type { APIRoute } from "astro";
import { LIBRARY, toldOf } from "../../lib/library.ts";

/** The flow as it was read, for the player: so that no page carries the language's parser. */
export function getStaticPaths() {
  return [...LIBRARY.keys()].map((name) => ({ params: { name } }));
}

export const GET: APIRoute = ({ params }) => new Response(toldOf(params.name ?? ""));
