// Where values stand in the text they were read from: for messages about files that people edit.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::json {

struct Place {
  std::size_t offset = 0;
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // in bytes, from 1
};

struct Wanted {
  std::string pointer;                // RFC 6901
  std::optional<std::string> member;  // the name of this member of the object there, instead of the value itself
};

// Of each: where it stands in `text`, which `parse` has accepted; of several members of one name the last; nothing if there is none. The
// text is walked once, however many are wanted.
std::vector<std::optional<Place>> locate_all(std::string_view text, std::span<const Wanted> wanted);

std::optional<Place> locate(std::string_view text, std::string_view pointer);

// Lines and columns of offsets; those behind the end count as the end.
std::vector<Place> places_of(std::string_view text, std::span<const std::size_t> offsets);

}  // namespace assay::json
