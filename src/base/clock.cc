#include "base/clock.h"

#include <charconv>
#include <chrono>

#include "base/text.h"

namespace assay {
namespace {

Result<int> number(std::string_view text, std::size_t at, std::size_t digits);

}  // namespace

UnixSeconds system_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string to_rfc3339(UnixSeconds time) {
  using namespace std::chrono;  // lint: durations and dates read as themselves
  constexpr UnixSeconds kFirst = -62135596800;
  constexpr UnixSeconds kLast = 253402300799;
  if (time < kFirst || time > kLast) return fmt::format("@{}", time);
  const sys_seconds point{seconds{time}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  std::string text = "0000-00-00T00:00:00Z";
  const auto put = [&](std::size_t end, auto number) {
    for (std::size_t at = end; number > 0; number /= 10) text[--at] = static_cast<char>('0' + number % 10);
  };
  put(4, static_cast<int>(date.year()));
  put(7, static_cast<unsigned>(date.month()));
  put(10, static_cast<unsigned>(date.day()));
  put(13, clock.hours().count());
  put(16, clock.minutes().count());
  put(19, clock.seconds().count());
  return text;
}

Result<UnixSeconds> from_rfc3339(std::string_view text) {
  using namespace std::chrono;  // lint: durations and dates read as themselves
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return fail_expecting(Errc::malformed, "time", quoted(text), "the form 2026-11-24T01:17:00Z");
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) return fail_at(Errc::malformed, i, quoted(text), "the form 2026-11-24T01:17:00Z");
  }
  const int years = TRY(number(text, 0, 4));
  const int months = TRY(number(text, 5, 2));
  const int days_ = TRY(number(text, 8, 2));
  const int hours_ = TRY(number(text, 11, 2));
  const int minutes_ = TRY(number(text, 14, 2));
  const int seconds_ = TRY(number(text, 17, 2));
  const year_month_day date{year{years}, month{static_cast<unsigned>(months)}, day{static_cast<unsigned>(days_)}};
  if (!date.ok() || hours_ > 23 || minutes_ > 59 || seconds_ > 59) return fail_expecting(Errc::invalid, "time", quoted(text), "a day and time that exist");
  return (sys_days{date} + hours{hours_} + minutes{minutes_} + seconds{seconds_}).time_since_epoch().count();
}

Result<UnixSeconds> from_rfc3339_any_zone(std::string_view text) {
  constexpr std::size_t kSeconds = std::string_view{"0000-00-00T00:00:00"}.size();
  const auto wrong = [&] { return fail_expecting(Errc::malformed, "time", quoted(text), "RFC 3339: 2026-11-24T01:17:00Z or with +01:00"); };
  if (text.size() <= kSeconds) return wrong();
  const UnixSeconds local = TRY(from_rfc3339(std::string{text.substr(0, kSeconds)} + "Z"));
  std::string_view rest = text.substr(kSeconds);
  if (rest.starts_with('.')) {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return wrong();
    rest.remove_prefix(end);
  }
  if (rest == "Z") return local;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return wrong();
  const int hours = TRY(number(rest, 1, 2));
  const int minutes = TRY(number(rest, 4, 2));
  if (hours > 23 || minutes > 59) return wrong();
  const int offset = (hours * 60 + minutes) * 60;
  return rest[0] == '+' ? local - offset : local + offset;
}

namespace {

Result<int> number(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  const char* first = text.data() + at;
  const auto [end, ec] = std::from_chars(first, first + digits, value);
  if (ec != std::errc{} || end != first + digits || *first == '-') return fail_at(Errc::malformed, at, quoted(text), "digits");
  return value;
}

}  // namespace
}  // namespace assay
