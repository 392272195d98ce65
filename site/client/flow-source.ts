/** Fetches a flow as the build has read it, and plays it as the build did. */
import { decode, playBy, type Run, type Told } from "../../engine/index.ts";
import { fetchFamily } from "./families.ts";

/** A call that few stories make: what answers it comes by itself. */
const WD_CALL = /wd_(request|release|mem_\w+|\w+_sync)/;

/** A device of that kind, or a queue opened for it. */
const HAS_RSA = /"rsa"/;

/** A device that begins without a driver. */
const IS_UNBOUND = /"unbound":true/;

/** A device that few stories have. */
const CARD = /"device":"nic"/;

/** A call about areas of memory, beside mmap and munmap, or about processes and limits. */
const AREA_CALL = /"(mprotect|mremap|mlock|munlock|fork|kill|setrlimit|execve|MADV_\w+FORK)"/;

/** The device that only copies. */
const DUMMY = /dummy/;

/** A kernel with patches that let a container bind a process. */
const SVA_RFC = /"svaRfc":true/;

/** @returns the run; refused where the file or the framework's drivers are missing */
export async function fetchRun(name: string, framework: string): Promise<Run> {
  const base = document.documentElement.dataset.base ?? "/";
  const [answer, family] = await Promise.all([
    fetch(`${base}flows/${name}.json`),
    fetchFamily(framework),
  ]);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const text = await answer.text();
  let drivers = family;
  if (WD_CALL.test(text)) drivers = (await import("./wd-calls.ts")).withWd(drivers);
  if (AREA_CALL.test(text)) drivers = (await import("./area-calls.ts")).withAreas(drivers);
  if (DUMMY.test(text)) drivers = (await import("./dummy-device.ts")).withDummy(drivers);
  if (SVA_RFC.test(text)) drivers = (await import("./bind-mm.ts")).withBindMm(drivers);
  if (HAS_RSA.test(text)) drivers = (await import("./rsa-engine.ts")).withRsa(drivers);
  if (IS_UNBOUND.test(text)) drivers = (await import("./driver-bind.ts")).withBind(drivers);
  if (CARD.test(text)) drivers = (await import("./nic-card.ts")).withNic(drivers);
  return playBy(drivers, decode<Told>(text));
}
