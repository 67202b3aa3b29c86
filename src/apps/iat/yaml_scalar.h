// What YAML 1.1 reads in a plain (unquoted) scalar: the reader needs its value, the writer must know when to quote a text.
#pragma once

#include "apps/iat/value.h"

namespace assay::iat {

enum class ScalarType { text,
                        null,
                        boolean,
                        integer,
                        floating,
                        timestamp,
                        reserved };  // "<<" and "="

// By the patterns of the YAML 1.1 type repository (yaml.org/type), as PyYAML has them: "1.2" is floating, "1.2.3" a text.
ScalarType type_of_plain(std::string_view text);

// The value of a plain scalar. A timestamp stays a text: no claim is one. Fails with `invalid` for integers beyond 64 bits and for
// numbers in base 60 ("1:30"), which nobody means.
Result<Value> value_of_plain(std::string_view text);

}  // namespace assay::iat
