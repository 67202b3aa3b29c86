// JWK (RFC 7517, RFC 7518 §6, RFC 8037), sets and thumbprints (RFC 7638).
#include "base/text.h"
#include "crypto/key_formats.h"
#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

constexpr std::size_t kMaxKeys = 64;
// RFC 7518 §6.3.2, as rsa_secrets() orders them.
constexpr std::array<std::string_view, 6> kRsaSecrets{"d", "p", "q", "dp", "dq", "qi"};

std::optional<KeyKind> curve_by_name(std::string_view name);
Result<Bytes> member(const json::Fields& jwk, std::string_view name);
Result<SecretBytes> secret_member(const json::Fields& jwk, std::string_view name);
Result<PrivateKey> rsa_from(const json::Fields& jwk);
Result<NamedKey> named_key(const json::Value& jwk);
Result<Bytes> coordinate(const json::Fields& jwk, std::string_view name, std::size_t field);
Result<Bytes> point_of(const json::Fields& jwk, KeyKind curve);
Result<KeyKind> ec_curve(const json::Fields& jwk);
Result<void> check_alg(const json::Fields& jwk, KeyKind kind);
json::Object public_members(const PublicKey& key);

}  // namespace

Result<PublicKey> public_key_from_jwk(const json::Value& value) {
  const json::Fields jwk = TRY(json::Fields::of(value));
  const std::string kty = TRY(jwk.text("kty"));
  if (kty == "EC") {
    const KeyKind curve = TRY(ec_curve(jwk));
    TRY(check_alg(jwk, curve));
    const Bytes point = TRY(point_of(jwk, curve));
    return within("/x", PublicKey::from_point(curve, point));
  }
  if (kty == "OKP") {
    const std::string crv = TRY(jwk.text("crv"));
    if (crv != "Ed25519") return fail_expecting(Errc::unsupported, "/crv", quoted(crv), "Ed25519");
    TRY(check_alg(jwk, KeyKind::ed25519));
    const Bytes x = TRY(member(jwk, "x"));
    return within("/x", PublicKey::from_ed25519(x));
  }
  if (kty == "RSA") {
    TRY(check_alg(jwk, KeyKind::rsa));
    const Bytes n = TRY(member(jwk, "n"));
    const Bytes e = TRY(member(jwk, "e"));
    return within("/n", PublicKey::from_rsa(n, e));
  }
  return fail_expecting(Errc::unsupported, "/kty", quoted(kty), "EC, OKP or RSA");
}

Result<PrivateKey> private_key_from_jwk(const json::Value& value) {
  const json::Fields jwk = TRY(json::Fields::of(value));
  const std::string kty = TRY(jwk.text("kty"));
  if (jwk.find("d") == nullptr && (kty == "EC" || kty == "OKP" || kty == "RSA")) return fail_expecting(Errc::missing, "/d", "no private member", "a private JWK");
  const PublicKey public_key = TRY(public_key_from_jwk(value));
  if (kty == "RSA") return rsa_from(jwk);
  const SecretBytes d = TRY(secret_member(jwk, "d"));
  if (kty == "EC") return within("/d", PrivateKey::from_scalar(public_key.kind(), d.expose(), public_key.point()));
  PrivateKey key = TRY(within("/d", PrivateKey::from_ed25519(d.expose())));
  if (!(key.public_key() == public_key)) return fail_expecting(Errc::mismatch, "/d", "a private key of another public key", "the two halves of one key");
  return key;
}

json::Value to_jwk(const PublicKey& key) { return public_members(key); }

json::Value to_jwk(const PrivateKey& key) {
  json::Object jwk = public_members(key.public_key());
  if (key.kind() == KeyKind::rsa) {
    const auto secrets = rsa_secrets(key);
    for (std::size_t i = 0; i < secrets.size(); ++i) jwk.set(std::string{kRsaSecrets[i]}, to_base64url(secrets[i].expose()));
    return jwk;
  }
  jwk.set("d", to_base64url(key.scalar().expose()));
  return jwk;
}

std::string jwk_thumbprint(const PublicKey& key) {
  const std::string canonical = json::print(public_members(key), {.sorted = true});
  return to_base64url(digest(Hash::sha256, as_bytes(canonical)));
}

Result<std::vector<NamedKey>> keys_from_jwks(const json::Value& value) {
  const json::Fields set = TRY(json::Fields::of(value));
  std::vector<NamedKey> keys;
  const json::Value* list = set.find("keys");
  if (list == nullptr) {
    keys.push_back(TRY(named_key(value)));
    return keys;
  }
  if (list->array() == nullptr) return fail_expecting(Errc::malformed, "/keys", fmt::format("a JSON {}", list->type_name()), "an array");
  if (list->array()->size() > kMaxKeys) return fail_expecting(Errc::limit, "/keys", fmt::format("{} keys", list->array()->size()), "at most 64");
  // RFC 7517 §5: sets have keys for other uses in them, of types we do not do. Broken keys of our types are errors all the same.
  std::optional<Error> unsupported;
  for (std::size_t i = 0; i < list->array()->size(); ++i) {
    auto key = within(json::pointer("/keys", i), named_key((*list->array())[i]));
    if (key) keys.push_back(std::move(*key));
    else if (key.error().errc != Errc::unsupported) return std::unexpected(std::move(key).error());
    else if (!unsupported) unsupported = std::move(key).error();
  }
  if (keys.empty() && unsupported) return std::unexpected(std::move(*unsupported));
  return keys;
}

namespace {

std::optional<KeyKind> curve_by_name(std::string_view text) {
  for (const KeyKind curve : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    if (name(curve) == text) return curve;
  }
  return std::nullopt;
}

Result<Bytes> member(const json::Fields& jwk, std::string_view name) {
  std::string text = TRY(jwk.text(name));
  if (text.size() > 4096) return fail_expecting(Errc::limit, jwk.at(name), fmt::format("{} characters", text.size()), "at most 4096");
  // Some makers pad; the alphabet is never the standard one.
  auto bytes = within(jwk.at(name), from_base64(text, Base64::url, Padding::optional));
  wipe(text);
  return bytes;
}

Result<SecretBytes> secret_member(const json::Fields& jwk, std::string_view name) { return SecretBytes{TRY(member(jwk, name))}; }

Result<PrivateKey> rsa_from(const json::Fields& jwk) {
  if (jwk.find("oth") != nullptr) return fail_expecting(Errc::unsupported, "/oth", "an RSA key of more than two primes", "two");
  const Bytes n = TRY(member(jwk, "n"));
  const Bytes e = TRY(member(jwk, "e"));
  std::array<SecretBytes, kRsaSecrets.size()> secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = TRY(secret_member(jwk, kRsaSecrets[i]));
  const auto& [d, p, q, dp, dq, qi] = secret;
  return within("/d", PrivateKey::from_rsa({n, e, d.expose(), p.expose(), q.expose(), dp.expose(), dq.expose(), qi.expose()}));
}

Result<NamedKey> named_key(const json::Value& jwk) {
  const PublicKey key = TRY(public_key_from_jwk(jwk));
  const json::Value* kid = jwk.object()->find("kid");
  if (kid == nullptr) return NamedKey{"", key};
  if (kid->text() == nullptr) return fail_expecting(Errc::malformed, "/kid", fmt::format("a JSON {}", kid->type_name()), "text");
  return NamedKey{*kid->text(), key};
}

// Makers that strip leading zeros are tolerated (the value is the same number), longer coordinates are not.
Result<Bytes> coordinate(const json::Fields& jwk, std::string_view name, std::size_t field) {
  const Bytes bytes = TRY(member(jwk, name));
  if (bytes.size() > field || bytes.empty()) return fail_expecting(Errc::malformed, jwk.at(name), fmt::format("{} bytes", bytes.size()), fmt::format("{} bytes", field));
  return concat({Bytes(field - bytes.size()), bytes});
}

Result<Bytes> point_of(const json::Fields& jwk, KeyKind curve) {
  const Bytes x = TRY(coordinate(jwk, "x", field_size(curve)));
  const Bytes y = TRY(coordinate(jwk, "y", field_size(curve)));
  return concat({Bytes{0x04}, x, y});
}

Result<KeyKind> ec_curve(const json::Fields& jwk) {
  const std::string crv = TRY(jwk.text("crv"));
  const auto curve = curve_by_name(crv);
  if (!curve) return fail_expecting(Errc::unsupported, "/crv", quoted(crv), "P-256, P-384 or P-521");
  return *curve;
}

Result<void> check_alg(const json::Fields& jwk, KeyKind kind) {
  const auto alg = TRY(jwk.optional_text("alg"));
  if (!alg) return {};
  const auto sig = sig_by_jose_name(*alg);
  if (sig && fits(*sig, kind)) return {};
  // What is not read here but is for signatures by such a key: RSA's other hashes, RFC 9864's names of fully specified algorithms.
  const bool is_rsa = field_size(kind) == 0 && kind != KeyKind::ed25519;
  if (is_rsa && (*alg == "RS384" || *alg == "RS512")) return {};
  if (kind == KeyKind::ed25519 && *alg == "Ed25519") return {};
  return fail_expecting(Errc::mismatch, "/alg", fmt::format("{} for a key of {}", quoted(*alg), name(kind)), std::string{jose_name(default_sig(kind))});
}

json::Object public_members(const PublicKey& key) {
  json::Object jwk;
  if (const std::size_t field = field_size(key.kind()); field > 0) {
    const Bytes point = key.point();
    jwk.set("kty", "EC");
    jwk.set("crv", std::string{name(key.kind())});
    jwk.set("x", to_base64url(ByteView{point}.subspan(1, field)));
    jwk.set("y", to_base64url(ByteView{point}.subspan(1 + field)));
  } else if (key.kind() == KeyKind::ed25519) {
    jwk.set("kty", "OKP");
    jwk.set("crv", "Ed25519");
    jwk.set("x", to_base64url(key.ed25519()));
  } else {
    jwk.set("kty", "RSA");
    jwk.set("n", to_base64url(key.rsa_modulus()));
    jwk.set("e", to_base64url(key.rsa_exponent()));
  }
  return jwk;
}

}  // namespace
}  // namespace assay::crypto
