#include "model/corim/lint.h"

#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/corim/cots.h"
#include "model/corim/lint_template.h"
#include "model/corim/signed.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"

namespace assay::corim {
namespace {

using Severity = Problem::Severity;
using Type = LintOptions::Type;

struct Attempt {
  Type type;
  std::uint64_t tag;
  std::string_view kind;
  const Error* error;
};

bool is_json(ByteView bytes);
LintReport lint_signed(ByteView bytes, const LintOptions& options);
LintReport lint_comid(ByteView bytes, const Comid& comid, const LintOptions& options);
LintReport lint_cots(ByteView bytes, const Cots& cots, const LintOptions& options);
LintReport lint_coswid(ByteView bytes);
LintReport lint_corim(ByteView bytes, const Corim& corim, const LintOptions& options);
void lint_tag(Tag& tag, const std::string& where, const Corim& corim, const LintOptions& options, LintReport& report, ProblemList& problems);
LintReport unreadable_of_all(ByteView bytes, std::optional<Type> type, std::initializer_list<Attempt> attempts);
LintReport unreadable(std::string_view kind, const Error& error);
void add(LintReport& report, ProblemList problems);
void check_exact(LintReport& report, ByteView bytes, ByteView again);

}  // namespace

LintReport lint(ByteView bytes, const LintOptions& options) {
  const auto may_be = [&](Type type) { return !options.type || *options.type == type; };
  if (is_json(bytes)) return lint_template(as_text(bytes), options);
  if (looks_signed(bytes)) return lint_signed(bytes, options);
  // A CoRIM has its id under key 0, as text or bytes; a CoMID has its identity under 1, a map.
  const auto corim = read_corim(bytes, {.allow_trailing = true});
  if (corim && may_be(Type::corim)) return lint_corim(bytes, *corim, options);
  const auto comid = read_comid(bytes, {.allow_trailing = true});
  if (comid && may_be(Type::comid)) return lint_comid(bytes, *comid, options);
  // A CoTS has its keys under 6, a CoSWID its entities under 2; neither is a CoRIM or CoMID in disguise.
  const auto cots = read_cots(bytes, {.allow_trailing = true});
  if (cots && may_be(Type::cots)) return lint_cots(bytes, *cots, options);
  const auto coswid = read_coswid(bytes, {.allow_trailing = true});
  if (coswid && !options.type) return lint_coswid(bytes);
  const Error other{Errc::mismatch, "", "another kind of file", "the kind that was asked for", {}};
  const auto error_of = [&](const auto& read) { return read ? &other : &read.error(); };
  return unreadable_of_all(bytes, options.type, {{Type::corim, 501, "CoRIM", error_of(corim)}, {Type::comid, 506, "CoMID", error_of(comid)}, {Type::cots, 507, "CoTS", error_of(cots)}, {Type::comid, 505, "CoSWID", error_of(coswid)}});
}

namespace {

// What it was said to be, or its tag says, or else that of which most could be read.
LintReport unreadable_of_all(ByteView bytes, std::optional<Type> type, std::initializer_list<Attempt> attempts) {
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  const auto tag = in.tag();
  const Attempt* best = attempts.begin();
  for (const Attempt& one : attempts) {
    if (type ? one.type == *type : tag && *tag == one.tag) return unreadable(one.kind, *one.error);
    if (one.error->offset.value_or(0) > best->error->offset.value_or(0)) best = &one;
  }
  return unreadable(best->kind, *best->error);
}

// A template, or the array of environments that a CoTS is made from. The same bytes begin CBOR strings of 2^32 bytes or more: there are
// none.
bool is_json(ByteView bytes) {
  std::string_view text = as_text(bytes);
  if (text.starts_with(json::kByteOrderMark)) text.remove_prefix(json::kByteOrderMark.size());
  return trim_ascii(text).starts_with('{') || trim_ascii(text).starts_with('[');
}

LintReport lint_signed(ByteView bytes, const LintOptions& options) {
  const auto message = read_signed(bytes);
  if (!message) return unreadable("signed CoRIM", message.error());
  LintReport report = lint_corim(*message->message.payload, message->corim, options);
  report.kind = "signed CoRIM";
  ProblemList times;
  lint_times(message->meta.validity, options, "signature: validity", times);
  add(report, std::move(times));
  report.fixed.clear();  // another file would not be signed
  for (Finding& finding : report.findings) finding.mended = false;
  return report;
}

LintReport lint_comid(ByteView bytes, const Comid& comid, const LintOptions& options) {
  LintReport report;
  report.kind = "CoMID";
  ProblemList problems;
  problems.add(validate(comid));
  lint_carries(comid, options, "", problems);
  add(report, std::move(problems));
  for (const Generation generation : {Generation::a, Generation::d, Generation::c}) {
    const auto again = write_comid(comid, generation);
    if (!again) continue;
    check_exact(report, bytes, *again);
    break;
  }
  return report;
}

LintReport lint_cots(ByteView bytes, const Cots& cots, const LintOptions& options) {
  LintReport report;
  report.kind = "CoTS";
  ProblemList problems;
  problems.add(validate(cots));
  if (options.generation) {
    const auto written = write_cots(cots, *options.generation);
    if (!written) problems.push_back({Severity::error, written.error().errc, "", written.error().where + ": " + written.error().what, written.error().expected});
  }
  add(report, std::move(problems));
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
LintReport lint_coswid(ByteView bytes) {
  LintReport report;
  report.kind = "CoSWID";
  if (const auto exact = read_coswid(bytes); !exact) report.findings.push_back({{Severity::warning, Errc::malformed, "", exact.error().what, exact.error().expected}, {}, exact.error().offset});
  return report;
}

LintReport lint_corim(ByteView bytes, const Corim& corim, const LintOptions& options) {
  LintReport report;
  report.kind = corim.generation == Generation::a ? "CoRIM, generation A" : corim.generation == Generation::c ? "CoRIM, generation C"
                                                                                                              : "CoRIM, generation D";
  ProblemList problems;
  problems.add(validate(corim));
  lint_envelope(corim, options, problems);
  Corim canonical = corim;
  for (std::size_t i = 0; i < corim.tags.size(); ++i) lint_tag(canonical.tags[i], fmt::format("/tags/{}", i), corim, options, report, problems);
  const bool all_readable = report.findings.empty();
  add(report, std::move(problems));
  if (const auto again = write_corim(canonical, corim.generation); again && all_readable) check_exact(report, bytes, *again);
  return report;
}

// What is wrong with a tag, to `problems`; that it cannot be read, to `report`. A CoMID is written again.
void lint_tag(Tag& tag, const std::string& where, const Corim& corim, const LintOptions& options, LintReport& report, ProblemList& problems) {
  const auto add_all = [&](Problems found) {
    for (Problem& problem : found) {
      problem.where = where + problem.where;
      problems.push_back(std::move(problem));
    }
  };
  const auto cannot_read = [&](const Error& error) {
    if (report.findings.size() >= kMaxProblems) return problems.leave_out(Severity::error);
    report.findings.push_back({{Severity::error, error.errc, where, error.where.empty() ? error.what : error.where + ": " + error.what, error.expected}, {}, error.offset});
  };
  if (tag.kind == TagKind::cots) {
    const auto cots = read_cots(tag.content);
    return cots ? add_all(validate(*cots)) : cannot_read(cots.error());
  }
  if (tag.kind == TagKind::coswid) {
    const auto coswid = read_coswid(tag.content);
    return coswid ? void() : cannot_read(coswid.error());
  }
  if (tag.kind != TagKind::comid) return;
  const auto comid = read_comid(tag.content);
  if (!comid) return cannot_read(comid.error());
  add_all(validate(*comid, {.extensions = extensions_of(corim.profile)}));
  lint_carries(*comid, options, where, problems);
  if (auto again = write_comid(*comid, corim.generation)) tag.content = std::move(*again);
}

LintReport unreadable(std::string_view kind, const Error& error) {
  LintReport report;
  report.kind = kind;
  report.findings.push_back({{Severity::error, error.errc, error.where, error.what, error.expected}, {}, error.offset});
  return report;
}

void add(LintReport& report, ProblemList problems) {
  for (Problem& problem : std::move(problems).take()) report.findings.push_back({std::move(problem), {}, {}});
}

// Bytes that another encoder would write otherwise have another digest and another signature.
void check_exact(LintReport& report, ByteView bytes, ByteView again) {
  if (equal(bytes, again)) return;
  const auto [mine, theirs] = std::ranges::mismatch(bytes, again);
  const auto offset = static_cast<std::size_t>(mine - bytes.begin());
  const bool is_trailing = offset == again.size();
  const bool has_errors = std::ranges::any_of(report.findings, [](const Finding& finding) { return finding.problem.severity == Severity::error; });
  report.findings.push_back({{Severity::warning, Errc::malformed, "", is_trailing ? "bytes behind the item" : "not in the deterministic encoding from here on", is_trailing ? "nothing more" : "definite lengths, shortest heads, keys in ascending order (RFC 8949 §4.2.1)"}, {}, offset, !has_errors});
  if (!has_errors) report.fixed = to_bytes(again);
}

}  // namespace
}  // namespace assay::corim
