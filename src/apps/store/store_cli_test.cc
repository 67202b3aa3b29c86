#include "apps/store/store_cli.h"

#include <gmock/gmock.h>

#include "appraise/scheme.h"
#include "apps/app_testing.h"
#include "services/provisioning/intake.h"
#include "store/open/open.h"
#include "testing/testing.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using ::testing::StartsWith;

constexpr std::string_view kType = "application/corim-unsigned+cbor; profile=\"http://arm.com/psa/iot/1\"";

class StoreCommand : public testing::InOwnFolder {
 protected:
  static Outcome run(std::vector<std::string> args) {
    args.insert(args.begin() + 1, {"--store", "s.db"});
    return testing::call(run_store, args);
  }
  static Outcome good(const std::vector<std::string>& args) {
    Outcome outcome = run(args);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome;
  }
  static void refused(const Outcome& outcome, int status, std::string_view part) {
    EXPECT_EQ(outcome.status, status) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(std::string{part}));
  }
  static Result<appraise::Endorsements> decode(const appraise::StoredCorim& corim) { return provisioning::decode(corim, appraise::all_schemes(), appraise::Rule::assay); }
  static std::unique_ptr<appraise::Store> opened() { return store::open("s.db", decode).value(); }
  // A store with the endorsements of a PSA device, and two policies.
  static void fill() {
    const auto store = opened();
    const provisioning::Intake intake{.store = *store, .schemes = appraise::all_schemes()};
    ASSERT_TRUE(testing::ok(provisioning::take(intake, "0", kType, testing::vector_bytes("veraison/v0.0.2502/psa-endorsements.cbor"), 1735689600)));
    for (const char* uuid : {"u1", "u2"}) ASSERT_TRUE(testing::ok(store->add({.tenant = "0", .scheme = "PSA_IOT", .uuid = uuid, .name = "n", .rules = "package policy", .created = 7})));
    ASSERT_TRUE(testing::ok(store->activate("0", "PSA_IOT", "u2")));
    id_ = store->list("0")->front().id;
  }
  static inline std::string id_;
};

TEST_F(StoreCommand, Lists) {
  fill();
  const Outcome table = good({"list"});
  EXPECT_THAT(table.out, StartsWith("ADDED                 SCHEME  BYTES  SIGNER  NOT AFTER"));
  EXPECT_THAT(table.out, HasSubstr("2025-01-01T00:00:00Z  psa     "));
  EXPECT_THAT(table.out, HasSubstr(id_));
  const json::Value corims = json::parse(good({"list", "--json"}).out).value();
  ASSERT_EQ(corims.array()->size(), 1U);
  EXPECT_EQ(*corims.array()->front().object()->find("id")->text(), id_);
  EXPECT_THAT(good({"list", "--policies"}).out, HasSubstr("1970-01-01T00:00:07Z  PSA_IOT  u2    yes     n\n"));
  EXPECT_EQ(json::parse(good({"list", "--json", "--tenant", "other"}).out)->array()->size(), 0U);
}

TEST_F(StoreCommand, PrintsRecords) {
  fill();
  const json::Value records = json::parse(good({"list", "--records", "--json"}).out).value();
  std::size_t anchors = 0;
  std::size_t values = 0;
  for (const json::Value& one : *records.array()) {
    EXPECT_EQ(*one.object()->find("scheme")->text(), "PSA_IOT");
    const json::Object& attributes = *one.object()->find("attributes")->object();
    EXPECT_EQ(*attributes.find("impl-id")->text(), "YWNtZS1pbXBsZW1lbnRhdGlvbi1pZC0wMDAwMDAwMDE=");
    if (*one.object()->find("type")->text() == "trust anchor") {
      ++anchors;
      EXPECT_THAT(*attributes.find("iak-pub")->text(), StartsWith("-----BEGIN PUBLIC KEY-----\n"));
      EXPECT_NE(attributes.find("inst-id"), nullptr);
    } else {
      ++values;
      EXPECT_EQ(*one.object()->find("subType")->text(), "platform.sw-component");
    }
  }
  EXPECT_EQ(anchors, 1U);
  EXPECT_GT(values, 0U);
  EXPECT_THAT(good({"list", "--records"}).out, StartsWith("{\"scheme\":\"PSA_IOT\",\"type\":\"trust anchor\""));
  const json::Value stats = json::parse(good({"stats", "--json"}).out).value();
  EXPECT_EQ(stats.object()->find("schemes")->object()->find("psa")->object()->find("reference-values")->unsigned_integer(), values);
  EXPECT_THAT(good({"stats"}).out, HasSubstr("2 policies, 1 of them active"));
}

TEST_F(StoreCommand, ShowsOne) {
  fill();
  EXPECT_THAT(good({"show", id_}).out, HasSubstr("scheme       psa\n"));
  EXPECT_NE(json::parse(good({"show", id_, "--json"}).out)->object()->find("records"), nullptr);
  good({"show", id_, "--out", "c.cbor"});
  EXPECT_EQ(testing::read_text("c.cbor"), testing::vector_text("veraison/v0.0.2502/psa-endorsements.cbor"));
  refused(run({"show", "none"}), 5, "CoRIM: \"none\"; expected one of `assay store list`");
}

TEST_F(StoreCommand, ClearsWhenToldTwice) {
  fill();
  refused(run({"clear"}), 2, "1 CoRIM and 2 policies of tenant 0 would be forgotten; expected --yes");
  good({"clear", "--policies", "--yes"});
  EXPECT_EQ(opened()->list("0")->size(), 1U);
  EXPECT_EQ(opened()->policies("0", "")->size(), 0U);
  EXPECT_EQ(good({"clear", "--yes", "--json"}).out, "{\"corims\":1,\"policies\":0}\n");
  EXPECT_EQ(opened()->list("0")->size(), 0U);
}

TEST_F(StoreCommand, Checks) {
  fill();
  EXPECT_EQ(good({"check"}).out, "s.db: 1 CoRIM, all is well\n");
  appraise::StoredCorim odd = opened()->list("0")->front();
  odd.id = "odd";
  odd.bytes = {1, 2, 3};
  ASSERT_TRUE(testing::ok(store::open("s.db", [](const auto&) { return appraise::Endorsements{}; }).value()->add(odd, {})));
  const Outcome undecodable = run({"check"});
  EXPECT_EQ(undecodable.status, 1);
  EXPECT_THAT(undecodable.out, StartsWith("CoRIM \"odd\": "));
  EXPECT_EQ(run({"show", "odd"}).status, 0) << "what cannot be used can be looked at";
  std::string text = testing::read_text("s.db");
  text[text.find("acme-implementation-id")] ^= 1;
  write("s.db", text);
  const Outcome damaged = run({"check", "--json"});
  EXPECT_EQ(damaged.status, 1);
  EXPECT_THAT(damaged.out, HasSubstr("the file is damaged"));
}

TEST_F(StoreCommand, WhatIsExportedCanBeImported) {
  fill();
  EXPECT_EQ(good({"export", "out"}).err, "1 CoRIM and 2 policies exported to out\n");
  refused(run({"export", "out"}), 5, "there is an export already");
  EXPECT_EQ(testing::read_text("out/000001.corim.cbor"), testing::vector_text("veraison/v0.0.2502/psa-endorsements.cbor"));
  EXPECT_EQ(good({"import", "out", "--json"}).out, "{\"corims\":1,\"known\":1,\"policies\":2}\n");
  EXPECT_EQ(good({"import", "out"}).err, "1 CoRIM and 2 policies imported; of the CoRIMs 1 had been there already\n");
  const std::string records = good({"list", "--records"}).out;
  good({"clear", "--yes"});
  EXPECT_EQ(good({"import", "out", "--json"}).out, "{\"corims\":1,\"known\":0,\"policies\":2}\n");
  EXPECT_EQ(good({"list", "--records"}).out, records);
  EXPECT_EQ(opened()->active_policy("0", "PSA_IOT")->value().uuid, "u2");
  EXPECT_EQ(opened()->policies("0", "PSA_IOT")->front().rules, "package policy");
}

TEST_F(StoreCommand, WhatWasChangedIsNotImported) {
  fill();
  good({"export", "out"});
  good({"clear", "--yes"});
  const std::string manifest = testing::read_text("out/manifest.jsonl");
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string text = manifest;
    text.replace(text.find(from), from.size(), to);
    write("out/manifest.jsonl", text);
    return run({"import", "out"});
  };
  refused(replaced("\"000001.corim", "\"../000001.corim"), 3, "manifest.jsonl: line 1: /file: \"../000001.corim.cbor\"; expected a name in the same folder");
  refused(replaced("000001.corim", "000009.corim"), 5, "no such file");
  refused(replaced("\"corim\"", "\"other\""), 3, "/kind: \"other\"; expected corim or policy");
  refused(replaced("psa/iot/1", "psa/iot/2"), 3, "line 1: media type");
  refused(replaced("{", "["), 3, "line 1");
  write("out/manifest.jsonl", manifest);
  write("out/000001.corim.cbor", "other");
  refused(run({"import", "out"}), 4, "another content than was exported");
  EXPECT_EQ(opened()->list("0")->size(), 0U);
  refused(run({"import", "nowhere"}), 5, "manifest.jsonl");
}

TEST_F(StoreCommand, SaysWhatIsNotThere) {
  for (const char* command : {"list", "check", "stats", "clear"}) refused(run({command}), 5, "s.db: no such file");
  EXPECT_FALSE(std::filesystem::exists("s.db")) << "looking does not make one";
  refused(testing::call(run_store, {"list", "--store", "mysql://x"}), 2, "expected \"memory:\"");
}

}  // namespace
}  // namespace assay
