#include "model/corim/cots.h"

#include "codec/cbor/cbor.h"
#include "model/corim/signed.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

const std::string kShipped = "cocli/gen-a/shipped/cots/";
const std::string kGolden = "cocli/gen-a/golden/";

TrustAnchor anchor(TrustAnchor::Format format, const std::string& file) { return {format, vector_bytes(kShipped + file)}; }

std::vector<EnvironmentGroup> environments(const std::string& file) {
  const auto parsed = environments_from_template(parse_template(vector_text(kShipped + "env/" + file)).value());
  EXPECT_TRUE(parsed.problems.empty()) << file;
  return parsed.value;
}

Parsed<ClaimSet> claims(std::string_view text) { return claims_from_template(parse_template(text).value()); }

// A CoTS of one store, for tests of everything else.
Cots small() {
  Cots cots;
  cots.environments.push_back({.named_store = "store"});
  cots.keys.anchors.push_back({TrustAnchor::Format::certificate, hex("3000")});
  return cots;
}

std::string claims_hex(const ClaimSet& set) {
  Cots cots = small();
  cots.permitted = {set};
  const Bytes bytes = write_cots(cots, Generation::a).value();
  EXPECT_TRUE(ok(read_cots(bytes)));
  EXPECT_TRUE(read_cots(bytes).value() == cots);
  const std::string all = to_hex(bytes);
  const std::string before = "a30281a1036573746f72650481";
  EXPECT_TRUE(all.starts_with(before)) << all;
  return all.substr(before.size(), all.size() - before.size() - std::string_view{"06a100818200423000"}.size());
}

// A CoTS with these claims, for the reader.
Bytes with_claims(std::string_view claims) { return hex("a30281a1036573746f7265 0481" + std::string{claims} + "06a100818200423000"); }

Result<std::string> shown_claims(std::string_view claims) {
  const Cots cots = TRY(read_cots(with_claims(claims)));
  const json::Value shown = to_json(cots);
  return json::print(shown.object()->find("permclaims")->array()->front());
}

TEST(Cots, GoldenFull) {
  Cots cots;
  cots.language = "en-GB";
  cots.identity = TagIdentity{.id = "my-id", .version = 3};
  cots.environments = environments("vendors.json");
  cots.purposes = {"eat", "corim"};
  cots.permitted = {claims(vector_text(kShipped + "claims/permclaim.json")).value};
  cots.excluded = {claims(vector_text(kShipped + "claims/exclclaim.json")).value};
  cots.keys.anchors = {anchor(TrustAnchor::Format::trust_anchor_info, "shared_ta.ta"), anchor(TrustAnchor::Format::public_key_info, "worthlesssea.spki")};
  EXPECT_TRUE(validate(cots).empty());
  const Bytes golden = vector_bytes(kGolden + "cots-full.cbor");
  EXPECT_EQ(to_hex(write_cots(cots, Generation::a).value()), to_hex(golden));
  EXPECT_TRUE(read_cots(golden).value() == cots);
  EXPECT_EQ(">> [cots-full.cbor]\n" + json::print(to_json(cots), {.indent = 2}) + "\n", vector_text(kGolden + "display-cots-full.txt"));
}

TEST(Cots, GoldenCoswidAndComidEnvironments) {
  Cots cots;
  cots.keys.anchors = {anchor(TrustAnchor::Format::trust_anchor_info, "shared_ta.ta")};
  cots.environments = environments("coswid.json");
  EXPECT_EQ(to_hex(write_cots(cots, Generation::a).value()), to_hex(vector_bytes(kGolden + "cots-coswid-env.cbor")));
  EXPECT_EQ(json::print(*to_json(cots).object()->find("environments")), R"([{"swidtag":{"entity":[{"entity-name":"Zesty Hands, Inc.","role":"softwareCreator"}]}}])");
  cots.environments = environments("comid.json");
  cots.identity = TagIdentity{.id = uuid_from_text("1d5a8c7c-1c70-4c56-937e-3c5713ae5a83").value()};
  EXPECT_EQ(to_hex(write_cots(cots, Generation::a).value()), to_hex(vector_bytes(kGolden + "cots-comid-env-uuid.cbor")));
}

// The files that were made of the trust anchors beside them.
TEST(Cots, ShippedTrustAnchors) {
  const Cots map = read_cots(vector_bytes(kShipped + "cts-map.cbor")).value();
  const std::vector<TrustAnchor> all{
      anchor(TrustAnchor::Format::trust_anchor_info, "Snobbish Apparel_ta.ta"),
      anchor(TrustAnchor::Format::trust_anchor_info, "Zesty Hands_ta.ta"),
      anchor(TrustAnchor::Format::trust_anchor_info, "shared_ta.ta"),
      anchor(TrustAnchor::Format::public_key_info, "worthlesssea.spki"),
  };
  EXPECT_TRUE(map.keys.anchors == all);
  EXPECT_TRUE(map.environments == environments("comid.json"));
  const Cots named = read_cots(vector_bytes(kShipped + "namedtastore.cbor")).value();
  EXPECT_TRUE(named.environments == environments("namedtastore.json"));
  EXPECT_TRUE(named.keys.anchors == std::vector{all[0]});
  EXPECT_TRUE(read_cots(vector_bytes(kShipped + "vendor.cbor")).value().environments == environments("vendor.json"));
  EXPECT_EQ(vector_bytes("corim/cots/shared_ta.ta"), all[2].data);
  EXPECT_EQ(vector_bytes("corim/cots/Snobbish Apparel_ta.ta"), all[0].data);
}

TEST(Cots, ShippedFilesComeBackEqual) {
  for (const std::string& file : {kShipped + "cts-map.cbor", kShipped + "namedtastore.cbor", kShipped + "vendor.cbor", kGolden + "cots-full.cbor", kGolden + "cots-coswid-env.cbor", kGolden + "cots-comid-env-uuid.cbor"}) {
    const Bytes bytes = vector_bytes(file);
    const auto read = read_cots(bytes);
    ASSERT_TRUE(ok(read)) << file;
    EXPECT_TRUE(validate(*read).empty()) << file;
    for (const Generation generation : {Generation::a, Generation::d}) EXPECT_EQ(to_hex(write_cots(*read, generation).value()), to_hex(bytes)) << file;
  }
  // This one has its keys in another order.
  const Cots unordered = read_cots(vector_bytes("cocli/gen-a/shipped/testcases/test-cots.cbor")).value();
  EXPECT_TRUE(read_cots(write_cots(unordered, Generation::a).value()).value() == unordered);
  EXPECT_EQ(unordered.keys.anchors.front().format, TrustAnchor::Format::certificate);
  EXPECT_TRUE(fails(read_cots(vector_bytes(kShipped + "rubbish.cbor")), Errc::malformed, "CoTS"));
}

// The three tags of a CoRIM, each read and written, and what people see of them.
TEST(Cots, CorimWithAllKindsOfTags) {
  const Bytes golden = vector_bytes(kGolden + "corim-full-with-coswid-cots.cbor");
  auto made = corim_from_template(parse_template(vector_text("cocli/gen-a/corim-templates/corim-full.json")).value());
  made.value.tags = {
      {TagKind::comid, write_comid(read_comid(vector_bytes(kGolden + "comid-psa-refval.cbor")).value(), Generation::a).value()},
      {TagKind::coswid, write_coswid(read_coswid(vector_bytes("cocli/gen-a/shipped/coswid/1.cbor")).value())},
      {TagKind::cots, write_cots(read_cots(vector_bytes(kShipped + "vendor.cbor")).value(), Generation::a).value()},
  };
  EXPECT_EQ(to_hex(write_corim(made.value, Generation::a).value()), to_hex(golden));

  const Bytes bytes = vector_bytes(kGolden + "signed-corim-full-with-coswid-cots-ed25519.cbor");
  const auto read = read_signed(bytes);
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(to_hex(*read->message.payload), to_hex(golden));
}

json::Value tag_to_json(const Tag& tag) {
  if (tag.kind == TagKind::comid) return to_json(read_comid(tag.content).value(), Generation::a);
  if (tag.kind == TagKind::coswid) return to_json(read_coswid(tag.content).value());
  return to_json(read_cots(tag.content).value());
}

// Signed CoRIMs as people see them, with their tags.
TEST(Cots, GoldenDisplaysOfSignedCorims) {
  const auto print = [](const json::Value& value) { return json::print(value, {.indent = 2}) + "\n"; };
  for (const std::string name : {"signed-corim-full-with-coswid-cots-ed25519", "signed-corim-psa-full-ed25519"}) {
    const Bytes bytes = vector_bytes(kGolden + name + ".cbor");
    const auto read = read_signed(bytes);
    ASSERT_TRUE(ok(read)) << name;
    std::string shown = "Meta:\n" + print(to_json(read->meta)) + "Corim:\n" + print(to_json(read->corim, Generation::a)) + "Tags:\n";
    for (std::size_t i = 0; i < read->corim.tags.size(); ++i) shown += fmt::format(">> [ {} ]\n", i) + print(tag_to_json(read->corim.tags[i]));
    EXPECT_EQ(shown, vector_text(kGolden + "display-" + name + ".txt")) << name;
  }
}

TEST(Cots, EveryPrefixIsRefused) {
  for (const std::string file : {"cots-full.cbor", "cots-coswid-env.cbor", "cots-comid-env-uuid.cbor"}) {
    const Bytes whole = vector_bytes(kGolden + file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto read = read_cots(ByteView{whole}.first(size));
      ASSERT_FALSE(read) << file << " " << size;
      EXPECT_FALSE(read.error().expected.empty()) << read.error();
    }
  }
}

TEST(Cots, RefusesWhatIsWrong) {
  struct Row {
    std::string bytes;
    Errc errc;
    std::string part;
  };
  const std::string good = "0281a1036173 06a100818200423000";
  for (const Row& row : {
           Row{"80", Errc::malformed, "CoTS"},
           Row{"d901fa a2" + good, Errc::unsupported, "CoTS: tag 506"},
           Row{"a2" + good + "00", Errc::malformed, "CoTS"},
           Row{"a1 06a100818200423000", Errc::missing, "CoTS: no environments (key 2)"},
           Row{"a1 0281a1036173", Errc::missing, "CoTS: no keys (key 6)"},
           Row{"a3" + good + "0280", Errc::duplicate, "CoTS"},
           Row{"a3" + good + "616101", Errc::malformed, "an integer key"},
           Row{"a3" + good + "0001", Errc::malformed, "CoTS: language"},
           Row{"a3" + good + "01a0", Errc::missing, "tag-identity: no id"},
           Row{"a3" + good + "01a1004100", Errc::invalid, "tag-identity: id: a UUID of 1 bytes"},
           Row{"a3" + good + "03a0", Errc::malformed, "purposes"},
           Row{"a3" + good + "038101", Errc::malformed, "purposes 0"},
           Row{"a3" + good + "0481a10a01", Errc::malformed, "permclaims 0: claims: nonce"},
           Row{"a3" + good + "0581a1616101", Errc::malformed, "exclclaims 0: claims"},
           Row{"a2 02a0 06a100818200423000", Errc::malformed, "environments"},
           Row{"a2 028101 06a100818200423000", Errc::malformed, "environments 0: group"},
           Row{"a2 0281a10301 06a100818200423000", Errc::malformed, "environments 0: group: namedtastore"},
           Row{"a2 0281a10101 06a100818200423000", Errc::malformed, "group: environment"},
           Row{"a2 0281a102a0 06a100818200423000", Errc::missing, "group: swidtag: no entity"},
           Row{"a2 0281a102a20062696408f5 06a100818200423000", Errc::missing, "swidtag: no entity"},
           Row{"a2 0281a1036173 06a0", Errc::missing, "keys: no tas (key 0)"},
           Row{"a2 0281a1036173 0680", Errc::malformed, "keys"},
           Row{"a2 0281a1036173 06a1008100", Errc::malformed, "tas 0"},
           Row{"a2 0281a1036173 06a100818100", Errc::malformed, "the array ends"},
           Row{"a2 0281a1036173 06a10081830042300000", Errc::malformed, "the array goes on"},
           Row{"a2 0281a1036173 06a100818203423000", Errc::unsupported, "tas 0: format 3"},
           Row{"a2 0281a1036173 06a100818220423000", Errc::malformed, "tas 0"},
           Row{"a2 0281a1036173 06a1008182006161", Errc::malformed, "tas 0"},
           Row{"a2 0281a1036173 06a2008182004230000181 01", Errc::malformed, "cas 0"},
       }) {
    const auto read = read_cots(hex(row.bytes));
    EXPECT_TRUE(fails(read, row.errc, row.part)) << row.bytes;
  }
  EXPECT_TRUE(ok(read_cots(hex("d901fb a2" + good))));
  EXPECT_TRUE(ok(read_cots(hex("a2" + good + "00"), {.allow_trailing = true})));
}

TEST(Cots, UnknownMembersAreKept) {
  const std::string bytes = "a40281a20361731863 f506a20081820042300018636178 18638101 3863 01";
  const auto read = read_cots(hex(bytes));
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(read->unknown.size(), 2u);
  EXPECT_EQ(read->environments.front().unknown.size(), 1u);
  EXPECT_EQ(read->keys.unknown.size(), 1u);
  EXPECT_EQ(to_hex(write_cots(*read, Generation::a).value()), to_hex(hex(bytes)));
  EXPECT_NE(json::print(to_json(*read)).find(R"("99":"[1]","-100":"1")"), std::string::npos);
}

TEST(Cots, ValidateNamesEachMistake) {
  EXPECT_TRUE(validate(small()).empty());
  const auto wheres = [](const Cots& cots) {
    std::string all;
    for (const Problem& problem : validate(cots)) all += (problem.severity == Problem::Severity::error ? "" : "warning ") + problem.where + " ";
    return all;
  };
  Cots cots = small();
  cots.identity = TagIdentity{.id = ""};
  cots.environments = {{}, {.environment = Environment{}}, {.environment = Environment{.klass = Class{}}}, {.named_store = ""}};
  cots.purposes = {"eat", ""};
  cots.permitted = {{}};
  cots.excluded = {claims(R"({"swname": "a"})").value, {}};
  cots.keys.anchors = {{TrustAnchor::Format::certificate, {}}};
  cots.keys.authorities = {hex("3000"), {}};
  EXPECT_EQ(wheres(cots), "/tag-identity/id /environments/0 /environments/1/environment /environments/2/environment/class /environments/3/namedtastore /purposes/1 /permclaims/0 /exclclaims/1 /keys/tas/0/data /keys/cas/1 ");
  EXPECT_EQ(wheres(Cots{}), "warning /environments /keys/tas ");
}

TEST(CotsTemplate, Environments) {
  const auto parsed = environments_from_template(parse_template(R"([
    {"environment": {"class": {"vendor": "V", "size": 1}}, "swidTag": {"tag-id": "id", "lang": "en", "corpus": true, "patch": false, "Entity": {"entity-name": "E", "role": ["tagCreator", "own", 200], "thumbprint": "sha-256-32;AQIDBA=="},
       "link": [{"href": "a", "rel": "license"}], "software-meta": {"edition": "e", "entitlement-data-required": false},
       "evidence": {"date": "2023-11-14T23:13:20+01:00", "directory": {"fs-name": "d", "path-elements": {"file": [{"fs-name": "f", "size": 3, "key": true}]}}}}},
    {"namedtastore": "s", "named": 1}])")
                                                     .value());
  ASSERT_TRUE(ok(first_error(parsed.problems)));
  ASSERT_EQ(parsed.problems.size(), 2u);
  EXPECT_EQ(parsed.problems[0].where, "/0/environment/class");
  EXPECT_EQ(parsed.problems[1].where, "/1");
  EXPECT_NE(parsed.problems[1].expected.find("namedtastore"), std::string::npos);
  Cots cots = small();
  cots.environments = parsed.value;
  const Bytes bytes = write_cots(cots, Generation::a).value();
  EXPECT_TRUE(read_cots(bytes).value() == cots);
  const json::Value shown = to_json(cots);
  // What is shown is a template of the same.
  EXPECT_TRUE(environments_from_template(*shown.object()->find("environments")).value == parsed.value);
  EXPECT_EQ(json::print(*shown.object()->find("environments")->array()->front().object()->find("swidtag")),
            R"({"lang":"en","tag-id":"id","corpus":true,"software-meta":[{"edition":"e","entitlement-data-required":false}],)"
            R"("entity":[{"entity-name":"E","role":["tagCreator","own",200],"thumbprint":"sha-256-32;AQIDBA=="}],"link":[{"href":"a","rel":"license"}],)"
            R"("evidence":{"directory":[{"fs-name":"d","path-elements":{"file":[{"key":true,"fs-name":"f","size":3}]}}],"date":"2023-11-14T22:13:20Z"}})");
}

TEST(CotsTemplate, EnvironmentsThatAreWrong) {
  struct Row {
    std::string text, where;
  };
  for (const Row& row : {
           Row{"{}", ""},
           Row{"[1]", "/0"},
           Row{R"([{"environment": []}])", "/0/environment"},
           Row{R"([{"environment": {"class": {"id": {"type": "oid", "value": "x"}}}}])", "/0/environment/class/id/value"},
           Row{R"([{"namedtastore": 1}])", "/0/namedtastore"},
           Row{R"([{"swidtag": {}}])", "/0/swidtag"},
           Row{R"([{"swidtag": 1}])", "/0/swidtag"},
           Row{R"([{"swidtag": {"entity": []}}])", "/0/swidtag/entity"},
           Row{R"([{"swidtag": {"entity": [{"role": "tagCreator"}]}}])", "/0/swidtag/entity/0"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E"}}}])", "/0/swidtag/entity"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": ["", 1]}}}])", "/0/swidtag/entity/role/0"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": true}}}])", "/0/swidtag/entity/role"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": 1, "thumbprint": ["sha-256", ""]}}}])", "/0/swidtag/entity/thumbprint"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": 1}, "evidence": {"date": "now"}}}])", "/0/swidtag/evidence/date"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": 1}, "evidence": {"date": "9999-12-31T23:59:59-01:00"}}}])", "/0/swidtag/evidence/date"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": 1}, "payload": {"file": {"fs-name": "f", "size": -1}}}}])", "/0/swidtag/payload/file/size"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": 1}, "tag-id": ""}}])", "/0/swidtag/tag-id"},
           Row{R"([{"swidtag": {"entity": {"entity-name": "E", "role": 1}, "corpus": 1}}])", "/0/swidtag/corpus"},
       }) {
    const auto parsed = environments_from_template(parse_template(row.text).value());
    const auto verdict = first_error(parsed.problems);
    ASSERT_FALSE(verdict) << row.text;
    EXPECT_EQ(verdict.error().where, row.where) << row.text;
    EXPECT_FALSE(verdict.error().expected.empty()) << row.text;
  }
}

// One of each, in the order and with the tags of the reference library: 10 … 19, 1 … 7, 259, 260, 998, 999.
TEST(CotsTemplate, AllClaims) {
  const auto parsed = claims(R"({
    "swversion": {"Version": "1.2", "Scheme": "semver"}, "swname": "name", "hwvers": {"version": "3", "scheme": "own"}, "hwmodel": "AQI=",
    "iss": "i", "sub": "s", "aud": "a", "exp": 4, "nbf": 0, "iat": -1, "cti": "BQ==",
    "uptime": 60, "eat-profile": "https://p.example", "location": {"lat": 12.5, "long": -1, "timestamp": 7},
    "debug-disable": 4, "secure-boot": true, "security-level": 3, "oemid": "/w==", "origination": "urn:x:y", "ueid": "AgECAwQFBg==", "nonce": "AAAAAAAAAAA="})");
  ASSERT_TRUE(parsed.problems.empty());
  EXPECT_EQ(claims_hex(parsed.value),
            "b5"
            "0a480000000000000000"
            "0b4702010203040506"
            "0cd8206775726e3a783a79"
            "0d41ff"
            "0e03"
            "0ff5"
            "1004"
            "11a301f94a4002f9bc000807"
            "127168747470733a2f2f702e6578616d706c65"
            "13183c"
            "016169"
            "026173"
            "036161"
            "04c104"
            "05c100"
            "06c120"
            "074105"
            "190103420102"
            "190104a26756657273696f6e613366536368656d65636f776e"
            "1903e6646e616d65"
            "1903e7a26756657273696f6e63312e3266536368656d65194000");
}

// What is shown of claims is a template of the same claims.
TEST(CotsTemplate, ClaimsComeBackFromWhatIsShown) {
  const std::string text =
      R"({"nonce":["AAAAAAAAAAA=","AQEBAQEBAQE="],"ueid":"AgECAwQFBg==","origination":"somebody","oemid":"/w==","security-level":1,"secure-boot":false,"debug-disable":0,)"
      R"("location":{"lat":12.5,"long":-1,"alt":0.5,"age":1},"eat-profile":"1.2.3.4","uptime":0,"iss":"i","sub":"s","aud":["a","https://b.example"],"exp":4,"nbf":0,"iat":1,"cti":"BQ==",)"
      R"("hwmodel":"AQI=","hwvers":{"Version":"3","Scheme":"own"},"swname":"name","swversion":{"Version":"1.2","Scheme":"semver"}})";
  const auto parsed = claims(text);
  ASSERT_TRUE(parsed.problems.empty());
  EXPECT_EQ(shown_claims(claims_hex(parsed.value)).value(), text);
}

TEST(CotsTemplate, ClaimsOfOtherNamesAndNumbers) {
  const auto parsed = claims(R"({"SWNAME": "n", "swnam": 1, "256": "x", "-70000": [1, {"a": null}], "270": true})");
  ASSERT_TRUE(ok(first_error(parsed.problems)));
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_NE(parsed.problems.front().what.find("swnam"), std::string::npos);
  EXPECT_NE(parsed.problems.front().expected.find("swname"), std::string::npos);
  const std::string made = claims_hex(parsed.value);
  EXPECT_EQ(made,
            "a4"
            "1903e6616e"
            "1901006178"
            "19010ef5"
            "3a0001116f8201a16161f6");
  EXPECT_EQ(shown_claims(made).value(), R"({"swname":"n","256":"\"x\"","270":"true","-70000":"[1, {\"a\": null}]"})");
}

TEST(CotsTemplate, ClaimsThatAreWrong) {
  struct Row {
    std::string text, where;
  };
  for (const Row& row : {
           Row{"[]", ""},
           Row{R"({"998": "by number"})", ""},
           Row{R"({"270": 1, "270": 2})", ""},
           Row{R"({"swname": 1})", "/swname"},
           Row{R"({"nonce": "AAAAAAAAAA=="})", "/nonce"},
           Row{R"({"nonce": []})", "/nonce"},
           Row{R"({"nonce": ["AAAAAAAAAAA=", "AA=="]})", "/nonce/1"},
           Row{R"({"ueid": "AQ=="})", "/ueid"},
           Row{R"({"oemid": "_w=="})", "/oemid"},
           Row{R"({"security-level": 0})", "/security-level"},
           Row{R"({"security-level": 5})", "/security-level"},
           Row{R"({"debug-disable": 5})", "/debug-disable"},
           Row{R"({"debug-disable": -1})", "/debug-disable"},
           Row{R"({"secure-boot": 1})", "/secure-boot"},
           Row{R"({"uptime": 1.5})", "/uptime"},
           Row{R"({"uptime": 9223372036854775808})", "/uptime"},
           Row{R"({"exp": "2023-11-14T22:13:20Z"})", "/exp"},
           Row{R"({"aud": [1]})", "/aud/0"},
           Row{R"({"location": {"lat": 1}})", "/location"},
           Row{R"({"location": {"lat": 1, "long": "2"}})", "/location/long"},
           Row{R"({"location": 1})", "/location"},
           Row{R"({"eat-profile": "relative"})", "/eat-profile"},
           Row{R"({"hwvers": "1"})", "/hwvers"},
           Row{R"({"hwvers": {"Version": "1"}})", "/hwvers"},
           Row{R"({"hwvers": {"Version": 1, "Scheme": 1}})", "/hwvers/Version"},
           Row{R"({"swversion": {"Version": "1", "Scheme": []}})", "/swversion/Scheme"},
       }) {
    const auto parsed = claims(row.text);
    const auto verdict = first_error(parsed.problems);
    ASSERT_FALSE(verdict) << row.text;
    EXPECT_EQ(verdict.error().where, row.where) << row.text;
    EXPECT_FALSE(verdict.error().expected.empty()) << row.text;
  }
}

TEST(CotsTemplate, ClaimsOfAnotherTypeInCbor) {
  struct Row {
    std::string claims;
    Errc errc;
    std::string part;
  };
  for (const Row& row : {
           Row{"a10a4100", Errc::invalid, "nonce: a nonce of 1 bytes"},
           Row{"a10a80", Errc::invalid, "nonce: an empty list"},
           Row{"a10b4101", Errc::invalid, "ueid"},
           Row{"a10cd8256161", Errc::unsupported, "origination: tag 37"},
           Row{"a10e00", Errc::invalid, "security-level: 0"},
           Row{"a10f01", Errc::malformed, "secure-boot"},
           Row{"a11005", Errc::invalid, "debug-disable: 5"},
           Row{"a111a10101", Errc::missing, "location: no latitude"},
           Row{"a111a2016161 0201", Errc::malformed, "location"},
           Row{"a1126161", Errc::invalid, "eat-profile"},
           Row{"a1124100", Errc::invalid, "eat-profile: an OID"},
           Row{"a11320", Errc::malformed, "uptime"},
           Row{"a10101", Errc::malformed, "iss"},
           Row{"a103818101", Errc::malformed, "aud"},
           Row{"a104c000", Errc::unsupported, "exp: tag 0"},
           Row{"a104f90000", Errc::malformed, "exp"},
           Row{"a1190104a16756657273696f6e6133", Errc::missing, "hwvers: no version or no scheme"},
           Row{"a1190104a10101", Errc::malformed, "hwvers: key 1"},
           Row{"a11903e601", Errc::malformed, "swname"},
           Row{"a2016161016161", Errc::duplicate, "map key 1 twice"},
       }) {
    EXPECT_TRUE(fails(shown_claims(row.claims), row.errc, row.part)) << row.claims;
  }
  // Without its tag a time is CWT's own.
  EXPECT_EQ(shown_claims("a10405").value(), R"({"exp":5})");
  // RFC 9711's numbers have no names here.
  EXPECT_EQ(shown_claims("a119010e6178").value(), R"({"270":"\"x\""})");
}

}  // namespace
}  // namespace assay::corim
