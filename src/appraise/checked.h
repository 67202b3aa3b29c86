// Rules for claims, checked one by one: a tool wants the first that fails, in the words of the reference; a verdict wants them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "appraise/findings.h"
#include "base/error.h"

namespace assay::appraise {

struct Checked {
  std::string_view id;         // of the finding: "psa.nonce"
  std::string_view subject;    // "nonce"
  std::string_view reference;  // the reference's prefix: "validating nonce"
  Result<void> result;
  std::string actual;  // as a reader wants to see it; empty: the claim is not there
};

// The first failure behind its prefix: "validating nonce: missing mandatory claim".
Result<void> first_failure(std::vector<Checked> checks);

// One finding for each rule that had something to look at. True if none failed.
bool report(std::vector<Checked> checks, Findings& findings);

// The finding where nobody gave a nonce.
void report_no_nonce(std::string_view id, Findings& findings);

}  // namespace assay::appraise
