// CoAP Content-Formats as CMW uses them: the tag numbers set aside for them, and the media types behind the registered ones.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "envelope/cmw/cmw.h"

namespace assay::cmw {
namespace {

// RFC 9277 appendix B: 255 numbers of every 256, so that no tag ends in ff.
constexpr std::uint64_t kFirstTag = 1668546817;
constexpr std::uint64_t kLastTag = 1668612095;
constexpr std::uint16_t kLastTaggedFormat = 65024;

struct Registered {
  std::uint16_t format;
  std::string_view media_type;
};
// IANA's registry, as far as attestation uses it (RFC 9711 §9, RFC 9782, RFC 9783 §10, RFC 9052 §11).
constexpr std::array kRegistered{
    Registered{0, "text/plain;charset=utf-8"},
    Registered{16, R"(application/cose; cose-type="cose-encrypt0")"},
    Registered{17, R"(application/cose; cose-type="cose-mac0")"},
    Registered{18, R"(application/cose; cose-type="cose-sign1")"},
    Registered{42, "application/octet-stream"},
    Registered{50, "application/json"},
    Registered{60, "application/cbor"},
    Registered{61, "application/cwt"},
    Registered{263, "application/eat+cwt"},
    Registered{264, "application/eat+jwt"},
    Registered{265, "application/eat-bun+cbor"},
    Registered{266, "application/eat-bun+json"},
    Registered{267, "application/eat-ucs+cbor"},
    Registered{268, "application/eat-ucs+json"},
    Registered{601, "application/uccs+cbor"},
    Registered{10003, R"(application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm")"},
    Registered{10004, R"(application/eat+cwt; eat_profile="tag:psacertified.org,2019:psa#legacy")"},
};

std::string normalised(std::string_view media_type);

}  // namespace

std::optional<std::uint64_t> tag_of_content_format(std::uint16_t content_format) {
  if (content_format > kLastTaggedFormat) return std::nullopt;
  return kFirstTag + content_format / 255 * 256ull + content_format % 255;
}

std::optional<std::uint16_t> content_format_of_tag(std::uint64_t tag) {
  if (tag < kFirstTag || tag > kLastTag) return std::nullopt;
  const std::uint64_t distance = tag - kFirstTag;
  if (distance % 256 == 255) return std::nullopt;
  return static_cast<std::uint16_t>(distance - distance / 256);
}

std::optional<std::uint16_t> content_format_of_media_type(std::string_view media_type) {
  const std::string wanted = normalised(media_type);
  const auto* found = std::ranges::find_if(kRegistered, [&](const Registered& one) { return normalised(one.media_type) == wanted; });
  if (found == kRegistered.end()) return std::nullopt;
  return found->format;
}

std::optional<std::string_view> media_type_of_content_format(std::uint16_t content_format) {
  const auto* found = std::ranges::find(kRegistered, content_format, &Registered::format);
  if (found == kRegistered.end()) return std::nullopt;
  return found->media_type;
}

namespace {

// One spelling for what RFC 9110 §8.3.1 holds equal: names in lower case, no blanks around `;`, no quotes. A `;` inside quotes
// stays what it is.
std::string normalised(std::string_view media_type) {
  std::vector<std::string> parts{""};
  bool in_quotes = false;
  for (const char c : media_type) {
    if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ';' && !in_quotes) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  std::string result = to_lower_ascii(trim_ascii(parts.front()));
  std::sort(parts.begin() + 1, parts.end());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = trim_ascii(parts[i]);
    const std::size_t equals = std::min(part.find('='), part.size());
    result += '\n' + to_lower_ascii(part.substr(0, equals)) + std::string{part.substr(equals)};
  }
  return result;
}

}  // namespace
}  // namespace assay::cmw
