#include "appraise/comid_fuzzing.h"
#include "schemes/tpm_enacttrust/scheme.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) { assay::appraise::fuzz_comid(bytes, assay::tpm_enacttrust::kCorim, assay::tpm_enacttrust::take_comid); }
