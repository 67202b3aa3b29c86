// From the words of the command line to the code: native commands, personalities by the program's name or `as NAME`.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

// `words[0]` is the name the program was called by. Returns the exit status; nothing is thrown.
int run_program(std::span<const std::string> words, std::ostream& out, std::ostream& err);

// Names that have code behind them, in the order of the catalogue: for the test that holds both against each other.
std::vector<std::string_view> runnable_commands();
std::vector<std::string_view> runnable_personalities();

}  // namespace assay
