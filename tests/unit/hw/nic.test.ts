import { describe, expect, test } from "vitest";
import { MBUF } from "../../../engine/user/index.ts";
import { chain, word } from "../frameworks/computer.ts";
import { Card, LENT, lastOf, PORT, packetsOf } from "./card.ts";

describe("what is lent", () => {
  test("is counted in available_instances, which this driver has", () => {
    const card = new Card();
    const path = "/sys/class/spimdev/eth0/device/mdev_supported_types/nic-ring/available_instances";
    expect(card.computer.read(card.computer.root, path).written?.data).toBe("0");
    card.computer.good(card.app, "close", card.q);
    // The mappings hold the file.
    expect(card.computer.read(card.computer.root, path).written?.data).toBe("0");
    card.computer.kill(card.app);
    expect(card.computer.read(card.computer.root, path).written?.data).toBe("1");
  });

  test("is never a ring of the kernel's", () => {
    const card = new Card({ hardware: "queues=4 lend=2" });
    const { computer, app, mdev } = card;
    const second = computer.good(app, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
    expect(second).toBeGreaterThan(card.q);
    const third = computer.call(app, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
    expect(chain(third)).toBe("ENODEV driver refused < EBUSY no ring is left to lend");
    const { qn, made } = computer.machine.queues;
    expect([...qn.subarray(0, made)]).toEqual([0, 1, 2, 3]);
  });

  test("fails for want of a page with ENODEV, as whatever the driver refuses", () => {
    const card = new Card({ hardware: "queues=4 lend=2" });
    const { machine } = card.computer;
    const failing = {
      ...machine,
      fails: [{ kind: "allocate" as const, nth: (machine.asked[0] ?? 0) + 1 }],
    };
    Object.assign(card.computer, { machine: failing });
    const got = card.computer.ioctl(card.app, card.mdev, "VFIO_SPIMDEV_CMD_GET_Q");
    expect(word(got)).toBe("ENODEV");
    expect(card.computer.taken()).toBe(3);
  });
});

// biome-ignore format: one call a line
const CALLS: readonly (readonly [call: string, args: readonly (number | readonly object[])[], got: string])[] = [
  ["rx_queue_setup", [0, 33], "EINVAL"],
  ["rx_queue_setup", [0, 7],  "ENOMEM"],
  ["rx_queue_setup", [0, 8],  "0"],
  ["rx_burst",       [0],     "EINVAL"],
  ["rx_burst",       [33],    "EINVAL"],
  ["rx_burst",       [32],    "0"],
  ["tx_burst",       [[]],    "0"],
  ["tx_burst",       [Array.from({ length: 33 }, () => ({ at: 0, len: 1 }))], "EINVAL"],
  ["pktmbuf_free",   [0],     "EINVAL"],
  ["wd_send",        [[]],    "EINVAL"],
  ["wd_recv",        [],      "EINVAL"],
];

test.each(CALLS)("%s(q, %j) on rings without buffers is %s", (call, args, got) => {
  expect(word(new Card({ buffers: 0 }).call(call, ...(args as number[])))).toBe(got);
});

test("a second pool is EBUSY, and the first stays", () => {
  const card = new Card();
  expect(word(card.call("rx_queue_setup", 0, 16))).toBe("EBUSY");
  expect(card.state().base).toBe(card.pool);
});

// biome-ignore format: one mapping a line
const MAPPINGS = [
  [4096, 0,    "good"],
  [4096, 4096, "good"],
  [8192, 0,    "EINVAL"],
  [8192, 4096, "EINVAL"],
  [4096, 8192, "EINVAL"],
] as const;

test.each(MAPPINGS)("mmap of %i bytes at %i of a ring's file is %s", (length, offset, got) => {
  const { computer, app, q } = new Card();
  const result = computer.call(app, "mmap", 0, length, 3, 1, q, offset);
  expect(result.errno ?? "good").toBe(got);
});

test("the dummy's user driver does not open these rings, and a burst needs rings", () => {
  const { computer, app, q } = new Card();
  expect(word(computer.call(app, "drv_open", q, "wd_dummy_v1"))).toBe("EIO");
  expect(word(computer.call(app, "rx_burst", 99, 1))).toBe("EBADF");
});

// biome-ignore format: one rule a line
const RULES = [
  ["443 3",     "5"],
  ["443 3\n",   "6"],
  ["65535 0",   "7"],
  ["65536 0",   "EINVAL"],
  ["443 4",     "EINVAL"],
  ["443",       "EINVAL"],
  ["-1 3",      "EINVAL"],
  ["443 3 3",   "EINVAL"],
  ["443 3\n\n", "EINVAL"],
  ["443 3\0",   "6"],
  ["",          "0"],
  ["\n", "EINVAL"],
] as const;

test.each(RULES)("the rule %j is %s", (text, got) => {
  expect(word(new Card().rule(text))).toBe(got);
});

test("only root sets rules", () => {
  const card = new Card();
  expect(word(card.rule("80 3", card.app))).toBe("EPERM");
  expect(card.computer.machine.nics[0]?.rules).toEqual([{ port: PORT, ring: LENT }]);
});

test("the last rule for a port counts; a packet without one goes to a ring of the kernel's", () => {
  const card = new Card();
  card.rule("443 1");
  for (const port of [PORT, 3, 4, 5]) card.send("x", port);
  card.computer.run();
  expect([0, 1, 2, 3].map((ring) => card.ring(ring).received)).toEqual([1, 2, 1, 0]);
});

describe("the kernel's driver", () => {
  test("answers a ping, and nothing else, and counts both", () => {
    const card = new Card();
    card.ping("ping 1");
    card.ping("hello");
    card.computer.run();
    expect([card.ring(0).sent, lastOf(card.ring(0))]).toEqual([1, "pong 1"]);
    expect(card.count("rx_packets")).toBe("2\n");
    expect(card.count("rx_bytes")).toBe("11\n");
    expect(card.count("tx_packets")).toBe("1\n");
  });

  test("is interrupted once for packets that come before it looks", () => {
    const card = new Card();
    for (const at of [1, 2, 3]) card.ping(`ping ${at}`);
    card.computer.run();
    expect([card.computer.count("irq.raise"), card.ring(0).sent]).toEqual([1, 3]);
  });

  test("gets its turn while a lent ring sends all it can", () => {
    const card = new Card();
    const packet = { at: card.pool, len: 1_000 };
    card.slowly([0], "tx_burst", Array.from({ length: 7 }, () => packet) as never);
    card.ping("ping 1");
    while (card.ring(0).sent === 0) if (!card.step(0)) throw new Error("no answer");
    expect(card.ring(LENT).sent).toBeLessThan(7);
  });

  test("takes its ring round and round, and is in time for nine packets in a row", () => {
    const card = new Card();
    for (let round = 0; round < 5; round += 1) {
      for (let at = 0; at < 9; at += 1) card.ping(`ping ${round} ${at}`);
      card.computer.run();
    }
    const { received, dropped, sent, kernel } = card.ring(0);
    expect([received, dropped, kernel?.taken, sent]).toEqual([45, 0, 45, 45]);
    expect(card.count("rx_missed_errors")).toBe("0\n");
  });
});

test("a packet that is refused by the IOMMU is lost and counted, and its buffer is not", () => {
  const card = new Card();
  card.share("UNMAP");
  card.send("lost");
  card.computer.run();
  expect([card.ring(LENT).received, card.ring(LENT).dropped]).toEqual([0, 1]);
  expect(card.call("rx_burst", 4).value).toBe(0);
  expect(card.state().pool.length + card.state().rxBuffers.length).toBe(16);
  card.share("MAP");
  card.send("found");
  card.computer.run();
  const [packet] = packetsOf(card.call("rx_burst", 4));
  expect(packet && card.text(packet.at, packet.len)).toBe("found");
});

test("a packet to send that is refused by the IOMMU does not leave, and the next one does", () => {
  const card = new Card();
  const good = { at: card.pool, len: 4 };
  const bad = [
    { at: 0xdead000, len: 4 },
    { at: card.pool, len: 0 },
    { at: card.pool, len: 1519 },
  ];
  expect(card.call("tx_burst", [...bad, good]).value).toBe(4);
  card.computer.run();
  expect([card.ring(LENT).sent, card.ring(LENT).txHead]).toEqual([1, 4]);
  const results = card.computer.machine.calls.filter(({ kind }) => kind === "request");
  expect(results.map(({ result }) => result?.value)).toEqual([-1, -1, -1, 0]);
});

test("a buffer that is to be sent is not the program's to give back", () => {
  const card = new Card();
  card.send("one");
  card.computer.run();
  const [packet] = packetsOf(card.call("rx_burst", 1));
  card.slowly([0], "tx_burst", [packet] as never);
  expect(word(card.slowly([0], "pktmbuf_free", packet?.at ?? 0))).toBe("EINVAL");
});

test("the send ring takes seven of eight, and gives their buffers back when they have left", () => {
  const card = new Card();
  const held = Array.from({ length: 8 }, (_, at) => {
    card.send(`packet ${at}`);
    card.computer.run();
    return packetsOf(card.call("rx_burst", 1))[0];
  });
  expect(held.every(Boolean)).toBe(true);
  expect(card.state().pool).toHaveLength(0);
  const sent = card.slowly([1], "tx_burst", held as never);
  expect(sent.value).toBe(7);
  card.computer.run();
  expect(card.call("tx_burst", []).value).toBe(0);
  expect(card.state().pool).toHaveLength(7);
  expect(word(card.call("pktmbuf_free", held[7]?.at ?? 0))).toBe("0");
  expect(word(card.call("pktmbuf_free", held[7]?.at ?? 0))).toBe("EINVAL");
  expect(word(card.call("pktmbuf_free", card.pool + 1))).toBe("EINVAL");
  expect(word(card.call("pktmbuf_free", card.pool + 16 * MBUF))).toBe("EINVAL");
});

describe("a store to the registers", () => {
  /** Ring 0 by the page of the lent one: its tail is set where its head is. */
  function stop(hardware: string): Card {
    const card = new Card({ hardware });
    const { computer, app, q } = card;
    const page = computer.good(app, "mmap", 0, 4096, 3, 1, q, 0);
    computer.good(app, "store", page + 0x18, "\0\0\0\0\0\0\0\0");
    card.ping("ping 1");
    computer.run();
    return card;
  }

  test("reaches the next ring where all share a page", () => {
    const card = stop("hw=v1");
    expect([card.ring(0).dropped, card.ring(0).sent, card.ring(LENT).rxTail]).toEqual([1, 0, 7]);
  });

  test("reaches no other ring where each has a page", () => {
    const card = stop("hw=v2");
    expect([card.ring(0).dropped, card.ring(0).sent, card.ring(LENT).rxTail]).toEqual([0, 1, 0]);
  });

  test("to a place that is no tail, or a ring that nobody has, changes nothing", () => {
    const card = new Card({ hardware: "hw=v1 queues=5 lend=2" });
    const { computer, app, q } = card;
    const page = computer.good(app, "mmap", 0, 4096, 3, 1, q, 0);
    const before = JSON.stringify(computer.machine.nicRings);
    for (const at of [0, 0x10, 0x20, 0x118, 0x138, 0x158, 0xff8]) {
      computer.good(app, "store", page + at, "\x03\0\0\0\0\0\0\0");
    }
    expect(JSON.stringify(computer.machine.nicRings)).toBe(before);
  });
});

describe("a ring that goes back", () => {
  test.each([0, 1, 2, 3, 4, 5, 6])(
    "after %i actions of a packet on its way: it is counted",
    (steps) => {
      const card = new Card();
      card.send("one");
      for (let at = 0; at < steps; at += 1) card.step(0);
      card.computer.kill(card.app);
      expect(card.computer.count("dma.fault")).toBe(0);
      // One that the card had not looked at is the kernel's now.
      const counted = card.computer.machine.nicRings.map((ring) => ring.received + ring.dropped);
      expect(counted.reduce((sum, one) => sum + one)).toBe(1);
      expect([card.ring(LENT).queue, counted[LENT]]).toEqual([-1, steps === 0 ? 0 : 1]);
      expect(card.computer.machine.nics[0]?.rules).toEqual([]);
      expect(card.computer.taken()).toBe(3);
      const before = card.ring(PORT % 3).received;
      card.send("another");
      card.computer.run();
      expect(card.ring(PORT % 3).received).toBe(before + 1);
    },
  );

  test.each([0, 1, 2, 3, 4])("after %i actions of a packet to send: the card goes on", (steps) => {
    const card = new Card();
    card.slowly([0], "tx_burst", [
      { at: card.pool, len: 4 },
      { at: card.pool, len: 4 },
    ] as never);
    for (let at = 0; at < steps; at += 1) card.step(0);
    card.computer.kill(card.app);
    expect(card.computer.machine.nics[0]?.tx).toBeUndefined();
    card.ping("ping 2");
    card.computer.run();
    expect(lastOf(card.ring(0))).toBe("pong 2");
  });
});
