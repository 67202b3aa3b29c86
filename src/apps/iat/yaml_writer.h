// Claims as YAML, as PyYAML's dump writes them: block style, lists at the indent of their key, `!!binary |` wrapped at 76 columns,
// texts in quotes only where YAML would read something else. Reading it back gives the same value.
#pragma once

#include "apps/iat/value.h"

namespace assay::iat {

enum class Order { sorted,
                   kept };
std::string to_yaml(const Value& value, Order order);

}  // namespace assay::iat
