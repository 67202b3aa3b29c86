#include "appraise/comid_fuzzing.h"
#include "schemes/riot/scheme.h"
#include "testing/fuzz.h"

void fuzz(assay::ByteView bytes) { assay::appraise::fuzz_comid(bytes, assay::riot::kCorim, assay::riot::take_comid); }
