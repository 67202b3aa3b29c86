#include "apps/verify/verify_cli.h"

#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "apps/native_server.h"
#include "apps/report.h"
#include "apps/trusted_corims.h"
#include "apps/verify/remote.h"
#include "apps/verify/verdict.h"
#include "base/text.h"

namespace assay {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  # Signature, claims and freshness of one token\n"
    "  assay verify token.cbor --key iak.jwk --nonce 6e86d6d97cc713bc6dd43dbce491a6b40311c027a8bf85a39da63e9ce44c132a\n"
    "\n"
    "  # Also what runs there; keep the verdict as a signed result for somebody else\n"
    "  assay verify token.cbor --trust-anchors ta.json --reference-values rv.json --ear-key skey.jwk --ear result.jwt\n"
    "\n"
    "  # Against what makers and owners publish as CoRIMs\n"
    "  assay verify token.cbor --endorsements endorsements/ --endorsement-ca maker.pem --nonce 6e86d6d97cc7…\n"
    "  (With a key or CA of signers every CoRIM must be signed by one of them; without, unsigned ones are believed as they are.)\n"
    "\n"
    "  # By a service that knows devices and firmware; its result is checked and kept\n"
    "  assay verify token.cbor --server https://verifier.example --nonce 6e86d6d97cc7… --ear result.jwt\n"
    "\n"
    "  # Evidence as Linux hands it out, inside a TSM report\n"
    "  assay verify report.json --key cpak.pem\n"
    "\n"
    "Exit status: 0 affirming; 1 not affirming; 2 usage; 3 malformed evidence; 4 bad signature or not trusted; 5 environment.\n";

struct Options {
  native::Common common;
  std::string file;
  std::string entry;
  std::vector<std::string> keys;
  std::vector<std::string> mac_keys;
  std::vector<std::string> trust_anchors;
  std::vector<std::string> roots;
  std::string reference_values;
  std::vector<std::string> endorsements;
  std::vector<std::string> endorsement_keys;
  std::vector<std::string> endorsement_roots;
  bool allow_unsigned = false;
  std::string at;
  std::string nonce;
  std::vector<std::string> profiles;
  std::string rule = "assay";
  bool strict = false;
  std::string ear_key;
  std::string ear_out;
  verify::RemoteOptions remote;
};

void declare_server(CLI::App& app, Options& options);
int ask_and_print(const Options& options, std::ostream& out, std::ostream& err);
Result<verify::RemoteVerdict> ask(const Options& options);
void print_answer(const Options& options, const verify::RemoteVerdict& verdict, std::ostream& out);
json::Value to_json(const verify::RemoteVerdict& verdict);
int judge_and_print(const Options& options, std::ostream& out, std::ostream& err);
Result<verify::Inputs> load(const Options& options);
Result<void> check_standard_input(const Options& options);
Result<void> add_endorsements(const Options& options, verify::Inputs& inputs);
appraise::Rule rule_of(const Options& options);
Result<void> write_ear(const Options& options, const verify::Report& report, const verify::Inputs& inputs, std::ostream& out);
void print_report(const Options& options, const verify::Report& report, const verify::Inputs& inputs, std::ostream& out);
void print_endorsements(const verify::Inputs& inputs, bool verbose, std::ostream& out);
json::Value to_json(const inputs::EndorsementSource& source);
json::Value to_json(const verify::Report& report, const verify::Inputs& inputs);

}  // namespace

int run_verify(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  CLI::App app{"Judges evidence, offline or by a service: is it authentic, fresh, and from software you trust?", "assay verify"};
  app.footer(kExamples);
  native::add_file(app, "EVIDENCE", options.file, "file with evidence of a kind that `assay describe` lists, alone or in a CMW or TSM report; - is standard input")->required();
  native::add_repeatable(app, "--key", options.keys, "file with a public key of the maker (PEM, DER, JWK, JWK set, COSE_Key); may be repeated");
  native::add_repeatable(app, "--mac-key", options.mac_keys, "file with the octets of a symmetric key, for COSE_Mac0; may be repeated");
  native::add_repeatable(app, "--trust-anchors", options.trust_anchors, "JSON: keys with implementation and instance ids; may be repeated");
  native::add_repeatable(app, "--ca", options.roots, "CA certificate (PEM, DER) for evidence with a certificate chain of its own (x5chain, RIoT); may be repeated");
  native::add_file(app, "--reference-values", options.reference_values, "JSON: measurements that are trusted");
  native::add_repeatable(app, "--endorsements", options.endorsements, "CoRIM, or a folder of them, with keys and measurements that are trusted; may be repeated");
  native::add_repeatable(app, "--endorsement-key", options.endorsement_keys, "public key of who signs CoRIMs: unsigned ones are refused then; may be repeated");
  native::add_repeatable(app, "--endorsement-ca", options.endorsement_roots, "CA certificate of who signs CoRIMs with a chain (x5chain): unsigned ones are refused then; may be repeated");
  app.add_flag("--allow-unsigned", options.allow_unsigned, "believe unsigned CoRIMs also where a key or CA of signers is given");
  app.add_option("--at", options.at, "judge as of this time (validity of CoRIMs, their signatures and certificates), as 2026-11-24T01:17:00Z or 2026-11-24")->type_name("TIME");
  app.add_option("--nonce", options.nonce, "what the device was asked to sign, in hex or base64");
  app.add_option("--accept-profile", options.profiles, "also accept PSA tokens of this profile, one derived from RFC 9783's; may be repeated")->allow_extra_args(false)->type_name("URI")->option_text("URI");
  app.add_option("--rule", options.rule, "how to compare with reference values: assay, or as released verifiers do, with their gaps: veraison-2025, veraison-2026")->check(CLI::IsMember({"assay", "veraison-2025", "veraison-2026"}))->capture_default_str();
  app.add_flag("--strict", options.strict, "what the specification only advises against is a failure; a realm whose extensible measurements differ from its reference value is not affirmed");
  app.add_option("--entry", options.entry, "which entry of a CMW collection");
  CLI::Option* ear_key = native::add_file(app, "--ear-key", options.ear_key, "private key to sign the result with");
  CLI::Option* ear_out = native::add_file(app, "--ear", options.ear_out, "write the verdict as a signed result (EAR, JWT) to this file; - is standard output, instead of the report; with --server, the service's result");
  ear_key->needs(ear_out);
  declare_server(app, options);
  native::add_common(app, options.common);
  return native::run(app, args, out, err, [&] {
    if (!options.remote.server.empty()) return ask_and_print(options, out, err);
    if (ear_out->count() != ear_key->count()) return native::report_error({Errc::usage, "--ear", "no key to sign the result with", "--ear-key FILE, or --server for a result of a service", {}}, err);
    return judge_and_print(options, out, err);
  });
}

namespace {

// With a service, what is trusted is the service's business.
void declare_server(CLI::App& app, Options& options) {
  constexpr const char* kGroup = "Verdict of a service";
  verify::RemoteOptions& remote = options.remote;
  std::vector<CLI::Option*> ours;
  for (const char* name : {"--key", "--mac-key", "--trust-anchors", "--ca", "--reference-values", "--endorsements", "--endorsement-key", "--endorsement-ca", "--allow-unsigned", "--at", "--accept-profile", "--rule", "--strict", "--ear-key"}) ours.push_back(app.get_option(name));
  CLI::Option* server = native::add_server(app, remote, "ask this service for the verdict: https://HOST:PORT, or the whole URL that makes sessions", kGroup);
  for (CLI::Option* option : ours) server->excludes(option);
  server->option_text("URL");  // CLI11 would list them all
  app.add_option("-m,--media-type", remote.media_type, "send the file as it stands, under this name (default: unwrapped, by what it is)")->option_text("TYPE")->group(kGroup)->needs(server);
  native::add_file(app, "--server-key", remote.server_key, "public key that the service's result must be signed with (default: what the service publishes)")->option_text("FILE")->group(kGroup)->needs(server);
  app.add_flag("--keep-session", remote.keep_session, "do not delete the session afterwards")->group(kGroup)->needs(server);
  app.add_option("--timeout", remote.patience, "seconds to wait for a result that comes later")->check(CLI::Range(0, 86400))->option_text("SECONDS [60]")->group(kGroup)->needs(server);
}

int ask_and_print(const Options& options, std::ostream& out, std::ostream& err) {
  const auto verdict = ask(options);
  if (!verdict) return native::report_error(verdict.error(), err);
  if (!options.ear_out.empty()) {
    const auto written = files::write_output(options.ear_out, as_bytes(options.ear_out == "-" ? verdict->jwt + "\n" : verdict->jwt), out);
    if (!written) return native::report_error(written.error(), err);
  }
  std::ostream& to = options.ear_out == "-" ? err : out;
  if (options.common.json) to << json::print(to_json(*verdict), {.indent = 2}) << '\n';
  else print_answer(options, *verdict, to);
  return verdict->exit_status;
}

Result<verify::RemoteVerdict> ask(const Options& options) {
  verify::RemoteInputs inputs{.name = options.file, .now = system_now()};
  if (!options.entry.empty()) inputs.entry = options.entry;
  if (!options.nonce.empty()) inputs.nonce = TRY(inputs::parse_nonce(options.nonce));
  inputs.file = TRY(files::read_file(options.file, kMaxResult));
  return verify::judge_remotely(options.remote, inputs);
}

void print_answer(const Options& options, const verify::RemoteVerdict& verdict, std::ostream& out) {
  const report::Style style{.color = use_color(options.common.color, out), .verbose = options.common.verbose};
  const auto line = [&](std::string_view name, const std::string& value) { out << fmt::format("{:<15} {}\n", name, value); };
  line("Evidence", fmt::format("{}, {} bytes", printable(verdict.name), verdict.file_size));
  for (const std::string& step : verdict.unwrapped) line("Unwrapped from", printable(step));
  line("Sent as", printable(verdict.media_type));
  line("Nonce", to_hex(verdict.nonce) + (verdict.nonce_is_ours ? "" : "  (the evidence's own)"));
  line("Verified by", verdict.server);
  line("Verifier", fmt::format("{}, build {}", printable(verdict.ear.verifier_id.developer), printable(verdict.ear.verifier_id.build)));
  line("Result", fmt::format("signature good ({}), by the key that {}", crypto::jose_name(verdict.sig), verdict.key_is_ours ? "was given" : "the service publishes"));
  for (const std::string& warning : verdict.warnings) out << "  warning: " << printable(warning) << '\n';
  out << "\nTrustworthiness\n";
  report::print_vectors(out, verdict.submods, style);
  for (const std::string& text : verdict.said) out << "  the service says: " << text << '\n';
  out << "\nVerdict: " << report::colored(verdict.status, ear::name(verdict.status), style);
  if (verdict.exit_status == 4) out << " (the evidence is not trusted)";
  out << '\n';
  for (const std::string& step : verify::next_steps(verdict)) out << "  - " << step << '\n';
}

json::Value to_json(const verify::RemoteVerdict& verdict) {
  json::Object evidence;
  evidence.set("file", verdict.name);
  evidence.set("bytes", static_cast<std::uint64_t>(verdict.file_size));
  evidence.set("media-type", verdict.media_type);
  json::Object all;
  all.set("verdict", ear::name(verdict.status));
  all.set("exit-status", verdict.exit_status);
  all.set("server", verdict.server);
  all.set("evidence", std::move(evidence));
  all.set("nonce", to_hex(verdict.nonce));
  all.set("nonce-from-evidence", !verdict.nonce_is_ours);
  all.set("key-from-service", !verdict.key_is_ours);
  all.set("result", ear::to_json(verdict.ear));
  json::Array warnings;
  for (const std::string& warning : verdict.warnings) warnings.emplace_back(warning);
  all.set("warnings", std::move(warnings));
  json::Array next;
  for (const std::string& step : verify::next_steps(verdict)) next.emplace_back(step);
  all.set("next-steps", std::move(next));
  return all;
}

int judge_and_print(const Options& options, std::ostream& out, std::ostream& err) {
  const auto inputs = load(options);
  if (!inputs) return native::report_error(inputs.error(), err);
  const auto report = within(options.file, verify::judge(*inputs));
  if (!report) {
    for (const std::string& warning : inputs->warnings) err << "warning: " << printable(warning) << '\n';
    return native::report_error(report.error(), err);
  }
  if (!options.ear_out.empty()) {
    if (const auto written = write_ear(options, *report, *inputs, out); !written) return native::report_error(written.error(), err);
  }
  // Standard output carries one thing.
  std::ostream& to = options.ear_out == "-" ? err : out;
  if (options.common.json) to << json::print(to_json(*report, *inputs), {.indent = 2}) << '\n';
  else print_report(options, *report, *inputs, to);
  return report->exit_status;
}

Result<verify::Inputs> load(const Options& options) {
  TRY(check_standard_input(options));
  verify::Inputs inputs;
  inputs.name = options.file;
  inputs.strict = options.strict;
  inputs.profiles = options.profiles;
  inputs.roots = TRY(inputs::load_certificates(options.roots));
  inputs.now = options.at.empty() ? system_now() : TRY(within("--at", inputs::parse_time(options.at)));
  if (!options.entry.empty()) inputs.entry = options.entry;
  if (!options.nonce.empty()) inputs.nonce = TRY(inputs::parse_nonce(options.nonce));
  inputs.anchors = TRY(inputs::load_anchors(options.keys, options.mac_keys));
  for (const std::string& path : options.trust_anchors) {
    appraise::TrustAnchors more = TRY(inputs::load_trust_anchor_file(path));
    std::ranges::move(more, std::back_inserter(inputs.anchors));
  }
  if (!options.reference_values.empty()) inputs.references = TRY(inputs::load_reference_values(options.reference_values));
  if (!options.endorsements.empty()) TRY(add_endorsements(options, inputs));
  if (options.rule != "assay") {
    if (!inputs.references) inputs.references.emplace();
    inputs.references->rule = rule_of(options);
  }
  inputs.file = TRY(files::read_file(options.file, kMaxResult));
  return inputs;
}

// It can be read once.
Result<void> check_standard_input(const Options& options) {
  std::vector<std::string> files{options.file, options.reference_values, options.ear_key};
  for (const auto* more : {&options.keys, &options.mac_keys, &options.trust_anchors, &options.roots, &options.endorsements, &options.endorsement_keys, &options.endorsement_roots}) files.insert(files.end(), more->begin(), more->end());
  if (std::ranges::count(files, "-") > 1) return fail_expecting(Errc::usage, "-", "standard input for two of the files", "one");
  return {};
}

Result<void> add_endorsements(const Options& options, verify::Inputs& inputs) {
  inputs::EndorsementTrust trust;
  trust.now = inputs.now;
  trust.rule = rule_of(options);
  trust.allow_unsigned = options.allow_unsigned;
  for (const std::string& path : options.endorsement_keys) trust.keys.push_back({path, TRY(inputs::load_public_key(path))});
  trust.roots = TRY(inputs::load_certificates(options.endorsement_roots));
  inputs::TrustedCorims corims = TRY(inputs::load_endorsements(options.endorsements, trust));
  inputs.endorsements = std::move(corims.sources);
  appraise::Endorsements& more = corims.endorsements;
  std::ranges::move(more.anchors, std::back_inserter(inputs.anchors));
  if (!inputs.references) inputs.references.emplace();
  appraise::append(std::move(more.references), *inputs.references);
  inputs.warnings = std::move(more.warnings);
  std::ranges::move(more.notes, std::back_inserter(inputs.warnings));
  return {};
}

appraise::Rule rule_of(const Options& options) {
  return options.rule == "veraison-2025" ? appraise::Rule::veraison_2025 : options.rule == "veraison-2026" ? appraise::Rule::veraison_2026
                                                                                                           : appraise::Rule::assay;
}

Result<void> write_ear(const Options& options, const verify::Report& report, const verify::Inputs& inputs, std::ostream& out) {
  const crypto::PrivateKey key = TRY(inputs::load_private_key(options.ear_key));
  const ear::Ear result = verify::make_ear(report, inputs, system_now());
  const std::string jwt = TRY(within("EAR", ear::sign_jwt(result, key)));
  return files::write_output(options.ear_out, as_bytes(options.ear_out == "-" ? jwt + "\n" : jwt), out);
}

void print_report(const Options& options, const verify::Report& report, const verify::Inputs& inputs, std::ostream& out) {
  report::Style style{.color = use_color(options.common.color, out), .verbose = options.common.verbose};
  if (verify::is_only_stale(report)) style.crypto_failed = "not believed: its signature is good, but it answers another challenge";
  const auto line = [&](std::string_view name, const std::string& value) { out << fmt::format("{:<15} {}\n", name, value); };
  line("Evidence", fmt::format("{}, {} bytes", printable(report.name), report.file_size));
  for (const std::string& step : report.unwrapped.steps) line("Unwrapped from", printable(step));
  if (!report.unwrapped.steps.empty()) line("Token", fmt::format("{} bytes", report.unwrapped.evidence.size()));
  line("Scheme", fmt::format("{} ({})", report.scheme->title, report.scheme->name));
  const char* note = report.exit_status > 1 ? "  (claimed, not verified)" : "";
  if (!report.identity.profile.empty()) line("Profile", printable(report.identity.profile) + note);
  if (!report.identity.instance_id.empty()) line("Instance", to_hex(report.identity.instance_id) + note);
  if (!report.identity.implementation_id.empty()) line("Implementation", to_hex(report.identity.implementation_id) + note);

  print_endorsements(inputs, options.common.verbose, out);
  out << "\nChecks\n";
  report::print_findings(out, report.findings, style);
  out << "\nTrustworthiness\n";
  report::print_vectors(out, report.submods, style);

  out << "\nVerdict: " << report::colored(report.status, ear::name(report.status), style);
  if (report.exit_status == 3) out << " (the evidence breaks its specification)";
  if (report.exit_status == 4) out << " (the evidence is not trusted)";
  out << '\n';
  for (const std::string& step : verify::next_steps(report, inputs)) out << "  - " << step << '\n';
}

// Of a folder of hundreds the first say enough.
void print_endorsements(const verify::Inputs& inputs, bool verbose, std::ostream& out) {
  constexpr std::size_t kShown = 12;
  if (inputs.endorsements.empty() && inputs.warnings.empty()) return;
  out << "\nEndorsements\n";
  const std::size_t shown = verbose ? inputs.endorsements.size() : std::min(kShown, inputs.endorsements.size());
  for (std::size_t i = 0; i < shown; ++i) out << "  " << printable(inputs.endorsements[i].file) << ": " << inputs::describe(inputs.endorsements[i]) << '\n';
  if (shown < inputs.endorsements.size()) {
    const auto is_unsigned = [](const inputs::EndorsementSource& source) { return !source.is_signed; };
    const auto rest = std::span{inputs.endorsements}.subspan(shown);
    out << fmt::format("  and {} more, {} of them unsigned (--verbose names them)\n", rest.size(), std::ranges::count_if(rest, is_unsigned));
  }
  for (const std::string& warning : inputs.warnings) out << "  warning: " << printable(warning) << '\n';
}

json::Value to_json(const inputs::EndorsementSource& source) {
  json::Object object;
  const auto set = [&](std::string name, const std::string& value) {
    if (!value.empty()) object.set(std::move(name), value);
  };
  object.set("file", source.file);
  object.set("signed", source.is_signed);
  set("signer", source.signer);
  set("key-thumbprint", source.key_thumbprint);
  if (source.kid) object.set("kid", to_hex(*source.kid));
  set("certificate", source.certificate);
  set("verified-with", source.verified_with);
  return object;
}

json::Value to_json(const verify::Report& report, const verify::Inputs& inputs) {
  json::Object evidence;
  evidence.set("file", report.name);
  evidence.set("bytes", static_cast<std::uint64_t>(report.file_size));
  json::Array steps;
  for (const std::string& step : report.unwrapped.steps) steps.emplace_back(step);
  evidence.set("unwrapped", std::move(steps));
  evidence.set("scheme", report.scheme->name);
  evidence.set("profile", report.identity.profile);
  evidence.set("implementation-id", to_hex(report.identity.implementation_id));
  evidence.set("instance-id", to_hex(report.identity.instance_id));

  json::Object submods;
  for (const appraise::Submod& submod : report.submods) {
    json::Object vector;
    for (const ear::Claim claim : ear::kAllClaims) vector.set(std::string{ear::name(claim)}, static_cast<std::int64_t>(submod.vector[claim]));
    json::Object one;
    one.set("status", ear::name(submod.status()));
    one.set("trustworthiness-vector", std::move(vector));
    submods.set(submod.name, std::move(one));
  }
  json::Array next;
  for (const std::string& step : verify::next_steps(report, inputs)) next.emplace_back(step);

  json::Object all;
  all.set("verdict", ear::name(report.status));
  all.set("exit-status", report.exit_status);
  all.set("evidence", std::move(evidence));
  json::Array endorsements;
  for (const inputs::EndorsementSource& source : inputs.endorsements) endorsements.push_back(to_json(source));
  all.set("endorsements", std::move(endorsements));
  json::Array warnings;
  for (const std::string& warning : inputs.warnings) warnings.emplace_back(warning);
  all.set("warnings", std::move(warnings));
  all.set("submods", std::move(submods));
  all.set("findings", appraise::to_json(report.findings));
  all.set("next-steps", std::move(next));
  return all;
}

}  // namespace
}  // namespace assay
