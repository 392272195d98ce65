/**
 * What a driver finds in what was written to its file of sysfs: kernfs puts a zero byte behind it, so
 * it ends at the first one; and one newline at the end does not count.
 * Source: fs/kernfs/file.c kernfs_fop_write, lib/string.c sysfs_streq v4.18
 */
export function lineOf(text: string): string {
  return text.replace(/\n?(\0.*)?$/s, "");
}

/** Decimal, 0x, 0 for octal. */
const NUMBER = /^\+?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i;

/**
 * The number in such a text, with any base (kstrtoull): of any length, so that the caller refuses
 * what is too large. Undefined where there is none.
 * Source: lib/kstrtox.c v4.18
 */
export function numberIn(text: string): bigint | undefined {
  const digits = NUMBER.exec(lineOf(text))?.[1];
  return digits === undefined ? undefined : BigInt(digits.replace(/^0(?=\d)/, "0o"));
}
