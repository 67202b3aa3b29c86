// Any file to lint: what it mends has nothing left to mend, and diff and merge take what lint reads.
#include "model/corim/diff.h"
#include "model/corim/lint.h"
#include "model/corim/merge.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

void fuzz(assay::ByteView bytes) {
  const corim::LintOptions options{1735689600, {}};
  const auto report = corim::lint(bytes, options);
  if (!report.fixed.empty()) ASSAY_CHECK(corim::lint(report.fixed, options).fixed.empty());
  const auto read = corim::read_corim(bytes);
  if (!read) return;
  const auto changes = corim::diff(*read, *read);
  ASSAY_CHECK(!changes || changes->empty());
  (void)corim::merge({*read, *read});
}
