#include "store/open/open.h"

#include <filesystem>

#include "base/text.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace assay::store {
namespace {

enum class Home { memory,
                  sqlite };
struct Place {
  Home home = Home::sqlite;
  std::string at;
};
Result<Place> place_of(const std::string& url);
Result<void> check_presence(const Place& place);

}  // namespace

Result<std::unique_ptr<appraise::Store>> open(const std::string& url, const Decoder& decode, Missing missing) {
  const Place place = TRY(place_of(url));
  if (missing == Missing::refuse) TRY(check_presence(place));
  if (place.home == Home::memory) return std::make_unique<MemoryStore>();
  return TRY(SqliteStore::open(place.at, decode));
}

Result<void> check(const std::string& url) {
  const Place place = TRY(place_of(url));
  TRY(check_presence(place));
  return place.home == Home::memory ? Result<void>{} : SqliteStore::check(place.at);
}

std::string shown(std::string_view url) { return printable(url); }

namespace {

Result<Place> place_of(const std::string& url) {
  if (url == "memory:") return Place{Home::memory, {}};
  if (url.starts_with("sqlite:") && url.size() > 7) return Place{Home::sqlite, url.substr(7)};
  const bool is_path = !url.empty() && (url.find(':') == std::string::npos || url.front() == '/' || url.front() == '.');
  if (!is_path) return fail_expecting(Errc::usage, "store", assay::quoted(url), "\"memory:\", \"sqlite:PATH\" or the path of a file");
  return Place{Home::sqlite, url};
}

Result<void> check_presence(const Place& place) {
  std::error_code error;
  if (place.home == Home::sqlite && !std::filesystem::exists(place.at, error)) return fail_expecting(Errc::not_found, printable(place.at), "no such file", "a store; a service makes one when it starts");
  return {};
}

}  // namespace
}  // namespace assay::store
