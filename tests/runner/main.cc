#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "runner.h"

namespace assay::vectors {
namespace {

namespace fs = std::filesystem;

struct Tally {
  int passed = 0, failed = 0, support = 0, later = 0;
};

Result<std::string> read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return fail(Errc::not_found, path.string(), "cannot be read");
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

// Kinds that a test program covers: the filter must select at least one test and all of them must pass.
class TestPrograms {
 public:
  explicit TestPrograms(std::string folder) : folder_{std::move(folder)} {}
  Outcome run(const std::string& spec) {
    const auto [found, fresh] = done_.try_emplace(spec);
    if (fresh) found->second = execute(spec);
    return found->second;
  }

 private:
  Outcome execute(const std::string& spec) const {
    const std::size_t colon = spec.find(':');
    const std::string command = folder_ + "/" + spec.substr(0, colon) + "_tests --gtest_brief=1 '--gtest_filter=" + spec.substr(colon + 1) + "' 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return {"malformed", "cannot run " + command};
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
    const int status = pclose(pipe);
    if (output.find("PASSED  ] 0 tests") != std::string::npos) return {"malformed", "no test matches " + spec};
    if (status != 0) return {"malformed", spec + " fails:\n" + output};
    return {"ok", ""};
  }
  std::string folder_;
  std::map<std::string, Outcome> done_;
};

void judge(const Case& line, const Kinds& kinds, TestPrograms& programs, Tally& tally) {
  const std::string kind = line.member("kind");
  const std::string name = line.folder.filename().string() + "/" + line.file();
  const auto wrong = [&](const std::string& why) {
    ++tally.failed;
    std::printf("FAIL %s (%s): %s\n", name.c_str(), kind.c_str(), why.c_str());
  };
  if (!fs::is_regular_file(line.folder / line.file())) return wrong("no such file");
  if (kind == "support" || kind == "later") {
    if (line.member("reason").empty()) return wrong("no reason given");
    ++(kind == "later" ? tally.later : tally.support);
    if (kind == "later") std::printf("later %s: %s\n", name.c_str(), line.member("reason").c_str());
    return;
  }
  const bool by_test = kind == "gtest";
  const auto found = kinds.find(kind);
  if (!by_test && found == kinds.end()) return wrong("unknown kind");
  const std::string expected = by_test ? "ok" : line.member("expect");
  if (expected.empty()) return wrong("no verdict given");
  const Outcome outcome = by_test ? programs.run(line.member("test")) : found->second(line);
  if (outcome.verdict != expected) return wrong(fmt::format("{} instead of {}: {}", outcome.verdict, expected, outcome.detail));
  // Two refusals are not the same: a file that is spoilt on the way here is "malformed" as well.
  if (outcome.verdict != "ok" && !by_test) {
    const std::string text = line.member("text");
    if (text.empty()) return wrong("no text that the refusal must have: " + outcome.detail);
    if (outcome.detail.find(text) == std::string::npos) return wrong(fmt::format("refused for another reason than \"{}\": {}", text, outcome.detail));
  }
  ++tally.passed;
}

Tally run_set(const fs::path& folder, const Kinds& kinds, TestPrograms& programs) {
  Tally tally;
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "README.md" && name != "expected.json" && name != "manifest.jsonl") files.insert(fs::relative(entry.path(), folder).string());
  }
  std::ifstream manifest{folder / "manifest.jsonl"};
  std::string text;
  while (std::getline(manifest, text)) {
    auto line = json::parse(text);
    if (!line) {
      ++tally.failed;
      std::printf("FAIL %s: %s\n", folder.filename().c_str(), line.error().text().c_str());
      continue;
    }
    const Case one{folder, std::move(*line)};
    files.erase(one.file());
    judge(one, kinds, programs, tally);
  }
  for (const std::string& file : files) {
    ++tally.failed;
    std::printf("FAIL %s/%s: no verdict in manifest.jsonl\n", folder.filename().c_str(), file.c_str());
  }
  return tally;
}

int run(const fs::path& root, const std::string& programs_folder) {
  Kinds kinds;
  add_envelope_kinds(kinds);
  add_result_kinds(kinds);
  add_evidence_kinds(kinds);
  add_endorsement_kinds(kinds);
  TestPrograms programs{programs_folder};
  Tally all;
  std::set<fs::path> sets;
  for (const auto& entry : fs::directory_iterator{root}) {
    if (entry.is_directory()) sets.insert(entry.path());
  }
  for (const fs::path& folder : sets) {
    const Tally tally = run_set(folder, kinds, programs);
    std::printf("%-14s %4d passed, %d failed, %d used by others, %d later\n", folder.filename().c_str(), tally.passed, tally.failed, tally.support, tally.later);
    all.passed += tally.passed;
    all.failed += tally.failed;
    all.support += tally.support;
    all.later += tally.later;
  }
  std::printf("vectors: %d passed, %d failed, %d skipped\n", all.passed, all.failed, all.later);
  return all.failed == 0 && all.passed > 0 ? 0 : 1;
}

}  // namespace

std::string Case::member(std::string_view name) const {
  const json::Value* value = line.object() != nullptr ? line.object()->find(name) : nullptr;
  return value != nullptr && value->text() != nullptr ? *value->text() : "";
}

bool Case::flag(std::string_view name) const {
  const json::Value* value = line.object()->find(name);
  return value != nullptr && value->boolean() != nullptr && *value->boolean();
}

Result<std::string> Case::text(std::string_view relative) const { return read(folder / relative); }

Result<crypto::PublicKey> Case::key() const {
  const std::string bytes = TRY(text(member("key")));
  return within(member("key"), crypto::public_key_from_any(as_bytes(bytes)));
}

std::string outcome_of(const Error& error) {
  if (exit_code(error.errc) == 3) return "malformed";
  return error.errc == Errc::unauthenticated ? "bad_signature" : std::string{name(error.errc)};
}

Outcome from(const Result<void>& result) {
  if (result) return {"ok", ""};
  return {outcome_of(result.error()), result.error().text()};
}

}  // namespace assay::vectors

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: vector_runner VECTORS-FOLDER TEST-PROGRAMS-FOLDER\n");
    return 2;
  }
  return assay::vectors::run(argv[1], argv[2]);
}
