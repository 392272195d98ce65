import type { APIRoute } from "astro";
import { diagramNames, diagramStyle } from "../../lib/mermaid.ts";

export function getStaticPaths() {
  return diagramNames().map((name) => ({ params: { name } }));
}

export const GET: APIRoute = ({ params }) =>
  new Response(diagramStyle(params.name ?? ""), { headers: { "content-type": "text/css" } });
