// Whatever the text: calls have names and lines that are in it.
#include <algorithm>

#include "policy/calls.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  const std::string_view text = assay::as_text(bytes);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const assay::policy::Call& call : assay::policy::foreign_calls(text)) {
    ASSAY_CHECK(text.contains(call.name + "("));
    ASSAY_CHECK(call.line >= 1 && call.line <= lines);
  }
}
