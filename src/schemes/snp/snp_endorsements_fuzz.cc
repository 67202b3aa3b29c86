#include "appraise/comid_fuzzing.h"
#include "schemes/snp/scheme.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) { assay::appraise::fuzz_comid(bytes, assay::snp::kCorim, assay::snp::take_comid); }
