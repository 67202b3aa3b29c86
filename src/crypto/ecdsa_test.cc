// OpenSSL and the Rust library must give the same verdict on every signature and take the same points. In a build without Rust
// both answers are OpenSSL's, and the rows still say which is right.
#include <array>

#include "crypto/openssl.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::ok;

struct Curve {
  KeyKind kind;
  Group group;
  BnCtx context{BN_CTX_new()};
  Bignum prime{BN_new()}, a{BN_new()}, b{BN_new()};

  explicit Curve(KeyKind of) : kind{of}, group{EC_GROUP_new_by_curve_name(nid_of(of))} {
    ASSAY_CHECK(EC_GROUP_get_curve(group.get(), prime.get(), a.get(), b.get(), context.get()) == 1);
  }
  const BIGNUM* order() const { return EC_GROUP_get0_order(group.get()); }
  Bytes octets(const BIGNUM* number) const {
    Bytes out(field_size(kind));
    ASSAY_CHECK(BN_bn2binpad(number, out.data(), static_cast<int>(out.size())) >= 0);
    return out;
  }
};

Bignum number(ByteView octets) { return Bignum{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)}; }

// The verdict, the same from both libraries.
bool both_accept(const PublicKey& key, Sig sig, ByteView message, ByteView signature) {
  use_ecdsa_library(EcdsaLibrary::openssl);
  const bool openssl = verify_foreign_curve(key, sig, message, signature).has_value();
  use_ecdsa_library(EcdsaLibrary::automatic);
  const bool automatic = verify_foreign_curve(key, sig, message, signature).has_value();
  EXPECT_EQ(openssl, automatic) << name(key.kind()) << " " << jose_name(sig) << " " << to_hex(signature);
  return openssl;
}

struct Broken {
  const char* why;
  Bytes rs;
  bool good = false;
};

// Signatures made from a good one; `good` where the mathematics says so.
std::vector<Broken> variants(const Curve& curve, const Bytes& rs) {
  const std::size_t field = rs.size() / 2;
  const ByteView r = ByteView{rs}.first(field), s = ByteView{rs}.subspan(field);
  const Bytes order = curve.octets(curve.order()), zero(field), ones(field, 0xff);
  Bytes one(field);
  one.back() = 1;
  const Bignum negative_s{BN_new()}, r_plus_n{BN_new()};
  BN_sub(negative_s.get(), curve.order(), number(s).get());
  BN_add(r_plus_n.get(), curve.order(), number(r).get());
  std::vector<Broken> all{
      {"as made", rs, true},
      {"n - s, which ECDSA cannot tell from s", concat({r, curve.octets(negative_s.get())}), true},
      {"r = 0", concat({zero, s})},
      {"s = 0", concat({r, zero})},
      {"both 0", Bytes(2 * field)},
      {"r = n", concat({order, s})},
      {"s = n", concat({r, order})},
      {"both n", concat({order, order})},
      {"r all ones", concat({ones, s})},
      {"s all ones", concat({r, ones})},
      {"r = s = 1", concat({one, one})},
      {"swapped", concat({s, r})},
      {"a byte short", Bytes{rs.begin(), rs.end() - 1}},
      {"a byte long", concat({rs, Bytes{0}})},
      {"r alone", to_bytes(r)},
      {"nothing", {}},
      {"padded by a field", concat({zero, rs, zero})},
  };
  if (BN_num_bytes(r_plus_n.get()) <= static_cast<int>(field)) all.push_back({"r + n", concat({curve.octets(r_plus_n.get()), s})});
  for (std::size_t at = 0; at < rs.size(); at += 5) {
    Bytes flipped = rs;
    flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ (1U << (at % 8)));
    all.push_back({"a flipped bit", std::move(flipped)});
  }
  return all;
}

TEST(Ecdsa, BothLibrariesAgreeOnEverySignature) {
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    const Curve curve{kind};
    for (const Sig sig : {Sig::es256, Sig::es384, Sig::es512}) {
      for (int round = 0; round < 3; ++round) {
        const auto key = PrivateKey::generate(kind).value();
        const Bytes message = random_bytes(90);
        const Bytes rs = sign_ecdsa(key, hash_of(sig), digest(hash_of(sig), message)).value();
        for (const Broken& one : variants(curve, rs)) EXPECT_EQ(both_accept(key.public_key(), sig, message, one.rs), one.good) << one.why;
        EXPECT_FALSE(both_accept(key.public_key(), sig, random_bytes(90), rs));
        EXPECT_FALSE(both_accept(PrivateKey::generate(kind).value().public_key(), sig, message, rs));
      }
    }
  }
}

// Keys of tokens are chosen by the sender. A coordinate x that is small has a twin x + p which fits the field, too: a second
// encoding of the same point, which nobody may take.
TEST(Ecdsa, BothLibrariesRefuseCoordinatesBeyondThePrime) {
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384}) {
    const Curve curve{kind};
    const Bytes lead{0x04};
    int found = 0;
    for (unsigned x = 0; x < 40; ++x) {
      const Bignum small{BN_new()}, twin{BN_new()}, y{BN_new()};
      BN_set_word(small.get(), x);
      BN_add(twin.get(), small.get(), curve.prime.get());
      const Point point{EC_POINT_new(curve.group.get())};
      if (EC_POINT_set_compressed_coordinates(curve.group.get(), point.get(), small.get(), 0, curve.context.get()) != 1) continue;
      ASSERT_EQ(EC_POINT_get_affine_coordinates(curve.group.get(), point.get(), nullptr, y.get(), curve.context.get()), 1);
      ++found;
      const auto key = PublicKey::from_point(kind, concat({lead, curve.octets(small.get()), curve.octets(y.get())}));
      ASSERT_TRUE(ok(key)) << x;
      EXPECT_FALSE(key->spki().empty());  // needs OpenSSL's form
      EXPECT_TRUE(fails(PublicKey::from_point(kind, concat({lead, curve.octets(twin.get()), curve.octets(y.get())})), Errc::invalid)) << x;
    }
    ERR_clear_error();
    EXPECT_GT(found, 5);
    const Bytes p = curve.octets(curve.prime.get()), ones(field_size(kind), 0xff), zero(field_size(kind));
    for (const Bytes& x : {p, ones, zero}) {
      for (const Bytes& y : {p, ones, zero}) EXPECT_TRUE(fails(PublicKey::from_point(kind, concat({lead, x, y})), Errc::invalid)) << to_hex(x) << to_hex(y);
    }
  }
}

TEST(Ecdsa, TheLibraryIsNamed) {
  use_ecdsa_library(EcdsaLibrary::openssl);
  EXPECT_TRUE(ecdsa_library().starts_with("OpenSSL 3."));
  use_ecdsa_library(EcdsaLibrary::automatic);
  EXPECT_TRUE(ecdsa_library().starts_with("aws-lc-rs 1.") || ecdsa_library().starts_with("OpenSSL 3.")) << ecdsa_library();
}

// RFC 6979 A.2: hashes that are longer and shorter than the order, which truncation and the nonce's length depend on.
struct Vector {
  KeyKind curve;
  const char* scalar;
  Hash hash;
  const char* message;
  const char* r;
  const char* s;
};
constexpr const char* kP256 = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
constexpr const char* kP384 = "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5";
constexpr const char* kP521 = "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538";
const std::array kVectors{
    Vector{KeyKind::p256, kP256, Hash::sha1, "sample", "61340C88C3AAEBEB4F6D667F672CA9759A6CCAA9FA8811313039EE4A35471D32", "6D7F147DAC089441BB2E2FE8F7A3FA264B9C475098FDCF6E00D7C996E1B8B7EB"},
    Vector{KeyKind::p256, kP256, Hash::sha224, "sample", "53B2FFF5D1752B2C689DF257C04C40A587FABABB3F6FC2702F1343AF7CA9AA3F", "B9AFB64FDC03DC1A131C7D2386D11E349F070AA432A4ACC918BEA988BF75C74C"},
    Vector{KeyKind::p256, kP256, Hash::sha384, "sample", "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719", "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954"},
    Vector{KeyKind::p256, kP256, Hash::sha512, "sample", "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00", "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE"},
    Vector{KeyKind::p384, kP384, Hash::sha256, "sample", "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33BDE1E888E63355D92FA2B3C36D8FB2CD", "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEBEFDC63ECCD1AC42EC0CB8668A4FA0AB0"},
    Vector{KeyKind::p384, kP384, Hash::sha384, "test", "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB", "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5"},
    Vector{KeyKind::p384, kP384, Hash::sha512, "sample", "ED0959D5880AB2D869AE7F6C2915C6D60F96507F9CB3E047C0046861DA4A799CFE30F35CC900056D7C99CD7882433709", "512C8CCEEE3890A84058CE1E22DBC2198F42323CE8ACA9135329F03C068E5112DC7CC3EF3446DEFCEB01A45C2667FDD5"},
    Vector{KeyKind::p521, kP521, Hash::sha512, "test", "013E99020ABF5CEE7525D16B69B229652AB6BDF2AFFCAEF38773B4B7D08725F10CDB93482FDCC54EDCEE91ECA4166B2A7C6265EF0CE2BD7051B7CEF945BABD47EE6D", "01FBD0013C674AA79CB39849527916CE301C66EA7CE8B80682786AD60F98F7E78A19CA69EFF5C57400E3B3A0AD66CE0978214D13BAF4E9AC60752F7B155E2DE4DCE3"},
};

class ForeignHash : public ::testing::TestWithParam<Vector> {};
TEST_P(ForeignHash, SignsAsRfc6979Does) {
  const Vector& row = GetParam();
  const auto key = PrivateKey::from_scalar(row.curve, testing::hex(row.scalar)).value();
  const auto rs = sign_ecdsa(key, row.hash, digest(row.hash, as_bytes(row.message)));
  ASSERT_TRUE(ok(rs));
  EXPECT_EQ(to_hex(*rs), to_hex(testing::hex(std::string{row.r} + row.s)));
}
INSTANTIATE_TEST_SUITE_P(Rfc6979, ForeignHash, ::testing::ValuesIn(kVectors));

TEST(Rsa, ASignatureHasTheSizeOfTheModulus) {
  const auto key = PrivateKey::generate(KeyKind::rsa).value();
  for (const Sig sig : {Sig::ps256, Sig::rs256}) {
    // About one signature in 256 begins with a zero byte, which OpenSSL does not miss when it is gone.
    bool found = false;
    for (int i = 0; i < 4000 && !found; ++i) {
      const Bytes message = to_bytes(fmt::format("message {}", i));
      const Bytes signature = sign(key, sig, message).value();
      if (signature[0] != 0) continue;
      found = true;
      EXPECT_TRUE(ok(verify(key.public_key(), sig, message, signature)));
      EXPECT_TRUE(fails(verify(key.public_key(), sig, message, ByteView{signature}.subspan(1)), Errc::unauthenticated)) << jose_name(sig);
      EXPECT_TRUE(fails(verify(key.public_key(), sig, message, concat({Bytes{0}, signature})), Errc::unauthenticated)) << jose_name(sig);
    }
    EXPECT_TRUE(found);
  }
}

}  // namespace
}  // namespace assay::crypto
