#pragma once

namespace assay::bench {

// Prints the lines about the service.
void service();

}  // namespace assay::bench
