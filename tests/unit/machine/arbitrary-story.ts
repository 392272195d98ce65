import fc from "fast-check";
import { FAIL_KINDS } from "../../../engine/core/index.ts";
import { CONSTANTS, IOCTLS } from "../../../engine/flow/index.ts";
import { SIGNATURES } from "../../../engine/flow/signature.ts";
import { LIBRARY, NAMES } from "./flows.ts";

/** Stories that nobody would write: real ones with lines moved, dropped and made hostile. */

/** Values where another kind, another size or another sign was meant. */
const VALUES =
  `0 1 -1 2 3 4 5 16 24 32 255 4095 4096 4097 4K 8K 2M 1G 4G 100G -4K -8K 65537 1048577 4294967295 4294967296
  0x7f000000 0x7f000800 0x7f001000 0x7effff00 0xfffffffffffff000 0xffffffffffffffff 0xfffffffffffff001
  281474976710656 281474976706560 281474976710655 9007199254740991 9007199254740992 9007199254740993
  9223372036854775808 -9223372036854775808 18446744073709551615 -0 00 0x0
  buf buf+4K buf+2K+1 buf-1 buf-4K q container group mdev create zip child app.buf app.q child.buf root.q none
  NULL PROT_READ PROT_WRITE MAP_SHARED|MAP_ANONYMOUS MAP_FIXED|MAP_PRIVATE|MAP_ANONYMOUS MADV_DONTNEED
  O_RDWR VFIO_TYPE1_IOMMU VFIO_NOIOMMU_IOMMU VFIO_IOMMU_MAP_DMA VFIO_IOMMU_UNMAP_DMA DUMMY_CMD_FLUSH
  VFIO_GROUP_GET_DEVICE_FD VFIO_SPIMDEV_CMD_GET_Q VFIO_SPIMDEV_CMD_WAIT WD_IOCTL_COMPRESS -EIO -EAGAIN
  "" "x" "/dev/vfio/vfio" "/dev/vfio/1" "/dev/hisi_zip-0" "hisi_qm_v1" "wd_dummy_v1" "\\xff\\x00" "__proto__"
  "2ad9f208-7da3-11e8-8709-57742f618a28" text(2K) text(0) text(-1) text(1M) text(2M) random(5) repeat("ab",7) repeat("",7)
  {} {size:4K} {__proto__:{size:4K}} {argsz:32,flags:3,vaddr:buf,iova:buf,size:8K} {argsz:24,flags:0,iova:buf,size:8K}
  {argsz:32,flags:3,vaddr:buf,iova:0,size:1G} {argsz:32,flags:1,vaddr:buf,iova:0xfffffffffffff000,size:4K}
  {src:buf,len:2K,dst:buf+4K,room:4K} {src:-1,len:-1,dst:-1,room:-1} {src:"x",len:"y"} {len:4294967295,src:buf}
  {src:0xffffffffffffffff,len:65535,dst:0xfffffffffffff001,room:4294967296,type:999} [] [1,[2]] [buf]
  page(app,buf) translate(hisi_zip-0,buf) bytes(app,buf,4) ring(q).producer faults(hisi_zip-0) count(syscall) time()`
    .trim()
    .split(/\s+/);

const CALLS = Object.keys(SIGNATURES);
const COMMANDS = Object.keys(IOCTLS);
const NAMES_OF_NUMBERS = Object.keys(CONSTANTS);

/** Whole lines, good ones and bad ones. */
const LINES = [
  "app: fork()",
  "app: child = fork()",
  "child: twig = fork()",
  "app: exit(0)",
  "child: exit(1)",
  "app: kill(0)",
  "app: kill(1, SIGKILL)",
  "root: kill(child)",
  "app: buf = mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
  "app: mmap(NULL, 1G, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
  "app: mmap(NULL, 100000G, 3, MAP_SHARED|MAP_ANONYMOUS, -1, 0)",
  "app: mmap(0x7f000000, 64K, 3, MAP_FIXED|MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
  "app: mmap(NULL, 4K, 3, MAP_SHARED, q, 0)",
  "app: munmap(0x7f000000, 1G)",
  "app: munmap(0, 281474976710656)",
  "app: madvise(0x7f000000, 1M, MADV_DONTNEED)",
  "app: close(0)",
  "app: close(3)",
  "app: close(4)",
  "app: close(q)",
  "app: wait 5us",
  "app: wait 900000ms",
  "app: wait until wd_recv(q) == 0 within 5us",
  "app: wait until time() == 0 within 900ms",
  "app: wait until bytes(app, buf, 4K) != text(4K) within 5us",
  "hisi_zip-0: step()",
  "app: poll([{fd: q, events: POLLIN}], 1, 0)",
  "app: poll([{fd: q, events: POLLIN}, {fd: -1}, 5], 9, -1) = <unfinished ...>",
  "app: poll([{fd: 3}], 1, 1000)",
  "app: mprotect(0x7f000000, 1M, PROT_READ)",
  "app: mprotect(buf, 4K, PROT_NONE)",
  "app: mremap(buf, 8K, 16K, 1)",
  "app: mremap(buf, 8K, 1G, 3, 0x7f000000)",
  "app: mlock(buf, 8K)",
  "app: munlock(0, 281474976710656)",
  "app: setrlimit(RLIMIT_MEMLOCK, 100G)",
  "app: <... ioctl resumed> = 1",
  "app: ioctl(q, VFIO_SPIMDEV_CMD_WAIT) = <unfinished ...>",
  'child: store(buf, "x")',
  "app: store(buf, text(64K))",
  "app: load(buf, 1G)",
  "app: load(buf, -1)",
  'expect bytes(app, buf, 1G) == ""',
  'expect bytes(app, -1, 4) == ""',
  "expect translate(hisi_zip-0, -1) == none",
  "expect seen(hisi_zip-0, buf, 1G) == none",
  "expect page(app, 281474976710656) == none",
  "expect pins(app, -4096) == 0",
  "expect ring(-1).phase == 0",
  "expect ring(q).depth == 1",
  "expect owner(q) == app",
  "expect app.locked_vm == 0",
  "expect child.pinned_vm == 0",
  "expect count(mm.free) == 0",
];

const aValue = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES_OF_NUMBERS) },
);

/** An ioctl of any command, on any descriptor, with any argument. */
const anIoctl = fc
  .tuple(
    fc.constantFrom("app", "app", "root", "child"),
    fc.constantFrom("q", "container", "group", "mdev", "3", "4", "5", "6", "7"),
    fc.constantFrom(...COMMANDS),
    fc.option(aValue, { nil: undefined, freq: 3 }),
  )
  .map(([actor, fd, command, arg]) => {
    return `${actor}: ioctl(${fd}, ${command}${arg === undefined ? "" : `, ${arg}`})`;
  });

/** A call with any arguments: most do not fit. */
const aCall = fc
  .tuple(
    fc.constantFrom("app", "app", "root", "child"),
    fc.option(fc.constantFrom("a", "constructor", "toString"), { nil: undefined, freq: 5 }),
    fc.constantFrom(...CALLS),
    fc.array(aValue, { maxLength: 6 }),
  )
  .map(
    ([actor, bind, name, args]) =>
      `${actor}: ${bind ? `${bind} = ` : ""}${name}(${args.join(", ")})`,
  );

const aLine = fc.oneof(fc.constantFrom(...LINES), aCall, anIoctl);

const HEADERS = [
  "what-if yes",
  "mended D13",
  "mended D18 D1 D3",
  ...FAIL_KINDS.flatMap((kind) => [1, 2, 3, 5, 9].map((nth) => `fail ${kind} ${nth}`)),
];

type Change =
  | { readonly kind: "drop" | "twice"; readonly at: number }
  | { readonly kind: "swap"; readonly at: number; readonly with: number }
  | { readonly kind: "insert"; readonly at: number; readonly line: string }
  | { readonly kind: "head"; readonly line: string }
  | { readonly kind: "value"; readonly at: number; readonly which: number; readonly value: string };

const aChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom("drop", "twice" as const), at: fc.nat(99) }),
  fc.record({ kind: fc.constant("swap" as const), at: fc.nat(99), with: fc.nat(99) }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("insert" as const), at: fc.nat(99), line: aLine }),
  },
  fc.record({ kind: fc.constant("head" as const), line: fc.constantFrom(...HEADERS) }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("value" as const),
      at: fc.nat(99),
      which: fc.nat(9),
      value: aValue,
    }),
  },
);

/** Statements and expectations, whose order may be anything. The rest is the header and captions. */
function isMovable(line: string): boolean {
  return /^([\w-]+: |expect )/.test(line) && !/^(title|kernel)/.test(line);
}

/** Puts a value in place of the `which`-th word behind a bracket, a comma or a colon. */
function withValue(line: string, which: number, value: string): string {
  const places = [...line.matchAll(/(?<=[(,:] ?)[^(),:{}[\]]+(?=[),}\]])/g)];
  const place = places[which % Math.max(places.length, 1)];
  if (!place) return line;
  return line.slice(0, place.index) + value + line.slice(place.index + place[0].length);
}

function changed(name: string, changes: readonly Change[]): string {
  const whole = (LIBRARY.get(name) as string)
    .split("\n")
    .map((line) => line.replace(/ +@[\w-]+$/, ""));
  const head = whole.filter(
    (line) => !isMovable(line) && /^[a-z]/.test(line) && !/^show/.test(line),
  );
  const body = whole.filter(isMovable).map((line) => line.replace(/, since @[\w-]+/, ""));
  for (const change of changes) {
    if (change.kind === "head") {
      head.push(change.line);
      continue;
    }
    const at = change.at % (body.length + 1);
    const line = body[at];
    if (change.kind === "insert") body.splice(at, 0, change.line);
    else if (line === undefined) continue;
    else if (change.kind === "drop") body.splice(at, 1);
    else if (change.kind === "twice") body.splice(at, 0, line);
    else if (change.kind === "value") body[at] = withValue(line, change.which, change.value);
    else if (change.kind === "swap") {
      const other = change.with % body.length;
      body[at] = body[other] as string;
      body[other] = line;
    }
  }
  return `${[...new Set(head), "", ...body].join("\n")}\n`;
}

export const aBadStory: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...NAMES), fc.array(aChange, { minLength: 1, maxLength: 8 }))
  .map(([name, changes]) => changed(name, changes));
