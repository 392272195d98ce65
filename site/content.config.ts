import { defineCollection } from "astro:content";
import { glob } from "astro/loaders";
import { z } from "astro/zod";

const sources = z.array(z.object({ text: z.string(), url: z.string() })).min(1);

/** A slice of a flow: from a step to a step, at rest on `at`. Addresses without the @. */
const slice = z.object({
  name: z.string(),
  at: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  view: z.enum(["sequence", "rings", "memory"]).optional(),
});

const link = z.object({
  text: z.string(),
  flow: z.string().optional(),
  at: z.string().optional(),
  question: z.string().optional(),
});

export const collections = {
  questions: defineCollection({
    loader: glob({ base: "./content/questions", pattern: "*.mdx" }),
    schema: z.object({
      title: z.string(),
      /** The title is what the mail says, word for word; else it is our summary of it. */
      quoted: z.boolean().default(false),
      asked: z.object({
        who: z.string(),
        when: z.coerce.date(),
        list: z.string(),
        note: z.string().optional(),
      }),
      order: z.number(),
      short: z.string(),
      terms: z.array(z.string()).default([]),
      flow: slice.optional(),
      outcome: z.string(),
      sources,
    }),
  }),
  concepts: defineCollection({
    loader: glob({ base: "./content/concepts", pattern: "*.mdx" }),
    schema: z.object({
      term: z.string(),
      long: z.string(),
      short: z.string(),
      order: z.number(),
      confused: z.array(z.object({ with: z.string(), text: z.string() })).default([]),
      flow: slice.optional(),
      today: z.string(),
      sources,
    }),
  }),
  home: defineCollection({
    loader: glob({ base: "./content", pattern: "home.mdx" }),
    schema: z.object({
      title: z.string(),
      description: z.string(),
      quote: z.object({
        text: z.string(),
        who: z.string(),
        when: z.coerce.date(),
        list: z.string(),
        question: z.string(),
      }),
      heading: z.string(),
      ladders: z.array(
        z.object({
          flow: z.string(),
          at: z.string(),
          /** Where the drawing begins. */
          from: z.string().optional(),
          /** From here on is counted. */
          since: z.string(),
          view: z.enum(["sequence", "rings", "memory"]).optional(),
          heading: z.string(),
          caption: z.string(),
          reach: z.string(),
        }),
      ),
      counts: z.array(z.object({ id: z.string(), label: z.string(), value: z.string() })),
      price: z.object({ heading: z.string(), texts: z.array(link) }),
      asked: z.object({ heading: z.string(), questions: z.array(z.string()) }),
      wrong: z.object({
        heading: z.string(),
        intro: z.string(),
        entries: z.array(
          z.object({
            flow: z.string(),
            at: z.string(),
            from: z.string().optional(),
            view: z.enum(["sequence", "rings", "memory"]).optional(),
            heading: z.string(),
            text: z.string(),
          }),
        ),
      }),
      sources,
    }),
  }),
};
