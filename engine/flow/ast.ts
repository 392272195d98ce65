import type { Failure, Kernel } from "../core/index.ts";
import type { Call, Expression, NumberExpression } from "./ast-expression.ts";
import type { Position } from "./position.ts";

export type {
  Call,
  ConstantExpression,
  ErrnoExpression,
  Expression,
  Field,
  FlagsExpression,
  ListExpression,
  MemberExpression,
  NameExpression,
  NumberExpression,
  NumberForm,
  SinceExpression,
  StringExpression,
  StructExpression,
  SumExpression,
} from "./ast-expression.ts";
export type { Position } from "./position.ts";

/**
 * A flow file as plain data: what `parseFlow` gives and `printFlow` takes.
 *
 * Nothing of the file is lost but runs of blanks and line ends: captions, comments and blank lines
 * are here, in order. Every node says where it stood; printing does not look at that.
 */
export interface Flow {
  readonly file: string;
  readonly header: Header;
  readonly items: readonly Item[];
}

export type Framework = "spimdev" | "sdmdev" | "uacce-v3" | "uacce" | "hvf" | "mdev" | "ioctl";
export type IommuKind = "smmuv3" | "none";
export type DomainKind = "dma" | "none";
export type FaultKind = "none" | "pri" | "stall";
export type DeviceKind = "dummy" | "zip" | "rsa" | "nic";
export type Hardware = "v1" | "v2";

/** What the header lines say together, and the lines as they stand. `header-lines.ts` makes one. */
export interface Header {
  readonly lines: readonly HeaderItem[];
  readonly title: string;
  readonly kernel: Kernel;
  /** `kernel v4.18+sva-rfc`: the RFC patches for PASIDs are applied to that kernel. */
  readonly svaRfc: boolean;
  readonly framework: Framework;
  readonly iommus: readonly IommuLine[];
  readonly devices: readonly DeviceLine[];
  /** Names of flows that run first. */
  readonly given: readonly string[];
  /** Labels of the key frames, without `@`; the first is the picture at rest. */
  readonly show: readonly string[];
  /** Defects switched off: `D13`. */
  readonly mended: readonly string[];
  readonly fail: readonly Failure[];
  readonly whatIf: boolean;
}

export type HeaderItem = HeaderLine | Comment | Blank;

export type HeaderLine =
  | TitleLine
  | KernelLine
  | FrameworkLine
  | IommuLine
  | DeviceLine
  | GivenLine
  | ShowLine
  | MendedLine
  | FailLine
  | WhatIfLine;

/** What every line may carry: its place, and the words after `##` at its end. */
export interface Line {
  readonly at: Position;
  readonly comment?: string;
}

export interface TitleLine extends Line {
  readonly kind: "title";
  readonly title: string;
}

export interface KernelLine extends Line {
  readonly kind: "kernel";
  readonly kernel: Kernel;
  readonly svaRfc: boolean;
}

export interface FrameworkLine extends Line {
  readonly kind: "framework";
  readonly framework: Framework;
}

/** `iommu smmu0 kind=smmuv3 iotlb=64 pages=4K,2M,1G pasid=0..20 faults=none|pri|stall domain=dma|none` */
export interface IommuLine extends Line {
  readonly kind: "iommu";
  readonly name: string;
  readonly iommu: IommuKind;
  /** Entries of the IOTLB. */
  readonly iotlb?: number;
  /** Page and block sizes in bytes, as listed. */
  readonly pages?: readonly number[];
  /** Bits of a PASID, 0 to 20; 0 is none. */
  readonly pasid?: number;
  readonly faults?: FaultKind;
  /** The domain that the kernel gives a device at first: of the DMA API, or none. */
  readonly domain?: DomainKind;
}

/** `device hisi_zip-0 kind=zip hw=v1 behind=smmu0 queues=4 held`; `device eth0 kind=nic lend=1` */
export interface DeviceLine extends Line {
  readonly kind: "device";
  readonly name: string;
  readonly device: DeviceKind;
  readonly hardware?: Hardware;
  /** The iommu in front of it; without it the device reaches memory as it likes. */
  readonly behind?: string;
  readonly queues?: number;
  /** Virtual functions that it can have at most (TotalVFs). */
  readonly vfs?: number;
  /** Of a network card: rings that its driver lends. */
  readonly lend?: number;
  /** It moves only by `NAME: step()`. */
  readonly held: boolean;
  /** It has no driver yet: the story binds one. */
  readonly unbound?: boolean;
}

export interface GivenLine extends Line {
  readonly kind: "given";
  readonly flows: readonly string[];
}

export interface ShowLine extends Line {
  readonly kind: "show";
  readonly labels: readonly string[];
}

export interface MendedLine extends Line {
  readonly kind: "mended";
  readonly defects: readonly string[];
}

/** `fail pin 3`: the third pin of the run fails. */
export interface FailLine extends Line {
  readonly kind: "fail";
  readonly failure: Failure;
}

export interface WhatIfLine extends Line {
  readonly kind: "what-if";
  readonly whatIf: boolean;
}

export type Item =
  | Section
  | Statement
  | Expect
  | Always
  | Schedule
  | ExploreMark
  | JoinMark
  | Comment
  | Blank;

/** `== each request ==` */
export interface Section extends Line {
  readonly kind: "section";
  readonly text: string;
}

/** `## words`, alone on its line. One blank after `##` is not part of the text. */
export interface Comment {
  readonly kind: "comment";
  readonly at: Position;
  readonly text: string;
}

/** One or more empty lines. */
export interface Blank {
  readonly kind: "blank";
  readonly at: Position;
}

/** `ACTOR: [NAME =] ACTION [= RESULT] [@label]` */
export interface Statement extends Line {
  readonly kind: "statement";
  /** The paragraphs above it, each one line of words. */
  readonly caption: readonly string[];
  /** A process, or a device of the header. */
  readonly actor: string;
  /** The name that the call's result gets. */
  readonly bind?: string;
  readonly action: Action;
  readonly result?: Result;
  /** `= [v4.18] 0`: the result is expected on that kernel only. Never without a result. */
  readonly only?: Kernel;
  /** Without `@`. */
  readonly label?: string;
}

export type Action =
  | { readonly kind: "call"; readonly call: Call }
  | { readonly kind: "wait"; readonly span: NumberExpression }
  | ({ readonly kind: "wait-until"; readonly within: NumberExpression } & Comparison)
  /** `<... write resumed>`: a call that was `<unfinished ...>` returns here. */
  | { readonly kind: "resumed"; readonly name: string };

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";

export interface Comparison {
  readonly query: Expression;
  readonly op: Operator;
  readonly value: Expression;
}

/** `expect[v4.18] QUERY == VALUE @label` */
export interface Expect extends Line, Comparison {
  readonly kind: "expect";
  readonly only?: Kernel;
  readonly label?: string;
}

/** `always device-reads-only-what-is-mapped` */
export interface Always extends Line {
  readonly kind: "always";
  readonly invariant: string;
}

/** `schedule 0 2 1`: the picks of a counterexample. */
export interface Schedule extends Line {
  readonly kind: "schedule";
  readonly picks: readonly number[];
}

export interface ExploreMark extends Line {
  readonly kind: "explore";
}

export interface JoinMark extends Line {
  readonly kind: "join";
}

/** What a call gave, as strace prints it. `written` is what the kernel wrote back: `= 0 {size: 8K}`. */
export type Result =
  /** `= 3`, `= 0x7f0000000000`, `= NULL`, `= "text"` */
  | { readonly kind: "value"; readonly value: Expression; readonly written?: Expression }
  /** `= -1 EBUSY`, of a system call */
  | { readonly kind: "errno"; readonly errno: string; readonly written?: Expression }
  /** `= -EAGAIN`, of a library call */
  | { readonly kind: "library-errno"; readonly errno: string; readonly written?: Expression }
  /** `= SIGSEGV` */
  | { readonly kind: "signal"; readonly signal: string }
  /** `= BUG "text"` */
  | { readonly kind: "bug"; readonly text: string }
  /** `= ?`: the call never returns, as with exit */
  | { readonly kind: "never" }
  /** `<unfinished ...>`: it returns later */
  | { readonly kind: "unfinished" };
