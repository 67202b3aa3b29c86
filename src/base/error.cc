#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <ostream>

#include "base/text.h"

namespace assay {

std::string_view name(Errc errc) {
  switch (errc) {
    case Errc::usage: return "usage";
    case Errc::malformed: return "malformed";
    case Errc::unsupported: return "unsupported";
    case Errc::limit: return "limit";
    case Errc::duplicate: return "duplicate";
    case Errc::invalid: return "invalid";
    case Errc::missing: return "missing";
    case Errc::unauthenticated: return "unauthenticated";
    case Errc::untrusted: return "untrusted";
    case Errc::mismatch: return "mismatch";
    case Errc::stale: return "stale";
    case Errc::revoked: return "revoked";
    case Errc::forbidden: return "forbidden";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::config: return "config";
    case Errc::io: return "io";
    case Errc::unavailable: return "unavailable";
    case Errc::timeout: return "timeout";
    case Errc::exhausted: return "exhausted";
    case Errc::policy: return "policy";
    case Errc::internal: return "internal";
  }
  return "internal";
}

int exit_code(Errc errc) {
  switch (errc) {
    case Errc::usage: return 2;
    case Errc::malformed:
    case Errc::unsupported:
    case Errc::limit:
    case Errc::duplicate:
    case Errc::invalid:
    case Errc::missing: return 3;
    case Errc::unauthenticated:
    case Errc::untrusted:
    case Errc::mismatch:
    case Errc::stale:
    case Errc::revoked:
    case Errc::forbidden: return 4;
    default: return 5;
  }
}

std::string Error::text() const {
  std::string line = where.empty() ? what : where + ": " + what;
  if (offset) line += fmt::format(" (at byte {})", *offset);
  if (!expected.empty()) line += "; expected " + expected;
  return printable(line);
}

std::ostream& operator<<(std::ostream& out, const Error& error) { return out << name(error.errc) << ": " << error.text(); }

Error within(std::string_view where, Error error) {
  if (where.empty()) return error;
  error.where = error.where.empty() ? std::string{where} : std::string{where} + ": " + error.where;
  return error;
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "assay: internal check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace assay
