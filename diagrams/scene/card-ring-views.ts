/** The rings of stories with a network card, as a part of its own. */

import { cardRingOr } from "./card-ring.ts";
import { ringViews } from "./ring-views.ts";

export const CARD_RING_VIEWS = ringViews(cardRingOr);
