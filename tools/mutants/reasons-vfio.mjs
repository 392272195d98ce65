// Why a change of `engine/vfio` may go unseen, judged one by one.

const LATER = "a later check of the list refuses the same call, with the same errno";
const CAPACITY = "a capacity of ours: reaching it takes more memory than a test has";
const TYPED = "for the types: what stands on the other side never comes here";
const SEVEN_BARS = "a region past the bars has no size, and no device has seven bars";

/**
 * The file, what the code looks like, what it became, why nothing can be seen.
 *
 * @type {readonly (readonly [file: string, code: RegExp, becomes: RegExp, why: string])[]}
 */
// biome-ignore format: one place a line
export const VFIO = [
  ["vfio/account.ts", /^pages < 0$/, /^pages <= 0$/, "0 pages have come back before"],
  ["vfio/account.ts", /^at >= FRAMES_MAX/, /^false$|>/, CAPACITY],
  ["vfio/account.ts", /^\{ endRun\(/, /^\{\}$/, CAPACITY],
  ["vfio/account.ts", /^endRun\(/, /^;$/, CAPACITY],
  ["vfio/account.ts", /kind: "limit"|^"limit"$/, /^\{\}$|^""$/, CAPACITY],
  ["vfio/account.ts", /^pages > 0$/, /^pages >= 0$/, "0 pages have returned by then"],
  ["vfio/bind.ts", /^!enabled\.ok$/, /^false$/, "a device that cannot share is refused by the bind too, with ENODEV as well"],
  ["vfio/container.ts", /^record\(machine\.containers, id\)\.driver === "type1"$/, /^true$/, "without type1 a group is in no list that detach looks at"],
  ["vfio/container.ts", /^-1$/, /^\+1$/, "each open makes a container of its own, whatever the object of the name is"],
  ["vfio/container.ts", /^container\.driver === "unset"$/, /^true$/, "a container with a driver has groups of that driver's kind only"],
  ["vfio/container.ts", /^driver === "type1"$/, /^true$/, "noiommu comes last and knows no such extension: 0 here and behind the loop"],
  ["vfio/container.ts", /^groups\.slice\(0, index\)$/, /^groups$/, "the group that was refused, and those behind it, are in no domain: to detach them does nothing"],
  ["vfio/device.ts", /^group\.users === 0$/, /^false$/, "a group in no container has no IOMMU set: EINVAL by the next check"],
  ["vfio/device.ts", /^"unset"$/, /^""$/, "a group in no container has no user, and that is asked first"],
  ["vfio/device.ts", /^"anon_inode/, /^""$/, "a name for readers"],
  ["vfio/dma-list.ts", /^other\.iova > dma\.iova$/, />=/, "two mappings begin at one address only where both end at 2^64: nothing hangs on which stands first"],
  ["vfio/external.ts", /^container\?\.driver$/, /^container\.driver$/, "a group with users is in a container"],
  ["vfio/external.ts", /^dma\?\.pins$/, /^dma\.pins$/, "who calls has found the mapping already"],
  ["vfio/group.ts", /^"EBADF"$/, /^""$/, "where no file is open the checks have refused"],
  ["vfio/ioctl.ts", /^dma !== undefined$/, /^true$/, "where there is none the row before has refused"],
  ["vfio/ioctl.ts", /^U64_END - PAGE$/, /^U64_END \+ PAGE$/, "no mapping that can go reaches past either end"],
  ["vfio/irq-set.ts", /^set\.argsz < SIZE$/, /^false$/, LATER],
  ["vfio/irq-set.ts", /^set\.index >= BigInt\(indices\)$/, /^false$| > /, LATER],
  ["vfio/irq-set.ts", /^set\.count >= U32_MAX - set\.start$/, /^false$| > /, LATER],
  ["vfio/irq-set.ts", /^U32_MAX - set\.start$/, /\+/, LATER],
  ["vfio/pci-device.ts", /^index (<|>=) bars\.length$/, /^false$|^index (<=|>) bars\.length$/, SEVEN_BARS],
  ["vfio/type1.ts", /^!domain$/, /^false$/, "a group of a container with type1 is in one of its lists"],
  ["vfio/unmap-dma.ts", /^"a vendor driver keeps/, /^""$/, "the words of a crash are for readers"],
  ["vfio/unmap.ts", /^dma\.size === 0$/, /^false$/, "no bytes are no page: both ways end where they begin"],
  ["vfio/unmap.ts", /^-1$/, /^\+1$/, "without a domain nothing is cleared, and nobody looks at which it was"],
  ["vfio/viable.ts", /^by > 0$/, /^by >= 0$/, "it is 1 or -1"],
  ["vfio/words.ts", /^typeof arg !== "object"$/, /^false$/, TYPED],
];
