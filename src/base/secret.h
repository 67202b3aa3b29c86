// Secret<N>: N bytes that wipe themselves. Cannot be copied, compared or printed; move leaves the source wiped.
#pragma once

#include <array>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace assay {

// Overwrites memory in a way the compiler may not remove.
void wipe(void* memory, std::size_t size);
inline void wipe(Bytes& bytes) { wipe(bytes.data(), bytes.size()); }
inline void wipe(std::string& text) { wipe(text.data(), text.size()); }

template <std::size_t N>
class Secret {
 public:
  Secret() { bytes_.fill(0); }
  Secret(Secret&& other) noexcept : bytes_{other.bytes_} { wipe(other.bytes_.data(), N); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_.data(), N);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  bool operator==(const Secret&) const = delete;
  ~Secret() { wipe(bytes_.data(), N); }

  // The bytes themselves: named so that a reader stops here.
  std::span<const std::uint8_t, N> expose() const { return bytes_; }
  std::span<std::uint8_t, N> expose() { return bytes_; }

 private:
  std::array<std::uint8_t, N> bytes_;
};

// Octets of any length that wipe themselves (symmetric keys, private scalars in transit).
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_{std::move(bytes)} {}
  SecretBytes(SecretBytes&& other) noexcept = default;
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(bytes_); }

  ByteView expose() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

}  // namespace assay
