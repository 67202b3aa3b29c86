// What the readers of CoMID triples share, whatever the profile.
#pragma once

#include "appraise/endorsements.h"
#include "appraise/restrictions.h"
#include "crypto/x509.h"

namespace assay::appraise {

// "bad software component in CoMID at index 0", in the words that provisioning clients know.
std::string bad_reference(const ComidInput& input);
std::string bad_key(const ComidInput& input);
// "FILE: CoMID 0: reference value 1"
std::string origin_of(const ComidInput& input, std::string_view what, std::size_t index);
void warn_of_other_triples(const ComidInput& input, Endorsements& to);

// What a value is, in the words of templates: "uuid", "psa.impl-id" …
std::string_view type_name(const corim::ClassId& id);
std::string_view type_name(const corim::Instance& instance);
std::string_view type_name(const corim::Mkey& key);

// A key in PEM; every other form is refused.
Result<crypto::PublicKey> key_of(const corim::CryptoKey& key);
bool is_certificate(const corim::CryptoKey& key);
// Of a certificate or a path of them, leaf first.
Result<std::vector<crypto::Certificate>> certificates_of(const corim::CryptoKey& key);

// A maker's CAs: the class has vendor and model, every key is a certificate or a path, and there is one at least.
Result<TrustAnchor> maker_anchor(const corim::KeyTriple& triple);

// The attestation keys of a CoMID, each by `anchor_of`, but for those that `restrictions` leave out. `compared`: as of
// Restrictions::allows_environment. Errors: in the words of today's verifiers (`is_new`), or of those before.
struct AnchorRules {
  Result<TrustAnchor> (*anchor_of)(const corim::KeyTriple& triple);
  std::initializer_list<std::string_view> compared;
  bool is_new = true;
};
Result<void> take_anchors(const ComidInput& input, const AnchorRules& rules, Restrictions& restrictions, Endorsements& to);

}  // namespace assay::appraise
