// Keys that certificates inside the evidence vouch for: the x5chain header (RFC 9360 §2), validated to a CA that the caller trusts
// (RFC 9783 §7).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "appraise/scheme.h"

namespace assay::appraise {

// `x5chain`: DER, leaf first. Path, validity and constraints at `input.now`; revocation is not looked at. Fails with `untrusted`,
// `stale`, or what is wrong with a certificate.
Result<TrustAnchor> anchor_of_chain(std::span<const ByteView> x5chain, const VerifyInput& input);

// Puts the chain's key behind the other anchors for one token, and says in findings `ID`.chain and `ID`.revocation what became of it.
// Nothing without a chain. `storage` owns the new anchor.
void add_chain(std::string_view id, std::span<const ByteView> x5chain, const VerifyInput& input, std::vector<TrustAnchor>& storage, std::vector<const TrustAnchor*>& anchors, Findings& findings);

}  // namespace assay::appraise
