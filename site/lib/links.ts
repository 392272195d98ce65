/** Addresses inside the site, under whatever folder it is served from (SITE_BASE). */

const BASE = import.meta.env.BASE_URL.replace(/\/*$/, "/");

/** @param path from the site's root, "/flows/", or an address elsewhere, which stays as it is */
export function href(path: string): string {
  return path.startsWith("/") ? BASE + path.slice(1) : path;
}

/** Where a story's step is shown: number or label is the id of its line. */
export function stepHref(flow: string, at?: string): string {
  return href(`/flows/${flow}/${at ? `#${at}` : ""}`);
}

/** The place to edit a file, where the build knows one (EDIT_URL). */
export function editHref(file: string): string | undefined {
  const root = process.env.EDIT_URL;
  return root ? `${root.replace(/\/*$/, "/")}${file}` : undefined;
}
