#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/corim/display.h"
#include "model/corim/template_node.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

// What a display form of a CoMID depends on.
struct Dialect {
  Generation generation;
  Extensions extensions;
};

// Members that are there, in the order of their CBOR keys.
json::Value triples_to_json(const Triples& triples, const Dialect& dialect);
json::Value value_triple_to_json(const ValueTriple& triple, const Dialect& dialect);
json::Value key_triple_to_json(const KeyTriple& triple, Generation generation);
json::Value domain_to_json(const DomainTriple& triple, std::string_view others);
json::Value series_to_json(const SeriesTriple& triple, const Dialect& dialect);
json::Value class_to_json(const Class& klass);
json::Value measurement_to_json(const Measurement& measurement, const Dialect& dialect);
json::Value mkey_to_json(const Mkey& key);
json::Value mval_to_json(const Mval& value, const Dialect& dialect);
void add_later_members(json::Object& object, const Mval& value, Generation generation);
json::Value version_to_json(const Version& version);
json::Value flags_to_json(const Flags& flags);
json::Value registers_to_json(const std::vector<IntegrityRegister>& registers, Generation generation);
json::Value range_to_json(const IntRange& range);
json::Value authorized_by_to_json(const std::vector<CryptoKey>& keys, Generation generation);
json::Value entity_to_json(const Entity& entity, std::span<const std::string_view> roles, std::int64_t first);
json::Value validity_to_json(const Validity& validity);
json::Value locator_to_json(const Locator& locator, Generation generation);
json::Value tag_to_json(const Tag& tag, Generation generation);

json::Value typed(std::string_view type, json::Value value) {
  json::Object object;
  object.set("type", type);
  object.set("value", std::move(value));
  return object;
}

template <class T, class F>
json::Value list_to_json(const std::vector<T>& list, F&& to) {
  json::Array array;
  for (const T& item : list) array.push_back(to(item));
  return array;
}

}  // namespace

std::string id_to_text(const TagId& id) {
  if (const auto* uuid = std::get_if<Uuid>(&id)) return to_text(*uuid);
  return std::get<std::string>(id);
}

json::Value identity_to_json(const TagIdentity& identity) {
  json::Object object;
  object.set("id", id_to_text(identity.id));
  if (identity.version != 0) object.set("version", identity.version);
  return object;
}

json::Value to_json(const Comid& comid, Generation generation, Extensions extensions) {
  json::Object object;
  if (comid.language) object.set("lang", *comid.language);
  object.set("tag-identity", identity_to_json(comid.identity));
  if (!comid.entities.empty()) object.set("entities", list_to_json(comid.entities, [](const Entity& entity) { return entity_to_json(entity, kComidRoles, 0); }));
  if (comid.linked_tags) {
    object.set("linked-tags", list_to_json(*comid.linked_tags, [](const LinkedTag& link) -> json::Value {
                 json::Object one;
                 one.set("target", id_to_text(link.id));
                 one.set("rel", link.relation == 1 ? "replaces" : "supplements");
                 return one;
               }));
  }
  object.set("triples", triples_to_json(comid.triples, Dialect{generation, extensions}));
  add_unknown(object, comid.unknown);
  return object;
}

json::Value to_json(const Corim& corim, Generation generation) {
  json::Object object;
  object.set("corim-id", id_to_text(corim.id));
  object.set("tags", list_to_json(corim.tags, [&](const Tag& tag) { return tag_to_json(tag, generation); }));
  if (corim.dependent_rims) object.set("dependent-rims", list_to_json(*corim.dependent_rims, [&](const Locator& locator) { return locator_to_json(locator, generation); }));
  if (corim.profile) {
    const std::string text = to_text(*corim.profile);
    if (generation != Generation::d) object.set("profile", text);
    else object.set("profile", typed(std::holds_alternative<Oid>(*corim.profile) ? "oid" : "uri", text));
  }
  if (corim.validity) object.set("validity", validity_to_json(*corim.validity));
  if (!corim.entities.empty()) object.set("entities", list_to_json(corim.entities, [](const Entity& entity) { return entity_to_json(entity, kCorimRoles, 1); }));
  add_unknown(object, corim.unknown);
  return object;
}

json::Value to_json(const Meta& meta) {
  json::Object signer;
  signer.set("name", meta.signer_name);
  if (meta.signer_uri) signer.set("uri", *meta.signer_uri);
  json::Object object;
  object.set("signer", std::move(signer));
  if (meta.validity) object.set("validity", validity_to_json(*meta.validity));
  return object;
}

namespace {

json::Value triples_to_json(const Triples& triples, const Dialect& dialect) {
  json::Object object;
  const auto add = [&](std::string_view name, const auto& list, auto&& to) {
    if (!list.empty()) object.set(std::string{name}, list_to_json(list, to));
  };
  const auto values = [&](const ValueTriple& triple) { return value_triple_to_json(triple, dialect); };
  const auto keys = [&](const KeyTriple& triple) { return key_triple_to_json(triple, dialect.generation); };
  add("reference-values", triples.reference_values, values);
  add("endorsed-values", triples.endorsed_values, values);
  add("dev-identity-keys", triples.identity_keys, keys);
  add("attester-verification-keys", triples.attest_keys, keys);
  add("dependency-triples", triples.dependencies, [](const DomainTriple& triple) { return domain_to_json(triple, "trustees"); });
  add("membership-triples", triples.memberships, [](const DomainTriple& triple) { return domain_to_json(triple, "members"); });
  add("coswid-triples", triples.coswids, [](const CoswidTriple& triple) -> json::Value {
    json::Object one;
    one.set("environment", environment_to_json(triple.environment));
    one.set("tag-ids", list_to_json(triple.tags, [](const TagId& id) { return json::Value{id_to_text(id)}; }));
    return one;
  });
  add("conditional-endorsement-series", triples.series, [&](const SeriesTriple& triple) { return series_to_json(triple, dialect); });
  add("conditional-endorsements", triples.conditionals, [&](const ConditionalTriple& triple) -> json::Value {
    json::Object one;
    one.set("conditions", list_to_json(triple.conditions, values));
    one.set("endorsements", list_to_json(triple.endorsements, values));
    return one;
  });
  add_unknown(object, triples.unknown);
  return object;
}

json::Value measurements_to_json(const std::vector<Measurement>& measurements, const Dialect& dialect) {
  return list_to_json(measurements, [&](const Measurement& one) { return measurement_to_json(one, dialect); });
}

json::Value value_triple_to_json(const ValueTriple& triple, const Dialect& dialect) {
  json::Object object;
  object.set("environment", environment_to_json(triple.environment));
  object.set("measurements", measurements_to_json(triple.measurements, dialect));
  return object;
}

json::Value key_triple_to_json(const KeyTriple& triple, Generation generation) {
  json::Object object;
  object.set("environment", environment_to_json(triple.environment));
  object.set("verification-keys", list_to_json(triple.keys, [&](const CryptoKey& key) { return key_to_json(key, generation); }));
  if (triple.condition) {
    json::Object condition;
    if (triple.condition->key) condition.set("mkey", mkey_to_json(*triple.condition->key));
    if (!triple.condition->authorized_by.empty()) condition.set("authorized-by", authorized_by_to_json(triple.condition->authorized_by, Generation::d));
    object.set("conditions", std::move(condition));
  }
  return object;
}

json::Value domain_to_json(const DomainTriple& triple, std::string_view others) {
  json::Object object;
  object.set("domain-id", environment_to_json(triple.domain));
  object.set(std::string{others}, list_to_json(triple.others, environment_to_json));
  return object;
}

json::Value series_to_json(const SeriesTriple& triple, const Dialect& dialect) {
  json::Object condition;
  condition.set("environment", environment_to_json(triple.environment));
  if (!triple.measurements.empty()) condition.set("measurements", measurements_to_json(triple.measurements, dialect));
  if (!triple.authorized_by.empty()) condition.set("authorized-by", authorized_by_to_json(triple.authorized_by, Generation::d));
  json::Object object;
  object.set("condition", std::move(condition));
  object.set("series", list_to_json(triple.series, [&](const SeriesTriple::Entry& entry) -> json::Value {
               json::Object one;
               one.set("selection", measurements_to_json(entry.selection, dialect));
               one.set("addition", measurements_to_json(entry.addition, dialect));
               return one;
             }));
  return object;
}

}  // namespace

json::Value environment_to_json(const Environment& environment) {
  json::Object object;
  if (environment.klass) object.set("class", class_to_json(*environment.klass));
  if (environment.instance) {
    const Instance& instance = *environment.instance;
    if (const auto* ueid = std::get_if<Ueid>(&instance)) object.set("instance", typed("ueid", to_base64(ueid->value)));
    else if (const auto* uuid = std::get_if<Uuid>(&instance)) object.set("instance", typed("uuid", to_text(*uuid)));
    else if (const auto* bytes = std::get_if<TaggedBytes>(&instance)) object.set("instance", typed("bytes", to_base64(bytes->value)));
    else object.set("instance", key_to_json(std::get<CryptoKey>(instance), Generation::d));
  }
  if (environment.group) {
    if (const auto* uuid = std::get_if<Uuid>(&*environment.group)) object.set("group", typed("uuid", to_text(*uuid)));
    else object.set("group", typed("bytes", to_base64(std::get<TaggedBytes>(*environment.group).value)));
  }
  return object;
}

namespace {

json::Value class_to_json(const Class& klass) {
  json::Object object;
  if (klass.id) {
    if (const auto* oid = std::get_if<Oid>(&*klass.id)) object.set("id", typed("oid", to_text(*oid)));
    else if (const auto* uuid = std::get_if<Uuid>(&*klass.id)) object.set("id", typed("uuid", to_text(*uuid)));
    else if (const auto* bytes = std::get_if<TaggedBytes>(&*klass.id)) object.set("id", typed("bytes", to_base64(bytes->value)));
    else if (const auto* number = std::get_if<IntegerClassId>(&*klass.id)) object.set("id", typed("int", number->value));
    else object.set("id", typed("psa.impl-id", to_base64(std::get<ImplementationId>(*klass.id).value)));
  }
  if (klass.vendor) object.set("vendor", *klass.vendor);
  if (klass.model) object.set("model", *klass.model);
  if (klass.layer) object.set("layer", *klass.layer);
  if (klass.index) object.set("index", *klass.index);
  return object;
}

json::Value measurement_to_json(const Measurement& measurement, const Dialect& dialect) {
  json::Object object;
  if (measurement.key) object.set("key", mkey_to_json(*measurement.key));
  object.set("value", mval_to_json(measurement.value, dialect));
  if (!measurement.authorized_by.empty()) object.set("authorized-by", authorized_by_to_json(measurement.authorized_by, dialect.generation));
  return object;
}

json::Value mkey_to_json(const Mkey& key) {
  if (const auto* number = std::get_if<std::uint64_t>(&key)) return typed("uint", *number);
  if (const auto* uuid = std::get_if<Uuid>(&key)) return typed("uuid", to_text(*uuid));
  if (const auto* oid = std::get_if<Oid>(&key)) return typed("oid", to_text(*oid));
  if (const auto* text = std::get_if<std::string>(&key)) return typed("string", *text);
  if (const auto* config = std::get_if<CcaConfigId>(&key)) return typed("cca.platform-config-id", config->label);
  const auto& refval = std::get<PsaRefvalId>(key);
  json::Object object;
  if (refval.label) object.set("label", *refval.label);
  if (refval.version) object.set("version", *refval.version);
  object.set("signer-id", to_base64(refval.signer_id));
  return typed("psa.refval-id", std::move(object));
}

json::Value mval_to_json(const Mval& value, const Dialect& dialect) {
  json::Object object;
  if (value.version) object.set("version", version_to_json(*value.version));
  if (value.svn) object.set("svn", typed(value.svn->minimum ? "min-value" : "exact-value", value.svn->value));
  if (value.digests) object.set("digests", list_to_json(*value.digests, [&](const Digest& digest) { return digest_to_json(digest, dialect.generation); }));
  if (value.flags) object.set("flags", flags_to_json(*value.flags));
  if (value.raw_value) {
    if (value.raw_value->mask) {
      json::Object masked;
      masked.set("value", to_base64(value.raw_value->value));
      masked.set("mask", to_base64(*value.raw_value->mask));
      object.set("raw-value", typed("masked", std::move(masked)));
    } else {
      object.set("raw-value", typed("bytes", to_base64(value.raw_value->value)));
    }
  }
  add_later_members(object, value, dialect.generation);
  for (const Unknown& one : value.unknown) {
    const Extension* extension = find(dialect.extensions, one.key);
    // One that its profile cannot read is shown as what it is.
    auto shown = extension != nullptr ? std::optional{extension->show(one.item, dialect.generation)} : std::nullopt;
    if (shown && *shown) object.set(std::string{extension->name}, std::move(**shown));
    else add_unknown(object, {one});
  }
  return object;
}

void add_later_members(json::Object& object, const Mval& value, Generation generation) {
  if (value.raw_value_mask) object.set("raw-value-mask", to_base64(*value.raw_value_mask));
  if (value.mac_addr) object.set("mac-addr", mac_to_text(*value.mac_addr));
  if (value.ip_addr) object.set("ip-addr", ip_to_text(*value.ip_addr));
  if (value.serial_number) object.set("serial-number", *value.serial_number);
  if (value.ueid) object.set("ueid", to_base64(*value.ueid));
  if (value.uuid) object.set("uuid", to_text(*value.uuid));
  if (value.name) object.set("name", *value.name);
  if (value.cryptokeys) object.set("cryptokeys", list_to_json(*value.cryptokeys, [&](const CryptoKey& key) { return key_to_json(key, generation); }));
  if (value.integrity_registers) object.set("integrity-registers", registers_to_json(*value.integrity_registers, generation));
  if (value.int_range) object.set("int-range", range_to_json(*value.int_range));
}

json::Value version_to_json(const Version& version) {
  json::Object object;
  object.set("value", version.value);
  if (!version.scheme) return object;
  if (const auto* text = std::get_if<std::string>(&*version.scheme)) {
    object.set("scheme", *text);
  } else {
    const std::int64_t number = std::get<std::int64_t>(*version.scheme);
    const std::string_view name = scheme_name(number);
    if (name.empty()) object.set("scheme", number);
    else object.set("scheme", name);
  }
  return object;
}

json::Value flags_to_json(const Flags& flags) {
  json::Object object;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i]) object.set(std::string{flag_name(i)}, *flags[i]);
  }
  return object;
}

// In the order of their names as texts.
json::Value registers_to_json(const std::vector<IntegrityRegister>& registers, Generation generation) {
  std::vector<std::pair<std::string, const IntegrityRegister*>> sorted;
  for (const IntegrityRegister& one : registers) {
    const auto* number = std::get_if<std::uint64_t>(&one.index);
    sorted.emplace_back(number != nullptr ? std::to_string(*number) : std::get<std::string>(one.index), &one);
  }
  std::ranges::sort(sorted);  // of one name: in the order of their keys, as they stood
  json::Object object;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [name, one] = sorted[i];
    if (i + 1 < sorted.size() && sorted[i + 1].first == name) continue;  // the number and the text have one name here: the last is shown
    json::Object content;
    content.set("key-type", std::holds_alternative<std::uint64_t>(one->index) ? "uint" : "text");
    content.set("value", list_to_json(one->digests, [&](const Digest& digest) { return digest_to_json(digest, generation); }));
    object.append(name, std::move(content));
  }
  return object;
}

json::Value range_to_json(const IntRange& range) {
  if (range.single) return typed("rawIntInteger", *range.min);
  json::Object object;
  if (range.min) object.set("min", *range.min);
  if (range.max) object.set("max", *range.max);
  return typed("rawIntRange", std::move(object));
}

json::Value authorized_by_to_json(const std::vector<CryptoKey>& keys, Generation generation) {
  if (generation == Generation::a && keys.size() == 1) return key_to_json(keys.front(), generation);
  return list_to_json(keys, [&](const CryptoKey& key) { return key_to_json(key, generation); });
}

json::Value entity_to_json(const Entity& entity, std::span<const std::string_view> roles, std::int64_t first) {
  json::Object object;
  object.set("name", entity.name);
  if (entity.reg_id) object.set("regid", *entity.reg_id);
  object.set("roles", list_to_json(entity.roles, [&](std::int64_t role) -> json::Value {
               const std::int64_t index = role - first;
               if (index < 0 || index >= static_cast<std::int64_t>(roles.size())) return fmt::format("Role({})", role);
               return roles[static_cast<std::size_t>(index)];
             }));
  return object;
}

json::Value validity_to_json(const Validity& validity) {
  json::Object object;
  if (validity.not_before) object.set("not-before", to_rfc3339(*validity.not_before));
  object.set("not-after", to_rfc3339(validity.not_after));
  return object;
}

json::Value locator_to_json(const Locator& locator, Generation generation) {
  const auto digest = [&](const Digest& one) { return digest_to_json(one, generation); };
  json::Object object;
  if (locator.hrefs.size() == 1) object.set("href", locator.hrefs.front());
  else object.set("href", list_to_json(locator.hrefs, [](const std::string& href) { return json::Value{href}; }));
  if (locator.thumbprints.size() == 1) object.set("thumbprint", digest(locator.thumbprints.front()));
  else if (!locator.thumbprints.empty()) object.set("thumbprint", list_to_json(locator.thumbprints, digest));
  return object;
}

json::Value tag_to_json(const Tag& tag, Generation generation) {
  cbor::Writer out;
  out.tag(static_cast<std::uint64_t>(tag.kind));
  if (generation == Generation::a) out.raw(tag.content);
  else out.bytes(tag.content);
  return to_base64(out.view());
}

}  // namespace

json::Value digest_to_json(const Digest& digest, Generation generation) {
  if (generation != Generation::d) return fmt::format("{};{}", to_text(digest.algorithm), to_base64(digest.value));
  json::Value algorithm = to_text(digest.algorithm);
  if (const auto* number = std::get_if<std::int64_t>(&digest.algorithm); number != nullptr && algorithm_name(*number).empty()) algorithm = *number;
  return json::Array{std::move(algorithm), to_base64url(digest.value)};
}

json::Value key_to_json(const CryptoKey& key, Generation generation) {
  if (const auto* text = std::get_if<std::string>(&key.value)) return typed(key_type(key.kind), *text);
  if (const auto* digest = std::get_if<Digest>(&key.value)) return typed(key_type(key.kind), digest_to_json(*digest, generation));
  return typed(key_type(key.kind), to_base64(std::get<Bytes>(key.value)));
}

void add_unknown(json::Object& object, const Unknowns& unknown) {
  for (const Unknown& one : unknown) object.append(std::to_string(one.key), cbor::to_diagnostic(one.item));
}

}  // namespace assay::corim
