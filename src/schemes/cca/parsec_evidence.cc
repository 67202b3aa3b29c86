#include "schemes/cca/parsec_evidence.h"

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"

namespace assay::parsec_cca {
namespace {

constexpr std::uint64_t kTag = 601;
constexpr std::int64_t kNonce = 10, kConfirmation = 8, kCoseKey = 1;
constexpr std::size_t kMinNonce = 8, kMaxNonce = 64;

struct KeyAttestation {
  ByteView nonce;
  crypto::PublicKey key;
};
Result<KeyAttestation> parse_kat(ByteView item, std::size_t base);
Result<crypto::PublicKey> read_confirmation(cbor::Reader& in);

}  // namespace

Result<UnverifiedEvidence> parse_evidence(ByteView evidence) {
  if (evidence.size() > kMaxEvidence) return fail_expecting(Errc::limit, "Parsec CCA evidence", fmt::format("{} bytes", evidence.size()), fmt::format("at most {}", kMaxEvidence));
  cbor::Reader in{evidence};
  std::optional<ByteView> kat, token;
  std::size_t kat_at = 0;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is("kat")) kat_at = in.offset();
    const ByteView item = TRY(within(key->shown(), in.item()));
    if (key->is("kat")) kat = item;
    if (key->is("pat")) token = item;
  }
  TRY(in.expect_end());
  if (!kat) return fail_expecting(Errc::missing, "", "no kat", "the attestation of a key");
  if (!token) return fail_expecting(Errc::missing, "", "no pat", "a CCA token");
  KeyAttestation read = TRY(within("kat", parse_kat(*kat, kat_at)));
  return UnverifiedEvidence{*kat, read.nonce, std::move(read.key), *token};
}

json::Value to_json(const UnverifiedEvidence& evidence, const cca::PlatformClaims& platform, const cca::RealmClaims& realm) {
  json::Object kat;
  kat.set("nonce", to_base64(evidence.nonce));
  kat.set("akpub", to_base64url(evidence.key.spki()));
  json::Object out;
  out.set("kat", std::move(kat));
  out.set("platform", cca::to_json(platform));
  out.set("realm", cca::to_json(realm));
  return out;
}

namespace {

Result<KeyAttestation> parse_kat(ByteView item, std::size_t base) {
  cbor::Reader in{item, cbor::Mode::evidence, base};
  if (const std::uint64_t tag = TRY(in.tag()); tag != kTag) return fail_at(Errc::unsupported, base, fmt::format("tag {}", tag), "601");
  std::optional<ByteView> nonce;
  std::optional<crypto::PublicKey> key;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto label = TRY(map.next(in))) {
    if (label->is(kNonce)) {
      const std::size_t at = in.offset();
      nonce = TRY(within("nonce", in.bytes()));
      if (nonce->size() < kMinNonce || nonce->size() > kMaxNonce) return fail_at(Errc::invalid, at, fmt::format("nonce: {} bytes", nonce->size()), "8 to 64");
    } else if (label->is(kConfirmation)) {
      key = TRY(within("confirmation", read_confirmation(in)));
    } else {
      TRY(in.item());
    }
  }
  if (!nonce) return fail_expecting(Errc::missing, "", "no nonce", "one under 10");
  if (!key) return fail_expecting(Errc::missing, "", "no key", "a confirmation under 8");
  return KeyAttestation{*nonce, std::move(*key)};
}

Result<crypto::PublicKey> read_confirmation(cbor::Reader& in) {
  std::optional<crypto::PublicKey> key;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto label = TRY(map.next(in))) {
    const std::size_t at = in.offset();
    const ByteView item = TRY(in.item());
    if (label->is(kCoseKey)) key = TRY(crypto::public_key_from_cose(item, at));
  }
  if (!key) return fail_expecting(Errc::missing, "", "no COSE_Key", "one under 1");
  return std::move(*key);
}

}  // namespace
}  // namespace assay::parsec_cca
