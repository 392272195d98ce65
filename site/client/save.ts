/** Hands a file to the reader: the browser asks where to put it. */
export function save({ name, blob }: { readonly name: string; readonly blob: Blob }): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads it after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
