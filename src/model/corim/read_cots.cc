#include "model/corim/claims.h"
#include "model/corim/coswid_shapes.h"
#include "model/corim/read.h"

namespace assay::corim {
namespace {

constexpr auto kCotsTag = static_cast<std::uint64_t>(TagKind::cots);

Result<void> skip_tag(cbor::Reader& in);
Result<EnvironmentGroup> read_group(cbor::Reader& in);
Result<SwidMap> read_abbreviated(cbor::Reader& in) { return read_swid(in, SwidShape::abbreviated); }
Result<TrustKeys> read_keys(cbor::Reader& in);
Result<TrustAnchor> read_anchor(cbor::Reader& in);

}  // namespace

Result<Cots> read_cots(ByteView bytes, const ReadOptions& options) {
  const Source source = TRY(within("CoTS", Source::open(bytes, options)));
  cbor::Reader in = source.reader();
  TRY(within("CoTS", skip_tag(in)));
  Cots cots;
  bool has_environments = false;
  bool has_keys = false;
  TRY(read_struct(in, "CoTS", cots.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: return set(cots.language, within("language", read_text(in)));
      case 1: return set(cots.identity, read_tag_identity(in));
      case 2: has_environments = true; return set(cots.environments, read_list(in, "environments", read_group));
      case 3: return set(cots.purposes, read_list(in, "purposes", read_text));
      case 4: return set(cots.permitted, read_list(in, "permclaims", read_claims));
      case 5: return set(cots.excluded, read_list(in, "exclclaims", read_claims));
      case 6: has_keys = true; return set(cots.keys, read_keys(in));
      default: return false;
    }
  }));
  if (!has_environments) return within("CoTS", Result<Cots>{missing_member(0, "environments", 2)});
  if (!has_keys) return within("CoTS", Result<Cots>{missing_member(0, "keys", 6)});
  return cots;
}

namespace {

Result<void> skip_tag(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::tag)) return {};
  const std::size_t start = in.offset();
  if (const std::uint64_t tag = TRY(in.tag()); tag != kCotsTag) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "a map, in tag 507 perhaps");
  return {};
}

Result<EnvironmentGroup> read_group(cbor::Reader& in) {
  EnvironmentGroup group;
  TRY(read_struct(in, "group", group.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 1: return set(group.environment, within("environment", read_environment(in)));
      case 2: return set(group.swid, within("swidtag", read_abbreviated(in)));
      case 3: return set(group.named_store, within("namedtastore", read_text(in)));
      default: return false;
    }
  }));
  return group;
}

Result<TrustKeys> read_keys(cbor::Reader& in) {
  TrustKeys keys;
  bool has_anchors = false;
  const std::size_t start = in.offset();
  TRY(read_struct(in, "keys", keys.unknown, [&](std::int64_t key) -> Result<bool> {
    switch (key) {
      case 0: has_anchors = true; return set(keys.anchors, read_list(in, "tas", read_anchor));
      case 1: return set(keys.authorities, read_list(in, "cas", read_bytes));
      default: return false;
    }
  }));
  if (!has_anchors) return within("keys", Result<TrustKeys>{missing_member(start, "tas", 0)});
  return keys;
}

Result<TrustAnchor> read_anchor(cbor::Reader& in) {
  constexpr std::string_view kShape = "[format, data]";
  TrustAnchor anchor;
  cbor::Items items = TRY(in.array());
  TRY(expect_item(in, items, kShape));
  const std::size_t start = in.offset();
  const std::uint64_t format = TRY(in.uint());
  if (format > 2) return fail_at(Errc::unsupported, start, fmt::format("format {}", format), "0 certificate, 1 TrustAnchorInfo or 2 SubjectPublicKeyInfo");
  anchor.format = static_cast<TrustAnchor::Format>(format);
  TRY(expect_item(in, items, kShape));
  anchor.data = TRY(read_bytes(in));
  TRY(expect_no_item(in, items, kShape));
  return anchor;
}

}  // namespace
}  // namespace assay::corim
