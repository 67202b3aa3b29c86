#include "apps/corim/commands.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "appraise/scheme.h"
#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/report.h"
#include "base/text.h"
#include "model/corim/arm_dialect.h"
#include "model/corim/template.h"
#include "model/corim/text.h"

namespace assay::corim_cli {
namespace {

using corim::Generation;
using corim::Problem;
using corim::Problems;
using endorsements::LoadedItem;
using endorsements::Opened;

Result<Bytes> read(const std::string& path) { return files::read_file(path, corim::kMaxCorim); }
Result<json::Value> load_template(const std::string& path, ByteView bytes);
Result<std::vector<LoadedItem>> load_items(const Options& options);
Result<LoadedItem> load_item(corim::TagKind kind, const std::string& path);
Result<Verified<corim::Corim>> verified(const Options& options, const Opened& opened, UnixSeconds now);
Result<void> check_verify_options(const Options& options);
Problems add(Problems problems, Problems more);
Result<Bytes> compile(const corim::Parsed<corim::Comid>& parsed, Generation generation, const std::optional<std::string>& profile);

Result<Judged> judge_comid(const std::string& path, const std::optional<corim::Profile>& profile);
Result<Judged> judge_corim(const std::string& path);
Result<std::optional<corim::Profile>> profile_of(const Options& options);
json::Value to_json(const std::string& path, bool valid, const Judged& judged);

}  // namespace

Result<int> create_comid(const Options& options, const Streams& to) {
  const auto requested = TRY(wanted(options));
  const Bytes bytes = TRY(read(options.file));
  const json::Value value = TRY(load_template(options.file, bytes));
  const corim::Extensions extensions = corim::extensions_of(TRY(profile_of(options)));
  const auto parsed = corim::comid_from_template(value, {.extensions = extensions});
  // What a rule says about a template that was not read is beside the point.
  const bool readable = corim::first_error(parsed.problems).has_value();
  const int status = print_problems(options.file, readable ? add(parsed.problems, corim::validate(parsed.value, {.extensions = extensions})) : parsed.problems, to.err);
  if (status != 0) return status;
  const Bytes comid = TRY(within(options.file, compile(parsed, requested.value_or(corim::default_generation(parsed)), options.profile)));
  TRY(write_out(options, comid, to));
  return 0;
}

Result<int> show_comid(const Options& options, const Streams& to) {
  const corim::Extensions extensions = corim::extensions_of(TRY(profile_of(options)));
  const Bytes bytes = TRY(read(options.file));
  const corim::Comid comid = TRY(within(options.file, corim::read_comid(bytes)));
  const json::Value value = corim::to_json(comid, endorsements::dialect_of(comid, bytes, extensions), extensions);
  if (options.json) to.out << json::print(value, {.indent = 2}) << '\n';
  else report::print_claims(to.out, value);
  return 0;
}

Result<int> validate_comids(const Options& options, const Streams& to) {
  const auto profile = TRY(profile_of(options));
  return validate_files(options, to, [&](const std::string& path) { return judge_comid(path, profile); });
}
Result<int> validate_corims(const Options& options, const Streams& to) { return validate_files(options, to, judge_corim); }

Result<int> create_corim(const Options& options, const Streams& to) {
  if (options.comids.empty() && options.coswids.empty() && options.cots.empty()) return fail_expecting(Errc::usage, "", "nothing to put in", "--comid FILE, --coswid FILE or --cots FILE");
  const auto requested = TRY(wanted(options));
  const Bytes bytes = TRY(read(options.file));
  const json::Value value = TRY(load_template(options.file, bytes));
  auto parsed = corim::corim_from_template(value);
  const auto items = TRY(load_items(options));
  int status = 0;
  for (const LoadedItem& loaded : items) {
    const int one = print_problems(loaded.path, endorsements::validate(loaded.item, corim::extensions_of(parsed.value.profile)), to.err);
    if (status == 0) status = one;
  }
  const Generation generation = requested.value_or(endorsements::generation_for(parsed, items));
  for (const LoadedItem& loaded : items) parsed.value.tags.push_back(TRY(within(loaded.path, endorsements::write_item(loaded.item, generation))));
  const bool readable = corim::first_error(parsed.problems).has_value();
  const int own = print_problems(options.file, readable ? add(parsed.problems, corim::validate(parsed.value)) : parsed.problems, to.err);
  if (status != 0 || own != 0) return status != 0 ? status : own;
  const Bytes made = TRY(within(options.file, corim::write_corim(parsed.value, generation)));
  TRY(write_out(options, made, to));
  return 0;
}

Result<int> show_corim(const Options& options, const Streams& to) {
  const Opened opened = TRY(within(options.file, endorsements::open_any(TRY(read(options.file)))));
  if (opened.envelope) to.err << "NOT VERIFIED: in a COSE_Sign1 whose signature was not checked. To verify: assay corim verify\n";
  print(to.out, opened, options.json);
  return 0;
}

Result<int> sign_corim(const Options& options, const Streams& to) {
  if (options.intermediates && !options.certificate) return fail_expecting(Errc::usage, "--intermediates", "intermediate certificates without a leaf", "--cert FILE with them");
  const Opened payload = TRY(within(options.file, endorsements::open_any(TRY(read(options.file)))));
  if (payload.envelope) return fail_expecting(Errc::invalid, options.file, "signed already", "an unsigned CoRIM: assay corim verify FILE --key KEY --out UNSIGNED");
  if (const int status = print_problems(options.file, endorsements::check(payload.corim), to.err); status != 0) return status;
  const Bytes meta_bytes = TRY(read(options.meta));
  const auto meta = corim::meta_from_template(TRY(load_template(options.meta, meta_bytes)));
  if (const int status = print_problems(options.meta, meta.problems, to.err); status != 0) return status;
  const endorsements::Signer signer = TRY(within(*options.key, endorsements::load_signer(*options.key)));
  std::vector<Bytes> chain;
  if (options.certificate) chain = TRY(endorsements::load_signing_chain(*options.certificate, options.intermediates, signer.key.public_key()));
  const Bytes message = TRY(endorsements::sign(payload, signer, meta.value, std::move(chain)));
  TRY(write_out(options, message, to));
  return 0;
}

Result<int> verify_corim(const Options& options, const Streams& to) {
  TRY(check_verify_options(options));
  const Bytes bytes = TRY(read(options.file));
  if (!endorsements::looks_signed(bytes)) return fail_expecting(Errc::malformed, options.file, "not signed", "a COSE_Sign1 (tag 18) with a CoRIM inside");
  const Opened opened = TRY(within(options.file, endorsements::open_signed(bytes)));
  const UnixSeconds now = options.at ? TRY(within("--at", inputs::parse_time(*options.at))) : system_now();
  TRY(within(options.file, verified(options, opened, now)));
  to.err << "signature good";
  if (!options.key) to.err << ", by " << printable(TRY(corim::certificates_of(*opened.envelope)).front().subject());
  to.err << '\n';
  for (const std::string& warning : endorsements::time_warnings(opened, now)) to.err << "warning: " << warning << '\n';
  if (options.out) TRY(write_out(options, *opened.envelope->message.payload, to));
  else print(to.out, opened, options.json);
  return 0;
}

// All of it or nothing.
Result<int> extract_corim(const Options& options, const Streams& to) {
  const Opened opened = TRY(within(options.file, endorsements::open_any(TRY(read(options.file)))));
  if (opened.envelope) to.err << "NOT VERIFIED: from a COSE_Sign1 whose signature was not checked. To verify: assay corim verify\n";
  std::vector<files::NamedContent> all;
  for (std::size_t i = 0; i < opened.corim.tags.size(); ++i) {
    const corim::Tag& tag = opened.corim.tags[i];
    all.push_back({(std::filesystem::path{options.out_dir} / endorsements::extracted_name(i, tag.kind)).lexically_normal().string(), tag.content});
  }
  TRY(files::write_files(all));
  json::Array names;
  for (const files::NamedContent& file : all) {
    names.emplace_back(file.path);
    if (!options.json) to.out << printable(file.path) << '\n';
  }
  if (options.json) to.out << json::print(names) << '\n';
  return 0;
}

Result<int> convert_corim(const Options& options, const Streams& to) {
  const auto generation = TRY(wanted(options));
  const Opened opened = TRY(within(options.file, endorsements::open_any(TRY(read(options.file)))));
  if (opened.envelope) return fail_expecting(Errc::invalid, options.file, "signed: the signature would not survive", "an unsigned CoRIM: assay corim verify FILE --key KEY --out UNSIGNED");
  const Bytes converted = TRY(within(options.file, endorsements::convert(opened.corim, *generation)));
  TRY(write_out(options, converted, to));
  return 0;
}

int print_problems(const std::string& file, const Problems& problems, std::ostream& err) {
  for (const Problem& problem : problems) {
    err << (problem.severity == Problem::Severity::error ? "error: " : "warning: ") << text_of(file, problem) << '\n';
  }
  const auto first = corim::first_error(problems);
  return first ? 0 : exit_code(first.error().errc);
}

Result<std::optional<Generation>> wanted(const Options& options) {
  if (!options.to) return std::optional<Generation>{};
  const auto generation = corim::generation_of(*options.to);
  if (!generation) return fail_expecting(Errc::usage, "generation", assay::quoted(*options.to), "A, B, C or D");
  return generation;
}

Result<int> validate_files(const Options& options, const Streams& to, const Judge& judge) {
  int status = 0;
  json::Array files;
  for (const std::string& path : options.files) {
    auto judged = judge(path);
    if (!judged && exit_code(judged.error().errc) == exit_code(Errc::io)) return std::unexpected(within(path, judged.error()));
    if (!judged) judged = Judged{{{Problem::Severity::error, judged.error().errc, "", judged.error().text(), {}}}};
    const bool valid = corim::first_error(judged->problems).has_value();
    if (!valid && status == 0) status = exit_code(Errc::invalid);
    if (options.json) {
      files.push_back(to_json(path, valid, *judged));
      continue;
    }
    to.out << printable(path) << (valid ? ": valid\n" : ": not valid\n");
    if (judged->profile) to.out << fmt::format("  by the rules of profile {}\n", assay::quoted(*judged->profile));
    for (const Problem& problem : judged->problems) {
      to.out << (problem.severity == Problem::Severity::error ? "  error: " : "  warning: ") << to_error(problem).text() << '\n';
    }
  }
  if (options.json) to.out << json::print(files, {.indent = 2}) << '\n';
  return status;
}

Result<void> write_out(const Options& options, ByteView content, const Streams& to) {
  const std::string path = options.out.value_or("-");
  if (path == "-" && is_terminal(to.out)) return fail_expecting(Errc::usage, "", "what would be written is binary, and standard output is a terminal", "--out FILE");
  TRY(files::write_output(path, content, to.out));
  if (path != "-") say_written(path, content.size(), options, to);
  return {};
}

void say_written(const std::string& path, std::size_t size, const Options& options, const Streams& to) {
  if (!options.json) {
    to.err << fmt::format("{}: {} bytes written\n", printable(path), size);
    return;
  }
  json::Object object;
  object.set("file", path);
  object.set("bytes", static_cast<std::uint64_t>(size));
  to.out << json::print(object) << '\n';
}

namespace {

Result<json::Value> load_template(const std::string& path, ByteView bytes) {
  if (!is_template(bytes)) return fail_expecting(Errc::malformed, path, "no JSON object", "a template in JSON");
  return within(path, corim::parse_template(as_text(bytes)));
}

Result<std::vector<LoadedItem>> load_items(const Options& options) {
  std::vector<LoadedItem> loaded;
  for (const std::string& path : options.comids) loaded.push_back(TRY(load_item(corim::TagKind::comid, path)));
  for (const std::string& path : options.coswids) loaded.push_back(TRY(load_item(corim::TagKind::coswid, path)));
  for (const std::string& path : options.cots) loaded.push_back(TRY(load_item(corim::TagKind::cots, path)));
  return loaded;
}

Result<LoadedItem> load_item(corim::TagKind kind, const std::string& path) {
  const Bytes bytes = TRY(read(path));
  if (kind == corim::TagKind::comid && is_template(bytes)) return fail_expecting(Errc::malformed, path, "a template", fmt::format("a CoMID: assay comid create {} --out FILE", printable(path)));
  return LoadedItem{path, TRY(within(path, endorsements::read_item(kind, bytes)))};
}

// A CoMID does not say its profile, and only by that can the old forms of Arm's profiles be turned into those that D has.
Result<Bytes> compile(const corim::Parsed<corim::Comid>& parsed, Generation generation, const std::optional<std::string>& profile) {
  if (profile && generation == Generation::d && corim::profile_of_2025(*profile)) return corim::write_comid(TRY(corim::in_dialect_of_2025(parsed.value, *profile)), generation);
  auto written = corim::write_comid(parsed.value, generation);
  if (!written && written.error().errc == Errc::unsupported && generation == Generation::d) {
    written.error().expected += "; of Arm's profiles of 2022 it is translated with --profile http://arm.com/psa/iot/1, http://arm.com/cca/ssd/1 or http://arm.com/cca/realm/1";
  }
  return written;
}

Problems add(Problems problems, Problems more) {
  std::ranges::move(more, std::back_inserter(problems));
  return problems;
}

Result<void> check_verify_options(const Options& options) {
  if (options.key && !options.roots.empty()) return fail_expecting(Errc::usage, "--ca", "with --key", "one of them");
  if (!options.key && options.roots.empty()) return fail_expecting(Errc::usage, "", "nothing to verify with", "--key FILE, or --ca FILE for a certificate chain in the header");
  if (!options.lists.empty() && options.roots.empty()) return fail_expecting(Errc::usage, "--crl", "without --ca", "them together");
  if (options.policy && options.lists.empty()) return fail_expecting(Errc::usage, "--crl-policy", "without --crl", "them together");
  return {};
}

Result<Verified<corim::Corim>> verified(const Options& options, const Opened& opened, UnixSeconds now) {
  if (options.key) {
    const crypto::PublicKey key = TRY(inputs::load_public_key(*options.key));
    return corim::verify_signed(*opened.envelope, key);
  }
  const auto roots = TRY(inputs::load_certificates(options.roots));
  crypto::ChainOptions chain;
  chain.lists = TRY(inputs::load_revocation_lists(options.lists));
  if (!chain.lists.empty()) {
    const auto policy = endorsements::revocation_policy(options.policy.value_or("strict"));
    if (!policy) return fail_expecting(Errc::usage, "--crl-policy", assay::quoted(*options.policy), "strict or permissive");
    chain.revocation = *policy;
  }
  return corim::verify_signed(*opened.envelope, roots, now, chain);
}

json::Value to_json(const std::string& path, bool valid, const Judged& judged) {
  json::Object object;
  object.set("file", path);
  object.set("valid", valid);
  if (judged.profile) object.set("profile", *judged.profile);
  json::Array list;
  for (const Problem& problem : judged.problems) list.push_back(corim_cli::to_json(problem));
  object.set("problems", std::move(list));
  return object;
}

// One that a scheme of this build has, or that has members here: nothing would come of it otherwise.
Result<std::optional<corim::Profile>> profile_of(const Options& options) {
  if (!options.profile) return std::optional<corim::Profile>{};
  const std::string& text = *options.profile;
  corim::Profile profile{text};
  if (auto oid = corim::oid_from_text(text)) profile = std::move(*oid);
  if (!corim::extensions_of(profile).empty()) return std::optional{std::move(profile)};
  const bool is_known = std::ranges::any_of(appraise::all_schemes(), [&](const appraise::Scheme* scheme) { return std::ranges::find(scheme->corim_profiles, text) != scheme->corim_profiles.end(); });
  if (!is_known) return fail_expecting(Errc::usage, "--profile", assay::quoted(text), "one of a scheme of this build (assay describe)");
  return std::optional{std::move(profile)};
}

// Rules of a profile are looked at where nothing plainer is wrong.
Judged with_profile(Problems problems, const std::function<endorsements::ProfileCheck()>& check) {
  if (!corim::first_error(problems)) return {std::move(problems)};
  endorsements::ProfileCheck checked = check();
  return {add(std::move(problems), std::move(checked.problems)), std::move(checked.applied)};
}

Result<Judged> judge_comid(const std::string& path, const std::optional<corim::Profile>& profile) {
  const Bytes bytes = TRY(read(path));
  corim::Comid comid;
  Problems problems;
  if (is_template(bytes)) {
    auto parsed = corim::comid_from_template(TRY(corim::parse_template(as_text(bytes))), {.extensions = corim::extensions_of(profile)});
    if (!corim::first_error(parsed.problems)) return Judged{std::move(parsed.problems)};
    problems = std::move(parsed.problems);
    comid = std::move(parsed.value);
  } else {
    comid = TRY(corim::read_comid(bytes));
  }
  problems = add(std::move(problems), corim::validate(comid, {.extensions = corim::extensions_of(profile)}));
  if (!profile) return Judged{std::move(problems)};
  return with_profile(std::move(problems), [&] { return endorsements::check_profile(comid, *profile); });
}

// A template has no tags yet.
Result<Judged> judge_corim(const std::string& path) {
  Bytes bytes = TRY(read(path));
  if (!is_template(bytes)) {
    const corim::Corim corim = TRY(endorsements::open_any(std::move(bytes))).corim;
    return with_profile(endorsements::check(corim), [&] { return endorsements::check_profile(corim); });
  }
  auto parsed = corim::corim_from_template(TRY(corim::parse_template(as_text(bytes))));
  if (!corim::first_error(parsed.problems)) return Judged{std::move(parsed.problems)};
  Problems rules = corim::validate(parsed.value);
  std::erase_if(rules, [](const Problem& problem) { return problem.where == "/tags"; });
  return Judged{add(std::move(parsed.problems), std::move(rules))};
}

}  // namespace
}  // namespace assay::corim_cli
