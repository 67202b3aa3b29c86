#pragma once

namespace assay::bench {

// Prints the lines about the service: `full`, with as many reference values as docs/performance.md tells of.
void service(bool full);

}  // namespace assay::bench
