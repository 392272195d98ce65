import { defineCollection } from "astro:content";
import { glob } from "astro/loaders";
import { z } from "astro/zod";
import groups from "../content/groups.json" with { type: "json" };

const THREADS = groups.threads.map(({ id }) => id);
const TOPICS = groups.topics.map(({ id }) => id);
const GROUPS = groups.groups.map(({ id }) => id);

import { VIEWS } from "../diagrams/index.ts";

const sources = z.array(z.object({ text: z.string(), url: z.string() })).min(1);

/** 2018-08-06, which a YAML reader takes for a date, or 2018-09 where the day is not known. */
const day = z.union([
  z.date().transform((date) => date.toISOString().slice(0, 10)),
  z.string().regex(/^\d{4}-\d\d(-\d\d)?$/),
]);

/** A slice of a flow: from a step to a step, at rest on `at`. Addresses without the @. */
const slice = z.object({
  name: z.string(),
  at: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  view: z.enum(VIEWS).optional(),
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
      /** Absent where nobody asked it on a list that we know of. */
      asked: z
        .object({
          /** Absent where it is not known who it was. */
          who: z.string().optional(),
          when: day,
          list: z.string(),
          note: z.string().optional(),
        })
        .optional(),
      thread: z.enum(THREADS),
      topics: z.array(z.enum(TOPICS)).min(1),
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
      group: z.enum(GROUPS),
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
        when: day,
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
          view: z.enum(VIEWS).optional(),
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
            view: z.enum(VIEWS).optional(),
            heading: z.string(),
            text: z.string(),
          }),
        ),
      }),
      sources,
    }),
  }),
};
