/** Layouts: scenes in, pictures of whole numbers out. No DOM, no engine, no glyphs. */

export { layoutBlocks } from "./blocks.ts";
export type { Block, BlockEdge, BlockGroup, Blocks } from "./blocks-scene.ts";
export { type Chart, type Histogram, type HistogramRow, layoutChart } from "./chart.ts";
export type { Curves, Series } from "./curves.ts";
export { inForm } from "./forms.ts";
export { wording } from "./ladder-words.ts";
export { layoutMemory } from "./memory.ts";
export type {
  ArrowItem,
  Form,
  GridItem,
  Ink,
  Item,
  Job,
  Layout,
  LifelineItem,
  MarkItem,
  PanelItem,
  Part,
  Picture,
  RuleItem,
  StrokeItem,
  TextItem,
} from "./picture.ts";
export { INDENT, rightEdge } from "./picture.ts";
export { layoutRings } from "./rings.ts";
export { timeWords } from "./scale.ts";
export type {
  Board,
  BoardCell,
  BoardFrame,
  BoardMoment,
  BoardRow,
  Hop,
  Ladder,
  LadderRow,
  Lane,
  Message,
  Ring,
  RingCell,
  RingEnd,
  Role,
} from "./scene.ts";
export { layoutSequence } from "./sequence.ts";
export { down, layoutStack, type Stack, type Storey, topOf } from "./stack.ts";
export { layoutStateTable, type StateCell, type StateTable } from "./state-table.ts";
export { layoutTimeline, type TimeLane, type Timeline, type TimeSpan } from "./timeline.ts";
export { VIEWS, type View } from "./view-names.ts";
export { layoutWalk } from "./walk.ts";
export type { Walk, WalkEnd, WalkEntry, WalkPath } from "./walk-scene.ts";
export { isHazard, measure, plain, tidy, visible, wrap } from "./words.ts";
