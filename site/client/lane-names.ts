/** On a phone a long ladder scrolls inside its frame: the names of its lanes stay at the top. */

/** Moves the lanes' names, and the bar behind them, by as much of the picture as has gone out of sight above. */
export function holdLaneNames(place: HTMLElement): void {
  const svg = place.querySelector("svg");
  if (!svg) return;
  const { top, width } = svg.getBoundingClientRect();
  const gone = Math.max(0, place.getBoundingClientRect().top - top);
  const scale = svg.viewBox.baseVal.width / width;
  for (const name of svg.querySelectorAll<SVGGraphicsElement>(".lane-name")) {
    name.style.transform = gone > 0 ? `translateY(${gone * scale}px)` : "";
  }
}
