#include "apps/corim/corim_cli.h"

#include <fmt/format.h>

#include "apps/corim/commands.h"
#include "apps/corim/cots.h"
#include "apps/corim/examples.h"
#include "apps/corim/submit.h"
#include "apps/corim/tools.h"
#include "apps/native_cli.h"
#include "apps/native_server.h"

namespace assay {
namespace {

using corim_cli::CotsOptions;
using corim_cli::Options;
using corim_cli::Streams;
using corim_cli::SubmitOptions;
using corim_cli::ToolOptions;

constexpr const char* kComidExamples =
    "Examples:\n"
    "  # What a firmware should measure, from a template\n"
    "  assay comid create refval.json --out refval.cbor\n"
    "\n"
    "  # What does it say? (the template again, with --json)\n"
    "  assay comid show refval.cbor\n"
    "\n"
    "  # All that is wrong with some of them, with line or byte; what is new in one\n"
    "  assay comid lint refval.cbor keys.json\n"
    "  assay comid diff old.cbor refval.cbor\n"
    "\n";
constexpr const char* kCotsExamples =
    "Examples:\n"
    "  # The roots of a maker, for the devices of that maker and the claims it may vouch for\n"
    "  assay cots create devices.json --ta root.pem --permit claims.json --purpose eat --out roots.cbor\n"
    "\n"
    "  # What does it say, and is it right?\n"
    "  assay cots show roots.cbor\n"
    "  assay cots validate roots.cbor\n"
    "\n";
constexpr const char* kCorimExamples =
    "Examples:\n"
    "  # Reference values and keys in one envelope, signed\n"
    "  assay corim create rim.json --comid refval.cbor --comid keys.cbor --out rim.cbor\n"
    "  assay corim sign rim.cbor --key key.jwk --meta meta.json --out signed.cose\n"
    "\n"
    "  # Who vouches for it, and for what?\n"
    "  assay corim verify signed.cose --key key.jwk\n"
    "  assay corim verify signed.cose --ca root.pem --crl ca.crl\n"
    "\n"
    "  # For a verifier that reads the format of 2026 only\n"
    "  assay corim convert rim.cbor --to D --out rim-d.cbor\n"
    "\n"
    "  # All that is wrong with it; what is new in it; the same for a device that is known to be good\n"
    "  assay corim lint rim.json rim.cbor\n"
    "  assay corim diff old.cbor rim.cbor\n"
    "  assay corim from-evidence token.cbor --verified-with iak.jwk --out-dir endorsements\n"
    "\n"
    "  # What is inside, as files\n"
    "  assay corim extract signed.cose --out-dir tags\n"
    "\n"
    "  # To a verifier\n"
    "  assay corim submit signed.cose --server https://verifier.example:9443 --auth basic --user me --password-file secret\n"
    "\n";
constexpr const char* kExitStatus = "Exit status: 0 done; 1 diff found something; 2 usage; 3 malformed or not valid; 4 bad signature or not trusted; 5 environment.\n";

using Run = std::function<Result<int>(const Options&, const Streams&)>;

// The commands, and the one that was chosen.
struct Commands {
  CLI::App& app;
  Options& options;
  native::Common& common;
  std::string name;
  Run run = {};
  ToolOptions tool = {};
  CotsOptions cots = {};
  SubmitOptions submit = {};

  CLI::App& add(const char* command, const char* help, const char* example, Run action);
  CLI::App& add_reader(const char* command, const char* help, const char* example, Run action, const char* file_help);
};

void declare_comid(Commands& commands);
void declare_corim(Commands& commands);
void declare_cots(Commands& commands);
void declare_making(Commands& commands);
void declare_verify(Commands& commands);
void declare_tools(Commands& commands);
void declare_submit(Commands& commands);
void declare_lint(Commands& commands);
void add_example(Commands& commands, std::span<const std::string_view> names, Result<int> (*print)(const std::string&, const Streams&), const char* help, const char* example);
void add_out(CLI::App& command, Options& options, const char* help);
void add_format(CLI::App& command, Options& options);
void add_profile(CLI::App& command, Options& options, const char* help) { command.add_option("--profile", options.profile, help)->type_name("PROFILE"); }
int run_group(CLI::App& app, const char* examples, void (*declare)(Commands&), std::span<const std::string> args, const Streams& to);

}  // namespace

int run_comid(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  CLI::App app{"Makes, shows and validates CoMIDs: what is expected of a module, as reference values, endorsed values and keys. All wire generations are read.", "assay comid"};
  return run_group(app, kComidExamples, declare_comid, args, {out, err});
}

int run_cots(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  CLI::App app{"Makes, shows and validates CoTS: trust anchors, and for which environments, purposes and claims they count.", "assay cots"};
  return run_group(app, kCotsExamples, declare_cots, args, {out, err});
}

int run_corim(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  CLI::App app{"Makes, shows, checks, signs, verifies, compares, merges and converts CoRIMs: CoMIDs, CoSWIDs and CoTS in an envelope, signed or not. All wire generations are read.", "assay corim"};
  return run_group(app, kCorimExamples, declare_corim, args, {out, err});
}

namespace {

int run_group(CLI::App& app, const char* examples, void (*declare)(Commands&), std::span<const std::string> args, const Streams& to) {
  Options options;
  native::Common common;
  app.require_subcommand(1);
  app.footer(std::string{examples} + kExitStatus);
  Commands commands{app, options, common, {}};
  declare(commands);
  return native::run(app, args, to.out, to.err, [&] {
    options.json = common.json;
    const auto status = commands.run(options, to);
    if (status) return *status;
    if (status.error().errc != Errc::usage) return native::report_error(status.error(), to.err);
    const int code = native::report_error(status.error(), to.err);
    to.err << "Try: " << app.get_name() << ' ' << commands.name << " --help\n";
    return code;
  });
}

CLI::App& Commands::add(const char* command, const char* help, const char* example, Run action) {
  CLI::App& added = *app.add_subcommand(command, help);
  added.footer(fmt::format("Example:\n  {} {} {}\n\n{}", app.get_name(), command, example, kExitStatus));
  native::add_common(added, common);
  added.callback([this, command, action] {
    name = command;
    run = action;
  });
  return added;
}

CLI::App& Commands::add_reader(const char* command, const char* help, const char* example, Run action, const char* file_help) {
  CLI::App& added = add(command, help, example, action);
  added.add_option("FILE", options.file, file_help)->type_name("")->required();
  return added;
}

void declare_comid(Commands& commands) {
  Options& options = commands.options;
  CLI::App& create = commands.add_reader("create", "make a CoMID from a template", "refval.json --out refval.cbor", corim_cli::create_comid, "file with a template in JSON; - is standard input");
  add_profile(create, options, "URI or OID of the profile whose members the template may have; one of Arm's of 2022 is translated for generation D");
  add_format(create, options);
  add_out(create, options, "file for the CoMID; - is standard output (the default)");
  CLI::App& show = commands.add_reader("show", "print what a CoMID says; with --json as a template", "refval.cbor", corim_cli::show_comid, "file with a CoMID; - is standard input");
  add_profile(show, options, "URI or OID of the profile whose members are shown by name");
  CLI::App& validate = commands.add("validate", "say all that is wrong with CoMIDs and their templates", "refval.cbor keys.json", corim_cli::validate_comids);
  validate.add_option("FILE", options.files, "files with CoMIDs or templates; - is standard input")->type_name("")->required();
  add_profile(validate, options, "URI or OID of the profile whose members and rules count, too");
  declare_lint(commands);
  CLI::App& differ = commands.add("diff", "say what two CoMIDs say differently, whatever their generation or order; exit status 1 if they do", "old.cbor new.cbor", corim_cli::diff_comids);
  differ.add_option("FILE", options.files, "two files with CoMIDs or templates")->type_name("")->required()->expected(2);
  add_example(commands, corim_cli::comid_examples(), corim_cli::print_comid_example, "print a template to begin with", "psa > refval.json");
}

void declare_cots(Commands& commands) {
  Options& options = commands.options;
  CotsOptions& cots = commands.cots;
  const auto run = [&cots](const Options& given, const Streams& to) { return corim_cli::create_cots(given, cots, to); };
  CLI::App& create = commands.add_reader("create", "make a CoTS from environments, trust anchors and claims", "devices.json --ta root.pem --purpose eat --out roots.cbor", run, "file with an array of environments in JSON; - is standard input");
  native::add_repeatable(create, "--ta", cots.anchors, "required: file with trust anchors: certificates (PEM, DER), TrustAnchorInfo (.ta) or public key (.spki); may be repeated")->required();
  native::add_repeatable(create, "--ca", cots.authorities, "file with certificates of CAs below them (PEM, DER); may be repeated");
  create.add_option("--permit", cots.permitted, "file with claims in JSON that they may vouch for")->type_name("FILE");
  create.add_option("--exclude", cots.excluded, "file with claims in JSON that they may not vouch for")->type_name("FILE");
  create.add_option("--purpose", cots.purposes, "what they are for, eat for example; may be repeated")->allow_extra_args(false)->type_name("TEXT");
  CLI::Option* id = create.add_option("--id", cots.id, "the tag's id: a UUID, or another text")->type_name("ID");
  create.add_flag("--new-id", cots.new_id, "a new UUID as the tag's id")->excludes(id);
  create.add_option("--tag-version", cots.version, "the tag's version")->type_name("NUMBER");
  create.add_option("--language", cots.language, "language of texts: en-GB for example")->type_name("TAG");
  add_format(create, options);
  add_out(create, options, "file for the CoTS; - is standard output (the default)");
  commands.add_reader("show", "print what a CoTS says", "roots.cbor", corim_cli::show_cots, "file with a CoTS; - is standard input");
  CLI::App& validate = commands.add("validate", "say all that is wrong with CoTS and with environments for them", "roots.cbor devices.json", corim_cli::validate_cots);
  validate.add_option("FILE", options.files, "files with CoTS or arrays of environments in JSON; - is standard input")->type_name("")->required();
}

void declare_corim(Commands& commands) {
  Options& options = commands.options;
  declare_making(commands);
  commands.add_reader("show", "print what a CoRIM says, signed or not, without verifying it", "signed.cose", corim_cli::show_corim, "file with a CoRIM; - is standard input");
  CLI::App& validate = commands.add("validate", "say all that is wrong with CoRIMs, by the rules of their profile as well, and with templates", "rim.cbor rim.json", corim_cli::validate_corims);
  validate.add_option("FILE", options.files, "files with CoRIMs, signed or not, or templates; - is standard input")->type_name("")->required();
  declare_verify(commands);
  CLI::App& extract = commands.add_reader("extract", "write the tags inside to files: 000000-comid.cbor …; no signature is checked", "signed.cose --out-dir tags", corim_cli::extract_corim, "file with a CoRIM, signed or not; - is standard input");
  extract.add_option("-o,--out-dir", options.out_dir, "folder to write to; it is made if need be")->type_name("DIR")->capture_default_str();
  CLI::App& convert = commands.add_reader("convert", "write an unsigned CoRIM and what is in it in another wire generation", "rim.cbor --to D --out rim-d.cbor", corim_cli::convert_corim, "file with an unsigned CoRIM; - is standard input");
  convert.add_option("-t,--to", options.to, "generation to write: A (2024), C (2025) or D (2026)")->check(CLI::IsMember({"A", "C", "D"}, CLI::ignore_case))->type_name("GENERATION")->required();
  add_out(convert, options, "file for the CoRIM; - is standard output (the default)");
  declare_submit(commands);
  declare_tools(commands);
  add_example(commands, corim_cli::corim_examples(), corim_cli::print_corim_example, "print a template of an envelope, or of a signer's particulars (meta), to begin with", "psa > rim.json");
}

void add_example(Commands& commands, std::span<const std::string_view> names, Result<int> (*print)(const std::string&, const Streams&), const char* help, const char* example) {
  CLI::App& command = commands.add("example", help, example, [print](const Options& options, const Streams& to) { return print(options.example, to); });
  command.add_option("WHICH", commands.options.example, fmt::format("{}", fmt::join(names, ", ")))->type_name("")->required()->check(CLI::IsMember(std::vector<std::string>{names.begin(), names.end()}));
}

void declare_tools(Commands& commands) {
  Options& options = commands.options;
  ToolOptions& tool = commands.tool;
  const auto with_tool = [&tool](auto run) { return [&tool, run](const Options& given, const Streams& to) { return run(given, tool, to); }; };
  declare_lint(commands);

  CLI::App& differ = commands.add("diff", "say what two CoRIMs say differently, whatever their generation, order or signature; exit status 1 if they do", "old.cbor new.cbor", corim_cli::diff_corims);
  differ.add_option("FILE", options.files, "two files with CoRIMs, signed or not")->type_name("")->required()->expected(2);

  CLI::App& merger = commands.add("merge", "put the tags of several CoRIMs of one profile into one; exit status 3 if they contradict each other", "boards.cbor firmware.cbor --out all.cbor", corim_cli::merge_corims);
  merger.add_option("FILE", options.files, "files with CoRIMs; signatures are not checked and not kept")->type_name("")->required();
  merger.add_option("--id", options.id, "the id of the CoRIM: a UUID or another text (default: that of the first)")->type_name("ID");
  add_format(merger, options);
  add_out(merger, options, "file for the CoRIM; - is standard output (the default)");

  CLI::App& drafter = commands.add_reader("from-evidence", "write the endorsements that would make this evidence affirm", "token.cbor --verified-with iak.jwk --out-dir endorsements", with_tool(corim_cli::draft_from_evidence), "file with evidence, alone or in a CMW or TSM report; - is standard input");
  drafter.add_option("--verified-with", tool.verified_with, "file with the device's public key: the evidence must verify, and the key becomes a trust anchor")->type_name("FILE");
  drafter.add_flag("--unverified", tool.unverified, "believe the evidence as it is, without a key");
  drafter.add_option("--entry", tool.entry, "which entry of a CMW collection")->type_name("LABEL");
  drafter.add_option("-o,--out-dir", options.out_dir, "folder for SCHEME-PART.cbor, one CoRIM for each profile; it is made if need be")->type_name("DIR")->capture_default_str();
  add_format(drafter, options);
}

void declare_lint(Commands& commands) {
  Options& options = commands.options;
  ToolOptions& tool = commands.tool;
  const auto run = [&tool](const Options& given, const Streams& to) { return corim_cli::lint_files(given, tool, to); };
  CLI::App& linter = commands.add("lint", "name every problem of templates, CoMIDs, CoTS, CoSWIDs and CoRIMs, with line or byte, and mend what is mechanical", "refval.json rim.cbor --fix", run);
  linter.add_option("FILE", options.files, "files with templates, CoMIDs, CoTS, CoSWIDs or CoRIMs")->type_name("")->required();
  linter.add_flag("--fix", tool.fix, "rewrite what can be mended, whatever else is wrong: misspelt members and byte order marks of templates; CBOR that is not deterministic");
  linter.add_flag("--strict", tool.strict, "warnings fail, too");
  linter.add_option("--type", tool.type, "what the files are meant to be, where they look like something else")->check(CLI::IsMember({"comid", "corim", "cots"}))->type_name("TYPE");
  add_format(linter, options);
  add_out(linter, options, "file for the mended one, instead of the file itself; - is standard output, and the report goes to standard error");
}

void declare_making(Commands& commands) {
  Options& options = commands.options;
  CLI::App& create = commands.add_reader("create", "make a CoRIM from a template and CoMIDs, CoSWIDs or CoTS", "rim.json --comid refval.cbor --out rim.cbor", corim_cli::create_corim, "file with the template of the envelope in JSON; - is standard input");
  native::add_repeatable(create, "-m,--comid", options.comids, "file with a CoMID to put in; may be repeated");
  native::add_repeatable(create, "--coswid", options.coswids, "file with a CoSWID; may be repeated");
  native::add_repeatable(create, "--cots", options.cots, "file with a CoTS; may be repeated");
  add_format(create, options);
  add_out(create, options, "file for the CoRIM; - is standard output (the default)");

  CLI::App& sign = commands.add_reader("sign", "sign a CoRIM", "rim.cbor --key key.jwk --meta meta.json --out signed.cose", corim_cli::sign_corim, "file with an unsigned CoRIM; - is standard input");
  sign.add_option("-k,--key", options.key, "file with the private key (JWK, PEM)")->type_name("FILE")->required();
  native::add_file(sign, "-m,--meta", options.meta, "file with the signer's particulars in JSON: {\"signer\": {\"name\": …}}")->required();
  sign.add_option("--cert", options.certificate, "file with the key's certificate (PEM, DER), to go into the header")->type_name("FILE");
  sign.add_option("--intermediates", options.intermediates, "file with the certificates between that and the root")->type_name("FILE");
  add_out(sign, options, "file for the signed CoRIM; - is standard output (the default)");
}

void declare_verify(Commands& commands) {
  Options& options = commands.options;
  CLI::App& command = commands.add_reader("verify", "check the signature of a CoRIM and show what is inside", "signed.cose --key key.jwk", corim_cli::verify_corim, "file with a signed CoRIM; - is standard input");
  command.add_option("-k,--key", options.key, "file with the key, public or private (JWK, PEM, DER, COSE_Key)")->type_name("FILE");
  native::add_repeatable(command, "--ca", options.roots, "file with root certificates (PEM, DER) for the chain in the header; may be repeated");
  native::add_repeatable(command, "--crl", options.lists, "file with a revocation list (PEM, DER); may be repeated");
  command.add_option("--crl-policy", options.policy, "strict (the default): every issuer must have a list; permissive: those without are passed over")->check(CLI::IsMember({"strict", "permissive"}));
  command.add_option("--at", options.at, "verify as of this time (certificates; what is not valid then is warned of), as 2026-11-24T01:17:00Z or 2026-11-24")->type_name("TIME");
  add_out(command, options, "file for the unsigned CoRIM, instead of showing it; - is standard output");
}

void declare_submit(Commands& commands) {
  SubmitOptions& submit = commands.submit;
  const auto run = [&submit](const Options& given, const Streams& to) { return corim_cli::submit_corim(given, submit, to); };
  CLI::App& command = commands.add_reader("submit", "send a CoRIM to a verifier, and wait until that has taken it", "signed.cose --server https://verifier.example:9443", run, "file with a CoRIM, signed or not; - is standard input");
  native::add_server(command, submit, "the verifier: https://HOST:PORT, or the whole URL that takes submissions")->required();
  command.add_option("-m,--media-type", submit.media_type, "what to call the CoRIM (default: by its generation, profile and signature)")->type_name("TYPE");
  command.add_option("--timeout", submit.patience, "seconds to wait for a submission that goes on")->check(CLI::Range(0, 86400))->type_name("SECONDS")->capture_default_str();
}

void add_out(CLI::App& command, Options& options, const char* help) { command.add_option("-o,--out", options.out, help)->type_name("FILE"); }

void add_format(CLI::App& command, Options& options) {
  command.add_option("-f,--format", options.to, "wire generation to write: A, C or D (default: A, or D where the input needs it)")->check(CLI::IsMember({"A", "C", "D"}, CLI::ignore_case))->type_name("GENERATION");
}

}  // namespace
}  // namespace assay
