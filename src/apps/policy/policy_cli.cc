#include "apps/policy/policy_cli.h"

#include <algorithm>
#include <charconv>

#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "apps/policy/remote.h"
#include "apps/policy/trial.h"
#include "apps/report.h"
#include "apps/trusted_corims.h"
#include "base/clock.h"
#include "base/text.h"
#include "policy/worker_pool.h"

namespace assay {
namespace {

using policy_app::Change;
using policy_app::Trial;

constexpr const char* kExamples =
    "A policy is a module in Rego, package `policy`. It sets status, added_claims, or claims (instance_identity, configuration,\n"
    "executables, file_system, hardware, runtime_opaque, storage_opaque, sourced_data), from scheme, session, submod, result,\n"
    "evidence and endorsements:\n"
    "\n"
    "  package policy\n"
    "  executables = APPROVED_RT {\n"
    "    some i\n"
    "    evidence[\"psa-software-components\"][i][\"measurement-type\"] == \"BL\"\n"
    "    semver_cmp(evidence[\"psa-software-components\"][i].version, \"3.5\") >= 0\n"
    "  } else = UNSAFE_RT\n"
    "\n"
    "Examples:\n"
    "  # Is it one? With the line where it is not\n"
    "  assay policy check policy.rego\n"
    "\n"
    "  # What would it change on this device's verdict?\n"
    "  assay policy test policy.rego --evidence token.cbor --endorsements endorsements/ --nonce 6e86d6d97cc7…\n"
    "\n"
    "  # What does it get to see?\n"
    "  assay policy test policy.rego --evidence token.cbor --key iak.jwk --show-input\n"
    "\n"
    "Exit status: 0 done, affirming; 1 not affirming; 2 usage; 3 malformed policy or evidence; 4 evidence that is not trusted; 5 environment.\n";

struct Options {
  native::Common common;
  std::string policy;
  std::string evidence;
  std::string entry;
  std::string scheme;
  std::vector<std::string> keys;
  std::vector<std::string> trust_anchors;
  std::vector<std::string> roots;
  std::string reference_values;
  std::vector<std::string> endorsements;
  std::string nonce;
  std::string at;
  std::string submod;
  bool show_input = false;
};

void declare(CLI::App& app, Options& options, std::function<int()>& action, std::ostream& out, std::ostream& err);
int check(const Options& options, std::ostream& out, std::ostream& err);
int test(const Options& options, std::ostream& out, std::ostream& err);
Result<std::string> load_policy(const std::string& path);
Result<policy_app::TrialInputs> load(const Options& options);
Result<void> keep_submod(const std::string& name, Trial& trial);
int report_fault(const Options& options, const std::string& rules, const Error& error, std::ostream& err);
void show_line(std::string_view rules, std::string_view what, std::ostream& err);
int status_of(const Trial& trial);
void print(const Options& options, const Trial& trial, std::ostream& out);
void print_change(const Change& change, report::Style style, std::ostream& out);
json::Value to_json(const Trial& trial);

}  // namespace

int run_policy(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  policy_app::RemoteOptions remote;
  std::function<int()> action;
  CLI::App app{"Checks policies (Rego), tries them on evidence before anybody activates them, and manages those of a running verifier.", "assay policy"};
  app.require_subcommand(1);
  app.footer(kExamples);
  declare(app, options, action, out, err);
  policy_app::declare_remote(app, remote, action, out, err);
  return native::run(app, args, out, err, [&] { return action(); });
}

namespace {

void declare(CLI::App& app, Options& options, std::function<int()>& action, std::ostream& out, std::ostream& err) {
  using Run = int (*)(const Options&, std::ostream&, std::ostream&);
  const auto add = [&](const char* name, const char* help, Run run) {
    CLI::App* command = app.add_subcommand(name, help);
    native::add_file(*command, "POLICY", options.policy, "file with the policy; - is standard input")->required();
    command->callback([&options, &action, &out, &err, run] { action = [&options, &out, &err, run] { return run(options, out, err); }; });
    return command;
  };
  native::add_common(*add("check", "is this a policy that a service would take?", check), options.common);

  CLI::App* tester = add("test", "what would it change on the verdict about this evidence?", test);
  native::add_file(*tester, "--evidence", options.evidence, "file with evidence, alone or wrapped; - is standard input")->required();
  tester->add_option("--entry", options.entry, "which entry of a CMW collection");
  tester->add_option("--scheme", options.scheme, "what the evidence has to be: psa or PSA_IOT, cca or ARM_CCA …");
  native::add_repeatable(*tester, "--key", options.keys, "file with a public key of the maker; may be repeated");
  native::add_repeatable(*tester, "--trust-anchors", options.trust_anchors, "JSON: keys with implementation and instance ids; may be repeated");
  native::add_repeatable(*tester, "--ca", options.roots, "CA certificate for evidence with a certificate chain of its own; may be repeated");
  native::add_file(*tester, "--reference-values", options.reference_values, "JSON: measurements that are trusted");
  native::add_repeatable(*tester, "--endorsements", options.endorsements, "CoRIM, or a folder of them, believed as it stands; may be repeated");
  tester->add_option("--nonce", options.nonce, "what the device was asked to sign, in hex or base64");
  tester->add_option("--at", options.at, "judge as of this time, as 2026-11-24T01:17:00Z or 2026-11-24")->type_name("TIME");
  tester->add_option("--submod", options.submod, "only this sub-module: CCA_REALM …");
  tester->add_flag("--show-input", options.show_input, "print what the policy is asked about, and do not ask it");
  native::add_common(*tester, options.common);
}

int check(const Options& options, std::ostream& out, std::ostream& err) {
  const auto rules = load_policy(options.policy);
  if (!rules) return native::report_error(rules.error(), err);
  policy::WorkerPool pool;
  if (const auto good = pool.check(*rules); !good) return report_fault(options, *rules, good.error(), err);
  if (options.common.json) {
    json::Object object;
    object.set("policy", options.policy);
    object.set("bytes", static_cast<std::uint64_t>(rules->size()));
    object.set("valid", true);
    out << json::print(object) << '\n';
  } else {
    out << fmt::format("{}: a policy, {} bytes\n", printable(options.policy), rules->size());
  }
  return 0;
}

int test(const Options& options, std::ostream& out, std::ostream& err) {
  const auto inputs = load(options);
  if (!inputs) return native::report_error(inputs.error(), err);
  policy::WorkerPool pool;
  // A policy that no service would take is not worth trying; the empty one shows its input all the same.
  if (const auto good = pool.check(inputs->rules); !good && !options.show_input) return report_fault(options, inputs->rules, good.error(), err);
  policy_app::TrialInputs asked = *inputs;
  if (options.show_input) asked.rules = "package policy";
  auto trial = policy_app::try_policy(pool, asked);
  if (!trial) return report_fault(options, inputs->rules, trial.error(), err);
  if (trial->trust != 0) {
    err << fmt::format("error: {}: the evidence is not trusted, so that no policy is asked\n", printable(options.evidence));
    report::print_findings(err, trial->findings, {});
    if (inputs->endorsements.anchors.empty() && inputs->roots.empty()) err << "No key was given: --endorsements, --key, --trust-anchors or --ca says whose evidence is believed.\n";
    return trial->trust;
  }
  if (const auto kept = keep_submod(options.submod, *trial); !kept) return native::report_error(kept.error(), err);
  if (!inputs->nonce) err << "note: no --nonce: session.nonce is empty, and freshness was not checked\n";
  if (options.show_input) {
    for (const Change& change : trial->changes) out << json::print(change.document, {.indent = 2, .html_safe = false}) << '\n';
    return 0;
  }
  if (options.common.json) out << json::print(to_json(*trial), {.indent = 2}) << '\n';
  else print(options, *trial, out);
  return status_of(*trial);
}

Result<std::string> load_policy(const std::string& path) { return files::read_text(path, policy::kMaxRules); }

Result<policy_app::TrialInputs> load(const Options& options) {
  if (std::ranges::count(std::vector{options.policy, options.evidence}, "-") > 1) return fail_expecting(Errc::usage, "-", "standard input for two of the files", "one");
  policy_app::TrialInputs inputs;
  inputs.rules = TRY(load_policy(options.policy));
  inputs.scheme = options.scheme;
  if (!options.entry.empty()) inputs.entry = options.entry;
  inputs.now = options.at.empty() ? system_now() : TRY(within("--at", inputs::parse_time(options.at)));
  if (!options.nonce.empty()) inputs.nonce = TRY(inputs::parse_nonce(options.nonce));
  inputs.roots = TRY(inputs::load_certificates(options.roots));
  if (!options.endorsements.empty()) {
    inputs::EndorsementTrust trust;
    trust.now = inputs.now;
    inputs.endorsements = TRY(inputs::load_endorsements(options.endorsements, trust)).endorsements;
  }
  appraise::TrustAnchors anchors = TRY(inputs::load_anchors(options.keys, {}));
  for (const std::string& path : options.trust_anchors) {
    appraise::TrustAnchors more = TRY(inputs::load_trust_anchor_file(path));
    std::ranges::move(more, std::back_inserter(anchors));
  }
  std::ranges::move(anchors, std::back_inserter(inputs.endorsements.anchors));
  if (!options.reference_values.empty()) {
    appraise::ReferenceValues references = TRY(inputs::load_reference_values(options.reference_values));
    appraise::append(std::move(references), inputs.endorsements.references);
  }
  inputs.file = TRY(files::read_file(options.evidence, kMaxResult));
  return inputs;
}

Result<void> keep_submod(const std::string& name, Trial& trial) {
  if (name.empty()) return {};
  std::string known;
  for (const Change& change : trial.changes) known += (known.empty() ? "" : ", ") + change.submod;
  std::erase_if(trial.changes, [&](const Change& change) { return change.submod != name; });
  if (trial.changes.empty()) return fail_expecting(Errc::not_found, "--submod", "no sub-module " + assay::quoted(name), known);
  return {};
}

// The place in front, the line below: FILE:2:15: var ok is unsafe.
int report_fault(const Options& options, const std::string& rules, const Error& error, std::ostream& err) {
  constexpr std::string_view kName = "policy.rego:";
  const std::string text = error.text();
  const std::size_t place = text.find(kName);
  if (place == std::string::npos) {
    err << "error: " << (error.errc == Errc::unavailable || error.errc == Errc::unsupported ? "" : printable(options.policy) + ": ") << text << '\n';
  } else {
    err << fmt::format("error: {}:{}\n", printable(options.policy), text.substr(place + kName.size()));
    show_line(rules, std::string_view{text}.substr(place + kName.size()), err);
  }
  return exit_code(error.errc);
}

// `what` begins with line and column.
void show_line(std::string_view rules, std::string_view what, std::ostream& err) {
  std::size_t line = 0;
  std::size_t column = 0;
  const auto [colon, error] = std::from_chars(what.data(), what.data() + what.size(), line);
  if (error != std::errc{} || colon == what.data() + what.size() || line == 0) return;
  std::from_chars(colon + 1, what.data() + what.size(), column);
  for (; line > 1 && rules.find('\n') != std::string_view::npos; --line) rules.remove_prefix(rules.find('\n') + 1);
  const std::string_view shown = rules.substr(0, rules.find('\n'));
  constexpr std::size_t kWidest = 160;
  if (line != 1 || column == 0 || column > shown.size() + 1 || shown.size() > kWidest) return;
  std::string caret;
  for (const char c : shown.substr(0, column - 1)) caret += c == '\t' ? '\t' : ' ';
  err << "  " << printable(shown) << "\n  " << (shown.find('\t') == std::string_view::npos ? caret : std::string(column - 1, ' ')) << "^\n";
}

int status_of(const Trial& trial) {
  return std::ranges::all_of(trial.changes, [](const Change& change) { return change.after.status == ear::Tier::affirming; }) ? 0 : 1;
}

void print(const Options& options, const Trial& trial, std::ostream& out) {
  const report::Style style{.color = use_color(options.common.color, out), .verbose = options.common.verbose};
  out << fmt::format("{:<15} {}\n{:<15} {}\n{:<15} {} ({})\n", "Policy", printable(options.policy), "Evidence", printable(options.evidence), "Scheme", trial.scheme->title, trial.scheme->attestation_scheme);
  for (const Change& change : trial.changes) print_change(change, style, out);
}

void print_change(const Change& change, report::Style style, std::ostream& out) {
  const auto tier = [&](ear::Tier status) { return report::colored(status, ear::name(status), style); };
  const bool same_status = change.before.status == change.after.status;
  out << '\n'
      << change.submod << "  " << tier(change.before.status) << (same_status ? "" : " -> " + tier(change.after.status)) << '\n';
  bool has_changed = !same_status;
  for (const ear::Claim claim : ear::kAllClaims) {
    const std::int8_t before = (*change.before.vector)[claim];
    const std::int8_t after = (*change.after.vector)[claim];
    has_changed = has_changed || before != after;
    if (before == after && !style.verbose) continue;
    const std::string values = before == after ? std::to_string(after) : fmt::format("{} -> {}", before, after);
    out << fmt::format("  {:<18} {:<10} ", ear::name(claim), values) << report::colored(ear::tier_of(after), ear::text(claim, after, style.verbose), style) << '\n';
  }
  if (change.after.policy_claims) {
    has_changed = true;
    out << fmt::format("  {:<18} {}\n", "added claims", printable(json::print(*change.after.policy_claims, {.html_safe = false})));
  }
  if (!has_changed) out << "  the policy changes nothing\n";
}

json::Value to_json(const Trial& trial) {
  json::Object submods;
  for (const Change& change : trial.changes) {
    json::Object one;
    for (const auto& [when, appraisal] : {std::pair{"before", &change.before}, {"after", &change.after}}) {
      json::Object vector;
      for (const ear::Claim claim : ear::kAllClaims) vector.set(std::string{ear::name(claim)}, static_cast<std::int64_t>((*appraisal->vector)[claim]));
      json::Object state;
      state.set("status", ear::name(appraisal->status));
      state.set("trustworthiness-vector", std::move(vector));
      one.set(when, std::move(state));
    }
    json::Array changed;
    for (const ear::Claim claim : ear::kAllClaims) {
      if ((*change.before.vector)[claim] != (*change.after.vector)[claim]) changed.emplace_back(ear::name(claim));
    }
    one.set("changed", std::move(changed));
    one.set("added-claims", change.after.policy_claims.value_or(json::Object{}));
    submods.set(change.submod, std::move(one));
  }
  json::Object all;
  all.set("scheme", trial.scheme->attestation_scheme);
  all.set("affirming", status_of(trial) == 0);
  all.set("submods", std::move(submods));
  return all;
}

}  // namespace
}  // namespace assay
