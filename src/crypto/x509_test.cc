#include "crypto/x509.h"

#include <openssl/x509v3.h>

#include "crypto/openssl.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::ok;
using testing::vector_bytes;

constexpr UnixSeconds kNow = 1'790'000'000;
constexpr UnixSeconds kDay = 86400;

// A certificate in the making; the fields are what a test varies.
struct Plan {
  const char* subject;
  bool ca = true;
  int path_length = -1;
  UnixSeconds from = kNow - kDay;
  UnixSeconds to = kNow + kDay;
  KeyKind kind = KeyKind::p384;
  const char* extension = nullptr;  // as "critical,1.2.3.4", with some value
  const EVP_MD* md = EVP_sha384();
};

struct Issued {
  Certificate certificate;
  PrivateKey key;
  std::string subject;
};

void add_extension(X509* x509, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  ASSAY_CHECK(extension != nullptr && X509_add_ext(x509, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void add_own_extension(X509* x509, const std::string& plan) {
  const bool critical = plan.starts_with("critical,");
  ASN1_OBJECT* object = OBJ_txt2obj(plan.substr(critical ? 9 : 0).c_str(), 1);
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>("\x04\x01\x07"), 3);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, critical ? 1 : 0, value);
  ASSAY_CHECK(extension != nullptr && X509_add_ext(x509, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(value);
  ASN1_OBJECT_free(object);
}

// Without an issuer it signs itself.
Issued issue(const Plan& plan, const Issued* issuer = nullptr) {
  static int serial = 1;
  PrivateKey key = PrivateKey::generate(plan.kind).value();
  const std::unique_ptr<X509, Freer<X509_free>> x509{X509_new()};
  const auto set_name = [](X509_NAME* name, const std::string& text) {
    ASSAY_CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0) == 1);
  };
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), serial++);
  set_name(X509_get_subject_name(x509.get()), plan.subject);
  set_name(X509_get_issuer_name(x509.get()), issuer != nullptr ? issuer->subject : plan.subject);
  ASN1_TIME_set(X509_getm_notBefore(x509.get()), plan.from);
  ASN1_TIME_set(X509_getm_notAfter(x509.get()), plan.to);
  X509_set_pubkey(x509.get(), key.public_key().impl().pkey());
  if (plan.ca) add_extension(x509.get(), NID_basic_constraints, plan.path_length < 0 ? "critical,CA:TRUE" : fmt::format("critical,CA:TRUE,pathlen:{}", plan.path_length));
  if (plan.extension != nullptr) add_own_extension(x509.get(), plan.extension);
  ASSAY_CHECK(X509_sign(x509.get(), (issuer != nullptr ? issuer->key : key).impl().pkey.get(), plan.md) > 0);
  unsigned char* raw = nullptr;
  const int length = i2d_X509(x509.get(), &raw);
  const Buffer owner{raw};
  return {Certificate::from_der({raw, static_cast<std::size_t>(length)}).value(), std::move(key), plan.subject};
}

TEST(X509, ReadsExtensionsAndChecksChains) {
  const auto certificate = Certificate::from_der(vector_bytes("cmw/testdata/x509-cert+cbor-cmw.der"));
  ASSERT_TRUE(ok(certificate));
  EXPECT_TRUE(ok(certificate->extension("1.3.6.1.5.5.7.1.35")));
  EXPECT_TRUE(fails(certificate->extension("1.2.3.4"), Errc::not_found));
  EXPECT_TRUE(fails(certificate->extension("nonsense"), Errc::invalid));
  EXPECT_EQ(certificate->public_key().value().kind(), KeyKind::rsa);
  const UnixSeconds middle = certificate->not_before() + 1;
  EXPECT_TRUE(ok(verify_chain({*certificate}, {*certificate}, middle)));
  EXPECT_TRUE(fails(verify_chain({*certificate}, {*certificate}, certificate->not_after() + 1), Errc::stale, "expired"));
  EXPECT_TRUE(fails(verify_chain({*certificate}, {*certificate}, certificate->not_before() - 1), Errc::stale));
  EXPECT_TRUE(fails(verify_chain({*certificate}, {}, middle), Errc::untrusted));
  EXPECT_TRUE(fails(verify_chain({}, {*certificate}, middle), Errc::missing));
  EXPECT_FALSE(Certificate::from_der(concat({certificate->der(), Bytes{0}})));
  EXPECT_FALSE(Certificate::from_pem("no certificate"));
}

TEST(X509, ReadsWhatACertificateSays) {
  const Issued leaf = issue({.subject = "a, leaf", .ca = false, .extension = "1.2.3.4"});
  EXPECT_EQ(leaf.certificate.subject(), "CN=a\\, leaf");
  EXPECT_EQ(leaf.certificate.not_before(), kNow - kDay);
  EXPECT_EQ(leaf.certificate.not_after(), kNow + kDay);
  EXPECT_TRUE(leaf.certificate.public_key().value() == leaf.key.public_key());
  EXPECT_EQ(to_hex(leaf.certificate.extension("1.2.3.4").value()), "040107");
  EXPECT_TRUE(Certificate::from_der(leaf.certificate.der()).value().der() == leaf.certificate.der());
}

TEST(X509, FollowsAChainOfThree) {
  const Issued root = issue({.subject = "root"});
  const Issued middle = issue({.subject = "middle", .path_length = 0, .kind = KeyKind::rsa}, &root);
  const Issued leaf = issue({.subject = "leaf", .ca = false}, &middle);
  EXPECT_TRUE(ok(verify_chain({leaf.certificate, middle.certificate}, {root.certificate}, kNow)));
  EXPECT_TRUE(ok(verify_chain({leaf.certificate, middle.certificate, root.certificate}, {root.certificate}, kNow)));
  // What does not belong is passed over; what is missing is missed.
  const Issued stranger = issue({.subject = "stranger"});
  EXPECT_TRUE(ok(verify_chain({leaf.certificate, stranger.certificate, middle.certificate}, {stranger.certificate, root.certificate}, kNow)));
  EXPECT_TRUE(fails(verify_chain({leaf.certificate}, {root.certificate}, kNow), Errc::untrusted));
  EXPECT_TRUE(fails(verify_chain({leaf.certificate, middle.certificate}, {stranger.certificate}, kNow), Errc::untrusted));
  // The root that comes along proves nothing.
  EXPECT_TRUE(fails(verify_chain({leaf.certificate, middle.certificate, root.certificate}, {stranger.certificate}, kNow), Errc::untrusted));
  EXPECT_TRUE(fails(verify_chain({leaf.certificate, middle.certificate, root.certificate}, {}, kNow), Errc::untrusted));
  // An intermediate that the caller trusts is enough.
  EXPECT_TRUE(ok(verify_chain({leaf.certificate}, {middle.certificate}, kNow)));
}

TEST(X509, AnotherRootOfTheSameNameIsAnotherRoot) {
  const Issued root = issue({.subject = "root"});
  const Issued impostor = issue({.subject = "root"});
  const Issued leaf = issue({.subject = "leaf", .ca = false}, &impostor);
  EXPECT_TRUE(fails(verify_chain({leaf.certificate, impostor.certificate}, {root.certificate}, kNow), Errc::untrusted));
  EXPECT_TRUE(ok(verify_chain({leaf.certificate}, {root.certificate, impostor.certificate}, kNow)));
}

struct Broken {
  const char* why;
  Plan root, middle, leaf;
  Errc errc;
  const char* part;
};
const Plan kRoot{.subject = "root"}, kMiddle{.subject = "middle"}, kLeaf{.subject = "leaf", .ca = false};
const Broken kBroken[] = {
    {"an intermediate that is no authority", kRoot, {.subject = "middle", .ca = false}, kLeaf, Errc::untrusted, "invalid CA certificate"},
    {"a root that allows no intermediate", {.subject = "root", .path_length = 0}, kMiddle, kLeaf, Errc::untrusted, "path length"},
    {"an expired leaf", kRoot, kMiddle, {.subject = "leaf", .ca = false, .to = kNow - 1}, Errc::stale, "certificate 0 of the chain: certificate has expired"},
    {"an expired intermediate", kRoot, {.subject = "middle", .to = kNow - 1}, kLeaf, Errc::stale, "certificate 1 of the chain: certificate has expired"},
    {"an expired root", {.subject = "root", .to = kNow - 1}, kMiddle, kLeaf, Errc::stale, "certificate 2 of the chain"},
    {"a leaf not yet valid", kRoot, kMiddle, {.subject = "leaf", .ca = false, .from = kNow + 60}, Errc::stale, "not yet valid"},
    {"a critical extension that nobody knows", kRoot, kMiddle, {.subject = "leaf", .ca = false, .extension = "critical,1.2.3.4"}, Errc::untrusted, "unhandled critical extension"},
    {"a signature over SHA-1", kRoot, kMiddle, {.subject = "leaf", .ca = false, .md = EVP_sha1()}, Errc::untrusted, "too weak"},
};
class ChainRefuses : public ::testing::TestWithParam<Broken> {};
TEST_P(ChainRefuses, It) {
  const Broken& row = GetParam();
  const Issued root = issue(row.root);
  const Issued middle = issue(row.middle, &root);
  const Issued leaf = issue(row.leaf, &middle);
  EXPECT_TRUE(fails(verify_chain({leaf.certificate, middle.certificate}, {root.certificate}, kNow), row.errc, row.part)) << row.why;
}
INSTANTIATE_TEST_SUITE_P(X509, ChainRefuses, ::testing::ValuesIn(kBroken));

TEST(X509, ATouchedCertificateIsNotBelieved) {
  const Issued root = issue({.subject = "root"});
  const Issued leaf = issue({.subject = "leaf", .ca = false}, &root);
  const Bytes der = leaf.certificate.der();
  std::size_t believed = 0, read = 0;
  for (std::size_t at = 0; at < der.size(); ++at) {
    Bytes touched = der;
    touched[at] ^= 0x01;
    const auto certificate = Certificate::from_der(touched);
    if (!certificate) continue;
    ++read;
    if (verify_chain({*certificate}, {root.certificate}, kNow)) ++believed;
  }
  EXPECT_GT(read, 50u);
  EXPECT_EQ(believed, 0u);
}

TEST(X509, RefusesWhatIsNotDer) {
  const Bytes der = issue({.subject = "leaf", .ca = false}).certificate.der();
  for (std::size_t size = 0; size < der.size(); size += 7) EXPECT_TRUE(fails(Certificate::from_der(ByteView{der}.first(size)), Errc::malformed)) << size;
  EXPECT_TRUE(fails(Certificate::from_der(concat({der, Bytes{0}})), Errc::malformed, "behind the certificate"));
  ASSERT_EQ(der[1], 0x82);
  const Bytes indefinite = concat({Bytes{0x30, 0x80}, ByteView{der}.subspan(4), Bytes{0, 0}});
  EXPECT_TRUE(fails(Certificate::from_der(indefinite), Errc::malformed));
  EXPECT_TRUE(fails(Certificate::from_der(Bytes(70000, 0x30)), Errc::limit));
}

TEST(X509, PemHoldsAtMostSixteen) {
  const std::string base64 = to_base64(issue({.subject = "leaf", .ca = false}).certificate.der());
  const std::string one = "text before\n-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
  std::string many;
  for (int i = 0; i < 16; ++i) many += one;
  EXPECT_EQ(Certificate::from_pem(many).value().size(), 16u);
  EXPECT_TRUE(fails(Certificate::from_pem(many + one), Errc::limit, "16"));
  EXPECT_TRUE(fails(Certificate::from_pem("-----BEGIN CERTIFICATE-----\n" + base64), Errc::malformed, "does not end"));
  EXPECT_TRUE(fails(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nA*\n-----END CERTIFICATE-----"), Errc::malformed, "base64"));
  EXPECT_TRUE(fails(Certificate::from_pem(""), Errc::malformed, "none"));
}

TEST(X509, AChainOfSeventeenIsRefused) {
  const Issued one = issue({.subject = "one"});
  EXPECT_TRUE(fails(verify_chain(std::vector<Certificate>(17, one.certificate), {one.certificate}, kNow), Errc::limit, "17"));
}

}  // namespace
}  // namespace assay::crypto
