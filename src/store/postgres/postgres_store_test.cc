// What replicas of a service over one database do, and what becomes of them when it goes away.
#include "store/postgres/postgres_store.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <thread>

#include "crypto/crypto.h"
#include "store/open/open.h"
#include "store/open/store_testing.h"
#include "store/postgres/cluster_testing.h"

namespace assay::store {
namespace {

using namespace testing;  // NOLINT: of ours
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Added = appraise::EndorsementStore::Added;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class Replicas : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_ = Cluster::shared();
    if (cluster_ == nullptr) GTEST_SKIP() << "PostgreSQL is not installed";
    url_ = cluster_->new_database();
    one_ = opened();
    two_ = opened();
    ASSERT_TRUE(one_ && two_);
  }
  std::unique_ptr<PostgresStore> opened() {
    auto store = PostgresStore::open(url_, decode);
    EXPECT_TRUE(ok(store));
    return store ? std::move(*store) : nullptr;
  }
  // Waits for what comes by notification; a second at most.
  template <class Condition>
  static bool soon(const Condition& condition, milliseconds limit = milliseconds{1000}) {
    for (const auto end = Clock::now() + limit; Clock::now() < end; std::this_thread::sleep_for(milliseconds{2})) {
      if (condition()) return true;
    }
    return condition();
  }
  Cluster* cluster_ = nullptr;
  std::string url_;
  std::unique_ptr<PostgresStore> one_;
  std::unique_ptr<PostgresStore> two_;
};

TEST_F(Replicas, SeeEachOthersChangesWithinASecond) {
  ASSERT_TRUE(ok(add(*one_, a_corim("a", "device 1\n"))));
  EXPECT_THAT(values(*one_, "device"), ElementsAre("1"));
  EXPECT_TRUE(soon([&] { return values(*two_, "device") == Strings{"1"}; }));
  ASSERT_TRUE(ok(add(*two_, a_corim("b", "device 2\n"))));
  EXPECT_TRUE(soon([&] { return values(*one_, "device") == Strings{"1", "2"}; }));
  EXPECT_EQ(add(*one_, a_corim("b", "device 2\n")), Added::known);
  EXPECT_TRUE(fails(add(*one_, a_corim("b", "device 3\n")), Errc::conflict));
  ASSERT_TRUE(ok(one_->add(policy("p"))));
  ASSERT_TRUE(ok(one_->activate("0", "PSA_IOT", "p")));
  EXPECT_TRUE(soon([&] { return two_->active_policy("0", "PSA_IOT")->has_value(); }));
  ASSERT_TRUE(ok(two_->deactivate("0", "PSA_IOT")));
  EXPECT_TRUE(soon([&] { return !one_->active_policy("0", "PSA_IOT")->has_value(); }));
  ASSERT_TRUE(ok(two_->clear("0")));
  EXPECT_TRUE(soon([&] { return values(*one_, "device").empty(); }));
  ASSERT_TRUE(ok(add(*two_, a_corim("b", "device 4\n"))));
  EXPECT_TRUE(soon([&] { return values(*one_, "device") == Strings{"4"}; }));
}

// A load balancer may send the evidence elsewhere than the endorsements, right after.
TEST_F(Replicas, WhatWasAcknowledgedBeforeAClaimIsSeenAfterIt) {
  for (int i = 0; i < 50; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(ok(one_->open(session(id), 1000)));
    ASSERT_TRUE(ok(add(*one_, a_corim(id, fmt::format("device-{} value\n", i)))));
    ASSERT_TRUE(ok(two_->claim("0", id, 1000)));
    ASSERT_THAT(values(*two_, "device-" + id), ElementsAre("value")) << "at once";
  }
}

// Many claims at once: one that is told an old position late does not hide what a newer one was told of.
TEST_F(Replicas, ClaimsThatOvertakeEachOtherHideNothing) {
  std::atomic<int> missed = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 25; ++j) {
        const std::string id = fmt::format("{}-{}", i, j);
        const bool is_ready = one_->open(session(id), 1000) && add(*one_, a_corim(id, fmt::format("{} value\n", id))) && two_->claim("0", id, 1000);
        if (!is_ready || values(*two_, id) != Strings{"value"}) ++missed;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(missed, 0);
}

// As by a backup: what a session told of before is not waited for.
TEST_F(Replicas, ADatabaseThatWentBackIsFollowed) {
  ASSERT_TRUE(ok(add(*one_, a_corim("a", "device 1\n"))));
  ASSERT_TRUE(ok(one_->clear("0")));
  ASSERT_TRUE(ok(add(*one_, a_corim("b", "device 2\n"))));
  ASSERT_TRUE(ok(one_->open(session("s"), 1000)));
  ASSERT_TRUE(ok(one_->claim("0", "s", 1000)));
  cluster_->run(url_, "DELETE FROM assay_corims; UPDATE assay_position SET generation = 0, number = 0; SELECT pg_notify('assay', '')");
  EXPECT_TRUE(soon([&] { return values(*one_, "device").empty() && values(*two_, "device").empty(); }));
  ASSERT_TRUE(ok(add(*two_, a_corim("c", "device 3\n"))));
  EXPECT_TRUE(soon([&] { return values(*one_, "device") == Strings{"3"}; }));
}

// Each weighs what all hold.
TEST_F(Replicas, EvidenceIsBoundedForAllTogether) {
  const auto small = PostgresStore::open(url_, decode, {.connections = 2, .sessions = {.bytes = 100000}});
  ASSERT_TRUE(ok(small));
  const auto finish = [](PostgresStore& store, const std::string& id) {
    EXPECT_TRUE(ok(store.open(session(id), 1000)));
    auto mine = store.claim("0", id, 1000);
    EXPECT_TRUE(ok(mine));
    mine->status = appraise::Session::Status::complete;
    mine->evidence_type = "a/b";
    mine->evidence = crypto::random_bytes(40000);
    mine->result = "ear";
    EXPECT_TRUE(ok(store.finish(*mine)));
    return store.session("0", id, 1000)->evidence.size();
  };
  EXPECT_EQ(finish(*one_, "a"), 40000U);
  EXPECT_EQ(finish(**small, "b"), 0U);
  EXPECT_EQ((*small)->session("0", "b", 1000)->result, "ear");
  ASSERT_TRUE(ok(one_->erase_session("0", "a")));
  int round = 0;
  EXPECT_TRUE(soon([&] { return finish(**small, fmt::format("c{}", ++round)) == 40000; }, milliseconds{5000})) << "there is room again";
  EXPECT_EQ(finish(**small, "d"), 0U);
}

TEST_F(Replicas, OneOfSixteenClaimsWins) {
  for (int round = 0; round < 20; ++round) {
    const std::string id = std::to_string(round);
    ASSERT_TRUE(ok(one_->open(session(id), 1000)));
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&, i] {
          const auto mine = (i % 2 == 0 ? one_ : two_)->claim("0", id, 1000);
          if (mine) ++won;
          else if (mine.error().errc == Errc::conflict) ++lost;
        });
      }
    }
    EXPECT_EQ(won, 1) << round;
    EXPECT_EQ(lost, 15) << round;
  }
}

TEST_F(Replicas, ASessionIsEverybodys) {
  ASSERT_TRUE(ok(one_->open(session("s"), 1000)));
  auto mine = two_->claim("0", "s", 1000);
  ASSERT_TRUE(ok(mine));
  mine->status = appraise::Session::Status::complete;
  mine->result = "ear";
  ASSERT_TRUE(ok(two_->finish(*mine)));
  EXPECT_EQ(one_->session("0", "s", 1000)->result, "ear");
  two_.reset();
  EXPECT_EQ(one_->session("0", "s", 1000)->status, appraise::Session::Status::complete);
}

TEST_F(Replicas, AddTheSameAtTheSameTime) {
  std::atomic<int> fresh = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 20; ++j) {
          const auto added = add(i % 2 == 0 ? *one_ : *two_, a_corim(std::to_string(j), fmt::format("device {}\n", j)));
          if (!added) ++refused;
          else if (*added == Added::fresh) ++fresh;
        }
      });
    }
  }
  EXPECT_EQ(fresh, 20);
  EXPECT_EQ(refused, 0);
  EXPECT_TRUE(soon([&] { return values(*one_, "device").size() == 20 && values(*two_, "device").size() == 20; }));
}

TEST_F(Replicas, StartTogetherOverAnEmptyDatabase) {
  url_ = cluster_->new_database();
  std::atomic<int> opened_ones = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) threads.emplace_back([&] { opened_ones += PostgresStore::open(url_, decode) ? 1 : 0; });
  }
  EXPECT_EQ(opened_ones, 6);
}

TEST_F(Replicas, OutliveTheServer) {
  ASSERT_TRUE(ok(add(*one_, a_corim("a", "device 1\n"))));
  ASSERT_TRUE(ok(one_->open(session("s"), 1000)));
  ASSERT_TRUE(ok(one_->claim("0", "s", 1000)));
  cluster_->stop(SIGINT);
  std::this_thread::sleep_for(milliseconds{50});
  const auto begin = Clock::now();
  EXPECT_TRUE(fails(one_->ready(), Errc::unavailable));
  EXPECT_TRUE(fails(add(*one_, a_corim("b")), Errc::unavailable));
  EXPECT_TRUE(fails(one_->open(session("t"), 1000), Errc::unavailable));
  EXPECT_TRUE(fails(one_->claim("0", "s", 1000), Errc::unavailable));
  EXPECT_TRUE(fails(one_->list("0"), Errc::unavailable));
  EXPECT_TRUE(fails(one_->find("0", kPsa, {}, 1000), Errc::unavailable)) << "what was withdrawn meanwhile cannot be known";
  EXPECT_TRUE(fails(one_->active_policy("0", "PSA_IOT"), Errc::unavailable));
  EXPECT_TRUE(fails(PostgresStore::open(url_, decode), Errc::unavailable));
  EXPECT_LT(Clock::now() - begin, milliseconds{1000}) << "at once";
  cluster_->start();
  EXPECT_TRUE(soon([&] { return one_->ready() && two_->ready(); }, milliseconds{3000}));
  EXPECT_THAT(values(*one_, "device"), ElementsAre("1"));
  EXPECT_THAT(values(*two_, "device"), ElementsAre("1"));
  EXPECT_TRUE(fails(one_->claim("0", "s", 1000), Errc::conflict)) << "a session outlives a restart, and so does that it was answered";
  ASSERT_TRUE(ok(add(*one_, a_corim("b", "device 2\n"))));
  EXPECT_TRUE(soon([&] { return values(*two_, "device") == Strings{"1", "2"}; }, milliseconds{3000})) << "they hear of each other again";
}

TEST_F(Replicas, NoNonceComesBackAfterACrashOfTheServer) {
  ASSERT_TRUE(ok(add(*one_, a_corim("a", "device 1\n"))));
  for (const char* id : {"answered", "waiting"}) ASSERT_TRUE(ok(one_->open(session(id), 1000)));
  ASSERT_TRUE(ok(one_->claim("0", "answered", 1000)));
  cluster_->stop(SIGQUIT);
  cluster_->start();
  EXPECT_TRUE(soon([&] { return one_->ready().has_value(); }, milliseconds{3000}));
  EXPECT_TRUE(fails(one_->claim("0", "answered", 1000), Errc::not_found));
  EXPECT_TRUE(fails(one_->claim("0", "waiting", 1000), Errc::not_found));
  EXPECT_THAT(values(*one_, "device"), ElementsAre("1"));
}

// The server restarts while both replicas are used: calls fail as unavailable or succeed, and what succeeded is there.
TEST_F(Replicas, TheServerRestartsUnderUse) {
  std::atomic<bool> stop = false;
  std::array<Strings, 4> acknowledged;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < acknowledged.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; !stop; ++j) {
          const std::string id = fmt::format("{}-{}", i, j);
          const auto added = add(i % 2 == 0 ? *one_ : *two_, a_corim(id, fmt::format("device {}\n", id)));
          if (added) acknowledged[i].push_back(id);
          else ++(added.error().errc == Errc::unavailable ? refused : wrong);
          if (!added) std::this_thread::sleep_for(milliseconds{10});
        }
      });
    }
    for (int round = 0; round < 3; ++round) {
      std::this_thread::sleep_for(milliseconds{150});
      cluster_->stop(SIGINT);
      std::this_thread::sleep_for(milliseconds{50});
      cluster_->start();
    }
    std::this_thread::sleep_for(milliseconds{500});
    stop = true;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(refused, 0);
  const Strings found = ids(*one_);
  std::size_t total = 0;
  for (const Strings& list : acknowledged) {
    total += list.size();
    for (const std::string& id : list) EXPECT_NE(std::ranges::find(found, id), found.end()) << id;
  }
  EXPECT_GT(total, 20U);
  EXPECT_TRUE(soon([&] { return values(*one_, "device").size() == found.size() && values(*two_, "device").size() == found.size(); }, milliseconds{3000}));
}

// A connection that somebody ends is replaced, also the one that listens.
TEST_F(Replicas, ConnectionsThatAreEndedAreReplaced) {
  ASSERT_TRUE(ok(one_->ready()));
  cluster_->run(url_, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
  std::this_thread::sleep_for(milliseconds{50});
  EXPECT_TRUE(ok(add(*one_, a_corim("a", "device 1\n"))));
  EXPECT_TRUE(soon([&] { return values(*two_, "device") == Strings{"1"}; }));
}

// A child adds and tells; it is killed at a random moment.
TEST_F(Replicas, WhatAKilledOneAcknowledgedIsThere) {
  for (int round = 0; round < 15; ++round) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = PostgresStore::open(url_, decode);
      for (int i = 0; store; ++i) {
        if (!add(**store, a_corim(fmt::format("{}-{}", round, i), fmt::format("device {}\n", i)))) break;
        if (::write(ends[1], &i, sizeof i) != sizeof i) break;
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    int told = 0;
    int number = 0;
    if (::read(ends[0], &number, sizeof number) == sizeof number) ++told;
    std::this_thread::sleep_for(milliseconds{crypto::random_bytes(1)[0] % 20});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &number, sizeof number) == sizeof number) ++told;
    ::close(ends[0]);
    EXPECT_GT(told, 0);
    // What the server had in hand when its client went may still end well.
    EXPECT_TRUE(ok(add(*one_, a_corim(fmt::format("after {}", round)))));
    const auto listed = ids(*one_);
    const auto found = std::ranges::count_if(listed, [&](const std::string& id) { return id.starts_with(std::to_string(round) + "-"); });
    EXPECT_GE(found, told);
    EXPECT_LE(found, told + 1);
  }
}

TEST_F(Replicas, OfANewerVersionAreRefused) {
  cluster_->run(url_, "UPDATE assay_version SET version = 2");
  EXPECT_TRUE(fails(PostgresStore::open(url_, decode), Errc::config, "a store of version 2; expected an older one: this build is too old for it"));
}

TEST_F(Replicas, LeaveOutWhatTheyCannotDecodeAndSaySo) {
  ASSERT_TRUE(ok(one_->add(a_corim("new", "broken"), {})));
  ASSERT_TRUE(ok(add(*one_, a_corim("a", "device 1\n"))));
  EXPECT_TRUE(soon([&] { return values(*two_, "device") == Strings{"1"}; }));
  EXPECT_TRUE(fails(two_->ready(), Errc::malformed, "CoRIM \"new\": broken"));
  EXPECT_TRUE(fails(PostgresStore::open(url_, decode), Errc::malformed, "CoRIM \"new\": broken"));
}

TEST_F(Replicas, AFullPoolIsUnavailable) {
  postgres::Pool pool{url_, 1};
  const auto held = pool.take();
  ASSERT_TRUE(ok(held));
  EXPECT_TRUE(fails(pool.take(), Errc::unavailable, "all connections are busy"));
}

TEST_F(Replicas, AreOpenedByUrl) {
  ASSERT_TRUE(ok(add(*one_, a_corim("a"))));
  const auto store = store::open(url_, decode, Missing::refuse);
  ASSERT_TRUE(ok(store));
  EXPECT_THAT(ids(**store), ElementsAre("a"));
  EXPECT_TRUE(ok(check(url_)));
  EXPECT_TRUE(fails(store::open(cluster_->new_database(), decode, Missing::refuse), Errc::not_found, "no tables of a store"));
  std::string none = url_;
  none.replace(none.find("/test") + 1, none.find('?') - none.find("/test") - 1, "none");
  EXPECT_TRUE(fails(store::open(none, decode), Errc::config, "does not exist"));
}

TEST(PostgresUrl, NoErrorHoldsThePassword) {
  for (const char* url : {"postgresql://u:secret@[::1/db", "postgresql://u:secret%zz@host/db", "postgresql://u:x/secret@host/db", "postgresql://u:x@secret@host/db", "postgresql://u:secret/x@host/db", "postgresql://u:12/secret@host/db", "postgresql://u:secret?x/y@host/db",
                          "postgresql://u:12?secret/y@host/db", "postgresql://u:secret@host:x/db", "postgresql://u:secret@host:5432/db?nonsense=1", "postgresql://host/db?password=secret&nonsense=1", "postgresql://host/db?pass%77ord=secret&x=1", "postgresql://host/db?sslpassword=secret&password=secret&x=1",
                          "postgresql://host/db?x=secret", "postgresql://host/db?password=%zzsecret", "postgresql://u:secret@host/db?password", "postgresql://127.0.0.1:1/db?password=secret", "postgresql://u:secret@127.0.0.1:1/db", "postgresql://u:secret@127.0.0.1:99999/db"}) {
    for (const auto& failed : {store::open(url, decode, Missing::make).error(), store::open(url, decode, Missing::refuse).error(), check(url).error()}) {
      EXPECT_TRUE(failed.errc == Errc::config || failed.errc == Errc::unavailable) << failed;
      EXPECT_EQ(failed.text().find("secret"), std::string::npos) << failed;
    }
    EXPECT_EQ(store::shown(url).find("secret"), std::string::npos) << store::shown(url);
  }
  for (const char* url : {"postgresqll://u:secret@host/db", "Postgresql://u:secret@host/db", "u:secret@host/db", "host=h password=secret", "mysql://u:se/secret@host/db"}) {
    const auto store = store::open(url, decode);
    EXPECT_TRUE(fails(store, Errc::usage));
    EXPECT_EQ(store.error().text().find("secret"), std::string::npos) << store.error();
  }
}

TEST(PostgresUrl, IsShownWithoutItsPassword) {
  EXPECT_EQ(postgres::shown("postgresql://u:p@one:1,[::1]:2,three/db?host=h&sslkey=k&sslmode=require"), "postgresql://u:***@one:1,[::1]:2,three/db?host=h&sslkey=***&sslmode=require");
  EXPECT_EQ(postgres::shown("postgresql://u:p?q@host"), "postgresql://u:***@host");
  EXPECT_EQ(postgres::shown("postgresql://"), "postgresql://");
  EXPECT_EQ(postgres::shown("postgresql:///db?user=me@there"), "postgresql:///db?user=me@there");
  EXPECT_EQ(postgres::shown("postgresql://u:p@q@host/db"), "postgresql://***");
  EXPECT_EQ(postgres::shown("/srv/a@b.sqlite"), "/srv/a@b.sqlite");

  EXPECT_EQ(postgres::shown("postgresql://u:secret@host/db"), "postgresql://u:***@host/db");
  EXPECT_EQ(postgres::shown("postgresql://u@host:5432/db"), "postgresql://u@host:5432/db");
  EXPECT_EQ(postgres::shown("postgresql://host/db?user=u&password=secret"), "postgresql://host/db?user=u&password=***");
  const auto store = PostgresStore::open("postgresql://u:secret@127.0.0.1:1/db", decode);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().errc, Errc::unavailable);
  EXPECT_EQ(store.error().text().find("secret"), std::string::npos) << store.error();
  EXPECT_TRUE(fails(PostgresStore::open("postgresql://host/db?nonsense=1", decode), Errc::config));
}

}  // namespace
}  // namespace assay::store
