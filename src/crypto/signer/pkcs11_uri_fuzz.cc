// What is read holds to its promises: paths are absolute and end where they seem to, and nothing is without a module.
#include "crypto/signer/pkcs11_uri.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  const auto uri = crypto::parse_pkcs11_uri(as_text(bytes));
  if (!uri) return;
  ASSAY_CHECK(crypto::is_pkcs11_uri(as_text(bytes)));
  ASSAY_CHECK(uri->module_path.starts_with('/') && uri->module_path.find('\0') == std::string::npos);
  ASSAY_CHECK(!uri->pin_source || (uri->pin_source->starts_with('/') && uri->pin_source->find('\0') == std::string::npos));
  ASSAY_CHECK(!uri->shown_token().empty() && !uri->shown_key().empty());
}
