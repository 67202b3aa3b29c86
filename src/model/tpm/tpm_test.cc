#include "model/tpm/tpm.h"

#include "testing/testing.h"

namespace assay::tpm {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;

// A TPM's, of Parsec's sample evidence.
const std::string kQuote = "ff54434780180022000ba20b9e12fb4e0507f1d7af4a9492943cbeae881db7cefe040edfe487eff354f50008deadbeefdeadbeef000000001addb3cf090c7577fd889dce01584f8ef327bcafba00000001000b0307000000202ea9ab9198d1638007400cd2c3bef1cc745b864b76011a0e1bc52180ac6452d4";
const std::string kCertification = "ff54434780170022000ba20b9e12fb4e0507f1d7af4a9492943cbeae881db7cefe040edfe487eff354f50008deadbeefdeadbeef000000001addb3cc090c7577fd889dce01584f8ef327bcafba0022000b66bcc269216a672b65c5074330e9a890d3ffd2ed78ae12a2986af6290e057ba40022000b468779b0e18ffd0ebccace7c5ab125ac8809a2b087e09cfc6f158e113133a014";
const std::string kPublic = "0023000b00040072000000100018000b000300100020a907c3c02102a2549c84a2b8b2130e9f6966719391a4c72a357795a1f95e838a0020458248addff3f4acddb64bd2928f69b811ff0d862e33e788a0704b6aa8295020";
const std::string kSignature = "0018000b0020a771b57d791fdc8269d64f3727ca0ffd55d53e7e22fc6d9fecf7eb2bff27a706002016bea7499f78d61ae31e2569f771abbfb86619dd0e6ccac9cc664ce62a629929";

std::string changed(std::string text, std::size_t at, std::string_view by) { return text.replace(at * 2, by.size(), by); }

TEST(Tpm, ReadsAQuote) {
  const Bytes bytes = hex(kQuote);
  const auto attest = parse_attest(bytes);
  ASSERT_TRUE(ok(attest));
  EXPECT_EQ(to_bytes(attest->extra_data), hex("deadbeefdeadbeef"));
  EXPECT_EQ(attest->firmware_version, 0x584f8ef327bcafbaU);
  ASSERT_TRUE(attest->quote && !attest->certification);
  ASSERT_EQ(attest->quote->selections.size(), 1u);
  EXPECT_EQ(attest->quote->selections[0].hash, 0x000b);
  EXPECT_EQ(attest->quote->selections[0].pcrs, (std::vector<std::uint8_t>{0, 1, 2}));
  EXPECT_EQ(attest->quote->digest.size(), 32u);
}

TEST(Tpm, ACertificationNamesItsKey) {
  const Bytes bytes = hex(kCertification);
  const auto attest = parse_attest(bytes);
  ASSERT_TRUE(ok(attest));
  ASSERT_TRUE(attest->certification && !attest->quote);
  const Bytes area = hex(kPublic);
  const auto key = parse_public(area);
  ASSERT_TRUE(ok(key));
  EXPECT_EQ(key->key.kind(), crypto::KeyKind::p256);
  EXPECT_TRUE(key->is_fixed() && key->is_made_by_tpm());
  EXPECT_EQ(key->name().value(), to_bytes(attest->certification->name));
}

TEST(Tpm, EveryPrefixIsRefused) {
  for (const std::string& text : {kQuote, kCertification}) {
    const Bytes bytes = hex(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_TRUE(fails(parse_attest(ByteView{bytes}.first(size)), Errc::malformed)) << size;
  }
  const Bytes area = hex(kPublic);
  for (std::size_t size = 0; size < area.size(); ++size) EXPECT_TRUE(fails(parse_public(ByteView{area}.first(size)), Errc::malformed)) << size;
  const Bytes signature = hex(kSignature);
  for (std::size_t size = 0; size < signature.size(); ++size) EXPECT_TRUE(fails(parse_signature(ByteView{signature}.first(size)), Errc::malformed)) << size;
}

TEST(Tpm, RefusesWhatItDoesNotKnow) {
  const auto attest = [](const std::string& text) { return parse_attest(hex(text)); };
  EXPECT_TRUE(fails(attest(changed(kQuote, 0, "fe")), Errc::malformed, "magic fe544347"));
  EXPECT_TRUE(fails(attest(changed(kQuote, 5, "14")), Errc::unsupported, "type 8014"));
  EXPECT_TRUE(fails(attest(kQuote + "00"), Errc::malformed, "1 more bytes"));
  const std::size_t count = kQuote.find("00000001000b03") / 2;
  EXPECT_TRUE(fails(attest(changed(kQuote, count, "00000011")), Errc::limit, "17 selections"));
  EXPECT_TRUE(fails(attest(changed(kQuote, count + 6, "05")), Errc::limit, "5 bytes"));
  const auto area = [](const std::string& text) { return parse_public(hex(text)); };
  EXPECT_TRUE(fails(area(changed(kPublic, 0, "0001")), Errc::unsupported, "type 0001"));
  EXPECT_TRUE(fails(area(changed(kPublic, 16, "0010")), Errc::unsupported, "curve 0010"));
  EXPECT_TRUE(fails(area(changed(kPublic, 30, "00")), Errc::invalid)) << "not on the curve";
  EXPECT_TRUE(fails(parse_signature(hex(changed(kSignature, 0, "0014"))), Errc::unsupported, "algorithm 0014"));
}

}  // namespace
}  // namespace assay::tpm
