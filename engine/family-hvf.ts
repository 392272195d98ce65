import type { Family } from "./family.ts";
import { MEDIATED } from "./family-mediated.ts";
import { registerHvf, SRIOV, SRIOV_FILE } from "./frameworks/index.ts";
import { DRIVER } from "./task/index.ts";
import { DEVICE_DRIVER, PCI_UNBIND_FILE, UNBIND, VFIO_PCI_DEVICE } from "./vfio/index.ts";

const { ops } = MEDIATED;

/**
 * A virtual function for each process: vfio-pci, on the same VFIO as mediated devices. A page
 * fetches both, so that the stories of mediated devices do not pay for this one.
 */
export const HVF: Family = {
  ...MEDIATED,
  ops: {
    ...ops,
    file: { ...ops.file, [DRIVER.pciUnbind]: PCI_UNBIND_FILE, [DRIVER.sriov]: SRIOV_FILE },
    routines: { ...ops.routines, pciUnbind: UNBIND, sriov: SRIOV },
    device: { ...ops.device, [DEVICE_DRIVER.pci]: VFIO_PCI_DEVICE },
  },
  register: (machine, _framework, device, line) => registerHvf(machine, device, line),
};
