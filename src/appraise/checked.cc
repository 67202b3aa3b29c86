#include "appraise/checked.h"

namespace assay::appraise {

Result<void> first_failure(std::vector<Checked> checks) {
  for (Checked& checked : checks) TRY(within(checked.reference, std::move(checked.result)));
  return {};
}

bool report(std::vector<Checked> checks, Findings& findings) {
  bool good = true;
  for (Checked& checked : checks) {
    if (!checked.result) {
      good = false;
      findings.mark_ill_formed();
      findings.failed(std::string{checked.id}, std::string{checked.subject}, checked.result.error().text(), std::move(checked.actual));
    } else if (!checked.actual.empty()) {
      findings.passed(std::string{checked.id}, std::string{checked.subject}, std::move(checked.actual));
    }
  }
  return good;
}

void report_no_nonce(std::string_view id, Findings& findings) {
  findings.not_checked(std::string{id}, "freshness", "no nonce was given: the token may have been recorded at any time");
}

}  // namespace assay::appraise
