#include "model/eat/check.h"

#include <algorithm>
#include <array>

#include "model/eat/lifecycle.h"

namespace assay::eat {
namespace {

constexpr std::size_t kImplementationIdSize = 32;
constexpr std::size_t kInstanceIdSize = 33;
constexpr std::uint8_t kRandomUeid = 0x01;

Result<void> check_size(ByteView value, std::size_t size);

}  // namespace

std::unexpected<Error> missing_claim() { return std::unexpected(Error{Errc::missing, {}, "missing mandatory claim", {}, {}}); }

std::unexpected<Error> wrong_syntax(std::string detail) { return std::unexpected(Error{Errc::invalid, {}, "wrong syntax: " + std::move(detail), {}, {}}); }

std::unexpected<Error> wrong_profile(std::string_view expecting, std::string_view got) {
  return fail(Errc::invalid, "", "wrong profile: expecting \"{}\", got \"{}\"", expecting, got);
}

std::unexpected<Error> wrong_nonces(std::size_t in_array) {
  // The reference takes an array of one; RFC 9783 §4.2 does not know it.
  return wrong_syntax(in_array == 1 ? "got 1 nonce in an array, want a byte string" : fmt::format("got {} nonces, want 1", in_array));
}

Result<void> check_hash(ByteView value) {
  if (value.size() != 32 && value.size() != 48 && value.size() != 64) return wrong_syntax(fmt::format("length {} (hash MUST be 32, 48 or 64 bytes)", value.size()));
  return {};
}

Result<void> check_implementation_id(ByteView value) { return check_size(value, kImplementationIdSize); }

Result<void> check_instance_id(ByteView value) {
  TRY(check_size(value, kInstanceIdSize));
  if (value[0] != kRandomUeid) return wrong_syntax("invalid EUID type (MUST be RAND=0x01)");
  return {};
}

Result<void> check_lifecycle(std::uint16_t value) {
  if (!lifecycle_of(value)) return wrong_syntax(fmt::format("value {} is invalid", value));
  return {};
}

Result<void> check_service_indicator(std::string_view value) {
  if (value.empty()) return wrong_syntax("empty string");
  return {};
}

Result<void> check_hash_name(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kKnown{"md2", "md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512", "shake128", "shake256"};
  if (name.empty()) return wrong_syntax("empty string");
  if (std::ranges::find(kKnown, name) == kKnown.end()) return wrong_syntax("wrong syntax");
  return {};
}

bool is_strong_hash_name(std::string_view name) { return name == "sha-256" || name == "sha-384" || name == "sha-512"; }

std::string reference_text(const Error& error) { return error.where.empty() ? error.what : error.where + ": " + error.what; }

namespace {

Result<void> check_size(ByteView value, std::size_t size) {
  if (value.size() != size) return wrong_syntax(fmt::format("invalid length {} (MUST be {} bytes)", value.size(), size));
  return {};
}

}  // namespace
}  // namespace assay::eat
