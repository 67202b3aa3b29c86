// Runs a fuzz target over files and folders of seeds, each as it is, cut at every length (small ones) and with single bits
// flipped: what ctest runs without clang. Prints how many inputs ran.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "testing/fuzz.h"

namespace {

std::size_t replay(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  assay::Bytes bytes{std::istreambuf_iterator<char>{in}, {}};
  std::size_t runs = 1;
  fuzz(bytes);
  const std::size_t step = bytes.size() / 256 + 1;
  for (std::size_t size = 0; size < bytes.size(); size += step, ++runs) {
    // A copy of exactly that size, so that a sanitizer sees a read behind it.
    fuzz(assay::Bytes{bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (std::size_t at = 0; at < bytes.size(); at += step, ++runs) {
    const auto flip = static_cast<std::uint8_t>(1U << (at % 8));
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ flip);
    fuzz(bytes);
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ flip);
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::size_t runs = 0;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path{argv[i]};
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator{path}) {
        if (entry.is_regular_file()) runs += replay(entry.path()), ++files;
      }
    } else {
      runs += replay(path), ++files;
    }
  }
  std::printf("%zu seeds, %zu inputs\n", files, runs);
  return files > 0 ? 0 : 1;
}
