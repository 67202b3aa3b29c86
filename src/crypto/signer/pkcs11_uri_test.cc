#include "crypto/signer/pkcs11_uri.h"

#include "testing/testing.h"

namespace assay::crypto {
namespace {

using testing::fails;
using testing::ok;

TEST(Pkcs11Uri, ReadsWhatItSays) {
  const auto uri = parse_pkcs11_uri("PKCS11:token=The%20Software%20PKCS%2311;manufacturer=Snake%20Oil,%20Inc.;serial=1;model=1.0;slot-id=7;object=ear;id=%01%ff;type=private?pin-source=file:/etc/pin&module-path=/usr/lib/softhsm/libsofthsm2.so");
  ASSERT_TRUE(ok(uri));
  EXPECT_EQ(uri->token, "The Software PKCS#11");
  EXPECT_EQ(uri->manufacturer, "Snake Oil, Inc.");
  EXPECT_EQ(uri->serial, "1");
  EXPECT_EQ(uri->model, "1.0");
  EXPECT_EQ(uri->slot_id, 7U);
  EXPECT_EQ(uri->object, "ear");
  EXPECT_EQ(uri->id, (Bytes{0x01, 0xff}));
  EXPECT_EQ(uri->pin_source, "/etc/pin");
  EXPECT_EQ(uri->module_path, "/usr/lib/softhsm/libsofthsm2.so");
  EXPECT_EQ(uri->shown_key(), "object \"ear\", id \"01ff\"");
  const auto least = parse_pkcs11_uri("pkcs11:?module-path=/m");
  ASSERT_TRUE(ok(least));
  EXPECT_EQ(least->shown_token(), "any token");
  EXPECT_EQ(parse_pkcs11_uri("pkcs11:?module-path=/m&pin-source=file:///p").value().pin_source, "/p");
  EXPECT_EQ(parse_pkcs11_uri("pkcs11:?module-path=/m&pin-source=/p").value().pin_source, "/p");
}

TEST(Pkcs11Uri, RefusesWhatItCannotMean) {
  struct Row {
    std::string uri;
    Errc errc;
    std::string_view part;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"", Errc::malformed, "another scheme"},
           {"/etc/key.pem", Errc::malformed, "another scheme"},
           {"pkcs11", Errc::malformed, "another scheme"},
           {"pkcs11:", Errc::config, "no module-path"},
           {"pkcs11:token=a", Errc::config, "no module-path"},
           {"pkcs11:token=a?module-name=softhsm2", Errc::config, "no module-path"},
           {"pkcs11:token=a;token=b?module-path=/m", Errc::duplicate, "\"token\" twice"},
           {"pkcs11:?module-path=/m&module-path=/n", Errc::duplicate, "\"module-path\" twice"},
           {"pkcs11:token?module-path=/m", Errc::malformed, "\"token\" without a value"},
           {"pkcs11:;token=a?module-path=/m", Errc::malformed, "without a value"},
           {"pkcs11:Token=a?module-path=/m", Errc::unsupported, "attribute \"Token\""},
           {"pkcs11:x-vendor=a?module-path=/m", Errc::unsupported, "attribute \"x-vendor\""},
           {"pkcs11:library-version=2?module-path=/m", Errc::unsupported, "library-version"},
           {"pkcs11:module-path=/m", Errc::unsupported, "attribute \"module-path\""},
           {"pkcs11:token=a b?module-path=/m", Errc::malformed, "\" \" unescaped"},
           {"pkcs11:token=a/b?module-path=/m", Errc::malformed, "\"/\" unescaped"},
           {"pkcs11:token=a#b?module-path=/m", Errc::malformed, "unescaped"},
           {"pkcs11:token=\xc3\xa4?module-path=/m", Errc::malformed, "unescaped"},
           {"pkcs11:token=%?module-path=/m", Errc::malformed, "broken escape"},
           {"pkcs11:token=%4?module-path=/m", Errc::malformed, "broken escape"},
           {"pkcs11:token=%zz?module-path=/m", Errc::malformed, "broken escape"},
           {"pkcs11:slot-id=?module-path=/m", Errc::malformed, "slot-id"},
           {"pkcs11:slot-id=-1?module-path=/m", Errc::malformed, "slot-id"},
           {"pkcs11:slot-id=0x1?module-path=/m", Errc::malformed, "slot-id"},
           {"pkcs11:slot-id=99999999999999999999?module-path=/m", Errc::malformed, "slot-id"},
           {"pkcs11:type=public?module-path=/m", Errc::unsupported, "type \"public\"; expected private"},
           {"pkcs11:token=a?module-path=/m&pin-value=1234", Errc::config, "a PIN in the configuration"},
           {"pkcs11:token=a?module-path=m.so", Errc::config, "module-path \"m.so\"; expected an absolute path"},
           {"pkcs11:token=a?module-path=/m%00/etc", Errc::config, "expected an absolute path"},
           {"pkcs11:token=a?module-path=/m&pin-source=pin", Errc::config, "pin-source \"pin\""},
           {"pkcs11:token=a?module-path=/m&pin-source=%7Ccat%20/etc/pin", Errc::config, "expected an absolute path"},
           {"pkcs11:token=" + std::string(5000, 'a'), Errc::limit, "at most 4096"},
       }) {
    const auto uri = parse_pkcs11_uri(row.uri);
    EXPECT_TRUE(fails(uri, row.errc, row.part)) << row.uri;
    EXPECT_TRUE(uri || uri.error().text().find("1234") == std::string::npos);
  }
}

}  // namespace
}  // namespace assay::crypto
