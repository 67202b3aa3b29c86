#include "schemes/parsec_tpm/scheme.h"

#include <array>

#include "codec/cbor/cbor.h"

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

constexpr std::array<std::string_view, 1> kCorimProfiles{kCorim};

}  // namespace

const appraise::Scheme kScheme{
    .name = "parsec_tpm",
    .title = "Parsec TPM",
    .attestation_scheme = "PARSEC_TPM",
    .media_types = {},
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = {},
    .token_profiles = {},
    .algorithms = {},
    .recognises = recognises,
    .take_comid = take_comid,
};

}  // namespace assay::parsec_tpm
