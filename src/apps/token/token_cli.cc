#include "apps/token/token_cli.h"

#include "appraise/scheme.h"
#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "apps/report.h"
#include "apps/token/kinds.h"
#include "apps/unwrap.h"
#include "base/text.h"

namespace assay {
namespace {

struct Kind {
  const char* name;
  const char* title;
  const char* create_example;
  Result<token::Look> (*look)(ByteView);
  Result<Bytes> (*create)(const token::CreateOptions&);
};
constexpr Kind kPsa{"psa", "PSA attestation tokens (RFC 9783 and its predecessors)", "--claims claims.json --key key.jwk --out token.cbor", token::look_at_psa, token::create_psa};
constexpr Kind kCca{"cca", "Arm CCA attestation tokens", "--claims claims.json --iak iak.jwk --rak rak.jwk --out token.cbor", token::look_at_cca, token::create_cca};

struct Options {
  native::Common common;
  std::string file;
  std::vector<std::string> keys;
  std::vector<std::string> mac_keys;
  std::vector<std::string> trust_anchors;
  std::vector<std::string> roots;
  std::vector<std::string> profiles;
  std::string nonce;
  bool strict = false;
  token::CreateOptions create;
  std::string out = "-";
};

// A token as found in a file, and what was taken off to find it.
struct Found {
  Unwrapped token;
  token::Look look;
};

void declare(CLI::App& app, const Kind& kind, Options& options, std::function<int()>& action, std::ostream& out, std::ostream& err);
void declare_create(CLI::App& app, const Kind& kind, Options& options);
int create(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err);
int show(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err);
int check(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err);
int verify(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err);
Result<Found> load(const Kind& kind, const std::string& path);
Result<appraise::Findings> verify_token(const Kind& kind, const Options& options, const Found& found);
Result<json::Value> all_claims(const Kind& kind, const Found& found);
void print_unknown(std::ostream& out, const token::Look& look);

}  // namespace

int run_token(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  std::function<int()> action;
  CLI::App app{"Makes, shows, checks and verifies attestation tokens.", "assay token"};
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  assay token cca show token.cbor\n"
      "  assay token psa verify token.cbor --key key.jwk --nonce 41417c7f…\n"
      "  assay token cca create --claims claims.json --iak iak.jwk --rak rak.jwk --out token.cbor\n");
  declare(app, kPsa, options, action, out, err);
  declare(app, kCca, options, action, out, err);
  return native::run(app, args, out, err, [&] { return action(); });
}

namespace {

void declare(CLI::App& app, const Kind& kind, Options& options, std::function<int()>& action, std::ostream& out, std::ostream& err) {
  using Run = int (*)(const Kind&, const Options&, std::ostream&, std::ostream&);
  CLI::App* group = app.add_subcommand(kind.name, kind.title);
  group->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, const char* example, Run run) {
    CLI::App* command = group->add_subcommand(name, help);
    command->footer(fmt::format("Example:\n  assay token {} {} {}\n", kind.name, name, example));
    native::add_common(*command, options.common);
    command->callback([&options, &action, &out, &err, &kind, run] { action = [&options, &out, &err, &kind, run] { return run(kind, options, out, err); }; });
    return command;
  };
  const auto takes_file = [&](CLI::App* command) { native::add_file(*command, "TOKEN", options.file, "file with the token, alone or in a CMW or TSM report; - is standard input")->required(); };

  declare_create(*add("create", "make a token from claims in JSON", kind.create_example, create), kind, options);
  takes_file(add("show", "print what a token says, without verifying it", "token.cbor", show));
  takes_file(add("check", "check structure and the rules for claims, not the signature", "token.cbor", check));
  CLI::App* verifier = add("verify", "verify signature, claims and nonce", "token.cbor --key key.jwk --nonce 41417c7f4141b3d0e9a1d28af31520f0d42299feac4007ded89d68ae6cd92f19", verify);
  takes_file(verifier);
  native::add_repeatable(*verifier, "--key", options.keys, "file with a public key of the maker; may be repeated");
  if (&kind == &kPsa) native::add_repeatable(*verifier, "--mac-key", options.mac_keys, "file with the octets of a symmetric key, for COSE_Mac0; may be repeated");
  native::add_repeatable(*verifier, "--trust-anchors", options.trust_anchors, "JSON: keys with implementation and instance ids; may be repeated");
  native::add_repeatable(*verifier, "--ca", options.roots, "CA certificate (PEM, DER) for tokens with a certificate chain of their own (x5chain); may be repeated");
  if (&kind == &kPsa) verifier->add_option("--accept-profile", options.profiles, "also accept tokens of this profile, one derived from RFC 9783's; may be repeated")->allow_extra_args(false)->type_name("URI");
  verifier->add_option("--nonce", options.nonce, "what the device was asked to sign, in hex or base64");
  verifier->add_flag("--strict", options.strict, "what the specification only advises against is a failure");
}

void declare_create(CLI::App& app, const Kind& kind, Options& options) {
  token::CreateOptions& create = options.create;
  native::add_file(app, "--claims", create.claims, "file with the claims in JSON, as evcli reads and prints them")->required();
  if (&kind == &kPsa) {
    CLI::Option_group* keys = app.add_option_group("Protection");
    native::add_file(*keys, "--key", create.key, "file with the private key: COSE_Sign1");
    native::add_file(*keys, "--mac-key", create.mac_key, "file with the octets of a symmetric key: COSE_Mac0");
    keys->require_option(1);
    app.add_option("--profile", create.profile, "refuse claims of another profile than this");
  } else {
    native::add_file(app, "--iak", create.key, "file with the platform's private key")->required();
    native::add_file(app, "--rak", create.rak, "file with the realm's private key")->required();
    app.add_option("--format", create.format, "outer form: cmw (tag 907) or legacy (tag 399)")->check(CLI::IsMember({"cmw", "legacy"}))->default_str("cmw");
  }
  app.add_flag("--allow-invalid", create.allow_invalid, "do not hold the claims to their rules: to make bad tokens for tests");
  native::add_file(app, "--out", options.out, "file for the token; - is standard output (not a terminal)")->capture_default_str();
}

int create(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err) {
  if (options.out == "-" && is_terminal(out)) return native::report_error({Errc::usage, "", "a token is binary, and standard output is a terminal", "--out FILE", {}}, err);
  const auto token = kind.create(options.create);
  if (!token) return native::report_error(token.error(), err);
  if (const auto written = files::write_output(options.out, *token, out); !written) return native::report_error(written.error(), err);
  if (options.out == "-") return 0;
  if (options.common.json) {
    json::Object object;
    object.set("file", options.out);
    object.set("bytes", static_cast<std::uint64_t>(token->size()));
    out << json::print(object) << '\n';
  } else {
    err << fmt::format("{}: {} bytes written\n", printable(options.out), token->size());
  }
  return 0;
}

int show(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err) {
  const auto found = within(options.file, load(kind, options.file));
  if (!found) return native::report_error(found.error(), err);
  const auto claims = within(options.file, all_claims(kind, *found));
  if (!claims) return native::report_error(claims.error(), err);
  err << "NOT VERIFIED: anybody could have written these claims. To verify: assay token " << kind.name << " verify\n";
  if (options.common.json) {
    out << json::print(*claims, {.indent = 2}) << '\n';
    return 0;
  }
  for (const std::string& step : found->token.steps) out << "unwrapped from " << printable(step) << '\n';
  for (const std::string& line : found->look.envelope) out << line << '\n';
  out << '\n';
  report::print_claims(out, found->look.claims);
  print_unknown(out, found->look);
  return 0;
}

int check(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err) {
  const auto found = within(options.file, load(kind, options.file));
  if (!found) return native::report_error(found.error(), err);
  appraise::Findings findings = found->look.rules;
  findings.not_checked(fmt::format("{}.signature", kind.name), "signature", "this command has no key: use verify");
  findings.not_checked(fmt::format("{}.freshness", kind.name), "freshness", "this command has no nonce: use verify");
  const int status = report::status_of(findings);
  if (options.common.json) {
    json::Object object;
    object.set("valid", status == 0);
    object.set("findings", appraise::to_json(findings));
    out << json::print(object, {.indent = 2}) << '\n';
  } else {
    report::print_findings(out, findings, {.color = use_color(options.common.color, out), .verbose = options.common.verbose});
    out << (status == 0 ? "\nThe structure is right and the claims follow their rules. The signature was not checked.\n" : "\nThe claims break their rules.\n");
  }
  return status;
}

int verify(const Kind& kind, const Options& options, std::ostream& out, std::ostream& err) {
  if (options.keys.empty() && options.mac_keys.empty() && options.trust_anchors.empty() && options.roots.empty()) return native::report_error({Errc::usage, "", "no key to verify with", &kind == &kPsa ? "--key, --mac-key, --trust-anchors or --ca" : "--key, --trust-anchors or --ca", {}}, err);
  const auto found = within(options.file, load(kind, options.file));
  if (!found) return native::report_error(found.error(), err);
  const auto findings = verify_token(kind, options, *found);
  if (!findings) return native::report_error(findings.error(), err);
  const int status = report::status_of(*findings);
  if (options.common.json) {
    json::Object object;
    object.set("verified", status == 0);
    object.set("findings", appraise::to_json(*findings));
    const auto claims = all_claims(kind, *found);
    if (status == 0 && claims) object.set("claims", *claims);
    out << json::print(object, {.indent = 2}) << '\n';
    return status;
  }
  report::print_findings(out, *findings, {.color = use_color(options.common.color, out), .verbose = options.common.verbose});
  out << (status == 0 ? "\nVerified.\n" : "\nNOT verified.\n");
  if (status == 0 && options.common.verbose) {
    out << '\n';
    report::print_claims(out, found->look.claims);
    print_unknown(out, found->look);
  }
  return status;
}

Result<Found> load(const Kind& kind, const std::string& path) {
  Bytes content = TRY(files::read_file(path, kMaxResult));
  auto direct = kind.look(content);
  if (direct) return Found{{std::move(content), {}}, std::move(*direct)};
  auto unwrapped = unwrap_evidence(content);
  const std::string_view text = trim_ascii(as_text(content));
  if (!unwrapped && (text.starts_with('{') || text.starts_with('['))) return std::unexpected(unwrapped.error());
  if (const appraise::Scheme* other = appraise::scheme_of_evidence(unwrapped ? unwrapped->evidence : content); other != nullptr && other->name != kind.name) {
    return fail_expecting(Errc::invalid, "", fmt::format("a token of {}, not of {}", other->title, kind.name), fmt::format("assay token {}", other->name));
  }
  if (!unwrapped || unwrapped->steps.empty()) return std::unexpected(direct.error());
  token::Look look = TRY(kind.look(unwrapped->evidence));
  return Found{std::move(*unwrapped), std::move(look)};
}

Result<appraise::Findings> verify_token(const Kind& kind, const Options& options, const Found& found) {
  const appraise::Scheme* scheme = appraise::scheme_by_name(kind.name);
  if (scheme == nullptr) return fail(Errc::unsupported, kind.name, "not in this build");
  appraise::TrustAnchors anchors = TRY(inputs::load_anchors(options.keys, options.mac_keys));
  for (const std::string& path : options.trust_anchors) {
    appraise::TrustAnchors more = TRY(inputs::load_trust_anchor_file(path));
    std::ranges::move(more, std::back_inserter(anchors));
  }
  Bytes nonce;
  const std::vector<crypto::Certificate> roots = TRY(inputs::load_certificates(options.roots));
  const std::vector<std::string_view> profiles{options.profiles.begin(), options.profiles.end()};
  appraise::VerifyInput input{.evidence = found.token.evidence, .anchors = anchors, .strict = options.strict, .roots = roots, .now = system_now(), .derived_profiles = profiles};
  if (!options.nonce.empty()) {
    nonce = TRY(inputs::parse_nonce(options.nonce));
    input.nonce = nonce;
  }
  const appraise::Evidence evidence = TRY(within(options.file, scheme->verify(input)));
  return evidence.findings;
}

// Unknown claims included, in diagnostic notation.
Result<json::Value> all_claims(const Kind& kind, const Found& found) {
  const appraise::Scheme* scheme = appraise::scheme_by_name(kind.name);
  if (scheme == nullptr) return fail(Errc::unsupported, kind.name, "not in this build");
  return scheme->claims_json(found.token.evidence);
}

void print_unknown(std::ostream& out, const token::Look& look) {
  if (!look.unknown.empty()) out << "\nclaims nobody here knows (CBOR diagnostic notation)\n";
  for (const auto& [key, value] : look.unknown) out << "  " << printable(key) << "  " << printable(value) << '\n';
}

}  // namespace
}  // namespace assay
