#include "model/corim/coserv.h"

#include <set>

#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "model/corim/coserv_discovery.h"
#include "model/corim/text.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

const std::string kFolder = "corim/coserv/";
const std::vector<std::string> kVectors{
    "example-class-selector",
    "example-class-selector-noindent",
    "example-group-selector",
    "example-instance-selector",
    "rv-class-simple",
    "rv-class-simple-results",
    "rv-class-simple-results-source-artifacts",
    "rv-class-stateful",
    "rv-results",
};

// These name a component before its digests: key 11 before key 2. They come back in the order that is asked for (RFC 8949 §4.2.1).
const std::set<std::string> kUnsorted{"rv-class-simple-results", "rv-class-stateful"};

Coserv vector(const std::string& name) { return read_coserv(vector_bytes(kFolder + name + ".cbor")).value(); }
const EnvironmentQuery& environments(const Coserv& coserv) { return std::get<EnvironmentQuery>(coserv.query); }

// {0: "a:b", 1: query}, and with results.
Bytes with_query(const std::string& query) { return hex("a2 00 63613a62 01" + query); }
Bytes with_results(const std::string& results) { return hex("a3 00 63613a62 01 a3 0002 01a1008181a10161 56 0200 02" + results); }
const std::string kExpiry = "0a c0 74 323033302d31322d31335431383a33303a30325a";
const std::string kEnvironment = "a1 00 a1 01 61 56";
const std::string kMeasurement = "a1 01 a1 01 d90228 01";

std::string wheres(const Coserv& coserv) {
  std::string all;
  for (const Problem& problem : validate(coserv)) all += problem.where + " ";
  return all;
}

TEST(Coserv, VectorsComeBack) {
  for (const std::string& name : kVectors) {
    const Bytes bytes = vector_bytes(kFolder + name + ".cbor");
    const auto coserv = read_coserv(bytes);
    ASSERT_TRUE(ok(coserv)) << name;
    const std::string text = vector_text(kFolder + name + ".b64u");
    EXPECT_EQ(text, to_base64url(bytes)) << name;
    EXPECT_TRUE(read_coserv_text(text).value() == *coserv) << name;
    const Bytes written = write_coserv(*coserv).value();
    if (kUnsorted.contains(name)) {
      EXPECT_TRUE(fails(cbor::check(bytes, cbor::Mode::deterministic), Errc::malformed)) << name;
      EXPECT_TRUE(ok(cbor::check(written, cbor::Mode::deterministic))) << name;
      EXPECT_EQ(written.size(), bytes.size()) << name;
      EXPECT_TRUE(read_coserv(written).value() == *coserv) << name;
    } else {
      EXPECT_EQ(to_hex(written), to_hex(bytes)) << name;
      EXPECT_EQ(write_coserv_text(*coserv).value(), text) << name;
    }
  }
}

TEST(Coserv, QueriesSayWhatIsAsked) {
  const Coserv classes = vector("example-class-selector");
  EXPECT_EQ(to_text(classes.profile), "tag:example.com,2025:cc-platform#1.0.0");
  EXPECT_FALSE(classes.results);
  EXPECT_EQ(environments(classes).artifact, ArtifactType::reference_values);
  EXPECT_EQ(environments(classes).result, ResultType::collected);
  const auto& list = std::get<std::vector<Stateful<Class>>>(environments(classes).selector);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].selector.vendor, "Example Vendor");
  EXPECT_EQ(to_text(std::get<Uuid>(*list[1].selector.id)), "31fb5abf-023e-4992-aa4e-95f9c1503bfa");
  const Coserv groups = vector("example-group-selector");
  EXPECT_EQ(environments(groups).result, ResultType::source);
  EXPECT_EQ(std::get<std::vector<Stateful<Group>>>(environments(groups).selector).size(), 2u);
  const Coserv instances = vector("example-instance-selector");
  EXPECT_EQ(environments(instances).result, ResultType::both);
  EXPECT_EQ(to_hex(std::get<Ueid>(std::get<std::vector<Stateful<Instance>>>(environments(instances).selector)[0].selector).value), "02deadbeefdead");
  const Coserv stateful = vector("rv-class-stateful");
  EXPECT_EQ(std::get<std::vector<Stateful<Class>>>(environments(stateful).selector)[0].measurements->at(0).value.name, "Component A");
}

TEST(Coserv, ResultsSayWhoSaysWhat) {
  const Coserv coserv = vector("rv-results");
  ASSERT_TRUE(coserv.results && coserv.results->reference_values);
  EXPECT_EQ(to_rfc3339(coserv.results->expiry), "2030-12-13T18:30:02Z");
  const auto& quad = coserv.results->reference_values->at(0);
  EXPECT_TRUE(quad.authorities.at(0).kind == CryptoKey::Kind::bytes);
  EXPECT_EQ(quad.statement.measurements.at(0).value.version->value, "1.2.3");
  EXPECT_TRUE(validate(coserv).empty());
  const Coserv source = vector("rv-class-simple-results-source-artifacts");
  EXPECT_TRUE(source.results->reference_values->empty());
  EXPECT_EQ(std::get<std::string>(source.results->source_artifacts->at(1).type), "application/vnd.example.refvals");
  EXPECT_TRUE(validate(source).empty());
}

// The published results have digests of one byte: readable, as elsewhere, but nothing to compare with.
TEST(Coserv, DigestsOfAnotherLengthAreNamed) {
  EXPECT_EQ(wheres(vector("rv-class-stateful")), "/query/environment-selector/0/measurements/0/value/digests/0 ");
  const std::string at = "/results/rvq/0/measurements/";
  EXPECT_EQ(wheres(vector("rv-class-simple-results")), at + "0/value/digests/0 " + at + "0/value/digests/1 " + at + "1/value/digests/0 " + at + "1/value/digests/1 ");
}

TEST(Coserv, RimQueries) {
  const std::string uuid = "5031fb5abf023e4992aa4e95f9c1503bfa";
  const Bytes bytes = with_query("a1 03 83 82 00 61 61 82 01 " + uuid + " 82 02 61 62");
  const auto coserv = read_coserv(bytes);
  ASSERT_TRUE(ok(coserv));
  const auto& rims = std::get<RimQuery>(coserv->query).rims;
  ASSERT_EQ(rims.size(), 3u);
  EXPECT_EQ(rims[1].type, RimId::Type::coswid);
  EXPECT_TRUE(std::holds_alternative<Uuid>(rims[1].id));
  EXPECT_EQ(to_hex(write_coserv(*coserv).value()), to_hex(bytes));
  EXPECT_TRUE(validate(*coserv).empty());
}

// One of each kind of result.
TEST(Coserv, AllKindsOfResults) {
  const std::string triple = "82" + kEnvironment + "81" + kMeasurement;
  const std::string authorities = "01 81 d90230 41ff";
  const std::string quad = "81 a2" + authorities + "02";
  const std::string cots = "a2 02 81 a1 03 61 73 06 a1 00 81 82 00 42 3000";
  const std::string conditional = "82 81" + triple + "81" + triple;
  const std::string keys = "82" + kEnvironment + "81 d90230 41ee";
  const std::string collection = "a1 61 61 82 6a 746578742f706c61696e 41 01";
  const Bytes bytes = with_results("a8 00" + quad + triple + "01" + quad + triple + "02" + quad + conditional + "03" + quad + keys + "04" + quad + cots + "05" + collection + kExpiry + "0b 81 82 6a 746578742f706c61696e 41 02");
  const auto coserv = read_coserv(bytes);
  ASSERT_TRUE(ok(coserv));
  EXPECT_EQ(to_hex(write_coserv(*coserv).value()), to_hex(bytes));
  const Results& results = *coserv->results;
  EXPECT_EQ(results.endorsed_values->size(), 1u);
  EXPECT_EQ(results.conditionals->at(0).statement.endorsements.size(), 1u);
  EXPECT_EQ(results.attest_keys->at(0).statement.keys.size(), 1u);
  EXPECT_EQ(results.trust_stores->at(0).statement.environments.at(0).named_store, "s");
  EXPECT_NE(cmw::parse_cbor(*results.rims).value().collection(), nullptr);
  // It asked for reference values alone.
  EXPECT_EQ(wheres(*coserv), "/results/evq /results/ceq /results/akq /results/tas /results/rims /results/source-artifacts ");
}

struct Row {
  std::string bytes;
  Errc errc;
  std::string part;
};

TEST(Coserv, QueriesThatAreRefused) {
  const std::string klass = "01 a1 00 81 81 a1 01 61 56";
  for (const Row& row : {
           Row{"80", Errc::malformed, "query"},
           Row{"a2 " + klass + "02 00", Errc::missing, "artifact-type (key 0)"},
           Row{"a2 00 02 02 00", Errc::missing, "environment-selector (key 1)"},
           Row{"a2 00 02" + klass, Errc::missing, "result-type (key 2)"},
           Row{"a3 00 03" + klass + "02 00", Errc::unsupported, "artifact-type: 3"},
           Row{"a3 00 20" + klass + "02 00", Errc::malformed, "artifact-type"},
           Row{"a3 00 61 32" + klass + "02 00", Errc::malformed, "artifact-type"},
           Row{"a3 00 02" + klass + "02 03", Errc::unsupported, "result-type: 3"},
           Row{"a3 00 02 01 80 02 00", Errc::malformed, "environment-selector"},
           Row{"a3 00 02 01 a0 02 00", Errc::missing, "no selector"},
           Row{"a3 00 02 01 a1 00 80 02 00", Errc::invalid, "no classes"},
           Row{"a3 00 02 01 a1 01 80 02 00", Errc::invalid, "no instances"},
           Row{"a3 00 02 01 a1 02 80 02 00", Errc::invalid, "no groups"},
           Row{"a3 00 02 01 a1 00 81 80 02 00", Errc::malformed, "class 0: the array ends"},
           Row{"a3 00 02 01 a1 00 81 a0 02 00", Errc::malformed, "class 0"},
           Row{"a3 00 02 01 a1 00 81 82 a1 01 61 56 80 02 00", Errc::invalid, "no measurements"},
           Row{"a3 00 02 01 a1 00 81 83 a1 01 61 56 81" + kMeasurement + "00 02 00", Errc::malformed, "the array goes on"},
           Row{"a3 00 02 01 a1 00 81 82 a1 01 61 56 00 02 00", Errc::malformed, "measurement"},
           Row{"a3 00 02 01 a1 03 81 81 a1 01 61 56 02 00", Errc::unsupported, "a selector of kind 3"},
           Row{"a3 00 02 01 a2 00 81 81 a1 01 61 56 02 81 81 d90230 41ff 02 00", Errc::malformed, "several selectors"},
           Row{"a3 00 02 01 a2 00 81 81 a1 01 61 56 03 00 02 00", Errc::unsupported, "a selector of kind 3"},
           Row{"a3 00 02 01 a1 01 81 81 a1 01 61 56 02 00", Errc::malformed, "instance 0"},
           Row{"a3 00 02 01 a1 02 81 81 d90226 47 02deadbeefdead 02 00", Errc::unsupported, "group 0: tag 550"},
           Row{"a3 00 02 00 02" + klass, Errc::duplicate, "map key 0 twice"},
           Row{"a1 03 80", Errc::invalid, "no rims"},
           Row{"a1 03 81 82 03 61 61", Errc::unsupported, "type: 3"},
           Row{"a1 03 81 82 00 00", Errc::malformed, "id"},
           Row{"a1 03 81 82 00 41 00", Errc::invalid, "a UUID of 1 bytes"},
           Row{"a1 03 81 81 00", Errc::malformed, "rims 0: the array ends"},
           Row{"a2 00 02 03 81 82 00 61 61", Errc::malformed, "beside members"},
       }) {
    EXPECT_TRUE(fails(read_coserv(with_query(row.bytes)), row.errc, row.part)) << row.bytes;
  }
  EXPECT_TRUE(ok(read_coserv(with_query("a3 00 02" + klass + "02 00"))));
}

TEST(Coserv, WholesThatAreRefused) {
  const std::string query = "01 a1 03 81 82 00 61 61";
  for (const Row& row : {
           Row{"", Errc::malformed, "no bytes"},
           Row{"80", Errc::malformed, "CoSERV"},
           Row{"a1" + query, Errc::missing, "profile (key 0)"},
           Row{"a1 00 63613a62", Errc::missing, "query (key 1)"},
           Row{"a2 00 61 61" + query, Errc::invalid, "profile"},
           Row{"a2 00 01" + query, Errc::malformed, "profile: neither text nor byte string"},
           Row{"a2 00 d820 63613a62" + query, Errc::malformed, "without tags"},
           Row{"a2 00 41 86" + query, Errc::malformed, "profile"},
           Row{"a2 00 63613a62" + query + "00", Errc::malformed, ""},
           Row{"a2 00 63613a62" + query + "a0", Errc::malformed, ""},
           Row{"a3 00 63613a62" + query + "61 61 00", Errc::malformed, "an integer key"},
       }) {
    EXPECT_TRUE(fails(read_coserv(hex(row.bytes)), row.errc, row.part)) << row.bytes;
  }
  const auto oid = read_coserv(hex("a2 00 4a 6086480186f84d011001" + query));
  ASSERT_TRUE(ok(oid));
  EXPECT_EQ(to_text(oid->profile), "2.16.840.1.113741.1.16.1");
  EXPECT_EQ(to_hex(write_coserv(*oid).value()), to_hex(hex("a2 00 4a 6086480186f84d011001" + query)));
  EXPECT_TRUE(ok(read_coserv(hex("a2 00 63613a62" + query + "00"), {.allow_trailing = true})));
}

TEST(Coserv, ResultsThatAreRefused) {
  const std::string triple = "82" + kEnvironment + "81" + kMeasurement;
  for (const Row& row : {
           Row{"80", Errc::malformed, "results"},
           Row{"a0", Errc::missing, "expiry (key 10)"},
           Row{"a1 00 80", Errc::missing, "expiry (key 10)"},
           Row{"a1 0a 74 323033302d31322d31335431383a33303a30325a", Errc::malformed, "expiry"},
           Row{"a1 0a c1 1a 50000000", Errc::unsupported, "expiry: tag 1"},
           Row{"a1 0a c0 1a 50000000", Errc::malformed, "expiry"},
           Row{"a1 0a c0 63 6e6f77", Errc::malformed, "expiry"},
           Row{"a2 00 a0" + kExpiry, Errc::malformed, "rvq"},
           Row{"a2 00 81 80" + kExpiry, Errc::malformed, "rvq 0: quad"},
           Row{"a2 00 81 a1 02" + triple + kExpiry, Errc::missing, "authorities (key 1)"},
           Row{"a2 00 81 a2 01 80 02" + triple + kExpiry, Errc::invalid, "no authorities"},
           Row{"a2 00 81 a2 01 81 41ff 02" + triple + kExpiry, Errc::malformed, "authorities 0"},
           Row{"a2 00 81 a1 01 81 d90230 41ff" + kExpiry, Errc::missing, "statement (key 2)"},
           Row{"a2 01 81 a2 01 81 d90230 41ff 02 80" + kExpiry, Errc::malformed, "evq 0: quad: the array ends"},
           Row{"a2 02 81 a2 01 81 d90230 41ff 02" + triple + kExpiry, Errc::malformed, "ceq 0"},
           Row{"a2 03 81 a2 01 81 d90230 41ff 02" + triple + kExpiry, Errc::malformed, "akq 0"},
           Row{"a2 04 81 a2 01 81 d90230 41ff 02 a0" + kExpiry, Errc::missing, "tas 0: quad: CoTS"},
           Row{"a2 05 82 6a 746578742f706c61696e 41 02" + kExpiry, Errc::malformed, "a CMW record"},
           Row{"a2 05 a0" + kExpiry, Errc::invalid, "rims: empty CMW collection"},
           Row{"a2" + kExpiry + "0b 80", Errc::invalid, "no source artifacts"},
           Row{"a2" + kExpiry + "0b 81 81 6a 746578742f706c61696e", Errc::malformed, "source artifact 0"},
           Row{"a2" + kExpiry + "0b 81 a1 61 61 82 6a 746578742f706c61696e 41 01", Errc::malformed, "a CMW collection"},
       }) {
    EXPECT_TRUE(fails(read_coserv(with_results(row.bytes)), row.errc, row.part)) << row.bytes;
  }
  const auto zoned = read_coserv(with_results("a1 0a c0 78 19 323033302d31322d31335432303a33303a30322b30323a3030"));
  ASSERT_TRUE(ok(zoned));
  EXPECT_EQ(to_rfc3339(zoned->results->expiry), "2030-12-13T18:30:02Z");
}

TEST(Coserv, AnyCutIsRefused) {
  for (const std::string& name : kVectors) {
    Bytes bytes = vector_bytes(kFolder + name + ".cbor");
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_coserv(ByteView{bytes}.first(size))) << name << " " << size;
    bytes.push_back(0);
    EXPECT_FALSE(read_coserv(bytes)) << name;
  }
}

TEST(Coserv, TextIsBase64UrlWithoutPadding) {
  const std::string text = vector_text(kFolder + "example-class-selector.b64u");
  EXPECT_TRUE(fails(read_coserv_text(text + "="), Errc::malformed, "CoSERV text"));
  EXPECT_TRUE(fails(read_coserv_text(text + "\n"), Errc::malformed, "CoSERV text"));
  EXPECT_TRUE(fails(read_coserv_text("+/"), Errc::malformed, "CoSERV text"));
  EXPECT_TRUE(fails(read_coserv_text(""), Errc::malformed, "no bytes"));
}

TEST(Coserv, UnknownMembersAreKept) {
  const Bytes bytes = hex("a3 00 63613a62 01 a4 00 02 01 a1 00 81 81 a1 01 61 56 02 00 18 63 01 18 64 02");
  const auto coserv = read_coserv(bytes);
  ASSERT_TRUE(ok(coserv));
  EXPECT_EQ(coserv->unknown.size() + environments(*coserv).unknown.size(), 2u);
  EXPECT_EQ(to_hex(write_coserv(*coserv).value()), to_hex(bytes));
}

TEST(Coserv, WhatCannotBeWritten) {
  Coserv coserv = vector("rv-results");
  coserv.results->expiry = 253402300800;
  EXPECT_TRUE(fails(write_coserv(coserv), Errc::invalid, "results: expiry"));
  std::get<std::vector<Stateful<Class>>>(std::get<EnvironmentQuery>(coserv.query).selector)[0].selector.id = IntegerClassId{1};
  EXPECT_TRUE(fails(write_coserv(coserv), Errc::unsupported, "environment-selector: selector 0: id"));
}

TEST(Coserv, ValidateNamesEachMistake) {
  Coserv coserv = vector("rv-class-stateful");
  auto& query = std::get<EnvironmentQuery>(coserv.query);
  query.artifact = ArtifactType::trust_anchors;
  auto& one = std::get<std::vector<Stateful<Class>>>(query.selector)[0];
  one.selector = {};
  one.measurements = std::vector<Measurement>(1);
  const std::string at = "/query/environment-selector/0";
  EXPECT_EQ(wheres(coserv), at + "/class " + at + "/measurements " + at + "/measurements/0/value ");
  coserv = vector("rv-results");
  auto& quad = coserv.results->reference_values->at(0);
  quad.authorities = {{CryptoKey::Kind::pkix_key, "no PEM"}};
  quad.statement.environment = {};
  quad.statement.measurements.clear();
  EXPECT_EQ(wheres(coserv), "/results/rvq/0/authorities/0 /results/rvq/0/environment /results/rvq/0/measurements ");
  quad.authorities.clear();
  std::get<EnvironmentQuery>(coserv.query).result = ResultType::source;
  EXPECT_TRUE(wheres(coserv).starts_with("/results/rvq /results/rvq/0/authorities ")) << wheres(coserv);
  coserv = vector("rv-results");
  coserv.query = RimQuery{{{RimId::Type::comid, ""}}, {}};
  EXPECT_EQ(wheres(coserv), "/query/rims/0 /results/rvq ");
  coserv.query = RimQuery{};
  EXPECT_EQ(wheres(coserv), "/query/rims /results/rvq ");
  coserv.query = vector("rv-results").query;
  coserv.results->trust_stores = Quads<Cots>(1);
  EXPECT_TRUE(wheres(coserv).find("/results/tas/0/keys/tas ") != std::string::npos) << wheres(coserv);
}

TEST(CoservSigned, SignsAndVerifies) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  const Bytes payload = vector_bytes(kFolder + "rv-results.cbor");
  Bytes bytes = sign_coserv(payload, key).value();
  const auto read = read_signed_coserv(bytes);
  ASSERT_TRUE(ok(read));
  const std::string protected_header = "a2 01 26 03 77 6170706c69636174696f6e2f636f736572762b63626f72";
  EXPECT_EQ(to_hex(read->message.protected_bytes), to_hex(hex(protected_header)));
  const auto verified = verify_signed_coserv(*read, key.public_key());
  ASSERT_TRUE(ok(verified));
  EXPECT_TRUE(verified->value() == vector("rv-results"));
  const auto other = crypto::public_key_from_any(vector_bytes(kFolder + "sample_key.cbor")).value();
  EXPECT_TRUE(fails(verify_signed_coserv(*read, other), Errc::unauthenticated));
  for (std::uint8_t& byte : bytes) {
    byte ^= 1;
    const auto changed = read_signed_coserv(bytes);
    EXPECT_FALSE(changed && verify_signed_coserv(*changed, key.public_key())) << &byte - bytes.data();
    byte ^= 1;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_signed_coserv(ByteView{bytes}.first(size))) << size;
}

TEST(CoservSigned, EnvelopesThatAreRefused) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  const Bytes payload = vector_bytes(kFolder + "rv-results.cbor");
  const std::string type = "application/coserv+cbor";
  const auto refuses = [](const Result<Bytes>& bytes, Errc errc, std::string_view part) { return fails(read_signed_coserv(bytes.value()), errc, part); };
  EXPECT_TRUE(refuses(cose::sign_sign1(payload, key), Errc::missing, "no content type"));
  EXPECT_TRUE(refuses(cose::sign_sign1(payload, key, {.content_type = "application/rim+cbor"}), Errc::mismatch, "application/rim+cbor"));
  EXPECT_TRUE(refuses(cose::sign_sign1(payload, key, {.content_type = type, .detached = true}), Errc::unsupported, "a detached payload"));
  EXPECT_TRUE(refuses(cose::sign_sign1(hex("a0"), key, {.content_type = type}), Errc::missing, "signed CoSERV: CoSERV: no profile"));
  EXPECT_TRUE(refuses(cose::make_mac0(payload, Bytes(32, 1), crypto::Mac::hs256, {.content_type = type}), Errc::unsupported, "COSE_Mac0"));
  EXPECT_TRUE(fails(sign_coserv(hex("a0"), key), Errc::missing, "payload"));
}

TEST(CoservSigned, SampleKeyIsOneKey) {
  const auto cbor = crypto::public_key_from_any(vector_bytes(kFolder + "sample_key.cbor"));
  const auto jwk = crypto::public_key_from_any(vector_bytes(kFolder + "sample_key.jwk"));
  ASSERT_TRUE(ok(cbor) && ok(jwk));
  EXPECT_TRUE(*cbor == *jwk);
}

TEST(CoservDiscovery, VectorsComeBack) {
  for (const std::string name : {"discovery-single-capability", "discovery-unsigned"}) {
    const Bytes bytes = vector_bytes(kFolder + name + ".cbor");
    const auto cbor = read_discovery_cbor(bytes);
    ASSERT_TRUE(ok(cbor)) << name;
    EXPECT_EQ(to_hex(write_discovery_cbor(*cbor).value()), to_hex(bytes));
    const std::string text = vector_text(kFolder + name + ".json");
    const auto json = read_discovery_json(text);
    ASSERT_TRUE(ok(json)) << name;
    EXPECT_EQ(json::print(write_discovery_json(*json).value()), json::print(json::parse(text).value()));
    EXPECT_EQ(json->version, cbor->version);
    EXPECT_TRUE(json->capabilities == cbor->capabilities);
    EXPECT_TRUE(json->endpoints == cbor->endpoints);
    EXPECT_EQ(json->keys.size(), cbor->keys.size());
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_discovery_cbor(ByteView{bytes}.first(size))) << size;
  }
}

TEST(CoservDiscovery, KeysChangeTheirForm) {
  const Bytes cose = vector_bytes(kFolder + "sample_key.cbor");
  CoservDiscovery discovery{.version = "1", .capabilities = {}, .endpoints = {{"b", "/"}, {"a", "/"}}, .keys = {cose}};
  const auto jwk = write_discovery_json(discovery);
  ASSERT_TRUE(ok(jwk));
  const auto read = read_discovery_json(json::print(*jwk)).value();
  EXPECT_TRUE(public_key(read.keys.at(0)).value() == crypto::public_key_from_cose(cose).value());
  const auto again = read_discovery_cbor(write_discovery_cbor(read).value()).value();
  EXPECT_TRUE(public_key(again.keys.at(0)).value() == crypto::public_key_from_cose(cose).value());
  // The keys of the published document are placeholders.
  const auto broken = read_discovery_cbor(vector_bytes(kFolder + "discovery-single-capability.cbor")).value();
  EXPECT_FALSE(public_key(broken.keys.at(0)));
  EXPECT_FALSE(write_discovery_json(broken));
}

TEST(CoservDiscovery, DocumentsThatAreRefused) {
  const std::string good = R"("capabilities": [], "api-endpoints": {"a": "/"})";
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "object"},
           {"{" + good + "}", "version"},
           {R"({"version": 1, )" + good + "}", "version"},
           {R"({"version": "", )" + good + "}", "version"},
           {R"({"version": "1", "capabilities": []})", "api-endpoints"},
           {R"({"version": "1", "capabilities": [], "api-endpoints": {}})", "api-endpoints"},
           {R"({"version": "1", "capabilities": [], "api-endpoints": {"a": 1}})", "/api-endpoints/a"},
           {R"({"version": "1", "capabilities": {}, "api-endpoints": {"a": "/"}})", "/capabilities"},
           {R"({"version": "1", "capabilities": [{"media-type": "a/b"}], "api-endpoints": {"a": "/"}})", "artifact-support"},
           {R"({"version": "1", "capabilities": [{"media-type": "a/b", "artifact-support": []}], "api-endpoints": {"a": "/"}})", "/capabilities/0"},
           {R"({"version": "1", "capabilities": [{"media-type": "a", "artifact-support": ["source"]}], "api-endpoints": {"a": "/"}})", "media-type"},
           {R"({"version": "1", "capabilities": [{"media-type": "a/b", "artifact-support": [1]}], "api-endpoints": {"a": "/"}})", "/capabilities/0/artifact-support/0"},
           {R"({"version": "1", "result-verification-key": {}, )" + good + "}", "/result-verification-key"},
           {R"({"version": "1", "result-verification-key": [1], )" + good + "}", "/result-verification-key/0"},
           {R"({"version": "1", "result-verification-key": [{"kty": "EC", "d": "AA"}], )" + good + "}", "a secret key"},
       }) {
    const auto read = read_discovery_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().text().find(part), std::string::npos) << text << ": " << read.error();
  }
  const std::string rest = "01 61 31 02 80 03 a1 61 61 61 2f";
  for (const Row& row : {
           Row{"80", Errc::malformed, "CoSERV discovery"},
           Row{"a2 02 80 03 a1 61 61 61 2f", Errc::missing, "version (key 1)"},
           Row{"a2 01 61 31 03 a1 61 61 61 2f", Errc::missing, "capabilities (key 2)"},
           Row{"a2 01 61 31 02 80", Errc::missing, "api-endpoints (key 3)"},
           Row{"a3 01 61 31 02 80 03 a0", Errc::invalid, "no endpoints"},
           Row{"a3 01 61 31 02 80 03 a1 01 61 2f", Errc::malformed, "the name of an endpoint"},
           Row{"a3 01 61 31 02 81 a1 02 81 61 61 03 a1 61 61 61 2f", Errc::malformed, "media-type"},
           Row{"a3 01 61 31 02 81 a1 01 63 612f62 03 a1 61 61 61 2f", Errc::invalid, "artifact-support"},
           Row{"a4" + rest + "04 81 01", Errc::malformed, "a COSE_Key"},
           Row{"a4" + rest + "04 81 a1 23 41 00", Errc::invalid, "a secret key"},
           Row{"a4" + rest + "04 81 a2 01 04 20 41 00", Errc::invalid, "a secret key"},
           Row{"a3" + rest + "00", Errc::malformed, ""},
       }) {
    EXPECT_TRUE(fails(read_discovery_cbor(hex(row.bytes)), row.errc, row.part)) << row.bytes;
  }
}

}  // namespace
}  // namespace assay::corim
