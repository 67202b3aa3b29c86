#include "apps/iat/rules.h"

#include <algorithm>
#include <array>

#include "apps/iat/check.h"
#include "base/text.h"
#include "crypto/key_formats.h"

namespace assay::iat::rules {
namespace {

std::string_view shown_name(const Claim& claim) { return claim.alias.empty() ? claim.name : claim.alias; }
Result<void> check_length(Context& context, std::string_view name, const Bytes& bytes, std::span<const std::size_t> lengths);
Result<void> check_first_byte(Context& context, const Claim& claim, const Bytes& bytes);
Result<void> check_digits(Context& context, const Claim& claim, std::string_view text, bool dash_anywhere);
Result<crypto::PublicKey> realm_key(Context& context, const Token& token, crypto::Sig sig);
Result<void> check_profiles(Context& context, std::string_view platform, std::string_view realm);

constexpr std::size_t kHashSizes[] = {32, 48, 64};
constexpr std::size_t kNoSha384[] = {32, 64};
constexpr std::size_t k32[] = {32};
constexpr std::size_t k64[] = {64};
constexpr std::size_t kReferenceLength = 19;  // EAN-13, a dash, five digits of version

}  // namespace

Result<void> check_type(Context& context, const Claim& claim, const Value& value) {
  const auto expect = [&](bool right, std::string_view type) -> Result<void> {
    if (right) return {};
    return context.error(fmt::format("Invalid {}: must be a(n) {}: found {}", shown_name(claim), type, value.python_type()));
  };
  switch (claim.shape) {
    case Shape::any:
    case Shape::token: return {};
    case Shape::integer:
    case Shape::lifecycle: return expect(value.is_integer(), "<class 'int'>");
    case Shape::text: return expect(value.text() != nullptr, "<class 'str'>");
    case Shape::bytes: return expect(value.bytes() != nullptr, "<class 'bytes'>");
    case Shape::components: return expect(value.list() != nullptr, "<class 'list'>");
  }
  return {};
}

Result<void> hash_sized(Context& context, const Claim& claim, const Value& value, const Value&) { return check_length(context, shown_name(claim), *value.bytes(), kHashSizes); }
Result<void> exactly_32(Context& context, const Claim& claim, const Value& value, const Value&) { return check_length(context, shown_name(claim), *value.bytes(), k32); }
Result<void> exactly_64(Context& context, const Claim& claim, const Value& value, const Value&) { return check_length(context, shown_name(claim), *value.bytes(), k64); }

Result<void> at_least_32(Context& context, const Claim& claim, const Value& value, const Value&) {
  const std::size_t size = value.bytes()->size();
  if (size >= 32) return {};
  return context.error(fmt::format("Invalid {} length: must be at least 32 bytes, found {} bytes", shown_name(claim), size));
}

Result<void> psa_challenge(Context& context, const Claim& claim, const Value& value, const Value&) {
  const std::size_t size = value.bytes()->size();
  if (std::ranges::find(kHashSizes, size) != std::end(kHashSizes)) return {};
  return context.error(fmt::format("Invalid {} length; must one of [32, 48, 64], found {} bytes", shown_name(claim), size));
}

Result<void> psa_boot_seed(Context& context, const Claim& claim, const Value& value, const Value& claims) {
  if (text_of(claims, kProfileKey) != kPsaRfcProfile) return at_least_32(context, claim, value, claims);
  const std::size_t size = value.bytes()->size();
  if (size >= 8 && size <= 32) return {};
  return context.error(fmt::format("Invalid {} length: must be between 8 and 32 bytes, found {} bytes", shown_name(claim), size));
}

Result<void> psa_instance_id(Context& context, const Claim& claim, const Value& value, const Value&) {
  constexpr std::size_t kRandomUeid[] = {33};
  TRY(check_length(context, shown_name(claim), *value.bytes(), kRandomUeid));
  return check_first_byte(context, claim, *value.bytes());
}

Result<void> cca_instance_id(Context& context, const Claim& claim, const Value& value, const Value&) {
  const std::size_t size = value.bytes()->size();
  if (size < 7 || size > 33) TRY(context.error(fmt::format("Invalid {} length: must be between 7 and 33 bytes, found {} bytes", shown_name(claim), size)));
  return check_first_byte(context, claim, *value.bytes());
}

// The original takes any length of RIM, and no SHA-384 REM.
Result<void> initial_measurement(Context& context, const Claim& claim, const Value& value, const Value&) {
  if (context.options().strict_rmm2) return {};
  return check_length(context, shown_name(claim), *value.bytes(), kHashSizes);
}

Result<void> extensible_measurements(Context& context, const Claim& claim, const Value& value, const Value&) {
  constexpr std::size_t kCount = 4;
  if (value.list() == nullptr) return context.error(fmt::format("Invalid {}: Value must be a list.", shown_name(claim)));
  const Value::List& list = *value.list();
  if (list.size() != kCount) TRY(context.error(fmt::format("Invalid {}: Value must be a list of min {} elements and max {} elements.", shown_name(claim), kCount, kCount)));
  const std::span<const std::size_t> sizes = context.options().strict_rmm2 ? std::span<const std::size_t>{kNoSha384} : kHashSizes;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string name = fmt::format("{}[{}]", shown_name(claim), i);
    if (const auto* bytes = list[i].bytes()) {
      TRY(check_length(context, name, *bytes, sizes));
    } else {
      TRY(context.error(fmt::format("Invalid {}: must be a(n) <class 'bytes'>: found {}", name, list[i].python_type())));
    }
  }
  return {};
}

Result<void> hardware_version(Context& context, const Claim& claim, const Value& value, const Value&) { return check_digits(context, claim, *value.text(), false); }
Result<void> certification_reference(Context& context, const Claim& claim, const Value& value, const Value&) { return check_digits(context, claim, *value.text(), true); }

Result<void> psa_profile(Context& context, const Claim&, const Value& value, const Value&) {
  if (*value.text() == kPsaRfcProfile) return {};
  if (*value.text() == kPsaDraftProfile) {
    context.warning(fmt::format("Legacy Attest profile \"{}\": must be new profile \"{}\"", kPsaDraftProfile, kPsaRfcProfile));
    return {};
  }
  return context.error(fmt::format("Invalid Attest profile \"{}\": must be \"{}\"", printable(*value.text()), kPsaRfcProfile));
}

Result<void> platform_profile(Context& context, const Claim&, const Value& value, const Value&) {
  const std::string& profile = *value.text();
  if (profile == kPlatformProfile2023 || profile == kPlatformProfileLegacy) return {};
  if (profile == kPlatformProfile2024 && !context.options().strict_rmm2) return {};
  return context.error(fmt::format("Invalid Platform profile \"{}\": must be one of \"{},{}\"", printable(profile), kPlatformProfile2023, kPlatformProfileLegacy));
}

Result<void> realm_profile(Context& context, const Claim&, const Value& value, const Value&) {
  const std::string& profile = *value.text();
  if (profile == kRealmProfile2024 || (profile == kRealmProfile2023 && !context.options().strict_rmm2)) return {};
  return context.error(fmt::format("Invalid Realm profile \"{}\": must be \"{}\"", printable(profile), kRealmProfile2024));
}

Result<void> lifecycle(Context& context, const Claim&, const Value& value, const Value&) {
  // The ranges are the same for PSA and CCA.
  if (value.integer() != nullptr && lifecycle_name(kPsa2, *value.integer())) return {};
  return context.error(fmt::format("Invalid Lifecycle claim \"0x{:02x}\"", value.integer() != nullptr ? static_cast<std::uint64_t>(*value.integer()) : *value.huge()));
}

// 0 shared, 1 private since RMM 2.0; before, these words.
Result<void> mec_policy(Context& context, const Claim& claim, const Value& value, const Value& claims) {
  const bool words = !context.options().strict_rmm2 && text_of(claims, kProfileKey) != kRealmProfile2024;
  if (value.text() != nullptr && words) {
    if (*value.text() == "shared" || *value.text() == "private") return {};
    return context.error(fmt::format("Invalid Realm MEC Policy \"{}\": must be \"shared\" or \"private\"", printable(*value.text())));
  }
  if (!value.is_integer()) return context.error(fmt::format("Invalid {}: must be a(n) <class 'int'>: found {}", shown_name(claim), value.python_type()));
  if (value.integer() != nullptr && (*value.integer() == 0 || *value.integer() == 1)) return {};
  return context.error(fmt::format("Invalid Realm MEC Policy \"{}\": must be 0 or 1", value.integer() != nullptr ? fmt::format("{}", *value.integer()) : fmt::format("{}", *value.huge())));
}

Result<void> psa_measurements(Context& context, const Token& token) {
  if (token.claims.find(-75006) != nullptr || token.claims.find(-75007) != nullptr) return {};
  return context.error("Invalid IAT: no software measurements defined and NO_MEASUREMENTS claim is not present.");
}

// The key is in the token itself: what this shows is that its maker has the private half. That the key is the platform's is shown
// by cca_binding.
Result<void> realm_signature(Context& context, const Token& token) {
  if (!token.envelope) return context.error("The realm token is not signed.");
  const auto sig = token.envelope->protected_headers.alg ? crypto::sig_by_cose_id(*token.envelope->protected_headers.alg) : std::nullopt;
  if (!sig) return context.error("No signature algorithm in the protected header of the realm token.");
  const bool curve = *sig == crypto::Sig::es384 || (!context.options().strict_rmm2 && (*sig == crypto::Sig::es256 || *sig == crypto::Sig::es512));
  if (!curve) return context.error(fmt::format("Unexpected alg '{}' in realm token's protected header.", crypto::jose_name(*sig)));
  auto key = realm_key(context, token, *sig);
  if (!key) return context.error(fmt::format("invalid RAK value: {}", key.error().text()));
  if (cose::verify_sign1(*token.envelope, *key)) return {};
  return context.error("Realm signature doesn't match Realm Public Key claim in Realm token.");
}

// The platform's challenge is the digest of the realm's public key claim, byte for byte as it stands there.
Result<void> cca_binding(Context& context, const Token& token) {
  const Token* platform = token.member(kCcaPlatform);
  const Token* realm = token.member(kCcaRealm);
  if (platform == nullptr || realm == nullptr) return {};  // told as missing claims
  TRY(check_profiles(context, text_of(platform->claims, kProfileKey), text_of(realm->claims, kProfileKey)));

  const Value* challenge = platform->claims.find(kChallengeKey);
  const Value* rak = realm->claims.find(kRakKey);
  if (challenge == nullptr || challenge->bytes() == nullptr || rak == nullptr || rak->bytes() == nullptr) return {};  // likewise
  auto hash = std::optional{crypto::Hash::sha256};                                                                    // the original knows no other
  if (!context.options().strict_rmm2) {
    const std::string_view name = text_of(realm->claims, kRakHashKey);
    hash = crypto::hash_by_name(name);
    const bool strong = hash == crypto::Hash::sha256 || hash == crypto::Hash::sha384 || hash == crypto::Hash::sha512;
    if (!strong) return context.error(fmt::format("Invalid CCA_REALM_PUB_KEY_HASH_ALGO_ID \"{}\": must be one of \"sha-256,sha-384,sha-512\"", printable(name)));
  }

  const Bytes expected = crypto::digest(*hash, *rak->bytes());
  const Bytes& actual = *challenge->bytes();
  const std::size_t length[] = {expected.size()};
  if (ct_equal(expected, actual)) return {};
  TRY(check_length(context, "CCA_PLATFORM_CHALLENGE", actual, length));
  const auto [wrong, right] = std::ranges::mismatch(actual, expected);
  if (wrong == actual.end() || right == expected.end()) return {};  // its length was told
  return context.error(fmt::format("Invalid CCA_PLATFORM_CHALLENGE byte at {}: 0x{:02x} instead of 0x{:02x}", wrong - actual.begin(), *wrong, *right));
}

std::string_view text_of(const Value& claims, std::int64_t key) {
  const Value* value = claims.find(key);
  return value != nullptr && value->text() != nullptr ? std::string_view{*value->text()} : std::string_view{};
}

namespace {

Result<void> check_length(Context& context, std::string_view name, const Bytes& bytes, std::span<const std::size_t> lengths) {
  if (std::ranges::find(lengths, bytes.size()) != lengths.end()) return {};
  if (lengths.size() == 1) return context.error(fmt::format("Invalid {} length: must be exactly {} bytes, found {} bytes", name, lengths[0], bytes.size()));
  std::string list;
  for (const std::size_t length : lengths) list += fmt::format("{}{}", list.empty() ? "" : ", ", length);
  return context.error(fmt::format("Invalid {} length: must be one of [{}] bytes, found {} bytes", name, list, bytes.size()));
}

// EAT UEID type RAND (RFC 9711 §4.2.1.1).
Result<void> check_first_byte(Context& context, const Claim& claim, const Bytes& bytes) {
  if (bytes.empty() || bytes[0] == 0x01) return {};
  return context.error(fmt::format("Invalid {}: first byte must be 0x01, found: 0x{:02x}", shown_name(claim), bytes[0]));
}

Result<void> check_digits(Context& context, const Claim& claim, std::string_view text, bool dash_anywhere) {
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  const auto length = text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_continuation));
  if (length != kReferenceLength) TRY(context.error(fmt::format("Invalid {} length; must be {} characters, found {} characters", shown_name(claim), kReferenceLength, length)));
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] >= '0' && text[i] <= '9') continue;
    if (text[i] == '-' && (dash_anywhere || i == 13)) continue;
    return context.error(fmt::format("Invalid character {} at position {}", printable(text.substr(i, 1)), i + 1));
  }
  return {};
}

// RMM 1.0 without a realm profile: an uncompressed point of the algorithm's curve. With one: a COSE_Key, which must not hold a
// private key. (RMM 1.0's text has a COSE_Key with an optional profile: read too, unless the original's verdict is wanted.)
Result<crypto::PublicKey> realm_key(Context& context, const Token& token, crypto::Sig sig) {
  const Value* rak = token.claims.find(kRakKey);
  if (rak == nullptr || rak->bytes() == nullptr) return fail(Errc::missing, "", "there is none");
  const Bytes& bytes = *rak->bytes();
  if (token.claims.find(kProfileKey) != nullptr) return crypto::public_key_from_cose(bytes);

  const auto curve = sig == crypto::Sig::es256 ? crypto::KeyKind::p256 : sig == crypto::Sig::es384 ? crypto::KeyKind::p384
                                                                                                   : crypto::KeyKind::p521;
  const std::size_t length = 1 + 2 * crypto::field_size(curve);
  const bool is_map = !bytes.empty() && (bytes[0] & 0xe0) == 0xa0;
  if (is_map && !context.options().strict_rmm2) {
    context.warning("realm public key is a COSE_Key although the realm token has no profile");
    return crypto::public_key_from_cose(bytes);
  }
  if (bytes.size() != length) return fail(Errc::invalid, "", "Invalid realm public key length (alg: '{}'): want {} got {} bytes", crypto::jose_name(sig), length, bytes.size());
  return crypto::PublicKey::from_point(curve, bytes);
}

// Pairs that were released together, and with them the one that Veraison's tools make (a warning); an empty realm profile is none.
Result<void> check_profiles(Context& context, std::string_view platform, std::string_view realm) {
  const bool lenient = !context.options().strict_rmm2;
  const std::string pair = fmt::format("{}, {}", printable(platform), realm.empty() ? "None" : printable(realm));
  if (platform == kPlatformProfileLegacy) {
    context.warning(fmt::format("legacy profile {} is deprecated", platform));
    if (realm.empty()) return {};
  } else if (platform == kPlatformProfile2023) {
    if (realm == kRealmProfile2024 || (realm == kRealmProfile2023 && lenient)) return {};
  } else if (platform == kPlatformProfile2024 && lenient) {
    if (realm == kRealmProfile2024) return {};
  } else {
    return context.error("unknown profile(s): " + pair);
  }
  const bool known = realm.empty() || realm == kRealmProfile2023 || realm == kRealmProfile2024;
  if (!lenient || !known) return context.error("unsupported profile combination: " + pair);
  context.warning("unusual profile combination: " + pair);
  return {};
}

}  // namespace
}  // namespace assay::iat::rules
