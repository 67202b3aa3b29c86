// cocli cots create and display.
#include <algorithm>
#include <array>
#include <ostream>

#include "apps/cocli/commands.h"
#include "apps/endorsements.h"
#include "apps/files.h"
#include "model/corim/text.h"

namespace assay::cocli {
namespace {

using corim::Cots;
using corim::Generation;
using corim::TrustAnchor;
using files::go_quote;
using goflags::Context;
using goflags::Flag;

constexpr std::array<std::string_view, 3> kAnchorExtensions{".der", ".ta", ".spki"};  // in the order of their formats

Result<void> create(Context& context);
Result<void> check_flags(const Context& context);
Result<std::optional<corim::TagIdentity>> identity(const Context& context);
Result<std::vector<corim::ClaimSet>> load_claims(Context& context, std::string_view flag);
Result<std::vector<TrustAnchor>> load_anchors(const std::vector<std::string>& paths);
Result<std::vector<Bytes>> load_authorities(const std::vector<std::string>& paths);
Result<std::string> shown(const std::string& file);

template <class F>
auto load_template(Context& context, const std::string& file, F&& from_template) -> Result<decltype(from_template(json::Value{}))> {
  const std::string text = TRY(with_prefix(fmt::format("error loading template from {}: ", file), files::read_text(file, kMaxJson)));
  const std::string decoding = fmt::format("error decoding template from {}: ", file);
  const json::Value value = TRY(with_prefix(decoding, corim::parse_template(text)));
  auto parsed = from_template(value);
  TRY(with_prefix(decoding, report(context, parsed.problems)));
  return parsed;
}

}  // namespace

goflags::Command cots_command() {
  goflags::Command create_command{
      .name = "create",
      .short_help = "make a CoTS from environments, trust anchors and claims",
      .examples =
          "  cocli cots create --environment=vendor.json --tafile=root.ta --output=vendor.cbor\n"
          "  cocli cots create --environment=vendor.json --tas=anchors --cas=authorities --permclaims=claims.json --purpose=eat --uuid",
      .flags = {{.long_name = "environment", .short_name = 'e', .help = "`file` with groups of environments in JSON"},
                {.long_name = "tas", .short_name = 't', .kind = Flag::list, .help = "`folder` with trust anchors, *.der, *.ta and *.spki; may be repeated"},
                {.long_name = "tafile", .short_name = 'f', .kind = Flag::list, .help = "`file` with a trust anchor: .der certificate, .ta TrustAnchorInfo, .spki public key; may be repeated"},
                {.long_name = "cas", .short_name = 'c', .kind = Flag::list, .help = "`folder` with certificates of CAs, *.der; may be repeated"},
                {.long_name = "cafile", .kind = Flag::list, .help = "`file` with the certificate of a CA in DER; may be repeated"},
                {.long_name = "permclaims", .short_name = 'p', .help = "`file` with claims in JSON that the anchors may vouch for"},
                {.long_name = "exclclaims", .short_name = 'x', .help = "`file` with claims in JSON that they may not vouch for"},
                {.long_name = "purpose", .short_name = 'u', .kind = Flag::list, .help = "`text` that says what the anchors are for; may be repeated"},
                {.long_name = "id", .help = "`text` as the tag's id"},
                {.long_name = "uuid", .kind = Flag::boolean, .help = "a new UUID as the tag's id"},
                {.long_name = "uuid-str", .help = "`UUID` as the tag's id"},
                {.long_name = "tag-version", .kind = Flag::uint, .help = "`number` of the tag's version; only with an id"},
                {.long_name = "language", .short_name = 'l', .help = "`tag` of the language of texts (RFC 5646)"},
                {.long_name = "output", .short_name = 'o', .help = "`file` to write (default: the name of the environments with .cbor)"},
                format_flag(),
                strict_flag()},
      .run = create,
  };
  goflags::Command display_command{.name = "display", .short_help = "print CoTS in JSON", .examples = "  cocli cots display --file=t1.cbor --dir=stores", .flags = read_flags("CoTS"), .run = [](Context& context) { return display_files(context, shown); }};
  return {.name = "cots", .short_help = "CoTS: trust anchors and what they count for", .children = {std::move(create_command), std::move(display_command)}};
}

namespace {

Result<void> create(Context& context) {
  TRY(check_flags(context));
  Cots cots;
  cots.identity = TRY(identity(context));
  const auto requested = TRY(requested_generation(context));
  const auto anchors = TRY(file_list(context, "tafile", "tas", kAnchorExtensions));
  if (anchors.empty()) return fail_with(Errc::usage, "no TA files found");
  const auto authorities = TRY(file_list(context, "cafile", "cas", kAnchorExtensions.front()));

  const std::string& file = context.text("environment");
  note_file(context, file);
  auto environments = TRY(load_template(context, file, [](const json::Value& value) { return corim::environments_from_template(value); }));
  cots.environments = std::move(environments.value);
  if (!context.text("language").empty()) cots.language = context.text("language");
  cots.purposes = context.list("purpose");
  cots.permitted = TRY(load_claims(context, "permclaims"));
  cots.excluded = TRY(load_claims(context, "exclclaims"));
  cots.keys.anchors = TRY(load_anchors(anchors));
  cots.keys.authorities = TRY(load_authorities(authorities));
  TRY(with_prefix("error validating CoTS: ", report(context, corim::validate(cots))));

  const Generation generation = requested.value_or(environments.needs_d ? Generation::d : Generation::a);
  const Bytes bytes = TRY(with_prefix("error encoding CoTS to CBOR: ", corim::write_cots(cots, generation)));
  const std::string path = context.text("output").empty() ? cbor_name(file) : context.text("output");
  TRY(with_prefix(fmt::format("error saving CBOR file {}: ", path), files::write_file(path, bytes)));
  context.out << fmt::format(">> created {}\n", go_quote(path));
  return {};
}

Result<void> check_flags(const Context& context) {
  if (context.text("environment").empty()) return fail_with(Errc::usage, "no environment template supplied");
  if (context.list("tas").empty() && context.list("tafile").empty()) return fail_with(Errc::usage, "no TA files or folders supplied");
  const int ids = (context.flag("uuid") ? 1 : 0) + (context.text("uuid-str").empty() ? 0 : 1) + (context.text("id").empty() ? 0 : 1);
  if (ids > 1) return fail_with(Errc::usage, "only one of --uuid, --uuid-str and --id can be used at the same time");
  return {};
}

Result<std::optional<corim::TagIdentity>> identity(const Context& context) {
  const std::uint64_t version = context.uint("tag-version");
  const std::string& text = context.text("uuid-str");
  if (context.flag("uuid")) return corim::TagIdentity{.id = endorsements::random_uuid(), .version = version};
  if (!context.text("id").empty()) return corim::TagIdentity{.id = context.text("id"), .version = version};
  if (text.empty()) return std::nullopt;
  const auto uuid = corim::uuid_from_text(text);
  if (!uuid) return fail_with(Errc::usage, "--uuid-str does not contain a valid UUID");
  return corim::TagIdentity{.id = *uuid, .version = version};
}

Result<std::vector<corim::ClaimSet>> load_claims(Context& context, std::string_view flag) {
  const std::string& file = context.text(flag);
  if (file.empty()) return std::vector<corim::ClaimSet>{};
  auto parsed = TRY(load_template(context, file, [](const json::Value& value) { return corim::claims_from_template(value); }));
  return std::vector{std::move(parsed.value)};
}

// The end of the name alone says what is in a file, as it does for the original.
Result<std::vector<TrustAnchor>> load_anchors(const std::vector<std::string>& paths) {
  std::vector<TrustAnchor> anchors;
  for (const std::string& path : paths) {
    const auto at = std::ranges::find_if(kAnchorExtensions, [&](std::string_view extension) { return path.ends_with(extension); });
    const auto format = static_cast<TrustAnchor::Format>(at - kAnchorExtensions.begin());
    anchors.push_back({format, TRY(with_prefix(fmt::format("error loading TA from {}: ", path), files::read_file(path, kMaxKeyFile)))});
  }
  return anchors;
}

Result<std::vector<Bytes>> load_authorities(const std::vector<std::string>& paths) {
  std::vector<Bytes> authorities;
  for (const std::string& path : paths) authorities.push_back(TRY(with_prefix(fmt::format("error loading CA from {}: ", path), files::read_file(path, kMaxKeyFile))));
  return authorities;
}

// Only decoded, as CoMIDs are.
Result<std::string> shown(const std::string& file) {
  const Bytes bytes = TRY(with_prefix(fmt::format("error loading CoTS from {}: ", file), files::read_file(file, corim::kMaxCorim)));
  const Cots cots = TRY(with_prefix("CBOR decoding failed: ", corim::read_cots(bytes)));
  return json::print(corim::to_json(cots), {.indent = 2});
}

}  // namespace
}  // namespace assay::cocli
