// What a CoSERV service offers (draft-ietf-rats-coserv-06 §6.1): the document at /.well-known/coserv-configuration, in JSON
// (application/coserv-discovery+json) and CBOR (application/coserv-discovery+cbor).
//
// Refused: missing version or endpoints, capabilities that are no media types, keys that are no objects or have a private part. Members
// that are not known are passed over.
#pragma once

#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "model/corim/corim.h"

namespace assay::corim {

struct Capability {
  std::string media_type;                     // application/coserv+cbor or +cose, with the parameter `profile`
  std::vector<std::string> artifact_support;  // "collected", "source"; at least one
  bool operator==(const Capability&) const = default;
};

struct CoservDiscovery {
  std::string version;
  std::vector<Capability> capabilities;
  std::vector<std::pair<std::string, std::string>> endpoints;  // name, path or URL with {query}
  // What signed results verify with, as they were read: a JWK, or a COSE_Key, encoded.
  using Key = std::variant<json::Value, Bytes>;
  std::vector<Key> keys;
};

Result<CoservDiscovery> read_discovery_json(std::string_view text);
Result<CoservDiscovery> read_discovery_cbor(ByteView bytes);

// Keys that were read in the other form are converted; that fails if they are broken.
Result<json::Value> write_discovery_json(const CoservDiscovery& discovery);
Result<Bytes> write_discovery_cbor(const CoservDiscovery& discovery);

Result<crypto::PublicKey> public_key(const CoservDiscovery::Key& key);

}  // namespace assay::corim
