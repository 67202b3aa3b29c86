// Every recorded run of the original tools: same arguments, same exit status, same output, or a line in the table of differences.
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "apps/iat/iat.h"
#include "testing/testing.h"

namespace assay::iat {
namespace {

constexpr int kRuns = 85;

struct Outcome {
  int status = -1;
  std::string out, err;
  bool operator==(const Outcome&) const = default;
};
void PrintTo(const Outcome& outcome, std::ostream* to) {
  *to << "exit: " << outcome.status << "\n--- stdout\n"
      << outcome.out << "--- stderr\n"
      << outcome.err;
}

struct Transcript {
  int number = 0;
  std::vector<std::string> words;  // program and arguments
  bool inside_data = false;
  Outcome original;
  bool is(std::string_view program) const { return words.at(0) == program; }
};

constexpr std::string_view kSame = "{same}";  // in Difference: what the original printed
constexpr std::string_view kMore = "{more}";  // whatever follows: words of other layers
constexpr std::string_view kFailed = "ERROR:iat-verify:Token verification failed:\n\t";
constexpr std::string_view kLegacy = "WARNING:iat-verifiers:legacy profile http://arm.com/CCA-SSD/1.0.0 is deprecated\n";
constexpr std::string_view kNoKey = "{same}WARNING:iat-verify:signature not checked (no key given with -k)\n";
constexpr std::string_view kBothOk = "Signature OK\nToken format OK\n";

struct Difference {
  int number;
  std::string_view reason;
  int status;
  std::string out, err;
  bool goes_with_strict_rmm2 = false;
};

std::string failed(std::string_view message) { return fmt::format("{}{}\n", kFailed, message); }

const std::vector<Difference>& differences() {
  constexpr std::string_view kUnverified = "format alone is not to be taken for verification";
  constexpr std::string_view kClassName = "class names of the Python COSE library say nothing to anybody";
  constexpr std::string_view kGeneration = "tokens made before RMM 2.0 are accepted";
  constexpr std::string_view kTraceback = "one line instead of a traceback";
  static const std::vector<Difference> kAll = {
      {2, kUnverified, 0, "{same}", "WARNING:iat-verify:platform signature not checked (no key given with -k)\n"},
      {6, kClassName, 1, "", failed("Verify (verify_signature=True): Bad COSE: Invalid Protected header: Unexpected alg in protected header (expected ES256 instead of ES384)")},
      {8, kGeneration, 0, std::string{kBothOk}, std::string{kLegacy}, true},
      {9, kGeneration, 0, std::string{kBothOk}, std::string{kLegacy}, true},
      {10, "the reason is that the public key holds a private one", 1, "", failed("invalid RAK value: a COSE_Key with a private scalar{more}"), true},
      {11, kGeneration, 0, std::string{kBothOk}, "", true},
      {12, kGeneration, 0, std::string{kBothOk}, std::string{kLegacy}, true},
      {13, kGeneration, 0, std::string{kBothOk}, "WARNING:iat-verifiers:Unexpected TOKEN_ROOT_CLAIMS claim: 44241, skipping.\n" + std::string{kLegacy}, true},
      {14, kGeneration, 0, std::string{kBothOk}, "", true},
      {15, kGeneration, 0, std::string{kBothOk}, std::string{kLegacy}, true},
      {16, kGeneration, 0, std::string{kBothOk}, std::string{kLegacy}, true},
      {27, kTraceback, 1, "", "ERROR:iat-verify:data/hmac.key: {more}"},
      {28, kUnverified, 0, "{same}", std::string{kNoKey}},
      {29, kUnverified, 0, "{same}", std::string{kNoKey}},
      {30, kClassName, 1, "", failed("Verify (verify_signature=True): Bad COSE: Invalid Protected header: Unexpected alg in protected header (expected ES256 instead of None)")},
      {31, kUnverified, 0, "{same}", std::string{kNoKey}},
      {32, kUnverified, 0, "{same}", std::string{kNoKey}},
      {34, kUnverified, 0, "{same}", std::string{kNoKey}},
      {35, kUnverified, 0, "{same}", std::string{kNoKey}},
      {37, "bytes behind the token are refused", 1, "", failed("Parse (verify_signature=False): Bad COSE: {more}")},
      {42, kUnverified, 0, "{same}", std::string{kNoKey}},
      {45, kTraceback, 1, "", "ERROR:iat-verify:open data/nonexistent.cbor: no such file or directory\n"},
      {46, kTraceback, 1, "", "ERROR:iat-verify:open data/nonexistent.pem: no such file or directory\n"},
      {54, kUnverified, 0, "{same}", "WARNING:iat-verify:signature not checked (a raw token has none)\n"},
      {76, "one line, with the name", 1, "",
       "ERROR:root:data/unexpected-claim.yaml: sw_components: [0]: unknown claim 3; expected one of sw_component_type, sw_component_version, measurement_value, measurement_description, signer_id\n"},
      {77, "run 76 leaves no broken file behind", 1, "", "ERROR:iat-verify:open o_unexpected-claim.cbor: no such file or directory\n"},
      {82, kGeneration, 0, std::string{kBothOk}, std::string{kLegacy}, true},
      {83, "an error fails the run, with -K as without", 1, "", "{same}" + failed("1 error, see above")},
      {84, "the lifecycle as decompile_token prints it is read", 0, "", ""},
  };
  return kAll;
}

// With --strict-rmm2 nothing differs because of the token's generation. The one run that then differs for another reason:
const Difference kStrict82{82, "an error fails the run, with -K as without", 1, "", "{same}" + failed("2 errors, see above")};

const Difference* difference(int number) {
  const auto found = std::ranges::find(differences(), number, &Difference::number);
  return found == differences().end() ? nullptr : &*found;
}

std::string replaced(std::string text, const std::string& same) {
  if (text.starts_with(kSame)) text.replace(0, kSame.size(), same);
  return text;
}
Outcome outcome_of(const Difference& difference, const Outcome& original) { return {difference.status, replaced(difference.out, original.out), replaced(difference.err, original.err)}; }

// "$ program arguments   (run inside data/)", "exit: N", "--- stdout", lines, "--- stderr", lines.
Transcript load(int number) {
  const std::string text = testing::vector_text(fmt::format("iat-verifier/expected-output/{:02}.txt", number));
  Transcript transcript;
  transcript.number = number;
  std::istringstream lines{text};
  std::string line;
  std::getline(lines, line);
  constexpr std::string_view kInside = "   (run inside data/)";
  if (line.ends_with(kInside)) {
    transcript.inside_data = true;
    line.resize(line.size() - kInside.size());
  }
  std::istringstream words{line};
  for (std::string word; words >> word;) transcript.words.push_back(word);
  transcript.words.erase(transcript.words.begin());  // the prompt
  std::getline(lines, line);
  transcript.original.status = std::stoi(line.substr(line.find(' ')));

  const std::string out_mark = "--- stdout\n";
  const std::string err_mark = "--- stderr\n";
  const std::size_t out_at = text.find(out_mark) + out_mark.size();
  const std::size_t err_at = text.rfind(err_mark);
  transcript.original.out = text.substr(out_at, err_at - out_at);
  transcript.original.err = text.substr(err_at + err_mark.size());
  return transcript;
}

Outcome run(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const std::span<const std::string> args = std::span{words}.subspan(1);
  int status = -1;
  if (words[0] == "check_iat") status = run_check_iat(args, out, err);
  if (words[0] == "compile_token") status = run_compile_token(args, out, err);
  if (words[0] == "decompile_token") status = run_decompile_token(args, out, err);
  return {status, out.str(), err.str()};
}

// The runs write files beside the vectors, and later runs read them: all of them happen in one copy.
class IatTranscripts : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::current_path();
    std::string folder = (std::filesystem::temp_directory_path() / "assay-iat-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    sandbox_ = folder;
    std::filesystem::copy(testing::vector_path("iat-verifier"), sandbox_, std::filesystem::copy_options::recursive);
    std::filesystem::current_path(sandbox_);
  }
  void TearDown() override {
    std::filesystem::current_path(home_);
    std::error_code ignored;
    std::filesystem::remove_all(sandbox_, ignored);
  }

  Outcome run_there(const Transcript& transcript, std::string_view extra = "") {
    std::vector<std::string> words = transcript.words;
    if (!extra.empty()) words.emplace_back(extra);
    if (transcript.inside_data) std::filesystem::current_path(sandbox_ / "data");
    Outcome outcome = run(words);
    std::filesystem::current_path(sandbox_);
    return outcome;
  }
  std::string file(std::string_view name) const { return testing::read_text(sandbox_ / name); }

  std::filesystem::path home_, sandbox_;
};

void expect(const Transcript& transcript, const Outcome& outcome, const Difference* difference) {
  if (difference == nullptr) {
    EXPECT_EQ(outcome, transcript.original);
    return;
  }
  Outcome listed = outcome_of(*difference, transcript.original);
  if (const std::size_t more = listed.err.find(kMore); more != std::string::npos) {
    listed.err.resize(more);
    EXPECT_EQ(outcome.err.find('\n', more), outcome.err.size() - 1) << "more than one line: " << outcome.err;
    listed.err += outcome.err.substr(std::min(more, outcome.err.size()));
  }
  EXPECT_EQ(outcome, listed) << difference->reason;
  EXPECT_FALSE(outcome == transcript.original) << "no longer differs: take it off the table (" << difference->reason << ")";
}

TEST_F(IatTranscripts, L13_AreReproducedOrListed) {
  for (int number = 1; number <= kRuns; ++number) {
    const Transcript transcript = load(number);
    SCOPED_TRACE(fmt::format("{:02}: {}", number, fmt::join(transcript.words, " ")));
    expect(transcript, run_there(transcript), difference(number));
  }
}

TEST_F(IatTranscripts, L13_StrictRmm2GivesTheVerdictsOfTheOriginal) {
  for (int number = 1; number <= kRuns; ++number) {
    const Transcript transcript = load(number);
    if (!transcript.is("check_iat")) {
      run_there(transcript);
      continue;
    }
    SCOPED_TRACE(fmt::format("{:02}: {} --strict-rmm2", number, fmt::join(transcript.words, " ")));
    const Difference* listed = difference(number);
    if (number == 82) listed = &kStrict82;
    if (number != 82 && listed != nullptr && listed->goes_with_strict_rmm2) listed = nullptr;
    expect(transcript, run_there(transcript, "--strict-rmm2"), listed);
  }
}

TEST_F(IatTranscripts, L16_AnErrorWithKeepGoingFailsTheRun) {
  EXPECT_EQ(run_there(load(83)).status, 1);
  EXPECT_EQ(run_there(load(82), "--strict-rmm2").status, 1);
  EXPECT_EQ(run_there(load(83)).out, "");
}

TEST_F(IatTranscripts, L14_T15_CompiledTokensAreTheSameBytes) {
  for (int number = 49; number <= kRuns; ++number) run_there(load(number));
  const std::pair<std::string_view, std::string_view> same[] = {
      {"out.cbor", "compiled/valid-iat.sign1.cbor"},
      {"outm.cbor", "compiled/valid-iat.mac0.cbor"},
      {"outr.cbor", "compiled/valid-iat.raw.cbor"},
      {"data/outc.cbor", "data/cca_example_token.cbor"},
      {"data/outc2.cbor", "data/cca_example_token.cbor"},
      {"data/outc3.cbor", "compiled/cca-invalid-plat-challenge.cbor"},
      {"o2.cbor", "compiled/psa-2_0_0_token.sign1.cbor"},
      {"o_invalid-hw-version.cbor", "compiled/invalid-hw-version.sign1.cbor"},
      {"o_invalid-profile-id.cbor", "compiled/invalid-profile-id.sign1.cbor"},
      {"o_invalid-type-length.cbor", "compiled/invalid-type-length.sign1.cbor"},
      {"o_missing-claim.cbor", "compiled/missing-claim.sign1.cbor"},
      {"o_missing-signer-id.cbor", "compiled/missing-signer-id.sign1.cbor"},
      {"o_missing-sw-comps.cbor", "compiled/missing-sw-comps.sign1.cbor"},
      {"o_submod-missing-claim.cbor", "compiled/submod-missing-claim.sign1.cbor"},
      {"rt.cbor", "data/iat.cbor"},
  };
  for (const auto& [made, reference] : same) EXPECT_EQ(to_hex(as_bytes(file(made))), to_hex(as_bytes(file(reference)))) << made;
  EXPECT_FALSE(std::filesystem::exists(sandbox_ / "o_unexpected-claim.cbor"));
  EXPECT_FALSE(std::filesystem::exists(sandbox_ / "data/oo.cbor"));
}

TEST_F(IatTranscripts, L15_WhatIsDecompiledCompilesAgain) {
  struct Row {
    std::string type, token;
    std::vector<std::string> keys;
  };
  const std::vector<std::string> cca = {"--platform-key", "data/cca_platform.pem", "--realm-key", "data/cca_realm.pem"};
  const Row rows[] = {
      {"PSA-IoT-Profile1-token", "data/iat.cbor", {"-k", "data/key.pem"}},
      {"PSA-IoT-Profile1-token", "compiled/valid-iat.sign1.cbor", {"-k", "data/key.pem"}},
      {"PSA-2.0.0-token", "compiled/psa-2_0_0_token.sign1.cbor", {"-k", "data/key.pem"}},
      {"CCA-plat-token", "data/cca_example_platform_token.cbor", {"--platform-key", "data/cca_platform.pem"}},
      {"CCA-plat-token", "data/cca_platform_token.cbor", {"-k", "data/cca_platform.pem"}},
      {"CCA-token", "data/cca_example_token.cbor", cca},
      {"CCA-token", "generations/C.cbor", cca},
      {"CCA-token", "generations/E.cbor", cca},
      {"CCA-token", "generations/E-rmm.cbor", cca},
      {"CCA-token", "generations/F.cbor", cca},
      {"CCA-token", "generations/F-rmm.cbor", cca},
  };
  for (const Row& row : rows) {
    ASSERT_EQ(run({"decompile_token", "-t", row.type, row.token, "--keep-order", "-o", "again.yaml"}), (Outcome{0, "", ""})) << row.token;
    std::vector<std::string> compile = {"compile_token", "-t", row.type, "again.yaml", "-o", "again.cbor"};
    compile.insert(compile.end(), row.keys.begin(), row.keys.end());
    ASSERT_EQ(run(compile), (Outcome{0, "", ""})) << row.token;
    EXPECT_EQ(to_hex(as_bytes(file("again.cbor"))), to_hex(as_bytes(file(row.token)))) << row.token;
  }
}

}  // namespace
}  // namespace assay::iat
