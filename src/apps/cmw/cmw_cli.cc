#include "apps/cmw/cmw_cli.h"

#include "apps/cmw/commands.h"
#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/native_cli.h"
#include "crypto/key_formats.h"

namespace assay {
namespace {

using cmw_cli::WrapOptions;

constexpr const char* kExamples =
    "Examples:\n"
    "  # A token as a message that says what it is\n"
    "  assay cmw wrap token.cbor --type application/eat+cwt --ind evidence --out message.cbor\n"
    "\n"
    "  # Several messages as one, and one of them back\n"
    "  assay cmw wrap --entry psa=one.cbor --entry cca=two.cbor --out all.cbor\n"
    "  assay cmw unwrap all.cbor --entry psa --out token.cbor\n"
    "\n"
    "  # What is inside? (no signature is checked)\n"
    "  assay cmw show message.cbor\n"
    "\n"
    "  # Vouch for a message; check that somebody did, and take what is inside to a verdict\n"
    "  assay cmw sign message.cbor --key skey.jwk --out signed.cose\n"
    "  assay cmw verify signed.cose --key pkey.jwk --out inner.cbor\n"
    "  assay verify inner.cbor --key iak.jwk\n"
    "\n";
constexpr const char* kExitStatus = "Exit status: 0 done; 2 usage; 3 malformed; 4 bad signature; 5 environment.\n";

struct Options {
  native::Common common;
  WrapOptions wrap;
  std::string file;
  std::optional<std::string> out;  // standard output; for verify: show what is inside
  std::string key;
  std::optional<std::string> alg;
  std::string format = "cose";
  std::vector<std::string> path;
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
};
using Run = Result<void> (*)(const Options&, const Streams&);

// The commands, and the one that was chosen.
struct Commands {
  CLI::App& app;
  Options& options;
  std::string name;
  Run run = nullptr;

  CLI::App& add(const char* command, const char* help, const char* example, Run action);
};

void declare(Commands& commands);
void declare_wrap(Commands& commands);
void declare_show(Commands& commands, const char* name, const char* group);
void declare_verify(Commands& commands);
void add_out(CLI::App& command, Options& options, const char* help);
Result<void> wrap(const Options& options, const Streams& to);
Result<void> unwrap(const Options& options, const Streams& to);
Result<void> show(const Options& options, const Streams& to);
Result<void> sign(const Options& options, const Streams& to);
Result<void> verify(const Options& options, const Streams& to);
Result<void> write_out(const Options& options, ByteView content, const Streams& to);
bool is_text(ByteView content);
void print(const cmw_cli::Opened& opened, const Options& options, std::ostream& out);

}  // namespace

int run_cmw(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  CLI::App app{"Wraps, unwraps, shows, signs and verifies conceptual messages (CMW, draft-ietf-rats-msg-wrap): records, tags and collections in CBOR and JSON.", "assay cmw"};
  app.require_subcommand(1);
  app.footer(std::string{kExamples} + kExitStatus);
  Commands commands{app, options, {}};
  declare(commands);
  return native::run(app, args, out, err, [&] {
    const auto done = commands.run(options, {out, err});
    if (done) return 0;
    const int status = native::report_error(done.error(), err);
    if (done.error().errc == Errc::usage) err << "Try: assay cmw " << commands.name << " --help\n";
    return status;
  });
}

namespace {

CLI::App& Commands::add(const char* command, const char* help, const char* example, Run action) {
  CLI::App& added = *app.add_subcommand(command, help);
  added.footer(fmt::format("Example:\n  assay cmw {} {}\n\n{}", command, example, kExitStatus));
  native::add_common(added, options.common);
  added.callback([this, command, action] {
    name = command;
    run = action;
  });
  return added;
}

void declare(Commands& commands) {
  Options& options = commands.options;
  const auto takes_file = [&](CLI::App& command, const char* help) { command.add_option("FILE", options.file, help)->type_name("")->required(); };

  declare_wrap(commands);

  CLI::App& unwrapper = commands.add("unwrap", "write the message that is inside; no signature is checked", "all.cbor --entry psa --out token.cbor", unwrap);
  takes_file(unwrapper, "file with a CMW; - is standard input");
  unwrapper.add_option("-e,--entry", options.path, "label in a collection; repeated: in the collection which that is")->allow_extra_args(false)->type_name("LABEL");
  add_out(unwrapper, options, "file for the message; - is standard output (the default)");

  declare_show(commands, "show", "Subcommands");
  declare_show(commands, "print", "");  // its first name; works, and is not listed

  CLI::App& signer = commands.add("sign", "sign a CMW", "message.cbor --key skey.jwk --out signed.cose", sign);
  takes_file(signer, "file with a CMW; - is standard input");
  native::add_file(signer, "-k,--key", options.key, "file with the private key (JWK, PEM)")->required();
  signer.add_option("-f,--format", options.format, "cose (COSE_Sign1 over CBOR) or jws (flattened JWS over JSON)")->check(CLI::IsMember({"cose", "jws"}))->capture_default_str();
  add_out(signer, options, "file for the signed CMW; - is standard output (the default)");

  declare_verify(commands);
}

void declare_wrap(Commands& commands) {
  WrapOptions& wrapped = commands.options.wrap;
  CLI::App& command = commands.add("wrap", "put a file into a record or a tag, or CMWs into a collection", "token.cbor --type application/eat+cwt --ind evidence --out message.cbor", wrap);
  command.add_option("FILE", wrapped.value, "file with the message to wrap; - is standard input")->type_name("");
  command.add_option("-t,--type", wrapped.type, "media type of the message, or its CoAP Content-Format")->type_name("TYPE");
  command.add_option("-f,--format", wrapped.format, "form to write")->check(CLI::IsMember({"cbor", "json", "tag"}))->capture_default_str();
  command.add_option("-i,--ind", wrapped.ind, "what the message is: reference-values, endorsements, evidence, results, policy, or a number")->delimiter(',')->allow_extra_args(false)->type_name("KIND");
  command.add_option("-e,--entry", wrapped.entries, "make a collection with this CMW in it; may be repeated")->allow_extra_args(false)->type_name("LABEL=FILE");
  command.add_option("--cmwc-t", wrapped.collection_type, "type of the collection: an absolute URI or an OID")->type_name("TYPE");
  add_out(command, commands.options, "file for the CMW; - is standard output (the default)");
}

void declare_show(Commands& commands, const char* name, const char* group) {
  CLI::App& command = commands.add(name, "print what is inside, also of COSE_Sign1, JWS and certificates, without verifying it (`print` does the same)", "message.cbor", show);
  command.group(group);
  command.add_option("FILE", commands.options.file, "file with a CMW, signed or not; - is standard input")->type_name("")->required();
}

void declare_verify(Commands& commands) {
  Options& options = commands.options;
  CLI::App& command = commands.add("verify", "check the signature of a signed CMW and show what is inside", "signed.cose --key pkey.jwk --out inner.cbor", verify);
  command.add_option("FILE", options.file, "file with a signed CMW: COSE_Sign1 or JWS; - is standard input")->type_name("")->required();
  native::add_file(command, "-k,--key", options.key, "file with the public key (JWK, PEM, DER, COSE_Key)")->required();
  command.add_option("--alg", options.alg, "algorithm of a JWS (default: by the key)");
  add_out(command, options, "file for the CMW without its signature, instead of showing it; - is standard output");
}

void add_out(CLI::App& command, Options& options, const char* help) { command.add_option("-o,--out", options.out, help)->type_name("FILE"); }

Result<void> wrap(const Options& options, const Streams& to) {
  const Bytes bytes = TRY(cmw_cli::wrap(options.wrap));
  return write_out(options, bytes, to);
}

Result<void> unwrap(const Options& options, const Streams& to) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const cmw::Cmw message = TRY(within(options.file, cmw::parse(bytes)));
  const Bytes value = TRY(cmw_cli::unwrap(message, options.path));
  return write_out(options, value, to);
}

Result<void> show(const Options& options, const Streams& to) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const cmw_cli::Opened opened = TRY(within(options.file, cmw_cli::open_unverified(bytes)));
  if (opened.envelope == "X.509 certificate") {
    to.err << "NOT VERIFIED: in a certificate whose signature was not checked\n";
  } else if (!opened.envelope.empty()) {
    to.err << "NOT VERIFIED: in a " << opened.envelope << " whose signature was not checked. To verify: assay cmw verify\n";
  }
  print(opened, options, to.out);
  return {};
}

Result<void> sign(const Options& options, const Streams& to) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const cmw::Cmw message = TRY(within(options.file, cmw::parse(bytes)));
  const Bytes key_file = TRY(files::read_file(options.key, kMaxKeyFile));
  const crypto::PrivateKey key = TRY(within(options.key, crypto::private_key_from_any(key_file)));
  if (options.format == "jws") {
    const std::string text = TRY(cmw::sign_json(message, key));
    return write_out(options, as_bytes(text), to);
  }
  const Bytes signed_message = TRY(cmw::sign_cbor(message, key));
  return write_out(options, signed_message, to);
}

Result<void> verify(const Options& options, const Streams& to) {
  const Bytes bytes = TRY(files::read_file(options.file));
  const Bytes key_file = TRY(files::read_file(options.key, kMaxKeyFile));
  const crypto::PublicKey key = TRY(within(options.key, crypto::public_key_from_any(key_file)));
  const cmw_cli::Opened verified = TRY(within(options.file, cmw_cli::verify(bytes, key, options.alg)));
  to.err << "signature good\n";
  if (!options.out) {
    print(verified, options, to.out);
    return {};
  }
  if (verified.form == "json") {
    const std::string text = TRY(cmw::encode_json(verified.message));
    return write_out(options, as_bytes(text), to);
  }
  const Bytes plain = TRY(cmw::encode_cbor(verified.message));
  return write_out(options, plain, to);
}

Result<void> write_out(const Options& options, ByteView content, const Streams& to) {
  const std::string path = options.out.value_or("-");
  const bool terminal = path == "-" && is_terminal(to.out);
  if (terminal && !is_text(content)) return fail_expecting(Errc::usage, "", "what would be written is binary, and standard output is a terminal", "--out FILE");
  TRY(files::write_output(path, content, to.out));
  if (terminal) to.out << '\n';
  if (path == "-") return {};
  if (options.common.json) {
    json::Object object;
    object.set("file", path);
    object.set("bytes", static_cast<std::uint64_t>(content.size()));
    to.out << json::print(object) << '\n';
  } else {
    to.err << fmt::format("{}: {} bytes written\n", printable(path), content.size());
  }
  return {};
}

// Harmless to a terminal: lines and tabs, and nothing else that `printable` would escape.
bool is_text(ByteView content) {
  std::string text = to_string(content);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  return printable(text) == text;
}

void print(const cmw_cli::Opened& opened, const Options& options, std::ostream& out) {
  if (options.common.json) {
    out << json::print(cmw_cli::to_json(opened), {.indent = 2}) << '\n';
  } else {
    out << cmw_cli::to_tree(opened, options.common.verbose);
  }
}

}  // namespace
}  // namespace assay
