// From evidence and a store to an attestation result: what every service that judges evidence does, whatever its protocol.
//
// What is wrong with evidence is said in the result, never by an error: evidence that cannot be read, that nobody vouches for, whose
// signature is bad or that answers another challenge gives a sub-module of the scheme's name, contraindicated, with the policy claim
// `problem` in the words that relying parties know.
#pragma once

#include "appraise/ports.h"
#include "model/ear/ear.h"
#include "policy/engine.h"

namespace assay::appraise {

struct Question {
  const Scheme& scheme;
  ByteView evidence;  // unwrapped
  ByteView nonce;     // of the session
  std::string_view tenant;
  UnixSeconds now = 0;
  Rule rule = Rule::assay;
  crypto::SigCache* cache = nullptr;  // not owned
  policy::Engine* engine = nullptr;   // not owned; none: a policy that is active is an error
};
struct Judgement {
  ear::Ear result;      // complete but for its verifier id
  Findings findings;    // for the log
  std::string problem;  // empty: the evidence was appraised
};
// Fails where the store does, or an active policy: a verdict that the owner's policy should have changed is none.
Result<Judgement> judge(const Question& question, const Store& store);

// What a sub-module says, as it stands in a result.
ear::Appraisal to_appraisal(Submod submod);

using Schemes = std::span<const Scheme* const>;

// The one of them that takes evidence of this media type, quoted or not, and can verify it; null: none.
const Scheme* scheme_of_media_type(Schemes schemes, std::string_view media_type);
// Of all that verify evidence.
std::vector<std::string_view> evidence_media_types(Schemes schemes);

}  // namespace assay::appraise
