#include "appraise/chain.h"

#include "base/text.h"

namespace assay::appraise {

Result<TrustAnchor> anchor_of_chain(std::span<const ByteView> x5chain, const VerifyInput& input) {
  std::vector<crypto::Certificate> chain;
  for (std::size_t i = 0; i < x5chain.size(); ++i) chain.push_back(TRY(within(fmt::format("certificate {}", i), crypto::Certificate::from_der(x5chain[i]))));
  const std::vector<crypto::Certificate> roots{input.roots.begin(), input.roots.end()};
  TRY(crypto::verify_chain(chain, roots, input.now));
  crypto::PublicKey key = TRY(within("certificate 0", chain.front().public_key()));
  return TrustAnchor{{}, {}, std::move(key), "certificate " + printable(chain.front().subject())};
}

void add_chain(std::string_view id, std::span<const ByteView> x5chain, const VerifyInput& input, std::vector<TrustAnchor>& storage, std::vector<const TrustAnchor*>& anchors, Findings& findings) {
  static constexpr const char* kSubject = "certificate chain in the token";
  if (x5chain.empty()) return;
  const std::string chain_id = std::string{id} + ".chain";
  if (input.roots.empty()) return findings.not_checked(chain_id, kSubject, "no CA certificate was given to check it with");
  auto anchor = anchor_of_chain(x5chain, input);
  if (!anchor) {
    // Another anchor may do: then the chain was not needed.
    const auto report = anchors.empty() ? &Findings::failed : &Findings::warning;
    return (findings.*report)(chain_id, kSubject, anchor.error().text(), {}, {});
  }
  findings.passed(chain_id, kSubject, anchor->origin, "the CA certificates given");
  findings.not_checked(std::string{id} + ".revocation", "revocation of these certificates", "no revocation list was asked");
  storage.push_back(std::move(*anchor));
  anchors.push_back(&storage.back());
}

}  // namespace assay::appraise
