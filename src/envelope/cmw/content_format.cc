// CoAP Content-Formats as CMW uses them: the tag numbers set aside for them, and the media types behind the registered ones.
#include <algorithm>
#include <array>

#include "base/media_type.h"
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
  const auto* found = std::ranges::find_if(kRegistered, [&](const Registered& one) { return same_media_type(one.media_type, media_type); });
  if (found == kRegistered.end()) return std::nullopt;
  return found->format;
}

std::optional<std::string_view> media_type_of_content_format(std::uint16_t content_format) {
  const auto* found = std::ranges::find(kRegistered, content_format, &Registered::format);
  if (found == kRegistered.end()) return std::nullopt;
  return found->media_type;
}

}  // namespace assay::cmw
