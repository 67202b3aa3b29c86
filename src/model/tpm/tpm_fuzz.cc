// Any bytes as each of the structures: what is read points into them, and a key that is read has a name if its hash is known.
#include "model/tpm/tpm.h"
#include "testing/fuzz.h"

namespace tpm = assay::tpm;

void fuzz(assay::ByteView bytes) {
  if (const auto attest = tpm::parse_attest(bytes)) {
    ASSAY_CHECK(attest->quote.has_value() != attest->certification.has_value());
    ASSAY_CHECK(attest->extra_data.size() < bytes.size());
  }
  if (const auto key = tpm::parse_public(bytes)) ASSAY_CHECK(key->name().has_value() == tpm::hash_of(key->name_algorithm).has_value());
  if (const auto signature = tpm::parse_signature(bytes)) ASSAY_CHECK(signature->r.size() + signature->s.size() + 8 == bytes.size());
}
