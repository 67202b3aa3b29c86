// For tests only: hex literals, files of tests/vectors, gtest predicates for Result.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

namespace assay::testing {

// Hex with blanks between groups.
inline Bytes hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n') digits += c;
  }
  auto bytes = from_hex(digits);
  if (!bytes) ADD_FAILURE() << "bad hex in a test: " << bytes.error();
  return bytes.value_or(Bytes{});
}

inline std::filesystem::path vector_path(std::string_view relative) {
  return std::filesystem::path{ASSAY_SOURCE_DIR} / "tests/vectors" / relative;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) ADD_FAILURE() << "cannot read " << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}
inline std::string vector_text(std::string_view relative) { return read_text(vector_path(relative)); }
inline Bytes vector_bytes(std::string_view relative) { return to_bytes(vector_text(relative)); }

// EXPECT_TRUE(ok(result)) prints the error; EXPECT_TRUE(fails(result, Errc::limit, "part of the text")) prints what came instead.
template <class T>
::testing::AssertionResult ok(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << result.error();
}
template <class T>
::testing::AssertionResult fails(const Result<T>& result, Errc errc, std::string_view part = "") {
  if (result) return ::testing::AssertionFailure() << "accepted";
  if (result.error().errc != errc || result.error().text().find(part) == std::string::npos) return ::testing::AssertionFailure() << result.error();
  return ::testing::AssertionSuccess();
}

}  // namespace assay::testing
