// The values CoMIDs are made of (draft-ietf-rats-corim §5): identifiers, digests, keys. Every form of every deployed generation; which
// of them a generation can carry is carry.h's matter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace assay::corim {

using Uuid = std::array<std::uint8_t, 16>;

struct Oid {
  Bytes content;  // BER content octets, without tag and length
  bool operator==(const Oid&) const = default;
};
struct Ueid {
  Bytes value;  // RFC 9711 §4.2.1
  bool operator==(const Ueid&) const = default;
};
struct TaggedBytes {
  Bytes value;  // tag 560
  bool operator==(const TaggedBytes&) const = default;
};
struct IntegerClassId {
  std::int64_t value = 0;  // tag 551; generations A to C
  bool operator==(const IntegerClassId&) const = default;
};
struct ImplementationId {
  Bytes value;  // tag 600, 32 bytes; generations A to C1
  bool operator==(const ImplementationId&) const = default;
};

// Named information id (1 sha-256 …), COSE id, or a text.
using Algorithm = std::variant<std::int64_t, std::string>;

struct Digest {
  Algorithm algorithm;
  Bytes value;
  bool operator==(const Digest&) const = default;
};
using Digests = std::vector<Digest>;

struct CryptoKey {
  // The tag's number.
  enum class Kind : std::uint16_t { pkix_key = 554,              // text: PEM "PUBLIC KEY"
                                    pkix_cert = 555,             // text: PEM "CERTIFICATE"
                                    pkix_cert_path = 556,        // text: PEM certificates, leaf first
                                    key_thumbprint = 557,        // digest
                                    cose_key = 558,              // bytes: the COSE_Key or COSE_KeySet, encoded
                                    cert_thumbprint = 559,       // digest
                                    bytes = 560,                 // bytes
                                    cert_path_thumbprint = 561,  // digest
                                    der_cert = 562 };            // bytes: DER
  Kind kind = Kind::pkix_key;
  std::variant<std::string, Bytes, Digest> value;
  bool operator==(const CryptoKey&) const = default;
};

// A member whose key is an integer that is not ours to know: kept, so that nothing is lost.
struct Unknown {
  std::int64_t key = 0;
  Bytes item;  // encoded
  // What orders members as their encoded keys, so that equal structures compare equal: 0, 1, …, then -1, -2, ….
  std::pair<bool, std::int64_t> order() const { return {key < 0, key < 0 ? -(key + 1) : key}; }
  bool operator==(const Unknown&) const = default;
};
using Unknowns = std::vector<Unknown>;

using TagId = std::variant<std::string, Uuid>;
using ClassId = std::variant<Oid, Uuid, TaggedBytes, IntegerClassId, ImplementationId>;
using Instance = std::variant<Ueid, Uuid, TaggedBytes, CryptoKey>;
using Group = std::variant<Uuid, TaggedBytes>;

struct Class {
  std::optional<ClassId> id;
  std::optional<std::string> vendor;
  std::optional<std::string> model;
  std::optional<std::uint64_t> layer;
  std::optional<std::uint64_t> index;
  Unknowns unknown;
  bool operator==(const Class&) const = default;
};

struct Environment {
  std::optional<Class> klass;
  std::optional<Instance> instance;
  std::optional<Group> group;
  Unknowns unknown;
  bool operator==(const Environment&) const = default;
};

// Tag 601, what generations A to C1 identify a PSA component by.
struct PsaRefvalId {
  std::optional<std::string> label;
  std::optional<std::string> version;
  Bytes signer_id;
  bool operator==(const PsaRefvalId&) const = default;
};
// Tag 602.
struct CcaConfigId {
  std::string label;
  bool operator==(const CcaConfigId&) const = default;
};
using Mkey = std::variant<std::uint64_t, Uuid, Oid, std::string, PsaRefvalId, CcaConfigId>;

struct Version {
  std::string value;
  std::optional<std::variant<std::int64_t, std::string>> scheme;
  bool operator==(const Version&) const = default;
};
struct Svn {
  bool minimum = false;  // tag 553; else 552
  std::uint64_t value = 0;
  bool operator==(const Svn&) const = default;
};

inline constexpr std::size_t kFlagCount = 11;
// By flag number: 0 is-configured … 10 is-runtime-updatable.
using Flags = std::array<std::optional<bool>, kFlagCount>;

struct RawValue {
  Bytes value;
  std::optional<Bytes> mask;  // tag 563, of the same length; nothing: tag 560
  bool operator==(const RawValue&) const = default;
};
struct IntRange {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  bool single = false;  // written as one integer: min = max
  bool operator==(const IntRange&) const = default;
};
struct IntegrityRegister {
  std::variant<std::uint64_t, std::string> index;
  Digests digests;
  // What orders registers as their encoded keys: numbers, then texts by length.
  auto order() const {
    const auto* text = std::get_if<std::string>(&index);
    return std::tuple{text != nullptr, text != nullptr ? text->size() : std::get<std::uint64_t>(index), text != nullptr ? *text : std::string{}};
  }
  bool operator==(const IntegrityRegister&) const = default;
};

// Measurement values; at least one is set.
struct Mval {
  std::optional<Version> version;
  std::optional<Svn> svn;
  std::optional<Digests> digests;
  std::optional<Flags> flags;
  std::optional<RawValue> raw_value;
  std::optional<Bytes> raw_value_mask;  // key 5, deprecated
  std::optional<Bytes> mac_addr;
  std::optional<Bytes> ip_addr;  // 16 bytes; IPv4 as ::ffff:a.b.c.d
  std::optional<std::string> serial_number;
  std::optional<Bytes> ueid;
  std::optional<Uuid> uuid;
  std::optional<std::string> name;
  std::optional<std::vector<CryptoKey>> cryptokeys;
  std::optional<std::vector<IntegrityRegister>> integrity_registers;  // in the order of encoded keys
  std::optional<IntRange> int_range;
  Unknowns unknown;
  bool operator==(const Mval&) const = default;
};

struct Measurement {
  std::optional<Mkey> key;
  Mval value;
  std::vector<CryptoKey> authorized_by;
  Unknowns unknown;
  bool operator==(const Measurement&) const = default;
};

struct Entity {
  std::string name;
  std::optional<std::string> reg_id;
  std::vector<std::int64_t> roles;
  Unknowns unknown;
  bool operator==(const Entity&) const = default;
};

}  // namespace assay::corim
