import { describe, test } from "vitest";
import { holds, memory, withSva } from "./story.ts";

/**
 * After the idea of smmute (Jean-Philippe Brucker's SMMU test engine: unmapped, unwritable and
 * released buffers sent to a device that shares the address space, then good ones) and of uadk's
 * tests of no_sva and sva buffers: a request whose page is absent is served, one that may not be is
 * failed and named, and the next good one goes through.
 */

const send = (source: string, target: string) =>
  `app: wd_send(q, {src: ${source}, len: 2K, dst: ${target}, room: 4K}) = 0`;
const done = (result: string) => `app: wait until wd_recv(q) == ${result} within 200us`;

/** A buffer with a text in its first page; what has become of its second page. */
const STATES = {
  "was never touched": [],
  "was touched": ['app: store(buf+4K, "x") = 0'],
  "was given up by MADV_DONTNEED": [
    'app: store(buf+4K, "x") = 0',
    "app: madvise(buf+4K, 4K, MADV_DONTNEED) = 0",
  ],
  "is shared with a child": ['app: store(buf+4K, "x") = 0', "app: child = fork()"],
  "was read only, as zeros": ["app: load(buf+4K, 1) = 0"],
  "was unmapped, and mapped anew": [
    "app: munmap(buf+4K, 4K) = 0",
    "app: again = mmap(buf+4K, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
  ],
} as const;

const BAD = {
  "was unmapped": ["app: munmap(buf+4K, 4K) = 0"],
  "may only be read": ["app: mprotect(buf+4K, 4K, PROT_READ) = 0"],
  "may not be touched": ["app: mprotect(buf+4K, 4K, PROT_NONE) = 0"],
  "was touched, then unmapped": ['app: store(buf+4K, "x") = 0', "app: munmap(buf+4K, 4K) = 0"],
  "was written by the device, then made read-only": [
    send("buf", "buf+4K"),
    done("0"),
    "app: mprotect(buf+4K, 4K, PROT_READ) = 0",
  ],
} as const;

const start = [memory("buf", "16K"), "app: store(buf, text(2K)) = 0"];
const good = [
  send("buf", "buf+8K"),
  done("0"),
  "expect translate(hisi_zip-0, buf+8K) == page(app, buf+8K)",
  "expect pins(app, buf+8K) == 0",
];

describe.each(["stall", "pri"] as const)("page faults by %s", (faults) => {
  test.each(Object.entries(STATES))("a target page that %s is served", (_state, lines) => {
    holds(
      withSva(faults, [
        ...start,
        ...lines,
        send("buf", "buf+4K"),
        done("0"),
        "expect faults(hisi_zip-0) == 0",
        "expect translate(hisi_zip-0, buf+4K) == page(app, buf+4K)",
        "expect pins(app, buf+4K) == 0",
        ...good,
      ]),
    );
  });

  test.each(Object.entries(BAD))(
    "a target page that %s fails, and the next one goes",
    (_state, lines) => {
      holds(
        withSva(faults, [
          ...start,
          ...lines,
          send("buf", "buf+4K"),
          done("-EIO"),
          "expect faults(hisi_zip-0) == 1",
          ...good,
          "expect faults(hisi_zip-0) == 1",
        ]),
      );
    },
  );

  test.each([1, 2, 3, 4])("%i bad requests, each followed by a good one", (times) => {
    const rounds = Array.from({ length: times }, (_, round) => [
      send("buf", "0x1000"),
      done("-EIO"),
      `expect faults(hisi_zip-0) == ${round + 1}`,
      ...good,
    ]);
    holds(withSva(faults, [...start, ...rounds.flat()]));
  });

  test.each(Object.entries(BAD))(
    "a page that %s is served once it is right again",
    (_state, lines) => {
      holds(
        withSva(faults, [
          ...start,
          ...lines,
          send("buf", "buf+4K"),
          done("-EIO"),
          "app: back = mmap(buf+4K, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
          send("buf", "buf+4K"),
          done("0"),
          "expect translate(hisi_zip-0, buf+4K) == page(app, buf+4K)",
          "expect faults(hisi_zip-0) == 1",
        ]),
      );
    },
  );
});
