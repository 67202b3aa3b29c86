// The only maker of Verified<T>. Included by the verifying functions of envelope/ and by nothing else.
#pragma once

#include "envelope/verified.h"

namespace assay {

class VerifiedMint {
 public:
  template <class T>
  static Verified<T> of(T value) {
    return Verified<T>{std::move(value)};
  }
};

}  // namespace assay
