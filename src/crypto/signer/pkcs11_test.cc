#include "crypto/signer/pkcs11.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <shared_mutex>
#include <thread>

#include "crypto/key_formats.h"
#include "crypto/signer/cryptoki.h"
#include "crypto/signer/key_set.h"
#include "testing/testing.h"

namespace assay::crypto {
namespace {

namespace fs = std::filesystem;
using testing::fails;
using testing::ok;

constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";
constexpr std::string_view kPin = "1234";

// SoftHSM with a folder of tokens of its own. The module is one for the process and reads its configuration when it is initialized, so the
// tokens of all tests are in one folder, and are made before.
class SoftHsm : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists(kModule)) return;
    folder_ = ::testing::TempDir() + "assay_softhsm_" + std::to_string(::getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/tokens");
    std::ofstream{folder_ + "/softhsm2.conf"} << "directories.tokendir = " << folder_ << "/tokens\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
    ::setenv("SOFTHSM2_CONF", (folder_ + "/softhsm2.conf").c_str(), 1);
    write("pin", std::string{kPin} + "\n");
    write("wrong-pin", "4321\n");
    ready_ = init("assay") && import("assay", p256(), "ear", "01") && import("assay", p384(), "big", "02") && import("assay", other(), "twin", "03") && import("assay", p521(), "twin", "04") && import("assay", rsa(), "rsa", "05") && init("empty") && init("same") && init("same");
  }
  static void TearDownTestSuite() {
    // Its files are about to go.
    if (const auto module = Cryptoki::load(kModule)) (**module)->C_Finalize(nullptr);
    fs::remove_all(folder_);
  }
  void SetUp() override {
    // Debian's package, of tools/packages.txt; elsewhere it may be missing.
    if (!fs::exists(kModule)) GTEST_SKIP() << "no SoftHSM at " << kModule;
    ASSERT_TRUE(ready_) << "softhsm2-util failed";
  }

  static bool run(std::vector<std::string> words) {
    std::vector<char*> arguments;
    words.insert(words.begin(), "softhsm2-util");
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const bool started = ::posix_spawnp(&child, "softhsm2-util", &quiet, nullptr, arguments.data(), environ) == 0;
    posix_spawn_file_actions_destroy(&quiet);
    int status = 1;
    return started && ::waitpid(child, &status, 0) == child && status == 0;
  }
  static bool init(const std::string& token) { return run({"--init-token", "--free", "--label", token, "--so-pin", "5678", "--pin", std::string{kPin}}); }
  static bool import(const std::string& token, const PrivateKey& key, const std::string& label, const std::string& id) {
    write("key.pem", key.to_pem());
    return run({"--import", folder_ + "/key.pem", "--token", token, "--label", label, "--id", id, "--pin", std::string{kPin}});
  }
  static std::string write(const std::string& name, std::string_view content, unsigned mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream{path, std::ios::binary} << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::string uri(std::string_view path, std::string_view pin = "pin") { return fmt::format("pkcs11:{}?module-path={}&pin-source=file:{}/{}", path, kModule, folder_, pin); }

  static const PrivateKey& make(KeyKind kind, int which = 0) {
    static std::map<std::pair<KeyKind, int>, PrivateKey> made;
    return made.try_emplace({kind, which}, PrivateKey::generate(kind).value()).first->second;
  }
  static const PrivateKey& p256() { return make(KeyKind::p256); }
  static const PrivateKey& other() { return make(KeyKind::p256, 1); }
  static const PrivateKey& p384() { return make(KeyKind::p384); }
  static const PrivateKey& p521() { return make(KeyKind::p521); }
  static const PrivateKey& rsa() { return make(KeyKind::rsa); }

  // As if the token had been taken out and put in: nothing of before is valid any more.
  static void forget_sessions() {
    const Cryptoki* module = Cryptoki::load(kModule).value();
    // Not within the loop's head: what a temporary there holds is gone in its body (g++ 12, clang 19; C++23 has it otherwise).
    const auto tokens = list_tokens(*module);
    ASSERT_TRUE(ok(tokens));
    for (const Token& token : *tokens) EXPECT_EQ((*module)->C_CloseAllSessions(token.slot), CKR_OK);
  }
  static void finalize() { (*Cryptoki::load(kModule).value())->C_Finalize(nullptr); }
  // Numbers of sessions begin anew.
  static void restart() {
    const Cryptoki& module = *Cryptoki::load(kModule).value();
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    EXPECT_EQ(module->C_Finalize(nullptr), CKR_OK);
    EXPECT_EQ(module->C_Initialize(&arguments), CKR_OK);
  }

  inline static std::string folder_;
  inline static bool ready_ = false;
};

::testing::AssertionResult signs(const Signer& signer, const PublicKey& key) {
  const auto signature = signer.sign(as_bytes("message"));
  if (!signature) return ::testing::AssertionFailure() << signature.error();
  const auto good = verify(key, signer.algorithm(), as_bytes("message"), *signature);
  return good ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << good.error();
}

TEST_F(SoftHsm, SignaturesVerifyWithThePublicKeyOfTheToken) {
  struct Row {
    std::string path;
    const PrivateKey& key;
    Sig sig;
  };
  for (const Row& row : {Row{"token=assay;object=ear", p256(), Sig::es256}, Row{"token=assay;id=%01", p256(), Sig::es256}, Row{"token=assay;object=ear;id=%01;type=private", p256(), Sig::es256}, Row{"token=assay;model=SoftHSM%20v2;object=big", p384(), Sig::es384}, Row{"token=assay;object=twin;id=%03", other(), Sig::es256}}) {
    const auto signer = open_pkcs11(uri(row.path));
    ASSERT_TRUE(ok(signer)) << row.path;
    EXPECT_EQ((*signer)->algorithm(), row.sig) << row.path;
    EXPECT_TRUE((*signer)->public_key() == row.key.public_key()) << row.path;
    EXPECT_TRUE(signs(**signer, row.key.public_key())) << row.path;
  }
}

TEST_F(SoftHsm, WhatIsWrongIsSaidAtTheStart) {
  write("readable-pin", kPin, 0644);
  write("no-pin", "\n");
  write("long-pin", std::string(300, '1'));
  write("library", "not a library");
  const auto with_module = [](std::string_view path) { return fmt::format("pkcs11:token=assay;object=ear?module-path={}", path); };
  struct Row {
    std::string uri;
    Errc errc;
    std::string_view part;
  };
  for (const Row& row : std::initializer_list<Row>{
           {uri("token=nope;object=ear"), Errc::not_found, "no token \"nope\"; there are"},
           {uri("token=nope;object=ear"), Errc::not_found, "\"assay\" (serial "},
           {uri("token=assay;serial=0;object=ear"), Errc::not_found, "no token \"assay\", serial \"0\""},
           {uri("token=same;object=ear"), Errc::conflict, "2 tokens could be meant"},
           {uri("object=ear"), Errc::conflict, "4 tokens could be meant"},
           {uri("slot-id=4242424242;object=ear"), Errc::not_found, "no slot"},
           {uri("token=empty;object=ear"), Errc::not_found, "no private key: object \"ear\""},
           {uri("token=empty"), Errc::not_found, "no private key: any object"},
           {uri("token=assay;object=Ear"), Errc::not_found, "no private key: object \"Ear\""},
           {uri("token=assay;object=ear;id=%02"), Errc::not_found, "no private key"},
           {uri("token=assay;object=twin"), Errc::conflict, "2 private keys: object \"twin\" id 0"},
           {uri("token=assay"), Errc::conflict, "5 private keys"},
           {uri("token=assay;object=twin;id=%04"), Errc::unsupported, "expected P-256 or P-384"},
           {uri("token=assay;object=rsa"), Errc::unsupported, "is no EC key"},
           {uri("token=assay;object=ear", "wrong-pin"), Errc::config, "wrong-pin (CKR_PIN_INCORRECT)"},
           {uri("token=assay;object=ear", "readable-pin"), Errc::forbidden, "chmod 600"},
           {uri("token=assay;object=ear", "no-pin"), Errc::config, "a PIN of 0 characters"},
           {uri("token=assay;object=ear", "long-pin"), Errc::config, "a PIN of 300 characters"},
           {uri("token=assay;object=ear", "nowhere"), Errc::not_found, "nowhere: cannot be opened"},
           {with_module(kModule), Errc::config, "it wants a PIN; expected pin-source="},
           {with_module("/nowhere/module.so"), Errc::config, "/nowhere/module.so"},
           {with_module(folder_ + "/library"), Errc::config, "library"},
           {with_module("/lib/x86_64-linux-gnu/libm.so.6"), Errc::config, "no PKCS#11 module"},
           {"pkcs11:token=assay", Errc::config, "no module-path"},
       }) {
    const auto signer = open_pkcs11(row.uri);
    EXPECT_TRUE(fails(signer, row.errc, row.part)) << row.uri;
    EXPECT_TRUE(signer || signer.error().text().find("4321") == std::string::npos) << row.uri;
    forget_sessions();  // a login lasts while there is a session; each row has its own
  }
}

TEST_F(SoftHsm, ThreadsShareOne) {
  const auto signer = open_pkcs11(uri("token=assay;object=ear")).value();
  std::atomic<int> bad = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 25; ++n) bad += signs(*signer, p256().public_key()) ? 0 : 1;
      });
    }
  }
  EXPECT_EQ(bad, 0);
}

TEST_F(SoftHsm, SeveralSignersShareALogin) {
  const auto one = open_pkcs11(uri("token=assay;object=ear")).value();
  auto two = open_pkcs11(uri("token=assay;object=big")).value();
  two.reset();
  EXPECT_TRUE(signs(*one, p256().public_key()));
}

TEST_F(SoftHsm, LostSessionsAreMadeAnew) {
  const auto signer = open_pkcs11(uri("token=assay;object=ear")).value();
  for (int i = 0; i < 3; ++i) {
    forget_sessions();
    EXPECT_TRUE(signs(*signer, p256().public_key())) << i;
  }
  finalize();
  EXPECT_TRUE(signs(*signer, p256().public_key()));
}

// All threads find their sessions gone at once, and one of them connects; those that are late must not use its sessions, which may have the
// numbers of theirs. What SoftHSM 2.6 itself does not bear is left out: sessions are taken away while nobody signs (it frees what its other
// threads use), and it is never without C_Initialize while several threads call it (each makes an instance, and frees the others').
TEST_F(SoftHsm, LostUnderManyThreads) {
  const auto one = open_pkcs11(uri("token=assay;object=ear")).value();
  const auto two = open_pkcs11(uri("token=assay;object=big")).value();
  std::shared_mutex in_use;
  std::atomic<int> bad = 0;
  std::atomic<bool> stop = false;
  std::atomic<bool> wanted = false;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!stop) {
          while (wanted && !stop) std::this_thread::yield();  // else readers never let the writer in
          const std::shared_lock lock{in_use};
          bad += signs(*one, p256().public_key()) && signs(*two, p384().public_key()) ? 0 : 1;
        }
      });
    }
    for (int i = 0; i < 10; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      wanted = true;
      const std::unique_lock lock{in_use};
      i % 2 == 0 ? forget_sessions() : restart();
      wanted = false;
    }
    stop = true;
  }
  EXPECT_EQ(bad, 0);
}

TEST_F(SoftHsm, ATokenThatIsAwayComesBack) {
  const auto signer = open_pkcs11(uri("token=assay;object=ear")).value();
  finalize();
  fs::rename(folder_ + "/tokens", folder_ + "/away");
  fs::create_directory(folder_ + "/tokens");
  EXPECT_TRUE(fails(signer->sign(as_bytes("m")), Errc::unavailable, "no token \"assay\"; there is none"));
  finalize();
  fs::remove_all(folder_ + "/tokens");
  fs::rename(folder_ + "/away", folder_ + "/tokens");
  EXPECT_TRUE(fails(signer->sign(as_bytes("m")), Errc::unavailable)) << "at once is too early";
  std::this_thread::sleep_for(std::chrono::milliseconds{1100});
  EXPECT_TRUE(signs(*signer, p256().public_key()));
}

TEST_F(SoftHsm, ARefusedPinIsNotTriedAgain) {
  const std::string pin = write("changing-pin", kPin);
  const auto signer = open_pkcs11(uri("token=assay;object=ear", "changing-pin")).value();
  write("changing-pin", "4321");
  forget_sessions();
  EXPECT_TRUE(fails(signer->sign(as_bytes("m")), Errc::unavailable, "it refuses the PIN of " + pin));
  std::this_thread::sleep_for(std::chrono::milliseconds{1100});
  EXPECT_TRUE(fails(signer->sign(as_bytes("m")), Errc::unavailable, "not tried again before that changes"));
  write("changing-pin", kPin);
  std::this_thread::sleep_for(std::chrono::milliseconds{1100});
  EXPECT_TRUE(signs(*signer, p256().public_key()));
}

// Somebody puts another token with the same names into the slot.
TEST_F(SoftHsm, AnotherKeyOfThatNameIsNotUsed) {
  const auto signer = open_pkcs11(uri("token=assay;object=ear")).value();
  finalize();
  fs::rename(folder_ + "/tokens", folder_ + "/away");
  fs::create_directory(folder_ + "/tokens");
  ASSERT_TRUE(init("assay") && import("assay", other(), "ear", "01"));
  EXPECT_TRUE(fails(signer->sign(as_bytes("m")), Errc::unavailable, "is another key than before"));
  finalize();
  fs::remove_all(folder_ + "/tokens");
  fs::rename(folder_ + "/away", folder_ + "/tokens");
}

TEST_F(SoftHsm, KeySetsTakeTheirUri) {
  const auto set = KeySet::open({.key = uri("token=assay;object=ear"), .folder = folder_ + "/keys"});
  ASSERT_TRUE(ok(set));
  EXPECT_TRUE(signs(*(*set)->active().signer, p256().public_key()));
  EXPECT_EQ((*set)->active().kid, jwk_thumbprint(p256().public_key()));
  EXPECT_EQ((*set)->active().header_kid, std::nullopt);
  EXPECT_TRUE(fails((*set)->rotate(), Errc::config, "cannot be rotated here"));
  EXPECT_TRUE(ok((*set)->reload()));
  EXPECT_FALSE(fs::exists(folder_ + "/keys"));
  EXPECT_TRUE(fails(KeySet::open({.key = uri("token=assay;object=ear"), .algorithm = Sig::es384}), Errc::mismatch, "ES384 for a key that makes ES256"));
}

}  // namespace
}  // namespace assay::crypto
