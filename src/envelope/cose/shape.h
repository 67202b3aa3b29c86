// The outline of CBOR bytes, seen without reading them: for the few questions that the reader of cbor.h does not answer.
#pragma once

#include "base/bytes.h"

namespace assay::cose {

struct Shape {
  bool truncated = false;  // the first item goes on behind the end of the bytes
  bool tag = false;        // a tag somewhere in it
};

// Looks at the first item, of definite lengths; stops at a head that is none. Linear, no allocation, no recursion.
Shape shape_of(ByteView bytes);

}  // namespace assay::cose
