#include "model/corim/diff.h"

#include "model/corim/cots.h"
#include "model/corim/merge.h"
#include "model/corim/template.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::fails;
using testing::ok;
using testing::vector_bytes;

Corim golden(const std::string& name) { return read_corim(vector_bytes("cocli/" + name + ".cbor")).value(); }

// The CoRIM with its first CoMID changed.
template <class F>
Corim with_change(Corim corim, F&& change) {
  Comid comid = read_comid(corim.tags[0].content).value();
  change(comid);
  corim.tags[0].content = write_comid(comid, corim.generation == Generation::d ? Generation::d : Generation::a).value();
  return corim;
}

TEST(CorimDiff, NothingBetweenEncodingsOfOne) {
  const Corim corim = golden("gen-a/golden/corim-psa-full");
  EXPECT_TRUE(diff(corim, corim).value().empty());
  EXPECT_TRUE(diff(corim, read_corim(write_corim(corim, Generation::c).value()).value()).value().empty());
  Corim turned = corim;
  std::swap(turned.tags[0], turned.tags[1]);
  EXPECT_TRUE(diff(corim, turned).value().empty());
}

TEST(CorimDiff, NamesWhatIsAddedRemovedAndChanged) {
  const Corim corim = golden("gen-a/golden/corim-psa-full");
  const auto changed = diff(corim, with_change(corim, [](Comid& comid) { (*comid.triples.reference_values[0].measurements[0].value.digests)[0].value[0] ^= 1; })).value();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].kind, Change::Kind::changed);
  EXPECT_NE(changed[0].subject.find("reference value of "), std::string::npos) << changed[0].subject;
  EXPECT_NE(changed[0].subject.find("\"BL\""), std::string::npos) << changed[0].subject;
  EXPECT_NE(changed[0].before, changed[0].after);
  const Corim fewer = with_change(corim, [](Comid& comid) { comid.triples.reference_values[0].measurements.pop_back(); });
  ASSERT_EQ(diff(corim, fewer)->size(), 1u);
  EXPECT_EQ(diff(corim, fewer)->front().kind, Change::Kind::removed);
  EXPECT_EQ(diff(fewer, corim)->front().kind, Change::Kind::added);
  Corim other = corim;
  other.profile = "tag:other";
  ASSERT_EQ(diff(corim, other)->size(), 1u);
  EXPECT_EQ(diff(corim, other)->front().subject, "CoRIM profile");
}

TEST(CorimDiff, AnUnreadableTagIsAnError) {
  Corim corim = golden("gen-a/golden/corim-psa-full");
  corim.tags[0].content = {0xff};
  EXPECT_TRUE(fails(diff(corim, corim), Errc::malformed, "first: CoMID 0"));
}

TEST(CorimMerge, TakesEachTagOnce) {
  const Corim full = golden("gen-a/golden/corim-psa-full");
  Corim first = full;
  first.tags.pop_back();
  Corim second = full;
  second.tags.erase(second.tags.begin());
  EXPECT_EQ(merge({first, second}).value(), full);
  EXPECT_EQ(merge({full, full}).value(), full);
  EXPECT_TRUE(fails(merge({}), Errc::usage));
}

TEST(CorimMerge, RefusesWhatContradictsItself) {
  const Corim full = golden("gen-a/golden/corim-psa-full");
  EXPECT_TRUE(fails(merge({full, golden("gen-a/golden/corim-cca-platform")}), Errc::mismatch, "as the first has"));
  EXPECT_TRUE(fails(merge({full, with_change(full, [](Comid& comid) { comid.language = "fr"; })}), Errc::conflict, "43bbe37f-2e61-4b33-aed3-53cff1428b16"));
  Corim later = full;
  later.validity = Validity{full.validity->not_after + 1, full.validity->not_after + 2};
  EXPECT_TRUE(fails(merge({full, later}), Errc::invalid, "no time"));
  later.validity = Validity{full.validity->not_after - 1, full.validity->not_after + 2};
  EXPECT_EQ(merge({full, later})->validity, (Validity{full.validity->not_after - 1, full.validity->not_after}));
}

Corim with_all_kinds() { return golden("gen-a/golden/corim-full-with-coswid-cots"); }
Corim with_other_store(Corim corim, const std::string& purpose) {
  Cots cots = read_cots(corim.tags[2].content).value();
  cots.identity = TagIdentity{.id = std::string{"store"}};
  cots.purposes = {purpose};
  corim.tags[2].content = write_cots(cots, Generation::a).value();
  return corim;
}
Corim with_other_software(Corim corim) {
  Coswid coswid = read_coswid(corim.tags[1].content).value();
  for (SwidMember& member : coswid.tag.members) {
    if (member.key == 1) member.value = std::string{"Other software"};
  }
  corim.tags[1].content = write_coswid(coswid);
  return corim;
}

TEST(CorimDiff, LooksIntoTrustAnchorStoresAndSoftwareTags) {
  const Corim corim = with_all_kinds();
  EXPECT_TRUE(diff(corim, corim).value().empty());
  const auto software = diff(corim, with_other_software(corim)).value();
  ASSERT_EQ(software.size(), 1u);
  EXPECT_EQ(software[0].kind, Change::Kind::changed);
  EXPECT_TRUE(software[0].subject.starts_with("CoSWID ")) << software[0].subject;
  EXPECT_TRUE(software[0].subject.ends_with(" software-name")) << software[0].subject;
  EXPECT_EQ(software[0].after, "\"Other software\"");
  const auto store = diff(with_other_store(corim, "eat"), with_other_store(corim, "corim")).value();
  ASSERT_EQ(store.size(), 1u);
  EXPECT_TRUE(store[0].subject.starts_with("CoTS \"store\" ")) << store[0].subject;
  EXPECT_EQ(store[0].before, "\"eat\"");
  Corim fewer = corim;
  fewer.tags.resize(1);
  const auto gone = diff(corim, fewer).value();
  EXPECT_FALSE(gone.empty());
  for (const Change& change : gone) EXPECT_EQ(change.kind, Change::Kind::removed) << change.subject;
  fewer = corim;
  fewer.tags[2].content = testing::hex("01");
  EXPECT_TRUE(fails(diff(corim, fewer), Errc::malformed));
}

TEST(CorimMerge, TagsOfEveryKindThatContradict) {
  const Corim corim = with_all_kinds();
  EXPECT_EQ(merge({corim, corim})->tags, corim.tags);
  EXPECT_TRUE(fails(merge({corim, with_other_software(corim)}), Errc::conflict, "CoSWID"));
  EXPECT_TRUE(fails(merge({with_other_store(corim, "eat"), with_other_store(corim, "corim")}), Errc::conflict, "CoTS"));
  EXPECT_EQ(merge({corim, with_other_store(corim, "eat")})->tags.size(), 4u);  // the first has no id
}

TEST(CorimDiff, NothingThatIsSaidIsPassedOver) {
  const Corim corim = golden("gen-d/golden/corim-psa-full");
  const auto subjects = [&](auto change) {
    std::vector<std::string> all;
    const auto changes = diff(corim, with_change(corim, change));
    EXPECT_TRUE(ok(changes));
    for (const Change& one : changes.value_or(std::vector<Change>{})) all.push_back(one.subject);
    return all;
  };
  using Subjects = std::vector<std::string>;
  EXPECT_EQ(subjects([](Comid& comid) { comid.language = "fr"; }), Subjects{"CoMID lang"});
  EXPECT_EQ(subjects([](Comid& comid) { comid.entities.push_back({"other", {}, {0}, {}}); }), Subjects{"CoMID entities"});
  EXPECT_EQ(subjects([](Comid& comid) { comid.linked_tags = std::vector<LinkedTag>{{TagId{"old"}, 1, {}}}; }), Subjects{"CoMID linked-tags"});
  EXPECT_EQ(subjects([](Comid& comid) { comid.unknown.push_back({77, {1}}); }), Subjects{"CoMID 77"});
  EXPECT_EQ(subjects([](Comid& comid) { comid.triples.unknown.push_back({77, {1}}); }), Subjects{"triples 77"});
  EXPECT_EQ(subjects([](Comid& comid) { comid.triples.reference_values[0].measurements[0].unknown.push_back({77, {1}}); }).size(), 1u);
  const auto conditions = subjects([](Comid& comid) {
    if (comid.triples.attest_keys.empty()) comid.triples.attest_keys.push_back({comid.triples.reference_values[0].environment, {}, {}});
    comid.triples.attest_keys[0].condition = KeyTriple::Condition{Mkey{std::string{"k"}}, {}, {}};
  });
  ASSERT_EQ(conditions.size(), 1u);
  EXPECT_TRUE(conditions[0].ends_with(", conditions")) << conditions[0];
}

TEST(CorimMerge, NamesItAndKeepsWhatIsUnknown) {
  Corim first = golden("gen-a/golden/corim-psa-full");
  Corim second = first;
  second.unknown.push_back({77, {1}});
  const Corim all = merge({first, second}, TagId{"all"}).value();
  EXPECT_EQ(std::get<std::string>(all.id), "all");
  EXPECT_EQ(all.unknown, second.unknown);
  first.unknown.push_back({77, {2}});
  EXPECT_TRUE(fails(merge({first, second}), Errc::conflict, "two members 77 that differ"));
}

// Each of them read again for each: hours.
TEST(CorimMerge, IsLinearInTheNumberOfTags) {
  const Corim full = golden("gen-a/golden/corim-psa-full");
  Comid comid = read_comid(full.tags[0].content).value();
  Corim many = full;
  many.tags.clear();
  for (int i = 0; i < 5000; ++i) {
    comid.identity.id = std::to_string(i);
    many.tags.push_back({TagKind::comid, write_comid(comid, Generation::a).value()});
  }
  EXPECT_EQ(merge({many, full, many})->tags.size(), 5000 + full.tags.size());
}

}  // namespace
}  // namespace assay::corim
