// How much of it all is read.
#include "codec/cbor/cbor.h"
#include "model/corim/comid.h"
#include "model/corim/coserv.h"
#include "model/corim/coswid.h"
#include "model/corim/cots.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::fails;
using testing::ok;

// {1: {0: "t"}, 4: {}, 100: [0, 0 …]}: nine items and those zeros.
constexpr std::size_t kAround = 9;
Bytes comid_of(std::size_t zeros) {
  cbor::Writer out;
  out.map(3).uint(1).map(1).uint(0).text("t").uint(4).map(0).uint(100).array(zeros);
  return concat({out.view(), Bytes(zeros, 0)});
}

TEST(CorimLimits, ItemsAreCountedBeforeAnythingIsMadeOfThem) {
  EXPECT_TRUE(ok(read_comid(comid_of(kMaxCorimItems - kAround))));
  const Bytes many = comid_of(kMaxCorimItems - kAround + 1);
  EXPECT_TRUE(fails(read_comid(many), Errc::limit, "CoMID: more than 2000000 CBOR items; expected fewer: divide it into several CoMIDs"));
  EXPECT_TRUE(fails(read_corim(many), Errc::limit, "CoRIM: more than 2000000 CBOR items"));
  EXPECT_TRUE(fails(read_cots(many), Errc::limit, "CoTS: more than 2000000 CBOR items"));
  EXPECT_TRUE(fails(read_coswid(many), Errc::limit, "CoSWID: more than 2000000 CBOR items"));
  EXPECT_TRUE(fails(read_coserv(many), Errc::limit, "CoSERV: more than 2000000 CBOR items"));
}

// Three bytes of an empty measurement take 768 in memory, one of an empty environment 344.
TEST(CorimLimits, WhatSaysNothingIsRefusedInAnyForm) {
  const auto comid_with = [](std::string_view triples, std::string_view each, std::size_t count, bool definite) {
    cbor::Writer out;
    out.map(2).uint(1).map(1).uint(0).text("t").uint(4).raw(testing::hex(triples));
    if (definite) out.array(count);
    else out.raw(testing::hex("9f"));
    Bytes bytes = std::move(out).take();
    const Bytes one = testing::hex(each);
    bytes.reserve(bytes.size() + count * one.size() + 1);
    for (std::size_t i = 0; i < count; ++i) append(bytes, one);
    if (!definite) bytes.push_back(0xff);
    return bytes;
  };
  for (const bool definite : {true, false}) {
    EXPECT_TRUE(fails(read_comid(comid_with("a1 00 81 82 a0", "a1 01 a0", 3'000'000, definite)), Errc::limit));
    EXPECT_TRUE(fails(read_comid(comid_with("a1 04 81 82 a0", "a0", 3'000'000, definite)), Errc::limit));
  }
}

TEST(CorimLimits, BytesOfStringsAreNoItems) {
  cbor::Writer out;
  out.map(3).uint(1).map(1).uint(0).text("t").uint(4).map(0).uint(100).bytes(Bytes(kMaxCorimItems * 2, 0));
  EXPECT_TRUE(ok(read_comid(out.view())));
}

}  // namespace
}  // namespace assay::corim
