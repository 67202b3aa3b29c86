#include "schemes/parsec_tpm/scheme.h"

#include <array>

#include "codec/cbor/cbor.h"
#include "schemes/parsec_tpm/evidence.h"

namespace assay::parsec_tpm {

extern const appraise::Scheme kScheme;

namespace {

// {"kat": a map …, "pat": a map …}: where a CCA token would be the second, it is Parsec CCA.
bool recognises(ByteView evidence) {
  cbor::Reader in{evidence};
  auto map = cbor::MapReader::open(in);
  if (!map) return false;
  bool key = false;
  bool platform = false;
  while (true) {
    const auto name = map->next(in);
    if (!name) return false;
    if (!*name) break;
    const auto item = in.item();
    if (!item || item->empty() || (item->front() >> 5) != 5) return false;
    key = key || (*name)->is("kat");
    platform = platform || (*name)->is("pat");
  }
  return key && platform && in.expect_end();
}

Result<appraise::Identity> peek(ByteView evidence) {
  const UnverifiedEvidence parsed = TRY(parse_evidence(evidence));
  return appraise::Identity{{}, to_bytes(parsed.key_id), {}};
}

Result<json::Value> claims_json(ByteView evidence) { return to_json(TRY(parse_evidence(evidence))); }

constexpr std::array<std::string_view, 1> kMediaTypes{"application/vnd.parallaxsecond.key-attestation.tpm"};
constexpr std::array<std::string_view, 1> kSubmods{"PARSEC_TPM"};
constexpr std::array<std::string_view, 3> kAlgorithms{"ES256", "ES384", "ES512"};
constexpr std::array<std::string_view, 1> kCorimProfiles{kCorim};

}  // namespace

const appraise::Scheme kScheme{
    .name = "parsec_tpm",
    .title = "Parsec TPM",
    .attestation_scheme = "PARSEC_TPM",
    .media_types = kMediaTypes,
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = kSubmods,
    .token_profiles = {},
    .algorithms = kAlgorithms,
    .recognises = recognises,
    .peek = peek,
    .verify = verify_evidence,
    .appraise = appraise_evidence,
    .claims_json = claims_json,
    .take_comid = take_comid,
};

}  // namespace assay::parsec_tpm
