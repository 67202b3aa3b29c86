#include "model/corim/diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "model/corim/cots.h"
#include "model/corim/display.h"
#include "model/corim/template.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

// Subject to all that is said of it. One implementation id is one subject in either dialect, and is shown as it stands.
struct Said {
  std::string shown;  // of the subject
  std::multiset<std::string> facts;
};
class Facts : public std::map<std::string, Said> {
 public:
  std::multiset<std::string>& of(const std::string& subject, const std::string& shown) {
    Said& said = (*this)[subject];
    if (said.shown.empty()) said.shown = shown;
    return said.facts;
  }
  std::multiset<std::string>& of(const std::string& subject) { return of(subject, subject); }
};

Result<Facts> facts_of(const Corim& corim);
void add_envelope(const json::Object& envelope, Facts& facts);
void add_comid(const Comid& comid, Facts& facts);
void add_members(const std::string& what, const json::Value& tag, Facts& facts);
Result<void> add_tag(const Tag& tag, Facts& facts);
const json::Array& list_of(const json::Value& comid, std::string_view name);
void add_values(std::string_view what, const std::vector<ValueTriple>& triples, const json::Value& comid, std::string_view name, Facts& facts);
void add_keys(std::string_view what, const std::vector<KeyTriple>& triples, const json::Value& comid, std::string_view name, Facts& facts);
std::pair<std::string, std::string> subjects_of(std::string_view what, const Environment& environment);
json::Value with_hex(const json::Value& value);
Environment in_one_dialect(Environment environment);
std::string shown(const json::Value& value) { return json::print(value, {.html_safe = false}); }

}  // namespace

Result<std::vector<Change>> diff(const Corim& before, const Corim& after) {
  Facts old_facts = TRY(within("first", facts_of(before)));
  Facts new_facts = TRY(within("second", facts_of(after)));
  std::set<std::string> subjects;
  for (const auto& [subject, ignored] : old_facts) subjects.insert(subject);
  for (const auto& [subject, ignored] : new_facts) subjects.insert(subject);
  std::vector<Change> changes;
  for (const std::string& subject : subjects) {
    std::vector<std::string> removed;
    std::vector<std::string> added;
    const Said& old_said = old_facts[subject];
    const Said& new_said = new_facts[subject];
    const std::string& shown_subject = old_said.shown.empty() ? new_said.shown : old_said.shown;
    std::ranges::set_difference(old_said.facts, new_said.facts, std::back_inserter(removed));
    std::ranges::set_difference(new_said.facts, old_said.facts, std::back_inserter(added));
    // Of one subject, what went and what came are taken for a change.
    for (std::size_t i = 0; i < std::max(removed.size(), added.size()); ++i) {
      const bool has_before = i < removed.size();
      const bool has_after = i < added.size();
      const auto kind = has_before && has_after ? Change::Kind::changed : has_before ? Change::Kind::removed
                                                                                     : Change::Kind::added;
      changes.push_back({kind, shown_subject, has_before ? removed[i] : "", has_after ? added[i] : ""});
    }
  }
  return changes;
}

namespace {

Result<Facts> facts_of(const Corim& corim) {
  Facts facts;
  // In D's words, which have a form for everything.
  const json::Value envelope = to_json(corim, Generation::d);
  add_envelope(*envelope.object(), facts);
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    TRY(within(fmt::format("{} {}", title(corim.tags[i].kind), i), add_tag(corim.tags[i], facts)));
  }
  return facts;
}

Result<void> add_tag(const Tag& tag, Facts& facts) {
  switch (tag.kind) {
    case TagKind::comid: add_comid(TRY(read_comid(tag.content)), facts); break;
    case TagKind::coswid: add_members("CoSWID", to_json(TRY(read_coswid(tag.content))), facts); break;
    case TagKind::cots: {
      Cots cots = TRY(read_cots(tag.content));
      for (EnvironmentGroup& group : cots.environments) {
        if (group.environment) group.environment = in_one_dialect(std::move(*group.environment));
      }
      add_members("CoTS", to_json(cots), facts);
      break;
    }
    case TagKind::trust_list: facts.of("trust list").insert(to_hex(tag.content)); break;
  }
  return {};
}

// Each member is a subject, under the id of its tag; a list has a fact for each item.
void add_members(const std::string& what, const json::Value& tag, Facts& facts) {
  const json::Object& members = *tag.object();
  std::string name = what;
  if (const json::Value* id = members.find("tag-id")) name += " " + shown(*id);
  else if (const json::Value* identity = members.find("tag-identity"); identity != nullptr && identity->object() != nullptr && identity->object()->find("id") != nullptr) name += " " + shown(*identity->object()->find("id"));
  facts.of(name).insert(what);  // with nothing in it, it is still there
  for (const auto& [member, value] : members) {
    if (member == "tag-id") continue;
    std::multiset<std::string>& said = facts.of(name + " " + member);
    if (const json::Array* list = value.array()) {
      for (const json::Value& item : *list) said.insert(shown(item));
    } else {
      said.insert(shown(value));
    }
  }
}

void add_envelope(const json::Object& envelope, Facts& facts) {
  for (const auto& [name, value] : envelope) {
    if (name != "tags") facts.of("CoRIM " + name).insert(shown(value));
  }
}

void add_comid(const Comid& comid, Facts& facts) {
  const json::Value value = to_json(comid, Generation::d);
  for (const auto& [name, member] : *value.object()) {
    if (name == "triples") continue;
    // Lists have a fact for each item.
    std::multiset<std::string>& said = facts.of(name == "tag-identity" ? "CoMID" : "CoMID " + name);
    const json::Array* list = member.array();
    if (list == nullptr) said.insert(shown(member));
    else
      for (const json::Value& item : *list) said.insert(shown(item));
  }
  const Triples& triples = comid.triples;
  add_values("reference value", triples.reference_values, value, "reference-values", facts);
  add_values("endorsed value", triples.endorsed_values, value, "endorsed-values", facts);
  add_keys("identity key", triples.identity_keys, value, "dev-identity-keys", facts);
  add_keys("attestation key", triples.attest_keys, value, "attester-verification-keys", facts);
  static constexpr std::array<std::string_view, 4> kDone{"reference-values", "endorsed-values", "dev-identity-keys", "attester-verification-keys"};
  for (const auto& [name, list] : *value.object()->find("triples")->object()) {
    if (std::ranges::find(kDone, name) != kDone.end()) continue;
    if (list.array() == nullptr) facts.of("triples " + name).insert(shown(list));  // unknown ones
    else
      for (const json::Value& triple : *list.array()) facts.of(name).insert(shown(triple));
  }
}

const json::Array& list_of(const json::Value& comid, std::string_view name) {
  static const json::Array kNone;
  const json::Value* list = comid.object()->find("triples")->object()->find(name);
  return list == nullptr ? kNone : *list->array();
}

void add_values(std::string_view what, const std::vector<ValueTriple>& triples, const json::Value& comid, std::string_view name, Facts& facts) {
  const json::Array& list = list_of(comid, name);
  for (std::size_t i = 0; i < triples.size(); ++i) {
    const auto [subject, shown_subject] = subjects_of(what, triples[i].environment);
    const json::Array& measurements = *list[i].object()->find("measurements")->array();
    for (std::size_t j = 0; j < measurements.size(); ++j) {
      const json::Value* key = measurements[j].object()->find("key");
      const std::string of_key = key == nullptr ? "" : " " + shown(key->object()->find("value") == nullptr ? *key : with_hex(*key->object()->find("value")));
      json::Object rest;
      for (const auto& [member, value] : *measurements[j].object()) {
        if (member != "key") rest.append(member, with_hex(value));
      }
      add_unknown(rest, triples[i].measurements[j].unknown);
      facts.of(subject + of_key, shown_subject + of_key).insert(shown(rest));
    }
  }
}

void add_keys(std::string_view what, const std::vector<KeyTriple>& triples, const json::Value& comid, std::string_view name, Facts& facts) {
  const json::Array& list = list_of(comid, name);
  for (std::size_t i = 0; i < triples.size(); ++i) {
    const auto [subject, shown_subject] = subjects_of(what, triples[i].environment);
    for (const json::Value& key : *list[i].object()->find("verification-keys")->array()) facts.of(subject, shown_subject).insert(shown(with_hex(key)));
    if (!triples[i].condition) continue;
    json::Value condition = with_hex(*list[i].object()->find("conditions"));
    add_unknown(*condition.object(), triples[i].condition->unknown);
    facts.of(subject + ", conditions", shown_subject + ", conditions").insert(shown(condition));
  }
}

// To tell by, and to show.
std::pair<std::string, std::string> subjects_of(std::string_view what, const Environment& environment) {
  const auto text = [&](const Environment& one) {
    json::Value value = with_hex(environment_to_json(one));
    add_unknown(*value.object(), one.unknown);
    if (one.klass && !one.klass->unknown.empty()) {
      json::Object klass;
      add_unknown(klass, one.klass->unknown);
      value.object()->append("class, unknown", std::move(klass));
    }
    return fmt::format("{} of {}", what, shown(value));
  };
  return {text(in_one_dialect(environment)), text(environment)};
}

// Digests and ids as people compare them: hex, as `verify` prints them. Depth is that of the display form.
json::Value with_hex(const json::Value& value) {
  if (const json::Array* list = value.array()) {
    const bool is_digest = list->size() == 2 && (*list)[0].array() == nullptr && (*list)[0].object() == nullptr && (*list)[1].text() != nullptr;
    const auto bytes = is_digest ? from_any_base64(*(*list)[1].text()) : Result<Bytes>{fail(Errc::invalid, "", "")};
    if (bytes) return fmt::format("{}:{}", (*list)[0].text() != nullptr ? *(*list)[0].text() : json::print((*list)[0]), to_hex(*bytes));
    json::Array all;
    for (const json::Value& item : *list) all.push_back(with_hex(item));
    return all;
  }
  if (value.object() == nullptr) return value;
  const json::Value* type = value.object()->find("type");
  static constexpr std::array<std::string_view, 3> kIds{"psa.impl-id", "bytes", "ueid"};
  const bool is_id = type != nullptr && type->text() != nullptr && std::ranges::find(kIds, *type->text()) != kIds.end();
  json::Object all;
  for (const auto& [name, member] : *value.object()) {
    const bool is_bytes = member.text() != nullptr && (name == "signer-id" || (is_id && name == "value"));
    const auto bytes = is_bytes ? from_base64(*member.text()) : Result<Bytes>{fail(Errc::invalid, "", "")};
    all.append(name, bytes ? json::Value{to_hex(*bytes)} : with_hex(member));
  }
  return all;
}

// psa.impl-id (generation A) and bytes (D) name one implementation.
Environment in_one_dialect(Environment environment) {
  if (!environment.klass || !environment.klass->id) return environment;
  if (const auto* old = std::get_if<ImplementationId>(&*environment.klass->id)) environment.klass->id = TaggedBytes{old->value};
  return environment;
}

}  // namespace
}  // namespace assay::corim
