// A policy tried on evidence: the verdict of the scheme, then that of the policy on it. Nothing here prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appraise/policy.h"
#include "policy/engine.h"

namespace assay::policy_app {

struct TrialInputs {
  std::string rules;
  Bytes file;                        // the evidence, maybe wrapped
  std::optional<std::string> entry;  // of a CMW collection
  std::string scheme;                // what it has to be, by either name; empty: whatever it is
  appraise::Endorsements endorsements;
  std::vector<crypto::Certificate> roots;
  UnixSeconds now = 0;
  std::optional<Bytes> nonce;
};

struct Change {
  std::string submod;
  ear::Appraisal before;
  ear::Appraisal after;
  json::Value document;  // what the policy was asked about
};

struct Trial {
  const appraise::Scheme* scheme = nullptr;  // never null
  appraise::Findings findings;
  int trust = 0;                // report::status_of: not 0 where the evidence is not trusted; a service does not ask a policy then
  std::vector<Change> changes;  // none where it is not trusted
};

// Fails where the evidence cannot be read, is of another scheme, or the policy cannot be evaluated.
Result<Trial> try_policy(policy::Engine& engine, const TrialInputs& inputs);

}  // namespace assay::policy_app
