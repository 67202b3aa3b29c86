// Inside lint: templates.
#pragma once

#include "model/corim/lint.h"

namespace assay::corim {

LintReport lint_template(std::string_view text, const LintOptions& options);

// Expired, not valid yet.
void lint_times(const std::optional<Validity>& validity, const LintOptions& options, std::string_view where, ProblemList& to);
// The times of a CoRIM, and that it has no profile.
void lint_envelope(const Corim& corim, const LintOptions& options, ProblemList& to);
// That a CoMID cannot be written in the generation that is asked for.
void lint_carries(const Comid& comid, const LintOptions& options, std::string_view prefix, ProblemList& to);

}  // namespace assay::corim
