// DER (X.690) as far as keys, ECDSA signatures and certificate extensions need it: definite lengths, shortest form, depth bounded
// by the caller's own calls. A Reader is a cursor over bytes that stay where they are; offsets in errors count from `base`.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace assay::der {

enum Tag : std::uint8_t { kInteger = 0x02,
                          kBitString = 0x03,
                          kOctetString = 0x04,
                          kNull = 0x05,
                          kOid = 0x06,
                          kUtf8String = 0x0c,
                          kSequence = 0x30,
                          kSet = 0x31 };

struct Element {
  std::uint8_t tag;
  ByteView content;
  ByteView whole;  // with tag and length
};

class Reader {
 public:
  explicit Reader(ByteView bytes, std::size_t base = 0) : bytes_{bytes}, base_{base} {}
  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t offset() const { return base_ + at_; }
  Result<Element> any();                      // refuses multi-byte tags, indefinite and over-long lengths
  Result<ByteView> expect(std::uint8_t tag);  // the content
  Result<Reader> sequence();                  // a reader over the content of the next SEQUENCE
  Result<ByteView> positive_integer();        // content without its sign byte; refuses negative and over-long ones
  Result<void> expect_end() const;

 private:
  ByteView bytes_;
  std::size_t base_;
  std::size_t at_ = 0;
};

Bytes encode(std::uint8_t tag, ByteView content);
Bytes encode_sequence(std::initializer_list<ByteView> elements);
Bytes encode_positive_integer(ByteView big_endian);
std::string oid_text(ByteView content);  // 1.3.6.1…; "?" where it is not one

// ECDSA signatures: r || s, each `field` bytes, to Ecdsa-Sig-Value and back. Zero or over-long r or s is refused.
Result<Bytes> ecdsa_to_der(ByteView rs, std::size_t field);
Result<Bytes> ecdsa_from_der(ByteView der, std::size_t field);

}  // namespace assay::der
