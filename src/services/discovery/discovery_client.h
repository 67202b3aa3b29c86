// What a service says of itself under /.well-known/veraison (Veraison's discovery documents), as a client reads it.
//
// Members that are missing are empty; unknown ones are passed over. Refused with `malformed`: another content type than JSON, JSON that is
// no object, members of another type; with `limit` more than kMaxDocument bytes or kMaxItems of a kind. A key that is none is the error of
// its format.
#pragma once

#include "crypto/crypto.h"
#include "net/http.h"

namespace assay::discovery {

inline constexpr std::string_view kType = "application/vnd.veraison.discovery+json";
inline constexpr std::size_t kMaxDocument = 256UL * 1024;
inline constexpr std::size_t kMaxItems = 1024;

enum class Service { verification,
                     provisioning,
                     management };
std::string_view name(Service service);
std::string path_of(Service service);  // "/.well-known/veraison/verification"

struct Endpoint {
  std::string name;  // "newChallengeResponseSession"
  std::string path;
};

struct Document {
  std::optional<crypto::PublicKey> ear_key;  // signs attestation results
  std::optional<crypto::Sig> ear_sig;        // with this algorithm; set where ear_key is
  std::vector<std::string> media_types;
  std::vector<std::string> schemes;
  std::string version;
  std::string state;  // "READY" …
  std::vector<Endpoint> endpoints;

  // Empty: there is none of that name.
  std::string_view endpoint(std::string_view name) const;
};
Result<Document> parse_document(ByteView body);

// `server`: any URL of the service; the document lies at the root of its origin. Fails with `forbidden` (401, 403), `not_found` (404),
// `unavailable` (5xx), `invalid` (other refusals), or as Http::send.
Result<Document> fetch(std::string_view server, Service service, net::Http& http, const std::optional<std::string>& authorization);

}  // namespace assay::discovery
