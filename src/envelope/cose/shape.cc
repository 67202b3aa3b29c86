#include "envelope/cose/shape.h"

namespace assay::cose {

Shape shape_of(ByteView bytes) {
  Shape shape;
  std::size_t at = 0;
  std::uint64_t due = 1;  // items still to come
  while (due > 0) {
    if (at >= bytes.size()) {
      shape.truncated = true;
      return shape;
    }
    const std::uint8_t major = bytes[at] >> 5;
    const std::uint8_t info = bytes[at] & 31;
    ++at;
    if (info > 27) return shape;
    std::uint64_t value = info;
    if (info > 23) {
      const std::size_t size = std::size_t{1} << (info - 24);
      if (bytes.size() - at < size) {
        shape.truncated = true;
        return shape;
      }
      value = 0;
      for (std::size_t i = 0; i < size; ++i) value = (value << 8) | bytes[at++];
    }
    --due;
    if (major == 6) shape.tag = true;
    const std::uint64_t strings = major == 2 || major == 3 ? value : 0;
    const std::uint64_t children = major == 4 || major == 5 ? value : major == 6 ? 1
                                                                                 : 0;
    // Each item takes a byte: what cannot fit is cut off, and the sums below stay small.
    const std::uint64_t left = bytes.size() - at;
    if (strings > left || children > left || (major == 5 && children > left / 2)) {
      shape.truncated = true;
      return shape;
    }
    at += static_cast<std::size_t>(strings);
    due += major == 5 ? children * 2 : children;
  }
  return shape;
}

}  // namespace assay::cose
