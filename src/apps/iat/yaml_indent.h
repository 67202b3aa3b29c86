// A way around a defect of libyaml-cpp 0.7, so that it reads the block scalars that PyYAML writes in lists.
#pragma once

#include <string>
#include <string_view>

namespace assay::iat {

// The same YAML, with the lines of some block scalars indented further. In
//   - !!binary |
//     AQID
// libyaml-cpp takes the tag for the possible beginning of a key, its column for the indent of what is around, and then the lines
// below, which must be deeper than that, for something else. The indent of a block scalar carries no meaning (YAML 1.1 §9.2):
// where a tag or an anchor stands between a dash and `|` or `>`, the lines are moved to the right of it.
std::string indent_block_scalars(std::string_view yaml);

}  // namespace assay::iat
