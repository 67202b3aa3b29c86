#include "model/ear/ar4si.h"

#include <gtest/gtest.h>

#include "codec/json/json.h"
#include "testing/testing.h"

namespace assay::ear {
namespace {

using testing::fails;
using testing::ok;

// The tiers as draft-ietf-rats-ar4si §2.3.2 draws them, one row per range.
struct Range {
  int from, to;
  Tier tier;
};
constexpr std::array kRanges{
    Range{-128, -97, Tier::contraindicated},
    Range{-96, -33, Tier::warning},
    Range{-32, -2, Tier::affirming},
    Range{-1, 1, Tier::none},
    Range{2, 31, Tier::affirming},
    Range{32, 95, Tier::warning},
    Range{96, 127, Tier::contraindicated},
};

TEST(Ar4si, T21_EveryValueLiesInItsTier) {
  int seen = 0;
  for (const Range& range : kRanges) {
    for (int value = range.from; value <= range.to; ++value, ++seen) {
      EXPECT_EQ(tier_of(static_cast<std::int8_t>(value)), range.tier) << value;
      TrustVector vector;
      vector[Claim::hardware] = static_cast<std::int8_t>(value);
      EXPECT_EQ(vector.status(), range.tier) << value;
    }
  }
  EXPECT_EQ(seen, 256);
}

TEST(Ar4si, T21_TextsEqualTheInterfaceTexts) {
  const auto texts = json::parse(testing::vector_text("ear/claim-texts.json"));
  ASSERT_TRUE(ok(texts));
  const auto compare = [](Claim claim, const json::Object& values) {
    for (const auto& [number, expected] : values) {
      const auto value = static_cast<std::int8_t>(std::stoi(number));
      const auto found = meaning(claim, value);
      ASSERT_TRUE(found) << name(claim) << ' ' << number;
      const json::Object& member = *expected.object();
      EXPECT_EQ(found->tag, *member.find("tag")->text());
      EXPECT_EQ(found->brief, *member.find("short")->text());
      EXPECT_EQ(found->sentence, *member.find("long")->text());
      EXPECT_EQ(text(claim, value, false), *member.find("short")->text());
      EXPECT_EQ(text(claim, value, true), *member.find("long")->text());
      EXPECT_EQ(value_from_text(claim, *member.find("tag")->text()).value(), value);
    }
  };
  const json::Object& common = *texts->object()->find("(all claims, tier none)")->object()->find("values")->object();
  int entries = 0;
  for (const Claim claim : kAllClaims) {
    const json::Object& entry = *texts->object()->find(name(claim))->object();
    EXPECT_EQ(title(claim), *entry.find("title")->text());
    const json::Object& values = *entry.find("values")->object();
    compare(claim, values);
    compare(claim, common);
    entries += static_cast<int>(values.size() + common.size());
  }
  // And nothing that the list does not have.
  int meanings = 0;
  for (const Claim claim : kAllClaims) {
    for (int value = -128; value <= 127; ++value) meanings += meaning(claim, static_cast<std::int8_t>(value)) ? 1 : 0;
  }
  EXPECT_EQ(meanings, entries);
  EXPECT_EQ(texts->object()->size(), kClaims + 1);
}

TEST(Ar4si, UnknownValuesSayTheirNumber) {
  EXPECT_EQ(text(Claim::configuration, 36, false), "unknown code-point 36");
  EXPECT_EQ(text(Claim::hardware, -100, true), "unknown code-point -100");
}

TEST(Ar4si, NamesAreFoundAgain) {
  for (const Claim claim : kAllClaims) EXPECT_EQ(claim_by_name(name(claim)), claim);
  EXPECT_FALSE(claim_by_name("Hardware"));
  for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated}) {
    EXPECT_EQ(tier_by_name(name(tier)), tier);
    EXPECT_EQ(tier_by_number(static_cast<std::int64_t>(tier)), tier);
  }
  EXPECT_FALSE(tier_by_name("Affirming"));
  EXPECT_FALSE(tier_by_number(1));
  EXPECT_FALSE(tier_by_number(258));  // 2 in its low byte
}

TEST(Ar4si, T21_StatusIsTheWorstClaim) {
  TrustVector vector;
  EXPECT_EQ(vector.status(), Tier::none);
  vector[Claim::executables] = 33;
  vector[Claim::hardware] = 2;
  EXPECT_EQ(vector.status(), Tier::warning);
  vector.set_all(kCryptoFailed);
  EXPECT_EQ(vector.status(), Tier::contraindicated);
  EXPECT_EQ(worse(Tier::affirming, Tier::warning), Tier::warning);
}

struct Written {
  Claim claim;
  std::string_view text;
  int value;
};
class ValueFromText : public ::testing::TestWithParam<Written> {};

TEST_P(ValueFromText, IsANumberOrATag) {
  const auto value = value_from_text(GetParam().claim, GetParam().text);
  ASSERT_TRUE(ok(value));
  EXPECT_EQ(*value, GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(Ar4si, ValueFromText,
                         ::testing::Values(Written{Claim::hardware, "33", 33}, Written{Claim::hardware, "-128", -128}, Written{Claim::hardware, "+127", 127},
                                           Written{Claim::executables, "approved_rt", 2}, Written{Claim::executables, "Approved-RT", 2},
                                           Written{Claim::executables, "approved rt", 2}, Written{Claim::executables, "ApprovedBoot", 3},
                                           Written{Claim::configuration, "ApprovedConfig", 2}, Written{Claim::storage_opaque, "HWEncryptedSecrets", 2},
                                           Written{Claim::sourced_data, "untrusted.sources", 32}, Written{Claim::hardware, "crypto_failed", 99},
                                           Written{Claim::hardware, "unexected_evidence", 1}, Written{Claim::hardware, "unexpected_evidence", 1}));

struct Misfit {
  Claim claim;
  std::string_view text;
  std::string_view part;
};
class ValueFromTextRefuses : public ::testing::TestWithParam<Misfit> {};

TEST_P(ValueFromTextRefuses, WhatIsNeither) { EXPECT_TRUE(fails(value_from_text(GetParam().claim, GetParam().text), Errc::invalid, GetParam().part)); }

INSTANTIATE_TEST_SUITE_P(Ar4si, ValueFromTextRefuses,
                         ::testing::Values(Misfit{Claim::hardware, "128", "out of range for TrustClaim: 128"}, Misfit{Claim::hardware, "-129", "out of range"},
                                           Misfit{Claim::hardware, "99999999999999999999", "out of range"}, Misfit{Claim::hardware, " 33 ", "not a valid TrustClaim value: \" 33 \""},
                                           Misfit{Claim::hardware, "", "not a valid TrustClaim value: \"\""}, Misfit{Claim::hardware, "+-5", "not a valid"},
                                           Misfit{Claim::hardware, "0x10", "not a valid"}, Misfit{Claim::hardware, "approved", "not a valid"},
                                           Misfit{Claim::hardware, "approved_rt", "tag \"approved_rt\" of claim executables; expected a tag of hardware"}));

TEST(Ar4si, ATagOfAnotherClaimOnlyOnRequest) {
  EXPECT_EQ(value_from_text(Claim::hardware, "approved_rt", true).value(), 2);
  EXPECT_EQ(value_from_text(Claim::runtime_opaque, "unrecognized_hw", true).value(), 97);
}

}  // namespace
}  // namespace assay::ear
