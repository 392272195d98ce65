import { assert, ok, record, refuse } from "../core/index.ts";
import { lendRing, mapRing, nicOf, queuesLeft, startNic, takeRingBack } from "../hw/index.ts";
import { addNode, DRIVER, type FileOps, lineOf } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import type { QueueDriver } from "./queue-driver.ts";
import { registerSpimdev } from "./spimdev.ts";

/**
 * A network driver that registers twice, as the document asks: with the network code, whose card it
 * stays, and with spimdev, where it lends some of its rings. Nobody posted one. What is here is
 * written to the interface that the posted drivers have, and has the one operation that they lack.
 */
export const NIC_DRIVER: QueueDriver = {
  driver: "nic",
  group: "ring",
  api: "nic_ring_v1",
  getQueue: lendRing,
  putQueue: takeRingBack,
  mmap: mapRing,
  available: queuesLeft,
};

/** The counts under /sys/class/net/NAME/statistics/, over the rings that the kernel keeps. */
const COUNTS = ["rx_packets", "rx_bytes", "tx_packets", "rx_missed_errors"] as const;

/**
 * The driver's probe: rings for the kernel, its names in sysfs, and its offer to lend the others.
 *
 * @param lent  rings for lending, of those that the device has
 */
export function registerNic(machine: FrameworkPart, device: number, lent: number): void {
  startNic(machine, { device, lent });
  const { name } = record(machine.devices, device);
  for (const [at, count] of COUNTS.entries()) {
    const path = `/sys/class/net/${name}/statistics/${count}`;
    const object = device * COUNTS.length + at;
    addNode(machine, { path, driver: DRIVER.netdevCount, object });
  }
  const path = `/sys/class/net/${name}/rules`;
  addNode(machine, { path, driver: DRIVER.netdevRules, object: device });
  assert(registerSpimdev(machine, device, NIC_DRIVER).ok, "a card is offered once");
}

/** A count and a newline. Rings that are lent are not in it: their packets the kernel never sees. */
export const NETDEV_ATTRIBUTE_FILE: FileOps<FrameworkPart> = {
  read(machine, _ops, object) {
    const device = Math.floor(object / COUNTS.length);
    const count = COUNTS[object % COUNTS.length] as (typeof COUNTS)[number];
    const { firstRing, firstLent } = record(machine.nics, nicOf(machine, device));
    let sum = 0;
    for (const ring of machine.nicRings.slice(firstRing, firstRing + firstLent)) {
      const { taken = 0, bytes = 0 } = ring.kernel ?? {};
      sum += {
        rx_packets: taken,
        rx_bytes: bytes,
        tx_packets: ring.sent,
        rx_missed_errors: ring.dropped,
      }[count];
    }
    return ok(`${sum}\n`);
  },
};

/** "443 3": packets to that port go to that ring. */
const RULE = /^(\d{1,5}) (\d{1,3})$/;
const PORT_END = 65_536;

/**
 * Where the administrator says which packets go to which ring. It stands for `ethtool -N NAME
 * flow-type tcp4 dst-port PORT action RING`, an ioctl of a socket; the file is this model's own. The
 * last rule for a port counts.
 *
 * Refuses: EPERM for who is not root; EINVAL for another text, a port above 65535, or a ring that
 * the card does not have.
 * Source: include/uapi/linux/ethtool.h struct ethtool_rx_flow_spec v4.18
 */
export const NETDEV_RULES_FILE: FileOps<FrameworkPart> = {
  write(machine, _ops, { object, pid, text }) {
    if (!record(machine.tasks, pid).creds.root) return refuse("EPERM", "only root sets rules");
    const [, port = "", number = ""] = RULE.exec(lineOf(text)) ?? [];
    const { queueCount } = record(machine.devices, object);
    const rule = { port: Number(port), ring: Number(number) };
    const isGood = port !== "" && rule.port < PORT_END && rule.ring < queueCount;
    if (!isGood) return refuse("EINVAL", "a rule is a port and a ring of the card");
    const at = nicOf(machine, object);
    const nic = record(machine.nics, at);
    const others = nic.rules.filter((one) => one.port !== rule.port);
    machine.nics[at] = { ...nic, rules: [...others, rule] };
    return ok(text.length);
  },
};
