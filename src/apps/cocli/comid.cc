// cocli comid create, display and validate.
#include <ostream>
#include <set>

#include "apps/cocli/commands.h"
#include "apps/endorsements.h"
#include "apps/files.h"
#include "model/corim/template.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"

namespace assay::cocli {
namespace {

using corim::Generation;
using files::go_quote;
using goflags::Context;
using goflags::Flag;

Result<void> create(Context& context);
Result<void> validate(Context& context);
Result<void> compile_to(Context& context, const std::string& file, const std::string& path, std::optional<Generation> requested, std::set<std::string>& written);
Result<Bytes> compile(Context& context, const std::string& file, std::optional<Generation> requested);
Result<void> display(Context& context);
Result<std::string> shown(const Context& context, const std::string& file);
Flag profile_flag(std::string_view of) { return {.long_name = "profile", .short_name = 'p', .help = fmt::format("`URI` or OID of the profile of {}, whose members and rules count as well", of)}; }
Result<std::optional<corim::Profile>> profile(const Context& context, std::string_view whose);
Result<void> check_rules(const Context& context, const corim::Comid& comid, const std::optional<corim::Profile>& profile);
Result<void> check(Context& context, const std::string& file);

}  // namespace

goflags::Command comid_command() {
  std::vector<Flag> reads = read_flags("CoMID");
  reads.push_back(profile_flag("the files"));
  goflags::Command create_command{
      .name = "create",
      .short_help = "make CoMIDs from templates in JSON",
      .examples = "  cocli comid create --template=t1.json --template-dir=templates --output-dir=out",
      .flags = {{.long_name = "template", .short_name = 't', .kind = Flag::list, .help = "`file` with a template; may be repeated"},
                {.long_name = "template-dir", .short_name = 'T', .kind = Flag::list, .help = "`folder` with templates, *.json; may be repeated"},
                {.long_name = "output-dir", .short_name = 'o', .default_value = ".", .help = "`folder` to write to; it must exist"},
                profile_flag("the templates"),
                format_flag(),
                strict_flag()},
      .run = create,
  };
  goflags::Command display_command{.name = "display", .short_help = "print CoMIDs in JSON", .examples = "  cocli comid display --file=m1.cbor --dir=comids", .flags = reads, .run = display};
  goflags::Command validate_command{.name = "validate", .short_help = "check CoMIDs against the rules of their format", .examples = "  cocli comid validate --file=m1.cbor --dir=comids", .flags = reads, .run = validate};
  return {.name = "comid", .short_help = "CoMID: what is expected of a module", .children = {std::move(create_command), std::move(display_command), std::move(validate_command)}};
}

namespace {

Result<void> create(Context& context) {
  if (context.list("template").empty() && context.list("template-dir").empty()) return fail_with(Errc::usage, "no templates supplied");
  const auto requested = TRY(requested_generation(context));
  const auto templates = TRY(file_list(context, "template", "template-dir", ".json"));
  if (templates.empty()) return fail_with(Errc::usage, "no files found");
  std::size_t failed = 0;
  std::set<std::string> written;
  for (const std::string& file : templates) {
    const std::string path = join(context.text("output-dir"), cbor_name(file));
    note_file(context, file);
    const auto done = compile_to(context, file, path, requested, written);
    if (done) {
      context.out << fmt::format(">> created {} from {}\n", go_quote(path), go_quote(file));
    } else {
      ++failed;
      context.out << fmt::format(">> creation failed for {}: {}\n", go_quote(file), done.error().text());
    }
  }
  if (failed != 0) return fail_with(Errc::invalid, fmt::format("{}/{} creations(s) failed", failed, templates.size()));
  return {};
}

// `written` has the files that this run made.
Result<void> compile_to(Context& context, const std::string& file, const std::string& path, std::optional<Generation> requested, std::set<std::string>& written) {
  const Bytes comid = TRY(compile(context, file, requested));
  if (!written.insert(path).second) TRY(warn(context, fmt::format("{} is written again, now from {}", path, file)));
  return with_prefix(fmt::format("error saving CBOR file {}: ", path), files::write_file(path, comid));
}

Result<Bytes> compile(Context& context, const std::string& file, std::optional<Generation> requested) {
  const std::string text = TRY(with_prefix(fmt::format("error loading template from {}: ", file), files::read_text(file, kMaxJson)));
  const std::string decoding = fmt::format("error decoding template from {}: ", file);
  const auto of_profile = TRY(profile(context, "for template"));
  const json::Value value = TRY(with_prefix(decoding, corim::parse_template(text)));
  const auto parsed = corim::comid_from_template(value, {.extensions = corim::extensions_of(of_profile)});
  TRY(with_prefix(decoding, report(context, parsed.problems)));
  TRY(with_prefix(fmt::format("error validating template {}: ", file), check_rules(context, parsed.value, of_profile)));
  const Generation generation = requested.value_or(corim::default_generation(parsed));
  return with_prefix(fmt::format("error encoding template {} to CBOR: ", file), corim::write_comid(parsed.value, generation));
}

Result<void> display(Context& context) {
  return display_files(context, [&](const std::string& file) { return shown(context, file); });
}

// Only decoded: one that breaks a rule can be looked at all the same.
Result<std::string> shown(const Context& context, const std::string& file) {
  const Bytes bytes = TRY(with_prefix(fmt::format("error loading CoMID from {}: ", file), files::read_file(file, corim::kMaxCorim)));
  const corim::Extensions extensions = corim::extensions_of(TRY(profile(context, "from template")));
  const corim::Comid comid = TRY(with_prefix("CBOR decoding failed: ", corim::read_comid(bytes)));
  return json::print(corim::to_json(comid, endorsements::dialect_of(comid, bytes, extensions), extensions), {.indent = 2});
}

Result<void> validate(Context& context) {
  const auto paths = TRY(files_to_read(context));
  std::size_t failed = 0;
  for (const std::string& file : paths) {
    note_file(context, file);
    const auto good = check(context, file);
    if (good) {
      context.out << fmt::format("[valid] {}\n", go_quote(file));
    } else {
      ++failed;
      context.out << fmt::format("[invalid] {}: {}\n", go_quote(file), good.error().text());
    }
  }
  if (failed != 0) return fail_with(Errc::invalid, fmt::format("{}/{} validation(s) failed", failed, paths.size()));
  return {};
}

Result<void> check(Context& context, const std::string& file) {
  const Bytes bytes = TRY(with_prefix(fmt::format("error loading CoMID from {}: ", file), files::read_file(file, corim::kMaxCorim)));
  const auto of_profile = TRY(profile(context, "for CoMID"));
  const corim::Comid comid = TRY(with_prefix(fmt::format("error decoding CoMID from {}: ", file), corim::read_comid(bytes)));
  return with_prefix(fmt::format("error validating CoMID {}: ", file), check_rules(context, comid, of_profile));
}

// An absolute URI or an OID, as the original reads it.
Result<std::optional<corim::Profile>> profile(const Context& context, std::string_view whose) {
  const std::string& text = context.text("profile");
  if (text.empty()) return std::optional<corim::Profile>{};
  if (corim::is_absolute_uri(text)) return std::optional<corim::Profile>{text};
  auto oid = TRY(with_prefix(fmt::format("error creating profile {} {}: ", go_quote(text), whose), corim::oid_from_text(text)));
  return std::optional<corim::Profile>{std::move(oid)};
}

// One that no scheme of this build has adds no rules, as it does for the original; --strict says so.
Result<void> check_rules(const Context& context, const corim::Comid& comid, const std::optional<corim::Profile>& profile) {
  TRY(report(context, corim::validate(comid, {.extensions = corim::extensions_of(profile)})));
  if (!profile) return {};
  return report(context, endorsements::check_profile(comid, *profile).problems);
}

}  // namespace
}  // namespace assay::cocli
