import type { APIRoute } from "astro";
import { LIBRARY } from "../../lib/library.ts";

/** The flow file itself. */
export function getStaticPaths() {
  return [...LIBRARY.keys()].map((name) => ({ params: { name } }));
}

export const GET: APIRoute = ({ params }) => new Response(LIBRARY.get(params.name ?? ""));
