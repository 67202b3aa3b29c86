#include "apps/ear/ear_cli.h"

#include "apps/ear/document.h"
#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "base/clock.h"
#include "base/text.h"

namespace assay {
namespace {

using ear::Tier;

constexpr const char* kExamples =
    "Examples:\n"
    "  # Is this result good, from whom I think, and the answer to my question?\n"
    "  assay ear verify result.jwt --key verifier.jwk --nonce 4wiLr_oQWjggSQJCr4Jb6BtaNiPadXU1BB9gF1C5y4I\n"
    "\n"
    "  # What does it say? (nothing is verified)\n"
    "  assay ear show result.jwt\n"
    "\n"
    "  # Make one to test a relying party with\n"
    "  assay ear create claims.json --key skey.jwk --out result.jwt\n"
    "\n"
    "Exit status: 0 affirming; 1 verified but not as good as --require asks; 2 usage; 3 malformed; 4 bad signature, wrong nonce or\n"
    "expired; 5 environment.\n";

struct Options {
  native::Common common;
  std::string file;
  std::string claims;
  std::string key;
  std::string alg;
  std::string out = "-";
  std::string profile;
  bool cwt = false;
  std::string nonce;
  std::string require = "affirming";
};

void declare(CLI::App& app, Options& options, std::function<int()>& action, std::ostream& out, std::ostream& err);
int create(const Options& options, std::ostream& out, std::ostream& err);
int show(const Options& options, std::ostream& out, std::ostream& err);
int verify(const Options& options, std::ostream& out, std::ostream& err);
Result<Bytes> make(const Options& options);
Result<ear_app::Document> load(const std::string& path, ear::Strictness strictness);
Result<ear_app::Checked> load_and_verify(const Options& options);
Result<std::optional<crypto::Sig>> algorithm(const std::string& text);
bool satisfies(const ear::Ear& ear, std::string_view require);
json::Value to_json(const ear_app::Checked& checked, const Options& options);
void print_verdict(const ear_app::Checked& checked, const Options& options, std::ostream& out);
void print_claims(const ear::Ear& ear, const native::Common& common, std::ostream& out);

}  // namespace

int run_ear(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  std::function<int()> action;
  CLI::App app{"Makes, shows and verifies attestation results (EAR) as JWT or CWT.", "assay ear"};
  app.require_subcommand(1);
  app.footer(kExamples);
  declare(app, options, action, out, err);
  return native::run(app, args, out, err, [&] { return action(); });
}

namespace {

void declare(CLI::App& app, Options& options, std::function<int()>& action, std::ostream& out, std::ostream& err) {
  using Run = int (*)(const Options&, std::ostream&, std::ostream&);
  const auto add = [&](const char* name, const char* help, Run run) {
    CLI::App* command = app.add_subcommand(name, help);
    native::add_common(*command, options.common);
    command->callback([&options, &action, &out, &err, run] { action = [&options, &out, &err, run] { return run(options, out, err); }; });
    return command;
  };
  constexpr const char* kAlgorithms = "ES256, ES384, ES512, EdDSA, PS256, PS384, PS512 or RS256 (default: what the key says, or the usual one of its kind)";

  CLI::App* maker = add("create", "sign claims", create);
  CLI::Option_group* claims = maker->add_option_group("Claims", "one of");
  claims->add_option("CLAIMS", options.file, "file with the claims in JSON or CBOR; - is standard input");
  claims->add_option("--claims", options.claims, "the same");
  claims->require_option(1);
  maker->add_option("--key", options.key, "file with the private key to sign with (JWK, PEM, DER)")->required();
  maker->add_option("--alg", options.alg, kAlgorithms);
  maker->add_option("--out", options.out, "file for the result; - is standard output")->capture_default_str();
  maker->add_flag("--cwt", options.cwt, "write a CWT (CBOR, COSE_Sign1) instead of a JWT");
  maker->add_option("--profile", options.profile, "rewrite the claims for another profile")->check(CLI::IsMember({"veraison", "trustee", "ietf"}));

  CLI::App* viewer = add("show", "print what a result says, without verifying it", show);
  viewer->add_option("FILE", options.file, "file with a JWT, a CWT or bare claims; - is standard input")->required();

  CLI::App* verifier = add("verify", "verify signature, times, claims and nonce, and judge the status", verify);
  verifier->add_option("FILE", options.file, "file with a JWT or a CWT; - is standard input")->required();
  verifier->add_option("--key", options.key, "file with the verifier's public key (JWK, JWK set, PEM, DER)")->required();
  verifier->add_option("--alg", options.alg, kAlgorithms);
  verifier->add_option("--nonce", options.nonce, "what the result must carry as eat_nonce, in hex or base64");
  verifier->add_option("--require", options.require, "the worst status that is good enough: affirming, warning, or any")->check(CLI::IsMember({"affirming", "warning", "any"}))->capture_default_str();
}

int create(const Options& options, std::ostream& out, std::ostream& err) {
  if (options.cwt && options.out == "-" && is_terminal(out)) return native::report_error({Errc::usage, "", "a CWT is binary, and standard output is a terminal", "--out FILE", {}}, err);
  const auto token = make(options);
  if (!token) return native::report_error(token.error(), err);
  if (const auto written = files::write_output(options.out, *token, out); !written) return native::report_error(written.error(), err);
  if (options.out == "-") {
    if (!options.cwt) out << '\n';
    return 0;
  }
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

int show(const Options& options, std::ostream& out, std::ostream& err) {
  const auto document = load(options.file, ear::Strictness::reference);
  if (!document) return native::report_error(document.error(), err);
  err << "NOT VERIFIED: anybody could have written this result. To verify: assay ear verify\n";
  if (options.common.json) {
    json::Object object;
    object.set("verified", false);
    object.set("form", ear_app::name(document->form));
    if (!document->header.is_null()) object.set("header", document->header);
    object.set("claims", ear::to_json(document->ear));
    out << json::print(object, {.indent = 2}) << '\n';
    return 0;
  }
  out << fmt::format("form       {}\n", ear_app::name(document->form));
  if (!document->header.is_null()) out << fmt::format("header     {}\n", printable(json::print(document->header)));
  print_claims(document->ear, options.common, out);
  return 0;
}

int verify(const Options& options, std::ostream& out, std::ostream& err) {
  const auto checked = load_and_verify(options);
  if (!checked) return native::report_error(checked.error(), err);
  if (options.common.json) {
    out << json::print(to_json(*checked, options), {.indent = 2}) << '\n';
  } else {
    print_verdict(*checked, options, out);
  }
  if (options.nonce.empty()) err << "freshness was not checked: give --nonce to know that this result answers your question\n";
  return satisfies(checked->ear, options.require) ? 0 : 1;
}

Result<Bytes> make(const Options& options) {
  const std::optional<crypto::Sig> sig = TRY(algorithm(options.alg));
  const std::string& path = options.claims.empty() ? options.file : options.claims;
  ear_app::Document document = TRY(load(path, ear::Strictness::strict));
  if (document.form != ear_app::Form::json && document.form != ear_app::Form::cbor) return fail_expecting(Errc::invalid, path, fmt::format("a {}", ear_app::name(document.form)), "bare claims");
  ear::Ear& ear = document.ear;
  if (options.profile == "veraison") ear.profile = ear::profile_of(ear::Dialect::veraison);
  if (options.profile == "trustee") ear.profile = ear::profile_of(ear::Dialect::trustee);
  if (options.profile == "ietf") ear.profile = ear::profile_of(ear::Dialect::ietf);
  const crypto::PrivateKey key = TRY(inputs::load_private_key(options.key));
  if (options.cwt) return within(path, ear::sign_cwt(ear, key, sig));
  const std::string jwt = TRY(within(path, ear::sign_jwt(ear, key, sig)));
  return to_bytes(jwt);
}

Result<ear_app::Document> load(const std::string& path, ear::Strictness strictness) {
  const Bytes content = TRY(files::read_file(path, kMaxResult));
  return within(path, ear_app::look(content, strictness));
}

Result<ear_app::Checked> load_and_verify(const Options& options) {
  const std::optional<crypto::Sig> sig = TRY(algorithm(options.alg));
  std::optional<Bytes> nonce;
  if (!options.nonce.empty()) nonce = TRY(inputs::parse_nonce(options.nonce));
  const Bytes content = TRY(files::read_file(options.file, kMaxResult));
  const auto keys = TRY(ear_app::load_keys(options.key, sig));
  return within(options.file, ear_app::verify(content, keys, nonce));
}

Result<std::optional<crypto::Sig>> algorithm(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto sig = crypto::sig_by_jose_name(text);
  if (!sig) return fail_expecting(Errc::usage, "--alg", assay::quoted(text), "ES256, ES384, ES512, EdDSA, PS256, PS384, PS512 or RS256");
  return sig;
}

bool satisfies(const ear::Ear& ear, std::string_view require) {
  if (require == "any") return true;
  if (require == "affirming") return ear.is_affirming();
  // `none` says nothing, so it is not good enough for anything.
  const auto good = [](Tier tier) { return tier == Tier::affirming || tier == Tier::warning; };
  if (ear.submods.empty() || (ear.overall_status && !good(*ear.overall_status))) return false;
  for (const auto& [name, appraisal] : ear.submods) {
    if (!good(appraisal.status) || (appraisal.vector && appraisal.vector->status() == Tier::contraindicated)) return false;
  }
  return true;
}

json::Value to_json(const ear_app::Checked& checked, const Options& options) {
  json::Object object;
  object.set("verified", true);
  object.set("form", ear_app::name(checked.form));
  object.set("alg", crypto::jose_name(checked.sig));
  object.set("nonce_checked", !options.nonce.empty());
  object.set("affirming", checked.ear.is_affirming());
  object.set("status", ear::name(checked.ear.status()));
  object.set("required", options.require);
  object.set("satisfied", satisfies(checked.ear, options.require));
  object.set("claims", ear::to_json(checked.ear));
  return object;
}

void print_verdict(const ear_app::Checked& checked, const Options& options, std::ostream& out) {
  out << fmt::format("signature  good ({}, {})\n", ear_app::name(checked.form), crypto::jose_name(checked.sig));
  print_claims(checked.ear, options.common, out);
  if (checked.ear.is_affirming()) {
    out << "Verified, and affirming.\n";
  } else {
    out << "Verified, but NOT affirming" << (satisfies(checked.ear, options.require) ? fmt::format("; --require {} is satisfied.\n", options.require) : ".\n");
  }
}

void print_claims(const ear::Ear& ear, const native::Common& common, std::ostream& out) {
  out << fmt::format("profile    {}\n", printable(ear.profile));
  out << fmt::format("verifier   {}, build {}\n", printable(ear.verifier_id.developer), printable(ear.verifier_id.build));
  out << fmt::format("issued     {}\n", to_rfc3339(ear.iat));
  if (ear.exp) out << fmt::format("expires    {}\n", to_rfc3339(*ear.exp));
  if (ear.nonce) out << fmt::format("nonce      {}\n", printable(*ear.nonce));
  if (ear.overall_status) out << fmt::format("status     {}\n", ear::name(*ear.overall_status));
  for (const auto& [name, appraisal] : ear.submods) {
    out << fmt::format("submodule  {}: {}", printable(name), ear::name(appraisal.status));
    for (const std::string& id : appraisal.policy_ids) out << ", policy " << printable(id);
    if (appraisal.key_attestation) {
      const auto key = appraisal.attested_key();
      out << (key ? fmt::format(", attests a {} key {}", crypto::name(key->kind()), to_hex(key->thumbprint())) : ", attests a key that cannot be read");
    }
    out << '\n';
  }
  out << '\n'
      << ear::report(ear, {.verbose = common.verbose, .color = use_color(common.color, out)});
  if (common.verbose) out << json::print(ear::to_json(ear), {.indent = 2}) << "\n\n";
}

}  // namespace
}  // namespace assay
