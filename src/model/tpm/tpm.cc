#include "model/tpm/tpm.h"

#include <algorithm>
#include <array>

namespace assay::tpm {
namespace {

constexpr std::uint32_t kGenerated = 0xff544347;
constexpr std::uint16_t kCertify = 0x8017, kQuote = 0x8018;
constexpr std::uint16_t kNull = 0x0010, kEcdsa = 0x0018, kEcdaa = 0x001a, kEcc = 0x0023;
constexpr std::size_t kClockInfo = 17;  // clock, reset count, restart count, safe

class Reader {
 public:
  Reader(ByteView bytes, std::size_t base) : bytes_{bytes}, base_{base} {}
  Result<ByteView> take(std::size_t size, std::string_view what) {
    if (size > bytes_.size() - at_) return fail_at(Errc::malformed, base_ + at_, fmt::format("{} bytes left", bytes_.size() - at_), fmt::format("{}, {} bytes", what, size));
    const ByteView taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  Result<std::uint64_t> number(std::size_t size, std::string_view what) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : TRY(take(size, what))) value = value << 8 | byte;
    return value;
  }
  Result<std::uint16_t> u16(std::string_view what) { return static_cast<std::uint16_t>(TRY(number(2, what))); }
  // TPM2B: its size in two bytes, then itself.
  Result<ByteView> sized(std::string_view what) {
    const std::uint16_t size = TRY(u16(what));
    return take(size, what);
  }
  std::size_t offset() const { return base_ + at_; }
  Result<void> expect_end() const {
    if (at_ == bytes_.size()) return {};
    return fail_at(Errc::malformed, base_ + at_, fmt::format("{} more bytes", bytes_.size() - at_), "the end");
  }

 private:
  ByteView bytes_;
  std::size_t base_;
  std::size_t at_ = 0;
};

Result<Quote> read_quote(Reader& in);
Result<PcrSelection> read_selection(Reader& in);
Result<crypto::KeyKind> curve_of(std::uint64_t id, std::size_t offset);
Result<void> skip_scheme(Reader& in, std::string_view what);
Result<Bytes> padded(ByteView number, std::size_t size);

}  // namespace

std::optional<crypto::Hash> hash_of(std::uint16_t algorithm) {
  switch (algorithm) {
    case 0x0004: return crypto::Hash::sha1;
    case 0x000b: return crypto::Hash::sha256;
    case 0x000c: return crypto::Hash::sha384;
    case 0x000d: return crypto::Hash::sha512;
    default: return std::nullopt;
  }
}

Result<Attest> parse_attest(ByteView bytes, std::size_t base) {
  Reader in{bytes, base};
  Attest attest;
  attest.signed_bytes = bytes;
  if (const std::uint64_t magic = TRY(in.number(4, "the magic")); magic != kGenerated) return fail_at(Errc::malformed, base, fmt::format("magic {:08x}", magic), "ff544347: made by a TPM");
  const std::uint16_t type = TRY(in.u16("the type"));
  if (type != kCertify && type != kQuote) return fail_at(Errc::unsupported, base + 4, fmt::format("an attestation of type {:04x}", type), "8018 (quote) or 8017 (certify)");
  attest.signer = TRY(in.sized("the qualified signer"));
  attest.extra_data = TRY(in.sized("the extra data"));
  TRY(in.take(kClockInfo, "the clock"));
  attest.firmware_version = TRY(in.number(8, "the firmware version"));
  if (type == kQuote) {
    attest.quote = TRY(read_quote(in));
  } else {
    const ByteView name = TRY(in.sized("the name"));
    const ByteView qualified = TRY(in.sized("the qualified name"));
    attest.certification = Certification{name, qualified};
  }
  TRY(in.expect_end());
  return attest;
}

Result<Public> parse_public(ByteView bytes, std::size_t base) {
  Reader in{bytes, base};
  if (const std::uint16_t type = TRY(in.u16("the type")); type != kEcc) return fail_at(Errc::unsupported, base, fmt::format("a key of type {:04x}", type), "0023: ECC");
  const std::uint16_t name_algorithm = TRY(in.u16("the name's algorithm"));
  const auto attributes = static_cast<std::uint32_t>(TRY(in.number(4, "the attributes")));
  TRY(in.sized("the policy"));
  if (const std::uint16_t symmetric = TRY(in.u16("the symmetric algorithm")); symmetric != kNull) TRY(in.take(4, "its key size and mode"));
  TRY(skip_scheme(in, "the scheme"));
  const std::size_t curve_at = in.offset();
  const std::uint16_t curve_id = TRY(in.u16("the curve"));
  const crypto::KeyKind curve = TRY(curve_of(curve_id, curve_at));
  TRY(skip_scheme(in, "the key derivation"));
  const ByteView x = TRY(in.sized("x"));
  const ByteView y = TRY(in.sized("y"));
  TRY(in.expect_end());
  const std::size_t size = crypto::field_size(curve);
  const Bytes wide_x = TRY(within("x", padded(x, size)));
  const Bytes wide_y = TRY(within("y", padded(y, size)));
  constexpr std::array<std::uint8_t, 1> kUncompressed{0x04};
  crypto::PublicKey key = TRY(crypto::PublicKey::from_point(curve, concat({kUncompressed, wide_x, wide_y})));
  return Public{bytes, name_algorithm, attributes, std::move(key)};
}

Result<Bytes> Public::name() const {
  const auto hash = hash_of(name_algorithm);
  if (!hash) return fail_expecting(Errc::unsupported, "name", fmt::format("hash algorithm {:04x}", name_algorithm), "0004, 000b, 000c or 000d");
  const std::array<std::uint8_t, 2> head{static_cast<std::uint8_t>(name_algorithm >> 8), static_cast<std::uint8_t>(name_algorithm & 0xff)};
  return concat({head, crypto::digest(*hash, encoded)});
}

Result<Signature> parse_signature(ByteView bytes, std::size_t base) {
  Reader in{bytes, base};
  if (const std::uint16_t algorithm = TRY(in.u16("the algorithm")); algorithm != kEcdsa) return fail_at(Errc::unsupported, base, fmt::format("signature algorithm {:04x}", algorithm), "0018: ECDSA");
  Signature signature;
  signature.hash = TRY(in.u16("the hash algorithm"));
  signature.r = TRY(in.sized("r"));
  signature.s = TRY(in.sized("s"));
  TRY(in.expect_end());
  return signature;
}

Result<void> verify(const crypto::PublicKey& key, const Signature& signature, ByteView message) {
  if (crypto::field_size(key.kind()) == 0) return fail(Errc::unauthenticated, "", "an ECDSA signature, and a key of kind {}", crypto::name(key.kind()));
  const crypto::Sig algorithm = crypto::default_sig(key.kind());
  if (hash_of(signature.hash) != crypto::hash_of(algorithm)) return fail(Errc::unauthenticated, "", "hash algorithm {:04x} with a key on {}", signature.hash, crypto::name(key.kind()));
  const std::size_t size = crypto::field_size(key.kind());
  const auto r = padded(signature.r, size);
  const auto s = padded(signature.s, size);
  if (!r || !s) return fail(Errc::unauthenticated, "", "numbers larger than the curve's");
  return crypto::verify(key, algorithm, message, concat({*r, *s}));
}

namespace {

Result<Quote> read_quote(Reader& in) {
  Quote quote;
  const std::size_t at = in.offset();
  const std::uint64_t count = TRY(in.number(4, "the number of selections"));
  if (count > kMaxSelections) return fail_at(Errc::limit, at, fmt::format("{} selections", count), fmt::format("at most {}", kMaxSelections));
  for (std::uint64_t i = 0; i < count; ++i) quote.selections.push_back(TRY(read_selection(in)));
  quote.digest = TRY(in.sized("the digest"));
  return quote;
}

Result<PcrSelection> read_selection(Reader& in) {
  PcrSelection selection;
  selection.hash = TRY(in.u16("the bank's algorithm"));
  const std::size_t at = in.offset();
  const std::uint64_t size = TRY(in.number(1, "the size of the selection"));
  if (size > kMaxSelectBytes) return fail_at(Errc::limit, at, fmt::format("a selection of {} bytes", size), fmt::format("at most {}", kMaxSelectBytes));
  const ByteView bits = TRY(in.take(static_cast<std::size_t>(size), "the selection"));
  for (std::size_t i = 0; i < bits.size() * 8; ++i) {
    if ((bits[i / 8] >> (i % 8) & 1) != 0) selection.pcrs.push_back(static_cast<std::uint8_t>(i));
  }
  return selection;
}

Result<crypto::KeyKind> curve_of(std::uint64_t id, std::size_t offset) {
  if (id == 3) return crypto::KeyKind::p256;
  if (id == 4) return crypto::KeyKind::p384;
  if (id == 5) return crypto::KeyKind::p521;
  return fail_at(Errc::unsupported, offset, fmt::format("curve {:04x}", id), "0003, 0004 or 0005: P-256, P-384 or P-521");
}

// TPMT_ECC_SCHEME, TPMT_KDF_SCHEME: nothing, or a hash; ECDAA has a counter as well.
Result<void> skip_scheme(Reader& in, std::string_view what) {
  const std::uint16_t scheme = TRY(in.u16(what));
  if (scheme != kNull) TRY(in.take(scheme == kEcdaa ? 4 : 2, what));
  return {};
}

// TPMs leave leading zeros away, or not.
Result<Bytes> padded(ByteView number, std::size_t size) {
  while (number.size() > size && number.front() == 0) number = number.subspan(1);
  if (number.size() > size) return fail_expecting(Errc::malformed, "", fmt::format("a number of {} bytes", number.size()), fmt::format("at most {}", size));
  Bytes wide(size - number.size(), 0);
  append(wide, number);
  return wide;
}

}  // namespace
}  // namespace assay::tpm
