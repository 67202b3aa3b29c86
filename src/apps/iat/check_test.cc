#include "apps/iat/check.h"

#include <algorithm>
#include <sstream>

#include "apps/iat/compile.h"
#include "apps/iat/yaml_reader.h"
#include "crypto/key_formats.h"
#include "testing/testing.h"

namespace assay::iat {
namespace {

using assay::testing::fails;
using assay::testing::vector_bytes;
using assay::testing::vector_text;

constexpr std::string_view kFolder = "iat-verifier/data/";

Result<std::string> read_vector(const std::string& name) { return vector_text(fmt::format("{}{}", kFolder, name)); }

// A source of tests/vectors with changes: "name: value" replaces or adds, "-name" removes; of one member where given.
Value source(std::string_view file, const std::vector<std::string_view>& changes, std::string_view member = "") {
  auto claims = read_yaml(vector_text(fmt::format("{}{}", kFolder, file)), file, read_vector);
  EXPECT_TRUE(testing::ok(claims));
  Value::Map map = *claims->map();
  if (!member.empty()) map = *std::ranges::find(map, Key{std::string{member}}, &Member::key)->value.map();
  for (const std::string_view change : changes) {
    const std::string name{change.starts_with('-') ? change.substr(1) : change.substr(0, change.find(':'))};
    const auto at = std::ranges::find(map, Key{name}, &Member::key);
    if (change.starts_with('-')) {
      EXPECT_NE(at, map.end()) << name;
      map.erase(at);
      continue;
    }
    const auto value = read_yaml(change.substr(change.find(':') + 1), name, read_vector);
    EXPECT_TRUE(testing::ok(value));
    if (at != map.end()) {
      at->value = *value;
    } else {
      map.push_back({name, *value});
    }
  }
  return Value{std::move(map)};
}

// Everything that checking the claims says, without envelope.
std::string complaints(const TokenType& type, const Value& claims, CheckOptions options = {}) {
  const auto bytes = encode_claims(type, claims);
  EXPECT_TRUE(testing::ok(bytes));
  const auto token = parse_token(*bytes, type, {Method::raw, false, false});
  EXPECT_TRUE(testing::ok(token));
  std::ostringstream err;
  options.keep_going = true;
  Context context{std::move(options), err};
  EXPECT_TRUE(testing::ok(check_token(context, *token)));
  return err.str();
}

struct Row {
  std::vector<std::string_view> changes;
  std::string_view complaint;  // one whole line, without the logger's name
};

void expect_complaints(const TokenType& type, std::string_view file, std::string_view member, std::span<const Row> rows, const CheckOptions& options = {}) {
  for (const Row& row : rows) {
    const std::string said = complaints(type, source(file, row.changes, member), options);
    EXPECT_NE(said.find(fmt::format(":iat-verifiers:{}\n", row.complaint)), std::string::npos) << row.complaint << "\nbut it said:\n"
                                                                                               << said;
  }
}

TEST(IatCheck, SaysNothingOfGoodClaims) {
  EXPECT_EQ(complaints(kPsaProfile1, source("valid-iat.yaml", {})), "");
  EXPECT_EQ(complaints(kPsa2, source("psa-2_0_0_token.yaml", {"profile_id: tag:psacertified.org,2023:psa#tfm"})), "");
  EXPECT_EQ(complaints(kCcaPlatform, source("cca_example_platform_token.yaml", {})), "");
}

TEST(IatCheck, TellsWhatIsWrongInPsaProfile1) {
  const Row rows[] = {
      {{"-client_id"}, "Invalid IAT: missing MANDATORY claim \"CLIENT_ID\" from TOKEN_ROOT_CLAIMS"},
      {{"-boot_seed"}, "Invalid IAT: missing MANDATORY claim \"BOOT_SEED\" from TOKEN_ROOT_CLAIMS"},
      {{"-sw_components"}, "Invalid IAT: no software measurements defined and NO_MEASUREMENTS claim is not present."},
      {{"profile_id: 12"}, "Invalid PROFILE_ID: must be a(n) <class 'str'>: found <class 'int'>"},
      {{"client_id: x"}, "Invalid CLIENT_ID: must be a(n) <class 'int'>: found <class 'str'>"},
      {{"client_id: true"}, "Invalid CLIENT_ID: must be a(n) <class 'int'>: found <class 'bool'>"},
      {{"implementation_id: x"}, "Invalid IMPLEMENTATION_ID: must be a(n) <class 'bytes'>: found <class 'str'>"},
      {{"implementation_id: !!binary AQ=="}, "Invalid IMPLEMENTATION_ID length: must be exactly 32 bytes, found 1 bytes"},
      {{"challenge: !!binary AQ=="}, "Invalid CHALLENGE length; must one of [32, 48, 64], found 1 bytes"},
      {{"challenge: [1]"}, "Invalid CHALLENGE: must be a(n) <class 'bytes'>: found <class 'list'>"},
      {{"boot_seed: !!binary AQ=="}, "Invalid BOOT_SEED length: must be at least 32 bytes, found 1 bytes"},
      {{"instance_id: !!binary AQ=="}, "Invalid INSTANCE_ID length: must be exactly 33 bytes, found 1 bytes"},
      {{"instance_id: !!binary AgcGBQQDAgEADw4NDAsKCQgXFhUUExIREB8eHRwbGhkY"}, "Invalid INSTANCE_ID: first byte must be 0x01, found: 0x02"},
      {{"hardware_version: '123'"}, "Invalid HARDWARE_VERSION length; must be 19 characters, found 3 characters"},
      {{"hardware_version: '1234567890123x45678'"}, "Invalid character x at position 14"},
      {{"hardware_version: '12345678-0123-45678'"}, "Invalid character - at position 9"},
      {{"hardware_version: \"12345678901234567\\e8\""}, "Invalid character \\x1b at position 18"},
      {{"security_lifecycle: 0x7000"}, "Invalid Lifecycle claim \"0x7000\""},
      {{"security_lifecycle: 0x3100"}, "Invalid Lifecycle claim \"0x3100\""},
      {{"verification_service: 1"}, "Invalid VERIFICATION_SERVICE: must be a(n) <class 'str'>: found <class 'int'>"},
      {{"sw_components: [{signer_id: !!binary AQ==}]"}, "Invalid IAT: missing MANDATORY claim \"MEASUREMENT_VALUE\" from SW_COMPONENTS at index 0"},
      {{"sw_components: [{signer_id: !!binary AQ==}]"}, "Invalid SIGNER_ID length: must be at least 32 bytes, found 1 bytes"},
      {{"sw_components: [{measurement_value: !!binary AQ==}]"}, "Missing RECOMMENDED claim \"SIGNER_ID\" from SW_COMPONENTS at index 0"},
      {{"sw_components: [{measurement_value: !!binary AQ==}]"}, "Invalid MEASUREMENT length: must be at least 32 bytes, found 1 bytes"},
      {{"sw_components: [{sw_component_type: 1}]"}, "Invalid SW_COMPONENT_TYPE: must be a(n) <class 'str'>: found <class 'int'>"},
  };
  expect_complaints(kPsaProfile1, "valid-iat.yaml", "", rows);
}

TEST(IatCheck, TellsWhatIsWrongInPsa2) {
  const Row rows[] = {
      {{}, "Legacy Attest profile \"http://arm.com/psa/2.0.0\": must be new profile \"tag:psacertified.org,2023:psa#tfm\""},
      {{"profile_id: PSA"}, "Invalid Attest profile \"PSA\": must be \"tag:psacertified.org,2023:psa#tfm\""},
      {{"profile_id: \"\\e[2J\""}, "Invalid Attest profile \"\\x1b[2J\": must be \"tag:psacertified.org,2023:psa#tfm\""},
      {{"-sw_components"}, "Invalid IAT: missing MANDATORY claim \"SW_COMPONENTS\" from TOKEN_ROOT_CLAIMS"},
      {{"-boot_seed"}, "Invalid IAT: missing MANDATORY claim \"BOOT_SEED\" from TOKEN_ROOT_CLAIMS"},
      {{"boot_seed: !!binary AQIDBAUGBwg="}, "Invalid BOOT_SEED length: must be at least 32 bytes, found 8 bytes"},
      {{"hardware_version: '1'"}, "Invalid CERTIFICATION_REFERENCE length; must be 19 characters, found 1 characters"},
      {{"profile_id: tag:psacertified.org,2023:psa#tfm", "boot_seed: !!binary AQ=="}, "Invalid BOOT_SEED length: must be between 8 and 32 bytes, found 1 bytes"},
      {{"profile_id: tag:psacertified.org,2023:psa#tfm", "eat_boot_seed: !!binary AQ=="}, "Invalid EAT_BOOT_SEED length: must be between 8 and 32 bytes, found 1 bytes"},
  };
  expect_complaints(kPsa2, "psa-2_0_0_token.yaml", "", rows);
}

TEST(IatCheck, TakesTheBootSeedWhereRfc9783HasIt) {
  EXPECT_EQ(complaints(kPsa2, source("psa-2_0_0_token.yaml", {"profile_id: tag:psacertified.org,2023:psa#tfm", "-boot_seed"})), "");
  EXPECT_EQ(complaints(kPsa2, source("psa-2_0_0_token.yaml", {"profile_id: tag:psacertified.org,2023:psa#tfm", "-boot_seed", "eat_boot_seed: !!binary AQIDBAUGBwg="})), "");
}

TEST(IatCheck, TellsWhatIsWrongInThePlatformToken) {
  const Row rows[] = {
      {{"-cca_platform_config"}, "Invalid IAT: missing MANDATORY claim \"CCA_PLATFORM_CONFIG\" from TOKEN_ROOT_CLAIMS"},
      {{"cca_attestation_profile: x"}, "Invalid Platform profile \"x\": must be one of \"tag:arm.com,2023:cca_platform#1.0.0,http://arm.com/CCA-SSD/1.0.0\""},
      {{"cca_platform_challenge: !!binary AQ=="}, "Invalid CCA_PLATFORM_CHALLENGE length: must be one of [32, 48, 64] bytes, found 1 bytes"},
      {{"cca_platform_implementation_id: !!binary AQ=="}, "Invalid CCA_PLATFORM_IMPLEMENTATION_ID length: must be exactly 32 bytes, found 1 bytes"},
      {{"cca_platform_instance_id: !!binary AQ=="}, "Invalid CCA_PLATFORM_INSTANCE_ID length: must be between 7 and 33 bytes, found 1 bytes"},
      {{"cca_platform_instance_id: !!binary AgIDBAUGBw=="}, "Invalid CCA_PLATFORM_INSTANCE_ID: first byte must be 0x01, found: 0x02"},
      {{"cca_platform_config: 1"}, "Invalid CCA_PLATFORM_CONFIG: must be a(n) <class 'bytes'>: found <class 'int'>"},
      {{"cca_platform_lifecycle: 0x2fff"}, "Invalid Lifecycle claim \"0x2fff\""},
      {{"cca_platform_sw_components: []", "-cca_platform_hash_algo_id"}, "Invalid IAT: missing MANDATORY claim \"CCA_PLATFORM_HASH_ALGO_ID\" from TOKEN_ROOT_CLAIMS"},
      {{"cca_platform_sw_components: [{sw_component_type: x}]"}, "Invalid IAT: missing MANDATORY claim \"SIGNER_ID\" from CCA_PLATFORM_SW_COMPONENTS at index 0"},
  };
  expect_complaints(kCcaPlatform, "cca_example_platform_token.yaml", "", rows);
}

TEST(IatCheck, TellsWhatIsWrongInTheRealmToken) {
  const Row rows[] = {
      {{}, "The realm token is not signed."},
      {{"-cca_realm_instance_id"}, "Invalid IAT: missing MANDATORY claim \"CCA_REALM_INSTANCE_ID\" from TOKEN_ROOT_CLAIMS"},
      {{"-cca_realm_mec_policy"}, "Invalid IAT: missing MANDATORY claim \"CCA_REALM_MEC_POLICY\" from TOKEN_ROOT_CLAIMS"},
      {{"cca_realm_profile: x"}, "Invalid Realm profile \"x\": must be \"tag:arm.com,2024:realm#2.0.0\""},
      {{"cca_realm_challenge: !!binary AQ=="}, "Invalid CCA_REALM_CHALLENGE length: must be exactly 64 bytes, found 1 bytes"},
      {{"cca_realm_personalization_value: !!binary AQ=="}, "Invalid CCA_REALM_PERSONALIZATION_VALUE length: must be exactly 64 bytes, found 1 bytes"},
      {{"cca_realm_initial_measurement: !!binary AQ=="}, "Invalid CCA_REALM_INITIAL_MEASUREMENT length: must be one of [32, 48, 64] bytes, found 1 bytes"},
      {{"cca_realm_extensible_measurements: 1"}, "Invalid CCA_REALM_EXTENSIBLE_MEASUREMENTS: Value must be a list."},
      {{"cca_realm_extensible_measurements: []"}, "Invalid CCA_REALM_EXTENSIBLE_MEASUREMENTS: Value must be a list of min 4 elements and max 4 elements."},
      {{"cca_realm_extensible_measurements: [!!binary AQ==, 1, 2, 3]"}, "Invalid CCA_REALM_EXTENSIBLE_MEASUREMENTS[0] length: must be one of [32, 48, 64] bytes, found 1 bytes"},
      {{"cca_realm_extensible_measurements: [!!binary AQ==, 1, 2, 3]"}, "Invalid CCA_REALM_EXTENSIBLE_MEASUREMENTS[1]: must be a(n) <class 'bytes'>: found <class 'int'>"},
      {{"cca_realm_mec_policy: 2"}, "Invalid Realm MEC Policy \"2\": must be 0 or 1"},
      {{"cca_realm_mec_policy: private"}, "Invalid CCA_REALM_MEC_POLICY: must be a(n) <class 'int'>: found <class 'str'>"},
      {{"-cca_realm_profile", "cca_realm_mec_policy: open"}, "Invalid Realm MEC Policy \"open\": must be \"shared\" or \"private\""},
  };
  expect_complaints(kCcaRealm, "cca_example_token.yaml", "cca_realm_delegated_token", rows);

  const std::string sha384 = "cca_realm_extensible_measurements: [&a !!binary " + std::string(64, 'A') + ", *a, *a, *a]";
  const Row strict_rows[] = {
      {{"-cca_realm_profile", "-cca_realm_mec_policy"}, "Invalid IAT: missing MANDATORY claim \"CCA_REALM_MEC_POLICY\" from TOKEN_ROOT_CLAIMS"},
      {{"cca_realm_profile: tag:arm.com,2023:realm#1.0.0"}, "Invalid Realm profile \"tag:arm.com,2023:realm#1.0.0\": must be \"tag:arm.com,2024:realm#2.0.0\""},
      {{"-cca_realm_profile", "cca_realm_mec_policy: private"}, "Invalid CCA_REALM_MEC_POLICY: must be a(n) <class 'int'>: found <class 'str'>"},
      {{sha384}, "Invalid CCA_REALM_EXTENSIBLE_MEASUREMENTS[3] length: must be one of [32, 64] bytes, found 48 bytes"},
  };
  CheckOptions strict;
  strict.strict_rmm2 = true;
  expect_complaints(kCcaRealm, "cca_example_token.yaml", "cca_realm_delegated_token", strict_rows, strict);
  for (const Row& row : strict_rows) {
    EXPECT_EQ(complaints(kCcaRealm, source("cca_example_token.yaml", row.changes, "cca_realm_delegated_token")), "ERROR:iat-verifiers:The realm token is not signed.\n") << row.complaint;
  }
}

TEST(IatCheck, UnknownClaimsAreErrorsOnlyIfAskedFor) {
  const Bytes bytes = vector_bytes("iat-verifier/data/missing-claim.cbor");
  const auto token = parse_token(bytes, kPsaProfile1, {});
  ASSERT_TRUE(testing::ok(token));
  std::ostringstream err;
  Context lenient{{}, err};
  EXPECT_TRUE(fails(check_token(lenient, *token), Errc::invalid, "CLIENT_ID"));
  EXPECT_NE(err.str().find("Unexpected TOKEN_ROOT_CLAIMS claim: 30, skipping."), std::string::npos);
  CheckOptions options;
  options.strict = true;
  Context strict{options, err};
  EXPECT_TRUE(fails(check_token(strict, *token), Errc::invalid, "Unexpected TOKEN_ROOT_CLAIMS claim: 8"));
}

// The pairs of a CCA token, made from the example with other claims and signed again.
class IatCcaToken : public ::testing::Test {
 protected:
  static Result<Bytes> sign(const TokenType& type, ByteView payload) {
    const auto key = crypto::private_key_from_any(vector_bytes(&type == &kCcaRealm ? "iat-verifier/data/cca_realm.pem" : "iat-verifier/data/cca_platform.pem"));
    EXPECT_TRUE(testing::ok(key));
    return cose::sign_sign1(payload, *key);
  }
  static Bytes made(const std::vector<std::string_view>& platform, const std::vector<std::string_view>& realm) {
    Value::Map members;
    members.push_back({std::string{"cca_platform_token"}, source("cca_example_token.yaml", platform, "cca_platform_token")});
    members.push_back({std::string{"cca_realm_delegated_token"}, source("cca_example_token.yaml", realm, "cca_realm_delegated_token")});
    const auto bytes = compile_claims(kCca, Value{std::move(members)}, sign);
    EXPECT_TRUE(testing::ok(bytes));
    return bytes.value_or(Bytes{});
  }
  static std::string said(ByteView bytes, CheckOptions options = {}) {
    const auto token = parse_token(bytes, kCca, {Method::sign, false, options.strict_rmm2});
    if (!token) return token.error().what;
    std::ostringstream err;
    options.keep_going = true;
    const auto key = crypto::public_key_from_any(vector_bytes("iat-verifier/data/cca_platform.pem"));
    EXPECT_TRUE(testing::ok(key));
    options.key = *key;
    Context context{std::move(options), err};
    const auto checked = check_token(context, *token);
    return checked ? err.str() : checked.error().what;
  }
};

TEST_F(IatCcaToken, ComparesProfiles) {
  struct Pair {
    std::string_view platform, realm;
    std::string_view complaint;
  };
  const Pair pairs[] = {
      {kPlatformProfile2023, kRealmProfile2024, ""},
      {kPlatformProfile2023, kRealmProfile2023, ""},
      {kPlatformProfile2024, kRealmProfile2024, ""},
      {kPlatformProfileLegacy, kRealmProfile2023, "WARNING:iat-verifiers:unusual profile combination: http://arm.com/CCA-SSD/1.0.0, tag:arm.com,2023:realm#1.0.0\n"},
      {kPlatformProfile2024, kRealmProfile2023, "WARNING:iat-verifiers:unusual profile combination: tag:arm.com,2024:cca_platform#2.0.0, tag:arm.com,2023:realm#1.0.0\n"},
      {kPlatformProfile2023, "x", "ERROR:iat-verifiers:unsupported profile combination: tag:arm.com,2023:cca_platform#1.0.0, x\n"},
      {"y", "x", "ERROR:iat-verifiers:unknown profile(s): y, x\n"},
  };
  for (const Pair& pair : pairs) {
    const std::string platform = fmt::format("cca_attestation_profile: {}", pair.platform);
    const std::string realm = fmt::format("cca_realm_profile: {}", pair.realm);
    const std::string what = said(made({platform}, {realm}));
    if (pair.complaint.empty()) {
      EXPECT_EQ(what, "") << realm;
    } else {
      EXPECT_NE(what.find(pair.complaint), std::string::npos) << what;
    }
  }
  CheckOptions strict;
  strict.strict_rmm2 = true;
  const std::string legacy = fmt::format("cca_attestation_profile: {}", kPlatformProfileLegacy);
  EXPECT_NE(said(made({legacy}, {}), strict).find("ERROR:iat-verifiers:unsupported profile combination: http://arm.com/CCA-SSD/1.0.0, tag:arm.com,2024:realm#2.0.0\n"), std::string::npos);
}

TEST_F(IatCcaToken, BindsByTheHashThatTheRealmNames) {
  const auto claims = source("cca_example_token.yaml", {}, "cca_realm_delegated_token");
  const Bytes& rak = *std::ranges::find(*claims.map(), Key{std::string{"cca_realm_pub_key"}}, &Member::key)->value.bytes();
  const std::string sha512 = "cca_platform_challenge: !!binary " + to_base64(crypto::digest(crypto::Hash::sha512, rak));
  EXPECT_EQ(said(made({sha512}, {"cca_realm_pub_key_hash_algo_id: sha-512"})), "");
  EXPECT_NE(said(made({sha512}, {})).find("Invalid CCA_PLATFORM_CHALLENGE length: must be exactly 32 bytes, found 64 bytes\n"), std::string::npos);
  EXPECT_NE(said(made({}, {"cca_realm_pub_key_hash_algo_id: md5"})).find("Invalid CCA_REALM_PUB_KEY_HASH_ALGO_ID \"md5\": must be one of \"sha-256,sha-384,sha-512\"\n"), std::string::npos);
  // The original knows SHA-256 alone.
  CheckOptions strict;
  strict.strict_rmm2 = true;
  EXPECT_NE(said(made({sha512}, {"cca_realm_pub_key_hash_algo_id: sha-512"}), strict).find("Invalid CCA_PLATFORM_CHALLENGE length"), std::string::npos);
  EXPECT_EQ(said(made({}, {"cca_realm_pub_key_hash_algo_id: sha-512"}), strict), "");
  std::string other = "cca_platform_challenge: !!binary " + to_base64(Bytes(32, 0));
  EXPECT_NE(said(made({other}, {})).find("ERROR:iat-verifiers:Invalid CCA_PLATFORM_CHALLENGE byte at 0: 0x00 instead of 0x0d\n"), std::string::npos);
}

TEST_F(IatCcaToken, AsksForAKeyOfTheRightForm) {
  const std::pair<std::vector<std::string_view>, std::string_view> rows[] = {
      {{"cca_realm_pub_key: !!binary AQ=="}, "invalid RAK value: "},
      {{"-cca_realm_pub_key"}, "invalid RAK value: there is none\n"},
      {{"-cca_realm_profile", "cca_realm_pub_key: !!binary AQ=="}, "invalid RAK value: Invalid realm public key length (alg: 'ES384'): want 97 got 1 bytes\n"},
      {{"-cca_realm_profile"}, "WARNING:iat-verifiers:realm public key is a COSE_Key although the realm token has no profile\n"},
  };
  for (const auto& [changes, complaint] : rows) {
    const std::string what = said(made({}, changes));
    EXPECT_NE(what.find(complaint), std::string::npos) << what;
  }
}

TEST_F(IatCcaToken, L13_T1_AcceptsEveryGenerationButTheOneWithAPrivateKey) {
  for (const char* name : {"A", "A-rmm", "B", "C", "D", "E", "E-legacy", "E-rmm", "F", "F-legacy", "F-rmm"}) {
    EXPECT_EQ(said(vector_bytes(fmt::format("iat-verifier/generations/{}.cbor", name))).find("ERROR"), std::string::npos) << name;
  }
  EXPECT_NE(said(vector_bytes("iat-verifier/generations/A-private-key-bug.cbor")).find("ERROR:iat-verifiers:invalid RAK value: "), std::string::npos);
}

TEST_F(IatCcaToken, RefusesAnythingChanged) {
  const Bytes good = vector_bytes("iat-verifier/generations/F-rmm.cbor");
  const Bytes legacy = vector_bytes("iat-verifier/generations/A-rmm.cbor");
  for (const Bytes& token : {good, legacy}) {
    for (std::size_t at = 0; at < token.size(); at += 3) {
      Bytes changed = token;
      changed[at] ^= 0x01;
      const std::string what = said(changed);
      EXPECT_FALSE(what.empty() || (what.find("ERROR") == std::string::npos && what.starts_with("WARNING"))) << "byte " << at;
    }
    for (std::size_t size = 0; size < token.size(); size += 7) EXPECT_FALSE(parse_token(ByteView{token}.first(size), kCca, {})) << size;
  }
}

TEST(IatParse, SaysWhatTheTokenIsNot) {
  struct Refused {
    std::string_view what;
    const TokenType& type;
    Bytes bytes;
    ParseOptions options;
    std::string_view message;
  };
  const Bytes sign1 = vector_bytes("iat-verifier/data/iat.cbor");
  const Bytes mac0 = vector_bytes("iat-verifier/data/iat-hmac.cbor");
  const Bytes platform = vector_bytes("iat-verifier/data/cca_platform_token.cbor");
  const Refused rows[] = {
      {"nothing", kPsaProfile1, {}, {}, "Parse (verify_signature=False): Bad COSE: "},
      {"a MAC in place of a signature", kPsaProfile1, mac0, {Method::sign}, "Parse (verify_signature=False): Bad COSE: the token is a COSE_Mac0: check it with -m mac"},
      {"a signature in place of a MAC", kPsaProfile1, sign1, {Method::mac}, "Parse (verify_signature=False): Bad COSE: the token is a COSE_Sign1: check it without -m mac"},
      {"nothing, raw", kPsaProfile1, {}, {Method::raw}, "Invalid CBOR: "},
      {"a name for a key", kPsaProfile1, testing::hex("a16a434c49454e545f4944"), {Method::raw}, "Invalid CBOR: "},
      {"a name for a key, whole", kPsaProfile1, testing::hex("a169636c69656e745f696402"), {Method::raw}, "Invalid CBOR: the text key \"client_id\" in place of the claim's number"},
      {"bytes behind the claims", kPsaProfile1, testing::hex("a000"), {Method::raw}, "Invalid CBOR: "},
      {"a key twice", kPsaProfile1, testing::hex("a201000100"), {Method::raw}, "Invalid CBOR: "},
      {"no indicator", kCcaPlatform, platform, {Method::sign, true}, "Expecting a type indicator (token must be a list)"},
      {"another indicator", kCcaPlatform, testing::hex("82190108 40"), {Method::sign, true}, "Invalid type indicator: 264"},
      {"a longer list", kCcaPlatform, testing::hex("83190107 40 40"), {Method::sign, true}, "Expecting a type indicator and a token: "},
      {"an indicator that is no number", kCcaPlatform, testing::hex("8240 40"), {Method::sign, true}, "Expecting a type indicator and a token: "},
      {"an empty platform token", kCca, testing::hex("d9038ba119acca8219010740"), {}, "Parse (verify_signature=False): Bad COSE: "},
      {"a bare platform token", kCca, testing::hex("d9038ba119acca40"), {}, "Expecting a type indicator (token must be a list)"},
      {"no collection", kCca, testing::hex("d9038b80"), {}, "Invalid CBOR: "},
  };
  for (const Refused& row : rows) {
    const auto token = parse_token(row.bytes, row.type, row.options);
    ASSERT_FALSE(token) << row.what;
    EXPECT_TRUE(token.error().what.starts_with(row.message)) << row.what << ": " << token.error().what;
  }
}

TEST(IatParse, T13_ATokenWithoutAlgorithmIsNotVerified) {
  const Bytes bytes = vector_bytes("iat-verifier/data/psa-2_0_0_sign1-token.cbor");
  const auto token = parse_token(bytes, kPsa2, {});
  ASSERT_TRUE(testing::ok(token));
  CheckOptions options;
  const auto key = crypto::public_key_from_any(vector_bytes("iat-verifier/data/key.pem"));
  ASSERT_TRUE(testing::ok(key));
  options.key = *key;
  std::ostringstream err;
  Context context{options, err};
  EXPECT_TRUE(fails(check_token(context, *token), Errc::unauthenticated, "(expected ES256 instead of None)"));
}

TEST_F(IatCcaToken, EmptyCollectionsMissTheirTokens) {
  EXPECT_EQ(said(testing::hex("d9038ba0")),
            "ERROR:iat-verifiers:Invalid IAT: missing MANDATORY claim \"CCA_REALM_DELEGATED_TOKEN\" from TOKEN_ROOT_CLAIMS\n"
            "ERROR:iat-verifiers:Invalid IAT: missing MANDATORY claim \"CCA_PLATFORM_TOKEN\" from TOKEN_ROOT_CLAIMS\n");
  EXPECT_NE(said(testing::hex("a0")).find("ERROR:iat-verifiers:Invalid token: token CCA_TOKEN should be wrapped in tag 0x38b\n"), std::string::npos);
  EXPECT_NE(said(testing::hex("d9038ca0")).find("ERROR:iat-verifiers:Invalid token: token CCA_TOKEN is wrapped in tag 0x38c instead of 0x38b\n"), std::string::npos);
}

}  // namespace
}  // namespace assay::iat
