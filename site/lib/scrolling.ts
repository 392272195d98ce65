/** For what may be wider than the page: it can be scrolled by keyboard, so it needs focus and a name. */
export function scrolling(label: string) {
  return { role: "region", tabindex: 0, "aria-label": label } as const;
}
