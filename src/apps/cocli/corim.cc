// cocli corim create and sign; the commands that read are in corim_read.cc.
#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

#include "apps/cocli/corim_commands.h"
#include "apps/endorsements.h"
#include "apps/files.h"
#include "model/corim/template.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"

namespace assay::cocli {
namespace {

using corim::Generation;
using corim::TagKind;
using endorsements::LoadedItem;
using files::go_quote;
using goflags::Context;
using goflags::Flag;

Result<corim::Parsed<corim::Corim>> load_template(Context& context, const std::string& file);
Result<LoadedItem> load_item(TagKind kind, const std::string& path, corim::Extensions extensions);

// Where the files with each kind of tag come from, in the order in which the tags are put in.
struct Source {
  TagKind kind;
  std::string_view files;
  std::string_view folders;
};
constexpr std::array kSources{Source{TagKind::comid, "comid", "comid-dir"}, Source{TagKind::coswid, "coswid", "coswid-dir"}, Source{TagKind::cots, "cots", "cots-dir"}};
struct NamedFile {
  TagKind kind;
  std::string path;
};
Result<std::vector<NamedFile>> files_with_tags(Context& context);
Result<endorsements::Opened> load_unsigned(Context& context, const std::string& file);
Result<corim::Meta> load_meta(Context& context, const std::string& file);
std::string signed_name(const std::string& path);

}  // namespace

goflags::Command corim_command(UnixSeconds now) {
  return {.name = "corim", .short_help = "CoRIM: CoMIDs, CoSWIDs and CoTS in an envelope, signed or not", .children = {create_corim_command(), sign_corim_command(), verify_corim_command(now), display_corim_command(), extract_corim_command(), submit_corim_command()}};
}

goflags::Command create_corim_command() {
  const auto run = [](Context& context) -> Result<void> {
    const std::string& file = context.text("template");
    if (file.empty()) return fail_with(Errc::usage, "no CoRIM template supplied");
    const bool none = std::ranges::all_of(kSources, [&](const Source& source) { return context.list(source.files).empty() && context.list(source.folders).empty(); });
    if (none) return fail_with(Errc::usage, "no CoMID, CoSWID or CoTS files or folders supplied");
    const auto requested = TRY(requested_generation(context));
    const auto paths = TRY(files_with_tags(context));
    if (paths.empty()) return fail_with(Errc::usage, "no CoMID, CoSWID or CoTS files found");

    note_file(context, file);
    auto parsed = TRY(load_template(context, file));
    std::vector<LoadedItem> items;
    for (const NamedFile& named : paths) {
      note_file(context, named.path);
      items.push_back(TRY(load_item(named.kind, named.path, corim::extensions_of(parsed.value.profile))));
    }
    const Generation generation = requested.value_or(endorsements::generation_for(parsed, items));
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string encoding = fmt::format("error encoding {} from {} to CBOR: ", corim::title(paths[i].kind), paths[i].path);
      parsed.value.tags.push_back(TRY(with_prefix(encoding, endorsements::write_item(items[i].item, generation))));
    }
    TRY(with_prefix("error validating CoRIM: ", report(context, corim::validate(parsed.value))));
    const Bytes bytes = TRY(with_prefix("error encoding CoRIM to CBOR: ", corim::write_corim(parsed.value, generation)));
    const std::string path = context.text("output").empty() ? cbor_name(file) : context.text("output");
    TRY(with_prefix(fmt::format("error saving CoRIM to file {}: ", path), files::write_file(path, bytes)));
    context.out << fmt::format(">> created {} from {}\n", go_quote(path), go_quote(file));
    return {};
  };
  return {
      .name = "create",
      .short_help = "make a CoRIM from a template in JSON and CoMIDs, CoSWIDs or CoTS",
      .examples = "  cocli corim create --template=c1.json --comid=m1.cbor --comid-dir=comids --output=rim.cbor",
      .flags = {{.long_name = "template", .short_name = 't', .help = "`file` with the template of the CoRIM"},
                {.long_name = "comid", .short_name = 'm', .kind = Flag::list, .help = "`file` with a CoMID; may be repeated"},
                {.long_name = "comid-dir", .short_name = 'M', .kind = Flag::list, .help = "`folder` with CoMIDs, *.cbor; may be repeated"},
                {.long_name = "coswid", .short_name = 's', .kind = Flag::list, .help = "`file` with a CoSWID; may be repeated"},
                {.long_name = "coswid-dir", .short_name = 'S', .kind = Flag::list, .help = "`folder` with CoSWIDs, *.cbor; may be repeated"},
                {.long_name = "cots", .short_name = 'c', .kind = Flag::list, .help = "`file` with a CoTS; may be repeated"},
                {.long_name = "cots-dir", .short_name = 'C', .kind = Flag::list, .help = "`folder` with CoTS, *.cbor; may be repeated"},
                {.long_name = "output", .short_name = 'o', .help = "`file` to write (default: the name of the template with .cbor)"},
                format_flag(),
                strict_flag()},
      .run = run,
  };
}

goflags::Command sign_corim_command() {
  const auto run = [](Context& context) -> Result<void> {
    const std::string& file = context.text("file");
    if (file.empty()) return fail_with(Errc::usage, "no CoRIM supplied");
    if (context.text("key").empty()) return fail_with(Errc::usage, "no key supplied");
    if (context.text("meta").empty()) return fail_with(Errc::usage, "no CoRIM Meta supplied");
    if (context.was_set("intermediates") && !context.was_set("cert")) return fail_with(Errc::usage, "cannot add intermediate certificates without a signing certificate");

    note_file(context, file);
    const endorsements::Opened payload = TRY(load_unsigned(context, file));
    const corim::Meta meta = TRY(load_meta(context, context.text("meta")));
    const auto signer = TRY(with_prefix(fmt::format("error loading signing key from {}: ", context.text("key")), endorsements::load_signer(context.text("key"))));
    std::vector<Bytes> chain;
    if (context.was_set("cert")) {
      const std::optional<std::string> intermediates = context.was_set("intermediates") ? std::optional{context.text("intermediates")} : std::nullopt;
      chain = TRY(with_prefix("error loading signing certificate: ", endorsements::load_signing_chain(context.text("cert"), intermediates, signer.key.public_key())));
    }
    const Bytes bytes = TRY(with_prefix("error signing CoRIM: ", endorsements::sign(payload, signer, meta, std::move(chain))));
    const std::string path = context.text("output").empty() ? signed_name(file) : context.text("output");
    TRY(with_prefix(fmt::format("error saving signed CoRIM to file {}: ", path), files::write_file(path, bytes)));
    context.out << fmt::format(">> {} signed and saved to {}\n", go_quote(file), go_quote(path));
    return {};
  };
  return {
      .name = "sign",
      .short_help = "sign a CoRIM",
      .examples = "  cocli corim sign --file=rim.cbor --key=key.jwk --meta=meta.json --output=signed-rim.cbor",
      .flags = {{.long_name = "file", .short_name = 'f', .help = "`file` with the unsigned CoRIM"},
                {.long_name = "key", .short_name = 'k', .help = "`file` with the private key: JWK, also PEM"},
                {.long_name = "meta", .short_name = 'm', .help = "`file` with the signer's particulars in JSON"},
                {.long_name = "cert", .short_name = 'c', .help = "`file` with the certificate of the key, to go into the header"},
                {.long_name = "intermediates", .help = "`file` with the certificates between that and the root, DER behind each other or PEM"},
                {.long_name = "output", .short_name = 'o', .help = "`file` to write (default: signed- in front of the name of the CoRIM)"},
                strict_flag()},
      .run = run,
  };
}

namespace {

Result<corim::Parsed<corim::Corim>> load_template(Context& context, const std::string& file) {
  const std::string text = TRY(with_prefix(fmt::format("error loading template from {}: ", file), files::read_text(file, kMaxJson)));
  const std::string decoding = fmt::format("error decoding template from {}: ", file);
  const json::Value value = TRY(with_prefix(decoding, corim::parse_template(text)));
  auto parsed = corim::corim_from_template(value);
  TRY(with_prefix(decoding, report(context, parsed.problems)));
  return parsed;
}

Result<std::vector<NamedFile>> files_with_tags(Context& context) {
  std::vector<NamedFile> found;
  for (const Source& source : kSources) {
    for (std::string& path : TRY(file_list(context, source.files, source.folders, ".cbor"))) found.push_back({source.kind, std::move(path)});
  }
  return found;
}

Result<LoadedItem> load_item(TagKind kind, const std::string& path, corim::Extensions extensions) {
  const std::string_view title = corim::title(kind);
  const std::string loading = fmt::format("error loading {} from {}: ", title, path);
  const std::string_view hint = kind == TagKind::comid ? " (check its validity using the \"comid validate\" sub-command)" : "";
  const auto not_added = [&] { return fail_with(Errc::invalid, fmt::format("error adding {} from {}{}", title, path, hint)); };
  const Bytes bytes = TRY(with_prefix(loading, files::read_file(path, corim::kMaxCorim)));
  auto item = endorsements::read_item(kind, bytes);
  // The original decodes these two without looking for members that must be there.
  if (!item && item.error().errc == Errc::missing && kind != TagKind::comid) return not_added();
  if (!item) return std::unexpected(prefixed(loading, item.error()));
  if (!corim::first_error(endorsements::validate(*item, extensions))) return not_added();
  return LoadedItem{path, std::move(*item)};
}

Result<endorsements::Opened> load_unsigned(Context& context, const std::string& file) {
  Bytes bytes = TRY(with_prefix(fmt::format("error loading unsigned CoRIM from {}: ", file), files::read_file(file, corim::kMaxCorim)));
  corim::Corim corim = TRY(with_prefix(fmt::format("error decoding unsigned CoRIM from {}: ", file), corim::read_corim(bytes)));
  TRY(with_prefix("error validating CoRIM: ", report(context, corim::validate(corim))));
  return endorsements::Opened{std::move(bytes), {}, std::move(corim)};
}

Result<corim::Meta> load_meta(Context& context, const std::string& file) {
  const std::string text = TRY(with_prefix(fmt::format("error loading CoRIM Meta from {}: ", file), files::read_text(file, kMaxJson)));
  const std::string decoding = fmt::format("error decoding CoRIM Meta from {}: ", file);
  const json::Value value = TRY(with_prefix(decoding, corim::parse_template(text)));
  auto parsed = corim::meta_from_template(value);
  const auto good = report(context, parsed.problems);
  if (!good && good.error().errc == Errc::missing) return std::unexpected(prefixed("error validating CoRIM Meta: ", good.error()));
  TRY(with_prefix(decoding, good));
  return std::move(parsed.value);
}

// In the folder of the unsigned one; the original puts "signed-" in front of the whole path, which then leads nowhere.
std::string signed_name(const std::string& path) {
  const std::filesystem::path original{path};
  return (original.parent_path() / ("signed-" + original.filename().string())).string();
}

}  // namespace
}  // namespace assay::cocli
