// Taking endorsements in: a CoRIM as submitted becomes trust anchors and reference values in the store, or nothing changes.
#pragma once

#include <string>
#include <vector>

#include "appraise/ports.h"
#include "crypto/x509.h"

namespace assay::provisioning {

struct Intake {
  appraise::EndorsementStore& store;                 // outlives it
  std::span<const appraise::Scheme* const> schemes;  // whose profiles are taken
  std::vector<crypto::Certificate> roots = {};       // of the chains of signed CoRIMs; none: those are refused
  std::vector<crypto::PublicKey> signers = {};       // of signed CoRIMs without chain
  bool unsigned_ones = true;                         // are taken
  appraise::Rule rule = appraise::Rule::assay;
};

struct Taken {
  std::string id;  // of the CoRIM
  std::string scheme;
  bool known = false;  // it was there already
  std::vector<std::string> warnings;
};

// The media type says signed or not, and the profile, which must be the CoRIM's own where that has one. Fails with `unsupported` (a media
// type nobody takes), `malformed`, `mismatch` (profile), `untrusted`, `stale`, or as the store does. Error texts up to the first colon
// are those that provisioning clients compare.
Result<Taken> take(const Intake& intake, std::string_view tenant, std::string_view media_type, ByteView body, UnixSeconds now);

// The scheme whose endorsements bear that media type; null: none.
const appraise::Scheme* scheme_of_media_type(std::span<const appraise::Scheme* const> schemes, std::string_view media_type);
// In the current spelling, one for each type and profile.
std::vector<std::string> media_types(std::span<const appraise::Scheme* const> schemes);

// Decodes what was taken before, as a store does when it opens.
Result<appraise::Endorsements> decode(const appraise::StoredCorim& corim, std::span<const appraise::Scheme* const> schemes, appraise::Rule rule);

}  // namespace assay::provisioning
