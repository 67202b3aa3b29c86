// Inside the display forms: what CoMIDs, CoRIMs and CoTS show alike.
#pragma once

#include "codec/json/json.h"
#include "model/corim/comid.h"

namespace assay::corim {

std::string id_to_text(const TagId& id);
json::Value identity_to_json(const TagIdentity& identity);
json::Value environment_to_json(const Environment& environment);
json::Value digest_to_json(const Digest& digest, Generation generation);
json::Value key_to_json(const CryptoKey& key, Generation generation);
// Members without a name, under their number: as diagnostic notation, for people.
void add_unknown(json::Object& object, const Unknowns& unknown);

}  // namespace assay::corim
