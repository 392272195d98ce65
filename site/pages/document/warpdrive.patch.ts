import type { APIRoute } from "astro";
import { patch } from "../../lib/document.ts";

export const GET: APIRoute = () => new Response(patch);
