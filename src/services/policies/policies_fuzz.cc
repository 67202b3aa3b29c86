// What is read as a policy is read again as it is written.
#include "services/policies/policies_client.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView data) {
  using namespace assay;
  const auto all = policies::parse_policies(data);
  if (!all) ASSAY_CHECK(!all.error().text().empty());
  const auto one = policies::parse_policy(data);
  if (!one) return;
  const std::string written = json::print(json::Value{policies::to_json(*one)});
  const auto again = policies::parse_policy(as_bytes(written));
  ASSAY_CHECK(again && again->uuid == one->uuid && again->rules == one->rules && again->active == one->active);
}
