#include "model/corim/claims.h"
#include "model/corim/coswid_shapes.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

Result<void> write_group(cbor::Writer& out, const EnvironmentGroup& group, Generation generation);
void write_claim_sets(cbor::Writer& out, const std::vector<ClaimSet>& sets);
void write_keys(cbor::Writer& out, const TrustKeys& keys);

}  // namespace

Result<Bytes> write_cots(const Cots& cots, Generation generation) {
  StructWriter map;
  if (cots.language) map.member(0).text(*cots.language);
  if (cots.identity) write_tag_identity(map.member(1), *cots.identity);
  TRY(write_list(map.member(2), "environments", cots.environments, [&](cbor::Writer& out, const EnvironmentGroup& group) { return write_group(out, group, generation); }));
  if (!cots.purposes.empty()) {
    cbor::Writer& purposes = map.member(3).array(cots.purposes.size());
    for (const std::string& purpose : cots.purposes) purposes.text(purpose);
  }
  if (!cots.permitted.empty()) write_claim_sets(map.member(4), cots.permitted);
  if (!cots.excluded.empty()) write_claim_sets(map.member(5), cots.excluded);
  write_keys(map.member(6), cots.keys);
  map.add(cots.unknown);
  cbor::Writer out;
  std::move(map).write_to(out);
  return std::move(out).take();
}

namespace {

Result<void> write_group(cbor::Writer& out, const EnvironmentGroup& group, Generation generation) {
  StructWriter map;
  if (group.environment) TRY(within("environment", write_environment(map.member(1), *group.environment, generation)));
  if (group.swid) write_swid(map.member(2), *group.swid, SwidShape::abbreviated);
  if (group.named_store) map.member(3).text(*group.named_store);
  map.add(group.unknown);
  std::move(map).write_to(out);
  return {};
}

void write_claim_sets(cbor::Writer& out, const std::vector<ClaimSet>& sets) {
  out.array(sets.size());
  for (const ClaimSet& set : sets) write_claims(out, set);
}

void write_keys(cbor::Writer& out, const TrustKeys& keys) {
  StructWriter map;
  cbor::Writer& anchors = map.member(0).array(keys.anchors.size());
  for (const TrustAnchor& anchor : keys.anchors) anchors.array(2).uint(static_cast<std::uint64_t>(anchor.format)).bytes(anchor.data);
  if (!keys.authorities.empty()) {
    cbor::Writer& authorities = map.member(1).array(keys.authorities.size());
    for (const Bytes& certificate : keys.authorities) authorities.bytes(certificate);
  }
  map.add(keys.unknown);
  std::move(map).write_to(out);
}

}  // namespace
}  // namespace assay::corim
