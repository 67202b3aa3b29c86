#include "apps/corim/tools.h"

#include <algorithm>

#include "appraise/scheme.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/unwrap.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/corim/diff.h"
#include "model/corim/lint.h"
#include "model/corim/merge.h"
#include "model/corim/text.h"

namespace assay::corim_cli {
namespace {

using appraise::EndorsementDraft;
using corim::Problem;

Result<int> lint_one(const std::string& file, const Options& options, const ToolOptions& tool, const Streams& to, json::Array& all);
void add_profile_findings(ByteView bytes, corim::LintReport& report);
void print(const std::string& file, const corim::Finding& finding, bool mends, std::ostream& out);
void print_counts(const std::string& file, const corim::LintReport& report, bool fix, std::ostream& out);
json::Value to_json(const corim::Finding& finding);
Result<corim::Corim> open_corim(const std::string& path);
Result<corim::Corim> open_comid(const std::string& path);
Result<int> print_changes(const corim::Corim& before, const corim::Corim& after, const Options& options, const Streams& to);
void print_merged(const corim::Corim& all, const Options& options, const Streams& to);
Result<Unwrapped> open_evidence(const Options& options, const ToolOptions& tool);
Result<void> check_evidence(const appraise::Scheme& scheme, ByteView evidence, const crypto::PublicKey& key);
Result<Bytes> compile(EndorsementDraft& draft, corim::Generation generation);
corim::Uuid id_of(ByteView content);
Result<corim::Generation> wanted_generation(const Options& options);
std::string drafted_kinds();

}  // namespace

Result<int> lint_files(const Options& options, const ToolOptions& tool, const Streams& to) {
  if (tool.fix && options.out && options.files.size() > 1) return fail_expecting(Errc::usage, "--out", fmt::format("one file for {} mended ones", options.files.size()), "one input, or no --out: each file is rewritten");
  const bool to_stdout = options.out.value_or("") == "-" || (!options.out && std::ranges::find(options.files, "-") != options.files.end());
  if (tool.fix && options.json && to_stdout) return fail_expecting(Errc::usage, "--json", "the mended file and the report on standard output", "--out FILE");
  int status = 0;
  json::Array all;
  for (const std::string& file : options.files) status = std::max(status, TRY(lint_one(file, options, tool, to, all)));
  if (options.json) to.out << json::print(all, {.indent = 2}) << '\n';
  return status;
}

Result<int> diff_corims(const Options& options, const Streams& to) { return print_changes(TRY(open_corim(options.files[0])), TRY(open_corim(options.files[1])), options, to); }

// As if each were alone in a CoRIM.
Result<int> diff_comids(const Options& options, const Streams& to) { return print_changes(TRY(open_comid(options.files[0])), TRY(open_comid(options.files[1])), options, to); }

namespace {

Result<int> print_changes(const corim::Corim& before, const corim::Corim& after, const Options& options, const Streams& to) {
  const std::vector<corim::Change> changes = TRY(corim::diff(before, after));
  json::Array all;
  for (const corim::Change& change : changes) {
    const std::string_view kind = change.kind == corim::Change::Kind::added ? "added" : change.kind == corim::Change::Kind::removed ? "removed"
                                                                                                                                    : "changed";
    if (!options.json) {
      to.out << fmt::format("{:<8} {}\n", kind, printable(change.subject));
      if (!change.before.empty()) to.out << "  - " << printable(change.before) << '\n';
      if (!change.after.empty()) to.out << "  + " << printable(change.after) << '\n';
      continue;
    }
    json::Object one;
    one.set("change", kind);
    one.set("subject", change.subject);
    if (!change.before.empty()) one.set("before", change.before);
    if (!change.after.empty()) one.set("after", change.after);
    all.push_back(std::move(one));
  }
  if (options.json) to.out << json::print(all, {.indent = 2}) << '\n';
  else if (changes.empty()) to.out << "they say the same\n";
  return changes.empty() ? 0 : 1;
}

}  // namespace

Result<int> merge_corims(const Options& options, const Streams& to) {
  std::vector<corim::Corim> corims;
  for (const std::string& file : options.files) corims.push_back(TRY(open_corim(file)));
  std::optional<corim::TagId> id;
  if (options.id && options.id->empty()) return fail_expecting(Errc::usage, "--id", "an empty id", "a UUID or another text");
  if (options.id) {
    if (const auto uuid = corim::uuid_from_text(*options.id)) id = *uuid;
    else id = *options.id;
  }
  auto merged = corim::merge(corims, id);
  if (!merged) {
    // All of it is about what the files say: status 3.
    merged.error().errc = Errc::invalid;
    return std::unexpected(std::move(merged).error());
  }
  const corim::Generation generation = options.to ? TRY(wanted_generation(options)) : merged->generation;
  const Bytes written = TRY(endorsements::convert(*merged, generation));
  print_merged(*merged, options, to);
  TRY(write_out(options, written, to));
  return 0;
}

namespace {

void print_merged(const corim::Corim& all, const Options& options, const Streams& to) {
  const auto* uuid = std::get_if<corim::Uuid>(&all.id);
  const std::string id = uuid != nullptr ? corim::to_text(*uuid) : std::get<std::string>(all.id);
  to.err << fmt::format("id {}{}; ", assay::quoted(id), options.id ? "" : fmt::format(", that of {} (--id gives another)", printable(options.files.front())));
  if (!all.validity) to.err << "valid at any time\n";
  else to.err << fmt::format("valid {}until {}, when all of them are\n", all.validity->not_before ? fmt::format("from {} ", to_rfc3339(*all.validity->not_before)) : std::string{}, to_rfc3339(all.validity->not_after));
}

}  // namespace

Result<int> draft_from_evidence(const Options& options, const ToolOptions& tool, const Streams& to) {
  if (tool.verified_with.has_value() == tool.unverified) return fail_expecting(Errc::usage, "from-evidence", tool.unverified ? "--verified-with and --unverified" : "evidence that nobody has verified", "--verified-with KEY, or --unverified to believe it as it is");
  const Unwrapped unwrapped = TRY(open_evidence(options, tool));
  const appraise::Scheme* scheme = appraise::scheme_of_evidence(unwrapped.evidence);
  ASSAY_CHECK(scheme != nullptr);  // what unwrap_evidence gives is recognised
  std::optional<crypto::PublicKey> key;
  if (tool.verified_with) {
    key = TRY(inputs::load_public_key(*tool.verified_with));
    TRY(within(options.file, check_evidence(*scheme, unwrapped.evidence, *key)));
  }
  const corim::Generation generation = TRY(wanted_generation(options));
  if (scheme->endorse == nullptr) return fail_expecting(Errc::unsupported, options.file, fmt::format("{} evidence, of which no endorsements are drafted", scheme->title), "evidence of " + drafted_kinds());
  std::vector<EndorsementDraft> drafts = TRY(within(options.file, scheme->endorse(unwrapped.evidence, key ? &*key : nullptr, generation)));
  // All are made before the first is written.
  std::vector<files::NamedContent> files;
  for (EndorsementDraft& draft : drafts) files.push_back({fmt::format("{}/{}-{}.cbor", options.out_dir, scheme->name, draft.part), TRY(compile(draft, generation))});
  if (tool.unverified) to.err << "warning: NOT VERIFIED: whoever made this evidence is trusted by what is written now\n";
  TRY(files::write_files(files));
  for (const auto& [path, content] : files) say_written(path, content.size(), options, to);
  return 0;
}

namespace {

Result<int> lint_one(const std::string& file, const Options& options, const ToolOptions& tool, const Streams& to, json::Array& all) {
  const Bytes bytes = TRY(files::read_file(file, corim::kMaxCorim));
  corim::LintOptions lint{system_now(), {}};
  if (options.to) lint.generation = TRY(wanted_generation(options));
  if (tool.type) lint.type = tool.type == "comid" ? corim::LintOptions::Type::comid : tool.type == "corim" ? corim::LintOptions::Type::corim
                                                                                                           : corim::LintOptions::Type::cots;
  corim::LintReport report = corim::lint(bytes, lint);
  add_profile_findings(bytes, report);
  Options one = options;
  if (!one.out) one.out = file;
  one.json = false;  // the report is the JSON
  const bool mends = tool.fix && !report.fixed.empty();
  // What is mended goes to standard output alone.
  std::ostream& out = tool.fix && *one.out == "-" ? to.err : to.out;
  json::Array findings;
  int status = 0;
  for (const corim::Finding& finding : report.findings) {
    const bool counts = tool.strict || finding.problem.severity == Problem::Severity::error;
    if (counts && !(mends && finding.mended)) status = exit_code(Errc::invalid);
    findings.push_back(to_json(finding));
    if (!options.json) print(file, finding, mends, out);
  }
  if (!options.json) print_counts(file, report, tool.fix, out);
  json::Object object;
  object.set("file", file);
  object.set("kind", report.kind);
  object.set("findings", std::move(findings));
  object.set("fixable", !report.fixed.empty());
  object.set("fixed", mends);
  all.push_back(std::move(object));
  if (mends) TRY(write_out(one, report.fixed, to));
  return status;
}

// "F: 3 mended, 1 remains" with --fix, "F: 4 problems, of which --fix mends 3" without.
void print_counts(const std::string& file, const corim::LintReport& report, bool fix, std::ostream& out) {
  const std::size_t all = report.findings.size();
  const auto mended = static_cast<std::size_t>(std::ranges::count_if(report.findings, &corim::Finding::mended));
  out << printable(file) << ": ";
  if (all == 0) out << report.kind << ": nothing to say\n";
  else if (fix && mended == 0) out << fmt::format("nothing that can be mended; {} remain{}\n", all, all == 1 ? "s" : "");
  else if (fix) out << fmt::format("{} mended, {} remain{}\n", mended, all - mended, all - mended == 1 ? "s" : "");
  else if (mended != 0) out << fmt::format("{} problem{}, of which --fix mends {}\n", all, all == 1 ? "" : "s", mended);
  else out << fmt::format("{} problem{}\n", all, all == 1 ? "" : "s");
}

// The rules of the CoRIM's profile, where nothing plainer is wrong.
void add_profile_findings(ByteView bytes, corim::LintReport& report) {
  const bool has_errors = std::ranges::any_of(report.findings, [](const corim::Finding& finding) { return finding.problem.severity == Problem::Severity::error; });
  const auto opened = endorsements::open_any(to_bytes(bytes));
  if (has_errors || !opened) return;
  for (Problem& problem : endorsements::check_profile(opened->corim).problems) report.findings.push_back({std::move(problem), {}, {}});
}

// As compilers do, so that editors jump there.
void print(const std::string& file, const corim::Finding& finding, bool mends, std::ostream& out) {
  const Problem& problem = finding.problem;
  std::string place;
  if (finding.place) place = fmt::format(":{}:{}", finding.place->line, finding.place->column);
  else if (finding.offset) place = fmt::format(": at byte {}", *finding.offset);
  const std::string_view severity = mends && finding.mended ? "mended" : problem.severity == Problem::Severity::error ? "error"
                                                                                                                      : "warning";
  out << fmt::format("{}{}: {}: {}{}{}{}\n", printable(file), place, severity, printable(problem.where), problem.where.empty() ? "" : ": ", printable(problem.what), problem.expected.empty() ? "" : "; expected " + printable(problem.expected));
}

json::Value to_json(const corim::Finding& finding) {
  json::Value value = corim_cli::to_json(finding.problem);
  if (finding.place) {
    value.object()->set("line", static_cast<std::uint64_t>(finding.place->line));
    value.object()->set("column", static_cast<std::uint64_t>(finding.place->column));
  }
  if (finding.mended) value.object()->set("mendable", true);
  if (finding.offset) value.object()->set("offset", static_cast<std::uint64_t>(*finding.offset));
  return value;
}

Result<corim::Corim> open_corim(const std::string& path) {
  return TRY(within(path, endorsements::open_any(TRY(files::read_file(path, corim::kMaxCorim))))).corim;
}

// A CoMID or a template of one.
Result<corim::Corim> open_comid(const std::string& path) {
  const Bytes bytes = TRY(files::read_file(path, corim::kMaxCorim));
  corim::Corim corim;
  corim.generation = corim::Generation::d;
  corim::Comid comid;
  if (is_template(bytes)) {
    auto parsed = corim::comid_from_template(TRY(within(path, corim::parse_template(as_text(bytes)))));
    TRY(within(path, corim::first_error(parsed.problems)));
    comid = std::move(parsed.value);
  } else {
    comid = TRY(within(path, corim::read_comid(bytes)));
  }
  for (const corim::Generation generation : {corim::Generation::c, corim::Generation::d}) {
    auto content = corim::write_comid(comid, generation);
    if (!content && generation == corim::Generation::c) continue;
    corim.tags.push_back({corim::TagKind::comid, TRY(within(path, std::move(content)))});
    break;
  }
  return corim;
}

Result<Unwrapped> open_evidence(const Options& options, const ToolOptions& tool) {
  const Bytes bytes = TRY(files::read_file(options.file, kMaxResult));
  return within(options.file, unwrap_evidence(bytes, tool.entry.empty() ? std::optional<std::string>{} : tool.entry));
}

// Everything but freshness: the evidence is to be a sample, not an answer.
Result<void> check_evidence(const appraise::Scheme& scheme, ByteView evidence, const crypto::PublicKey& key) {
  const appraise::TrustAnchors anchors{{{}, {}, key, "--verified-with"}};
  const appraise::Evidence verified = TRY(scheme.verify({.evidence = evidence, .anchors = anchors, .now = system_now()}));
  for (const appraise::Finding& finding : verified.findings.all()) {
    if (finding.severity == appraise::Severity::failed) return fail_expecting(Errc::unauthenticated, finding.subject, finding.why, "evidence that verifies, or --unverified");
  }
  return {};
}

// Ids by the content, so that the same evidence gives the same file.
Result<Bytes> compile(EndorsementDraft& draft, corim::Generation generation) {
  draft.comid.identity.id = id_of(TRY(corim::write_comid(draft.comid, generation)));
  corim::Corim corim;
  corim.profile = std::string{draft.profile};
  corim.tags.push_back({corim::TagKind::comid, TRY(corim::write_comid(draft.comid, generation))});
  corim.id = id_of(corim.tags.front().content);
  return corim::write_corim(corim, generation);
}

// RFC 9562 §5.8: version 8, of a digest.
corim::Uuid id_of(ByteView content) {
  const Bytes digest = crypto::digest(crypto::Hash::sha256, content);
  corim::Uuid id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x80);
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
  return id;
}

Result<corim::Generation> wanted_generation(const Options& options) {
  if (!options.to) return corim::Generation::a;
  return *corim::generation_of(*options.to);  // the command line knows A, C and D
}

// "PSA, CCA": what endorsements are drafted of.
std::string drafted_kinds() {
  std::string text;
  for (const appraise::Scheme* scheme : appraise::all_schemes()) {
    if (scheme->endorse != nullptr) text += (text.empty() ? "" : ", ") + std::string{scheme->title};
  }
  return text;
}

}  // namespace
}  // namespace assay::corim_cli
