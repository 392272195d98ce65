import type { APIRoute } from "astro";
import { rst } from "../../lib/document.ts";

export const GET: APIRoute = () => new Response(rst);
