#include "apps/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "testing/testing.h"

namespace assay::files {
namespace {

namespace fs = std::filesystem;

// A folder of this test's own, gone when it ends.
class Files : public ::testing::Test {
 protected:
  Files() : dir_{fs::temp_directory_path() / ("assay-files-" + std::to_string(::getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name())} { fs::create_directories(dir_); }
  ~Files() override { fs::remove_all(dir_); }
  std::string path(std::string_view name) const { return (dir_ / name).string(); }
  std::size_t entries() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator{dir_}, {})); }
  static unsigned mode_of(const std::string& file) {
    struct stat status{};
    EXPECT_EQ(::stat(file.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  fs::path dir_;
};

TEST_F(Files, WhatIsWrittenIsRead) {
  const Bytes content = ::assay::testing::hex("00 01 ff 0a");
  ASSERT_TRUE(::assay::testing::ok(write_file(path("a"), content)));
  EXPECT_EQ(read_file(path("a")).value(), content);
  EXPECT_EQ(mode_of(path("a")) & 0133U, 0U);
  EXPECT_EQ(entries(), 1U) << "a temporary file is left";
}

TEST_F(Files, AnExistingFileKeepsItsModeAndALinkStaysALink) {
  ASSERT_TRUE(write_file(path("a"), as_bytes("old"), kSecretMode));
  EXPECT_EQ(mode_of(path("a")), 0600U);
  fs::create_symlink("a", path("link"));
  ASSERT_TRUE(::assay::testing::ok(write_file(path("link"), as_bytes("new"))));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_text(path("a")).value(), "new");
  EXPECT_EQ(mode_of(path("a")), 0600U);
}

TEST_F(Files, ErrorsAreWordedAsGoWordsThem) {
  EXPECT_EQ(read_file(path("none")).error().text(), "open " + path("none") + ": no such file or directory");
  EXPECT_EQ(read_file(path("none")).error().errc, Errc::not_found);
  EXPECT_EQ(read_file(path("")).error().text(), "read " + path("") + ": is a directory");
  EXPECT_EQ(write_file(path("no/where"), {}).error().text(), "open " + path("no/where") + ": no such file or directory");
  EXPECT_EQ(write_file(dir_.string(), {}).error().text(), "open " + dir_.string() + ": is a directory");
}

TEST_F(Files, ADeniedFileIsNotReplaced) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everything";
  ASSERT_TRUE(write_file(path("a"), as_bytes("old"), 0400));
  EXPECT_EQ(write_file(path("a"), as_bytes("new")).error().text(), "open " + path("a") + ": permission denied");
  EXPECT_EQ(read_text(path("a")).value(), "old");
}

TEST_F(Files, AFileBeyondTheLimitIsRefused) {
  ASSERT_TRUE(write_file(path("a"), Bytes(100, 1)));
  EXPECT_TRUE(read_file(path("a"), 100));
  EXPECT_TRUE(::assay::testing::fails(read_file(path("a"), 99), Errc::limit, "file too large; expected at most 99 bytes"));
}

TEST(Stream, IsReadToItsEndOrItsLimit) {
  std::istringstream in{std::string(40000, 'x')};
  EXPECT_EQ(read_stream(in, "-", 40000)->size(), 40000U);
  std::istringstream again{std::string(40000, 'x')};
  EXPECT_TRUE(::assay::testing::fails(read_stream(again, "-", 39999), Errc::limit, "read -: file too large"));
}

TEST(WriteOutput, ADashIsTheStream) {
  std::ostringstream out;
  ASSERT_TRUE(write_output("-", as_bytes("abc"), out));
  EXPECT_EQ(out.str(), "abc");
}

TEST(GoQuote, EscapesAsGoDoes) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"my.cbor", R"("my.cbor")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {std::string_view{"\0\x1f\x7f", 3}, R"("\x00\x1f\x7f")"},
      {"grün €", "\"grün €\""},
      {"\xff\xc3(", R"("\xff\xc3(")"},
      {"\xc2\xa0", R"("\u00a0")"},
      {"\xe2\x80\xae", R"("\u202e")"},
      {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
      {"\xf3\xa0\x80\x81", R"("\U000e0001")"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(go_quote(text), expected);
}

}  // namespace
}  // namespace assay::files
