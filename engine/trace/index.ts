export { callText } from "./call-text.ts";
export { type Followed, followLink, stepLink, storyDigest } from "./link.ts";
export { eventAt, eventsOf, type NamedEvent } from "./named.ts";
export { allSteps, findStep, type Step, storySteps } from "./steps.ts";
export { EVENT_WORDS, errnoName, statusWords } from "./words.ts";
