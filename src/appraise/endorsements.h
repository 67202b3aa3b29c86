// Endorsements from CoRIMs: a scheme turns the triples of its profiles into trust anchors and reference values.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "appraise/reference.h"
#include "base/clock.h"
#include "model/corim/comid.h"

namespace assay::appraise {

struct Scheme;  // scheme.h

struct Endorsements {
  TrustAnchors anchors;
  ReferenceValues references;
  std::vector<std::string> warnings;  // what was read and is not used
  std::vector<std::string> notes;     // what describes more than is compared, and is no mistake of its author
  struct Tag {
    Bytes digest;
    std::string origin;
  };
  std::map<std::string, Tag> tags = {};  // CoMIDs by id and version
};

// One CoMID of a CoRIM, for a scheme.
struct ComidInput {
  const corim::Comid& comid;
  std::size_t index = 0;  // among the tags of its CoRIM
  std::string_view profile;
  std::string origin;                                   // the file
  corim::Generation generation = corim::Generation::a;  // of its CoRIM: what tells dialects of one profile name apart
  Rule rule = Rule::assay;                              // what becomes of triples with conditions that nobody compares
};

// Adds what the CoRIM holds for the scheme whose profile it has, and only for that. All or nothing: after an error `to` is as before.
// Warns of a CoMID that has id and version of one before it, but says something else. Fails with `missing`
// (no profile), `unsupported` (no scheme of this build has it), `stale` (rim-validity does not hold at `now`), or what the CoMIDs or the
// rules of their profile say, the tag's index in front.
Result<void> add_corim(const corim::Corim& corim, std::string_view origin, std::span<const Scheme* const> schemes, UnixSeconds now, Endorsements& to, Rule rule = Rule::assay);

// Fails with `stale` where `now` lies outside: "not valid after …, and it is …".
Result<void> check_validity(const std::optional<corim::Validity>& validity, UnixSeconds now);

// What would endorse a piece of evidence: one CoMID for each profile that has a part in it.
struct EndorsementDraft {
  std::string_view part;  // "platform", "realm"
  std::string_view profile;
  corim::Comid comid;
};

// What Veraison's stores file an endorsement under: "ARM_CCA://0/<implementation id>/<instance id>", in base64; the second id is for
// trust anchors. UUIDs stand there as texts.
std::string store_key(std::string_view attestation_scheme, ByteView first, const std::optional<Bytes>& second = {});
std::string store_key(std::string_view attestation_scheme, const corim::Uuid& id);

}  // namespace assay::appraise
