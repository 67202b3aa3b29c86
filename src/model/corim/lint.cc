#include "model/corim/lint.h"

#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/corim/cots.h"
#include "model/corim/signed.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"

namespace assay::corim {
namespace {

using Severity = Problem::Severity;

bool is_json(ByteView bytes);
bool is_signed(ByteView bytes);
Result<LintReport> lint_template(std::string_view text, const LintOptions& options);
LintReport lint_comid(ByteView bytes, const Comid& comid, const LintOptions& options);
LintReport lint_corim(ByteView bytes, const Corim& corim, const LintOptions& options);
LintReport lint_cots(ByteView bytes, const Cots& cots, const LintOptions& options);
LintReport lint_coswid(ByteView bytes, const Coswid& coswid);
Result<void> check_tag(const Tag& tag, std::string_view where, LintReport& report);
LintReport unreadable(std::string_view kind, const Error& error);
void add(LintReport& report, Problems problems, std::string_view prefix = "");
void check_carries(LintReport& report, const Comid& comid, const LintOptions& options, std::string_view prefix);
void check_times(LintReport& report, const std::optional<Validity>& validity, const LintOptions& options, std::string_view where = "/validity");
void check_exact(LintReport& report, ByteView bytes, ByteView again);
bool has_errors(const LintReport& report);
bool is_valid(const Comid& comid) { return first_error(validate(comid)).has_value(); }
bool is_valid(const Corim&) { return true; }  // its tags come later
bool fix_names(json::Value& value, const Problems& problems);
json::Value* at(json::Value& root, std::string_view pointer);

}  // namespace

namespace {

struct Attempt {
  std::uint64_t tag;
  std::string_view kind;
  const Error* error;
};

// What its tag says it is, or else that of which most could be read.
LintReport unreadable_of_all(ByteView bytes, std::initializer_list<Attempt> attempts) {
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  const auto tag = in.tag();
  const Attempt* best = attempts.begin();
  for (const Attempt& one : attempts) {
    if (tag && *tag == one.tag) return unreadable(one.kind, *one.error);
    if (one.error->offset.value_or(0) > best->error->offset.value_or(0)) best = &one;
  }
  return unreadable(best->kind, *best->error);
}

}  // namespace

Result<LintReport> lint(ByteView bytes, const LintOptions& options) {
  if (is_json(bytes)) return lint_template(as_text(bytes), options);
  if (is_signed(bytes)) {
    const auto message = read_signed(bytes);
    if (!message) return unreadable("signed CoRIM", message.error());
    LintReport report = lint_corim(*message->message.payload, message->corim, options);
    report.kind = "signed CoRIM";
    check_times(report, message->meta.validity, options, "signature: validity");
    report.fixed.clear();  // another file would not be signed
    return report;
  }
  // A CoRIM has its id under key 0, as text or bytes; a CoMID has its identity under 1, a map.
  const auto corim = read_corim(bytes, {.allow_trailing = true});
  if (corim) return lint_corim(bytes, *corim, options);
  const auto comid = read_comid(bytes, {.allow_trailing = true});
  if (comid) return lint_comid(bytes, *comid, options);
  // A CoTS has its keys under 6, a CoSWID its entities under 2; neither is a CoRIM or CoMID in disguise.
  const auto cots = read_cots(bytes, {.allow_trailing = true});
  if (cots) return lint_cots(bytes, *cots, options);
  const auto coswid = read_coswid(bytes, {.allow_trailing = true});
  if (coswid) return lint_coswid(bytes, *coswid);
  return unreadable_of_all(bytes, {{501, "CoRIM", &corim.error()}, {506, "CoMID", &comid.error()}, {507, "CoTS", &cots.error()}, {505, "CoSWID", &coswid.error()}});
}

namespace {

// An array in JSON is one of environments. The same byte begins a CBOR string of 2^32 bytes or more: there is none.
bool is_json(ByteView bytes) {
  const std::string_view text = trim_ascii(as_text(bytes));
  return text.starts_with('{') || text.starts_with('[');
}

bool is_signed(ByteView bytes) {
  while (bytes.size() > 3 && bytes[0] == 0xd9 && bytes[1] == 0x01 && (bytes[2] == 0xf4 || bytes[2] == 0xf6)) bytes = bytes.subspan(3);
  return !bytes.empty() && bytes[0] == 0xd2;
}

Result<LintReport> lint_template(std::string_view text, const LintOptions& options) {
  json::Value value = TRY(parse_template(text));
  if (value.array() != nullptr) {
    LintReport report;
    report.kind = "environments of a CoTS";
    add(report, environments_from_template(value).problems);
    for (Finding& finding : report.findings) finding.place = json::locate(text, finding.problem.where);
    return report;
  }
  const json::Object& members = *value.object();
  const auto has = [&](std::string_view name) { return members.find(name) != nullptr; };
  LintReport report;
  Problems problems;
  std::optional<json::Value> fixed;
  // Mended if nothing else is wrong with it then.
  const auto fix = [&](auto parse) {
    if (!fix_names(value, problems)) return;
    const auto again = parse(value);
    if (again.problems.empty() && is_valid(again.value)) fixed = to_json(again.value, again.needs_d ? Generation::d : Generation::a);
  };
  if (has("corim-id")) {
    report.kind = "CoRIM template";
    const auto parsed = corim_from_template(value);
    problems = parsed.problems;
    check_times(report, parsed.value.validity, options);
    fix([](const json::Value& from) { return corim_from_template(from); });
  } else if (has("signer")) {
    report.kind = "signer template";
    problems = meta_from_template(value).problems;
  } else {
    report.kind = "CoMID template";
    const auto parsed = comid_from_template(value);
    problems = parsed.problems;
    if (first_error(problems)) {
      Problems more = validate(parsed.value);
      problems.insert(problems.end(), more.begin(), more.end());
      check_carries(report, parsed.value, options, "");
    }
    fix([](const json::Value& from) { return comid_from_template(from); });
  }
  add(report, problems);
  for (Finding& finding : report.findings) finding.place = json::locate(text, finding.problem.where);
  if (fixed) report.fixed = to_bytes(json::print(*fixed, {.indent = 2, .html_safe = false}) + "\n");
  return report;
}

LintReport lint_comid(ByteView bytes, const Comid& comid, const LintOptions& options) {
  LintReport report;
  report.kind = "CoMID";
  add(report, validate(comid));
  check_carries(report, comid, options, "");
  for (const Generation generation : {Generation::a, Generation::d, Generation::c}) {
    const auto again = write_comid(comid, generation);
    if (!again) continue;
    check_exact(report, bytes, *again);
    break;
  }
  return report;
}

LintReport lint_corim(ByteView bytes, const Corim& corim, const LintOptions& options) {
  LintReport report;
  report.kind = corim.generation == Generation::a ? "CoRIM, generation A" : corim.generation == Generation::c ? "CoRIM, generation C"
                                                                                                              : "CoRIM, generation D";
  add(report, validate(corim));
  check_times(report, corim.validity, options);
  Corim canonical = corim;
  bool all_readable = true;
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    const std::string where = fmt::format("/tags/{}", i);
    if (const auto read = check_tag(corim.tags[i], where, report); !read) {
      const Error& error = read.error();
      report.findings.push_back({{Severity::error, error.errc, where, error.where.empty() ? error.what : error.where + ": " + error.what, error.expected}, {}, error.offset});
      all_readable = false;
      continue;
    }
    if (corim.tags[i].kind != TagKind::comid) continue;
    const auto comid = read_comid(corim.tags[i].content);
    add(report, validate(*comid), where);
    check_carries(report, *comid, options, where);
    if (auto again = write_comid(*comid, corim.generation)) canonical.tags[i].content = std::move(*again);
  }
  if (const auto again = write_corim(canonical, corim.generation); again && all_readable) check_exact(report, bytes, *again);
  return report;
}

LintReport lint_cots(ByteView bytes, const Cots& cots, const LintOptions& options) {
  LintReport report;
  report.kind = "CoTS";
  add(report, validate(cots));
  if (options.generation) {
    const auto written = write_cots(cots, *options.generation);
    if (!written) report.findings.push_back({{Severity::error, written.error().errc, "", written.error().where + ": " + written.error().what, written.error().expected}, {}, {}});
  }
  // Tag 507 may stand in front; it is not written.
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  const std::size_t head = in.tag() ? in.offset() : 0;
  for (const Generation generation : {Generation::a, Generation::d, Generation::c}) {
    auto again = write_cots(cots, generation);
    if (!again) continue;
    again->insert(again->begin(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(head));
    check_exact(report, bytes, *again);
    break;
  }
  return report;
}

// CoSWIDs have many writers and no order that all of them follow: the order of members is no finding.
LintReport lint_coswid(ByteView bytes, const Coswid&) {
  LintReport report;
  report.kind = "CoSWID";
  if (const auto exact = read_coswid(bytes); !exact) report.findings.push_back({{Severity::warning, Errc::malformed, "", exact.error().what, exact.error().expected}, {}, exact.error().offset});
  return report;
}

// CoTS and CoSWIDs; that a CoMID can be read.
Result<void> check_tag(const Tag& tag, std::string_view where, LintReport& report) {
  if (tag.kind == TagKind::comid) TRY(read_comid(tag.content));
  if (tag.kind == TagKind::coswid) TRY(read_coswid(tag.content));
  if (tag.kind == TagKind::cots) add(report, validate(TRY(read_cots(tag.content))), where);
  return {};
}

LintReport unreadable(std::string_view kind, const Error& error) {
  LintReport report;
  report.kind = kind;
  report.findings.push_back({{Severity::error, error.errc, error.where, error.what, error.expected}, {}, error.offset});
  return report;
}

void add(LintReport& report, Problems problems, std::string_view prefix) {
  for (Problem& problem : problems) {
    problem.where = std::string{prefix} + problem.where;
    report.findings.push_back({std::move(problem), {}, {}});
  }
}

void check_carries(LintReport& report, const Comid& comid, const LintOptions& options, std::string_view prefix) {
  if (!options.generation) return;
  const auto written = write_comid(comid, *options.generation);
  if (!written) report.findings.push_back({{Severity::error, written.error().errc, std::string{prefix}, written.error().where + ": " + written.error().what, written.error().expected}, {}, {}});
}

void check_times(LintReport& report, const std::optional<Validity>& validity, const LintOptions& options, std::string_view where) {
  if (!validity) return;
  const auto warn = [&](std::string what) { report.findings.push_back({{Severity::warning, Errc::stale, std::string{where}, std::move(what), "a time like " + to_rfc3339(options.now)}, {}, {}}); };
  if (options.now > validity->not_after) warn("expired at " + to_rfc3339(validity->not_after));
  if (validity->not_before && options.now < *validity->not_before) warn("not valid before " + to_rfc3339(*validity->not_before));
}

// Bytes that another encoder would write otherwise have another digest and another signature.
void check_exact(LintReport& report, ByteView bytes, ByteView again) {
  if (equal(bytes, again)) return;
  const auto [mine, theirs] = std::ranges::mismatch(bytes, again);
  const auto offset = static_cast<std::size_t>(mine - bytes.begin());
  const bool is_trailing = offset == again.size();
  report.findings.push_back({{Severity::warning, Errc::malformed, "", is_trailing ? "bytes behind the item" : "not in the deterministic encoding from here on", is_trailing ? "nothing more" : "definite lengths, shortest heads, keys in ascending order (RFC 8949 §4.2.1)"}, {}, offset});
  if (!has_errors(report)) report.fixed = to_bytes(again);
}

bool has_errors(const LintReport& report) {
  return std::ranges::any_of(report.findings, [](const Finding& finding) { return finding.problem.severity == Severity::error; });
}

// Renames members that are unknown and have one name near them which is not there.
bool fix_names(json::Value& value, const Problems& problems) {
  constexpr std::string_view kUnknown = "unknown member \"";
  constexpr std::string_view kPerhaps = "perhaps \"";
  bool changed = false;
  for (const Problem& problem : problems) {
    if (!problem.what.starts_with(kUnknown) || !problem.expected.starts_with(kPerhaps)) continue;
    const std::string from = problem.what.substr(kUnknown.size(), problem.what.find('"', kUnknown.size()) - kUnknown.size());
    const std::string to = problem.expected.substr(kPerhaps.size(), problem.expected.size() - kPerhaps.size() - 1);
    json::Value* object = at(value, problem.where);
    if (object == nullptr || object->object() == nullptr || object->object()->find(to) != nullptr) continue;
    for (auto& member : object->object()->members()) {
      if (member.first == from) member.first = to;
    }
    changed = true;
  }
  return changed;
}

json::Value* at(json::Value& root, std::string_view pointer) {
  json::Value* here = &root;
  while (!pointer.empty() && here != nullptr) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    const std::string_view step = pointer.substr(1, end - 1);
    pointer.remove_prefix(end);
    json::Value* next = nullptr;
    if (json::Array* array = here->array()) {
      std::size_t index = 0;
      for (const char c : step) index = index * 10 + static_cast<std::size_t>(c - '0');
      next = index < array->size() ? &(*array)[index] : nullptr;
    } else if (json::Object* object = here->object()) {
      for (auto& member : object->members()) {
        if (member.first == step) next = &member.second;
      }
    }
    here = next;
  }
  return here;
}

}  // namespace
}  // namespace assay::corim
