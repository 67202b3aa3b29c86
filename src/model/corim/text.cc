#include "model/corim/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "model/corim/corim.h"

namespace assay::corim {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kAlgorithms{""sv, "sha-256"sv, "sha-256-128"sv, "sha-256-120"sv, "sha-256-96"sv, "sha-256-64"sv, "sha-256-32"sv, "sha-384"sv, "sha-512"sv, "sha3-224"sv, "sha3-256"sv, "sha3-384"sv, "sha3-512"sv};
constexpr std::array<std::uint8_t, kAlgorithms.size()> kDigestSizes{0, 32, 16, 15, 12, 8, 4, 48, 64, 28, 32, 48, 64};
constexpr std::array kSchemes{std::pair{1, "multipartnumeric"sv}, std::pair{2, "multipartnumeric+suffix"sv}, std::pair{3, "alphanumeric"sv}, std::pair{4, "decimal"sv}, std::pair{16384, "semver"sv}};
constexpr std::array<std::string_view, kFlagCount> kFlags{"is-configured", "is-secure", "is-recovery", "is-debug", "is-replay-protected", "is-integrity-protected", "is-runtime-meas", "is-immutable", "is-tcb", "is-confidentiality-protected", "is-runtime-updatable"};
constexpr std::array kKeyTypes{
    std::pair{CryptoKey::Kind::pkix_key, "pkix-base64-key"sv},
    std::pair{CryptoKey::Kind::pkix_cert, "pkix-base64-cert"sv},
    std::pair{CryptoKey::Kind::pkix_cert_path, "pkix-base64-cert-path"sv},
    std::pair{CryptoKey::Kind::key_thumbprint, "thumbprint"sv},
    std::pair{CryptoKey::Kind::cose_key, "cose-key"sv},
    std::pair{CryptoKey::Kind::cert_thumbprint, "cert-thumbprint"sv},
    std::pair{CryptoKey::Kind::bytes, "bytes"sv},
    std::pair{CryptoKey::Kind::cert_path_thumbprint, "cert-path-thumbprint"sv},
    std::pair{CryptoKey::Kind::der_cert, "pkix-asn1der-cert"sv}};
constexpr std::size_t kMaxArcs = 128;
constexpr std::array<std::uint8_t, 12> kIpv4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Result<std::vector<std::uint64_t>> arcs_of(std::string_view text);
void append_arc(Bytes& content, std::uint64_t arc);

}  // namespace

char letter(Generation generation) { return static_cast<char>('A' + static_cast<int>(generation)); }

std::optional<Generation> generation_of(std::string_view letter) {
  const std::string lower = to_lower_ascii(letter);
  if (lower.size() != 1 || lower[0] < 'a' || lower[0] > 'd') return std::nullopt;
  return static_cast<Generation>(lower[0] - 'a');
}

std::string to_text(const Profile& profile) {
  if (const auto* uri = std::get_if<std::string>(&profile)) return *uri;
  return to_text(std::get<Oid>(profile));
}

std::string to_text(const Uuid& uuid) {
  const std::string hex = to_hex(uuid);
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20));
}

Result<Uuid> uuid_from_text(std::string_view text) {
  constexpr std::string_view kExpected = "a UUID: 32 hex digits, with hyphens 8-4-4-4-12 or without";
  const auto wrong = [&] { return fail_expecting(Errc::invalid, "", quoted(text), kExpected); };
  std::string_view rest = text;
  if (rest.size() == 45 && iequals_ascii(rest.substr(0, 9), "urn:uuid:")) rest.remove_prefix(9);
  else if (rest.size() == 38 && rest.front() == '{' && rest.back() == '}') rest = rest.substr(1, 36);
  std::string digits;
  if (rest.size() == 36) {
    for (const std::size_t hyphen : {8U, 13U, 18U, 23U}) {
      if (rest[hyphen] != '-') return wrong();
    }
    for (const char c : rest) {
      if (c != '-') digits += c;
    }
  } else {
    digits = rest;
  }
  const auto bytes = from_hex(digits);
  Uuid uuid{};
  if (!bytes || bytes->size() != uuid.size()) return wrong();
  std::ranges::copy(*bytes, uuid.begin());
  return uuid;
}

bool is_rfc4122(const Uuid& uuid) { return (uuid[8] & 0xc0) == 0x80; }

std::string to_text(const Oid& oid) {
  std::string text;
  std::uint64_t arc = 0;
  bool overflow = false;
  for (const std::uint8_t byte : oid.content) {
    overflow = overflow || arc >> 57 != 0;
    arc = (arc << 7) | (byte & 0x7f);
    if ((byte & 0x80) != 0) continue;
    if (overflow) return "0x" + to_hex(oid.content);
    if (text.empty()) {
      const std::uint64_t first = std::min<std::uint64_t>(arc / 40, 2);
      text = fmt::format("{}.{}", first, arc - first * 40);
    } else {
      text += fmt::format(".{}", arc);
    }
    arc = 0;
  }
  return text;
}

Result<Oid> oid_from_text(std::string_view text) {
  if (text.starts_with('.')) return fail_expecting(Errc::invalid, "", quoted(text), "an OID that begins with a number");
  const std::vector<std::uint64_t> arcs = TRY(arcs_of(text));
  if (arcs.size() < 3) return fail_expecting(Errc::invalid, "", fmt::format("an OID of {} arcs", arcs.size()), "at least 3");
  if (arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39) || arcs[1] > UINT64_MAX - 80) return fail_expecting(Errc::invalid, "", quoted(text), "a first arc of 0, 1 or 2, and behind 0 and 1 at most 39");
  Oid oid;
  append_arc(oid.content, arcs[0] * 40 + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) append_arc(oid.content, arcs[i]);
  return oid;
}

std::string mac_to_text(ByteView address) {
  std::string text;
  for (const std::uint8_t byte : address) text += fmt::format("{}{:02x}", text.empty() ? "" : ":", byte);
  return text;
}

Result<Bytes> mac_from_text(std::string_view text) {
  const auto wrong = [&] { return fail_expecting(Errc::invalid, "", quoted(text), "6 or 8 bytes in hex, with ':', '-' or '.' between"); };
  const std::size_t separator = text.find_first_of(":-.");
  if (separator != 2 && separator != 4) return wrong();
  if ((separator == 4) != (text[separator] == '.')) return wrong();
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % (separator + 1) != separator) digits += text[i];
    else if (text[i] != text[separator]) return wrong();
  }
  const auto bytes = from_hex(digits);
  if (!bytes || text.size() % (separator + 1) != separator) return wrong();
  if (bytes->size() != 6 && bytes->size() != 8 && bytes->size() != 20) return wrong();
  return *bytes;
}

std::string ip_to_text(ByteView address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const bool is_ipv4 = address.size() == 4 || (address.size() == 16 && equal(address.first(12), kIpv4Prefix));
  const ByteView content = is_ipv4 ? address.last(4) : address;
  if (!is_ipv4 && address.size() != 16) return to_hex(address);
  inet_ntop(is_ipv4 ? AF_INET : AF_INET6, content.data(), buffer.data(), buffer.size());
  return buffer.data();
}

Result<Bytes> ip_from_text(std::string_view text) {
  const std::string copy{text};
  Bytes address = to_bytes(ByteView{kIpv4Prefix});
  address.resize(16);
  if (copy.find('\0') == std::string::npos && inet_pton(AF_INET, copy.c_str(), address.data() + 12) == 1) return address;
  if (copy.find('\0') == std::string::npos && inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  return fail_expecting(Errc::invalid, "", quoted(text), "an IPv4 or IPv6 address");
}

std::string_view algorithm_name(std::int64_t id) { return id > 0 && id < static_cast<std::int64_t>(kAlgorithms.size()) ? kAlgorithms[static_cast<std::size_t>(id)] : ""; }

std::optional<std::int64_t> algorithm_id(std::string_view name) {
  const auto found = std::ranges::find(kAlgorithms, name);
  if (name.empty() || found == kAlgorithms.end()) return std::nullopt;
  return found - kAlgorithms.begin();
}

std::string to_text(const Algorithm& algorithm) {
  if (const auto* text = std::get_if<std::string>(&algorithm)) return *text;
  const std::int64_t id = std::get<std::int64_t>(algorithm);
  const std::string_view name = algorithm_name(id);
  return name.empty() ? std::to_string(id) : std::string{name};
}

std::size_t digest_size(std::int64_t id) { return algorithm_name(id).empty() ? 0 : kDigestSizes[static_cast<std::size_t>(id)]; }

std::string_view scheme_name(std::int64_t scheme) {
  const auto found = std::ranges::find(kSchemes, scheme, &decltype(kSchemes)::value_type::first);
  return found == kSchemes.end() ? "" : found->second;
}

std::optional<std::int64_t> scheme_id(std::string_view name) {
  const auto found = std::ranges::find(kSchemes, name, &decltype(kSchemes)::value_type::second);
  return found == kSchemes.end() ? std::nullopt : std::optional<std::int64_t>{found->first};
}

std::string_view flag_name(std::size_t flag) { return kFlags.at(flag); }

std::optional<std::size_t> flag_id(std::string_view name) {
  const auto found = std::ranges::find(kFlags, name);
  return found == kFlags.end() ? std::nullopt : std::optional{static_cast<std::size_t>(found - kFlags.begin())};
}

std::string_view key_type(CryptoKey::Kind kind) { return std::ranges::find(kKeyTypes, kind, &decltype(kKeyTypes)::value_type::first)->second; }

std::optional<CryptoKey::Kind> key_kind(std::string_view type) {
  const auto found = std::ranges::find(kKeyTypes, type, &decltype(kKeyTypes)::value_type::second);
  return found == kKeyTypes.end() ? std::nullopt : std::optional{found->first};
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

bool is_absolute_uri(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_scheme = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && is_letter(text[0]) && std::ranges::all_of(text.substr(0, colon), is_scheme);
}

namespace {

Result<std::vector<std::uint64_t>> arcs_of(std::string_view text) {
  std::vector<std::uint64_t> arcs;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (arcs.size() < kMaxArcs) {
    const auto [next, error] = std::from_chars(at, end, arcs.emplace_back());
    if (error != std::errc{} || (next != end && *next != '.')) break;
    if (next == end) return arcs;
    at = next + 1;
  }
  return fail_expecting(Errc::invalid, "", quoted(text), "an OID: numbers with dots between");
}

void append_arc(Bytes& content, std::uint64_t arc) {
  std::array<std::uint8_t, 10> groups{};
  std::size_t count = 0;
  do {
    groups[count++] = static_cast<std::uint8_t>(arc & 0x7f);
    arc >>= 7;
  } while (arc != 0);
  for (std::size_t i = count; i-- > 0;) content.push_back(static_cast<std::uint8_t>(groups[i] | (i == 0 ? 0 : 0x80)));
}

}  // namespace
}  // namespace assay::corim
