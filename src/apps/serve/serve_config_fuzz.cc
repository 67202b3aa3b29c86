// Settings of the service: never a crash, and every place to listen at is whole.
#include "apps/serve/config.h"
#include "base/error.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  const auto config = assay::serve::parse_config(assay::as_text(bytes), "fuzz");
  if (!config) return;
  for (const assay::serve::Listen& listen : config->listen) ASSAY_CHECK(listen.interfaces != 0 && listen.cert.empty() == listen.cert_key.empty());
  (void)assay::serve::check_exposure(*config);
}
