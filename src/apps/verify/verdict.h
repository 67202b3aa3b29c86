// The way from evidence to verdict, without command line: what `assay verify` does between reading files and printing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appraise/scheme.h"
#include "apps/trusted_corims.h"
#include "apps/unwrap.h"
#include "base/clock.h"
#include "model/ear/ear.h"

namespace assay::verify {

struct Inputs {
  Bytes file;                        // the evidence, maybe wrapped
  std::string name;                  // of the file, for the report
  std::optional<std::string> entry;  // of a CMW collection
  appraise::TrustAnchors anchors;
  std::vector<crypto::Certificate> roots;  // CAs
  UnixSeconds now = 0;
  std::optional<appraise::ReferenceValues> references;
  std::vector<inputs::EndorsementSource> endorsements;  // what anchors and references came from, besides other files
  std::vector<std::string> warnings;                    // of reading them
  std::optional<Bytes> nonce;
  bool strict = false;
  std::vector<std::string> profiles;  // of PSA, accepted besides the known ones
};

struct Report {
  std::string name;
  std::size_t file_size = 0;
  Unwrapped unwrapped;
  const appraise::Scheme* scheme = nullptr;  // never null
  appraise::Identity identity;               // unauthenticated until the findings say otherwise
  appraise::Findings findings;               // of verification, then of appraisal
  std::vector<appraise::Submod> submods;
  ear::Tier status = ear::Tier::none;  // the worst of the submods
  int exit_status = 0;                 // 0, 1, 3 or 4
};

// Fails where there is no token to judge (malformed, of no known kind, wrapped too deep).
Result<Report> judge(const Inputs& inputs);

// The verdict as an attestation result. The nonce becomes eat_nonce.
ear::Ear make_ear(const Report& report, const Inputs& inputs, UnixSeconds now);

// The nonce alone is wrong: everything that is signed has a good signature.
bool is_only_stale(const Report& report);

// Sentences that say what to do next; none for a verdict that needs nothing.
std::vector<std::string> next_steps(const Report& report, const Inputs& inputs);

}  // namespace assay::verify
