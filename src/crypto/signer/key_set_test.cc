#include "crypto/signer/key_set.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/key_formats.h"
#include "crypto/signer/secret_file.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

namespace fs = std::filesystem;
using testing::fails;
using testing::ok;
using testing::read_text;

class KeySets : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "assay_keys_" + std::to_string(::getpid()) + "_" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(std::string_view name) const { return folder_ + "/" + std::string{name}; }
  std::string write(std::string_view name, std::string_view content, unsigned mode = 0600) const {
    const std::string file = path(name);
    fs::create_directories(fs::path{file}.parent_path());
    ::chmod(fs::path{file}.parent_path().c_str(), 0700);
    std::ofstream{file, std::ios::binary} << content;
    ::chmod(file.c_str(), mode);
    return file;
  }
  KeySource kept() const { return {.folder = path("keys")}; }
  std::vector<std::string> names(std::string_view suffix) const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator{path("keys")}) {
      if (entry.path().filename().string().ends_with(suffix)) all.push_back(entry.path().filename());
    }
    std::ranges::sort(all);
    return all;
  }
  std::string folder_;
};

unsigned mode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}
PrivateKey make(KeyKind kind = KeyKind::p256) { return PrivateKey::generate(kind).value(); }
std::string jwk_of(const PrivateKey& key, std::string_view more = "") {
  std::string text = json::print(to_jwk(key));
  text.pop_back();
  return text + std::string{more} + "}";
}
bool signs(const KeySet& set, const PublicKey& key) {
  const ActiveKey active = set.active();
  const auto signature = active.signer->sign(as_bytes("m"));
  return signature && verify(key, active.signer->algorithm(), as_bytes("m"), *signature);
}

TEST_F(KeySets, TheFirstStartMakesAKeyForItselfAlone) {
  const auto set = KeySet::open(kept());
  ASSERT_TRUE(ok(set));
  EXPECT_EQ((*set)->active().signer->algorithm(), Sig::es256);
  EXPECT_EQ((*set)->active().kid, jwk_thumbprint((*set)->active().signer->public_key()));
  EXPECT_EQ((*set)->active().header_kid, std::nullopt);
  EXPECT_TRUE((*set)->retired().empty());
  ASSERT_EQ(names(".pem").size(), 1U);
  EXPECT_EQ(mode_of(path("keys/" + names(".pem").front())), 0600U);
  EXPECT_EQ(mode_of(path("keys")), 0700U);
  EXPECT_EQ(read_text(path("keys/active")), names(".pem").front() + "\n");
  EXPECT_TRUE(names(".new").empty());
  const auto again = KeySet::open(kept());
  ASSERT_TRUE(ok(again));
  EXPECT_TRUE(signs(**again, (*set)->active().signer->public_key()));
}

TEST_F(KeySets, RotationKeepsThePublicHalfAndForgetsThePrivateOne) {
  const auto set = KeySet::open(kept()).value();
  std::vector<PublicKey> keys{set->active().signer->public_key()};
  for (int i = 0; i < 3; ++i) {
    const auto kid = set->rotate();
    ASSERT_TRUE(ok(kid));
    EXPECT_EQ(*kid, set->active().kid);
    EXPECT_EQ(set->active().header_kid, *kid);
    keys.push_back(set->active().signer->public_key());
    EXPECT_EQ(names(".pem").size(), 1U);
    EXPECT_EQ(names(".pub").size(), static_cast<std::size_t>(i + 1));
  }
  for (const std::string& name : names(".pub")) EXPECT_EQ(read_text(path("keys/" + name)).find("PRIVATE"), std::string::npos) << name;
  EXPECT_TRUE(signs(*set, keys.back()));
  EXPECT_FALSE(signs(*set, keys.front()));
  // Who opens it anew sees the same set.
  const auto again = KeySet::open(kept()).value();
  EXPECT_EQ(json::print(again->jwks()).size(), json::print(set->jwks()).size());
  const auto published = keys_from_jwks(again->jwks()).value();
  ASSERT_EQ(published.size(), 4U);
  EXPECT_TRUE(published.front().key == keys.back());
  for (const PublicKey& key : keys) {
    EXPECT_TRUE(std::ranges::any_of(published, [&](const NamedKey& one) { return one.key == key && one.kid == jwk_thumbprint(key); }));
  }
  EXPECT_EQ(again->active().header_kid, again->active().kid) << "there has been another";
}

TEST_F(KeySets, TheJwksSaysWhatEachIsFor) {
  const auto set = KeySet::open(kept()).value();
  (void)set->rotate().value();
  const json::Value jwks = set->jwks();
  for (const json::Value& jwk : *jwks.object()->find("keys")->array()) {
    const json::Object& members = *jwk.object();
    EXPECT_EQ(*members.find("use")->text(), "sig");
    EXPECT_EQ(*members.find("alg")->text(), "ES256");
    EXPECT_EQ(*members.find("kid")->text(), jwk_thumbprint(public_key_from_jwk(jwk).value()));
    EXPECT_EQ(members.find("d"), nullptr);
  }
}

TEST_F(KeySets, ASecondProcessSeesARotationAfterReload) {
  const auto one = KeySet::open(kept()).value();
  const auto two = KeySet::open(kept()).value();
  EXPECT_EQ(one->active().kid, two->active().kid);
  const std::string kid = one->rotate().value();
  EXPECT_NE(two->active().kid, kid);
  ASSERT_TRUE(ok(two->reload()));
  EXPECT_EQ(two->active().kid, kid);
  // The second rotates with what it knows of, and loses nothing.
  (void)one->rotate().value();
  (void)two->rotate().value();
  EXPECT_EQ(two->retired().size(), 3U);
  ASSERT_TRUE(ok(one->reload()));
  EXPECT_EQ(one->active().kid, two->active().kid);
}

TEST_F(KeySets, ManyStartsAtOnceMakeOneKey) {
  std::vector<std::string> kids(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& kid : kids) {
      threads.emplace_back([&] {
        const auto set = KeySet::open(kept());
        if (set) kid = (*set)->active().kid;
      });
    }
  }
  for (const std::string& kid : kids) EXPECT_EQ(kid, kids.front());
  EXPECT_FALSE(kids.front().empty());
  EXPECT_EQ(names(".pem").size(), 1U);
}

TEST_F(KeySets, SignersInUseSurviveARotation) {
  const auto set = KeySet::open(kept()).value();
  std::atomic<bool> stop = false;
  std::atomic<int> bad = 0;
  {
    std::jthread thread{[&] {
      while (!stop) {
        const ActiveKey active = set->active();
        const auto signature = active.signer->sign(as_bytes("m"));
        if (!signature || !verify(active.signer->public_key(), Sig::es256, as_bytes("m"), *signature)) ++bad;
      }
    }};
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(ok(set->rotate()));
    stop = true;
  }
  EXPECT_EQ(bad, 0);
}

// What a crash may leave, at each step of a rotation.
TEST_F(KeySets, AnInterruptedRotationCanBeOpened) {
  const PrivateKey old = make(), next = make();
  write("keys/1.pem", old.to_pem());
  write("keys/active", "1.pem\n", 0644);
  write("keys/.2.pem.new", "-----BEGIN PRI");
  EXPECT_TRUE(signs(*KeySet::open(kept()).value(), old.public_key()));
  write("keys/2.pem", next.to_pem());
  EXPECT_TRUE(signs(*KeySet::open(kept()).value(), old.public_key()));
  EXPECT_EQ(KeySet::open(kept()).value()->retired().size(), 1U) << "it will be used, or has been";
  write("keys/1.pub", to_pem(old.public_key()), 0644);
  EXPECT_TRUE(signs(*KeySet::open(kept()).value(), old.public_key()));
  write("keys/active", "2.pem\n", 0644);
  const auto set = KeySet::open(kept()).value();
  EXPECT_TRUE(signs(*set, next.public_key()));
  ASSERT_EQ(set->retired().size(), 1U);
  EXPECT_TRUE(ok(set->rotate()));
  EXPECT_EQ(names(".pem").size(), 1U);
  EXPECT_EQ(set->retired().size(), 2U);
}

TEST_F(KeySets, WithoutActiveTheNewestSigns) {
  const PrivateKey a = make(), b = make();
  write("keys/b.pem", b.to_pem());
  write("keys/a.pem", a.to_pem());
  fs::last_write_time(path("keys/b.pem"), fs::last_write_time(path("keys/a.pem")) - std::chrono::hours{1});
  EXPECT_TRUE(signs(*KeySet::open(kept()).value(), a.public_key()));
  write("keys/active", "b.pem", 0644);
  EXPECT_TRUE(signs(*KeySet::open(kept()).value(), b.public_key()));
}

TEST_F(KeySets, OtherAlgorithmsForFirstKeys) {
  for (const Sig sig : {Sig::es384, Sig::es512, Sig::eddsa}) {
    const KeySource source{.folder = path(jose_name(sig)), .algorithm = sig};
    const auto set = KeySet::open(source);
    ASSERT_TRUE(ok(set)) << jose_name(sig);
    (void)(*set)->rotate().value();
    EXPECT_EQ((*set)->active().signer->algorithm(), sig);
  }
  EXPECT_TRUE(fails(KeySet::open({.folder = path("EdDSA"), .algorithm = Sig::es256}), Errc::mismatch, "ES256 with a key of Ed25519"));
}

TEST_F(KeySets, GivenKeys) {
  const PrivateKey key = make(KeyKind::p384);
  const auto open = [&](const std::string& file, std::optional<Sig> sig = {}) { return KeySet::open({.key = file, .folder = path("keys"), .algorithm = sig}); };
  const std::string pem = write("k.pem", key.to_pem());
  for (const std::string& name : {pem, "file://" + pem, "file:" + pem, "file://localhost" + pem}) {
    const auto set = open(name);
    ASSERT_TRUE(ok(set)) << name;
    EXPECT_TRUE(signs(**set, key.public_key()));
    EXPECT_EQ((*set)->active().header_kid, std::nullopt);
    EXPECT_EQ((*set)->active().kid, jwk_thumbprint(key.public_key()));
    EXPECT_TRUE(fails((*set)->rotate(), Errc::config, "a key that was given cannot be rotated here"));
  }
  EXPECT_FALSE(fs::exists(path("keys"))) << "nothing is made beside a given key";
  const auto named = open(write("k.jwk", " " + jwk_of(key, R"(,"kid":"mine","alg":"ES384")")));
  ASSERT_TRUE(ok(named));
  EXPECT_EQ((*named)->active().kid, "mine");
  EXPECT_EQ((*named)->active().header_kid, "mine");
  EXPECT_NE(json::print((*named)->jwks()).find(R"("kid":"mine")"), std::string::npos);
  const PrivateKey rsa = make(KeyKind::rsa);
  EXPECT_EQ(open(write("r.jwk", jwk_of(rsa, R"(,"alg":"RS256")"))).value()->active().signer->algorithm(), Sig::rs256);
  EXPECT_EQ(open(path("r.jwk"), Sig::ps384).value()->active().signer->algorithm(), Sig::ps384);
}

TEST_F(KeySets, AGivenKeyThatIsReplacedIsReadAgain) {
  const PrivateKey a = make(), b = make();
  const std::string file = write("k.pem", a.to_pem());
  const auto set = KeySet::open({.key = file}).value();
  write("k.pem", b.to_pem());
  EXPECT_TRUE(signs(*set, a.public_key()));
  EXPECT_TRUE(ok(set->reload()));
  EXPECT_TRUE(signs(*set, b.public_key()));
  write("k.pem", "nonsense");
  EXPECT_FALSE(set->reload().has_value());
  EXPECT_TRUE(signs(*set, b.public_key())) << "what works stays";
}

TEST_F(KeySets, KeysThatOthersCanReadAreRefused) {
  const std::string pem = make().to_pem();
  for (const unsigned mode : {0644U, 0640U, 0604U, 0602U, 0660U, 0666U, 0777U, 0610U}) {
    const std::string file = write("k.pem", pem, mode);
    EXPECT_TRUE(fails(KeySet::open({.key = file}), Errc::forbidden, "a secret that other users can read or change (mode 0")) << mode;
    EXPECT_TRUE(fails(KeySet::open({.key = file}), Errc::forbidden, "chmod 600 '" + file + "'")) << mode;
    write("keys/k.pem", pem, mode);
    EXPECT_TRUE(fails(KeySet::open(kept()), Errc::forbidden, "keys/k.pem")) << mode;
  }
  for (const unsigned mode : {0600U, 0400U, 0700U}) EXPECT_TRUE(ok(KeySet::open({.key = write("k.pem", pem, mode)}))) << mode;
}

TEST_F(KeySets, FoldersThatOthersCanWriteIntoAreRefused) {
  ASSERT_TRUE(ok(KeySet::open(kept())));
  for (const unsigned mode : {0770U, 0707U, 0722U}) {
    ::chmod(path("keys").c_str(), mode);
    EXPECT_TRUE(fails(KeySet::open(kept()), Errc::forbidden, "others may write into this folder")) << mode;
  }
  ::chmod(path("keys").c_str(), 0755);
  EXPECT_TRUE(ok(KeySet::open(kept())));
}

TEST_F(KeySets, FilesThatAreNoKeys) {
  const PrivateKey key = make();
  struct Row {
    std::string content;
    Errc errc;
    std::string_view part;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"", Errc::malformed, "k.pem"},
           {"nonsense", Errc::malformed, "k.pem"},
           {key.to_pem().substr(0, 60), Errc::malformed, "k.pem"},
           {to_pem(key.public_key()), Errc::malformed, "k.pem"},
           {json::print(to_jwk(key.public_key())), Errc::missing, "k.pem: /d"},
           {"{", Errc::malformed, "k.pem"},
           {jwk_of(key, R"(,"kid":7)"), Errc::malformed, "/kid"},
           {jwk_of(key, R"(,"alg":"RS256")"), Errc::mismatch, "/alg"},
           {jwk_of(key, R"(,"d":"AA")"), Errc::duplicate, "\"d\" twice"},
           {std::string(70000, ' '), Errc::limit, "at most 65536"},
       }) {
    const auto set = KeySet::open({.key = write("k.pem", row.content)});
    ASSERT_FALSE(set.has_value()) << row.content;
    EXPECT_NE(set.error().text().find(row.part), std::string::npos) << set.error();
    if (row.errc != Errc::malformed) {
      EXPECT_EQ(set.error().errc, row.errc) << set.error();
    }
    EXPECT_EQ(set.error().text().find(to_base64url(key.scalar().expose())), std::string::npos);
  }
  EXPECT_TRUE(fails(KeySet::open({.key = path("nowhere.pem")}), Errc::not_found, "nowhere.pem"));
  EXPECT_TRUE(fails(KeySet::open({.key = folder_}), Errc::io, "not a file"));
  EXPECT_TRUE(fails(KeySet::open({.key = "/dev/null"}), Errc::io, "not a file"));
  for (const std::string_view url : {"file:", "file://host/k.pem", "file:k.pem", "file:////k.pem", "file:///k%2epem"}) EXPECT_TRUE(fails(KeySet::open({.key = std::string{url}}), Errc::config, "file:///absolute/path")) << url;
  EXPECT_TRUE(fails(KeySet::open({}), Errc::config, "neither a key nor a folder"));
}

TEST_F(KeySets, FoldersThatMakeNoSense) {
  const std::string pem = make().to_pem();
  for (const std::string_view active : {"", "x.pem", "../k.pem", "a.pem b.pem", "a.pem\nb.pem", "a"}) {
    write("keys/a.pem", pem);
    write("k.pem", pem);
    write("keys/active", active, 0644);
    EXPECT_TRUE(fails(KeySet::open(kept()), Errc::config, "is no key of this folder")) << active;
  }
  fs::remove(path("keys/a.pem"));
  EXPECT_TRUE(fails(KeySet::open(kept()), Errc::config, "its key is gone"));
  write("keys/a.pem", pem);
  write("keys/active", "a.pem", 0644);
  write("keys/old.pub", "nonsense", 0644);
  const auto broken = KeySet::open(kept());
  ASSERT_FALSE(broken.has_value());
  EXPECT_NE(broken.error().text().find("keys/old.pub"), std::string::npos) << broken.error();
  fs::remove(path("keys/old.pub"));
  for (int i = 0; i < 64; ++i) write(fmt::format("keys/{}.pub", i), to_pem(make().public_key()), 0644);
  EXPECT_TRUE(fails(KeySet::open(kept()), Errc::limit, "65 keys"));
  fs::remove(path("keys/0.pub"));
  EXPECT_TRUE(fails(KeySet::open(kept()).value()->rotate(), Errc::limit, "remove the oldest"));
  write("file", "");
  EXPECT_TRUE(fails(KeySet::open({.folder = path("file/keys")}), Errc::io));
}

TEST_F(KeySets, AFailedRotationChangesNothing) {
  const auto set = KeySet::open(kept()).value();
  const PublicKey key = set->active().signer->public_key();
  write("keys/other.pem", "nonsense");
  EXPECT_FALSE(set->rotate().has_value());
  EXPECT_EQ(names(".pem").size(), 2U);
  EXPECT_TRUE(signs(*set, key));
  fs::remove(path("keys/other.pem"));
  EXPECT_TRUE(signs(*KeySet::open(kept()).value(), key));
  fs::remove_all(path("keys"));
  EXPECT_TRUE(fails(set->rotate(), Errc::config, "its key is gone"));
  EXPECT_TRUE(signs(*set, key));
}

}  // namespace
}  // namespace assay::crypto
