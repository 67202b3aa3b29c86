#include "appraise/comid_fuzzing.h"
#include "schemes/parsec_tpm/scheme.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) { assay::appraise::fuzz_comid(bytes, assay::parsec_tpm::kCorim, assay::parsec_tpm::take_comid); }
