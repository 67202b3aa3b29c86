// Verified<T>: a value whose signature or MAC was checked. Only the verifying functions of this layer can make one, so that
// holding one is the proof. What is computed from it alone (`derive`) stays verified.
#pragma once

#include <type_traits>

#include "base/error.h"

namespace assay {

class VerifiedMint;  // defined in envelope/verified_mint.h, which only envelope/*/ *.cc may include (checked by tools/check-layers)

template <class T>
class Verified {
 public:
  const T& value() const& { return value_; }
  T value() && { return std::move(value_); }
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

  // f: (const T&, settings…) -> Result<U>. It has no captures, and settings are plain numbers: what comes out can only come from
  // the verified value.
  template <class F, class... Settings>
  auto derive(F f, Settings... settings) const -> Result<Verified<typename std::invoke_result_t<F, const T&, Settings...>::value_type>> {
    static_assert(std::is_empty_v<F>, "a callable with captures could return anything as verified");
    static_assert(((std::is_integral_v<Settings> || std::is_enum_v<Settings>) && ...), "a setting could carry unverified data");
    auto result = f(value_, settings...);
    if (!result) return std::unexpected(std::move(result).error());
    return Verified<typename std::invoke_result_t<F, const T&, Settings...>::value_type>{std::move(result).value()};
  }

 private:
  friend class VerifiedMint;
  template <class U>
  friend class Verified;
  explicit Verified(T value) : value_{std::move(value)} {}
  T value_;
};

}  // namespace assay
