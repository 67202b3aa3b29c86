#include "base/secret.h"

namespace assay {

void wipe(void* memory, std::size_t size) {
  if (size == 0) return;
  std::memset(memory, 0, size);
  asm volatile("" : : "r"(memory) : "memory");
}

}  // namespace assay
