#include "apps/dispatch/dispatch.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <ostream>

#include "apps/arc/arc.h"
#include "apps/attest/attest_cli.h"
#include "apps/catalogue.h"
#include "apps/cmw/cmw_cli.h"
#include "apps/cocli/cocli.h"
#include "apps/corim/corim_cli.h"
#include "apps/describe/describe.h"
#include "apps/dispatch/completion.h"
#include "apps/dispatch/install_names.h"
#include "apps/ear/ear_cli.h"
#include "apps/evcli/evcli.h"
#include "apps/iat/iat.h"
#include "apps/pocli/pocli.h"
#include "apps/policy/policy_cli.h"
#include "apps/relying_party/relying_party_cli.h"
#include "apps/serve/serve_cli.h"
#include "apps/store/store_cli.h"
#include "apps/token/token_cli.h"
#include "apps/veraison/veraison.h"
#include "apps/verify/verify_cli.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"

namespace assay {
namespace {

using Args = std::span<const std::string>;
using Run = int (*)(Args, std::ostream&, std::ostream&);

struct Runnable {
  std::string_view name;
  Run run;
};

int run_as(Args args, std::ostream& out, std::ostream& err);
int run_help(Args args, std::ostream& out, std::ostream& err);
int run_veraison_front(Args args, std::ostream& out, std::ostream& err);

constexpr std::array kCommandTable{
    Runnable{"verify", run_verify},
    Runnable{"token", run_token},
    Runnable{"ear", run_ear},
    Runnable{"cmw", run_cmw},
    Runnable{"comid", run_comid},
    Runnable{"cots", run_cots},
    Runnable{"corim", run_corim},
    Runnable{"policy", run_policy},
    Runnable{"attest", run_attest},
    Runnable{"serve", run_serve},
    Runnable{"store", run_store},
    Runnable{"relying-party", run_relying_party},
    Runnable{"describe", run_describe},
    Runnable{"as", run_as},
    Runnable{"install-names", run_install_names},
    Runnable{"completion", run_completion},
    Runnable{"help", run_help},
};
constexpr std::array kPersonalityTable{
    Runnable{"evcli", run_evcli},
    Runnable{"arc", run_arc},
    Runnable{"cocli", run_cocli},
    Runnable{"pocli", run_pocli},
    Runnable{"veraison", run_veraison_front},
    Runnable{"check_iat", iat::run_check_iat},
    Runnable{"compile_token", iat::run_compile_token},
    Runnable{"decompile_token", iat::run_decompile_token},
};

constexpr std::string_view kExamples =
    "Examples:\n"
    "  # A verdict on a token, with the device's public key and the nonce it was asked to sign\n"
    "  assay verify token.cbor --key iak.jwk --nonce 6e86d6d97cc7…\n"
    "\n"
    "  # Also compare measurements, and keep the verdict as a signed result\n"
    "  assay verify token.cbor --trust-anchors ta.json --reference-values rv.json --ear-key skey.jwk --ear result.jwt\n"
    "\n"
    "  # What is in this token? (nothing is verified)\n"
    "  assay token cca show token.cbor\n"
    "\n"
    "  # Make a token to test a verifier with\n"
    "  assay token psa create --claims claims.json --key key.jwk --out token.cbor\n"
    "\n"
    "  # Scripts written for evcli keep working\n"
    "  assay as evcli psa check --token token.cbor --key key.jwk\n"
    "\n"
    "Exit status: 0 done, affirming; 1 not affirming; 2 usage; 3 malformed input; 4 bad signature or not trusted; 5 environment.\n"
    "Data goes to standard output, talk to standard error. `-` is standard input. --json is for machines.\n";

int run_native(Args args, std::ostream& out, std::ostream& err);
const Runnable* find(std::span<const Runnable> table, std::string_view name);
std::vector<std::string_view> names_of(std::span<const Runnable> table);
std::string suggestion(std::span<const catalogue::Entry> entries, std::string_view typed);
void list(std::ostream& out, std::span<const catalogue::Entry> entries);
void print_overview(std::ostream& out);

}  // namespace

int run_program(std::span<const std::string> words, std::ostream& out, std::ostream& err) {
  const std::string name = words.empty() ? std::string{} : std::filesystem::path{words[0]}.filename().string();
  const Args args = words.empty() ? words : words.subspan(1);
  // The one place where exceptions (of libraries, or for want of memory) end.
  try {
    const Runnable* personality = find(kPersonalityTable, name);
    return personality != nullptr ? personality->run(args, out, err) : run_native(args, out, err);
  } catch (const std::bad_alloc&) {
    err << "error: out of memory\n";
    return exit_code(Errc::exhausted);
  } catch (const std::exception& exception) {
    err << "error: internal: " << printable(exception.what()) << "; please report this with the command line\n";
    return exit_code(Errc::internal);
  }
}

std::vector<std::string_view> runnable_commands() {
  return names_of(kCommandTable);
}

std::vector<std::string_view> runnable_personalities() {
  return names_of(kPersonalityTable);
}

namespace {

int run_native(Args args, std::ostream& out, std::ostream& err) {
  if (args.empty()) {
    print_overview(err);
    return exit_code(Errc::usage);
  }
  const std::string& name = args[0];
  if (name == "--help" || name == "-h") return print_overview(out), 0;
  if (name == "--version" || name == "-V") return (out << "assay " << catalogue::kVersion << '\n'), 0;
  if (const Runnable* command = find(kCommandTable, name)) return command->run(args.subspan(1), out, err);
  err << "error: no command " << assay::quoted(name);
  if (find(kPersonalityTable, name) != nullptr) err << "; did you mean: assay as " << name;
  else if (const std::string near = suggestion(catalogue::kCommands, name); !near.empty()) err << "; did you mean: assay " << near;
  err << "\nTry: assay --help\n";
  return exit_code(Errc::usage);
}

int run_as(Args args, std::ostream& out, std::ostream& err) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    std::ostream& to = args.empty() ? err : out;
    to << "Usage: assay as NAME [arguments of that tool]\n\nTools:\n";
    list(to, catalogue::kPersonalities);
    to << "\nassay install-names DIR makes links, so that `assay as` can be left out.\n";
    return args.empty() ? exit_code(Errc::usage) : 0;
  }
  if (const Runnable* personality = find(kPersonalityTable, args[0])) return personality->run(args.subspan(1), out, err);
  err << "error: no tool " << assay::quoted(args[0]);
  if (const std::string near = suggestion(catalogue::kPersonalities, args[0]); !near.empty()) err << "; did you mean: assay as " << near;
  err << "\nTry: assay as --help\n";
  return exit_code(Errc::usage);
}

// `help a b` is `a b --help`, also for a tool that is stood in for.
int run_help(Args args, std::ostream& out, std::ostream& err) {
  if (args.empty()) return print_overview(out), 0;
  std::vector<std::string> words{args.begin(), args.end()};
  if (find(kCommandTable, words[0]) == nullptr && find(kPersonalityTable, words[0]) != nullptr) words.insert(words.begin(), "as");
  words.emplace_back("--help");
  return run_native(words, out, err);
}

int run_veraison_front(Args args, std::ostream& out, std::ostream& err) {
  constexpr std::array kTools{PassedOn{"cocli", run_cocli}, PassedOn{"evcli", run_evcli}, PassedOn{"pocli", run_pocli}};
  return run_veraison(args, kTools, out, err);
}

const Runnable* find(std::span<const Runnable> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Runnable::name);
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> names_of(std::span<const Runnable> table) {
  std::vector<std::string_view> names(table.size());
  std::ranges::transform(table, names.begin(), &Runnable::name);
  return names;
}

std::string suggestion(std::span<const catalogue::Entry> entries, std::string_view typed) {
  std::vector<std::string_view> names(entries.size());
  std::ranges::transform(entries, names.begin(), &catalogue::Entry::name);
  return std::string{assay::nearest(names, typed)};
}

void list(std::ostream& out, std::span<const catalogue::Entry> entries) {
  for (const catalogue::Entry& entry : entries) out << fmt::format("  {:<16} {}\n", entry.name, entry.summary);
}

void print_overview(std::ostream& out) {
  out << "assay " << catalogue::kVersion << ": remote attestation in one program\n\nUsage: assay COMMAND [arguments]      assay COMMAND --help\n\nCommands:\n";
  list(out, catalogue::kCommands);
  out << "\nIt also stands in for these tools (`assay as NAME …`, or under their names):\n";
  list(out, catalogue::kPersonalities);
  out << '\n'
      << kExamples;
}

}  // namespace
}  // namespace assay
