#include "services/access/password.h"

#include "testing/testing.h"

namespace assay::access {
namespace {

using testing::fails;
using testing::ok;

// Made by others: jBCrypt's and OpenBSD's test vectors, crypt_blowfish's, Go's x/crypto.
struct Published {
  std::string_view password;
  std::string_view hash;
};
const Published kPublished[] = {
    {"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
    {"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"},
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
    {"allmine", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"},
};

TEST(Password, PublishedHashesMatchTheirPasswordsOnly) {
  for (const auto& [password, hash] : kPublished) {
    const auto parsed = PasswordHash::parse(hash);
    ASSERT_TRUE(ok(parsed)) << hash;
    EXPECT_TRUE(parsed->matches(password)) << hash;
    for (const std::string& other : {std::string{}, std::string{password} + "x", std::string{password.substr(1)}, std::string{password} + std::string(1, '\0'), std::string{password} + std::string("\0x", 2)}) EXPECT_FALSE(parsed->matches(other)) << hash;
  }
}

TEST(Password, WhatIsMadeMatches) {
  const auto made = hash_password("correct horse", kLeastCost);
  ASSERT_TRUE(ok(made));
  EXPECT_TRUE(made->starts_with("$2b$04$"));
  EXPECT_NE(*made, hash_password("correct horse", kLeastCost).value());
  const auto parsed = PasswordHash::parse(*made);
  ASSERT_TRUE(ok(parsed));
  EXPECT_TRUE(parsed->matches("correct horse"));
  EXPECT_FALSE(parsed->matches("correct Horse"));
  EXPECT_FALSE(parsed->matches(std::string(600, 'x')));
  EXPECT_EQ(hash_password("x").value().substr(0, 7), "$2b$10$");
}

TEST(Password, WhatBcryptWouldNotReadIsNotHashed) {
  EXPECT_TRUE(fails(hash_password(""), Errc::invalid, "nothing"));
  EXPECT_TRUE(fails(hash_password(std::string(73, 'x')), Errc::invalid, "73 bytes"));
  EXPECT_TRUE(ok(hash_password(std::string(72, 'x'), kLeastCost)));
  EXPECT_TRUE(fails(hash_password(std::string("a\0b", 3)), Errc::invalid, "a NUL"));
  for (const int cost : {-1, 0, 3, 15, 31}) EXPECT_TRUE(fails(hash_password("x", cost), Errc::invalid, "expected 4 to 14")) << cost;
}

TEST(PasswordHash, RefusesOtherHashesWithoutShowingThem) {
  const std::string good{kPublished[0].hash};
  const auto with = [&](std::size_t at, std::string_view text) { return std::string{good}.replace(at, text.size(), text); };
  for (const std::string& bad : {std::string{}, std::string{"secret"}, good.substr(1), good + "x", good.substr(0, 59), with(0, "$1"), with(2, "x"), with(2, "c"), with(3, "."), with(4, "x"), with(6, "0"), with(30, ":"), with(30, std::string_view("\0", 1)), std::string{"$y$j9T$abc"}}) {
    const auto parsed = PasswordHash::parse(bad);
    EXPECT_TRUE(fails(parsed, Errc::config, "expected a bcrypt hash")) << bad;
    EXPECT_TRUE(parsed || bad.size() < 6 || parsed.error().text().find(bad.substr(0, 6)) == std::string::npos) << bad;
  }
  for (const std::string_view cost : {"00", "03", "15", "31", "99"}) EXPECT_TRUE(fails(PasswordHash::parse(with(4, cost)), Errc::config, "expected 4 to 14")) << cost;
}

// Some makers leave bits behind the salt's last character.
TEST(PasswordHash, SpareBitsOfTheSaltDoNotMatter) {
  std::string hash{"$2b$04$abcdefghijklmnopqrstuuwHJMEGjfAzmL1lWmUmlphguIbWfjYey"};
  EXPECT_TRUE(PasswordHash::parse(hash).value().matches("hello"));
  hash[28] = 'z';
  EXPECT_TRUE(PasswordHash::parse(hash).value().matches("hello"));
}

}  // namespace
}  // namespace assay::access
