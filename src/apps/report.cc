#include "apps/report.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "base/error.h"
#include "base/text.h"
#include "model/eat/lifecycle.h"

namespace assay::report {
namespace {

using appraise::Finding;
using appraise::Severity;

constexpr std::size_t kSeverityWidth = 11;  // "not checked"
constexpr std::size_t kMaxSubjectWidth = 44;
constexpr std::size_t kShortValue = 48;

std::string paint(std::string_view code, std::string_view text, Style style);
std::string_view color_of(Severity severity);
std::string shortened(const std::string& text, Style style);
std::string padded(std::string_view text, std::size_t width);
std::size_t width_of(std::string_view text);
bool is_about_trust(std::string_view id);
void print_value(std::ostream& out, std::string_view shown, std::string_view name, const json::Value& value, std::size_t depth, std::size_t width);
void print_lines(std::ostream& out, std::string_view text, const std::string& indent);
std::string scalar_text(std::string_view name, const json::Value& value);

}  // namespace

void print_findings(std::ostream& out, const appraise::Findings& findings, Style style) {
  std::size_t width = 0;
  for (const Finding& finding : findings.all()) width = std::max(width, std::min(width_of(finding.subject), kMaxSubjectWidth));
  for (const Finding& finding : findings.all()) {
    const std::string severity = padded(name(finding.severity), kSeverityWidth);
    const bool good = finding.severity == Severity::passed;
    const bool has_reason = !finding.why.empty();
    out << "  " << paint(color_of(finding.severity), severity, style) << "  " << padded(printable(finding.subject), width);
    out << "  " << (has_reason ? printable(finding.why) : shortened(finding.actual, style));
    if (good && !finding.expected.empty()) out << (finding.actual.empty() ? "" : "  ") << '(' << printable(finding.expected) << ')';
    out << '\n';
    if (good || !has_reason) continue;
    const std::string indent(kSeverityWidth + 4, ' ');
    if (!finding.actual.empty()) out << indent << "actual    " << printable(finding.actual) << '\n';
    if (!finding.expected.empty()) out << indent << "expected  " << printable(finding.expected) << '\n';
  }
}

void print_vectors(std::ostream& out, std::span<const appraise::Submod> submods, Style style) {
  for (const appraise::Submod& submod : submods) {
    const ear::Tier status = submod.status();
    out << "  " << submod.name << "  " << colored(status, name(status), style) << '\n';
    std::string silent;
    for (const ear::Claim claim : ear::kAllClaims) {
      const std::int8_t value = submod.vector[claim];
      if (value == ear::kNoClaim && !style.verbose) {
        silent += (silent.empty() ? "" : ", ") + std::string{ear::name(claim)};
        continue;
      }
      const ear::Tier tier = ear::tier_of(value);
      out << fmt::format("    {:<18} {:>4}  ", ear::name(claim), value) << colored(tier, padded(name(tier), 15), style) << "  " << (value == ear::kCryptoFailed && !style.crypto_failed.empty() ? style.crypto_failed : ear::text(claim, value, style.verbose)) << '\n';
    }
    if (!silent.empty()) out << "    nothing is said about: " << silent << '\n';
  }
}

std::string colored(ear::Tier tier, std::string_view text, Style style) {
  switch (tier) {
    case ear::Tier::affirming: return paint("32", text, style);
    case ear::Tier::warning: return paint("33", text, style);
    case ear::Tier::contraindicated: return paint("31;1", text, style);
    case ear::Tier::none: break;
  }
  return std::string{text};
}

void print_claims(std::ostream& out, const json::Value& claims) { print_value(out, "", "", claims, 0, 0); }

int status_of(const appraise::Findings& findings) {
  int status = 0;
  for (const Finding& finding : findings.all()) {
    if (finding.severity == Severity::failed) status = std::max(status, exit_code(is_about_trust(finding.id) ? Errc::unauthenticated : Errc::invalid));
  }
  return status;
}

namespace {

std::string paint(std::string_view code, std::string_view text, Style style) {
  return style.color && !code.empty() ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string{text};
}

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::passed: return "32";
    case Severity::not_checked: return "36";
    case Severity::warning: return "33";
    case Severity::failed: return "31;1";
  }
  return "";
}

// Digests are told apart by their beginnings; the whole is in --verbose and --json.
std::string shortened(const std::string& text, Style style) {
  std::string safe = printable(text);
  if (style.verbose || safe.size() <= kShortValue || invalid_utf8(safe.substr(0, kShortValue)) != std::string::npos) return safe;
  return safe.substr(0, kShortValue - 1) + "…";
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t have = width_of(text);
  return std::string{text} + std::string(have < width ? width - have : 0, ' ');
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_about_trust(std::string_view id) {
  constexpr std::array<std::string_view, 10> kParts{".signature", ".mac", ".key", ".binding", ".freshness", ".trust-anchor", "parsec_cca.challenge", ".attested-key.name", ".attested-key.attributes", "riot.chain"};
  return std::ranges::any_of(kParts, [&](std::string_view part) { return id.ends_with(part); });
}

// `shown` is printed; `name`, of a member or of the array around an item, says what kind of value it is.
void print_value(std::ostream& out, std::string_view shown, std::string_view name, const json::Value& value, std::size_t depth, std::size_t width) {
  const std::string indent(depth * 2, ' ');
  if (const json::Object* object = value.object()) {
    if (!shown.empty()) out << indent << printable(shown) << '\n';
    std::size_t inner = 0;
    for (const auto& [member, item] : *object) {
      if (item.object() == nullptr && item.array() == nullptr) inner = std::max(inner, width_of(member));
    }
    for (const auto& [member, item] : *object) print_value(out, member, member, item, depth + (shown.empty() ? 0 : 1), inner);
  } else if (const json::Array* array = value.array()) {
    out << indent << printable(shown) << '\n';
    std::size_t index = 0;
    for (const json::Value& item : *array) print_value(out, fmt::format("[{}]", index++), name, item, depth + 1, 0);
  } else if (value.text() != nullptr && value.text()->starts_with("-----BEGIN ")) {
    out << indent << printable(shown) << '\n';
    print_lines(out, *value.text(), indent + "  ");
  } else {
    out << indent << padded(printable(shown), width) << "  " << scalar_text(name, value) << '\n';
  }
}

// PEM, to be copied.
void print_lines(std::ostream& out, std::string_view text, const std::string& indent) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out << indent << printable(trim_ascii(text.substr(0, end))) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Byte strings of tokens are printed in base64 by the tools of the field and in hex by everybody who compares digests.
std::string scalar_text(std::string_view name, const json::Value& value) {
  constexpr std::array<std::string_view, 13> kBytes{"implementation-id", "instance-id", "boot-seed", "nonce", "challenge", "config", "measurement-value", "signer-id", "personalization-value", "initial-measurement", "extensible-measurements", "public-key", "devices-token-hash"};
  if (value.text() != nullptr) {
    const bool is_bytes = std::ranges::any_of(kBytes, [&](std::string_view end) { return name.ends_with(end); });
    const auto bytes = is_bytes ? from_base64(*value.text()) : Result<Bytes>{fail(Errc::invalid, "", "")};
    return bytes ? to_hex(*bytes) : printable(*value.text());
  }
  const auto number = value.unsigned_integer();
  if (number && *number <= 0xffff && name.ends_with("lifecycle")) {
    const auto state = eat::lifecycle_of(static_cast<std::uint16_t>(*number));
    return fmt::format("{} (0x{:04x}, {})", *number, *number, state ? eat::psa_name(*state) : "no known state");
  }
  return json::print(value);
}

}  // namespace
}  // namespace assay::report
