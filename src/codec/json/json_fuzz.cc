// What parses prints, and what is printed parses to the same print.
#include "codec/json/json.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  const auto value = assay::json::parse(assay::as_text(bytes));
  if (!value) return;
  const std::string once = assay::json::print(*value);
  const auto again = assay::json::parse(once);
  ASSAY_CHECK(again.has_value());
  ASSAY_CHECK(assay::json::print(*again) == once);
  (void)assay::json::print(*value, {.indent = 2, .sorted = true});
}
