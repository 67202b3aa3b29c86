// Any bytes as a token of every type: parsed, checked (without a key), printed. What is printed as YAML must be YAML.
#include <algorithm>
#include <ostream>

#include "apps/iat/check.h"
#include "apps/iat/yaml_reader.h"
#include "apps/iat/yaml_writer.h"
#include "testing/fuzz.h"

namespace {

namespace iat = assay::iat;

assay::Result<std::string> no_files(const std::string& name) { return assay::fail(assay::Errc::not_found, name, "no such file"); }

// libyaml-cpp reads no key of more than 1024 characters, and we read no more than so many levels and values.
bool is_readable(const iat::Value& value, std::size_t depth = 0) {
  if (depth >= assay::kMaxDepth) return false;
  if (value.list() != nullptr) {
    return std::ranges::all_of(*value.list(), [&](const iat::Value& item) { return is_readable(item, depth + 1); });
  }
  if (value.map() == nullptr) return true;
  return std::ranges::all_of(*value.map(), [&](const iat::Member& member) {
    const auto* text = std::get_if<std::string>(&member.key);
    return (text == nullptr || text->size() < 100) && is_readable(member.value, depth + 1);
  });
}

void print(const iat::TokenType& type, const iat::Token& token) {
  ASSAY_CHECK(!iat::to_json(iat::with_names(type, token.claims, iat::Case::upper)).empty());
  const iat::Value named = iat::with_names(type, token.claims, iat::Case::lower);
  const std::string yaml = iat::to_yaml(named, iat::Order::sorted);
  const auto again = iat::read_yaml(yaml, "again", no_files);
  ASSAY_CHECK(again || !is_readable(named) || again.error().errc == assay::Errc::limit);
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  std::ostream nowhere{nullptr};
  for (const iat::TokenType* type : {&iat::kPsaProfile1, &iat::kPsa2, &iat::kCcaPlatform, &iat::kCcaRealm, &iat::kCca}) {
    for (const iat::Method method : {iat::Method::sign, iat::Method::mac, iat::Method::raw}) {
      for (const bool strict : {false, true}) {
        const auto token = iat::parse_token(bytes, *type, {method, type == &iat::kCcaPlatform && strict, strict});
        if (!token) continue;
        print(*type, *token);
        iat::CheckOptions options;
        options.keep_going = true;
        options.strict = strict;
        options.strict_rmm2 = strict;
        iat::Context context{std::move(options), nowhere};
        ASSAY_CHECK(iat::check_token(context, *token));  // nothing is final without a key
      }
    }
  }
}
