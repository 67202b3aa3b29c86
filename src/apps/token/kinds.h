// What the token commands need to know of each kind of token.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "appraise/findings.h"
#include "base/bytes.h"
#include "base/error.h"
#include "codec/json/json.h"

namespace assay::token {

// A token that was taken apart. Nothing of it is authenticated.
struct Look {
  std::vector<std::string> envelope;                         // "COSE_Sign1, ES384": what holds the claims
  json::Value claims;                                        // as evcli prints them
  std::vector<std::pair<std::string, std::string>> unknown;  // claims nobody here knows: key, CBOR diagnostic notation
  appraise::Findings rules;                                  // the rules for claims, one by one
};
Result<Look> look_at_psa(ByteView token);
Result<Look> look_at_cca(ByteView evidence);

struct CreateOptions {
  std::string claims;
  std::string key;      // PSA; the platform's key for CCA
  std::string rak;      // CCA
  std::string mac_key;  // PSA, instead of `key`
  std::string profile;  // PSA; empty: whatever the claims have
  std::string format;   // CCA: "cmw" or "legacy"
  bool allow_invalid = false;
};
Result<Bytes> create_psa(const CreateOptions& options);
Result<Bytes> create_cca(const CreateOptions& options);

}  // namespace assay::token
