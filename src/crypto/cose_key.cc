// COSE_Key (RFC 9052 §7, RFC 9053 §7): EC2 and OKP public keys.
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"

namespace assay::crypto {
namespace {

constexpr std::int64_t kKty = 1;
constexpr std::int64_t kAlg = 3;
constexpr std::int64_t kCrv = -1;
constexpr std::int64_t kX = -2;
constexpr std::int64_t kY = -3;
constexpr std::int64_t kD = -4;

struct Members {
  std::optional<std::int64_t> kty, alg, crv;
  std::optional<ByteView> x, y, d;
};

Result<Members> read_members(ByteView bytes, std::size_t base);
Result<ByteView> needed(const std::optional<ByteView>& value, std::string_view label, std::size_t size);

}  // namespace

Result<PublicKey> public_key_from_cose(ByteView bytes, std::size_t base) {
  const Members key = TRY(read_members(bytes, base));
  if (key.d) return fail_at(Errc::invalid, base, "a COSE_Key with a private scalar (label -4)", "a public key");
  if (!key.kty || !key.crv) return fail_at(Errc::missing, base, key.kty ? "a COSE_Key without crv (label -1)" : "a COSE_Key without kty (label 1)", "kty and crv");
  std::optional<KeyKind> kind;
  if (*key.kty == 2 && *key.crv >= 1 && *key.crv <= 3) kind = static_cast<KeyKind>(*key.crv - 1);
  if (*key.kty == 1 && *key.crv == 6) kind = KeyKind::ed25519;
  if (!kind) return fail_at(Errc::unsupported, base, fmt::format("a COSE_Key of kty {} and crv {}", *key.kty, *key.crv), "P-256, P-384, P-521 (kty 2, crv 1 to 3) or Ed25519 (kty 1, crv 6)");
  if (key.alg && *key.alg != cose_id(default_sig(*kind))) return fail_at(Errc::mismatch, base, fmt::format("alg {} in a COSE_Key of {}", *key.alg, name(*kind)), fmt::format("{}", cose_id(default_sig(*kind))));
  if (*kind == KeyKind::ed25519) {
    const ByteView raw = TRY(needed(key.x, "x (label -2)", 32));
    return PublicKey::from_ed25519(raw);
  }
  const std::size_t field = field_size(*kind);
  const ByteView x = TRY(needed(key.x, "x (label -2)", field));
  const ByteView y = TRY(needed(key.y, "y (label -3)", field));
  const Bytes lead{0x04};
  const Bytes point = concat({lead, x, y});
  auto result = within("COSE_Key", PublicKey::from_point(*kind, point));
  if (!result) result.error().offset = base;
  return result;
}

Bytes to_cose_key(const PublicKey& key) {
  cbor::Writer out;
  if (key.kind() == KeyKind::ed25519) {
    out.map(3).integer(kKty).integer(1).integer(kCrv).integer(6).integer(kX).bytes(key.ed25519());
    return std::move(out).take();
  }
  const std::size_t field = field_size(key.kind());
  if (field == 0) return {};
  const Bytes point = key.point();
  out.map(4).integer(kKty).integer(2).integer(kCrv).integer(static_cast<int>(key.kind()) + 1);
  out.integer(kX).bytes(ByteView{point}.subspan(1, field)).integer(kY).bytes(ByteView{point}.subspan(1 + field));
  return std::move(out).take();
}

std::optional<Bytes> cose_key_private_scalar(ByteView bytes) {
  const auto key = read_members(bytes, 0);
  if (!key || !key->d) return std::nullopt;
  return to_bytes(*key->d);
}

namespace {

Result<Members> read_members(ByteView bytes, std::size_t base) {
  cbor::Reader in{bytes, cbor::Mode::evidence, base};
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  Members key;
  while (const auto label = TRY(map.next(in))) {
    if (label->is(kKty)) key.kty = TRY(in.integer());
    else if (label->is(kAlg)) key.alg = TRY(in.integer());
    else if (label->is(kCrv)) key.crv = TRY(in.integer());
    else if (label->is(kX)) key.x = TRY(in.bytes());
    else if (label->is(kY)) key.y = TRY(in.bytes());
    else if (label->is(kD)) key.d = TRY(in.bytes());
    else TRY(in.item());
  }
  TRY(in.expect_end());
  return key;
}

Result<ByteView> needed(const std::optional<ByteView>& value, std::string_view label, std::size_t size) {
  if (!value) return fail_expecting(Errc::missing, "COSE_Key", fmt::format("no {}", label), fmt::format("{} bytes", size));
  if (value->size() != size) return fail_expecting(Errc::malformed, "COSE_Key", fmt::format("{} of {} bytes", label, value->size()), fmt::format("{} bytes", size));
  return *value;
}

}  // namespace
}  // namespace assay::crypto
