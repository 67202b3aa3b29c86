#include "codec/json/locate.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::json {
namespace {

TEST(JsonLocate, FindsMembersAndItems) {
  const std::string text = "{\n  \"a\": [1, {\"b/c\": \"x\\\"]\"}, 3],\n  \"d~\": {\"e\": null}, \"d~\":\t7,\n \"\\u0066\": []}";
  const auto at = [&](std::string_view pointer) { return locate(text, pointer); };
  EXPECT_EQ(at("")->offset, 0u);
  EXPECT_EQ(at("/a")->line, 2u);
  EXPECT_EQ(at("/a")->column, 8u);
  EXPECT_EQ(text.substr(at("/a/1/b~1c")->offset, 3), "\"x\\");
  EXPECT_EQ(text[at("/a/2")->offset], '3');
  EXPECT_EQ(text[at("/d~0")->offset], '7') << "the last of two counts";
  EXPECT_EQ(at("/f")->line, 4u);
  for (const char* pointer : {"/b", "/a/3", "/a/x", "/a/1/b", "/d~0/e", "x", "/f/0", "/a/-1"}) EXPECT_FALSE(at(pointer)) << pointer;
}

TEST(JsonLocate, EndsOnAnyText) {
  for (const std::string text : {"", "{", "{\"a", "{\"a\":", "[", "[1", "{\"a\":[\"", "\"\\", "{\"a\"}", "[,]"}) {
    for (const char* pointer : {"", "/a", "/0", "/a/0"}) (void)locate(text, pointer);
  }
}

TEST(JsonLocate, FindsNamesOfMembers) {
  const std::string text = "{\"a\": {\"x\": 1,\n  \"x\": 2}, \"b\": [], \"a\": {\n \"y\": 1}}";
  const std::vector<Wanted> wanted{{"", "b"}, {"/a", "x"}, {"/a", "y"}, {"/a", "z"}, {"/b/0", "x"}, {"/a", {}}};
  const auto places = locate_all(text, wanted);
  ASSERT_EQ(places.size(), 6u);
  EXPECT_EQ(text.substr(places[0]->offset, 3), "\"b\"");
  EXPECT_FALSE(places[1]) << "it is in the first of two, and the last counts";
  EXPECT_EQ(places[2]->line, 3u);
  EXPECT_EQ(places[2]->column, 2u);
  EXPECT_FALSE(places[3]);
  EXPECT_FALSE(places[4]);
  EXPECT_EQ(places[5]->line, 2u);
}

// Once from the beginning for each would take hours.
TEST(JsonLocate, WalksOnceHoweverManyAreWanted) {
  constexpr std::size_t kItems = 200000;
  std::string text = "[";
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < kItems; ++i) {
    text += i == 0 ? "[]" : ",\n[]";
    wanted.push_back({"/" + std::to_string(i), {}});
  }
  const auto places = locate_all(text + "]", wanted);
  EXPECT_EQ(places.back()->line, kItems);
  EXPECT_EQ(places.back()->column, 1u);
}

}  // namespace
}  // namespace assay::json
