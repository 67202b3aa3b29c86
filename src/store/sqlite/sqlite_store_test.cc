// What only a file can do: be damaged, old, somebody else's, full, or shared, and be left behind by a process that was killed.
#include "store/sqlite/sqlite_store.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <fstream>
#include <thread>

#include "crypto/crypto.h"
#include "store/open/open.h"
#include "store/open/store_testing.h"

namespace assay::store {
namespace {

using namespace testing;  // NOLINT: of ours
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SqliteFile : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> open() { return SqliteStore::open(path_, decode); }
  std::unique_ptr<SqliteStore> opened() {
    auto store = open();
    EXPECT_TRUE(ok(store));
    return store ? std::move(*store) : nullptr;
  }
  void fill(int count) {
    const auto store = opened();
    for (int i = 0; i < count; ++i) EXPECT_TRUE(ok(add(*store, a_corim(std::to_string(i), fmt::format("device {}\n", i) + std::string(3000, '#')))));
  }
  std::string content() const { return read_text(path_); }
  void write(std::string_view bytes) const { std::ofstream{path_, std::ios::binary} << bytes; }
  void run(const char* sql) const {
    auto database = sqlite::Database::open(path_);
    ASSERT_TRUE(ok(database));
    ASSERT_TRUE(ok(database->run(sql)));
  }
  void run_on_new(const char* sql) const {
    write("");
    run(sql);
  }
  OwnFolder folder_;
  std::string path_ = folder_.path("store.db");
};

TEST_F(SqliteFile, IsItsOwnersAlone) {
  const auto before = ::umask(0);
  const auto store = opened();
  ::umask(before);
  ASSERT_TRUE(ok(add(*store, a_corim("a"))));
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat found = {};
    ASSERT_EQ(::stat((path_ + end).c_str(), &found), 0) << end;
    EXPECT_EQ(found.st_mode & 0777, 0600U) << end;
  }
}

TEST_F(SqliteFile, CannotBeMadeWhereThereIsNoPlace) {
  EXPECT_TRUE(fails(SqliteStore::open(folder_.path("none/store.db"), decode), Errc::io, "cannot be made: No such file"));
  EXPECT_TRUE(fails(SqliteStore::open(folder_.path(""), decode), Errc::config, "no regular file"));
}

TEST_F(SqliteFile, OfSomethingElseIsRefusedAndLeftAlone) {
  {
    std::ofstream{path_} << "not a database, but long enough to hold the header of one, were it there: " << std::string(200, '.');
  }
  const std::string text = content();
  EXPECT_TRUE(fails(open(), Errc::config, "expected a store of assay"));
  EXPECT_EQ(content(), text);
  std::filesystem::remove(path_);
  write("");
  EXPECT_TRUE(fails(open(), Errc::io, "the file is empty"));
  run_on_new("CREATE TABLE corims (a); CREATE TABLE mine (b); INSERT INTO mine VALUES (1); PRAGMA user_version = 7;");
  const std::string other = content();
  EXPECT_TRUE(fails(open(), Errc::config, "a database of something else"));
  EXPECT_EQ(content(), other);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(SqliteFile, OfANewerVersionIsRefused) {
  fill(1);
  run("PRAGMA user_version = 3");
  EXPECT_TRUE(fails(open(), Errc::config, "a store of version 3; expected version 2 or older: this build is too old for it"));
  run("PRAGMA user_version = 2");
  EXPECT_THAT(ids(*opened()), ElementsAre("0"));
}

constexpr const char* kVersion1 =
    "CREATE TABLE corims (number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, scheme TEXT NOT NULL, profile TEXT NOT NULL,"
    " media_type TEXT NOT NULL, signer TEXT NOT NULL, added INTEGER NOT NULL, not_before INTEGER, not_after INTEGER, bytes BLOB NOT NULL, UNIQUE (tenant, id)) STRICT;"
    "INSERT INTO corims VALUES (3, '0', 'old', 'psa', 'p', 'm', 's', 5, NULL, 9, CAST('device 1' AS BLOB)), (7, '0', 'older', 'psa', 'p', 'm', '', 5, NULL, NULL, CAST('device 2' AS BLOB));"
    "PRAGMA user_version = 1;";

TEST_F(SqliteFile, OfVersion1IsMigrated) {
  run_on_new(kVersion1);
  for (int round = 0; round < 2; ++round) {
    const auto store = opened();
    ASSERT_TRUE(store);
    EXPECT_THAT(ids(*store), ElementsAre("old", "older"));
    EXPECT_THAT(values(*store, "device", 9), ElementsAre("1", "2"));
    EXPECT_THAT(values(*store, "device", 10), ElementsAre("2"));
    EXPECT_EQ(store->list("0")->front().signer, "s");
    EXPECT_TRUE(ok(add(*store, a_corim("new"))));
    EXPECT_TRUE(ok(store->clear("nobody")));
    EXPECT_EQ(ids(*store).back(), "new");
    EXPECT_TRUE(ok(SqliteStore::check(path_)));
    run("DELETE FROM corims WHERE id = 'new'; UPDATE position SET generation = generation + 1;");
  }
}

TEST_F(SqliteFile, ADamagedFileIsSaidToBeAndIsLeftAlone) {
  fill(40);
  const std::string good = content();
  const std::string wrong_value = [&] {
    std::string text = good;
    text[text.find("device 17") + 7] ^= 1;
    return text;
  }();
  struct Row {
    std::string bytes;
    Errc errc;
    std::string_view text;
  };
  std::string zeroed = good;
  zeroed.replace(4096, good.size() - 4096, std::string(good.size() - 4096, '\0'));
  for (const Row& row : {Row{good.substr(0, good.size() / 2), Errc::io, "damaged"}, Row{good.substr(0, 4096), Errc::io, "damaged"}, Row{good.substr(0, 50), Errc::config, "store of assay"},
                         Row{wrong_value, Errc::io, "the file is damaged: CoRIM \"17\" is not what was stored"}, Row{zeroed, Errc::io, "damaged"}, Row{"", Errc::io, "empty"}}) {
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    write(row.bytes);
    EXPECT_TRUE(fails(open(), row.errc, row.text)) << row.bytes.size();
    EXPECT_TRUE(fails(SqliteStore::check(path_), row.errc, row.text)) << row.bytes.size();
    EXPECT_EQ(content(), row.bytes);
  }
  write(good);
  EXPECT_TRUE(ok(SqliteStore::check(path_)));
  EXPECT_EQ(ids(*opened()).size(), 40U);
}

TEST_F(SqliteFile, AChangedPolicyIsNoticed) {
  const auto store = opened();
  ASSERT_TRUE(ok(store->add(policy("a"))));
  ASSERT_TRUE(ok(store->activate("0", "PSA_IOT", "a")));
  run("UPDATE policies SET rules = 'package evil'; UPDATE position SET policies = policies + 1;");
  EXPECT_TRUE(fails(store->policies("0", ""), Errc::io, "policy \"a\" is not what was stored"));
  EXPECT_TRUE(fails(store->ready(), Errc::io, "policy \"a\""));
  EXPECT_TRUE(fails(open(), Errc::io, "policy \"a\""));
}

TEST_F(SqliteFile, ACorimThatCannotBeDecodedIsNamed) {
  fill(2);
  const auto store = opened();
  ASSERT_TRUE(ok(store->add(a_corim("new", "broken"), {})));
  EXPECT_TRUE(fails(open(), Errc::malformed, "CoRIM \"new\": broken"));
  EXPECT_TRUE(ok(store->ready()));
}

TEST_F(SqliteFile, TwoProcessesSeeEachOthersChanges) {
  const auto one = opened();
  const auto other = opened();
  const auto soon = [] { std::this_thread::sleep_for(std::chrono::milliseconds{150}); };
  ASSERT_TRUE(ok(add(*one, a_corim("a", "device 1\n"))));
  EXPECT_THAT(values(*one, "device"), ElementsAre("1"));
  soon();
  EXPECT_THAT(values(*other, "device"), ElementsAre("1"));
  ASSERT_TRUE(ok(add(*other, a_corim("b", "device 2\n"))));
  ASSERT_TRUE(ok(add(*one, a_corim("c", "device 3\n"))));
  EXPECT_THAT(values(*one, "device"), ElementsAre("1", "2", "3")) << "what was added behind its back is there, too, and in order";
  EXPECT_TRUE(fails(add(*other, a_corim("c", "device 4\n")), Errc::conflict));
  ASSERT_TRUE(ok(other->add(policy("p"))));
  ASSERT_TRUE(ok(other->activate("0", "PSA_IOT", "p")));
  soon();
  EXPECT_THAT(values(*other, "device"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(one->active_policy("0", "PSA_IOT")->value().uuid, "p");
  ASSERT_TRUE(ok(one->clear("0")));
  ASSERT_TRUE(ok(add(*one, a_corim("c", "device 5\n"))));
  soon();
  EXPECT_THAT(values(*other, "device"), ElementsAre("5"));
  EXPECT_THAT(ids(*other), ElementsAre("c"));
}

// An I/O loop asks that before it looks anything up itself.
TEST_F(SqliteFile, AnswersFromMemoryWhileNobodyElseHasWritten) {
  const auto one = opened();
  const auto other = opened();
  const auto soon = [] { std::this_thread::sleep_for(std::chrono::milliseconds{150}); };
  soon();
  EXPECT_TRUE(one->answers_from_memory());
  ASSERT_TRUE(ok(add(*other, a_corim("a", "device 1\n"))));
  soon();
  EXPECT_FALSE(one->answers_from_memory());
  EXPECT_FALSE(one->answers_from_memory()) << "having looked is not having read";
  EXPECT_THAT(values(*one, "device"), ElementsAre("1")) << "at once";
  EXPECT_TRUE(one->answers_from_memory());
  ASSERT_TRUE(ok(add(*other, a_corim("b", "device 2\n"))));
  soon();
  EXPECT_FALSE(one->answers_from_memory());
  ASSERT_TRUE(ok(one->ready()));
  EXPECT_TRUE(one->answers_from_memory());
  soon();
  ASSERT_TRUE(one->answers_from_memory());
  ASSERT_TRUE(ok(add(*other, a_corim("c", "device 3\n"))));
  EXPECT_THAT(values(*one, "device"), ElementsAre("1", "2")) << "right after it was asked, a look-up does not look at the file";
  soon();
  EXPECT_THAT(values(*one, "device"), ElementsAre("1", "2", "3"));
}

TEST_F(SqliteFile, AVisitorIsNotGivenWhatIsDamaged) {
  fill(3);
  const auto store = opened();
  run("UPDATE corims SET bytes = CAST('device evil' AS BLOB) WHERE id = '1'");
  Strings seen;
  EXPECT_TRUE(fails(store->visit("0",
                                 [&](const appraise::StoredCorim& one) -> Result<void> {
                                   seen.push_back(one.id);
                                   return {};
                                 }),
                    Errc::io, "CoRIM \"1\" is not what was stored"));
  EXPECT_THAT(seen, ElementsAre("0"));
  EXPECT_TRUE(fails(store->list("0"), Errc::io, "CoRIM \"1\""));
}

// Numbers are not used again: most of them may belong to nobody, or to others.
TEST_F(SqliteFile, WhatLiesFarApartIsVisited) {
  const auto store = opened();
  run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
      " INSERT INTO corims SELECT i, 'other', i, 'psa', '', '', '', 0, NULL, NULL, x'', x'' FROM n; UPDATE position SET number = 9000000000;");
  ASSERT_TRUE(ok(store->add(a_corim("a", "#"), {})));
  EXPECT_THAT(ids(*store), ElementsAre("a"));
}

TEST_F(SqliteFile, NothingIsAcknowledgedIntoAFileThatIsGone) {
  const auto store = opened();
  ASSERT_TRUE(ok(add(*store, a_corim("a"))));
  std::filesystem::rename(path_, path_ + ".old");
  EXPECT_TRUE(fails(add(*store, a_corim("b")), Errc::io, "removed or replaced"));
  EXPECT_TRUE(fails(store->clear("0"), Errc::io, "removed or replaced"));
  EXPECT_TRUE(fails(store->add(policy("p")), Errc::io, "removed or replaced"));
  EXPECT_TRUE(fails(store->ready(), Errc::io, "removed or replaced"));
  std::filesystem::rename(path_ + ".old", path_);
  EXPECT_TRUE(ok(add(*store, a_corim("b"))));
}

TEST_F(SqliteFile, AnotherWriterIsWaitedForAndThenGivenUp) {
  const auto store = opened();
  const auto database = sqlite::Database::open(path_);
  ASSERT_TRUE(ok(database));
  {
    const auto held = sqlite::Transaction::begin(*database);
    EXPECT_TRUE(fails(add(*store, a_corim("a")), Errc::unavailable, "another process holds it"));
    EXPECT_THAT(values(*store, "device"), IsEmpty()) << "reading goes on";
  }
  EXPECT_TRUE(ok(add(*store, a_corim("a"))));
}

// A file system without room, as one process sees it: no file of it may grow over a limit.
TEST_F(SqliteFile, AFullDiskLosesNothingAndKeepsNoHalves) {
  fill(3);
  const ::pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto store = open();
    const rlimit limit{200000, 200000};
    if (!store || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(100);
    int added = 0;
    for (; added < 90; ++added) {
      const auto result = add(**store, a_corim("n" + std::to_string(added), "device n\n" + std::string(5000, '#')));
      if (result) continue;
      // What could not be kept is not found, and small things may still fit.
      const bool is_said = result.error().errc == Errc::io && values(**store, "device").size() == static_cast<std::size_t>(added) + 3;
      ::_exit(is_said && ids(**store).size() == static_cast<std::size_t>(added) + 3 ? added : 101);
    }
    ::_exit(102);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  const int added = WEXITSTATUS(status);
  ASSERT_LT(added, 90);
  ASSERT_GT(added, 2);
  EXPECT_TRUE(ok(SqliteStore::check(path_)));
  EXPECT_EQ(ids(*opened()).size(), static_cast<std::size_t>(added) + 3);
  EXPECT_TRUE(ok(add(*opened(), a_corim("more"))));
}

// A child adds and tells; it is killed at a random moment. What it told is there, and whole.
TEST_F(SqliteFile, WhatWasAcknowledgedSurvivesAKill) {
  int told_in_all = 0;
  for (int round = 0; round < 50; ++round) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = open();
      for (int i = 0; store; ++i) {
        const std::string id = fmt::format("{}-{}", round, i);
        if (!add(**store, a_corim(id, fmt::format("device {}\n", id) + std::string(4000, '#')))) break;
        if (::write(ends[1], &i, sizeof i) != sizeof i) break;
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    int told = 0;
    int number = 0;
    if (::read(ends[0], &number, sizeof number) == sizeof number) ++told;
    std::this_thread::sleep_for(std::chrono::milliseconds{crypto::random_bytes(1)[0] % 30});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &number, sizeof number) == sizeof number) ++told;
    ::close(ends[0]);
    told_in_all += told;
    const auto store = opened();
    ASSERT_TRUE(store) << "round " << round;
    int found = 0;
    const auto listed = store->list("0");
    ASSERT_TRUE(ok(listed));
    for (const auto& one : *listed) found += one.id.starts_with(std::to_string(round) + "-") ? 1 : 0;
    EXPECT_GE(found, told) << "round " << round;
    EXPECT_LE(found, told + 1) << "at most the one that was under way";
    EXPECT_EQ(values(*store, "device").size(), listed->size());
    ASSERT_TRUE(ok(store->clear("0")));
  }
  EXPECT_TRUE(ok(SqliteStore::check(path_)));
  EXPECT_GE(told_in_all, 50);
}

TEST_F(SqliteFile, SessionsEndWithTheProcess) {
  {
    const auto store = opened();
    ASSERT_TRUE(ok(store->open(session("s"), 1000)));
  }
  EXPECT_TRUE(fails(opened()->claim("0", "s", 1000), Errc::not_found));
}

TEST_F(SqliteFile, IsOpenedByUrl) {
  fill(1);
  for (const std::string& url : {path_, "sqlite:" + path_}) {
    const auto store = store::open(url, decode, Missing::refuse);
    ASSERT_TRUE(ok(store));
    EXPECT_THAT(ids(**store), ElementsAre("0"));
    EXPECT_TRUE(ok(check(url)));
  }
  EXPECT_TRUE(ok(store::open("memory:", decode)));
  EXPECT_TRUE(fails(store::open(folder_.path("none"), decode, Missing::refuse), Errc::not_found, "no such file"));
  EXPECT_TRUE(fails(check(folder_.path("none")), Errc::not_found));
  for (const char* url : {"", "mysql://localhost/x", "sqlite:", "http://x"}) EXPECT_TRUE(fails(store::open(url, decode), Errc::usage)) << url;
}

}  // namespace
}  // namespace assay::store
