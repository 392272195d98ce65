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
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CLOEXEC: 524_288,
} as const;
