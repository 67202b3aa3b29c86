// Which functions a policy calls, as far as its text shows: for refusing a policy that calls what is not there when it is stored, not
// when evidence waits. No grammar: names with a bracket right behind, outside of strings and comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::policy {

struct Call {
  std::string name;      // "http.send"
  std::size_t line = 1;  // of the first call
};

inline constexpr std::size_t kMaxCalls = 256;

// Of each function that neither the text nor `prelude` defines or imports, the first call; of no more than kMaxCalls.
std::vector<Call> foreign_calls(std::string_view rules, std::string_view prelude = {});

// Clock, chance, network, and what else makes an answer depend on more than its input. Empty, or why.
std::string_view why_not_offered(std::string_view function);

}  // namespace assay::policy
