// The C header as a C++ program sees it. What is inside has its own tests in src/*.rs.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "assay_rust.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

// A status and its text, freed.
struct Answer {
  assay_status status;
  std::string text;

  bool operator==(const Answer&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Answer& answer) { return out << answer.status << " '" << answer.text << "'"; }
};

template <typename Call>
Answer answer_of(Call call) {
  assay_buf out{nullptr, 0};
  const assay_status status = call(&out);
  Answer answer{status, std::string(out.data, out.size)};
  assay_buf_free(&out);
  EXPECT_EQ(out.data, nullptr);
  return answer;
}

// An engine, used as the header recommends.
class Engine {
 public:
  Engine() : rego_(assay_rego_new()) {}
  explicit Engine(assay_rego* rego) : rego_(rego) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { assay_rego_free(rego_); }

  assay_rego* get() const { return rego_; }
  Answer add(std::string_view policy, assay_rego_dialect dialect = ASSAY_REGO_V0) {
    return answer_of([&](assay_buf* out) { return assay_rego_add_policy(rego_, dialect, "test", 4, policy.data(), policy.size(), out); });
  }
  Answer input(std::string_view json) {
    return answer_of([&](assay_buf* out) { return assay_rego_set_input(rego_, json.data(), json.size(), out); });
  }
  Answer data(std::string_view json) {
    return answer_of([&](assay_buf* out) { return assay_rego_set_data(rego_, json.data(), json.size(), out); });
  }
  Answer builtin(std::string_view name, std::uint8_t arguments, assay_rego_builtin function, void* context) {
    return answer_of([&](assay_buf* out) { return assay_rego_add_builtin(rego_, name.data(), name.size(), arguments, function, context, out); });
  }
  Answer check() {
    return answer_of([&](assay_buf* out) { return assay_rego_check(rego_, out); });
  }
  Answer rule(std::string_view path) {
    return answer_of([&](assay_buf* out) { return assay_rego_eval_rule(rego_, path.data(), path.size(), out); });
  }
  Answer query(std::string_view text) {
    return answer_of([&](assay_buf* out) { return assay_rego_eval_query(rego_, text.data(), text.size(), out); });
  }

 private:
  assay_rego* rego_;
};

TEST(Rust, SaysItsVersions) {
  EXPECT_TRUE(std::string_view(assay_rust_version()).find("regorus 0.14.1") != std::string_view::npos);
}

// --- Rego ---

TEST(Rego, EvaluatesV0) {
  Engine engine;
  EXPECT_EQ(engine.add("package policy\nallow { input.level >= 3 } else = false\nx = {3, 1}"), (Answer{ASSAY_OK, "data.policy"}));
  EXPECT_EQ(engine.check(), (Answer{ASSAY_OK, ""}));
  EXPECT_EQ(engine.input(R"({"level": 4})").status, ASSAY_OK);
  EXPECT_EQ(engine.rule("data.policy.allow"), (Answer{ASSAY_OK, "true"}));
  EXPECT_EQ(engine.input(R"({"level": 2})").status, ASSAY_OK);
  EXPECT_EQ(engine.rule("data.policy.allow"), (Answer{ASSAY_OK, "false"}));
  EXPECT_EQ(engine.rule("data.policy.x"), (Answer{ASSAY_OK, "[1,3]"}));
}

TEST(Rego, EvaluatesV1NextToV0InOneEngine) {
  Engine engine;
  EXPECT_EQ(engine.add("package v0\nfloor = 3").status, ASSAY_OK);
  EXPECT_EQ(engine.add("package v1\nallow if { every x in input { x >= data.v0.floor } }", ASSAY_REGO_V1).status, ASSAY_OK);
  EXPECT_EQ(engine.add("package bad\nallow { true }", ASSAY_REGO_V1).status, ASSAY_ERR);
  EXPECT_EQ(engine.input("[3, 5]").status, ASSAY_OK);
  EXPECT_EQ(engine.rule("data.v1.allow"), (Answer{ASSAY_OK, "true"}));
}

// `if` without an import: how the default policy of Trustee's key broker is written.
TEST(Rego, TakesIfWithoutAnImport) {
  for (const auto dialect : {ASSAY_REGO_V0, ASSAY_REGO_V1}) {
    Engine engine;
    EXPECT_EQ(engine.add("package policy\ndefault allow = false\nallow if { not input.sample }", dialect).status, ASSAY_OK);
    EXPECT_EQ(engine.rule("data.policy.allow"), (Answer{ASSAY_OK, "true"}));
  }
}

// An `else` after `some`: regorus' other engine, the RVM, gets it wrong.
TEST(Rego, TakesTheElseOfARuleWithSome) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx = 2 { some i; input.c[i].v >= 3 } else = 32").status, ASSAY_OK);
  EXPECT_EQ(engine.input(R"({"c": [{"v": 1}]})").status, ASSAY_OK);
  EXPECT_EQ(engine.rule("data.p.x"), (Answer{ASSAY_OK, "32"}));
}

TEST(Rego, TellsUndefinedFromMissing) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx { input.no }").status, ASSAY_OK);
  EXPECT_EQ(engine.rule("data.p.x"), (Answer{ASSAY_UNDEFINED, ""}));
  EXPECT_EQ(engine.query("data.p.x"), (Answer{ASSAY_UNDEFINED, ""}));
  EXPECT_EQ(engine.rule("data.p.y").status, ASSAY_ERR);
}

TEST(Rego, AnswersAQueryAsOpaPrintsIt) {
  Engine engine;
  const Answer answer = engine.query("1 + 1");
  EXPECT_EQ(answer.status, ASSAY_OK);
  EXPECT_EQ(answer.text.find(R"({"result":[{"expressions":[{"value":2,"text":"1 + 1")"), 0u) << answer.text;
}

TEST(Rego, ReplacesData) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx = data.plugin").status, ASSAY_OK);
  EXPECT_EQ(engine.data(R"({"plugin": "resource"})").status, ASSAY_OK);
  EXPECT_EQ(engine.rule("data.p.x"), (Answer{ASSAY_OK, R"("resource")"}));
  EXPECT_EQ(engine.data("[1]").status, ASSAY_ERR);
}

TEST(Rego, KeepsAnEngineWhoseCloneGoesItsOwnWay) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx = input.n").status, ASSAY_OK);
  EXPECT_EQ(engine.check().status, ASSAY_OK);
  std::vector<std::thread> threads;
  std::vector<Answer> answers(4);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    assay_rego* clone = assay_rego_clone(engine.get());
    threads.emplace_back([&answers, i, clone] {
      Engine mine(clone);
      mine.input(R"({"n": )" + std::to_string(i) + "}");
      answers[i] = mine.rule("data.p.x");
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], (Answer{ASSAY_OK, std::to_string(i)}));
  EXPECT_EQ(engine.rule("data.p.x").status, ASSAY_UNDEFINED);
}

TEST(Rego, RefusesABadPolicyWithItsPlace) {
  Engine engine;
  const Answer answer = engine.add("package p\nx = = 1");
  EXPECT_EQ(answer.status, ASSAY_ERR);
  EXPECT_NE(answer.text.find("test:2:5"), std::string::npos) << answer.text;
  EXPECT_EQ(engine.add("").status, ASSAY_ERR);
  EXPECT_EQ(engine.input("{").status, ASSAY_ERR);
  EXPECT_EQ(engine.add("package p\nx = 1").status, ASSAY_OK) << "a refused policy must not spoil the engine";
  EXPECT_EQ(engine.rule("data.p.x"), (Answer{ASSAY_OK, "1"}));
}

TEST(Rego, FindsAnUnsafeVariableWhenChecked) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx { y > 1 }").status, ASSAY_OK);
  EXPECT_EQ(engine.check().status, ASSAY_ERR);
}

TEST(Rego, RefusesDeepBracketsAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string open : {"[", "{", "(", "[\n", "f(", "a["}) {
    const std::string close = open.find('(') != std::string::npos ? ")" : open[0] == '{' ? "}"
                                                                                         : "]";
    std::string policy = "package p\nx = ";
    for (int i = 0; i < 300; ++i) policy += open;
    policy += "1";
    for (int i = 0; i < 300; ++i) policy += close;
    Engine engine;
    EXPECT_EQ(engine.add(policy).status, ASSAY_LIMIT) << open;
    EXPECT_EQ(engine.query(policy.substr(10)).status, ASSAY_LIMIT) << open;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Rego, RefusesALongPolicy) {
  Engine engine;
  const std::string long_policy = "package p\nx = 1" + std::string(65536 - 15, '\n');
  EXPECT_EQ(engine.add(long_policy + "\n").status, ASSAY_LIMIT);
  EXPECT_EQ(assay_rego_set_source_limits(engine.get(), 0, 65537, 0), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_rego_set_source_limits(engine.get(), 0, 0, 100'000), ASSAY_OK);
  EXPECT_EQ(engine.add(long_policy).status, ASSAY_OK);
  EXPECT_EQ(assay_rego_set_source_limits(engine.get(), 0, 20, 0), ASSAY_OK);
  EXPECT_EQ(engine.add("package q\nx = 1 + 1 + 1").status, ASSAY_ERR);
}

constexpr std::string_view kEndless = "package p\nx { some i, j; numbers.range(1, 3000)[i]; numbers.range(1, 3000)[j]; i + j < 0 }\ny = 1";

TEST(Rego, StopsAtTheTimeLimit) {
  Engine engine;
  EXPECT_EQ(engine.add(kEndless).status, ASSAY_OK);
  EXPECT_EQ(assay_rego_set_time_limit(engine.get(), 50'000, 0), ASSAY_OK);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(engine.rule("data.p.x").status, ASSAY_LIMIT);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(engine.rule("data.p.y"), (Answer{ASSAY_OK, "1"})) << "the engine must work again";
}

TEST(Rego, StopsAtTheMemoryLimit) {
  Engine engine;
  std::string policy = "package p\na0 = \"0123456789abcdef\"\n";
  for (int i = 1; i <= 24; ++i) policy += "a" + std::to_string(i) + " = concat(\"\", [a" + std::to_string(i - 1) + ", a" + std::to_string(i - 1) + "])\n";
  EXPECT_EQ(engine.add(policy).status, ASSAY_OK);
  EXPECT_EQ(assay_rego_set_memory_limit(64 << 20), ASSAY_OK);
  EXPECT_EQ(engine.rule("data.p.a24").status, ASSAY_LIMIT);
  EXPECT_EQ(assay_rego_set_memory_limit(0), ASSAY_OK);
}

TEST(Rego, CatchesAPanicAndTrustsTheEngineNoMore) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx = count(numbers.range(1, 1000000000000000000))\ny = 1").status, ASSAY_OK);
  testing::internal::CaptureStderr();
  const Answer answer = engine.rule("data.p.x");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(answer.status, ASSAY_PANIC);
  EXPECT_EQ(answer.text.find("internal error: "), 0u) << answer.text;
  EXPECT_EQ(engine.rule("data.p.y").status, ASSAY_PANIC);
  EXPECT_EQ(assay_rego_clone(engine.get()), nullptr);
}

TEST(Rego, HasNoClockNoChanceAndNoWayOut) {
  for (const std::string expression : {"rand.intn(\"a\", 10)", "time.now_ns()", "time.parse_rfc3339_ns(\"2026-01-01T00:00:00Z\")", "opa.runtime()", "uuid.rfc4122(\"a\")",
                                       "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1/\"})", "net.cidr_expand(\"0.0.0.0/0\")", "net.lookup_ip_addr(\"localhost\")"}) {
    Engine engine;
    EXPECT_EQ(engine.add("package p\nx = " + expression).status, ASSAY_OK);
    EXPECT_EQ(engine.check().status, ASSAY_OK) << "found when evaluated: " << expression;
    EXPECT_EQ(engine.rule("data.p.x").status, ASSAY_ERR) << expression;
  }
}

TEST(Rego, PrintsNothing) {
  Engine engine;
  EXPECT_EQ(engine.add("package p\nx { print(\"hello\") }").status, ASSAY_OK);
  testing::internal::CaptureStderr();
  EXPECT_EQ(engine.rule("data.p.x"), (Answer{ASSAY_OK, "true"}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// --- Functions of the host ---

void echo(void* context, const char* arguments, std::size_t size, assay_rego_call* call) {
  auto* seen = static_cast<std::string*>(context);
  *seen = std::string(arguments, size);
  if (*seen == "[\"fail\"]") {
    EXPECT_EQ(assay_rego_fail(call, "as asked", 8), ASSAY_OK);
  } else if (*seen == "[\"not json\"]") {
    EXPECT_EQ(assay_rego_reply(call, "{", 1), ASSAY_BAD_ARG);
  } else if (*seen != "[\"silence\"]") {
    EXPECT_EQ(assay_rego_reply(call, arguments, size), ASSAY_OK);
    EXPECT_EQ(assay_rego_reply(call, arguments, size), ASSAY_BAD_ARG) << "a second answer";
  }
}

TEST(Rego, CallsFunctionsOfTheHost) {
  Engine engine;
  std::string seen;
  EXPECT_EQ(engine.builtin("time.parse_rfc3339_ns", 1, echo, &seen).status, ASSAY_OK);
  EXPECT_EQ(engine.add("package p\nx = time.parse_rfc3339_ns(input)").status, ASSAY_OK);
  Engine clone(assay_rego_clone(engine.get()));
  const auto eval = [&](std::string_view input) {
    EXPECT_EQ(clone.input(input).status, ASSAY_OK);
    return clone.rule("data.p.x");
  };
  EXPECT_EQ(eval(R"({"a": [1, "b"]})"), (Answer{ASSAY_OK, R"([{"a":[1,"b"]}])"}));
  EXPECT_EQ(seen, R"([{"a":[1,"b"]}])");
  EXPECT_EQ(eval(R"("silence")").status, ASSAY_UNDEFINED);
  EXPECT_EQ(eval(R"("not json")").status, ASSAY_UNDEFINED);
  const Answer failed = eval(R"("fail")");
  EXPECT_EQ(failed.status, ASSAY_ERR);
  EXPECT_NE(failed.text.find("as asked"), std::string::npos) << failed.text;
}

TEST(Rego, AddsAFunctionOnceAndNeverChance) {
  Engine engine;
  EXPECT_EQ(engine.builtin("f", 1, echo, nullptr).status, ASSAY_OK);
  EXPECT_EQ(engine.builtin("f", 1, echo, nullptr).status, ASSAY_ERR);
  EXPECT_EQ(engine.builtin("rand.intn", 2, echo, nullptr).status, ASSAY_ERR);
  EXPECT_EQ(engine.builtin("g", 1, nullptr, nullptr).status, ASSAY_BAD_ARG);
}

TEST(Rego, BearsNullAndNonsense) {
  Engine engine;
  EXPECT_EQ(assay_rego_check(nullptr, nullptr), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_rego_clone(nullptr), nullptr);
  EXPECT_EQ(assay_rego_set_input(engine.get(), nullptr, 5, nullptr), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_rego_set_input(engine.get(), "\"\xff\"", 3, nullptr), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_rego_add_policy(engine.get(), ASSAY_REGO_V0, nullptr, 0, "package p", 9, nullptr), ASSAY_OK);
  EXPECT_EQ(assay_rego_reply(nullptr, "1", 1), ASSAY_BAD_ARG);
  assay_rego_free(nullptr);
  assay_buf_free(nullptr);
}

// --- ECDSA: RFC 6979 A.2.5 and A.2.6, message "sample" ---

struct Pair {
  const char* name;
  assay_ec_curve curve;
  const char* point;
  assay_hash hash;
  const char* digest;
  const char* rs;

  friend std::ostream& operator<<(std::ostream& out, const Pair& pair) { return out << pair.name; }
};

constexpr const char* kP256 =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr const char* kP384 =
    "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720";
constexpr const char* kSha256 = "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf";
constexpr const char* kSha384 = "9a9083505bc92276aec4be312696ef7bf3bf603f4bbd381196a029f340585312313bca4a9b5b890efee42c77b1ee25fe";
constexpr const char* kSha512 =
    "39a5e04aaff7455d9850c605364f514c11324ce64016960d23d5dc57d3ffd8f49a739468ab8049bf18eef820cdb1ad6c9015f838556bc7fad4138b23fdf986c7";

const Pair kPairs[] = {
    {"P256Sha256", ASSAY_EC_P256, kP256, ASSAY_SHA256, kSha256,
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {"P256Sha384", ASSAY_EC_P256, kP256, ASSAY_SHA384, kSha384,
     "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef77194861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954"},
    {"P256Sha512", ASSAY_EC_P256, kP256, ASSAY_SHA512, kSha512,
     "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f002362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe"},
    {"P384Sha256", ASSAY_EC_P384, kP384, ASSAY_SHA256, kSha256,
     "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cd"
     "f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0"},
    {"P384Sha384", ASSAY_EC_P384, kP384, ASSAY_SHA384, kSha384,
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
    {"P384Sha512", ASSAY_EC_P384, kP384, ASSAY_SHA512, kSha512,
     "ed0959d5880ab2d869ae7f6c2915c6d60f96507f9cb3e047c0046861da4a799cfe30f35cc900056d7c99cd7882433709"
     "512c8cceee3890a84058ce1e22dbc2198f42323ce8aca9135329f03c068e5112dc7cc3ef3446defceb01a45c2667fdd5"},
};

constexpr assay_hash kHashes[] = {ASSAY_SHA256, ASSAY_SHA384, ASSAY_SHA512};

class Key {
 public:
  Key(assay_ec_curve curve, const Bytes& point) : key_(assay_ec_key_new(curve, point.data(), point.size())) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { assay_ec_key_free(key_); }

  const assay_ec_key* get() const { return key_; }
  assay_status verify(assay_hash hash, std::string_view message, const Bytes& rs) const {
    return assay_ec_verify(key_, hash, reinterpret_cast<const std::uint8_t*>(message.data()), message.size(), rs.data(), rs.size());
  }
  assay_status verify_digest(assay_hash hash, const Bytes& digest, const Bytes& rs) const {
    return assay_ec_verify_digest(key_, hash, digest.data(), digest.size(), rs.data(), rs.size());
  }

 private:
  assay_ec_key* key_;
};

class Ecdsa : public testing::TestWithParam<Pair> {};

TEST_P(Ecdsa, AcceptsTheKnownSignature) {
  const Key key(GetParam().curve, from_hex(GetParam().point));
  ASSERT_NE(key.get(), nullptr);
  EXPECT_EQ(key.verify(GetParam().hash, "sample", from_hex(GetParam().rs)), ASSAY_OK);
  EXPECT_EQ(key.verify_digest(GetParam().hash, from_hex(GetParam().digest), from_hex(GetParam().rs)), ASSAY_OK);
}

TEST_P(Ecdsa, RefusesAnotherMessageAndAnotherHash) {
  const Key key(GetParam().curve, from_hex(GetParam().point));
  const Bytes rs = from_hex(GetParam().rs);
  EXPECT_EQ(key.verify(GetParam().hash, "simple", rs), ASSAY_ERR);
  EXPECT_EQ(key.verify(GetParam().hash, "", rs), ASSAY_ERR);
  Bytes digest = from_hex(GetParam().digest);
  digest[0] ^= 1;
  EXPECT_EQ(key.verify_digest(GetParam().hash, digest, rs), ASSAY_ERR);
  for (const assay_hash hash : kHashes) {
    if (hash == GetParam().hash) continue;
    EXPECT_EQ(key.verify(hash, "sample", rs), ASSAY_ERR);
  }
}

TEST_P(Ecdsa, RefusesEveryChangedByteOfTheSignature) {
  const Key key(GetParam().curve, from_hex(GetParam().point));
  Bytes rs = from_hex(GetParam().rs);
  for (auto& byte : rs) {
    byte ^= 0x80;
    EXPECT_EQ(key.verify(GetParam().hash, "sample", rs), ASSAY_ERR);
    byte ^= 0x80;
  }
}

TEST_P(Ecdsa, RefusesEveryOtherSizeOfSignature) {
  const Key key(GetParam().curve, from_hex(GetParam().point));
  const Bytes rs = from_hex(GetParam().rs);
  for (std::size_t size = 0; size <= 140; ++size) {
    if (size == rs.size()) continue;
    Bytes other = rs;
    other.resize(size);
    EXPECT_EQ(key.verify(GetParam().hash, "sample", other), ASSAY_ERR) << size;
  }
}

TEST_P(Ecdsa, RefusesEveryOtherSizeOfDigest) {
  const Key key(GetParam().curve, from_hex(GetParam().point));
  const Bytes digest = from_hex(GetParam().digest);
  for (std::size_t size = 0; size <= 70; ++size) {
    if (size == digest.size()) continue;
    Bytes other = digest;
    other.resize(size);
    EXPECT_EQ(key.verify_digest(GetParam().hash, other, from_hex(GetParam().rs)), ASSAY_BAD_ARG) << size;
  }
}

std::string name_of(const testing::TestParamInfo<Pair>& pair) { return pair.param.name; }

INSTANTIATE_TEST_SUITE_P(Rfc6979, Ecdsa, testing::ValuesIn(kPairs), name_of);

class EcKey : public testing::TestWithParam<Pair> {
 protected:
  assay_ec_curve curve() const { return GetParam().curve; }
  Bytes point() const { return from_hex(GetParam().point); }
  bool admits(const Bytes& point) const { return Key(curve(), point).get() != nullptr; }
};

TEST_P(EcKey, AdmitsOnlyTheExactSize) {
  EXPECT_TRUE(admits(point()));
  for (std::size_t size = 0; size <= 140; ++size) {
    if (size == point().size()) continue;
    Bytes other = point();
    other.resize(size);
    EXPECT_FALSE(admits(other)) << size;
  }
}

TEST_P(EcKey, RefusesOtherEncodingsOfTheSamePoint) {
  Bytes other = point();
  for (int first = 0; first < 256; ++first) {  // 6 and 7 are the hybrid form
    other[0] = static_cast<std::uint8_t>(first);
    EXPECT_EQ(admits(other), first == 4) << first;
  }
  Bytes compressed = point();
  compressed.resize(1 + point().size() / 2);
  for (const std::uint8_t first : {std::uint8_t{2}, std::uint8_t{3}}) {
    compressed[0] = first;
    EXPECT_FALSE(admits(compressed));
  }
  const bool p256 = curve() == ASSAY_EC_P256;
  Bytes spki = from_hex(p256 ? "3059301306072a8648ce3d020106082a8648ce3d030107034200" : "3076301006072a8648ce3d020106052b81040022036200");
  spki.insert(spki.end(), other.begin(), other.end());
  spki[spki.size() - point().size()] = 4;
  EXPECT_FALSE(admits(spki));
}

TEST_P(EcKey, RefusesWhatIsNoPointOfTheCurve) {
  Bytes off = point();
  off.back() ^= 1;
  EXPECT_FALSE(admits(off)) << "off the curve";
  EXPECT_FALSE(admits(Bytes{0})) << "infinity";
  Bytes zero(point().size(), 0);
  EXPECT_FALSE(admits(zero));
  zero[0] = 4;
  EXPECT_FALSE(admits(zero)) << "infinity in long form";
  Bytes large(point().size(), 0xff);
  large[0] = 4;
  EXPECT_FALSE(admits(large)) << "coordinates beyond the field";
}

TEST_P(EcKey, RefusesUnknownConstants) {
  for (const int number : {0, 3}) EXPECT_EQ(Key(static_cast<assay_ec_curve>(number), point()).get(), nullptr);
  const Key key(curve(), point());
  EXPECT_EQ(key.verify(static_cast<assay_hash>(0), "", Bytes(point().size() - 1)), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_ec_verify(nullptr, ASSAY_SHA256, nullptr, 0, nullptr, 0), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_ec_verify(key.get(), ASSAY_SHA256, nullptr, 1, nullptr, 0), ASSAY_BAD_ARG);
  EXPECT_EQ(assay_ec_key_new(curve(), nullptr, point().size()), nullptr);
  assay_ec_key_free(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Rfc6979, EcKey, testing::Values(kPairs[0], kPairs[4]), name_of);

TEST(EcKeyThreads, OneKeyServesAll) {
  const Pair& pair = kPairs[5];  // not the curve's usual hash, so that the threads meet where the key is parsed for it
  const Key key(pair.curve, from_hex(pair.point));
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (auto& count : good) {
    threads.emplace_back([&key, &pair, &count] {
      for (int i = 0; i < 50; ++i) count += key.verify(pair.hash, "sample", from_hex(pair.rs)) == ASSAY_OK;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 50));
}

}  // namespace
