#include "apps/iat/yaml_indent.h"

#include "testing/testing.h"

namespace assay::iat {
namespace {

TEST(IatYamlIndent, MovesOnlyTheLinesOfTaggedBlockScalarsInLists) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"- !!binary |\n  AQ==\n  Ag==\n- x\n", "- !!binary |\n    AQ==\n    Ag==\n- x\n"},
      {"a:\n  - !!binary |\n   AQ==\n\n   Ag==\nb: 1", "a:\n  - !!binary |\n     AQ==\n\n     Ag==\nb: 1"},
      {"-   &x !!str >- # why\n  a\n", "-   &x !!str >- # why\n      a\n"},
      {"- - !!str |\n    a\n", "- - !!str |\n      a\n"},
      {"- !!binary |\r\n  AQ==\r\n", "- !!binary |\r\n    AQ==\r\n"},
      {"- !!str |\n   a\n     \n- b\n", "- !!str |\n     a\n       \n- b\n"},
  };
  for (const auto& [before, after] : rows) EXPECT_EQ(indent_block_scalars(before), after);
  for (const std::string_view same : {
           "", "\n", "-", "- ", "- |\n  a\n", "a: !!binary |\n  AQ==\n", "- a: !!binary |\n    AQ==\n", "- !!str |2\n  a\n", "- !!str a\n  b\n", "- x |\n  b\n", "!!str |\n a\n",
           "a: |\n  - !!str |\n    b\n", "- |\n  - !!str |\n    b\n",  // what looks like one stands inside another
       }) {
    EXPECT_EQ(indent_block_scalars(same), same);
  }
}

}  // namespace
}  // namespace assay::iat
