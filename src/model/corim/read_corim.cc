#include "base/text.h"
#include "model/corim/read.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

constexpr std::uint64_t kUnsignedCorim = 501;
constexpr std::uint64_t kOldWrapper = 500;
constexpr std::uint64_t kOldSigned = 502;
constexpr std::uint64_t kUri = 32;
constexpr std::uint64_t kOid = 111;
constexpr std::uint64_t kEpochTime = 1;

// What the bytes say about their generation.
struct Signs {
  bool has_501 = false;
  std::optional<bool> wrapped_tags;    // byte strings that begin with the tag (A), or tags around byte strings (B to D)
  std::optional<bool> tagged_profile;  // D, or before
};

Result<bool> skip_wrappers(cbor::Reader& in);
Result<Tag> read_tag(cbor::Reader& in, Signs& signs);
Result<std::vector<Tag>> read_tags(cbor::Reader& in, Signs& signs);
Result<Profile> read_profile(cbor::Reader& in, Signs& signs);
Result<Profile> read_profile_list(cbor::Reader& in, Signs& signs);
Result<Locator> read_locator(cbor::Reader& in);
Result<Generation> generation_by(const Signs& signs);

}  // namespace

Result<Corim> read_corim(ByteView bytes, const ReadOptions& options) {
  const Source source = TRY(within("CoRIM", Source::open(bytes, options)));
  cbor::Reader in = source.reader();
  Corim corim;
  Signs signs;
  signs.has_501 = TRY(within("CoRIM", skip_wrappers(in)));
  bool has_id = false;
  bool has_tags = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "CoRIM", corim.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: has_id = true; return set(corim.id, within("id", read_tag_id(in)));
      case 1: has_tags = true; return set(corim.tags, within("tags", read_tags(in, signs)));
      case 2: return set(corim.dependent_rims, read_list(in, "dependent-rims", read_locator));
      case 3: return set(corim.profile, within("profile", options.allow_profile_list && in.next_is(cbor::Type::array) ? read_profile_list(in, signs) : read_profile(in, signs)));
      case 4: return set(corim.validity, within("validity", read_validity(in)));
      case 5: return set(corim.entities, read_list(in, "entities", read_entity));
      default: return false;
    }
  }));
  if (!has_id) return within("CoRIM", Result<Corim>{missing_member(start, "id", 0)});
  if (!has_tags) return within("CoRIM", Result<Corim>{missing_member(start, "tags", 1)});
  corim.generation = TRY(within("CoRIM", generation_by(signs)));
  return corim;
}

Result<Validity> read_validity(cbor::Reader& in) {
  Validity validity;
  Unknowns unknown;
  bool has_end = false;
  const std::size_t start = in.offset();
  const auto time = [&]() -> Result<UnixSeconds> {
    const std::size_t at = in.offset();
    if (const std::uint64_t tag = TRY(in.tag()); tag != kEpochTime) return fail_at(Errc::unsupported, at, fmt::format("tag {}", tag), "tag 1 (epoch time)");
    return in.integer();
  };
  TRY(read_struct(in, "times", unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(validity.not_before, within("not-before", time()));
      case 1: has_end = true; return set(validity.not_after, within("not-after", time()));
      default: return false;
    }
  }));
  if (!has_end) return missing_member(start, "not-after", 1);
  return validity;
}

namespace {

// 500 and 502 are wrappers of old; 501 says that this is generation B or later.
Result<bool> skip_wrappers(cbor::Reader& in) {
  bool has_501 = false;
  for (int left = 3; left > 0 && in.next_is(cbor::Type::tag); --left) {
    const std::size_t start = in.offset();
    const std::uint64_t tag = TRY(in.tag());
    if (tag == 18 || tag == 98) return fail_at(Errc::unsupported, start, "a signed CoRIM (COSE)", "an unsigned one");
    if (tag != kUnsignedCorim && tag != kOldWrapper && tag != kOldSigned) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "a CoRIM: a map, or tag 501 in front of one");
    has_501 = has_501 || tag == kUnsignedCorim;
  }
  return has_501;
}

Result<std::vector<Tag>> read_tags(cbor::Reader& in, Signs& signs) {
  std::vector<Tag> tags;
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) {
    auto tag = read_tag(in, signs);
    if (!tag) return std::unexpected(within(std::to_string(tags.size()), std::move(tag).error()));
    tags.push_back(std::move(*tag));
  }
  return tags;
}

Result<Tag> read_tag(cbor::Reader& in, Signs& signs) {
  const std::size_t start = in.offset();
  const bool wrapped = in.next_is(cbor::Type::bytes);
  if (signs.wrapped_tags.value_or(wrapped) != wrapped) return fail_at(Errc::malformed, start, "tags of generation A and of later ones in one CoRIM", "one form");
  signs.wrapped_tags = wrapped;
  std::uint64_t number = 0;
  ByteView content;
  if (wrapped) {
    const ByteView whole = TRY(in.bytes());
    cbor::Reader inner{whole, cbor::Mode::tolerant, in.offset() - whole.size()};
    number = TRY(inner.tag());
    content = whole.subspan(inner.mark());
  } else {
    number = TRY(in.tag());
    content = TRY(in.bytes());
  }
  if (number < 505 || number > 508) return fail_at(Errc::unsupported, start, fmt::format("tag {}", number), "505 (CoSWID), 506 (CoMID), 507 (CoTS) or 508 (trust list)");
  return Tag{static_cast<TagKind>(number), to_bytes(content)};
}

Result<Profile> read_profile_list(cbor::Reader& in, Signs& signs) {
  const std::size_t start = in.offset();
  const cbor::Items items = TRY(in.array());
  if (items.count() != 1) return fail_at(Errc::unsupported, start, "several profiles: CoRIM generation 0", "one");
  return read_profile(in, signs);
}

Result<Profile> read_profile(cbor::Reader& in, Signs& signs) {
  const std::size_t start = in.offset();
  if (in.next_is(cbor::Type::array)) return fail_at(Errc::unsupported, start, "an array: CoRIM generation 0", "one profile; make the CoRIM again with a current tool");
  signs.tagged_profile = in.next_is(cbor::Type::tag);
  bool is_uri = in.next_is(cbor::Type::text);
  if (*signs.tagged_profile) {
    const std::uint64_t tag = TRY(in.tag());
    if (tag != kUri && tag != kOid) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "tag 32 (URI) or 111 (OID)");
    is_uri = tag == kUri;
  }
  if (!is_uri) return Profile{TRY(read_oid(in))};
  std::string uri = TRY(read_text(in));
  if (!is_absolute_uri(uri)) return fail_at(Errc::invalid, start, quoted(uri), "an absolute URI");
  return Profile{std::move(uri)};
}

Result<Locator> read_locator(cbor::Reader& in) {
  Locator locator;
  bool has_href = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "locator", locator.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0:
        has_href = true;
        if (in.next_is(cbor::Type::array)) return set(locator.hrefs, read_list(in, "href", read_uri));
        locator.hrefs.push_back(TRY(within("href", read_uri(in))));
        return true;
      case 1: return set(locator.thumbprints, within("thumbprint", read_one_or_more_digests(in)));
      default: return false;
    }
  }));
  if (!has_href) return missing_member(start, "href", 0);
  return locator;
}

Result<Generation> generation_by(const Signs& signs) {
  const bool wrapped = signs.wrapped_tags.value_or(!signs.has_501);
  if (wrapped == signs.has_501) {
    return fail_expecting(Errc::malformed, "tags", signs.has_501 ? "byte strings behind tag 501" : "tagged byte strings without tag 501", "generation A (no tag 501, byte strings) or later (501, tagged byte strings)");
  }
  const bool tagged = signs.tagged_profile.value_or(false);
  if (!signs.has_501) {
    if (tagged) return fail_expecting(Errc::malformed, "profile", "a tagged profile (generation D) without tag 501", "an untagged one, or tag 501");
    return Generation::a;
  }
  // Without a profile nothing tells C from D.
  return signs.tagged_profile && !tagged ? Generation::c : Generation::d;
}

}  // namespace
}  // namespace assay::corim
