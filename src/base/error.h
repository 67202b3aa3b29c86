// Errors: what every function returns that depends on input, disk or network (`Result<T>`), and the two macros of the project.
//
// An `Error` is written for the person on call: where it is, what was found, what was expected. A failed *appraisal* is not an
// error but `appraise::Findings`; a mistake of ours is an ASSAY_CHECK, which aborts. Errc names and exit codes are API.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <expected>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

// By whose fault. The comment is the exit status of a command that ends with it.
enum class Errc {
  usage,            // 2  the command line
  malformed,        // 3  bytes or text that break their format
  unsupported,      // 3  well-formed, but a version, algorithm or kind we do not do
  limit,            // 3  larger, deeper or more than we accept
  duplicate,        // 3  a key, label or name given twice
  invalid,          // 3  a value that its specification forbids
  missing,          // 3  a mandatory element is not there
  unauthenticated,  // 4  a signature or MAC does not verify
  untrusted,        // 4  well signed, but by nobody we trust
  mismatch,         // 4  two things that must be equal are not (nonce, key binding, profile)
  stale,            // 4  expired, not yet valid, or a nonce used before
  revoked,          // 4
  forbidden,        // 4  the caller may not do that
  not_found,        // 5  file, key, record
  conflict,         // 5  it exists already, with other content
  config,           // 5
  io,               // 5  disk
  unavailable,      // 5  peer, network, service
  timeout,          // 5
  exhausted,        // 5  memory, sessions, rate
  policy,           // 5  a policy does not load or run
  internal,         // 5  our bug, caught before it did harm
};
std::string_view name(Errc errc);
int exit_code(Errc errc);

struct Error {
  Errc errc = Errc::internal;
  std::string where;                  // file, claim, JSON pointer, URL … may be empty
  std::string what;                   // what was found
  std::string expected;               // what would have been right; may be empty
  std::optional<std::size_t> offset;  // of the offending byte in the outermost input, where there is one

  // "where: what (at byte 17); expected ..." on one line, without control characters.
  std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const Error& error);

template <class T>
using Result = std::expected<T, Error>;

// Puts `where` in front of what the error already says: "token.cbor: platform token: ...".
Error within(std::string_view where, Error error);

template <class... Args>
std::unexpected<Error> fail(Errc errc, std::string_view where, fmt::format_string<Args...> what, Args&&... args) {
  return std::unexpected(Error{errc, std::string{where}, fmt::format(what, std::forward<Args>(args)...), {}, {}});
}

// The usual shape: what was found, then what was expected.
inline std::unexpected<Error> fail_expecting(Errc errc, std::string_view where, std::string what, std::string_view expected) {
  return std::unexpected(Error{errc, std::string{where}, std::move(what), std::string{expected}, {}});
}
inline std::unexpected<Error> fail_at(Errc errc, std::size_t offset, std::string what, std::string_view expected) {
  return std::unexpected(Error{errc, {}, std::move(what), std::string{expected}, offset});
}

// `where` in front of the error of `result`, if it has one.
template <class T>
Result<T> within(std::string_view where, Result<T> result) {
  if (!result) return std::unexpected(within(where, std::move(result).error()));
  return result;
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace assay

// The value of a Result, or out of this function with its error. Give it a statement of its own where other values of the same
// expression own memory: g++ does not destroy those when it leaves through here.
#define TRY(...) ASSAY_TRY_AS(ASSAY_TRY_NAME(__COUNTER__), __VA_ARGS__)
#define ASSAY_TRY_NAME(number) ASSAY_TRY_JOIN(assay_try_, number)
#define ASSAY_TRY_JOIN(prefix, number) prefix##number
// clang-format off
#define ASSAY_TRY_AS(name, ...)                                             \
  __extension__({                                                           \
    auto name = (__VA_ARGS__);                                              \
    if (!name) return std::unexpected(std::move(name).error());             \
    std::move(name).value();                                                \
  })
// clang-format on

// A mistake of ours that no input can cause. Aborts in every build.
#define ASSAY_CHECK(condition) ((condition) ? void() : ::assay::check_failed(#condition, __FILE__, __LINE__))
