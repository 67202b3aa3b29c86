#include "model/corim/write.h"

namespace assay::corim {
namespace {

void write_tag(cbor::Writer& out, const Tag& tag, Generation generation);
void write_profile(cbor::Writer& out, const Profile& profile, Generation generation);
Result<void> write_locator(cbor::Writer& out, const Locator& locator, Generation generation);

}  // namespace

Result<Bytes> write_corim(const Corim& corim, Generation generation) {
  StructWriter map;
  write_tag_id(map.member(0), corim.id);
  cbor::Writer& tags = map.member(1).array(corim.tags.size());
  for (const Tag& tag : corim.tags) write_tag(tags, tag, generation);
  if (corim.dependent_rims) {
    TRY(write_list(map.member(2), "dependent-rims", *corim.dependent_rims, [&](cbor::Writer& out, const Locator& locator) { return write_locator(out, locator, generation); }));
  }
  if (corim.profile) write_profile(map.member(3), *corim.profile, generation);
  if (corim.validity) write_validity(map.member(4), *corim.validity);
  if (!corim.entities.empty()) {
    cbor::Writer& entities = map.member(5).array(corim.entities.size());
    for (const Entity& entity : corim.entities) write_entity(entities, entity);
  }
  map.add(corim.unknown);
  cbor::Writer out;
  if (generation != Generation::a) out.tag(501);
  std::move(map).write_to(out);
  return std::move(out).take();
}

namespace {

void write_tag(cbor::Writer& out, const Tag& tag, Generation generation) {
  const auto number = static_cast<std::uint64_t>(tag.kind);
  if (generation != Generation::a) {
    out.tag(number).bytes(tag.content);
    return;
  }
  cbor::Writer whole;
  whole.tag(number).raw(tag.content);
  out.bytes(whole.view());
}

void write_profile(cbor::Writer& out, const Profile& profile, Generation generation) {
  const auto* uri = std::get_if<std::string>(&profile);
  if (generation == Generation::d) out.tag(uri != nullptr ? 32 : 111);
  if (uri != nullptr) out.text(*uri);
  else out.bytes(std::get<Oid>(profile).content);
}

Result<void> write_locator(cbor::Writer& out, const Locator& locator, Generation generation) {
  if (generation != Generation::d && (locator.hrefs.size() > 1 || locator.thumbprints.size() > 1)) return not_in(generation, "several hrefs or thumbprints", "one of each, or generation D");
  StructWriter map;
  if (locator.hrefs.size() == 1) {
    write_uri(map.member(0), locator.hrefs.front());
  } else {
    cbor::Writer& list = map.member(0).array(locator.hrefs.size());
    for (const std::string& href : locator.hrefs) write_uri(list, href);
  }
  if (locator.thumbprints.size() == 1) write_digest(map.member(1), locator.thumbprints.front());
  else if (!locator.thumbprints.empty()) write_digests(map.member(1), locator.thumbprints);
  map.add(locator.unknown);
  std::move(map).write_to(out);
  return {};
}

}  // namespace
}  // namespace assay::corim
