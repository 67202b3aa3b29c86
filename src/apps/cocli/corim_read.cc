// cocli corim verify, display and extract.
#include <ostream>

#include "apps/cocli/corim_commands.h"
#include "apps/endorsements.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "crypto/key_formats.h"
#include "model/corim/template.h"
#include "model/corim/text.h"

namespace assay::cocli {
namespace {

using endorsements::Opened;
using files::go_quote;
using goflags::Context;
using goflags::Flag;

Result<void> verify(Context& context, UnixSeconds now);
Result<void> display(Context& context);
Result<void> extract(Context& context);
Result<void> check_verify_flags(const Context& context);
Result<Opened> load(Context& context, bool only_signed);
Result<void> verify_by_key(const std::string& file, const Opened& opened, const std::string& key_file);
Result<void> verify_by_chain(const Context& context, const Opened& opened, UnixSeconds now);
std::string indented(const json::Value& value) { return json::print(value, {.indent = 2}); }
std::string shown(std::size_t index, const corim::Corim& corim);

}  // namespace

goflags::Command verify_corim_command(UnixSeconds now) {
  return {
      .name = "verify",
      .short_help = "verify the signature of a CoRIM",
      .examples =
          "  cocli corim verify --file=signed-rim.cbor --key=key.jwk\n"
          "  cocli corim verify --file=signed-rim.cbor --trust-anchors=roots.pem --crl=ca.crl",
      .flags = {{.long_name = "file", .short_name = 'f', .help = "`file` with the signed CoRIM"},
                {.long_name = "key", .short_name = 'k', .help = "`file` with the key, public or private: JWK or PEM"},
                {.long_name = "trust-anchors", .help = "`file` with root certificates, DER or PEM, for the chain in the header"},
                {.long_name = "crl", .kind = Flag::list, .help = "`file` with a revocation list, DER or PEM; may be repeated"},
                {.long_name = "crl-policy", .default_value = "strict", .help = "`policy` for issuers without a list: strict or permissive"}},
      .run = [now](Context& context) { return verify(context, now); },
  };
}

goflags::Command display_corim_command() {
  return {
      .name = "display",
      .short_help = "print a CoRIM in JSON; no signature is checked",
      .examples = "  cocli corim display --file=signed-rim.cbor --show-tags",
      .flags = {{.long_name = "file", .short_name = 'f', .help = "`file` with a CoRIM, signed or not"},
                {.long_name = "show-tags", .short_name = 'v', .kind = Flag::boolean, .help = "print the tags as well"}},
      .run = display,
  };
}

goflags::Command extract_corim_command() {
  return {
      .name = "extract",
      .short_help = "write the tags of a CoRIM to files; no signature is checked",
      .examples = "  cocli corim extract --file=signed-rim.cbor --output-dir=out",
      .flags = {{.long_name = "file", .short_name = 'f', .help = "`file` with a CoRIM, signed or not"},
                {.long_name = "output-dir", .short_name = 'o', .default_value = ".", .help = "`folder` to write to; it must exist"},
                strict_flag()},
      .run = extract,
  };
}

namespace {

Result<void> verify(Context& context, UnixSeconds now) {
  const std::string& file = context.text("file");
  if (file.empty()) return fail_with(Errc::usage, "no CoRIM supplied");
  TRY(check_verify_flags(context));
  const Opened opened = TRY(load(context, true));
  const bool has_chain = !opened.envelope->message.x5chain().empty();
  const std::string& key_file = context.text("key");
  if (key_file.empty() && !has_chain) return fail_with(Errc::usage, "no verification method: supply --key or use a CoRIM with x5chain header");
  if (!key_file.empty() && has_chain) context.err << "warning: using --key; x5chain/PKIX verification skipped\n";
  TRY(key_file.empty() ? verify_by_chain(context, opened, now) : verify_by_key(file, opened, key_file));
  for (const std::string& warning : endorsements::time_warnings(opened, now)) context.err << "warning: " << warning << '\n';
  context.out << fmt::format(">> {} verified\n", go_quote(file));
  return {};
}

Result<void> check_verify_flags(const Context& context) {
  const bool has_key = !context.text("key").empty();
  const bool has_lists = !context.list("crl").empty();
  const std::string& policy = context.text("crl-policy");
  if (context.was_set("crl-policy") && !has_lists) return fail_with(Errc::usage, "cannot use --crl-policy without --crl");
  if (!endorsements::revocation_policy(policy)) return fail_with(Errc::usage, fmt::format("invalid CRL policy {} (want strict or permissive)", go_quote(policy)));
  if (has_key && context.was_set("trust-anchors")) return fail_with(Errc::usage, "cannot use --trust-anchors with --key");
  if (has_key && has_lists) return fail_with(Errc::usage, "cannot use --crl with --key");
  return {};
}

Result<void> verify_by_key(const std::string& file, const Opened& opened, const std::string& key_file) {
  const std::string loading = fmt::format("error loading verifying key from {}: ", key_file);
  const SecretBytes content{TRY(with_prefix(loading, files::read_file(key_file, kMaxKeyFile)))};
  const auto key = TRY(with_prefix(loading, crypto::public_key_from_any(content.expose())));
  const auto verified = corim::verify_signed(*opened.envelope, key);
  if (verified) return {};
  const std::string failed = fmt::format("error verifying {} with key {}: ", file, key_file);
  if (verified.error().errc == Errc::unauthenticated) return fail_with(Errc::unauthenticated, failed + "verification error");
  return std::unexpected(prefixed(failed, verified.error()));
}

// The original falls back to the operating system's roots, with a warning. They vouch for the names of web servers: whoever has a web
// site has such a certificate.
Result<void> verify_by_chain(const Context& context, const Opened& opened, UnixSeconds now) {
  const std::string& file = context.text("file");
  const std::string& anchors = context.text("trust-anchors");
  if (anchors.empty()) return fail_with(Errc::usage, "no trust anchors: supply --trust-anchors (the operating system's roots vouch for web servers, not for endorsements) or --key");
  const std::string loading = fmt::format("error loading trust material for {}: ", file);
  const auto roots = TRY(with_prefix(loading, inputs::load_certificates({&anchors, 1})));
  crypto::ChainOptions options;
  options.lists = TRY(with_prefix(loading, inputs::load_revocation_lists(context.list("crl"))));
  if (!options.lists.empty()) options.revocation = *endorsements::revocation_policy(context.text("crl-policy"));
  const auto verified = corim::verify_signed(*opened.envelope, roots, now, options);
  if (!verified) return std::unexpected(prefixed(fmt::format("error verifying {} using x5chain: ", file), verified.error()));
  return {};
}

Result<void> display(Context& context) {
  if (context.text("file").empty()) return fail_with(Errc::usage, "no CoRIM supplied");
  const Opened opened = TRY(load(context, false));
  if (opened.envelope) context.out << "Meta:\n"
                                   << indented(corim::to_json(opened.envelope->meta)) << '\n';
  context.out << "Corim:\n"
              << indented(corim::to_json(opened.corim, opened.corim.generation)) << '\n';
  if (!context.flag("show-tags")) return {};
  context.out << "Tags:\n";
  for (std::size_t i = 0; i < opened.corim.tags.size(); ++i) context.out << shown(i, opened.corim) << '\n';
  return {};
}

std::string shown(std::size_t index, const corim::Corim& corim) {
  const corim::Tag& tag = corim.tags[index];
  const std::string_view title = corim::title(tag.kind);
  const auto content = endorsements::display(tag, corim.generation, corim::extensions_of(corim.profile));
  if (!content) return fmt::format(">> skipping malformed {} tag at index {}: CBOR decoding failed: {}", title, index, content.error().text());
  if (const std::string* text = content->text()) return fmt::format(">> [ {} ]\n{}: {}", index, title, *text);
  return fmt::format(">> [ {} ]\n{}", index, indented(*content));
}

Result<void> extract(Context& context) {
  if (context.text("file").empty()) return fail_with(Errc::usage, "no CoRIM supplied");
  const Opened opened = TRY(load(context, false));
  for (std::size_t i = 0; i < opened.corim.tags.size(); ++i) {
    const corim::Tag& tag = opened.corim.tags[i];
    const auto written = files::write_file(join(context.text("output-dir"), endorsements::extracted_name(i, tag.kind)), tag.content);
    if (written) continue;
    // The original's only word about it; it then ends as if all were well.
    const std::string text = fmt::format("error saving {} tag at index {}: {}", corim::title(tag.kind), i, written.error().text());
    context.out << ">> " << text << '\n';
    TRY(warn(context, text));
  }
  return {};
}

Result<Opened> load(Context& context, bool only_signed) {
  const std::string& file = context.text("file");
  note_file(context, file);
  Bytes bytes = TRY(with_prefix(fmt::format("error loading signed CoRIM from {}: ", file), files::read_file(file, corim::kMaxCorim)));
  const std::string decoding = fmt::format("error decoding signed CoRIM from {}: ", file);
  if (only_signed && !endorsements::looks_signed(bytes)) return fail_with(Errc::malformed, decoding + "failed CBOR decoding for COSE-Sign1 signed CoRIM: cbor: invalid COSE_Sign1_Tagged object");
  return with_prefix(decoding, endorsements::open_any(std::move(bytes)));
}

}  // namespace
}  // namespace assay::cocli
