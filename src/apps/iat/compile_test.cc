#include "apps/iat/compile.h"

#include "apps/iat/yaml_reader.h"
#include "testing/testing.h"

namespace assay::iat {
namespace {

using assay::testing::fails;
using assay::testing::hex;

Result<Bytes> encode(const TokenType& type, std::string_view yaml) {
  const auto value = read_yaml(yaml, "source.yaml", [](const std::string& name) -> Result<std::string> { return fail(Errc::not_found, name, "no such file"); });
  if (!value) return std::unexpected(value.error());
  return encode_claims(type, *value);
}

TEST(IatCompile, WritesClaimsInTheOrderOfTheSource) {
  EXPECT_EQ(*encode(kPsa2, "client_id: 1\nprofile_id: x\nsw_components: [{signer_id: !!binary AQ==, sw_component_type: BL}]"), hex("a3 19095a01 1901096178 19095f 81a2 054101 0162424c"));
  EXPECT_EQ(*encode(kPsaProfile1, "client_id: -1\nchallenge: no bytes at all"), hex("a2 3a000124f8 20 3a000124ff 6f6e6f20627974657320617420616c6c"));
  EXPECT_EQ(*encode(kCcaRealm, "cca_realm_mec_policy: private"), hex("a1 19acd3 6770726976617465"));
}

TEST(IatCompile, ReadsEveryFormOfALifecycle) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"sl_secured", "193000"},
      {"SL_SECURED", "193000"},
      {"sl_secured_0x3003", "193003"},
      {"sl_secured_3003", "193003"},
      {"0x3003", "193003"},
      {"'0x3003'", "193003"},
      {"12291", "193003"},
      {"sl_unknown", "00"},
      {"sl_unknown_00ff", "18ff"},
      {"sl_recoverable_psa_rot_debug_50aa", "1950aa"},
      {"INVALID_7000", "197000"},
  };
  for (const auto& [text, value] : rows) EXPECT_EQ(*encode(kPsa2, fmt::format("security_lifecycle: {}", text)), hex(fmt::format("a119095b{}", value))) << text;
  EXPECT_EQ(*encode(kCcaPlatform, "cca_platform_lifecycle: secured_0x3003"), hex("a119095b193003"));
  EXPECT_EQ(*encode(kCcaPlatform, "cca_platform_lifecycle: non_cca_platform_rot_debug"), hex("a119095b194000"));
}

TEST(IatCompile, RefusesWithThePathOfTheClaim) {
  struct Row {
    const TokenType& type;
    std::string_view yaml, part;
  };
  const Row rows[] = {
      {kPsa2, "foo: 1", "unknown claim foo; expected one of profile_id, client_id"},
      {kPsa2, "CLIENT_ID: 1", "unknown claim CLIENT_ID"},
      {kPsa2, "2394: 1", "unknown claim 2394"},
      {kPsa2, "sw_components: [{a: 1}]", "sw_components: [0]: unknown claim a; expected one of sw_component_type"},
      {kPsa2, "sw_components: 1", "sw_components: a value of type <class 'int'>; expected a list of components"},
      {kPsa2, "sw_components: [1]", "sw_components: [0]: a value of type <class 'int'>; expected claims"},
      {kPsa2, "[1]", "a value of type <class 'list'>; expected claims"},
      {kPsa2, "security_lifecycle: secured", "security_lifecycle: a security lifecycle of \"secured\""},
      {kPsa2, "security_lifecycle: sl_secured_0x2000", "a security lifecycle of \"sl_secured_0x2000\""},
      {kPsa2, "security_lifecycle: sl_secured_", "a security lifecycle of \"sl_secured_\""},
      {kPsa2, "security_lifecycle: sl_secured3003", "a security lifecycle of"},
      {kPsa2, "security_lifecycle: sl_secured_13003", "a security lifecycle of"},
      {kPsa2, "security_lifecycle: sl_secured_-3003", "a security lifecycle of"},
      {kPsa2, "security_lifecycle: '0x'", "a security lifecycle of"},
      {kPsa2, "security_lifecycle: -1", "a security lifecycle of -1"},
      {kPsa2, "security_lifecycle: 65536", "a security lifecycle of 65536"},
      {kPsa2, "security_lifecycle: [1]", "a security lifecycle of <class 'list'>"},
      {kCcaPlatform, "cca_platform_lifecycle: sl_secured", "cca_platform_lifecycle: a security lifecycle of \"sl_secured\""},
  };
  for (const Row& row : rows) EXPECT_TRUE(fails(encode(row.type, row.yaml), Errc::invalid, row.part)) << row.yaml;
}

TEST(IatCompile, PutsTheContentFormatInFrontOfMembers) {
  const Value members{Value::Map{{std::string{"cca_realm_delegated_token"}, Value{Value::Map{}}}}};
  const Wrap none = [](const TokenType&, ByteView payload) -> Result<Bytes> { return to_bytes(payload); };
  EXPECT_EQ(*compile_claims(kCca, members, none), hex("d9038b a1 19acd1 82 190107 41a0"));
  EXPECT_EQ(with_indicator(hex("a0")), hex("82 190107 41a0"));
  EXPECT_TRUE(fails(compile_claims(kCca, Value{Value::Map{{std::string{"x"}, Value{}}}}, none), Errc::invalid, "unknown claim x"));
  EXPECT_TRUE(fails(compile_claims(kCca, Value{}, none), Errc::invalid, "NoneType"));
  const Wrap refuse = [](const TokenType&, ByteView) -> Result<Bytes> { return fail(Errc::io, "", "no key"); };
  EXPECT_TRUE(fails(compile_claims(kCca, members, refuse), Errc::io, "no key"));
}

}  // namespace
}  // namespace assay::iat
