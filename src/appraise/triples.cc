#include "appraise/triples.h"

#include <algorithm>

#include "crypto/key_formats.h"
#include "model/corim/text.h"

namespace assay::appraise {

using corim::CryptoKey;

std::string bad_reference(const ComidInput& input) { return fmt::format("bad software component in CoMID at index {}", input.index); }

std::string bad_key(const ComidInput& input) { return fmt::format("bad key in CoMID at index {}", input.index); }

std::string origin_of(const ComidInput& input, std::string_view what, std::size_t index) { return fmt::format("{}: CoMID {}, {} {}", input.origin, input.index, what, index); }

void warn_of_other_triples(const ComidInput& input, Endorsements& to) {
  const corim::Triples& triples = input.comid.triples;
  const auto warn = [&](bool there, std::string_view what) {
    if (there) to.warnings.push_back(fmt::format("{}: CoMID {}: {} are not used", input.origin, input.index, what));
  };
  warn(!triples.endorsed_values.empty(), "endorsed values");
  warn(!triples.identity_keys.empty(), "device identity keys");
  warn(!triples.dependencies.empty() || !triples.memberships.empty() || !triples.coswids.empty(), "dependency, membership and CoSWID triples");
  warn(!triples.series.empty() || !triples.conditionals.empty(), "conditional endorsements");
  warn(!triples.unknown.empty(), "triples of unknown kinds");
  const auto links = input.comid.linked_tags.value_or(std::vector<corim::LinkedTag>{});
  warn(std::ranges::any_of(links, [](const corim::LinkedTag& link) { return link.relation == 1; }), "links to CoMIDs that it replaces");
}

std::string_view type_name(const corim::ClassId& id) {
  constexpr std::array<std::string_view, 5> kNames{"oid", "uuid", "bytes", "int", "psa.impl-id"};
  return kNames.at(id.index());
}

std::string_view type_name(const corim::Instance& instance) {
  constexpr std::array<std::string_view, 3> kNames{"ueid", "uuid", "bytes"};
  return instance.index() < kNames.size() ? kNames.at(instance.index()) : corim::key_type(std::get<CryptoKey>(instance).kind);
}

std::string_view type_name(const corim::Mkey& key) {
  constexpr std::array<std::string_view, 6> kNames{"uint", "uuid", "oid", "string", "psa.refval-id", "cca.platform-config-id"};
  return kNames.at(key.index());
}

Result<crypto::PublicKey> key_of(const CryptoKey& key) {
  if (key.kind != CryptoKey::Kind::pkix_key) return fail_expecting(Errc::invalid, "verification-key", fmt::format("verification-key must be of type 'pkix-base64-key', got '{}'", corim::key_type(key.kind)), "a PEM public key");
  return within("verification-key", crypto::public_key_from_pem(std::get<std::string>(key.value)));
}

bool is_certificate(const CryptoKey& key) {
  using enum CryptoKey::Kind;
  return key.kind == pkix_cert || key.kind == pkix_cert_path || key.kind == der_cert;
}

Result<std::vector<crypto::Certificate>> certificates_of(const CryptoKey& key) {
  if (!is_certificate(key)) return fail_expecting(Errc::invalid, "", "key must be a cert or a cert path", fmt::format("one of those, not a {}", corim::key_type(key.kind)));
  if (key.kind != CryptoKey::Kind::der_cert) return within("verification-key", crypto::Certificate::from_pem(std::get<std::string>(key.value)));
  std::vector<crypto::Certificate> one;
  one.push_back(TRY(within("verification-key", crypto::Certificate::from_der(std::get<Bytes>(key.value)))));
  return one;
}

Result<TrustAnchor> maker_anchor(const corim::KeyTriple& triple) {
  const auto& klass = triple.environment.klass;
  if (!klass) return fail_expecting(Errc::missing, "environment", "class not set", "a class with vendor and model");
  if (!klass->vendor) return fail_expecting(Errc::missing, "environment", "missing vendor", "a class with vendor and model");
  if (!klass->model) return fail_expecting(Errc::missing, "environment", "missing model", "a class with vendor and model");
  std::vector<crypto::Certificate> certificates;
  for (const CryptoKey& key : triple.keys) {
    std::vector<crypto::Certificate> more = TRY(certificates_of(key));
    certificates.insert(certificates.end(), more.begin(), more.end());
  }
  if (certificates.empty()) return fail_expecting(Errc::missing, "verification-keys", "no certificates", "at least one");
  return TrustAnchor{{}, {}, std::move(certificates), {}, Maker{*klass->vendor, *klass->model}};
}

Result<void> take_anchors(const ComidInput& input, const AnchorRules& rules, Restrictions& restrictions, Endorsements& to) {
  const auto& keys = input.comid.triples.attest_keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto anchor = rules.anchor_of(keys[i]);
    if (!anchor) return std::unexpected(within(rules.is_new ? fmt::format("CoMID {}: attestation key {}", input.index, i) : bad_key(input), std::move(anchor).error()));
    anchor->origin = origin_of(input, "attestation key", i);
    // Both are asked, so that both are named.
    const bool is_unconditional = restrictions.allows_key(keys[i], anchor->origin);
    if (restrictions.allows_environment(keys[i].environment, rules.compared, anchor->origin) && is_unconditional) to.anchors.push_back(std::move(*anchor));
  }
  return {};
}

}  // namespace assay::appraise
