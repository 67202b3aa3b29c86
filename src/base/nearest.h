// For "did you mean": the edit distance of two words, and the name that is near what was typed.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace assay {

std::size_t edit_distance(std::string_view a, std::string_view b);

// A name that begins with `typed` or is at most two edits away from it, else nothing. The first of the nearest.
std::string_view nearest(std::span<const std::string_view> names, std::string_view typed);

// How many bytes of both are the same, each at its place.
std::size_t same_bytes(ByteView a, ByteView b);

}  // namespace assay
