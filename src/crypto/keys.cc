#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <bit>
#include <climits>

#include "codec/der/der.h"
#include "crypto/fast_ecdsa.h"
#include "crypto/openssl.h"

namespace assay::crypto {
namespace {

using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

const char* group_name(KeyKind curve);
Pkey build_point(KeyKind curve, ByteView point);
Result<Pkey> build(const char* type, int selection, OSSL_PARAM_BLD* builder, std::string_view what);
Bignum bignum(ByteView bytes) { return Bignum{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)}; }
Bytes bignum_param(const EVP_PKEY* key, const char* name);
enum class Halves { made_together,
                    to_be_checked };
Result<PrivateKey> adopt_private(Pkey pkey, Halves halves);
bool curve_halves_match(const PrivateKey& key);
Result<bool> rsa_halves_match(const PrivateKey& key);
Result<void> check_one_element(ByteView der, std::string_view what);
ByteView without_leading_zeros(ByteView number);
Result<void> check_rsa(ByteView modulus, ByteView exponent);
Bytes point_of(const EVP_PKEY* key, KeyKind curve);
Bytes spki_of(const EVP_PKEY* key);

}  // namespace

Result<PublicKey> PublicKey::from_point(KeyKind curve, ByteView point) {
  const std::size_t field = field_size(curve);
  if (field == 0) return fail(Errc::unsupported, "", "a point on {}", name(curve));
  if (point.size() != 1 + 2 * field || point[0] != 0x04) {
    return fail_expecting(Errc::malformed, "", fmt::format("{} bytes{} as a point of {}", point.size(), point.empty() ? "" : fmt::format(" starting 0x{:02x}", point[0]), name(curve)), fmt::format("{} bytes starting 0x04", 1 + 2 * field));
  }
  std::shared_ptr<void> fast = make_fast_key(curve, point);
  Pkey pkey;
  if (!fast) {
    pkey = build_point(curve, point);
    // The provider refuses what is off the curve; it gives no reason worth showing.
    if (!pkey) return fail_expecting(Errc::invalid, "", "a point that is not on the curve", fmt::format("a point of {}", name(curve)));
  }
  return PublicKey{std::make_shared<const PublicKeyImpl>(curve, to_bytes(point), std::move(pkey), std::move(fast))};
}

Result<PublicKey> PublicKey::from_ed25519(ByteView raw) {
  if (raw.size() != 32) return fail_expecting(Errc::malformed, "", fmt::format("{} bytes as an Ed25519 key", raw.size()), "32 bytes");
  Pkey pkey{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size())};
  if (!pkey) return fail(Errc::malformed, "", "not an Ed25519 key: {}", take_openssl_error());
  return PublicKey{std::make_shared<const PublicKeyImpl>(KeyKind::ed25519, Bytes{}, std::move(pkey), nullptr)};
}

Result<PublicKey> PublicKey::from_rsa(ByteView modulus, ByteView exponent) {
  modulus = without_leading_zeros(modulus);
  exponent = without_leading_zeros(exponent);
  TRY(check_rsa(modulus, exponent));
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  const Bignum n = bignum(modulus);
  const Bignum e = bignum(exponent);
  ASSAY_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  Pkey pkey = TRY(build("RSA", EVP_PKEY_PUBLIC_KEY, builder.get(), "an RSA key"));
  return PublicKey{std::make_shared<const PublicKeyImpl>(KeyKind::rsa, Bytes{}, std::move(pkey), nullptr)};
}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  constexpr std::string_view kWhat = "SubjectPublicKeyInfo";
  TRY(check_one_element(der, kWhat));
  const CleanErrors door;
  const unsigned char* at = der.data();
  const Pkey pkey{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
  if (!pkey) return fail(Errc::malformed, kWhat, "cannot be read: {}", take_openssl_error());
  return within(kWhat, public_half(pkey.get()));
}

KeyKind PublicKey::kind() const { return impl_->kind(); }
Bytes PublicKey::point() const { return impl_->point(); }
Bytes PublicKey::spki() const { return spki_of(impl_->pkey()); }
ByteView PublicKey::thumbprint() const { return impl_->thumbprint(); }
Bytes PublicKey::rsa_modulus() const { return bignum_param(impl_->pkey(), OSSL_PKEY_PARAM_RSA_N); }
Bytes PublicKey::rsa_exponent() const { return bignum_param(impl_->pkey(), OSSL_PKEY_PARAM_RSA_E); }
bool PublicKey::operator==(const PublicKey& other) const { return impl_ == other.impl_ || equal(thumbprint(), other.thumbprint()); }

Bytes PublicKey::ed25519() const {
  if (kind() != KeyKind::ed25519) return {};
  Bytes raw(32);
  std::size_t length = raw.size();
  ASSAY_CHECK(EVP_PKEY_get_raw_public_key(impl_->pkey(), raw.data(), &length) == 1 && length == 32);
  return raw;
}

Result<PublicKey> public_half(const EVP_PKEY* pkey) {
  const CleanErrors door;
  const auto kind = kind_of(pkey);
  if (!kind) return fail_expecting(Errc::unsupported, "", "a key of another kind", "P-256, P-384, P-521, Ed25519 or RSA");
  if (*kind == KeyKind::ed25519) {
    Bytes raw(32);
    std::size_t length = raw.size();
    if (EVP_PKEY_get_raw_public_key(pkey, raw.data(), &length) != 1 || length != raw.size()) return fail(Errc::malformed, "", "not an Ed25519 key");
    return PublicKey::from_ed25519(raw);
  }
  if (*kind == KeyKind::rsa) return PublicKey::from_rsa(bignum_param(pkey, OSSL_PKEY_PARAM_RSA_N), bignum_param(pkey, OSSL_PKEY_PARAM_RSA_E));
  // A curve written out in numbers can be a known one in all but its generator (CVE-2020-0601), and RFC 5480 §2.1.1 forbids it.
  std::array<char, 32> encoding{};
  if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), encoding.size(), nullptr) == 1 && std::string_view{encoding.data()} == OSSL_PKEY_EC_ENCODING_EXPLICIT) {
    return fail_expecting(Errc::unsupported, "", "a curve given by its parameters", "the name of a curve");
  }
  const Bytes point = point_of(pkey, *kind);
  if (point.empty()) return fail(Errc::invalid, "", "a key without a public point");
  return PublicKey::from_point(*kind, point);
}

// What names the key in caches: for curves the point, so that a key out of a token costs no encoding.
PublicKeyImpl::PublicKeyImpl(KeyKind kind, Bytes point, Pkey pkey, std::shared_ptr<void> fast)
    : kind_{kind}, point_{std::move(point)}, thumbprint_{digest(Hash::sha256, point_.empty() ? spki_of(pkey.get()) : point_)}, fast_{std::move(fast)}, pkey_{std::move(pkey)} {}

EVP_PKEY* PublicKeyImpl::pkey() const {
  std::call_once(made_, [this] {
    if (!pkey_) pkey_ = build_point(kind_, point_);
  });
  // The Rust library took the point, so OpenSSL does, too: a test compares them.
  ASSAY_CHECK(pkey_ != nullptr);
  return pkey_.get();
}

Result<PrivateKey> PrivateKey::generate(KeyKind kind) {
  Pkey pkey;
  if (kind == KeyKind::ed25519) pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  else if (kind == KeyKind::rsa) pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{3072}));
  else pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group_name(kind)));
  if (!pkey) return fail(Errc::internal, "", "no key could be made: {}", take_openssl_error());
  return adopt_private(std::move(pkey), Halves::made_together);
}

Result<PrivateKey> PrivateKey::from_scalar(KeyKind curve, ByteView scalar, ByteView point) {
  const std::size_t field = field_size(curve);
  if (field == 0) return fail(Errc::unsupported, "", "a scalar of {}", name(curve));
  if (scalar.size() > field) return fail_expecting(Errc::malformed, "", fmt::format("a private scalar of {} bytes", scalar.size()), fmt::format("at most {} bytes", field));
  const Group group{EC_GROUP_new_by_curve_name(nid_of(curve))};
  const Bignum d = bignum(scalar);
  ASSAY_CHECK(group && d);
  BN_set_flags(d.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(d.get()) || BN_cmp(d.get(), EC_GROUP_get0_order(group.get())) >= 0) return fail_expecting(Errc::invalid, "", "a private scalar out of range", "1 to n-1");
  const Point public_point{EC_POINT_new(group.get())};
  Bytes derived(1 + 2 * field);
  if (EC_POINT_mul(group.get(), public_point.get(), d.get(), nullptr, nullptr, nullptr) != 1 || EC_POINT_point2oct(group.get(), public_point.get(), POINT_CONVERSION_UNCOMPRESSED, derived.data(), derived.size(), nullptr) != derived.size()) return fail(Errc::internal, "", "no public point: {}", take_openssl_error());
  if (!point.empty() && !equal(point, derived)) return fail_expecting(Errc::mismatch, "", "a private scalar of another public point", "the two halves of one key");

  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  ASSAY_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve), 0) == 1);
  ASSAY_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, derived.data(), derived.size()) == 1);
  ASSAY_CHECK(OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get(), field) == 1);
  return adopt_private(TRY(build("EC", EVP_PKEY_KEYPAIR, builder.get(), "a private key")), Halves::made_together);
}

Result<PrivateKey> PrivateKey::from_ed25519(ByteView seed) {
  if (seed.size() != 32) return fail_expecting(Errc::malformed, "", fmt::format("{} bytes as an Ed25519 seed", seed.size()), "32 bytes");
  Pkey pkey{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())};
  if (!pkey) return fail(Errc::malformed, "", "not an Ed25519 seed: {}", take_openssl_error());
  return adopt_private(std::move(pkey), Halves::made_together);
}

Result<PrivateKey> PrivateKey::from_pkcs8(ByteView der) {
  constexpr std::string_view kWhat = "private key";
  TRY(check_one_element(der, kWhat));
  const CleanErrors door;
  const unsigned char* at = der.data();
  Pkey pkey{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()))};
  if (!pkey) return fail(Errc::malformed, kWhat, "cannot be read: {}", take_openssl_error());
  return within(kWhat, adopt_private(std::move(pkey), Halves::to_be_checked));
}

Result<PrivateKey> PrivateKey::from_rsa(const RsaParts& parts) {
  const std::pair<const char*, ByteView> members[] = {{OSSL_PKEY_PARAM_RSA_N, parts.n}, {OSSL_PKEY_PARAM_RSA_E, parts.e}, {OSSL_PKEY_PARAM_RSA_D, parts.d}, {OSSL_PKEY_PARAM_RSA_FACTOR1, parts.p}, {OSSL_PKEY_PARAM_RSA_FACTOR2, parts.q}, {OSSL_PKEY_PARAM_RSA_EXPONENT1, parts.dp}, {OSSL_PKEY_PARAM_RSA_EXPONENT2, parts.dq}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, parts.qi}};
  // Before anything is computed with numbers of any size.
  TRY(check_rsa(without_leading_zeros(parts.n), without_leading_zeros(parts.e)));
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  std::vector<Bignum> numbers;
  for (const auto& [member, bytes] : members) {
    if (bytes.size() > 1024 || bytes.empty()) return fail_expecting(Errc::malformed, "", fmt::format("an RSA member of {} bytes", bytes.size()), "1 to 1024 bytes");
    numbers.push_back(bignum(bytes));
    ASSAY_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), member, numbers.back().get()) == 1);
  }
  return adopt_private(TRY(build("RSA", EVP_PKEY_KEYPAIR, builder.get(), "an RSA private key")), Halves::to_be_checked);
}

const PublicKey& PrivateKey::public_key() const { return impl_->public_key; }

SecretBytes PrivateKey::scalar() const {
  if (kind() == KeyKind::ed25519) {
    Bytes seed(32);
    std::size_t length = seed.size();
    ASSAY_CHECK(EVP_PKEY_get_raw_private_key(impl_->pkey.get(), seed.data(), &length) == 1);
    return SecretBytes{std::move(seed)};
  }
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(impl_->pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY, &raw) != 1) return SecretBytes{};
  const Bignum d{raw};
  Bytes bytes(field_size(kind()));
  ASSAY_CHECK(BN_bn2binpad(d.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
  return SecretBytes{std::move(bytes)};
}

std::string PrivateKey::to_pem() const {
  const Bio out{BIO_new(BIO_s_secmem())};
  ASSAY_CHECK(out && PEM_write_bio_PKCS8PrivateKey(out.get(), impl_->pkey.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::array<SecretBytes, 6> rsa_secrets(const PrivateKey& key) {
  const auto member = [&](const char* name) { return SecretBytes{bignum_param(key.impl().pkey.get(), name)}; };
  return {member(OSSL_PKEY_PARAM_RSA_D), member(OSSL_PKEY_PARAM_RSA_FACTOR1), member(OSSL_PKEY_PARAM_RSA_FACTOR2), member(OSSL_PKEY_PARAM_RSA_EXPONENT1), member(OSSL_PKEY_PARAM_RSA_EXPONENT2), member(OSSL_PKEY_PARAM_RSA_COEFFICIENT1)};
}

int nid_of(KeyKind curve) {
  switch (curve) {
    case KeyKind::p256: return NID_X9_62_prime256v1;
    case KeyKind::p384: return NID_secp384r1;
    case KeyKind::p521: return NID_secp521r1;
    default: return NID_undef;
  }
}

std::optional<KeyKind> kind_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyKind::rsa;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind::ed25519;
  if (EVP_PKEY_is_a(key, "EC") != 1) return std::nullopt;
  std::array<char, 64> group{};
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), nullptr) != 1) return std::nullopt;
  for (const KeyKind curve : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    if (std::string_view{group.data()} == group_name(curve)) return curve;
  }
  return std::nullopt;
}

namespace {

// OpenSSL reads private keys whose halves do not belong together; such a key would sign for nobody.
Result<PrivateKey> adopt_private(Pkey pkey, Halves halves) {
  const CleanErrors door;
  PublicKey public_key = TRY(public_half(pkey.get()));
  PrivateKey key{std::make_shared<const PrivateKeyImpl>(PrivateKeyImpl{std::move(pkey), std::move(public_key)})};
  if (halves == Halves::made_together) return key;
  const bool together = key.kind() == KeyKind::rsa ? TRY(rsa_halves_match(key)) : curve_halves_match(key);
  if (!together) return fail_expecting(Errc::mismatch, "", "a private half of another public key", "the two halves of one key");
  return key;
}

bool curve_halves_match(const PrivateKey& key) {
  const PkeyCtx context{EVP_PKEY_CTX_new_from_pkey(nullptr, key.impl().pkey.get(), nullptr)};
  return context && EVP_PKEY_private_check(context.get()) == 1 && EVP_PKEY_pairwise_check(context.get()) == 1;
}

// By a trial signature: OpenSSL's own check proves both factors prime, which takes seconds, or for ever for a factor of any size.
Result<bool> rsa_halves_match(const PrivateKey& key) {
  if (!bignum_param(key.impl().pkey.get(), OSSL_PKEY_PARAM_RSA_FACTOR3).empty()) return fail_expecting(Errc::unsupported, "", "an RSA key of more than two primes", "two");
  const std::size_t modulus = key.public_key().rsa_modulus().size();
  for (const SecretBytes& member : rsa_secrets(key)) {
    if (member.size() == 0 || member.size() > modulus) return fail_expecting(Errc::malformed, "", fmt::format("a private RSA member of {} bytes", member.size()), fmt::format("1 to {}", modulus));
  }
  const Bytes message = random_bytes(32);
  const auto signature = sign(key, Sig::ps256, message);
  return signature && verify(key.public_key(), Sig::ps256, message, *signature);
}

// OpenSSL takes BER, and takes what it needs; a key has one encoding, and nothing behind it.
Result<void> check_one_element(ByteView der, std::string_view what) {
  der::Reader in{der};
  TRY(within(what, in.sequence()));
  TRY(within(what, in.expect_end()));
  return der.size() <= INT_MAX ? Result<void>{} : fail(Errc::limit, what, "{} bytes", der.size());
}

ByteView without_leading_zeros(ByteView number) {
  while (!number.empty() && number[0] == 0) number = number.subspan(1);
  return number;
}

// NIST SP 800-131A's least size; the largest keeps a verification within a millisecond.
Result<void> check_rsa(ByteView modulus, ByteView exponent) {
  if (modulus.size() > 1024 || exponent.size() > 8) return fail_expecting(Errc::limit, "", fmt::format("an RSA modulus of {} and exponent of {} bytes", modulus.size(), exponent.size()), "at most 1024 and 8 bytes");
  const std::size_t bits = modulus.empty() ? 0 : 8 * modulus.size() - static_cast<std::size_t>(std::countl_zero(modulus[0]));
  if (bits < 2048) return fail_expecting(Errc::invalid, "", fmt::format("an RSA key of {} bits", bits), "2048 to 8192 bits");
  if ((modulus.back() & 1) == 0) return fail_expecting(Errc::invalid, "", "an RSA key with an even modulus", "a product of two primes");
  if (exponent.empty() || (exponent.back() & 1) == 0 || (exponent.size() == 1 && exponent[0] < 3)) return fail_expecting(Errc::invalid, "", "an RSA key with a bad exponent", "an odd one, at least 3");
  return {};
}

const char* group_name(KeyKind curve) {
  switch (curve) {
    case KeyKind::p256: return "prime256v1";
    case KeyKind::p384: return "secp384r1";
    default: return "secp521r1";
  }
}

Pkey build_point(KeyKind curve, ByteView point) {
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  ASSAY_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve), 0) == 1);
  ASSAY_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1);
  return build("EC", EVP_PKEY_PUBLIC_KEY, builder.get(), "a point").value_or(Pkey{});
}

Result<Pkey> build(const char* type, int selection, OSSL_PARAM_BLD* builder, std::string_view what) {
  const Params params{OSSL_PARAM_BLD_to_param(builder)};
  const PkeyCtx context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
    return fail(Errc::malformed, "", "not {}: {}", what, take_openssl_error());
  }
  return Pkey{key};
}

Bytes bignum_param(const EVP_PKEY* key, const char* name) {
  const CleanErrors door;
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const Bignum number{raw};
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return bytes;
}

Bytes point_of(const EVP_PKEY* key, KeyKind curve) {
  const std::size_t field = field_size(curve);
  Bytes point(1 + 2 * field);
  std::size_t length = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &length) == 1 && length == point.size() && point[0] == 0x04) return point;
  // The key came with a compressed point: ask for the coordinates.
  const Bytes x = bignum_param(key, OSSL_PKEY_PARAM_EC_PUB_X);
  const Bytes y = bignum_param(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  if (x.empty() || y.empty() || x.size() > field || y.size() > field) return {};
  point.assign(1 + 2 * field, 0);
  point[0] = 0x04;
  std::ranges::copy(x, point.begin() + static_cast<std::ptrdiff_t>(1 + field - x.size()));
  std::ranges::copy(y, point.begin() + static_cast<std::ptrdiff_t>(1 + 2 * field - y.size()));
  return point;
}

Bytes spki_of(const EVP_PKEY* key) {
  unsigned char* raw = nullptr;
  const int length = i2d_PUBKEY(key, &raw);
  ASSAY_CHECK(length > 0);
  const Buffer owner{raw};
  return {raw, raw + length};
}

}  // namespace
}  // namespace assay::crypto
