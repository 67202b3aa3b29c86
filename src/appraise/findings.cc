#include "appraise/findings.h"

#include <algorithm>

namespace assay::appraise {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::passed: return "passed";
    case Severity::not_checked: return "not checked";
    case Severity::warning: return "warning";
    case Severity::failed: return "FAILED";
  }
  return "?";
}

void Findings::passed(std::string id, std::string subject, std::string actual, std::string expected) {
  add({std::move(id), Severity::passed, std::move(subject), std::move(actual), std::move(expected), {}});
}

void Findings::not_checked(std::string id, std::string subject, std::string why) {
  add({std::move(id), Severity::not_checked, std::move(subject), {}, {}, std::move(why)});
}

void Findings::warning(std::string id, std::string subject, std::string why, std::string actual, std::string expected) {
  add({std::move(id), Severity::warning, std::move(subject), std::move(actual), std::move(expected), std::move(why)});
}

void Findings::failed(std::string id, std::string subject, std::string why, std::string actual, std::string expected) {
  add({std::move(id), Severity::failed, std::move(subject), std::move(actual), std::move(expected), std::move(why)});
}

void Findings::add(Finding finding) {
  // An appraisal has some forty; moving them about costs more than the room.
  if (all_.capacity() == 0) all_.reserve(48);
  all_.push_back(std::move(finding));
}

const Finding* Findings::find(std::string_view id) const {
  const auto found = std::ranges::find(all_, id, &Finding::id);
  return found == all_.end() ? nullptr : &*found;
}

bool Findings::any(Severity severity) const { return std::ranges::find(all_, severity, &Finding::severity) != all_.end(); }

bool Findings::has_failed(std::string_view id) const {
  return std::ranges::any_of(all_, [&](const Finding& finding) {
    return finding.severity == Severity::failed && finding.id.starts_with(id) && (finding.id.size() == id.size() || finding.id[id.size()] == '.');
  });
}

json::Value to_json(const Findings& findings) {
  json::Array array;
  for (const Finding& finding : findings.all()) {
    json::Object object;
    object.set("id", finding.id);
    object.set("severity", name(finding.severity));
    object.set("subject", finding.subject);
    if (!finding.actual.empty()) object.set("actual", finding.actual);
    if (!finding.expected.empty()) object.set("expected", finding.expected);
    if (!finding.why.empty()) object.set("why", finding.why);
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace assay::appraise
