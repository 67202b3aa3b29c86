#include "apps/cmw/cmw_cli.h"

#include <CLI/CLI.hpp>
#include <ostream>

#include "apps/cmw/commands.h"
#include "apps/files.h"
#include "crypto/key_formats.h"

namespace assay {
namespace {

using cmw_cli::WrapOptions;

struct Options {
  WrapOptions wrap;
  std::string file;
  std::string out;  // empty: standard output
  std::string key;
  std::string alg;
  std::string format = "cose";
  std::vector<std::string> path;
  bool json = false;
  bool verbose = false;
};

void add_wrap(CLI::App& app, Options& options);
void add_unwrap(CLI::App& app, Options& options);
void add_print(CLI::App& app, Options& options);
void add_sign(CLI::App& app, Options& options);
void add_verify(CLI::App& app, Options& options);
Result<void> run_command(const CLI::App& app, const Options& options, std::ostream& out, std::ostream& err);
Result<void> run_unwrap(const Options& options, std::ostream& out);
Result<void> run_print(const Options& options, std::ostream& out, std::ostream& err);
Result<void> run_sign(const Options& options, std::ostream& out);
Result<void> run_verify(const Options& options, std::ostream& out, std::ostream& err);
Result<void> write_out(const Options& options, ByteView content, std::ostream& out);
void show(const cmw_cli::Opened& opened, const Options& options, std::ostream& out);

}  // namespace

int run_cmw(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  CLI::App app{"Conceptual message wrappers (draft-ietf-rats-msg-wrap): records, tags and collections in CBOR and JSON", "assay cmw"};
  app.require_subcommand(1);
  add_wrap(app, options);
  add_unwrap(app, options);
  add_print(app, options);
  add_sign(app, options);
  add_verify(app, options);
  try {
    app.parse(std::vector<std::string>{args.rbegin(), args.rend()});
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error, out, err);
    const auto chosen = app.get_subcommands();
    err << "error: " << error.what() << "\nTry: assay cmw" << (chosen.empty() ? "" : " " + chosen.front()->get_name()) << " --help\n";
    return exit_code(Errc::usage);
  }
  const auto done = run_command(*app.get_subcommands().front(), options, out, err);
  if (done) return 0;
  err << "error: " << done.error() << '\n';
  return exit_code(done.error().errc);
}

namespace {

void add_out(CLI::App& app, Options& options) { app.add_option("-o,--out", options.out, "output file instead of standard output"); }

void add_wrap(CLI::App& app, Options& options) {
  CLI::App& command = *app.add_subcommand("wrap", "Put a file into a record or a tag, or CMWs into a collection");
  command.add_option("value", options.wrap.value, "file with the message to wrap; - is standard input");
  command.add_option("-t,--type", options.wrap.type, "media type of the message, or its CoAP Content-Format");
  command.add_option("-f,--format", options.wrap.format, "form to write")->check(CLI::IsMember({"cbor", "json", "tag"}))->capture_default_str();
  command.add_option("-i,--ind", options.wrap.ind, "what the message is: reference-values, endorsements, evidence, results, policy, or a number")->delimiter(',')->allow_extra_args(false);
  command.add_option("-e,--entry", options.wrap.entries, "LABEL=FILE: make a collection with this CMW in it; may be repeated")->allow_extra_args(false);
  command.add_option("--cmwc-t", options.wrap.collection_type, "type of the collection: an absolute URI or an OID");
  add_out(command, options);
}

void add_unwrap(CLI::App& app, Options& options) {
  CLI::App& command = *app.add_subcommand("unwrap", "Write the message that is inside; no signature is checked");
  command.add_option("file", options.file, "CMW; - is standard input")->required();
  command.add_option("-e,--entry", options.path, "label in a collection; repeated: of the collection in it")->allow_extra_args(false);
  add_out(command, options);
}

void add_print(CLI::App& app, Options& options) {
  CLI::App& command = *app.add_subcommand("print", "Show what is inside; looks through COSE_Sign1, JWS and certificates without checking them");
  command.add_option("file", options.file, "CMW; - is standard input")->required();
  command.add_flag("--json", options.json, "print JSON, for machines");
  command.add_flag("-v,--verbose", options.verbose, "show values in full");
}

void add_sign(CLI::App& app, Options& options) {
  CLI::App& command = *app.add_subcommand("sign", "Sign a CMW");
  command.add_option("file", options.file, "CMW; - is standard input")->required();
  command.add_option("-k,--key", options.key, "private key: JWK or PEM")->required();
  command.add_option("-f,--format", options.format, "cose (COSE_Sign1 over CBOR) or jws (flattened JWS over JSON)")->check(CLI::IsMember({"cose", "jws"}))->capture_default_str();
  add_out(command, options);
}

void add_verify(CLI::App& app, Options& options) {
  CLI::App& command = *app.add_subcommand("verify", "Check the signature of a signed CMW and show what is inside");
  command.add_option("file", options.file, "signed CMW: COSE_Sign1 or JWS; - is standard input")->required();
  command.add_option("-k,--key", options.key, "public key: JWK, PEM, DER or COSE_Key")->required();
  command.add_option("--alg", options.alg, "algorithm of a JWS (default: by the key)");
  command.add_option("-o,--out", options.out, "write the CMW itself to this file instead of showing it");
  command.add_flag("--json", options.json, "print JSON, for machines");
  command.add_flag("-v,--verbose", options.verbose, "show values in full");
}

Result<void> run_command(const CLI::App& app, const Options& options, std::ostream& out, std::ostream& err) {
  const std::string& name = app.get_name();
  if (name == "unwrap") return run_unwrap(options, out);
  if (name == "print") return run_print(options, out, err);
  if (name == "sign") return run_sign(options, out);
  if (name == "verify") return run_verify(options, out, err);
  const Bytes bytes = TRY(cmw_cli::wrap(options.wrap));
  return write_out(options, bytes, out);
}

Result<void> run_unwrap(const Options& options, std::ostream& out) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const cmw::Cmw message = TRY(within(options.file, cmw::parse(bytes)));
  const Bytes value = TRY(cmw_cli::unwrap(message, options.path));
  return write_out(options, value, out);
}

Result<void> run_print(const Options& options, std::ostream& out, std::ostream& err) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const cmw_cli::Opened opened = TRY(within(options.file, cmw_cli::open_unverified(bytes)));
  if (!opened.envelope.empty()) err << "in a " << opened.envelope << "; its signature was not checked\n";
  show(opened, options, out);
  return {};
}

Result<void> run_sign(const Options& options, std::ostream& out) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const cmw::Cmw message = TRY(within(options.file, cmw::parse(bytes)));
  const Bytes key_file = TRY(files::read_file(options.key, kMaxKeyFile));
  const crypto::PrivateKey key = TRY(within(options.key, crypto::private_key_from_any(key_file)));
  if (options.format == "jws") {
    const std::string text = TRY(cmw::sign_json(message, key));
    return write_out(options, as_bytes(text), out);
  }
  const Bytes signed_message = TRY(cmw::sign_cbor(message, key));
  return write_out(options, signed_message, out);
}

Result<void> run_verify(const Options& options, std::ostream& out, std::ostream& err) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const Bytes key_file = TRY(files::read_file(options.key, kMaxKeyFile));
  const crypto::PublicKey key = TRY(within(options.key, crypto::public_key_from_any(key_file)));
  const cmw_cli::Opened verified = TRY(within(options.file, cmw_cli::verify(bytes, key, options.alg)));
  err << "signature good\n";
  if (options.out.empty()) {
    show(verified, options, out);
    return {};
  }
  if (verified.form == "json") {
    const std::string text = TRY(cmw::encode_json(verified.message));
    return write_out(options, as_bytes(text), out);
  }
  const Bytes plain = TRY(cmw::encode_cbor(verified.message));
  return write_out(options, plain, out);
}

Result<void> write_out(const Options& options, ByteView content, std::ostream& out) { return files::write_output(options.out.empty() ? "-" : options.out, content, out); }

void show(const cmw_cli::Opened& opened, const Options& options, std::ostream& out) {
  if (options.json) {
    out << json::print(cmw_cli::to_json(opened), {.indent = 2}) << '\n';
  } else {
    out << cmw_cli::to_tree(opened, options.verbose);
  }
}

}  // namespace
}  // namespace assay
