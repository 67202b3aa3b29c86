// The texts that stand for CoRIM's numbers and octets in templates and on the screen.
#pragma once

#include "base/error.h"
#include "model/corim/corim.h"

namespace assay::corim {

std::string to_text(const Uuid& uuid);  // lower case, with hyphens
// With hyphens or 32 digits, either case, "urn:uuid:" or braces around it.
Result<Uuid> uuid_from_text(std::string_view text);
bool is_rfc4122(const Uuid& uuid);

std::string to_text(const Oid& oid);               // dotted
Result<Oid> oid_from_text(std::string_view text);  // at least three arcs

// 6, 8 or 20 bytes as hex with ':' , '-' or '.' between; written with ':'.
std::string mac_to_text(ByteView address);
Result<Bytes> mac_from_text(std::string_view text);
// Always 16 bytes: an IPv4 address is ::ffff:a.b.c.d, and is shown as IPv4.
std::string ip_to_text(ByteView address);
Result<Bytes> ip_from_text(std::string_view text);

// "sha-256" … for the ids 1 to 12 of the named information registry.
std::string_view algorithm_name(std::int64_t id);                 // "" if it has none here
std::optional<std::int64_t> algorithm_id(std::string_view name);  // exact
std::string to_text(const Algorithm& algorithm);                  // name, number or text
std::size_t digest_size(std::int64_t id);                         // 0: not ours to know

std::string_view scheme_name(std::int64_t scheme);  // version schemes; "" if it has none
std::optional<std::int64_t> scheme_id(std::string_view name);
std::string_view flag_name(std::size_t flag);
std::optional<std::size_t> flag_id(std::string_view name);

// Types of keys as templates name them: "pkix-base64-key" …
std::string_view key_type(CryptoKey::Kind kind);
std::optional<CryptoKey::Kind> key_kind(std::string_view type);

std::string_view title(TagKind kind);  // "CoMID" …

bool is_absolute_uri(std::string_view text);  // it has a scheme (RFC 3986 §3.1)

}  // namespace assay::corim
