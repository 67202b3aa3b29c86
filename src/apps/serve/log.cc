#include "apps/serve/log.h"

#include <array>
#include <ostream>

#include "base/clock.h"
#include "base/text.h"
#include "codec/json/json.h"

namespace assay::serve {
namespace {

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
bool is_word(std::string_view text) {
  return text.find_first_of(" \"=") == std::string_view::npos;
}

}  // namespace

Level level_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Level>(i);
  }
  return Level::info;
}

void Log::write(Level level, std::string_view message, const std::vector<Field>& fields) {
  if (level < least_) return;
  const std::string time = to_rfc3339(system_now());
  const std::string_view name = kNames[static_cast<std::size_t>(level)];
  std::string line;
  if (json_) {
    json::Object members;
    members.set("time", time);
    members.set("level", name);
    members.set("message", printable(message));
    for (const auto& [key, value] : fields) {
      if (!value.empty()) members.set(std::string{key}, printable(value));
    }
    line = json::print(json::Value{std::move(members)});
  } else {
    line = fmt::format("{} {:<7} {}", time, name, printable(message));
    for (const auto& [key, value] : fields) {
      if (!value.empty()) line += fmt::format(" {}={}", key, is_word(value) ? printable(value) : quoted(value, 1000));
    }
  }
  const std::scoped_lock lock{mutex_};
  out_ << line << '\n'
       << std::flush;
}

}  // namespace assay::serve
