/** Numbers of include/uapi/asm-generic/mman-common.h and fcntl.h, those that the model knows. */
export const FLAG = {
  PROT_NONE: 0,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 16,
  MAP_ANONYMOUS: 32,
  MADV_DONTNEED: 4,
  MADV_DONTFORK: 10,
  MADV_DOFORK: 11,
  MADV_WIPEONFORK: 18,
  MADV_KEEPONFORK: 19,
  MREMAP_MAYMOVE: 1,
  MREMAP_FIXED: 2,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CLOEXEC: 524_288,
} as const;

/** Limits of include/uapi/asm-generic/resource.h, those that the model keeps. */
export const RLIMIT = { RLIMIT_NOFILE: 7, RLIMIT_MEMLOCK: 8 } as const;
