// A fuzz target is one function, `fuzz`, in a file x_fuzz.cc beside x.cc. It may abort (ASSAY_CHECK) and must otherwise return.
#pragma once

#include "base/bytes.h"
#include "base/error.h"

void fuzz(assay::ByteView bytes);
