import { expect, test } from "vitest";
import { addPci, Bench, setUp } from "../../../engine/check/bench/index.ts";
import { PAGE } from "../../../engine/core/index.ts";
import { FLAG } from "../../../engine/task/index.ts";
import { ENGINE } from "../check/support.ts";

test("another program has new memory, and the descriptors that are not closed on exec", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  const { app } = bench;
  const pci = addPci(bench, "0000:01:00.0");
  const { container, groups } = setUp(app, [pci]);
  const device = app.must("ioctl", groups[0] ?? -1, "VFIO_GROUP_GET_DEVICE_FD", pci.name);
  const vaddr = app.buffer(2);
  app.good(app.map(container, { vaddr, iova: 0, size: 2 * PAGE }), "map");
  app.must("execve", "/bin/true");
  expect(app.task.fds[device]).toBe(-1);
  expect([app.load(vaddr, 1), bench.pins]).toEqual(["SIGSEGV", 0]); // and it is dead, all is gone
});

test("a file that open was told to close on exec is closed, in a child's program too", () => {
  const bench = new Bench(ENGINE, { kernel: "v4.18" });
  const { app } = bench;
  const kept = app.fd("/dev/vfio/vfio");
  const closed = app.must("open", "/dev/vfio/vfio", FLAG.O_RDWR | FLAG.O_CLOEXEC);
  const child = app.fork();
  child.must("execve", "/bin/true");
  expect([child.task.fds[kept] !== -1, child.task.fds[closed]]).toEqual([true, -1]);
  expect(app.task.fds[closed]).not.toBe(-1);
  app.close(closed);
  expect(app.must("open", "/dev/vfio/vfio", FLAG.O_RDWR)).toBe(closed);
  app.must("execve", "/bin/true");
  expect(app.task.fds[closed]).not.toBe(-1);
});
