// What the tests of `cocli` share: a folder of their own, vectors by name, a command line at a fixed time.
#pragma once

#include <algorithm>
#include <sstream>

#include "apps/app_testing.h"
#include "apps/cocli/commands.h"
#include "testing/testing.h"

namespace assay {

inline constexpr std::array kComids{"cca-mult-refval", "cca-realm-refval", "cca-refval", "dice-refval", "kitchen-sink", "psa-iakpub", "psa-integ-iakpub", "psa-refval"};
inline constexpr UnixSeconds kIn2023 = 1'700'000'000;  // inside the validity of the signed samples
inline constexpr UnixSeconds kIn2027 = 1'830'000'000;  // inside that of the certificates

class Cocli : public testing::InOwnFolder {
 protected:
  static testing::Outcome run_at(UnixSeconds now, const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = cocli::run_at(now, args, out, err);
    return {status, out.str(), err.str()};
  }
  static testing::Outcome run(const std::vector<std::string>& args) { return run_at(kIn2023, args); }
  static std::string path(std::string_view vector) { return testing::vector_path("cocli/" + std::string{vector}).string(); }
  static std::string golden(std::string_view name) { return path("gen-a/golden/" + std::string{name}); }
  static std::string key(std::string_view name) { return path("keys/" + std::string{name} + ".jwk"); }
  static std::string meta(std::string_view name) { return path("gen-a/corim-templates/meta-" + std::string{name} + ".json"); }
  Bytes made(std::string_view name) const { return to_bytes(testing::read_text(own(name))); }
  // A copy of a vector under its own name, as messages show names.
  std::string take(std::string_view vector) const {
    const std::string name = std::filesystem::path{vector}.filename().string();
    write(name, testing::vector_text("cocli/" + std::string{vector}));
    return name;
  }
  void take_comids() const {
    for (const std::string name : kComids) take("gen-a/golden/comid-" + name + ".cbor");
  }
  // Exactly these texts on stdout, nothing on stderr, exit status 0.
  static void prints(const std::vector<std::string>& args, const std::string& expected) {
    const testing::Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out, expected);
    EXPECT_EQ(outcome.status, 0);
  }
  // One line on stderr, nothing on stdout, exit status 1.
  static void refused(const std::vector<std::string>& args, const std::string& text) {
    const testing::Outcome outcome = run(args);
    EXPECT_EQ(outcome.err, "Error: " + text + "\n");
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.status, 1);
  }
  // The same where the end of the line is the library's.
  static void refused_with(const std::vector<std::string>& args, const std::string& begin, const std::string& part = "") {
    const testing::Outcome outcome = run(args);
    EXPECT_TRUE(outcome.err.starts_with("Error: " + begin)) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.status, 1);
  }
  std::size_t files_here() const {
    const std::filesystem::directory_iterator all{own("")};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};

}  // namespace assay
