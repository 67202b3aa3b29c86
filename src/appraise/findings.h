// Findings: what an appraisal looked at, one line each. A verdict is built from them, and the report shows them all: what was
// checked, against what, and what was not checked and why. Never "passed" for what nobody looked at.
#pragma once

#include <string>
#include <vector>

#include "codec/json/json.h"

namespace assay::appraise {

enum class Severity {
  passed,       // checked and right
  not_checked,  // could not be, or was not asked for: `why` says which
  warning,      // acceptable, but look at it
  failed,       // checked and wrong
};
std::string_view name(Severity severity);  // "passed", "not checked", "warning", "FAILED"

struct Finding {
  std::string id;  // stable: "cca.platform.signature", "psa.nonce"; documented in docs/findings.md
  Severity severity = Severity::failed;
  std::string subject;   // what was looked at, in the reader's words: "platform signature", "software component 2 (TB_FW_CONFIG)"
  std::string actual;    // what the evidence says (bytes as hex); may be empty
  std::string expected;  // against what: value, and where it came from ("refs.json: platform[0]"); may be empty
  std::string why;       // one sentence for warnings, failures and what was not checked
};

class Findings {
 public:
  void passed(std::string id, std::string subject, std::string actual = {}, std::string expected = {});
  void not_checked(std::string id, std::string subject, std::string why);
  void warning(std::string id, std::string subject, std::string why, std::string actual = {}, std::string expected = {});
  void failed(std::string id, std::string subject, std::string why, std::string actual = {}, std::string expected = {});
  void add(Finding finding);

  const std::vector<Finding>& all() const { return all_; }
  const Finding* find(std::string_view id) const;  // the first of that id
  bool any(Severity severity) const;
  // A failure whose id is `id` or begins with it and a dot.
  bool has_failed(std::string_view id) const;
  // A claim is not as its specification has it: the evidence is no good as such, whatever it says.
  void mark_ill_formed() { ill_formed_ = true; }
  bool ill_formed() const { return ill_formed_; }

 private:
  bool ill_formed_ = false;
  std::vector<Finding> all_;
};

json::Value to_json(const Findings& findings);

}  // namespace assay::appraise
