// A CoRIM for eyes and for machines. Everything from outside is escaped.
#include <ostream>

#include "apps/corim/commands.h"
#include "apps/report.h"
#include "base/text.h"
#include "model/corim/template.h"
#include "model/corim/text.h"

namespace assay::corim_cli {
namespace {

json::Object envelope_json(const corim::Corim& corim);
json::Object tag_json(const corim::Tag& tag, const corim::Corim& corim);
void print_for_people(std::ostream& out, const endorsements::Opened& opened);

}  // namespace

void print(std::ostream& out, const endorsements::Opened& opened, bool json) {
  if (!json) return print_for_people(out, opened);
  json::Object object;
  object.set("signed", opened.envelope.has_value());
  object.set("generation", std::string{corim::letter(opened.corim.generation)});
  if (opened.envelope) object.set("meta", corim::to_json(opened.envelope->meta));
  object.set("corim", envelope_json(opened.corim));
  json::Array tags;
  for (const corim::Tag& tag : opened.corim.tags) tags.emplace_back(tag_json(tag, opened.corim));
  object.set("tags", std::move(tags));
  out << json::print(object, {.indent = 2}) << '\n';
}

std::string text_of(const std::string& file, const corim::Problem& problem) { return within(file, to_error(problem)).text(); }

json::Value to_json(const corim::Problem& problem) {
  json::Object object;
  object.set("severity", problem.severity == corim::Problem::Severity::error ? "error" : "warning");
  object.set("where", problem.where);
  object.set("what", problem.what);
  if (problem.member) object.set("member", *problem.member);
  if (!problem.expected.empty()) object.set("expected", problem.expected);
  return object;
}

namespace {

// Its tags are shown behind it, decoded.
json::Object envelope_json(const corim::Corim& corim) {
  const json::Value whole = corim::to_json(corim, corim.generation);
  json::Object object = *whole.object();
  object.erase("tags");
  return object;
}

// {"comid": its template form}, and so on; {"comid": null, "error": why} for what cannot be read.
json::Object tag_json(const corim::Tag& tag, const corim::Corim& corim) {
  json::Object object;
  const std::string kind{endorsements::file_word(tag.kind)};
  auto content = endorsements::display(tag, corim.generation, corim::extensions_of(corim.profile));
  if (content) {
    object.set(kind, std::move(*content));
  } else {
    object.set(kind, nullptr);
    object.set("error", content.error().text());
  }
  return object;
}

void print_for_people(std::ostream& out, const endorsements::Opened& opened) {
  const corim::Corim& corim = opened.corim;
  out << fmt::format("{} CoRIM, generation {}, {} tag{}\n", opened.envelope ? "signed" : "unsigned", corim::letter(corim.generation), corim.tags.size(), corim.tags.size() == 1 ? "" : "s");
  if (opened.envelope) report::print_claims(out, corim::to_json(opened.envelope->meta));
  report::print_claims(out, envelope_json(corim));
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    const corim::Tag& tag = corim.tags[i];
    out << fmt::format("\ntag {}: {}, {} bytes\n", i, corim::title(tag.kind), tag.content.size());
    report::print_claims(out, tag_json(tag, corim));
  }
}

}  // namespace
}  // namespace assay::corim_cli
