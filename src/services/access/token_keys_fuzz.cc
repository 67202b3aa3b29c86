// A provider's key set: whatever is read is within its bounds and for an algorithm of ours.
#include "services/access/jwks.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto keys = access::parse_token_keys(as_text(bytes));
  if (!keys) return;
  ASSAY_CHECK(!keys->empty() && keys->size() <= 64);
  for (const access::TokenKey& key : *keys) ASSAY_CHECK(!key.sig || (access::is_token_algorithm(*key.sig) && crypto::fits(*key.sig, key.key.kind())));
}
