#include "bench/service_evidence.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "base/text.h"
#include "bench/must.h"
#include "crypto/key_formats.h"
#include "model/corim/comid.h"
#include "schemes/cca/evidence.h"
#include "schemes/psa/token.h"

namespace assay::bench {
namespace {

// About the signing inputs of their results.
constexpr std::size_t kPsaResult = 2000;
constexpr std::size_t kCcaResult = 4100;

Bytes vector_file(const std::string& name) {
  std::ifstream in{std::string{ASSAY_SOURCE_DIR} + "/tests/vectors/veraison/v0.0.2502/" + name, std::ios::binary};
  Bytes bytes{std::istreambuf_iterator<char>{in}, {}};
  if (bytes.empty()) give_up("no file " + name);
  return bytes;
}
crypto::PrivateKey key_file(const std::string& name) { return must(crypto::private_key_from_any(vector_file("integration/keys/" + name))); }
json::Value claims_file(const std::string& name) { return must(json::parse(as_text(vector_file("integration/claims/" + name)))); }

// A CoRIM of the vectors as this bench needs it: with an id of its own, without an end of its validity, and for this key.
Bytes adapted(const std::string& name, const crypto::PublicKey& key) {
  corim::Corim corim = must(corim::read_corim(vector_file(name)));
  corim.id = name;
  corim.validity.reset();
  for (corim::Tag& tag : corim.tags) {
    corim::Comid comid = must(corim::read_comid(tag.content));
    for (corim::KeyTriple& triple : comid.triples.attest_keys) triple.keys.front() = {corim::CryptoKey::Kind::pkix_key, crypto::to_pem(key)};
    tag.content = must(corim::write_comid(comid, corim.generation));
  }
  return must(corim::write_corim(corim, corim.generation));
}

// A signed message and its bare check.
struct Signed {
  crypto::PublicKey key;
  crypto::Sig sig;
  Bytes message;
  Bytes signature;
  void check() const { must(crypto::verify(key, sig, message, signature)); }
};
Signed signed_part(const cose::Unverified& token, const crypto::PublicKey& key, crypto::Sig sig) {
  return {key, sig, cose::to_be_authenticated(token.kind, token.protected_bytes, {}, *token.payload), to_bytes(token.signature)};
}

}  // namespace

Kind psa_kind(std::size_t flows, std::shared_ptr<const crypto::Signer> ear_signer) {
  Kind kind{.name = "PSA", .submod = "PSA_IOT", .endorsements_type = std::string{kPsaCorim}, .endorsements = vector_file("generated/endorsements/corim-psa-mini.cbor")};
  const crypto::PrivateKey key = key_file("ec.p256.jwk");
  psa::Claims claims = must(psa::from_json(claims_file("psa.good.json")));
  for (std::size_t i = 0; i < flows; ++i) {
    claims.nonce = crypto::random_bytes(32);
    kind.flows.push_back({*claims.nonce, "application/psa-attestation-token", must(psa::sign_token(claims, key))});
  }
  const auto token = must(psa::parse_token(kind.flows.front().evidence));
  kind.floor = [part = signed_part(token.message, key.public_key(), crypto::Sig::es256), ear_signer, ear = Bytes(kPsaResult, 'x')] {
    part.check();
    static_cast<void>(must(ear_signer->sign(ear)));
  };
  return kind;
}

// Another realm key each time: the platform token answers for it, so that both tokens are new.
Kind cca_kind(std::size_t flows, std::shared_ptr<const crypto::Signer> ear_signer) {
  const crypto::PrivateKey platform_key = key_file("ec.p384.jwk");
  Kind kind{.name = "CCA", .submod = "CCA_SSD_PLATFORM", .endorsements_type = R"(application/corim-unsigned+cbor; profile="http://arm.com/cca/ssd/1")", .endorsements = adapted("generated/endorsements/corim-cca-platform-full.cbor", platform_key.public_key()), .more_type = R"(application/corim-unsigned+cbor; profile="http://arm.com/cca/realm/1")", .more_endorsements = adapted("generated/endorsements/corim-cca-realm-full.cbor", platform_key.public_key())};
  cca::EvidenceClaims claims = must(cca::evidence_from_json(claims_file("cca.good.json")));
  for (std::size_t i = 0; i < flows; ++i) {
    const auto realm_key = must(crypto::PrivateKey::generate(crypto::KeyKind::p384));
    claims.realm->challenge = crypto::random_bytes(cca::kRealmChallengeSize);
    claims.realm->public_key = realm_key.public_key().point();
    kind.flows.push_back({*claims.realm->challenge, R"(application/eat-collection; profile="http://arm.com/CCA-SSD/1.0.0")", must(cca::sign_evidence(claims, platform_key, realm_key, {.outer = cca::Outer::legacy}))});
  }
  const auto token = must(cca::parse_evidence(kind.flows.front().evidence));
  const auto rak = must(cca::decode_rak(token.realm));
  kind.floor = [platform = signed_part(token.platform_token, platform_key.public_key(), crypto::Sig::es384), realm = signed_part(token.realm_token, rak.key, crypto::Sig::es384), ear_signer, ear = Bytes(kCcaResult, 'x')] {
    platform.check();
    realm.check();
    static_cast<void>(must(ear_signer->sign(ear)));
  };
  return kind;
}

Bytes many_values(std::uint32_t number) {
  constexpr std::uint32_t kImplementations = 100;
  constexpr std::uint32_t kComponents = kValuesOfCorim / kImplementations;
  const auto numbered = [](std::uint32_t a, std::uint32_t b) {
    Bytes bytes(32, 0x5a);
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[i] = static_cast<std::uint8_t>(a >> (8 * i));
      bytes[4 + i] = static_cast<std::uint8_t>(b >> (8 * i));
    }
    return bytes;
  };
  corim::Comid comid;
  comid.identity.id = fmt::format("bench-{}", number);
  for (std::uint32_t i = 0; i < kImplementations; ++i) {
    corim::ValueTriple triple;
    triple.environment.klass.emplace().id = corim::ImplementationId{numbered(number, i + 1)};
    for (std::uint32_t j = 0; j < kComponents; ++j) {
      corim::Measurement one;
      one.key = corim::PsaRefvalId{.label = "BL", .version = fmt::format("1.{}.{}", i, j), .signer_id = numbered(7, i)};
      one.value.digests.emplace().push_back({std::int64_t{1}, numbered(number, i * kComponents + j)});
      triple.measurements.push_back(std::move(one));
    }
    comid.triples.reference_values.push_back(std::move(triple));
  }
  corim::Corim all;
  all.id = fmt::format("bench-{}", number);
  all.profile = "http://arm.com/psa/iot/1";
  all.tags.push_back({corim::TagKind::comid, must(corim::write_comid(comid, corim::Generation::a))});
  return must(corim::write_corim(all, corim::Generation::a));
}

}  // namespace assay::bench
