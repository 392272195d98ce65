/** Block diagrams and state machines that every format is tried on, as data. */

import type { Block, BlockEdge, BlockGroup, Blocks, Role } from "../../../diagrams/index.ts";

type BlockRow = readonly [id: string, label: string, role: Role, within?: string];

function block([id, label, role, within]: BlockRow): Block {
  return { id, lines: label.split("\n"), role, ...(within === undefined ? {} : { within }) };
}

function group([id, title, role, within]: BlockRow): BlockGroup {
  return { id, title, role, ...(within === undefined ? {} : { within }) };
}

/** "a>b label" */
function edge(text: string): BlockEdge {
  const [ends = "", ...words] = text.split(" ");
  const [from = "", to = ""] = ends.split(">");
  return { from, ...(to === "" ? {} : { to }), label: words.join(" ") };
}

/** 12 blocks, 5 groups of which 2 stand in another, 13 edges; 6 of these have words. */
export const ARCH: Blocks = {
  title: [],
  groups: (
    [
      ["user", "User space", "process"],
      ["kernel", "Kernel", "kernel"],
      ["vfio", "VFIO", "kernel", "kernel"],
      ["crypto", "Crypto", "kernel", "kernel"],
      ["hw", "Hardware", "device"],
    ] as const
  ).map(group),
  blocks: (
    [
      ["app", "Process", "process", "user"],
      ["libwd", "libwd", "process", "user"],
      ["core", "VFIO core", "kernel", "vfio"],
      ["mdev", "vfio-mdev", "kernel", "vfio"],
      ["type1", "vfio type1", "kernel", "vfio"],
      ["spimdev", "spimdev", "kernel", "crypto"],
      ["qm", "hisi_qm", "kernel", "crypto"],
      ["zipdrv", "hisi_zip driver", "kernel", "crypto"],
      ["iommu", "IOMMU API", "kernel", "kernel"],
      ["zip", "ZIP engine", "device", "hw"],
      ["smmu", "SMMU", "iommu", "hw"],
      ["dram", "DRAM", "memory", "hw"],
    ] as const
  ).map(block),
  edges: [
    "app>libwd wd_request_queue(zip)",
    "libwd>core open(/dev/vfio/12)",
    "libwd>zip ring doorbell",
    "core>mdev",
    "core>type1 VFIO_SET_IOMMU",
    "mdev>spimdev",
    "spimdev>qm",
    "qm>zipdrv",
    "zipdrv>zip",
    "type1>iommu iommu_map()",
    "iommu>smmu",
    "zip>smmu DMA read VA",
    "smmu>dram",
  ].map(edge),
  notes: [],
};

const state = (id: string): Block => ({ id, lines: [id], role: "kernel" });

/** 8 states, 10 transitions. */
export const STATE: Blocks = {
  title: [],
  groups: [],
  blocks: [
    "Closed",
    "Opened",
    "Attached",
    "Mapped",
    "Started",
    "Faulted",
    "Stopping",
    "Released",
  ].map((id) => (id === "Started" ? { ...state(id), current: true } : state(id))),
  edges: [
    "Closed>Opened open()",
    "Opened>Attached SET_CONTAINER",
    "Attached>Mapped mmap(ring)",
    "Mapped>Started START_Q",
    "Started>Faulted SMMU fault",
    "Faulted>Started resume",
    "Faulted>Stopping fatal",
    "Started>Stopping close()",
    "Stopping>Released drain",
    "Opened>Released release",
  ].map(edge),
  current: "the state it is in",
  notes: [],
};

/** As ARCH, twice as much of each, and groups three deep. */
export const ARCH_24: Blocks = {
  title: ["Two programs, two engines, and everything between them."],
  groups: (
    [
      ["user", "User space", "process"],
      ["lib", "libwd", "process", "user"],
      ["kernel", "Kernel", "kernel"],
      ["vfio", "VFIO", "kernel", "kernel"],
      ["type1", "vfio_iommu_type1", "kernel", "vfio"],
      ["crypto", "Crypto", "kernel", "kernel"],
      ["hw", "Hardware", "device"],
    ] as const
  ).map(group),
  blocks: (
    [
      ["a", "compressor", "process", "user"],
      ["b", "decompressor", "process", "user"],
      ["send", "wd_send", "process", "lib"],
      ["recv", "wd_recv", "process", "lib"],
      ["qm_udrv", "hisi_qm_udrv", "process", "lib"],
      ["core", "VFIO core", "kernel", "vfio"],
      ["ga", "group 1\nopen once", "kernel", "vfio"],
      ["gb", "group 2\nopen once", "kernel", "vfio"],
      ["ca", "container of compressor", "kernel", "type1"],
      ["cb", "container of decompressor", "kernel", "type1"],
      ["dom", "domain of the parent", "iommu", "type1"],
      ["mdev_a", "mdev 2ad9f208", "kernel", "kernel"],
      ["mdev_b", "mdev 51c0a21e", "kernel", "kernel"],
      ["spimdev", "spimdev", "kernel", "crypto"],
      ["qm", "hisi_qm", "kernel", "crypto"],
      ["zip", "hisi_zip", "kernel", "crypto"],
      ["hpre", "hisi_hpre", "kernel", "crypto"],
      ["iommu", "IOMMU API", "kernel", "kernel"],
      ["qa", "queue 0", "device", "hw"],
      ["qb", "queue 1", "device", "hw"],
      ["zipe", "ZIP engine", "device", "hw"],
      ["hpree", "HPRE engine", "device", "hw"],
      ["smmu", "SMMU", "iommu", "hw"],
      ["dram", "DRAM", "memory", "hw"],
    ] as const
  ).map(block),
  edges: [
    "a>send request",
    "b>recv result",
    "a>ga fd 3",
    "a>ca fd 4",
    "b>gb fd 3",
    "b>cb fd 4",
    "send>qm_udrv",
    "recv>qm_udrv",
    "qm_udrv>qa store doorbell",
    "qm_udrv>qb store doorbell",
    "core>ga",
    "ga>ca",
    "gb>cb",
    "ca>dom VFIO_SET_IOMMU",
    "cb>dom VFIO_SET_IOMMU",
    "dom>iommu",
    "mdev_a>spimdev",
    "mdev_b>spimdev",
    "spimdev>qm wd_dev_ops",
    "zip>qm",
    "hpre>qm",
    "iommu>smmu iommu_map()",
    "qa>zipe",
    "qb>zipe",
    "zipe>smmu DMA",
    "smmu>dram",
  ].map(edge),
  notes: ["HPRE has no queue in use."],
};

/** 16 states, 20 transitions. */
export const STATE_16: Blocks = {
  title: [],
  groups: [],
  blocks: Array.from({ length: 16 }, (_, at) => state(`S${at}`)),
  edges: [
    ...Array.from({ length: 15 }, (_, at) => `S${at}>S${at + 1} step ${at + 1}`),
    "S15>S0 start again",
    "S3>S3 poll, nothing yet",
    "S5>S12 fault",
    "S12>S5 resume",
    "S9>S0 reset",
  ].map(edge),
  notes: [],
};

/** What is refused leads nowhere; what has changed is marked, in words too long for a line. */
export const REFUSING: Blocks = {
  title: ["A group is opened twice."],
  groups: [{ id: "k", title: "kernel", role: "kernel", changed: true }],
  blocks: [
    { id: "app", lines: ["process app"], role: "process" },
    {
      id: "g",
      lines: ["group /dev/vfio/1", "open once, as each group may be, by one program at a time"],
      role: "kernel",
      within: "k",
      current: true,
      changed: true,
    },
  ],
  edges: [
    { from: "app", to: "g", label: "fd 3" },
    { from: "app", label: 'open("/dev/vfio/1") = -1 EBUSY', changed: true },
    { from: "app", to: "k", label: "" },
  ],
  notes: ["One note."],
};

/** Names that some program takes for its own. */
export const HOSTILE: Blocks = {
  title: ["end", '"quoted" & <b>bold</b>'],
  groups: [
    { id: "one", title: 'end "of" [group]', role: "process" },
    { id: "two", title: "--- a", role: "memory", within: "one" },
  ],
  blocks: [
    { id: "a", lines: ["end", "| x"], role: "process", within: "one" },
    { id: "b", lines: [">8", "8< ------"], role: "device", within: "two" },
    { id: "c", lines: ["From x", "head: 2"], role: "iommu", within: "two", changed: true },
    { id: "d", lines: ["1. list", "- item", "* star", "# head"], role: "kernel" },
    { id: "e", lines: ["a\\nb", "%% x", "caf\u00e9", "x[1](2){3}"], role: "memory", current: true },
    { id: "f", lines: ["subgraph", "class a b"], role: "kernel" },
  ],
  edges: [
    { from: "a", to: "b", label: "end" },
    { from: "b", to: "c", label: '"|"' },
    { from: "c", to: "a", label: "--> x" },
    { from: "d", to: "e", label: "a;b &amp; <i>c</i>" },
    { from: "e", to: "two", label: "to a group" },
    { from: "one", to: "f", label: "" },
    { from: "f", label: "= -1 EINVAL [x]" },
    { from: "f", to: "f", label: "`code` $x^2$ _em_ *em*" },
  ],
  notes: [],
};
