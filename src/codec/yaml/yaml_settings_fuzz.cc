// Settings in YAML: never a crash, and what is read can be printed.
#include "codec/yaml/yaml.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  const auto value = assay::yaml::parse(assay::as_text(bytes), "config.yaml");
  if (value) ASSAY_CHECK(assay::json::parse(assay::json::print(*value)).has_value());
}
