// Which home a store has is said by one text: "memory:", "sqlite:PATH" or the path of a file, "postgresql://…".
#pragma once

#include <memory>
#include <string>

#include "store/memory/mirror.h"

namespace assay::store {

enum class Missing { make,      // an empty store, where there is none
                     refuse };  // `not_found`

// `decode` is asked for each CoRIM that is there. Fails with `usage` (no such kind of store), or as the home does.
Result<std::unique_ptr<appraise::Store>> open(const std::string& url, const Decoder& decode, Missing missing = Missing::make);

// Reads everything there is, and says what is wrong with the first thing that is. CoRIMs are not decoded.
Result<void> check(const std::string& url);

// For messages: without the password that a URL may hold.
std::string shown(std::string_view url);

}  // namespace assay::store
