// What people see of a verdict: findings one by one, the trust vector with its meanings. Everything from outside is escaped.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "appraise/findings.h"
#include "appraise/scheme.h"
#include "codec/json/json.h"

namespace assay::report {

struct Style {
  bool color = false;
  bool verbose = false;                 // long values in full, also claims about which nothing is said
  std::string_view crypto_failed = {};  // in place of AR4SI's words for 99, where they mislead: it stands for a wrong nonce, too
};

// One line a finding: severity, what was looked at, what it says; for warnings and failures also what was expected and from where.
void print_findings(std::ostream& out, const appraise::Findings& findings, Style style);

// Each sub-module with its status and the claims of its vector.
void print_vectors(std::ostream& out, std::span<const appraise::Submod> submods, Style style);

// "warning" in the colour of its tier.
std::string colored(ear::Tier tier, std::string_view text, Style style);

// A JSON value as indented text: "name  value" lines, claims that are byte strings in hex instead of base64.
void print_claims(std::ostream& out, const json::Value& claims);

// 0: nothing failed; 4: a signature, a MAC, a key, the binding or the nonce; 3: a rule for claims.
int status_of(const appraise::Findings& findings);

}  // namespace assay::report
