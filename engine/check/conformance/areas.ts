import { GUP, MEMLOCK } from "./gup.ts";
import { IOMMU } from "./iommu.ts";
import { IOPF } from "./iopf.ts";
import type { Area } from "./lab.ts";
import { MDEV_CORE } from "./mdev-core.ts";
import { MDEV_DEVICE_ROWS } from "./mdev-device.ts";
import { MDEV_PIN } from "./mdev-pin.ts";
import { PGTABLE } from "./pgtable.ts";
import { PIN_HAZARD } from "./pin-hazard.ts";
import { PIN_HAZARD_FORK } from "./pin-hazard-fork.ts";
import { SMMU3 } from "./smmu3.ts";
import { SVA } from "./sva.ts";
import { UACCE_FILES } from "./uacce.ts";
import { UACCE_QUEUE } from "./uacce-queue.ts";
import { VFIO_DMA_DOMAIN } from "./vfio-dma-domain.ts";
import { VFIO_DMA_MAP } from "./vfio-dma-map.ts";
import { VFIO_DMA_UNMAP } from "./vfio-dma-unmap.ts";
import { VFIO_SM_CONTAINER } from "./vfio-sm-container.ts";
import { VFIO_SM_DEVICE } from "./vfio-sm-device.ts";
import { VFIO_SM_GROUP } from "./vfio-sm-group.ts";

import { WARPDRIVE } from "./warpdrive.ts";

/** The executors, by area. */
export const AREAS: { readonly [area: string]: Area } = {
  "VFIO-SM": { ...VFIO_SM_CONTAINER, ...VFIO_SM_GROUP, ...VFIO_SM_DEVICE },
  "VFIO-DMA": { ...VFIO_DMA_MAP, ...VFIO_DMA_UNMAP, ...VFIO_DMA_DOMAIN },
  MDEV: { ...MDEV_CORE, ...MDEV_DEVICE_ROWS },
  "MDEV-PIN": MDEV_PIN,
  IOMMU,
  PGTABLE,
  SMMU3,
  SVA,
  IOPF,
  UACCE: { ...UACCE_QUEUE, ...UACCE_FILES },
  GUP,
  "PIN-HAZARD": { ...PIN_HAZARD, ...PIN_HAZARD_FORK },
  MEMLOCK,
  WARPDRIVE,
};
