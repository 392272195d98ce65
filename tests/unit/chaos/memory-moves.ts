import { PAGE } from "../../../engine/index.ts";
import { aLength, anAddress, areas, hexOf, type Move, type Scene } from "./scene.ts";

/** Calls on the caller's own memory. */

const RW = "PROT_READ|PROT_WRITE";

function rights({ dice }: Scene): string {
  return dice.of(RW, RW, RW, "PROT_READ", RW, "PROT_NONE", RW);
}

/** Memory of a few pages, where a device's mapping will find it. */
export const mapBuffer: Move = (scene) => {
  const { actor, dice } = scene;
  const kind = dice.of("PRIVATE", "PRIVATE", "SHARED");
  const length = dice.of("8K", "4K", "16K", "64K", "12K");
  return `${actor}: mmap(NULL, ${length}, ${rights(scene)}, MAP_${kind}|MAP_ANONYMOUS, -1, 0)`;
};

const mapOver: Move = (scene) => {
  const { actor, dice, isGentle } = scene;
  if (isGentle) return undefined;
  const kind = dice.of("PRIVATE", "SHARED");
  const flags = `MAP_FIXED|MAP_${kind}|MAP_ANONYMOUS`;
  return `${actor}: mmap(${anAddress(scene)}, ${aLength(scene)}, ${rights(scene)}, ${flags}, -1, 0)`;
};

const unmap: Move = (scene) => {
  const { actor, dice, isGentle } = scene;
  if (isGentle) return undefined;
  const length = dice.isRare(12) ? dice.of("1G", "0x1000000000000") : aLength(scene);
  if (dice.roll(3) > 0) return `${actor}: munmap(${anAddress(scene)}, ${length})`;
  const whole = dice.one(areas(scene, !dice.isRare(4)));
  return whole && `${actor}: munmap(${hexOf(whole.start)}, ${whole.end - whole.start})`;
};

const protect: Move = (scene) => {
  return `${scene.actor}: mprotect(${anAddress(scene)}, ${aLength(scene)}, ${rights(scene)})`;
};

const move: Move = (scene) => {
  const { actor, dice, isGentle } = scene;
  const area = dice.one(areas(scene, true));
  if (isGentle || !area) return undefined;
  const size = area.end - area.start;
  const to = dice.of(2 * size, PAGE, size, size + PAGE);
  const at = dice.of("", "", `, ${anAddress(scene)}`, ", 0x50000000");
  const flags = at === "" ? dice.of(1, 1, 0) : 3;
  return `${actor}: mremap(${hexOf(area.start)}, ${size}, ${to}, ${flags}${at})`;
};

const advise: Move = (scene) => {
  const { actor, dice, isGentle } = scene;
  const fork = dice.of("DONTFORK", "DOFORK", "WIPEONFORK", "KEEPONFORK");
  const advice = isGentle ? fork : dice.of("DONTNEED", fork, "DONTNEED");
  return `${actor}: madvise(${anAddress(scene)}, ${aLength(scene)}, MADV_${advice})`;
};

const lock: Move = (scene) => {
  const call = scene.dice.of("mlock", "mlock", "munlock");
  return `${scene.actor}: ${call}(${anAddress(scene)}, ${aLength(scene)})`;
};

const limit: Move = ({ actor, dice }) => {
  return `${actor}: setrlimit(RLIMIT_MEMLOCK, ${dice.of("64K", "4M", "8K", "0", "1G")})`;
};

export const store: Move = (scene) => {
  const { actor, dice, isGentle } = scene;
  // Where a buffer ends the rings may begin: a gentle program does not write past its page.
  const long = isGentle ? "text(1K)" : "text(8K)";
  const text = dice.of("text(2K)", '"word"', "random(100)", "text(64)", long);
  return `${actor}: store(${anAddress(scene)}, ${text})`;
};

const load: Move = (scene) => {
  return `${scene.actor}: load(${anAddress(scene)}, ${scene.dice.of(3, 64, 4096, 9000)})`;
};

// biome-ignore format: one call a line
export const MEMORY_MOVES: readonly (readonly [weight: number, move: Move])[] = [
  [4, store], [2, load], [3, mapBuffer], [2, mapOver], [4, unmap], [2, protect], [3, move],
  [4, advise], [4, lock], [1, limit],
];
