#include "model/ear/ar4si.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/text.h"
#include "model/ear/ar4si_texts.h"

namespace assay::ear {
namespace {

struct ClaimNames {
  std::string_view name;
  std::string_view title;
  std::span<const ValueText> texts;
};

constexpr std::array<ClaimNames, kClaims> kClaimNames{{
    {"instance-identity", "Instance Identity", kInstanceIdentityTexts},
    {"configuration", "Configuration", kConfigurationTexts},
    {"executables", "Executables", kExecutablesTexts},
    {"file-system", "File System", kFileSystemTexts},
    {"hardware", "Hardware", kHardwareTexts},
    {"runtime-opaque", "Runtime Opaque", kRuntimeOpaqueTexts},
    {"storage-opaque", "Storage Opaque", kStorageOpaqueTexts},
    {"sourced-data", "Sourced Data", kSourcedDataTexts},
}};

const ClaimNames& names_of(Claim claim) { return kClaimNames[static_cast<std::size_t>(claim)]; }
const Meaning* find_value(std::span<const ValueText> texts, std::int8_t value);
std::optional<std::int8_t> find_tag(Claim claim, std::string_view tag);
std::string snake_case(std::string_view text);

}  // namespace

std::string_view name(Tier tier) {
  switch (tier) {
    case Tier::none: return "none";
    case Tier::affirming: return "affirming";
    case Tier::warning: return "warning";
    case Tier::contraindicated: return "contraindicated";
  }
  return "none";
}

std::optional<Tier> tier_by_name(std::string_view wanted) {
  for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated}) {
    if (name(tier) == wanted) return tier;
  }
  return std::nullopt;
}

std::optional<Tier> tier_by_number(std::int64_t number) {
  for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated}) {
    if (static_cast<std::int64_t>(tier) == number) return tier;
  }
  return std::nullopt;
}

//= draft-ietf-rats-ar4si#2.3.2: values below -1 are the verifier's own and lie in the tier of their magnitude
Tier tier_of(std::int8_t value) {
  if (value >= -1 && value <= 1) return Tier::none;
  if (value >= -32 && value <= 31) return Tier::affirming;
  if (value >= -96 && value <= 95) return Tier::warning;
  return Tier::contraindicated;
}

Tier worse(Tier a, Tier b) { return std::max(a, b); }

std::string_view name(Claim claim) { return names_of(claim).name; }
std::string_view title(Claim claim) { return names_of(claim).title; }

std::optional<Claim> claim_by_name(std::string_view wanted) {
  for (const Claim claim : kAllClaims) {
    if (name(claim) == wanted) return claim;
  }
  return std::nullopt;
}

std::optional<Meaning> meaning(Claim claim, std::int8_t value) {
  if (value == kCryptoFailed) return kCryptoFailedText.meaning;
  const Meaning* found = find_value(tier_of(value) == Tier::none ? std::span<const ValueText>{kNoneTierTexts} : names_of(claim).texts, value);
  return found != nullptr ? std::optional{*found} : std::nullopt;
}

std::string text(Claim claim, std::int8_t value, bool verbose) {
  const auto found = meaning(claim, value);
  if (!found) return fmt::format("unknown code-point {}", value);
  return std::string{verbose ? found->sentence : found->brief};
}

Result<std::int8_t> value_from_text(Claim claim, std::string_view text, bool any_claim) {
  std::string_view digits = text;
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc::invalid_argument && end == digits.data() + digits.size()) {
    if (error == std::errc{} && number >= INT8_MIN && number <= INT8_MAX) return static_cast<std::int8_t>(number);
    return fail(Errc::invalid, "", "out of range for TrustClaim: {}", text);
  }

  const std::string tag = snake_case(text);
  if (const auto value = find_tag(claim, tag)) return *value;
  for (const Claim other : kAllClaims) {
    const auto value = find_tag(other, tag);
    if (!value) continue;
    if (any_claim) return *value;
    return fail_expecting(Errc::invalid, "", fmt::format("tag {} of claim {}", quoted(text), name(other)), fmt::format("a tag of {} or a number", name(claim)));
  }
  return fail(Errc::invalid, "", "not a valid TrustClaim value: {}", quoted(text));
}

Tier TrustVector::status() const {
  Tier status = Tier::none;
  for (const std::int8_t value : values_) status = worse(status, tier_of(value));
  return status;
}

namespace {

const Meaning* find_value(std::span<const ValueText> texts, std::int8_t value) {
  const auto found = std::ranges::find(texts, value, &ValueText::value);
  return found == texts.end() ? nullptr : &found->meaning;
}

std::optional<std::int8_t> find_tag(Claim claim, std::string_view tag) {
  if (tag == "unexpected_evidence") return kUnexpectedEvidence;  // as it was meant; the table has it as everybody writes it
  if (tag == kCryptoFailedText.meaning.tag) return kCryptoFailed;
  for (const std::span<const ValueText> texts : {names_of(claim).texts, std::span<const ValueText>{kNoneTierTexts}}) {
    for (const ValueText& entry : texts) {
      if (entry.meaning.tag == tag) return entry.value;
    }
  }
  return std::nullopt;
}

// "ApprovedRT", "approved-rt" and "Approved RT" are all approved_rt: words end before a capital that follows a small letter or
// begins one ("HWEncrypted" is hw_encrypted), and at '.', '-' and blanks.
std::string snake_case(std::string_view text) {
  const auto upper = [&](std::size_t i) { return i < text.size() && text[i] >= 'A' && text[i] <= 'Z'; };
  const auto lower = [&](std::size_t i) { return i < text.size() && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9')); };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_word = upper(i) && i > 0 && (lower(i - 1) || (upper(i - 1) && lower(i + 1)));
    if (begins_word) out += '_';
    out += text[i] == '.' || text[i] == '-' || text[i] == ' ' ? '_' : text[i];
  }
  return to_lower_ascii(out);
}

}  // namespace
}  // namespace assay::ear
