#include "apps/veraison/query.h"

#include <charconv>

#include "base/text.h"

namespace assay::veraison {
namespace {

std::unexpected<Error> unknown(std::string_view text);
std::size_t name_length(std::string_view text);
Result<std::string> quoted_name(std::string_view& rest, std::string_view whole);
Result<Step> bracketed(std::string_view& rest, std::string_view whole);

}  // namespace

Result<std::vector<Step>> parse_query(std::string_view text) {
  const std::string_view whole = trim_ascii(text);
  std::string_view rest = whole;
  std::vector<Step> steps;
  if (!rest.starts_with('.')) return unknown(whole);
  while (!rest.empty()) {
    if (rest.starts_with('[') && !steps.empty()) {
      steps.push_back(TRY(bracketed(rest, whole)));
      continue;
    }
    if (!rest.starts_with('.')) return unknown(whole);
    rest.remove_prefix(1);
    if (rest.empty() && steps.empty()) break;
    if (rest.starts_with('[')) {
      steps.push_back(TRY(bracketed(rest, whole)));
    } else if (rest.starts_with('"')) {
      steps.emplace_back(TRY(quoted_name(rest, whole)));
    } else {
      const std::size_t length = name_length(rest);
      if (length == 0) return unknown(whole);
      steps.emplace_back(std::string{rest.substr(0, length)});
      rest.remove_prefix(length);
    }
  }
  return steps;
}

Result<json::Value> look_up(const json::Value& value, const std::vector<Step>& steps) {
  const json::Value* at = &value;
  for (const Step& step : steps) {
    if (at->is_null()) return json::Value{};
    if (const std::string* name = std::get_if<std::string>(&step)) {
      if (at->object() == nullptr) return fail(Errc::invalid, "", "Cannot index {} with {}", at->type_name(), quoted(*name));
      at = at->object()->find(*name);
    } else {
      if (at->array() == nullptr) return fail(Errc::invalid, "", "Cannot index {} with number", at->type_name());
      const auto size = static_cast<std::int64_t>(at->array()->size());
      const std::int64_t wanted = std::get<std::int64_t>(step);
      const std::int64_t index = wanted < 0 ? wanted + size : wanted;
      at = index < 0 || index >= size ? nullptr : &(*at->array())[static_cast<std::size_t>(index)];
    }
    if (at == nullptr) return json::Value{};
  }
  return *at;
}

namespace {

std::unexpected<Error> unknown(std::string_view text) {
  return fail_expecting(Errc::usage, "query", quoted(text), "`.` or a path as .attributes.\"PSA_IOT.hw-model\" or .[0]; for more, pipe the output into jq");
}

std::size_t name_length(std::string_view text) {
  const auto fits = [](char c, bool first) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9'); };
  std::size_t length = 0;
  while (length < text.size() && fits(text[length], length == 0)) ++length;
  return length;
}

// A JSON string.
Result<std::string> quoted_name(std::string_view& rest, std::string_view whole) {
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  if (end >= rest.size()) return unknown(whole);
  const auto name = json::parse(rest.substr(0, end + 1));
  if (!name || name->text() == nullptr) return unknown(whole);
  rest.remove_prefix(end + 1);
  return *name->text();
}

Result<Step> bracketed(std::string_view& rest, std::string_view whole) {
  rest.remove_prefix(1);
  Step step;
  if (rest.starts_with('"')) {
    step = TRY(quoted_name(rest, whole));
  } else {
    std::int64_t index = 0;
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
    if (failure != std::errc{}) return unknown(whole);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    step = index;
  }
  if (!rest.starts_with(']')) return unknown(whole);
  rest.remove_prefix(1);
  return step;
}

}  // namespace
}  // namespace assay::veraison
