#include "schemes/cca/parsec.h"

#include <array>

#include "codec/cbor/cbor.h"
#include "schemes/cca/scheme.h"

namespace assay::parsec_cca {

extern const appraise::Scheme kScheme;

namespace {

// {"kat": 601(…), "pat": a CCA token}.
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
    if (!item) return false;
    key = key || (*name)->is("kat");
    platform = platform || ((*name)->is("pat") && cca::is_collection(*item));
  }
  return key && platform && in.expect_end();
}

constexpr std::array<std::string_view, 1> kCorimProfiles{kCorim};

}  // namespace

const appraise::Scheme kScheme{
    .name = "parsec_cca",
    .title = "Parsec CCA",
    .attestation_scheme = "PARSEC_CCA",
    .media_types = {},
    .corim_profiles = kCorimProfiles,
    .kbs_tees = {},
    .submods = {},
    .token_profiles = {},
    .algorithms = {},
    .recognises = recognises,
    .take_comid = cca::take_comid,  // those of a CCA platform
};

}  // namespace assay::parsec_cca
