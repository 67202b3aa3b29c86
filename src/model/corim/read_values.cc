#include <algorithm>

#include "base/text.h"
#include "model/corim/check.h"
#include "model/corim/read.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

constexpr std::uint64_t kUri = 32, kUuid = 37, kIpv4 = 52, kIpv6 = 54, kOid = 111;
constexpr std::uint64_t kUeid = 550, kIntegerClass = 551, kExactSvn = 552, kMinimumSvn = 553, kBytes = 560, kMasked = 563, kRange = 564;
constexpr std::uint64_t kImplementationId = 600, kPsaRefval = 601, kCcaConfig = 602;

constexpr std::array<std::uint8_t, 12> kIpv4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// How the digests of measurements are read: see read_loose_measurement.
using DigestReader = Result<Digest> (*)(cbor::Reader&);

Result<Uuid> read_rfc4122_uuid(cbor::Reader& in);
Result<TaggedBytes> read_tagged_bytes(cbor::Reader& in);
Result<Bytes> read_ueid(cbor::Reader& in);
Result<ClassId> read_class_id(cbor::Reader& in);
Result<CryptoKey> read_key_content(cbor::Reader& in, CryptoKey::Kind kind);
Result<PsaRefvalId> read_psa_refval(cbor::Reader& in);
Result<Version> read_version(cbor::Reader& in);
Result<Svn> read_svn(cbor::Reader& in);
Result<Flags> read_flags(cbor::Reader& in);
Result<RawValue> read_raw_value(cbor::Reader& in);
Result<Bytes> read_mac_addr(cbor::Reader& in);
Result<Bytes> read_ip_addr(cbor::Reader& in);
Result<std::vector<IntegrityRegister>> read_registers(cbor::Reader& in, DigestReader digest);
Result<IntRange> read_range(cbor::Reader& in);
Result<Mval> read_mval(cbor::Reader& in, DigestReader digest);
Result<Measurement> read_measurement_with(cbor::Reader& in, DigestReader digest);
Error at(std::size_t offset, Error error) {
  error.offset = offset;
  return error;
}
std::unexpected<Error> wrong_tag(std::size_t offset, std::uint64_t tag, std::string_view expected) { return fail_at(Errc::unsupported, offset, fmt::format("tag {}", tag), expected); }

}  // namespace

Result<void> expect_item(cbor::Reader& in, cbor::Items& items, std::string_view what) {
  const std::size_t start = in.offset();
  if (!TRY(items.next(in))) return fail_at(Errc::malformed, start, "the array ends", what);
  return {};
}

Result<void> expect_no_item(cbor::Reader& in, cbor::Items& items, std::string_view what) {
  const std::size_t start = in.offset();
  if (TRY(items.next(in))) return fail_at(Errc::malformed, start, "the array goes on", what);
  return {};
}

Result<Source> Source::open(ByteView bytes, const ReadOptions& options) {
  if (bytes.empty()) return fail_expecting(Errc::malformed, "", "no bytes", "a CBOR map");
  if (bytes.size() > kMaxCorim) return fail_expecting(Errc::limit, "", fmt::format("{} bytes", bytes.size()), fmt::format("at most {}", kMaxCorim));
  // Every item has a byte of its own.
  if (bytes.size() > kMaxCorimItems && cbor::count_items(bytes) > kMaxCorimItems) {
    return fail_expecting(Errc::limit, "", fmt::format("more than {} CBOR items", kMaxCorimItems), "fewer: divide it into several CoMIDs of one CoRIM, or several CoRIMs, each with that many of its own");
  }
  cbor::Reader whole{bytes, cbor::Mode::tolerant};
  Source source;
  source.joined_ = cbor::join_chunks(bytes);
  if (source.joined_) whole = cbor::Reader{*source.joined_, cbor::Mode::tolerant};
  source.view_ = TRY(whole.item());
  if (!options.allow_trailing) TRY(whole.expect_end());
  if (source.joined_) source.joined_->resize(source.view_.size());
  return source;
}

std::unexpected<Error> missing_member(std::size_t offset, std::string_view name, int key) {
  return fail_at(Errc::missing, offset, fmt::format("no {} (key {})", name, key), "this mandatory member");
}

Result<Uuid> read_uuid(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const ByteView value = TRY(in.bytes());
  Uuid uuid{};
  if (value.size() != uuid.size()) return fail_at(Errc::invalid, start, fmt::format("a UUID of {} bytes", value.size()), "16 bytes");
  std::ranges::copy(value, uuid.begin());
  return uuid;
}

Result<Bytes> read_bytes(cbor::Reader& in) { return to_bytes(TRY(in.bytes())); }

Result<std::string> read_text(cbor::Reader& in) { return std::string{TRY(in.text())}; }

Result<TagId> read_tag_id(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::bytes)) return TagId{TRY(read_text(in))};
  return TagId{TRY(read_uuid(in))};
}

Result<std::string> read_uri(cbor::Reader& in) {
  const std::size_t start = in.offset();
  if (const std::uint64_t tag = TRY(in.tag()); tag != kUri) return wrong_tag(start, tag, "tag 32 (URI)");
  return read_text(in);
}

Result<Oid> read_oid(cbor::Reader& in) {
  const std::size_t start = in.offset();
  Oid oid{TRY(read_bytes(in))};
  const std::size_t arcs = static_cast<std::size_t>(std::ranges::count_if(oid.content, [](std::uint8_t byte) { return byte < 0x80; })) + 1;
  if (oid.content.empty() || oid.content.back() >= 0x80) return fail_at(Errc::malformed, start, "an OID that ends inside an arc", "BER content octets");
  if (arcs < 3) return fail_at(Errc::invalid, start, fmt::format("an OID of {} arcs", arcs), "at least 3");
  return oid;
}

Result<Digest> read_digest(cbor::Reader& in) {
  const std::size_t start = in.offset();
  Digest digest = TRY(read_loose_digest(in));
  if (auto good = check_digest(digest); !good) return std::unexpected(at(start, std::move(good).error()));
  return digest;
}

Result<Digest> read_loose_digest(cbor::Reader& in) {
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, "[algorithm, value]"));
  Digest digest;
  if (in.next_is(cbor::Type::text)) digest.algorithm = TRY(read_text(in));
  else digest.algorithm = TRY(in.integer());
  TRY(expect_item(in, items, "[algorithm, value]"));
  digest.value = TRY(read_bytes(in));
  TRY(expect_no_item(in, items, "[algorithm, value]"));
  return digest;
}

Result<std::vector<Digest>> read_one_or_more_digests(cbor::Reader& in) {
  const std::size_t start = in.mark();
  cbor::Items items = TRY(in.array());
  const bool is_list = TRY(items.next(in)) && in.next_is(cbor::Type::array);
  in.rewind(start);
  if (is_list) return read_list(in, "digest", read_digest);
  return std::vector<Digest>{TRY(read_digest(in))};
}

Result<CryptoKey> read_key(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  if (tag < 554 || tag > 562) return wrong_tag(start, tag, "a key: tag 554 to 562");
  return read_key_content(in, static_cast<CryptoKey::Kind>(tag));
}

Result<Mkey> read_mkey(cbor::Reader& in) {
  if (in.next_is(cbor::Type::uint)) return Mkey{TRY(in.uint())};
  if (in.next_is(cbor::Type::text)) return Mkey{TRY(read_text(in))};
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  switch (tag) {
    case kUuid: return Mkey{TRY(read_rfc4122_uuid(in))};
    case kOid: return Mkey{TRY(read_oid(in))};
    case kPsaRefval: return Mkey{TRY(read_psa_refval(in))};
    case kCcaConfig: {
      CcaConfigId id{TRY(read_text(in))};
      if (id.label.empty()) return fail_at(Errc::invalid, start, "an empty platform configuration label", "a text");
      return Mkey{std::move(id)};
    }
    default: return wrong_tag(start, tag, "a measurement key: an unsigned integer, a text, or tag 37, 111, 601 or 602");
  }
}

Result<Instance> read_instance(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  if (tag == kUeid) return Instance{Ueid{TRY(read_ueid(in))}};
  if (tag == kUuid) return Instance{TRY(read_rfc4122_uuid(in))};
  if (tag == kBytes) return Instance{TRY(read_tagged_bytes(in))};
  const bool is_key = tag == 554 || tag == 555 || tag == 557 || tag == 558 || tag == 559 || tag == 562;
  if (!is_key) return wrong_tag(start, tag, "an instance: tag 37, 550, 560, or a key (554, 555, 557, 558, 559, 562)");
  return Instance{TRY(read_key_content(in, static_cast<CryptoKey::Kind>(tag)))};
}

Result<Group> read_group_id(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  if (tag == kUuid) return Group{TRY(read_rfc4122_uuid(in))};
  if (tag == kBytes) return Group{TRY(read_tagged_bytes(in))};
  return wrong_tag(start, tag, "a group: tag 37 or 560");
}

Result<Class> read_class(cbor::Reader& in) {
  Class klass;
  TRY(read_struct(in, "class", klass.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(klass.id, within("id", read_class_id(in)));
      case 1: return set(klass.vendor, within("vendor", read_text(in)));
      case 2: return set(klass.model, within("model", read_text(in)));
      case 3: return set(klass.layer, within("layer", in.uint()));
      case 4: return set(klass.index, within("index", in.uint()));
      default: return false;
    }
  }));
  return klass;
}

Result<Environment> read_environment(cbor::Reader& in) {
  Environment environment;
  TRY(read_struct(in, "environment", environment.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(environment.klass, read_class(in));
      case 1: return set(environment.instance, read_instance(in));
      case 2: return set(environment.group, read_group_id(in));
      default: return false;
    }
  }));
  return environment;
}

Result<Measurement> read_measurement(cbor::Reader& in) { return read_measurement_with(in, read_digest); }
Result<Measurement> read_loose_measurement(cbor::Reader& in) { return read_measurement_with(in, read_loose_digest); }

namespace {

Result<Measurement> read_measurement_with(cbor::Reader& in, DigestReader digest) {
  Measurement measurement;
  bool has_value = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "measurement", measurement.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(measurement.key, within("key", read_mkey(in)));
      case 1: has_value = true; return set(measurement.value, read_mval(in, digest));
      case 2:
        // One key (generation A), or a list.
        if (in.next_is(cbor::Type::array)) return set(measurement.authorized_by, read_list(in, "authorized-by", read_key));
        measurement.authorized_by.push_back(TRY(within("authorized-by", read_key(in))));
        return true;
      default: return false;
    }
  }));
  if (!has_value) return fail_at(Errc::missing, start, "measurement: no value (key 1)", "a map of measurement values");
  return measurement;
}

}  // namespace

Result<Entity> read_entity(cbor::Reader& in) {
  Entity entity;
  bool has_name = false, has_roles = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "entity", entity.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: has_name = true; return set(entity.name, within("name", read_text(in)));
      case 1: return set(entity.reg_id, within("reg-id", read_uri(in)));
      case 2: has_roles = true; return set(entity.roles, read_list<std::int64_t>(in, "role", [](cbor::Reader& from) { return from.integer(); }));
      default: return false;
    }
  }));
  if (!has_name) return fail_at(Errc::missing, start, "entity: no name (key 0)", "a text");
  if (!has_roles) return fail_at(Errc::missing, start, "entity: no roles (key 2)", "an array of role numbers");
  return entity;
}

namespace {

// As an identifier of something attested: of the variant that RFC 4122 defines.
Result<Uuid> read_rfc4122_uuid(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const Uuid uuid = TRY(read_uuid(in));
  if (!is_rfc4122(uuid)) return fail_at(Errc::invalid, start, "a UUID of another variant: " + to_hex(uuid), "the variant of RFC 4122 (byte 8 is 80 to bf)");
  return uuid;
}

Result<TaggedBytes> read_tagged_bytes(cbor::Reader& in) {
  const std::size_t start = in.offset();
  TaggedBytes bytes{TRY(read_bytes(in))};
  if (bytes.value.empty()) return fail_at(Errc::invalid, start, "an empty byte string in tag 560", "some bytes");
  return bytes;
}

Result<Bytes> read_ueid(cbor::Reader& in) {
  const std::size_t start = in.offset();
  Bytes ueid = TRY(read_bytes(in));
  if (auto good = check_ueid(ueid); !good) return std::unexpected(at(start, std::move(good).error()));
  return ueid;
}

Result<ClassId> read_class_id(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  switch (tag) {
    case kOid: return ClassId{TRY(read_oid(in))};
    case kUuid: return ClassId{TRY(read_rfc4122_uuid(in))};
    case kBytes: return ClassId{TRY(read_tagged_bytes(in))};
    case kIntegerClass: return ClassId{IntegerClassId{TRY(in.integer())}};
    case kImplementationId: {
      ImplementationId id{TRY(read_bytes(in))};
      if (id.value.size() != 32) return fail_at(Errc::invalid, start, fmt::format("an implementation id of {} bytes", id.value.size()), "32 bytes");
      return ClassId{std::move(id)};
    }
    default: return wrong_tag(start, tag, "a class id: tag 37, 111, 551, 560 or 600");
  }
}

Result<CryptoKey> read_key_content(cbor::Reader& in, CryptoKey::Kind kind) {
  CryptoKey key;
  key.kind = kind;
  switch (kind) {
    case CryptoKey::Kind::pkix_key:
    case CryptoKey::Kind::pkix_cert:
    case CryptoKey::Kind::pkix_cert_path: key.value = TRY(read_text(in)); break;
    case CryptoKey::Kind::key_thumbprint:
    case CryptoKey::Kind::cert_thumbprint:
    case CryptoKey::Kind::cert_path_thumbprint: key.value = TRY(read_digest(in)); break;
    case CryptoKey::Kind::cose_key: {
      const std::size_t start = in.offset();
      if (!in.next_is(cbor::Type::map) && !in.next_is(cbor::Type::array)) return fail_at(Errc::malformed, start, "neither map nor array in tag 558", "a COSE_Key or a COSE_KeySet");
      key.value = to_bytes(TRY(in.item()));
      break;
    }
    case CryptoKey::Kind::bytes: key.value = TRY(read_tagged_bytes(in)).value; break;
    case CryptoKey::Kind::der_cert: key.value = TRY(read_bytes(in)); break;
  }
  return key;
}

Result<PsaRefvalId> read_psa_refval(cbor::Reader& in) {
  PsaRefvalId id;
  Unknowns unknown;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "psa.refval-id", unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 1: return set(id.label, within("label", read_text(in)));
      case 4: return set(id.version, within("version", read_text(in)));
      case 5: return set(id.signer_id, within("signer-id", read_bytes(in)));
      default: return false;
    }
  }));
  const std::size_t size = id.signer_id.size();
  if (size != 32 && size != 48 && size != 64) return fail_at(Errc::invalid, start, fmt::format("psa.refval-id: a signer id (key 5) of {} bytes", size), "32, 48 or 64 bytes");
  return id;
}

Result<Version> read_version(cbor::Reader& in) {
  Version version;
  Unknowns unknown;
  TRY(read_struct(in, "version", unknown, [&](std::int64_t key) -> Result<bool> {
    if (key == 0) return set(version.value, read_text(in));
    if (key != 1) return false;
    if (in.next_is(cbor::Type::text)) version.scheme = TRY(read_text(in));
    else version.scheme = TRY(in.integer());
    return true;
  }));
  return version;
}

// The draft also allows a bare integer: the exact value.
Result<Svn> read_svn(cbor::Reader& in) {
  if (in.next_is(cbor::Type::uint)) return Svn{false, TRY(in.uint())};
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  if (tag != kExactSvn && tag != kMinimumSvn) return wrong_tag(start, tag, "a security version: tag 552 (exact) or 553 (minimum)");
  return Svn{tag == kMinimumSvn, TRY(in.uint())};
}

Result<Flags> read_flags(cbor::Reader& in) {
  Flags flags;
  Unknowns unknown;
  TRY(read_struct(in, "flags", unknown, [&](std::int64_t key) -> Result<bool> {
    if (key < 0 || key >= static_cast<std::int64_t>(kFlagCount)) return false;
    return set(flags[static_cast<std::size_t>(key)], in.boolean());
  }));
  return flags;
}

Result<RawValue> read_raw_value(cbor::Reader& in) {
  const std::size_t start = in.offset();
  const std::uint64_t tag = TRY(in.tag());
  RawValue raw;
  if (tag == kBytes) {
    raw.value = TRY(read_bytes(in));
    return raw;
  }
  if (tag != kMasked) return wrong_tag(start, tag, "a raw value: tag 560, or 563 with a mask");
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, "[value, mask]"));
  raw.value = TRY(read_bytes(in));
  TRY(expect_item(in, items, "[value, mask]"));
  raw.mask = TRY(read_bytes(in));
  TRY(expect_no_item(in, items, "[value, mask]"));
  if (raw.mask->size() != raw.value.size()) return fail_at(Errc::invalid, start, fmt::format("a mask of {} bytes for a value of {}", raw.mask->size(), raw.value.size()), "the same length");
  return raw;
}

Result<Bytes> read_mac_addr(cbor::Reader& in) {
  const std::size_t start = in.offset();
  Bytes address = TRY(read_bytes(in));
  if (address.empty() || address.size() > 20) return fail_at(Errc::invalid, start, fmt::format("a MAC address of {} bytes", address.size()), "6 or 8 bytes");
  return address;
}

Result<Bytes> read_ip_addr(cbor::Reader& in) {
  const std::size_t start = in.offset();
  if (in.next_is(cbor::Type::tag)) {
    if (const std::uint64_t tag = TRY(in.tag()); tag != kIpv4 && tag != kIpv6) return wrong_tag(start, tag, "an IP address: a byte string, or tag 52 or 54");
  }
  Bytes address = TRY(read_bytes(in));
  if (address.size() != 4 && address.size() != 16) return fail_at(Errc::invalid, start, fmt::format("an IP address of {} bytes", address.size()), "4 or 16 bytes");
  if (address.size() == 4) address.insert(address.begin(), kIpv4Prefix.begin(), kIpv4Prefix.end());
  return address;
}

Result<std::vector<IntegrityRegister>> read_registers(cbor::Reader& in, DigestReader digest) {
  std::vector<IntegrityRegister> registers;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    IntegrityRegister one;
    if (key->kind == cbor::Key::Kind::text) one.index = std::string{key->text};
    else if (key->number >= 0) one.index = static_cast<std::uint64_t>(key->number);
    else return fail_at(Errc::malformed, key->offset, "index " + key->shown(), "an unsigned integer or a text");
    one.digests = TRY(within(key->shown(), read_list(in, "digest", digest)));
    if (one.digests.empty()) return fail_at(Errc::invalid, key->offset, fmt::format("no digests in register {}", key->shown()), "at least one");
    registers.push_back(std::move(one));
  }
  std::ranges::sort(registers, {}, &IntegrityRegister::order);
  return registers;
}

Result<IntRange> read_range(cbor::Reader& in) {
  const std::size_t start = in.offset();
  IntRange range;
  if (!in.next_is(cbor::Type::tag)) {
    range.single = true;
    range.min = range.max = TRY(in.integer());
    return range;
  }
  if (const std::uint64_t tag = TRY(in.tag()); tag != kRange) return wrong_tag(start, tag, "an integer, or tag 564 (a range)");
  cbor::Items items = TRY(in.array());
  for (std::optional<std::int64_t>* end : {&range.min, &range.max}) {
    TRY(expect_item(in, items, "[min, max]"));
    if (in.next_is_null()) TRY(in.null());
    else *end = TRY(in.integer());
  }
  TRY(expect_no_item(in, items, "[min, max]"));
  if (range.min && range.max && *range.min > *range.max) return fail_at(Errc::invalid, start, fmt::format("a range from {} to {}", *range.min, *range.max), "min at most max");
  return range;
}

Result<Mval> read_mval(cbor::Reader& in, DigestReader digest) {
  Mval value;
  TRY(read_struct(in, "value", value.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(value.version, read_version(in));
      case 1: return set(value.svn, within("svn", read_svn(in)));
      case 2: return set(value.digests, read_list(in, "digest", digest));
      case 3: return set(value.flags, read_flags(in));  // empty: see below
      case 4: return set(value.raw_value, within("raw-value", read_raw_value(in)));
      case 5: return set(value.raw_value_mask, within("raw-value-mask", read_bytes(in)));
      case 6: return set(value.mac_addr, within("mac-addr", read_mac_addr(in)));
      case 7: return set(value.ip_addr, within("ip-addr", read_ip_addr(in)));
      case 8: return set(value.serial_number, within("serial-number", read_text(in)));
      case 9: return set(value.ueid, within("ueid", read_ueid(in)));
      case 10: return set(value.uuid, within("uuid", read_rfc4122_uuid(in)));
      case 11: return set(value.name, within("name", read_text(in)));
      case 13: return set(value.cryptokeys, read_list(in, "cryptokey", read_key));
      case 14: return set(value.integrity_registers, within("integrity-registers", read_registers(in, digest)));
      case 15: return set(value.int_range, within("int-range", read_range(in)));
      default: return false;
    }
  }));
  // No flag set is no value; a reference encoder writes that map, and no reader takes it back.
  if (value.flags && std::ranges::none_of(*value.flags, [](const auto& flag) { return flag.has_value(); })) value.flags.reset();
  return value;
}

}  // namespace
}  // namespace assay::corim
