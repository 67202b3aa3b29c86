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

}  // namespace
}  // namespace assay::json
