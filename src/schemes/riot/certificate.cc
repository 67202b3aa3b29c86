#include "schemes/riot/certificate.h"

#include <set>

#include "codec/der/der.h"

namespace assay::riot {
namespace {

constexpr std::string_view kBasicConstraints = "2.5.29.19", kKeyUsage = "2.5.29.15", kExtendedKeyUsage = "2.5.29.37", kAlternativeName = "2.5.29.17";
constexpr std::string_view kClientAuth = "1.3.6.1.5.5.7.3.2", kIdentity = "2.23.133.5.4.1";
constexpr std::uint8_t kBoolean = 0x01, kVersion = 0xa0, kOtherName = 0xa0, kExplicit = 0xa0, kExtensions = 0xa3;

Result<crypto::Hash> read_algorithm(ByteView content, std::size_t base);
Result<void> read_extensions(ByteView content, std::size_t base, Shape& shape);
Result<void> read_extension(std::string_view oid, bool is_critical, ByteView value, std::size_t base, Shape& shape);
Result<void> read_constraints(der::Reader in, Shape& shape);
Result<DeviceIdentity> read_composite(der::Reader in);
Result<ByteView> bits(ByteView bit_string, std::size_t base);
Result<bool> boolean(ByteView content, std::size_t base);

}  // namespace

Result<Shape> read_shape(ByteView der) {
  Shape shape;
  der::Reader outer{der};
  der::Reader certificate = TRY(outer.sequence());
  TRY(outer.expect_end());
  const std::size_t signed_at = certificate.offset();
  const der::Element to_be_signed = TRY(certificate.any());
  if (to_be_signed.tag != der::kSequence) return fail_at(Errc::malformed, signed_at, "no TBSCertificate", "a SEQUENCE");
  shape.signed_bytes = to_be_signed.whole;
  const ByteView algorithm = TRY(certificate.expect(der::kSequence));
  shape.hash = TRY(within("signature algorithm", read_algorithm(algorithm, certificate.offset() - algorithm.size())));
  const ByteView signature = TRY(certificate.expect(der::kBitString));
  shape.signature = TRY(within("signature", bits(signature, certificate.offset() - signature.size())));
  TRY(certificate.expect_end());

  der::Reader in{to_be_signed.content, signed_at + to_be_signed.whole.size() - to_be_signed.content.size()};
  TRY(within("version", in.expect(kVersion)));
  TRY(within("serial number", in.expect(der::kInteger)));
  const std::size_t inner_at = in.offset();
  if (!equal(TRY(within("signature algorithm", in.expect(der::kSequence))), algorithm)) return fail_at(Errc::invalid, inner_at, "another signature algorithm than outside", "the same");
  const der::Element issuer = TRY(within("issuer", in.any()));
  TRY(within("validity", in.expect(der::kSequence)));
  const der::Element subject = TRY(within("subject", in.any()));
  if (issuer.tag != der::kSequence || subject.tag != der::kSequence) return fail(Errc::malformed, "", "a name that is no SEQUENCE");
  shape.issuer = issuer.whole;
  shape.subject = subject.whole;
  TRY(within("public key", in.expect(der::kSequence)));
  const ByteView extensions = TRY(within("extensions", in.expect(kExtensions)));
  TRY(in.expect_end());
  TRY(within("extensions", read_extensions(extensions, in.offset() - extensions.size(), shape)));
  return shape;
}

Result<DeviceIdentity> read_identity(ByteView alternative_name) {
  der::Reader outer{alternative_name};
  der::Reader names = TRY(outer.sequence());
  TRY(outer.expect_end());
  std::optional<DeviceIdentity> identity;
  while (!names.at_end()) {
    const std::size_t at = names.offset();
    const der::Element name = TRY(names.any());
    if (name.tag != kOtherName) continue;
    der::Reader in{name.content, at + name.whole.size() - name.content.size()};
    if (der::oid_text(TRY(in.expect(der::kOid))) != kIdentity) continue;
    if (identity) return fail_at(Errc::duplicate, at, "two identities of a device", "one");
    der::Reader ahead = in;
    const der::Element value = TRY(ahead.any());
    TRY(ahead.expect_end());
    // Those who follow RFC 5280 have one more tag.
    if (value.tag == kExplicit) in = der::Reader{value.content, ahead.offset() - value.content.size()};
    identity = TRY(read_composite(in));
  }
  if (!identity) return fail_expecting(Errc::missing, "", "no identity of a device", "an otherName of type 2.23.133.5.4.1");
  return std::move(*identity);
}

Result<void> verify_signature(const Shape& shape, const crypto::PublicKey& issuer) {
  const std::size_t field = crypto::field_size(issuer.kind());
  if (field == 0) return fail(Errc::unauthenticated, "", "an ECDSA signature, and a key of kind {}", crypto::name(issuer.kind()));
  const crypto::Sig sig = shape.hash == crypto::Hash::sha256 ? crypto::Sig::es256 : shape.hash == crypto::Hash::sha384 ? crypto::Sig::es384
                                                                                                                       : crypto::Sig::es512;
  const auto raw = der::ecdsa_from_der(shape.signature, field);
  if (!raw) return fail(Errc::unauthenticated, "", "{}", raw.error().text());
  return crypto::verify_foreign_curve(issuer, sig, shape.signed_bytes, *raw);
}

namespace {

// RFC 5758 §3.2.
Result<crypto::Hash> read_algorithm(ByteView content, std::size_t base) {
  der::Reader in{content, base};
  const std::string oid = der::oid_text(TRY(in.expect(der::kOid)));
  TRY(in.expect_end());
  if (oid == "1.2.840.10045.4.3.2") return crypto::Hash::sha256;
  if (oid == "1.2.840.10045.4.3.3") return crypto::Hash::sha384;
  if (oid == "1.2.840.10045.4.3.4") return crypto::Hash::sha512;
  return fail_at(Errc::unsupported, base, oid, "ECDSA with SHA-256, SHA-384 or SHA-512");
}

Result<void> read_extensions(ByteView content, std::size_t base, Shape& shape) {
  der::Reader outer{content, base};
  der::Reader list = TRY(outer.sequence());
  TRY(outer.expect_end());
  std::set<std::string> seen;
  while (!list.at_end()) {
    const std::size_t at = list.offset();
    if (seen.size() == kMaxExtensions) return fail_at(Errc::limit, at, fmt::format("more than {} extensions", kMaxExtensions), "fewer");
    der::Reader in = TRY(list.sequence());
    const std::string oid = der::oid_text(TRY(in.expect(der::kOid)));
    if (!seen.insert(oid).second) return fail_at(Errc::duplicate, at, "extension " + oid + " twice", "once");
    bool is_critical = false;
    der::Reader ahead = in;
    if (const der::Element next = TRY(ahead.any()); next.tag == kBoolean) {
      is_critical = TRY(boolean(next.content, in.offset()));
      in = ahead;
    }
    const ByteView value = TRY(in.expect(der::kOctetString));
    TRY(in.expect_end());
    TRY(within(oid, read_extension(oid, is_critical, value, in.offset() - value.size(), shape)));
  }
  return {};
}

Result<void> read_extension(std::string_view oid, bool is_critical, ByteView value, std::size_t base, Shape& shape) {
  der::Reader in{value, base};
  if (oid == kBasicConstraints) return read_constraints(in, shape);
  if (oid == kKeyUsage) {
    const ByteView content = TRY(in.expect(der::kBitString));
    TRY(in.expect_end());
    if (content.size() < 2 || content[0] > 7) return fail_at(Errc::malformed, base, "no bits", "key usage bits");
    shape.key_usage = content[1];
  } else if (oid == kExtendedKeyUsage) {
    der::Reader uses = TRY(in.sequence());
    TRY(in.expect_end());
    shape.is_for_client_auth = false;
    while (!uses.at_end()) {
      if (der::oid_text(TRY(uses.expect(der::kOid))) == kClientAuth) shape.is_for_client_auth = true;
    }
  } else if (oid == kAlternativeName) {
    shape.alternative_name = value;
  } else if (is_critical) {
    return fail_at(Errc::unsupported, base, "a critical extension that nobody here reads", "basic constraints, key usages, alternative name");
  }
  return {};
}

Result<void> read_constraints(der::Reader in, Shape& shape) {
  der::Reader fields = TRY(in.sequence());
  TRY(in.expect_end());
  if (fields.at_end()) return {};
  const std::size_t at = fields.offset();
  const ByteView authority = TRY(fields.expect(kBoolean));
  shape.is_authority = TRY(boolean(authority, at));
  if (fields.at_end()) return {};
  const std::size_t length_at = fields.offset();
  const ByteView length = TRY(fields.positive_integer());
  TRY(fields.expect_end());
  if (length.size() > 4) return fail_at(Errc::limit, length_at, "a path length of more than 4 bytes", "a small number");
  std::uint64_t value = 0;
  for (const std::uint8_t byte : length) value = value << 8 | byte;
  shape.path_length = value;
  return {};
}

// CompositeDeviceID of RIoT.
Result<DeviceIdentity> read_composite(der::Reader in) {
  der::Reader fields = TRY(in.sequence());
  TRY(in.expect_end());
  const std::size_t version_at = fields.offset();
  const ByteView version = TRY(fields.positive_integer());
  if (version.size() != 1 || version[0] != 1) return fail_at(Errc::unsupported, version_at, "another version", "1");
  const std::size_t key_at = fields.offset();
  const der::Element key = TRY(fields.any());
  auto device = crypto::PublicKey::from_spki(key.whole);
  if (!device) return fail_at(Errc::invalid, key_at, "device's key: " + device.error().text(), "a SubjectPublicKeyInfo");
  der::Reader firmware = TRY(fields.sequence());
  TRY(fields.expect_end());
  const std::size_t hash_at = firmware.offset();
  const std::string oid = der::oid_text(TRY(firmware.expect(der::kOid)));
  std::optional<crypto::Hash> hash;
  if (oid == "2.16.840.1.101.3.4.2.1") hash = crypto::Hash::sha256;
  if (oid == "2.16.840.1.101.3.4.2.2") hash = crypto::Hash::sha384;
  if (oid == "2.16.840.1.101.3.4.2.3") hash = crypto::Hash::sha512;
  if (!hash) return fail_at(Errc::unsupported, hash_at, "hash algorithm " + oid, "SHA-256, SHA-384 or SHA-512");
  const ByteView digest = TRY(firmware.expect(der::kOctetString));
  TRY(firmware.expect_end());
  if (digest.size() != crypto::size(*hash)) return fail_at(Errc::invalid, hash_at, fmt::format("a firmware id of {} bytes", digest.size()), fmt::format("{}", crypto::size(*hash)));
  return DeviceIdentity{std::move(*device), *hash, to_bytes(digest)};
}

Result<ByteView> bits(ByteView bit_string, std::size_t base) {
  if (bit_string.empty() || bit_string[0] != 0) return fail_at(Errc::malformed, base, "bits that are no bytes", "no unused bits");
  return bit_string.subspan(1);
}

Result<bool> boolean(ByteView content, std::size_t base) {
  if (content.size() != 1 || (content[0] != 0 && content[0] != 0xff)) return fail_at(Errc::malformed, base, "a BOOLEAN that is neither", "00 or ff");
  return content[0] == 0xff;
}

}  // namespace
}  // namespace assay::riot
