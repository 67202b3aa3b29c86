#include "model/corim/diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "model/corim/cots.h"
#include "model/corim/template.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

// Subject to all that is said of it.
using Facts = std::map<std::string, std::multiset<std::string>>;

Result<Facts> facts_of(const Corim& corim);
void add_envelope(const json::Object& envelope, Facts& facts);
void add_comid(const Comid& comid, Facts& facts);
void add_members(const std::string& what, const json::Value& tag, Facts& facts);
Result<void> add_tag(const Tag& tag, Facts& facts);
void add_values(std::string_view what, const json::Array& triples, Facts& facts);
void add_keys(std::string_view what, const json::Array& triples, Facts& facts);
std::string subject_of(std::string_view what, const json::Object& triple, const json::Value* key);
Environment in_one_dialect(Environment environment);
std::string_view title(TagKind kind);
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
    std::ranges::set_difference(old_facts[subject], new_facts[subject], std::back_inserter(removed));
    std::ranges::set_difference(new_facts[subject], old_facts[subject], std::back_inserter(added));
    // Of one subject, what went and what came are taken for a change.
    for (std::size_t i = 0; i < std::max(removed.size(), added.size()); ++i) {
      const bool has_before = i < removed.size();
      const bool has_after = i < added.size();
      const auto kind = has_before && has_after ? Change::Kind::changed : has_before ? Change::Kind::removed
                                                                                     : Change::Kind::added;
      changes.push_back({kind, subject, has_before ? removed[i] : "", has_after ? added[i] : ""});
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
    case TagKind::trust_list: facts["trust list"].insert(to_hex(tag.content)); break;
  }
  return {};
}

std::string_view title(TagKind kind) {
  switch (kind) {
    case TagKind::coswid: return "CoSWID";
    case TagKind::comid: return "CoMID";
    case TagKind::cots: return "CoTS";
    case TagKind::trust_list: return "trust list";
  }
  return "tag";
}

// Each member is a subject, under the id of its tag; a list has a fact for each item.
void add_members(const std::string& what, const json::Value& tag, Facts& facts) {
  const json::Object& members = *tag.object();
  std::string name = what;
  if (const json::Value* id = members.find("tag-id")) name += " " + shown(*id);
  else if (const json::Value* identity = members.find("tag-identity"); identity != nullptr && identity->object() != nullptr && identity->object()->find("id") != nullptr) name += " " + shown(*identity->object()->find("id"));
  facts[name].insert(what);  // with nothing in it, it is still there
  for (const auto& [member, value] : members) {
    if (member == "tag-id") continue;
    std::multiset<std::string>& said = facts[name + " " + member];
    if (const json::Array* list = value.array()) {
      for (const json::Value& item : *list) said.insert(shown(item));
    } else {
      said.insert(shown(value));
    }
  }
}

void add_envelope(const json::Object& envelope, Facts& facts) {
  for (const auto& [name, value] : envelope) {
    if (name != "tags") facts["CoRIM " + name].insert(shown(value));
  }
}

void add_comid(const Comid& comid, Facts& facts) {
  Comid one = comid;
  for (auto* list : {&one.triples.reference_values, &one.triples.endorsed_values}) {
    for (ValueTriple& triple : *list) triple.environment = in_one_dialect(std::move(triple.environment));
  }
  for (auto* list : {&one.triples.attest_keys, &one.triples.identity_keys}) {
    for (KeyTriple& triple : *list) triple.environment = in_one_dialect(std::move(triple.environment));
  }
  const json::Value value = to_json(one, Generation::d);
  facts["CoMID"].insert(shown(*value.object()->find("tag-identity")));
  for (const auto& [name, triples] : *value.object()->find("triples")->object()) {
    const json::Array* list = triples.array();
    if (list == nullptr) continue;
    if (name == "reference-values" || name == "endorsed-values") add_values(name == "reference-values" ? "reference value" : "endorsed value", *list, facts);
    else if (name == "attester-verification-keys" || name == "dev-identity-keys") add_keys(name == "dev-identity-keys" ? "identity key" : "attestation key", *list, facts);
    else
      for (const json::Value& triple : *list) facts[name].insert(shown(triple));
  }
}

void add_values(std::string_view what, const json::Array& triples, Facts& facts) {
  for (const json::Value& triple : triples) {
    for (const json::Value& measurement : *triple.object()->find("measurements")->array()) {
      const json::Object& object = *measurement.object();
      json::Object rest;
      for (const auto& [name, value] : object) {
        if (name != "key") rest.set(name, value);
      }
      facts[subject_of(what, *triple.object(), object.find("key"))].insert(shown(rest));
    }
  }
}

void add_keys(std::string_view what, const json::Array& triples, Facts& facts) {
  for (const json::Value& triple : triples) {
    for (const json::Value& key : *triple.object()->find("verification-keys")->array()) facts[subject_of(what, *triple.object(), nullptr)].insert(shown(key));
  }
}

std::string subject_of(std::string_view what, const json::Object& triple, const json::Value* key) {
  std::string subject = fmt::format("{} of {}", what, shown(*triple.find("environment")));
  if (key != nullptr) subject += " " + shown(*key->object()->find("value"));
  return subject;
}

// psa.impl-id (generation A) and bytes (D) name one implementation.
Environment in_one_dialect(Environment environment) {
  if (!environment.klass || !environment.klass->id) return environment;
  if (const auto* old = std::get_if<ImplementationId>(&*environment.klass->id)) environment.klass->id = TaggedBytes{old->value};
  return environment;
}

}  // namespace
}  // namespace assay::corim
