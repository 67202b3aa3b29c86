#pragma once

namespace assay::bench {

// Prints the lines about endorsements.
void corims();

}  // namespace assay::bench
