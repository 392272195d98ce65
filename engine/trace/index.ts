export { callText } from "./call-text.ts";
export { eventAt, eventsOf, type NamedEvent } from "./named.ts";
export { allSteps, findStep, type Step, storySteps } from "./steps.ts";
export { EVENT_WORDS, statusWords } from "./words.ts";
