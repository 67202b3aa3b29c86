#include "store/memory/packed_references.h"

#include <malloc.h>

#include "model/corim/comid.h"
#include "testing/testing.h"

namespace assay::store {
namespace {

using appraise::KeyedReference;
using appraise::ReferenceValues;

corim::Measurement measurement(std::uint64_t number, corim::Mval value) {
  corim::Measurement one;
  one.key = number;
  one.value = std::move(value);
  return one;
}

corim::ValueTriple triple(std::vector<corim::Measurement> measurements) {
  corim::ValueTriple one;
  one.environment.klass.emplace();
  one.environment.klass->id = corim::Oid{Bytes{0x2a, 3}};
  one.environment.instance = corim::TaggedBytes{Bytes(48, 5)};
  one.measurements = std::move(measurements);
  return one;
}

std::size_t held() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(PackedReferences, GiveTriplesBack) {
  corim::Mval digest;
  digest.digests = corim::Digests{{std::int64_t{7}, Bytes(48, 1)}};
  corim::Mval masked;
  masked.raw_value = corim::RawValue{Bytes(8, 1), Bytes(8, 3)};
  corim::Mval versions;
  versions.version = corim::Version{"1.2", {}};
  versions.svn = corim::Svn{true, 9};
  corim::Measurement old = measurement(1, versions);
  old.key = corim::PsaRefvalId{"BL", "1", Bytes(32, 2)};  // no generation of today writes it
  ReferenceValues values;
  values.keyed.push_back({triple({measurement(0, digest), measurement(641, masked), measurement(3328, versions)}), "a: CoMID 0: reference value 0", "snp"});
  values.keyed.push_back({triple({old}), "a: CoMID 0: reference value 1", "snp"});
  values.keyed.push_back({triple({}), "b", "other"});
  values.keyed.push_back({{}, "", ""});
  const PackedReferences packed{values};
  ASSERT_EQ(packed.keyed(), values.keyed.size());
  for (std::size_t i = 0; i < values.keyed.size(); ++i) {
    const KeyedReference got = packed.keyed(i);
    EXPECT_EQ(got.triple, values.keyed[i].triple) << i;
    EXPECT_EQ(got.origin, values.keyed[i].origin);
    EXPECT_EQ(got.scheme, values.keyed[i].scheme);
  }
}

// A small file may say much; what it says is kept in about its own size.
TEST(PackedReferences, TakeAsMuchAsTheirFile) {
  corim::Mval svn;
  svn.svn = corim::Svn{false, 1};
  struct Row {
    int triples;
    int measurements;
    std::size_t bytes;  // of each measurement
  };
  for (const Row& row : {Row{1, 20000, 12}, Row{10000, 1, 120}}) {
    ReferenceValues values;
    for (int i = 0; i < row.triples; ++i) values.keyed.push_back({triple(std::vector(static_cast<std::size_t>(row.measurements), measurement(1, svn))), fmt::format("a CoRIM: CoMID 0: reference value {}", i), "snp"});
    const std::size_t before = held();
    const PackedReferences packed{values};
    const std::size_t after = held();
    EXPECT_LE(after - before, row.bytes * static_cast<std::size_t>(row.triples * row.measurements)) << row.triples;
    EXPECT_EQ(packed.keyed(0).triple, values.keyed[0].triple);
  }
}

}  // namespace
}  // namespace assay::store
