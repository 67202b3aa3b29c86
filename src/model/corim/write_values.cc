#include <algorithm>

#include "base/text.h"
#include "model/corim/text.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

Result<void> write_class_id(cbor::Writer& out, const ClassId& id, Generation generation);
void write_refval_id(cbor::Writer& out, const PsaRefvalId& id);
Result<void> write_mval(cbor::Writer& out, const Mval& value, Generation generation);
void write_plain_members(StructWriter& map, const Mval& value);
Result<void> write_new_members(StructWriter& map, const Mval& value, Generation generation);
Result<void> write_version(cbor::Writer& out, const Version& version, Generation generation);
void write_flags(cbor::Writer& out, const Flags& flags);
Result<void> write_raw_value(cbor::Writer& out, const RawValue& raw, Generation generation);
void write_registers(cbor::Writer& out, const std::vector<IntegrityRegister>& registers);
void write_range(cbor::Writer& out, const IntRange& range);
bool is_new(const Digest& digest);
bool holds_new_digest(const Digests& digests) { return std::ranges::any_of(digests, is_new); }
Result<void> check_key(const CryptoKey& key, Generation generation);

void tagged_bytes(cbor::Writer& out, std::uint64_t tag, ByteView value) { out.tag(tag).bytes(value); }

}  // namespace

cbor::Writer& StructWriter::member(std::int64_t key) {
  finish_member();
  cbor::Writer encoded;
  encoded.integer(key);
  key_ = std::move(encoded).take();
  value_ = {};
  open_ = true;
  return value_;
}

void StructWriter::finish_member() {
  if (open_) entries_.emplace_back(std::move(key_), std::move(value_).take());
  open_ = false;
}

void StructWriter::add(const Unknowns& unknown) {
  for (const Unknown& one : unknown) member(one.key).raw(one.item);
}

void StructWriter::write_to(cbor::Writer& out) && {
  finish_member();
  out.raw(cbor::encode_sorted_map(std::move(entries_)));
}

std::unexpected<Error> not_in(Generation generation, std::string_view what, std::string_view expected) {
  return fail_expecting(Errc::unsupported, "", fmt::format("{} cannot be written in generation {}", what, letter(generation)), expected);
}

void write_tag_id(cbor::Writer& out, const TagId& id) {
  if (const auto* uuid = std::get_if<Uuid>(&id)) out.bytes(*uuid);
  else out.text(std::get<std::string>(id));
}

void write_uri(cbor::Writer& out, std::string_view uri) { out.tag(32).text(uri); }

void write_digest(cbor::Writer& out, const Digest& digest) {
  out.array(2);
  if (const auto* id = std::get_if<std::int64_t>(&digest.algorithm)) out.integer(*id);
  else out.text(std::get<std::string>(digest.algorithm));
  out.bytes(digest.value);
}

void write_digests(cbor::Writer& out, const Digests& digests) {
  out.array(digests.size());
  for (const Digest& digest : digests) write_digest(out, digest);
}

void write_key(cbor::Writer& out, const CryptoKey& key) {
  out.tag(static_cast<std::uint64_t>(key.kind));
  if (const auto* text = std::get_if<std::string>(&key.value)) out.text(*text);
  else if (const auto* digest = std::get_if<Digest>(&key.value)) write_digest(out, *digest);
  else if (key.kind == CryptoKey::Kind::cose_key) out.raw(std::get<Bytes>(key.value));
  else out.bytes(std::get<Bytes>(key.value));
}

void write_entity(cbor::Writer& out, const Entity& entity) {
  StructWriter map;
  map.member(0).text(entity.name);
  if (entity.reg_id) write_uri(map.member(1), *entity.reg_id);
  cbor::Writer& roles = map.member(2).array(entity.roles.size());
  for (const std::int64_t role : entity.roles) roles.integer(role);
  map.add(entity.unknown);
  std::move(map).write_to(out);
}

void write_validity(cbor::Writer& out, const Validity& validity) {
  out.map(validity.not_before ? 2 : 1);
  if (validity.not_before) out.uint(0).tag(1).integer(*validity.not_before);
  out.uint(1).tag(1).integer(validity.not_after);
}

Result<void> write_mkey(cbor::Writer& out, const Mkey& key, Generation generation) {
  if (const auto* number = std::get_if<std::uint64_t>(&key)) {
    out.uint(*number);
  } else if (const auto* uuid = std::get_if<Uuid>(&key)) {
    tagged_bytes(out, 37, *uuid);
  } else if (const auto* oid = std::get_if<Oid>(&key)) {
    tagged_bytes(out, 111, oid->content);
  } else if (const auto* text = std::get_if<std::string>(&key)) {
    if (generation < Generation::c) return not_in(generation, "a text as measurement key", "generation C or D");
    out.text(*text);
  } else if (const auto* refval = std::get_if<PsaRefvalId>(&key)) {
    if (generation == Generation::d) return not_in(generation, "a psa.refval-id", "the text \"psa.software-component\", with name and cryptokeys in the value");
    write_refval_id(out, *refval);
  } else {
    if (generation == Generation::d) return not_in(generation, "a cca.platform-config-id", "the text \"cca.platform-config\"");
    out.tag(602).text(std::get<CcaConfigId>(key).label);
  }
  return {};
}

Result<void> write_environment(cbor::Writer& out, const Environment& environment, Generation generation) {
  StructWriter map;
  if (environment.klass) TRY(within("class", write_class(map.member(0), *environment.klass, generation)));
  if (environment.instance) TRY(within("instance", write_instance(map.member(1), *environment.instance, generation)));
  if (environment.group) write_group_id(map.member(2), *environment.group);
  map.add(environment.unknown);
  std::move(map).write_to(out);
  return {};
}

Result<void> write_measurement(cbor::Writer& out, const Measurement& measurement, Generation generation) {
  StructWriter map;
  if (measurement.key) TRY(within("key", write_mkey(map.member(0), *measurement.key, generation)));
  TRY(within("value", write_mval(map.member(1), measurement.value, generation)));
  if (!measurement.authorized_by.empty()) {
    for (const CryptoKey& key : measurement.authorized_by) TRY(within("authorized-by", check_key(key, generation)));
    if (generation == Generation::a) {
      if (measurement.authorized_by.size() > 1) return within("authorized-by", Result<void>{not_in(generation, "a list of keys", "one key")});
      write_key(map.member(2), measurement.authorized_by.front());
    } else {
      cbor::Writer& list = map.member(2).array(measurement.authorized_by.size());
      for (const CryptoKey& key : measurement.authorized_by) write_key(list, key);
    }
  }
  map.add(measurement.unknown);
  std::move(map).write_to(out);
  return {};
}

Result<void> write_class(cbor::Writer& out, const Class& klass, Generation generation) {
  StructWriter map;
  if (klass.id) TRY(within("id", write_class_id(map.member(0), *klass.id, generation)));
  if (klass.vendor) map.member(1).text(*klass.vendor);
  if (klass.model) map.member(2).text(*klass.model);
  if (klass.layer) map.member(3).uint(*klass.layer);
  if (klass.index) map.member(4).uint(*klass.index);
  map.add(klass.unknown);
  std::move(map).write_to(out);
  return {};
}

namespace {

Result<void> write_class_id(cbor::Writer& out, const ClassId& id, Generation generation) {
  const bool is_old = std::holds_alternative<IntegerClassId>(id) || std::holds_alternative<ImplementationId>(id);
  if (is_old && generation == Generation::d) return not_in(generation, std::holds_alternative<IntegerClassId>(id) ? "a class id of type int" : "a class id of type psa.impl-id", "type bytes, oid or uuid");
  if (const auto* oid = std::get_if<Oid>(&id)) tagged_bytes(out, 111, oid->content);
  else if (const auto* uuid = std::get_if<Uuid>(&id)) tagged_bytes(out, 37, *uuid);
  else if (const auto* bytes = std::get_if<TaggedBytes>(&id)) tagged_bytes(out, 560, bytes->value);
  else if (const auto* number = std::get_if<IntegerClassId>(&id)) out.tag(551).integer(number->value);
  else tagged_bytes(out, 600, std::get<ImplementationId>(id).value);
  return {};
}

}  // namespace

Result<void> write_instance(cbor::Writer& out, const Instance& instance, Generation generation) {
  if (const auto* ueid = std::get_if<Ueid>(&instance)) {
    tagged_bytes(out, 550, ueid->value);
  } else if (const auto* uuid = std::get_if<Uuid>(&instance)) {
    tagged_bytes(out, 37, *uuid);
  } else if (const auto* bytes = std::get_if<TaggedBytes>(&instance)) {
    tagged_bytes(out, 560, bytes->value);
  } else {
    if (generation != Generation::d) return not_in(generation, "a key as instance", "type ueid, uuid or bytes");
    write_key(out, std::get<CryptoKey>(instance));
  }
  return {};
}

void write_group_id(cbor::Writer& out, const Group& group) {
  if (const auto* uuid = std::get_if<Uuid>(&group)) tagged_bytes(out, 37, *uuid);
  else tagged_bytes(out, 560, std::get<TaggedBytes>(group).value);
}

namespace {

void write_refval_id(cbor::Writer& out, const PsaRefvalId& id) {
  out.tag(601).map(1 + (id.label ? 1 : 0) + (id.version ? 1 : 0));
  if (id.label) out.uint(1).text(*id.label);
  if (id.version) out.uint(4).text(*id.version);
  out.uint(5).bytes(id.signer_id);
}

Result<void> write_mval(cbor::Writer& out, const Mval& value, Generation generation) {
  StructWriter map;
  if (value.version) TRY(within("version", write_version(map.member(0), *value.version, generation)));
  if (value.digests) {
    if (generation == Generation::a && holds_new_digest(*value.digests)) return within("digests", Result<void>{not_in(generation, "another algorithm than sha-256 … sha3-512", "generation D")});
    write_digests(map.member(2), *value.digests);
  }
  const bool has_new_register = value.integrity_registers && std::ranges::any_of(*value.integrity_registers, [](const IntegrityRegister& one) { return holds_new_digest(one.digests); });
  if (generation == Generation::a && has_new_register) return within("integrity-registers", Result<void>{not_in(generation, "another algorithm than sha-256 … sha3-512", "generation D")});
  if (value.flags && generation != Generation::d && ((*value.flags)[9] || (*value.flags)[10])) return within("flags", Result<void>{not_in(generation, "is-confidentiality-protected or is-runtime-updatable", "generation D")});
  if (value.raw_value) TRY(within("raw-value", write_raw_value(map.member(4), *value.raw_value, generation)));
  if (value.mac_addr && generation != Generation::a && value.mac_addr->size() != 6 && value.mac_addr->size() != 8) return within("mac-addr", Result<void>{not_in(generation, fmt::format("an address of {} bytes", value.mac_addr->size()), "6 or 8 bytes")});
  write_plain_members(map, value);
  TRY(write_new_members(map, value, generation));
  map.add(value.unknown);
  std::move(map).write_to(out);
  return {};
}

// What every generation writes in the same way.
void write_plain_members(StructWriter& map, const Mval& value) {
  if (value.svn) map.member(1).tag(value.svn->minimum ? 553 : 552).uint(value.svn->value);
  if (value.flags && std::ranges::any_of(*value.flags, [](const auto& flag) { return flag.has_value(); })) write_flags(map.member(3), *value.flags);
  if (value.raw_value_mask) map.member(5).bytes(*value.raw_value_mask);
  if (value.mac_addr) map.member(6).bytes(*value.mac_addr);
  if (value.ip_addr) map.member(7).bytes(*value.ip_addr);
  if (value.serial_number) map.member(8).text(*value.serial_number);
  if (value.ueid) map.member(9).bytes(*value.ueid);
  if (value.uuid) map.member(10).bytes(*value.uuid);
  if (value.integrity_registers) write_registers(map.member(14), *value.integrity_registers);
}

Result<void> write_new_members(StructWriter& map, const Mval& value, Generation generation) {
  if (value.name) {
    if (generation == Generation::a) return not_in(generation, "name", "generation B, C or D");
    map.member(11).text(*value.name);
  }
  if (value.cryptokeys) {
    if (generation < Generation::c) return not_in(generation, "cryptokeys", "generation C or D");
    cbor::Writer& list = map.member(13).array(value.cryptokeys->size());
    for (const CryptoKey& key : *value.cryptokeys) write_key(list, key);
  }
  if (value.int_range) {
    if (generation == Generation::a) return not_in(generation, "int-range", "generation D");
    write_range(map.member(15), *value.int_range);
  }
  return {};
}

Result<void> write_version(cbor::Writer& out, const Version& version, Generation) {
  out.map(version.scheme ? 2 : 1).uint(0).text(version.value);
  if (!version.scheme) return {};
  out.uint(1);
  if (const auto* number = std::get_if<std::int64_t>(&*version.scheme)) out.integer(*number);
  else out.text(std::get<std::string>(*version.scheme));
  return {};
}

void write_flags(cbor::Writer& out, const Flags& flags) {
  out.map(static_cast<std::size_t>(std::ranges::count_if(flags, [](const auto& flag) { return flag.has_value(); })));
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i]) out.uint(i).boolean(*flags[i]);
  }
}

Result<void> write_raw_value(cbor::Writer& out, const RawValue& raw, Generation generation) {
  if (!raw.mask) {
    tagged_bytes(out, 560, raw.value);
    return {};
  }
  if (generation < Generation::c) return not_in(generation, "a masked raw value", "type bytes, and raw-value-mask beside it");
  out.tag(563).array(2).bytes(raw.value).bytes(*raw.mask);
  return {};
}

void write_registers(cbor::Writer& out, const std::vector<IntegrityRegister>& registers) {
  std::vector<std::pair<Bytes, Bytes>> entries;
  for (const IntegrityRegister& one : registers) {
    cbor::Writer key;
    cbor::Writer value;
    if (const auto* number = std::get_if<std::uint64_t>(&one.index)) key.uint(*number);
    else key.text(std::get<std::string>(one.index));
    write_digests(value, one.digests);
    entries.emplace_back(std::move(key).take(), std::move(value).take());
  }
  out.raw(cbor::encode_sorted_map(std::move(entries)));
}

void write_range(cbor::Writer& out, const IntRange& range) {
  if (range.single) {
    out.integer(*range.min);
    return;
  }
  out.tag(564).array(2);
  for (const auto& end : {range.min, range.max}) {
    if (end) out.integer(*end);
    else out.null();
  }
}

bool is_new(const Digest& digest) {
  const auto* id = std::get_if<std::int64_t>(&digest.algorithm);
  return id == nullptr || algorithm_name(*id).empty();
}

// Generations before D have no DER certificates and no bytes as keys, outside of cryptokeys.
Result<void> check_key(const CryptoKey& key, Generation generation) {
  if (generation == Generation::a && key.kind == CryptoKey::Kind::der_cert) return not_in(generation, "a key of type pkix-asn1der-cert", "pkix-base64-cert");
  return {};
}

}  // namespace
}  // namespace assay::corim
