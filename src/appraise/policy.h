// Policies applied to what an appraisal says (policy/engine.h runs them): the document a policy is asked about, and what becomes of its
// answer. The contract is that of Veraison's services, so that their policies work unchanged.
//
//   const PolicyInput input = policy_input(scheme, nonce, submods, endorsements);
//   TRY(apply_policy(engine, policy, input, result));   // after the scheme's appraisal, before signing
//
// A policy can set any claim to any value, better or worse. It can make the status worse than the claims, never better.
#pragma once

#include <array>

#include "appraise/ports.h"
#include "appraise/scheme.h"
#include "model/ear/ear.h"
#include "policy/engine.h"

namespace assay::appraise {

// What all sub-modules of a result share of the input document; the appraisal and its name are added for each. Owns what it holds.
struct PolicyInput {
  std::string scheme;        // "ARM_CCA"
  Bytes nonce;               // of the session; empty: there was none
  json::Value evidence;      // claims by the names of the annotated evidence
  json::Value endorsements;  // an array of records
};

// `submods`: the annotated evidence of the authenticated sub-modules. Where a scheme has several they stand under the last words of their names, in
// small letters: {"platform": {…}, "realm": {…}}; that of a single one is the evidence. Parsec CCA's also has them as "cca.platform" and
// "cca.realm", as its policies of 2025 expect.
// Endorsements are the reference values, as records {"scheme", "type", "subType", "attributes"}; those that are compared by
// measurement keys (SEV-SNP) as triples of a CoMID in JSON. Trust anchors are none of a policy's business.
PolicyInput policy_input(const Scheme& scheme, ByteView nonce, std::span<const Submod> submods, const Endorsements& endorsements);

// {"scheme", "session": {"nonce"}, "submod", "result", "evidence", "endorsements"}
json::Value policy_document(const PolicyInput& input, std::string_view submod, const ear::Appraisal& appraisal);

// What a policy answers. 0 and `none` leave things as they are.
struct Outcome {
  ear::Tier status = ear::Tier::none;
  ear::TrustVector vector;
  json::Object added_claims;
};
// Fails with `policy`, worded as relying parties know it: policy returned bad update: bad value "SURE" for "executables".
Result<Outcome> parse_outcome(const json::Value& value);

// Claims are overridden, policy claims replaced, and so is the status; where the policy says nothing of it, what the scheme itself made worse
// than its claims stays so. Nothing is raised to the worst claim yet: that is Appraisal::update_status.
void apply_outcome(const Outcome& outcome, ear::Appraisal& appraisal);

// Evaluates, applies, updates the status, and appends the policy's UUID to the policy id. After an error the appraisal is as before. Fails
// with `policy` (an evaluation that ends in an error, an outcome that is none), `limit`, or what the engine says: "could not evaluate policy: …".
Result<void> apply_policy(policy::Engine& engine, const StoredPolicy& policy, const PolicyInput& input, std::string_view submod, ear::Appraisal& appraisal);
// To each sub-module of a result, or to none.
Result<void> apply_policy(policy::Engine& engine, const StoredPolicy& policy, const PolicyInput& input, ear::Ear& result);

}  // namespace assay::appraise
