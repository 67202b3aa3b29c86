#include "store/open/open.h"

#include <filesystem>

#include "base/text.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace assay::store {
namespace {

enum class Home { memory,
                  sqlite,
                  postgres };
struct Place {
  Home home = Home::sqlite;
  std::string at;
};
Result<Place> place_of(const std::string& url);
Result<void> check_presence(const Place& place);
std::string without_password(const std::string& url);

}  // namespace

Result<std::unique_ptr<appraise::Store>> open(const std::string& url, const Decoder& decode, Missing missing) {
  const Place place = TRY(place_of(url));
  if (missing == Missing::refuse) TRY(check_presence(place));
  if (place.home == Home::memory) return std::make_unique<MemoryStore>();
  if (place.home == Home::postgres) return TRY(PostgresStore::open(place.at, decode));
  return TRY(SqliteStore::open(place.at, decode));
}

Result<void> check(const std::string& url) {
  const Place place = TRY(place_of(url));
  TRY(check_presence(place));
  if (place.home == Home::sqlite) return SqliteStore::check(place.at);
  // A server looks after its own files.
  const auto store = TRY(open(url, [](const appraise::StoredCorim&) { return appraise::Endorsements{}; }));
  return store->ready();
}

std::string shown(std::string_view url) { return postgres::shown(url); }

namespace {

Result<Place> place_of(const std::string& url) {
  if (url == "memory:") return Place{Home::memory, {}};
  if (url.starts_with("sqlite:") && url.size() > 7) return Place{Home::sqlite, url.substr(7)};
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return Place{Home::postgres, url};
  const bool is_path = !url.empty() && (url.find(':') == std::string::npos || url.front() == '/' || url.front() == '.') && url.find("password=") == std::string::npos;
  if (!is_path) return fail_expecting(Errc::usage, "store", assay::quoted(without_password(url)), "\"memory:\", \"sqlite:PATH\", the path of a file, or \"postgresql://…\"");
  return Place{Home::sqlite, url};
}

// Also of what only resembles a URL: "user:secret@host".
std::string without_password(const std::string& url) {
  const std::size_t colon = url.find(':');
  const std::size_t at = url.rfind('@');
  if (url.find("://") != std::string::npos || colon == std::string::npos || at == std::string::npos || at < colon) return postgres::shown(url);
  return url.substr(0, colon + 1) + "***" + url.substr(at);
}

Result<void> check_presence(const Place& place) {
  std::error_code error;
  if (place.home == Home::sqlite && !std::filesystem::exists(place.at, error)) return fail_expecting(Errc::not_found, printable(place.at), "no such file", "a store; a service makes one when it starts");
  if (place.home == Home::postgres && !TRY(PostgresStore::is_there(place.at))) return fail_expecting(Errc::not_found, postgres::shown(place.at), "no tables of a store", "a store; a service makes one when it starts");
  return {};
}

}  // namespace
}  // namespace assay::store
