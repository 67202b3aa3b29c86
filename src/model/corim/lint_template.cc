#include "model/corim/lint_template.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest.h"
#include "base/text.h"
#include "model/corim/cots.h"
#include "model/corim/template.h"
#include "model/corim/validate.h"

namespace assay::corim {
namespace {

// A file with misspelt members in misspelt members needs one round for each; no template is deeper than JSON may be.
constexpr int kMaxRounds = 2 * static_cast<int>(kMaxDepth);

enum class Kind { comid,
                  corim,
                  meta,
                  environments,
                  claims };

// A text that is mended piece by piece, and remembers where its pieces were at first.
class Draft {
 public:
  explicit Draft(std::string_view text) : text_{text} {}
  const std::string& text() const { return text_; }
  bool is_changed() const { return !shifts_.empty(); }
  // Pieces of `text()` that do not overlap, by offset.
  struct Edit {
    std::size_t size = 0;
    std::string replacement;
  };
  void apply(const std::map<std::size_t, Edit>& edits);
  // Of an offset in `text()`: the one in the first text.
  std::size_t original(std::size_t offset) const;

 private:
  // From `from` on in the text after one `apply`, offsets before it were by `by` larger.
  struct Shift {
    std::size_t from = 0;
    std::ptrdiff_t by = 0;
  };
  std::string text_;
  std::vector<std::vector<Shift>> shifts_;
};

struct Round {
  Kind kind = Kind::comid;
  Problems problems;
};

void judge_and_mend(std::string_view text, const LintOptions& options, Draft& draft, LintReport& report);
Problems take_new(Problems problems, std::span<Finding> known);
Round judge(std::string_view text, const LintOptions& options);
Kind kind_of(const json::Value& value, const LintOptions& options);
Problems problems_of(const json::Value& value, Kind kind, const LintOptions& options);
std::map<std::size_t, Draft::Edit> edits_for(const Draft& draft, const Problems& problems);
std::vector<json::Wanted> wanted_of(std::span<const Problem> problems);
std::string_view title(Kind kind);

}  // namespace

LintReport lint_template(std::string_view text, const LintOptions& options) {
  LintReport report;
  Draft draft{text};
  if (text.starts_with(json::kByteOrderMark)) {
    report.findings.push_back({{Problem::Severity::error, Errc::malformed, "", "a byte order mark (EF BB BF)", "JSON, which has none (RFC 8259 §8.1)"}, json::Place{}, {}, true});
    draft.apply({{0, {json::kByteOrderMark.size(), ""}}});
  }
  if (const auto value = parse_template(draft.text()); !value) {
    const Error& error = value.error();
    const std::size_t offset = draft.original(error.offset.value_or(0));
    report.kind = "template";
    report.findings.push_back({{Problem::Severity::error, error.errc, error.where, error.what, error.expected}, json::places_of(text, {&offset, 1}).front(), {}});
  } else {
    judge_and_mend(text, options, draft, report);
  }
  if (draft.is_changed()) report.fixed = to_bytes(draft.text());
  return report;
}

void lint_times(const std::optional<Validity>& validity, const LintOptions& options, std::string_view where, ProblemList& to) {
  if (!validity) return;
  const auto warn = [&](std::string what) { to.push_back({Problem::Severity::warning, Errc::stale, std::string{where}, std::move(what), "a time like " + to_rfc3339(options.now)}); };
  if (options.now > validity->not_after) warn("expired at " + to_rfc3339(validity->not_after));
  if (validity->not_before && options.now < *validity->not_before) warn("not valid before " + to_rfc3339(*validity->not_before));
}

void lint_envelope(const Corim& corim, const LintOptions& options, ProblemList& to) {
  if (!corim.profile) to.push_back({Problem::Severity::warning, Errc::missing, "/profile", "no profile", "one: verifiers find by it who is to read the CoRIM"});
  lint_times(corim.validity, options, "/validity", to);
}

void lint_carries(const Comid& comid, const LintOptions& options, std::string_view prefix, ProblemList& to) {
  if (!options.generation) return;
  const auto written = write_comid(comid, *options.generation);
  if (!written) to.push_back({Problem::Severity::error, written.error().errc, std::string{prefix}, written.error().where + ": " + written.error().what, written.error().expected});
}

namespace {

void Draft::apply(const std::map<std::size_t, Edit>& edits) {
  std::string changed;
  std::vector<Shift> shifts;
  std::size_t at = 0;
  for (const auto& [offset, edit] : edits) {
    changed.append(text_, at, offset - at);
    changed += edit.replacement;
    at = offset + edit.size;
    shifts.push_back({changed.size(), static_cast<std::ptrdiff_t>(at) - static_cast<std::ptrdiff_t>(changed.size())});
  }
  changed.append(text_, at);
  text_ = std::move(changed);
  shifts_.push_back(std::move(shifts));
}

std::size_t Draft::original(std::size_t offset) const {
  for (auto shifts = shifts_.rbegin(); shifts != shifts_.rend(); ++shifts) {
    const auto behind = std::ranges::upper_bound(*shifts, offset, {}, &Shift::from);
    if (behind != shifts->begin()) offset = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(offset) + std::prev(behind)->by);
  }
  return offset;
}

// What is below a misspelt member is only read when that is mended: round by round, until no round has anything to mend.
void judge_and_mend(std::string_view text, const LintOptions& options, Draft& draft, LintReport& report) {
  const std::size_t before = report.findings.size();
  std::vector<std::size_t> offsets;  // of the findings from `before` on
  for (int i = 0;; ++i) {
    const Round round = judge(draft.text(), options);
    report.kind = title(round.kind);
    Problems fresh = take_new(round.problems, std::span{report.findings}.subspan(before));
    if (report.findings.size() > kMaxProblems) fresh.clear();
    const auto places = json::locate_all(draft.text(), wanted_of(fresh));
    for (std::size_t j = 0; j < fresh.size(); ++j) {
      offsets.push_back(places[j] ? draft.original(places[j]->offset) : 0);
      report.findings.push_back({std::move(fresh[j]), {}, {}});
    }
    const auto edits = edits_for(draft, round.problems);
    if (edits.empty() || i == kMaxRounds) break;
    draft.apply(edits);
  }
  const auto places = json::places_of(text, offsets);
  for (std::size_t i = 0; i < places.size(); ++i) report.findings[before + i].place = places[i];
  std::ranges::stable_sort(report.findings, {}, [](const Finding& finding) { return finding.place->offset; });
}

// Those that are not known; what is known and is not there any more is mended.
Problems take_new(Problems problems, std::span<Finding> known) {
  for (Finding& finding : known) {
    const auto again = std::ranges::find(problems, finding.problem);
    finding.mended = again == problems.end();
    if (!finding.mended) problems.erase(again);
  }
  return problems;
}

Round judge(std::string_view text, const LintOptions& options) {
  const auto value = parse_template(text);
  ASSAY_CHECK(value.has_value());  // names were changed in what was JSON
  const Kind kind = kind_of(*value, options);
  return {kind, problems_of(*value, kind, options)};
}

// The kind whose members it has most of, or nearly.
Kind kind_of(const json::Value& value, const LintOptions& options) {
  using Type = LintOptions::Type;
  if (options.type == Type::comid) return Kind::comid;
  if (options.type == Type::corim) return Kind::corim;
  if (value.object() == nullptr) return Kind::environments;
  if (options.type == Type::cots) return Kind::claims;
  static constexpr std::array<std::string_view, 3> kOfComid{"tag-identity", "triples", "linked-tags"};
  static constexpr std::array<std::string_view, 4> kOfCorim{"corim-id", "profile", "dependent-rims", "tags"};
  static constexpr std::array<std::string_view, 1> kOfMeta{"signer"};
  const auto score = [&](std::span<const std::string_view> names) {
    std::size_t sum = 0;
    for (const std::string_view name : names) {
      if (value.object()->find(name) != nullptr) {
        sum += 2;
        continue;
      }
      const auto is_near = [&](const json::Object::Member& member) { return nearest({&name, 1}, member.first) == name; };
      sum += std::any_of(value.object()->begin(), value.object()->begin() + std::min<std::size_t>(value.object()->size(), 100), is_near) ? 1 : 0;
    }
    return sum;
  };
  const std::size_t comid = score(kOfComid);
  const std::size_t corim = score(kOfCorim);
  const std::size_t meta = score(kOfMeta);
  if (corim > comid && corim >= meta) return Kind::corim;
  return meta > comid ? Kind::meta : Kind::comid;
}

Problems problems_of(const json::Value& value, Kind kind, const LintOptions& options) {
  ProblemList all;
  // What a rule says about a template that was not read is beside the point.
  const auto is_readable = [](const auto& parsed) { return first_error(parsed.problems).has_value(); };
  if (kind == Kind::meta) {
    all.add(meta_from_template(value).problems);
  } else if (kind == Kind::claims) {
    all.add(claims_from_template(value).problems);
  } else if (kind == Kind::environments) {
    all.add(environments_from_template(value).problems);
  } else if (kind == Kind::corim) {
    const auto parsed = corim_from_template(value);
    all.add(parsed.problems);
    if (value.object() == nullptr) return std::move(all).take();
    lint_envelope(parsed.value, options, all);
    Problems rules = is_readable(parsed) ? validate(parsed.value) : Problems{};
    std::erase_if(rules, [](const Problem& problem) { return problem.where == "/tags"; });  // they come later
    all.add(std::move(rules));
  } else {
    const auto parsed = comid_from_template(value);
    all.add(parsed.problems);
    if (!is_readable(parsed)) return std::move(all).take();
    all.add(validate(parsed.value));
    lint_carries(parsed.value, options, "", all);
  }
  return std::move(all).take();
}

// Members that are unknown and have one name near them which is not there.
std::map<std::size_t, Draft::Edit> edits_for(const Draft& draft, const Problems& problems) {
  std::vector<Problem> misspelt;
  std::ranges::copy_if(problems, std::back_inserter(misspelt), [](const Problem& problem) { return !problem.perhaps.empty(); });
  std::vector<json::Wanted> wanted = wanted_of(misspelt);
  for (const Problem& problem : misspelt) wanted.push_back({problem.where, problem.perhaps});
  const auto places = json::locate_all(draft.text(), wanted);
  std::map<std::size_t, Draft::Edit> edits;
  std::set<std::pair<std::string, std::string>> taken;
  for (std::size_t i = 0; i < misspelt.size(); ++i) {
    const bool is_there = places[misspelt.size() + i].has_value();
    if (is_there || !places[i] || !taken.emplace(misspelt[i].where, misspelt[i].perhaps).second) continue;
    const std::size_t start = places[i]->offset;
    std::size_t end = start + 1;
    for (; draft.text()[end] != '"'; ++end) {
      if (draft.text()[end] == '\\') ++end;
    }
    edits[start] = {end + 1 - start, json::print(misspelt[i].perhaps)};
  }
  return edits;
}

std::vector<json::Wanted> wanted_of(std::span<const Problem> problems) {
  std::vector<json::Wanted> wanted;
  for (const Problem& problem : problems) wanted.push_back({problem.where, problem.member});
  return wanted;
}

std::string_view title(Kind kind) {
  switch (kind) {
    case Kind::comid: return "CoMID template";
    case Kind::corim: return "CoRIM template";
    case Kind::meta: return "signer template";
    case Kind::environments: return "environments of a CoTS";
    case Kind::claims: return "claims of a CoTS";
  }
  return "template";
}

}  // namespace
}  // namespace assay::corim
