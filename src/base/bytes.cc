#include "base/bytes.h"

#include <algorithm>

namespace assay {

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

Bytes concat(std::initializer_list<ByteView> parts) {
  Bytes whole;
  for (const ByteView part : parts) append(whole, part);
  return whole;
}

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

bool ct_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  // The barrier keeps a compiler from proving that it may stop early.
  asm volatile("" : "+r"(difference));
  return difference == 0;
}

bool bytewise_less(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

}  // namespace assay
