// What the four verify-as commands share: the service they talk to, and what becomes of its answer.
#pragma once

#include "apps/evcli/commands.h"
#include "apps/sending.h"
#include "services/challenge/challenge_client.h"

namespace assay::evcli {

// --api-server, --insecure, --ca-cert, and ours; `more` in front.
std::vector<goflags::Flag> service_flags(std::vector<goflags::Flag> more);

struct Service {
  std::string api_server;
  sending::Peer peer;
  std::uint64_t nonce_size = 0;  // 0: not given
};
// Flags, then the environment (API_SERVER, INSECURE, CA_CERT, NONCE_SIZE), then the configuration file. Fails where no server is named.
Result<Service> service_of(const goflags::Context& context);

// The URL as net has it; texts as Go's: "malformed session URI: parse …", "the supplied session URI is not in absolute form".
Result<std::string> session_uri(const std::string& api_server);

// Prints the result as the JSON string it was, with --raw without quotes.
Result<void> exchange(goflags::Context& context, const Service& service, challenge::Exchange exchange);

// Sends this token, whose nonce it was.
challenge::EvidenceBuilder as_it_is(std::string_view media_type, Bytes token);

}  // namespace assay::evcli
