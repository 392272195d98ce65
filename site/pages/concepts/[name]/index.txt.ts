import type { APIRoute } from "astro";
import { twinNames, twinOf } from "../../../lib/twins.ts";

export function getStaticPaths() {
  return twinNames("concepts").map((name) => ({ params: { name } }));
}

export const GET: APIRoute = ({ params }) => new Response(twinOf("concepts", params.name ?? ""));
