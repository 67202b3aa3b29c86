// What every home of a store does alike.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "store/open/homes_testing.h"
#include "store/open/store_testing.h"

namespace assay::store {
namespace {

using namespace testing;  // NOLINT: of ours: a_corim(), policy(), session() …
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Added = appraise::EndorsementStore::Added;
using Status = appraise::Session::Status;

class StoreContract : public ::testing::TestWithParam<HomeKind> {
 protected:
  void SetUp() override {
    home_ = make_home(GetParam());
    if (home_ == nullptr) GTEST_SKIP() << "not on this machine";
    store_ = home_->open({.count = kLimit, .bytes = kBytes});
    ASSERT_TRUE(store_) << "no store";
  }
  // What a restart finds; a store in memory is as it was.
  void reopen() {
    if (GetParam() == HomeKind::memory) return;
    store_.reset();
    store_ = home_->open({.count = kLimit, .bytes = kBytes});
    ASSERT_TRUE(store_);
  }
  static constexpr std::size_t kLimit = 20;
  static constexpr std::size_t kBytes = 4000000;
  std::unique_ptr<Home> home_;
  std::unique_ptr<appraise::Store> store_;
};

INSTANTIATE_TEST_SUITE_P(, StoreContract, ::testing::ValuesIn(kHomeKinds), [](const auto& instance) { return std::string{name(instance.param)}; });

TEST_P(StoreContract, IsReadyAndEmpty) {
  EXPECT_TRUE(ok(store_->ready()));
  EXPECT_THAT(ids(*store_), IsEmpty());
  EXPECT_THAT(values(*store_, "device"), IsEmpty());
  EXPECT_EQ(store_->policies("0", "")->size(), 0U);
  EXPECT_EQ(store_->open_sessions(0), 0U);
}

TEST_P(StoreContract, ACorimTwiceIsOneAndOtherContentIsRefused) {
  EXPECT_EQ(add(*store_, a_corim("a", "device one\n")), Added::fresh);
  EXPECT_EQ(add(*store_, a_corim("a", "device one\n")), Added::known);
  EXPECT_TRUE(fails(add(*store_, a_corim("a", "device two\n")), Errc::conflict, "different token with manifest ID \"a\" already in store"));
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_THAT(ids(*store_), ElementsAre("a"));
    EXPECT_THAT(values(*store_, "device"), ElementsAre("one"));
    EXPECT_EQ(add(*store_, a_corim("a", "device one\n")), Added::known);
    EXPECT_TRUE(fails(add(*store_, a_corim("a", "device two\n")), Errc::conflict));
  }
}

TEST_P(StoreContract, KeepsCorimsAsTheyCame) {
  appraise::StoredCorim one = a_corim("a");
  one.signer = "ACME Ltd.";
  one.validity = corim::Validity{-5, 1000};
  one.bytes = Bytes{0, 255, 0};
  appraise::StoredCorim other = a_corim("b");
  other.validity = corim::Validity{std::nullopt, 99};
  other.added = -1;
  other.bytes.clear();
  ASSERT_TRUE(ok(store_->add(one, {})));
  ASSERT_TRUE(ok(store_->add(other, {})));
  for (int round = 0; round < 2; ++round, reopen()) {
    const auto listed = store_->list("0");
    ASSERT_TRUE(ok(listed));
    ASSERT_EQ(listed->size(), 2U);
    for (const auto& [got, wanted] : {std::pair{(*listed)[0], one}, std::pair{(*listed)[1], other}}) {
      EXPECT_EQ(std::tie(got.tenant, got.id, got.scheme, got.profile, got.media_type, got.signer, got.added, got.bytes), std::tie(wanted.tenant, wanted.id, wanted.scheme, wanted.profile, wanted.media_type, wanted.signer, wanted.added, wanted.bytes));
      EXPECT_EQ(got.validity, wanted.validity);
    }
  }
}

TEST_P(StoreContract, ListsInTheOrderOfAdding) {
  for (const char* id : {"z", "a", "m", "A"}) ASSERT_TRUE(ok(add(*store_, a_corim(id, std::string{"device "} + id + "\n"))));
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_THAT(ids(*store_), ElementsAre("z", "a", "m", "A"));
    EXPECT_THAT(values(*store_, "device"), ElementsAre("z", "a", "m", "A"));
  }
}

TEST_P(StoreContract, FindsOnlyTheDeviceAskedFor) {
  ASSERT_TRUE(ok(add(*store_, a_corim("a", "one 1\ntwo 2\none 3\n"))));
  ASSERT_TRUE(ok(add(*store_, a_corim("b", "two 4\n"))));
  EXPECT_THAT(values(*store_, "one"), ElementsAre("1", "3"));
  EXPECT_THAT(values(*store_, "two"), ElementsAre("2", "4"));
  EXPECT_THAT(values(*store_, "on"), IsEmpty());
  EXPECT_THAT(values(*store_, ""), IsEmpty());
  EXPECT_THAT(values(*store_, "one", 1000, "0", kCca), IsEmpty()) << "another scheme's";
}

TEST_P(StoreContract, ValidityIsAskedAtEachLookUp) {
  appraise::StoredCorim one = a_corim("a");
  one.validity = corim::Validity{100, 200};
  ASSERT_TRUE(ok(add(*store_, one)));
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_THAT(values(*store_, "device", 99), IsEmpty());
    EXPECT_THAT(values(*store_, "device", 100), ElementsAre("value"));
    EXPECT_THAT(values(*store_, "device", 200), ElementsAre("value"));
    EXPECT_THAT(values(*store_, "device", 201), IsEmpty());
    EXPECT_THAT(ids(*store_), ElementsAre("a")) << "it is listed all the same";
  }
}

TEST_P(StoreContract, TenantsSeeTheirOwnOnly) {
  ASSERT_TRUE(ok(add(*store_, a_corim("a", "device 1\n", "0"))));
  ASSERT_TRUE(ok(add(*store_, a_corim("a", "device 2\n", "other"))));
  ASSERT_TRUE(ok(store_->add(policy("p", "PSA_IOT", "0"))));
  ASSERT_TRUE(ok(store_->add(policy("p", "PSA_IOT", "other"))));
  ASSERT_TRUE(ok(store_->activate("other", "PSA_IOT", "p")));
  ASSERT_TRUE(ok(store_->open(session("s", 2000, "0"), 1000)));
  ASSERT_TRUE(ok(store_->open(session("s", 2000, "other"), 1000)));
  EXPECT_THAT(values(*store_, "device", 1000, "0"), ElementsAre("1"));
  EXPECT_THAT(values(*store_, "device", 1000, "other"), ElementsAre("2"));
  EXPECT_THAT(values(*store_, "device", 1000, ""), IsEmpty());
  EXPECT_EQ(store_->active_policy("0", "PSA_IOT")->has_value(), false);
  EXPECT_EQ(store_->active_policy("other", "PSA_IOT")->has_value(), true);
  EXPECT_TRUE(ok(store_->claim("0", "s", 1000)));
  EXPECT_EQ(store_->session("other", "s", 1000)->status, Status::waiting);
  EXPECT_TRUE(fails(store_->claim("third", "s", 1000), Errc::not_found));
  ASSERT_TRUE(ok(store_->clear("0")));
  ASSERT_TRUE(ok(store_->clear_policies("0")));
  ASSERT_TRUE(ok(store_->erase_session("0", "s")));
  EXPECT_THAT(values(*store_, "device", 1000, "0"), IsEmpty());
  EXPECT_THAT(values(*store_, "device", 1000, "other"), ElementsAre("2"));
  EXPECT_EQ(store_->policies("other", "")->size(), 1U);
  EXPECT_TRUE(ok(store_->session("other", "s", 1000)));
}

TEST_P(StoreContract, WhatWasClearedCanBeAddedAgain) {
  ASSERT_TRUE(ok(add(*store_, a_corim("a", "device 1\n"))));
  ASSERT_TRUE(ok(add(*store_, a_corim("b", "device 2\n"))));
  ASSERT_TRUE(ok(store_->clear("0")));
  EXPECT_THAT(ids(*store_), IsEmpty());
  EXPECT_THAT(values(*store_, "device"), IsEmpty());
  EXPECT_EQ(add(*store_, a_corim("b", "device 3\n")), Added::fresh);
  ASSERT_TRUE(ok(store_->clear("nobody")));
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_THAT(ids(*store_), ElementsAre("b"));
    EXPECT_THAT(values(*store_, "device"), ElementsAre("3"));
  }
}

// Bytes that end strings, statements and lines, and much of them.
TEST_P(StoreContract, HostileTexts) {
  const std::vector<std::string> texts{std::string{"a\0b", 3}, std::string{"a\0c", 3}, "", "'; DROP TABLE corims; --", "\"", "\\", "\xff\xfe", "a\nb", "%s$1?1", std::string(1 << 20, 'x'), std::string(1 << 20, 'x') + "y"};
  Strings wanted;
  for (const std::string& text : texts) {
    appraise::StoredCorim one = a_corim(text, "device value\n");
    one.signer = text;
    one.profile = text;
    EXPECT_EQ(add(*store_, one), Added::fresh) << quoted(text);
    EXPECT_EQ(add(*store_, one), Added::known) << quoted(text);
    wanted.push_back(text);
    appraise::StoredPolicy rule = policy(std::to_string(wanted.size()));
    rule.name = rule.rules = text;
    EXPECT_TRUE(ok(store_->add(rule))) << quoted(text);
    const std::string small = text.substr(0, 200);
    if (wanted.size() == texts.size()) break;  // it would be the same as the one before
    EXPECT_TRUE(ok(store_->add(policy(small, small, small)))) << quoted(text);
    EXPECT_TRUE(ok(store_->activate(small, small, small)));
    EXPECT_TRUE(ok(store_->open(session(small, 2000, small), 1000)));
    appraise::Session done = store_->claim(small, small, 1000).value();
    EXPECT_EQ(done.id, small);
    done.evidence_type = done.result = text;
    EXPECT_TRUE(ok(store_->finish(done)));
    EXPECT_EQ(store_->session(small, small, 1000)->result, text);
  }
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_EQ(ids(*store_), wanted);
    EXPECT_EQ(store_->list("0")->back().signer, wanted.back());
    Strings rules;
    const auto policies = store_->policies("0", "PSA_IOT").value();
    for (const auto& one : policies) rules.push_back(one.rules);
    EXPECT_EQ(rules, wanted);
    EXPECT_TRUE(store_->active_policy(texts[0], texts[0])->has_value());
    EXPECT_FALSE(store_->active_policy("a", "a")->has_value());
  }
}

TEST_P(StoreContract, NamesInKeysAreBounded) {
  const std::string most(255, 'n');
  const std::string more(256, 'n');
  EXPECT_TRUE(ok(add(*store_, a_corim("a", "", most))));
  EXPECT_TRUE(fails(add(*store_, a_corim("a", "", more)), Errc::limit, "tenant: 256 bytes; expected at most 255"));
  EXPECT_TRUE(ok(store_->add(policy(most, most, most))));
  EXPECT_TRUE(fails(store_->add(policy(more)), Errc::limit, "UUID"));
  EXPECT_TRUE(fails(store_->add(policy("p", more)), Errc::limit, "scheme"));
  EXPECT_TRUE(fails(store_->add(policy("p", "s", more)), Errc::limit, "tenant"));
  EXPECT_TRUE(ok(store_->open(session(most, 2000, most), 1000)));
  EXPECT_TRUE(fails(store_->open(session(more), 1000), Errc::limit, "session"));
  EXPECT_TRUE(fails(store_->session("0", more, 1000), Errc::not_found));
  EXPECT_TRUE(fails(store_->claim(more, "s", 1000), Errc::not_found));
  EXPECT_TRUE(fails(store_->activate("0", more, "p"), Errc::not_found));
}

TEST_P(StoreContract, ManyCorimsOfManyValues) {
  for (int i = 0; i < 20; ++i) {
    std::string content;
    for (int j = 0; j < 100; ++j) content += fmt::format("device-{} {}-{}\n", j, i, j);
    ASSERT_TRUE(ok(add(*store_, a_corim(fmt::format("corim {}", i), content))));
  }
  for (int round = 0; round < 2; ++round, reopen()) {
    const Strings found = values(*store_, "device-42");
    ASSERT_EQ(found.size(), 20U);
    EXPECT_EQ(found[7], "7-42");
    EXPECT_THAT(values(*store_, "device-100"), IsEmpty());
  }
}

TEST_P(StoreContract, PoliciesAreListedOldestFirst) {
  for (const char* uuid : {"3", "1", "2"}) ASSERT_TRUE(ok(store_->add(policy(uuid))));
  ASSERT_TRUE(ok(store_->add(policy("1", "ARM_CCA"))));
  EXPECT_TRUE(fails(store_->add(policy("1")), Errc::conflict, "there is a policy with UUID \"1\" already"));
  for (int round = 0; round < 2; ++round, reopen()) {
    const auto psa = store_->policies("0", "PSA_IOT").value();
    ASSERT_EQ(psa.size(), 3U);
    EXPECT_EQ(psa[0].uuid + psa[1].uuid + psa[2].uuid, "312");
    EXPECT_EQ(std::tuple(psa[0].tenant, psa[0].scheme, psa[0].name, psa[0].rules, psa[0].created, psa[0].active), std::tuple("0", "PSA_IOT", "mine", "package policy", 7, false));
    EXPECT_EQ(store_->policies("0", "")->size(), 4U);
    EXPECT_EQ(store_->policies("0", "RIOT")->size(), 0U);
  }
}

TEST_P(StoreContract, AtMostOnePolicyOfASchemeIsActive) {
  appraise::StoredPolicy eager = policy("a");
  eager.active = true;
  ASSERT_TRUE(ok(store_->add(eager)));
  ASSERT_TRUE(ok(store_->add(policy("b"))));
  ASSERT_TRUE(ok(store_->add(policy("c", "ARM_CCA"))));
  const auto active = [&](std::string_view scheme) -> std::string {
    const auto found = store_->active_policy("0", scheme).value();
    std::size_t marked = 0;
    const auto listed = store_->policies("0", scheme).value();
    for (const auto& one : listed) marked += one.active ? 1U : 0U;
    EXPECT_EQ(marked, found ? 1U : 0U);
    return found ? found->uuid : "none";
  };
  EXPECT_EQ(active("PSA_IOT"), "none") << "adding is not activating";
  ASSERT_TRUE(ok(store_->activate("0", "PSA_IOT", "a")));
  ASSERT_TRUE(ok(store_->activate("0", "ARM_CCA", "c")));
  EXPECT_EQ(active("PSA_IOT"), "a");
  ASSERT_TRUE(ok(store_->activate("0", "PSA_IOT", "b")));
  ASSERT_TRUE(ok(store_->activate("0", "PSA_IOT", "b")));
  EXPECT_EQ(active("PSA_IOT"), "b");
  EXPECT_TRUE(fails(store_->activate("0", "PSA_IOT", "c"), Errc::not_found, "no policy found with UUID \"c\""));
  EXPECT_TRUE(fails(store_->activate("0", "PSA_IOT", "x"), Errc::not_found));
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_EQ(active("PSA_IOT"), "b") << "a failure changes nothing";
    EXPECT_EQ(active("ARM_CCA"), "c");
  }
  ASSERT_TRUE(ok(store_->deactivate("0", "PSA_IOT")));
  ASSERT_TRUE(ok(store_->deactivate("0", "PSA_IOT")));
  EXPECT_EQ(active("PSA_IOT"), "none");
  ASSERT_TRUE(ok(store_->clear_policies("0")));
  EXPECT_EQ(active("ARM_CCA"), "none");
  EXPECT_TRUE(ok(store_->add(policy("a"))));
}

TEST_P(StoreContract, ASessionIsAnsweredOnce) {
  ASSERT_TRUE(ok(store_->open(session("s"), 1000)));
  EXPECT_TRUE(fails(store_->open(session("s"), 1000), Errc::conflict));
  EXPECT_EQ(store_->session("0", "s", 1000)->nonce, Bytes(32, 9));
  auto mine = store_->claim("0", "s", 1001);
  ASSERT_TRUE(ok(mine));
  EXPECT_EQ(mine->status, Status::processing);
  EXPECT_EQ(mine->nonce, Bytes(32, 9));
  EXPECT_EQ(mine->expiry, 2000);
  EXPECT_TRUE(fails(store_->claim("0", "s", 1001), Errc::conflict, "session s was answered before: its nonce counts once"));
  mine->status = Status::complete;
  mine->evidence_type = "application/psa-attestation-token";
  mine->evidence = Bytes(100000, 1);
  mine->result = "a.b.c";
  ASSERT_TRUE(ok(store_->finish(*mine)));
  const auto read = store_->session("0", "s", 1002);
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(std::tie(read->status, read->evidence_type, read->evidence, read->result, read->expiry), std::tie(mine->status, mine->evidence_type, mine->evidence, mine->result, mine->expiry));
  EXPECT_TRUE(fails(store_->claim("0", "s", 1002), Errc::conflict));
}

TEST_P(StoreContract, ASessionEnds) {
  ASSERT_TRUE(ok(store_->open(session("s", 1010), 1000)));
  ASSERT_TRUE(ok(store_->open(session("t", 1020), 1000)));
  EXPECT_EQ(store_->open_sessions(1009), 2U);
  EXPECT_EQ(store_->open_sessions(1010), 1U);
  EXPECT_TRUE(ok(store_->session("0", "s", 1009)));
  EXPECT_TRUE(fails(store_->session("0", "s", 1010), Errc::not_found, "session not found for (id, tenant)=(s, 0)"));
  EXPECT_TRUE(fails(store_->claim("0", "s", 1010), Errc::not_found, "session not found for (id, tenant)=(s, 0)"));
  ASSERT_TRUE(ok(store_->erase_session("0", "t")));
  ASSERT_TRUE(ok(store_->erase_session("0", "t")));
  EXPECT_TRUE(fails(store_->session("0", "t", 1000), Errc::not_found));
  EXPECT_TRUE(ok(store_->finish(session("t"))));
  EXPECT_TRUE(fails(store_->session("0", "t", 1000), Errc::not_found)) << "finishing does not bring it back";
  EXPECT_TRUE(ok(store_->open(session("s", 2000), 1500))) << "an expired one leaves its place";
  EXPECT_TRUE(ok(store_->claim("0", "s", 1500)));
}

TEST_P(StoreContract, OpenSessionsAreBounded) {
  for (std::size_t i = 0; i < kLimit; ++i) ASSERT_TRUE(ok(store_->open(session(std::to_string(i), 2000 + static_cast<UnixSeconds>(i)), 1000)));
  EXPECT_TRUE(fails(store_->open(session("more"), 1000), Errc::exhausted, "try again later"));
  ASSERT_TRUE(ok(store_->erase_session("0", "3")));
  EXPECT_TRUE(ok(store_->open(session("more", 5000), 1000)));
  EXPECT_TRUE(fails(store_->open(session("evenmore"), 1000), Errc::exhausted));
  EXPECT_TRUE(ok(store_->open(session("later", 5000), 2000))) << "one has expired";
  EXPECT_EQ(store_->open_sessions(3000), 2U);
}

// Whoever fills the room with evidence takes it from evidence alone, and no session that was claimed is left without an end.
TEST_P(StoreContract, SessionsEndHoweverMuchTheyHold) {
  const auto finish = [&](const std::string& id, Status status, std::size_t evidence, std::size_t result) {
    EXPECT_TRUE(ok(store_->open(session(id), 1000)));
    auto mine = store_->claim("0", id, 1000);
    EXPECT_TRUE(ok(mine));
    mine->status = status;
    mine->evidence_type = "a/b";
    mine->evidence = Bytes(evidence, 1);
    mine->result = std::string(result, 'r');
    EXPECT_TRUE(ok(store_->finish(*mine))) << id;
    const auto kept = store_->session("0", id, 1000);
    EXPECT_TRUE(ok(kept));
    EXPECT_EQ(kept->status, status) << id;
    EXPECT_EQ(kept->evidence.empty(), kept->evidence_type.empty()) << id;
    return std::pair{kept->evidence.size(), kept->result.size()};
  };
  using Kept = std::pair<std::size_t, std::size_t>;
  constexpr std::size_t kPart = kBytes / 4;
  EXPECT_EQ(finish("a", Status::complete, kPart, 1000), (Kept{kPart, 1000}));
  EXPECT_EQ(finish("b", Status::complete, kPart, 1000), (Kept{0, 1000})) << "evidence has half of the room";
  EXPECT_EQ(finish("c", Status::complete, 1000, 1000), (Kept{1000, 1000}));
  EXPECT_EQ(finish("d", Status::complete, 1000, 2 * kPart), (Kept{0, 2 * kPart})) << "results have the rest";
  EXPECT_EQ(finish("e", Status::complete, 1000, kPart), (Kept{0, 0}));
  EXPECT_EQ(finish("f", Status::complete, 1000, 1000), (Kept{0, 1000}));
  EXPECT_EQ(finish("g", Status::failed, 1000, 0), (Kept{0, 0}));
}

TEST_P(StoreContract, OfAFailedSessionNoEvidenceIsKept) {
  ASSERT_TRUE(ok(store_->open(session("s"), 1000)));
  auto mine = store_->claim("0", "s", 1000);
  ASSERT_TRUE(ok(mine));
  mine->status = Status::failed;
  mine->evidence_type = "a/b";
  mine->evidence = Bytes(10, 1);
  ASSERT_TRUE(ok(store_->finish(*mine)));
  const auto kept = store_->session("0", "s", 1000);
  ASSERT_TRUE(ok(kept));
  EXPECT_EQ(kept->status, Status::failed);
  EXPECT_EQ(kept->nonce, Bytes(32, 9));
  EXPECT_THAT(kept->evidence, IsEmpty());
  EXPECT_THAT(kept->evidence_type, IsEmpty());
  EXPECT_TRUE(fails(store_->claim("0", "s", 1000), Errc::conflict));
}

// Of several sizes, so that they come in several batches, among another tenant's.
TEST_P(StoreContract, VisitsWhatItLists) {
  Strings wanted;
  for (int i = 0; i < 150; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(ok(store_->add(a_corim(id, std::string(i % 50 == 7 ? 5'000'000 : 20, '#')), {})));
    wanted.push_back(id);
    if (i % 3 == 0) {
      ASSERT_TRUE(ok(store_->add(a_corim(id, "#", "other"), {})));
    }
  }
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_EQ(ids(*store_), wanted);
    Strings seen;
    std::size_t bytes = 0;
    ASSERT_TRUE(ok(store_->visit("0", [&](const appraise::StoredCorim& one) -> Result<void> {
      seen.push_back(one.id);
      bytes += one.bytes.size();
      return {};
    })));
    EXPECT_EQ(seen, wanted);
    EXPECT_EQ(bytes, 3U * 5'000'000 + 147 * 20);
    EXPECT_TRUE(fails(store_->visit("0", [&](const appraise::StoredCorim& one) -> Result<void> { return one.id == "70" ? fail(Errc::limit, "", "enough") : Result<void>{}; }), Errc::limit, "enough"));
    EXPECT_EQ(ids(*store_, "other").size(), 50U);
    EXPECT_TRUE(ok(store_->visit("nobody", [](const appraise::StoredCorim&) -> Result<void> { return fail(Errc::internal, "", "whose?"); })));
  }
}

// A visitor may take its time, and ask the store itself.
TEST_P(StoreContract, NobodyWaitsForAVisitor) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ok(add(*store_, a_corim(std::to_string(i), "device value\n"))));
  int seen = 0;
  ASSERT_TRUE(ok(store_->visit("0", [&](const appraise::StoredCorim&) -> Result<void> {
    std::jthread{[&] {
      EXPECT_TRUE(ok(store_->ready()));
      EXPECT_EQ(ids(*store_).size(), 5U + static_cast<std::size_t>(seen));
      EXPECT_TRUE(ok(add(*store_, a_corim(fmt::format("new {}", seen), "device value\n"))));
      EXPECT_EQ(values(*store_, "device").size(), 6U + static_cast<std::size_t>(seen));
    }}.join();
    ++seen;
    return {};
  })));
  EXPECT_EQ(seen, 5) << "or it would not end";
}

TEST_P(StoreContract, WhatGoesDuringAVisitDoesItNoHarm) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(ok(store_->add(a_corim(std::to_string(i), "#"), {})));
  int seen = 0;
  EXPECT_TRUE(ok(store_->visit("0", [&](const appraise::StoredCorim&) { return ++seen == 1 ? store_->clear("0") : Result<void>{}; })));
  EXPECT_GE(seen, 1);
  EXPECT_LE(seen, 200);
  EXPECT_THAT(ids(*store_), IsEmpty());
}

TEST_P(StoreContract, OneOfManyClaimsWins) {
  for (int round = 0; round < 10; ++round) {
    const std::string id = std::to_string(round);
    ASSERT_TRUE(ok(store_->open(session(id), 1000)));
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
          const auto mine = store_->claim("0", id, 1000);
          if (mine) ++won;
          else if (mine.error().errc == Errc::conflict) ++lost;
        });
      }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 7);
  }
}

TEST_P(StoreContract, ManyAddTheSameAtOnce) {
  std::atomic<int> fresh = 0;
  std::atomic<int> known = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 25; ++j) {
          const auto added = add(*store_, a_corim(std::to_string(j), fmt::format("device {}\n", j)));
          if (!added) continue;
          ++(*added == Added::fresh ? fresh : known);
          static_cast<void>(values(*store_, "device"));
        }
      });
    }
  }
  EXPECT_EQ(fresh, 25);
  EXPECT_EQ(known, 75);
  for (int round = 0; round < 2; ++round, reopen()) {
    EXPECT_EQ(ids(*store_).size(), 25U);
    EXPECT_EQ(values(*store_, "device").size(), 25U);
  }
}

}  // namespace
}  // namespace assay::store
