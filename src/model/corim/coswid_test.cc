#include "model/corim/coswid.h"

#include <sstream>

#include "codec/cbor/cbor.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

using testing::fails;
using testing::hex;
using testing::ok;
using testing::vector_bytes;
using testing::vector_text;

Result<std::string> rewritten(ByteView bytes) {
  const Coswid coswid = TRY(read_coswid(bytes));
  return to_hex(write_coswid(coswid));
}

// A tag with this member (key and value) behind the mandatory ones.
Bytes with_member(std::string_view member) {
  cbor::Writer out;
  out.map(3).raw(hex("00626964 02a2181f61411821 01")).raw(hex(member));
  return std::move(out).take();
}
std::string shown(std::string_view member) { return json::print(*to_json(read_coswid(with_member(member)).value()).object()); }

// The bytes that the reference command puts into a CoRIM, behind the head of tag 505.
TEST(Coswid, WritesWhatTheReferenceWrites) {
  std::size_t good = 0;
  std::size_t refused = 0;
  std::istringstream in{vector_text("cocli/edge-cases/coswid.jsonl")};
  for (std::string text; std::getline(in, text);) {
    const json::Value line = json::parse(text).value();
    const std::string name = *line.object()->find("name")->text();
    const json::Object& reference = *line.object()->find("gen_a")->object();
    const auto made = rewritten(hex(*line.object()->find("coswid_in_hex")->text()));
    const bool expected = *reference.find("ok")->boolean();
    EXPECT_EQ(made.has_value(), expected) << name << ": " << (made ? *made : made.error().text());
    if (!expected) ++refused;
    if (!made || !expected) continue;
    EXPECT_EQ("d901f9" + *made, *reference.find("tag_bytes_hex")->text()) << name;
    // The output is its own input, also with its tag.
    EXPECT_EQ(rewritten(hex("d901f9" + *made)).value(), *made) << name;
    ++good;
  }
  EXPECT_EQ(good, 17u);
  EXPECT_EQ(refused, 1u);
}

TEST(Coswid, ShippedFiles) {
  const Bytes one = vector_bytes("cocli/gen-a/shipped/coswid/1.cbor");
  EXPECT_EQ(rewritten(one).value(), to_hex(one));
  // The same tag in another order of members.
  EXPECT_EQ(rewritten(vector_bytes("cocli/gen-a/shipped/testcases/test-coswid.cbor")).value(), to_hex(one));
}

TEST(Coswid, TagsAround) {
  const std::string bare = "a40062696402a2181f614118210101600c00";
  const std::string written = rewritten(hex(bare)).value();
  for (const std::string tag : {"d901f9", "da53574944", "d901f9da53574944"}) EXPECT_EQ(rewritten(hex(tag + bare)).value(), written) << tag;
  EXPECT_TRUE(fails(read_coswid(hex("d901fa" + bare)), Errc::unsupported, "tag 506"));
  EXPECT_TRUE(fails(read_coswid(hex("da53574944d901f9" + bare)), Errc::unsupported, "tag 505"));
  EXPECT_TRUE(fails(read_coswid(hex("d901f9d901f9" + bare)), Errc::unsupported, "tag 505"));
  EXPECT_TRUE(fails(read_coswid(hex(bare + "00")), Errc::malformed));
  EXPECT_TRUE(ok(read_coswid(hex(bare + "00"), {.allow_trailing = true})));
}

TEST(Coswid, EveryPrefixIsRefused) {
  for (const std::string file : {"cocli/gen-a/shipped/coswid/1.cbor", "cocli/gen-a/shipped/testcases/test-coswid.cbor"}) {
    const Bytes whole = vector_bytes(file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto read = read_coswid(ByteView{whole}.first(size));
      ASSERT_FALSE(read) << file << " " << size;
      EXPECT_FALSE(read.error().expected.empty()) << read.error();
    }
  }
}

TEST(Coswid, RefusesWhatIsMissing) {
  struct Row {
    std::string bytes, part;
  };
  for (const Row& row : {
           Row{"a1 00626964", "CoSWID: no entity (key 2)"},
           Row{"a1 02a2181f6141182101", "CoSWID: no tag-id (key 0)"},
           Row{"a2 00626964 02a1182101", "entity: no entity-name (key 31)"},
           Row{"a2 00626964 02a1181f6141", "entity: no role (key 33)"},
           Row{"a3 00626964 02a2181f6141182101 04a1182601", "link"},
           Row{"a3 00626964 02a2181f6141182101 04a118266161", "link: no rel (key 40)"},
           Row{"a3 00626964 02a2181f6141182101 04a1182801", "link: no href (key 38)"},
           Row{"a3 00626964 02a2181f6141182101 06a111a1181401", "payload: file: no fs-name (key 24)"},
           Row{"a3 00626964 02a2181f6141182101 06a112a1181c01", "payload: process: no process-name (key 27)"},
           Row{"a3 00626964 02a2181f6141182101 06a113a0", "payload: resource: no type (key 29)"},
       }) {
    const auto read = read_coswid(hex(row.bytes));
    ASSERT_FALSE(read) << row.bytes;
    EXPECT_NE(read.error().text().find(row.part), std::string::npos) << read.error();
    EXPECT_FALSE(read.error().expected.empty()) << read.error();
  }
}

TEST(Coswid, RefusesOtherTypes) {
  struct Row {
    std::string member, part;
    Errc errc = Errc::malformed;
  };
  for (const Row& row : {
           Row{"0861 78", "corpus"},
           Row{"0d01", "software-version"},
           Row{"0cf5", "tag-version"},
           Row{"0ef5", "version-scheme"},
           Row{"0e60", "version-scheme: an empty name", Errc::invalid},
           Row{"0580", "software-meta: an empty list", Errc::invalid},
           Row{"05820102", "software-meta: 0"},
           Row{"05a1183001", "software-meta: entitlement-data-required"},
           Row{"05a118324100", "generator: a UUID of 1 bytes", Errc::invalid},
           Row{"05a1183260", "generator: an empty id", Errc::invalid},
           Row{"0680", "payload"},
           Row{"06a111a21818616614 20", "size: -1", Errc::invalid},
           Row{"06a111a218186166078101", "hash: the array ends"},
           Row{"06a111a218186166078301410000", "hash: the array goes on"},
           Row{"06a111a2181861660782613141 00", "hash"},
           Row{"03a118231a6553f100", "date"},
           Row{"03a11823c26161", "date: tag 2", Errc::unsupported},
           Row{"03a11823c16161", "date"},
           Row{"03a11823c11b7fffffffffffffff", "date: the time", Errc::invalid},
           Row{"03a11823c06161", "date"},
       }) {
    EXPECT_TRUE(fails(read_coswid(with_member(row.member)), row.errc, row.part)) << row.member;
  }
  EXPECT_TRUE(fails(read_coswid(hex("a30062696402a2181f614118218002a0")), Errc::duplicate));
  EXPECT_TRUE(fails(read_coswid(hex("a20062696402a2181f6141182180")), Errc::invalid, "entity: role: an empty list"));
  EXPECT_TRUE(fails(read_coswid(hex("a2006002a2181f6141182101")), Errc::invalid, "tag-id: an empty id"));
  EXPECT_TRUE(fails(read_coswid(hex("8100")), Errc::malformed, "CoSWID"));
}

TEST(Coswid, ShowsNamesForNumbers) {
  EXPECT_EQ(shown("0e194000"), R"({"tag-id":"id","tag-version":0,"software-name":"","version-scheme":"semver","entity":[{"entity-name":"A","role":"tagCreator"}]})");
  EXPECT_NE(shown("04a31826616118270318280b").find(R"("link":[{"href":"a","ownership":"shared","rel":"supplemental"}])"), std::string::npos);
  EXPECT_NE(shown("04a318266161182809182a0a").find(R"({"href":"a","rel":"see-also","use":10})"), std::string::npos);
  EXPECT_NE(shown("03a21823c11a6553f100182463646576").find(R"("evidence":{"date":"2023-11-14T22:13:20Z","device-id":"dev"})"), std::string::npos);
  EXPECT_NE(shown("03a11823c074323032332d31312d31345432323a31333a32305a").find("2023-11-14T22:13:20Z"), std::string::npos);
  EXPECT_NE(shown("05a1183250000102030405060708090a0b0c0d0e0f").find(R"("generator":"00010203-0405-0607-0809-0a0b0c0d0e0f")"), std::string::npos);
}

// RFC 9393 §4: a registered value is written as its index.
TEST(Coswid, RegisteredNamesBecomeNumbers) {
  const std::string by_number = rewritten(hex("a20062696402a2181f6141182101")).value();
  EXPECT_EQ(rewritten(hex("a20062696402a2181f614118216a746167 43726561746f72")).value(), by_number);
  EXPECT_NE(rewritten(hex("a20062696402a2181f614118216a546167 43726561746f72")).value(), by_number);
}

TEST(Coswid, DropsWhatSaysNothing) {
  const std::string plain = rewritten(hex("a20062696402a2181f6141182101")).value();
  for (const std::string member : {"08f4", "09f4", "0bf4", "0d60", "0f60", "186301", "61786179"}) EXPECT_EQ(rewritten(with_member(member)).value(), plain) << member;
}

}  // namespace
}  // namespace assay::corim
