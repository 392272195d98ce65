/** Whose code a defect is in. */
export type DefectHome = "spimdev" | "sdmdev" | "uacce-v3" | "uacce";

/** A known defect of the code that the model follows. */
export interface Defect {
  /** The file or driver that has it. */
  readonly where: string;
  readonly what: string;
  readonly homes: readonly DefectHome[];
  /** The model's file that has it too, behind its switch `mended DNN`; else why it has not. */
  readonly file?: string;
  readonly leftOut?: string;
  /** A flow and label where it shows. */
  readonly flow?: string;
}

const V1: readonly DefectHome[] = ["spimdev"];
const V2: readonly DefectHome[] = ["sdmdev"];
const V3: readonly DefectHome[] = ["uacce-v3"];
const RFC: readonly DefectHome[] = ["spimdev", "sdmdev"];
const ALL: readonly DefectHome[] = ["spimdev", "sdmdev", "uacce-v3"];

/**
 * The known defects, by their names: D1 to D26 as in the facts of this project, those from D27 on
 * were found when the code was read for it. Nothing here is in Linux today but D26.
 */
// biome-ignore format: one defect a line
export const DEFECTS = {
  D1:  { where: "dummy", what: "the result of a request is overwritten with 0", homes: RFC, file: "engine/hw/dummy-driver.ts", flow: "too-big@success" },
  D2:  { where: "dummy", what: "`updated` is never cleared: after the first completion WAIT never blocks", homes: RFC, file: "engine/frameworks/queue-driver.ts", flow: "wait-never@at-once" },
  D3:  { where: "dummy, QM", what: "the attribute calls get_available_instances, which neither has", homes: V1, file: "engine/frameworks/spimdev.ts", flow: "read-instances@crash" },
  D4:  { where: "dummy", what: "NOIOMMU and dma_flag 0: no protection, and wd_mem_share fails", homes: RFC, file: "engine/user/wd-library.ts", flow: "share-needless@refused" },
  D5:  { where: "wd.c", what: "CHECK_EXTENSION 0, or a group not viable, ends in success with closed descriptors", homes: V1, file: "engine/user/wd-request.ts", flow: "request-nothing@success" },
  D6:  { where: "wd.c", what: "wd_mem_unshare does nothing without SVA: pages stay pinned", homes: V1, file: "engine/user/wd-library.ts", flow: "unshare-nothing@unshared" },
  D7:  { where: "wd.c", what: "what WAIT returns when woken is taken for a failure", homes: RFC, file: "engine/user/wd-library.ts", flow: "recv-woken@woken" },
  D8:  { where: "wd.c, QM", what: "the sync calls retry on -EBUSY only, QM says -EAGAIN", homes: ALL, file: "engine/user/wd-library.ts", flow: "recv-sync@early" },
  D9:  { where: "wd.c", what: "releasing a queue closes the caller's container", homes: RFC, file: "engine/user/wd-request.ts", flow: "release-closes@released" },
  D10: { where: "spimdev", what: "WAIT keeps 16 bits of its argument: 65 536 ms is for ever", homes: V1, file: "engine/frameworks/spimdev.ts", flow: "wait-16-bits@for-ever" },
  D11: { where: "spimdev", what: "the test of the PASID is the wrong way round", homes: V1, file: "engine/frameworks/spimdev.ts", flow: "sva-rfc@refused" },
  D12: { where: "spimdev", what: "lookups return an error pointer, callers test for NULL", homes: RFC, leftOut: "every name that leads to such a lookup is taken away before the device leaves the class, so none is in vain (flow read-instances has one that is not); no story has two devices of one name, on two buses" },
  D13: { where: "QM, user driver", what: "the queue's number is never set: every doorbell rings queue 0", homes: ALL, file: "engine/user/qm-library.ts", flow: "second-queue@silent" },
  D14: { where: "QM", what: "all queues share one doorbell page: any process can ring any queue", homes: ["spimdev", "sdmdev", "uacce-v3", "uacce"], file: "engine/hw/mmio.ts", flow: "shared-doorbell@rung" },
  D15: { where: "QM", what: "is_q_updated always says no: WAIT sleeps until timeout or signal", homes: V2, file: "engine/frameworks/queue-driver.ts", flow: "wait-forever@timeout" },
  D16: { where: "QM", what: "early silicon cannot be stopped: rings are freed under the device", homes: RFC, file: "engine/hw/qm-driver.ts", flow: "rings-freed@not-mine" },
  D17: { where: "QM", what: "the PASID is written to a context without an address, and cleared at start", homes: V1, file: "engine/frameworks/queue-driver.ts", flow: "sva-rfc@crash" },
  D18: { where: "QM, user driver", what: "a bad request is not stepped over: every later receive sees it again", homes: ALL, file: "engine/user/qm-library.ts", flow: "bad-address@stuck" },
  D19: { where: "QM, user driver", what: "the request is looked up by the place of its completion", homes: ALL, file: "engine/user/qm-library.ts", flow: "out-of-order@wrong" },
  D20: { where: "QM, user driver", what: "mmap's failure is tested with <= 0; no read barrier after the phase bit", homes: RFC, file: "engine/user/qm-library.ts", flow: "dead-queue@unseen" },
  D21: { where: "QM interrupt", what: "the kernel moves the CQ head of user queues too", homes: RFC, file: "engine/hw/interrupt.ts", flow: "two-heads@back" },
  D22: { where: "type1 of the first RFC", what: "detach leaves its entries in the parent's table", homes: V1, file: "engine/vfio/type1.ts", flow: "detach-leaves-mappings@stale" },
  D23: { where: "type1 of the second RFC", what: "an error pointer is used as a domain", homes: V2, file: "engine/vfio/type1.ts", flow: "no-domain@joined" },
  D24: { where: "type1", what: "two mediated devices of one parent list one domain twice: every map fails", homes: RFC, file: "engine/vfio/type1.ts", flow: "two-mdevs@refused" },
  D25: { where: "sdmdev", what: "WAIT counts jiffies, the library milliseconds; a failed start is ignored at open", homes: V2, file: "engine/frameworks/sdmdev.ts", flow: "dead-queue@opened" },
  D26: { where: "uacce", what: "a region's slot is not cleared at munmap (6.1 either); in 5.7 bind errors are all ENOMEM; ioctl asks for no process (today either)", homes: ["uacce"], file: "engine/frameworks/uacce-queue.ts", flow: "uacce-first-release@again" },
  D27: { where: "uacce, third RFC", what: "SHARE_SVAS tests a flag with | : it always refuses", homes: V3, file: "engine/frameworks/uacce-v3-share.ts", flow: "v3-two-engines@refused" },
  D28: { where: "uacce, third RFC", what: "open resets the state that it has just tested: until START any number may open", homes: V3, file: "engine/frameworks/uacce-v3.ts", flow: "v3-two-processes@second" },
  D29: { where: "uacce, third RFC", what: "START before the regions are mapped follows a NULL pointer", homes: V3, file: "engine/frameworks/uacce-v3-start.ts", flow: "v3-start-early@crash" },
  D30: { where: "uacce, third RFC", what: "an open that fails leaves the device busy for ever", homes: V3, file: "engine/frameworks/uacce-v3.ts", flow: "v3-open-fails@busy" },
  D31: { where: "dummy", what: "the length of the ring is read from the page, where the process can change it", homes: RFC, file: "engine/hw/dummy-driver.ts", flow: "past-the-page@crash" },
} as const satisfies Record<`D${number}`, Defect>;

export type DefectName = keyof typeof DEFECTS;

/** The defects that a framework's code does not have. */
export function absentIn(home: string): readonly DefectName[] {
  const names = Object.keys(DEFECTS) as DefectName[];
  return names.filter((name) => !(DEFECTS[name].homes as readonly string[]).includes(home));
}
