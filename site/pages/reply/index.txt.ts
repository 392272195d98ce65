import type { APIRoute } from "astro";
import template from "../../../content/reply.txt?raw";
import { mail } from "../../lib/stories.ts";

export const GET: APIRoute = () => new Response(mail(template));
