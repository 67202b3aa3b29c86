// For tests of commands: run one in-process, in a folder of its own or in a folder of vectors.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace assay::testing {

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

using Command = int (*)(std::span<const std::string>, std::ostream&, std::ostream&);

inline Outcome call(Command command, const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = command(args, out, err);
  return {status, out.str(), err.str()};
}

// Gives `text` as standard input while it lives.
class StandardInput {
 public:
  explicit StandardInput(std::string_view text) : stream_{std::string{text}}, before_{std::cin.rdbuf(stream_.rdbuf())} {}
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() {
    std::cin.rdbuf(before_);
    std::cin.clear();
  }

 private:
  std::istringstream stream_;
  std::streambuf* before_;
};

// A test whose working directory is an empty folder of its own; `go_to` changes to a folder of vectors.
class InOwnFolder : public ::testing::Test {
 protected:
  InOwnFolder() : before_{std::filesystem::current_path()}, folder_{std::filesystem::temp_directory_path() / ("assay-test-" + std::to_string(::getpid()))} {
    std::filesystem::create_directories(folder_);
    std::filesystem::current_path(folder_);
  }
  ~InOwnFolder() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static void go_to(std::string_view vectors) { std::filesystem::current_path(std::filesystem::path{ASSAY_SOURCE_DIR} / "tests/vectors" / vectors); }
  std::string own(std::string_view name) const { return (folder_ / name).string(); }
  void write(std::string_view name, std::string_view content) const {
    std::ofstream out{own(name), std::ios::binary};
    out << content;
    ASSERT_TRUE(out.flush().good());
  }

 private:
  std::filesystem::path before_;
  std::filesystem::path folder_;
};

}  // namespace assay::testing
