// The host program of the OP-TEE example, as people see it on its console.
#pragma once

#include <iosfwd>

#include "attester/psa/optee.h"
#include "net/http.h"
#include "net/pace.h"
#include "services/challenge/challenge_client.h"

namespace assay::attest {

// Has a token of this device verified: `url` makes sessions. Prints what the host program prints, word for word, also of failures.
Result<challenge::Outcome> run_optee_host(const std::string& url, const attester::OpteeDevice& device, const crypto::PrivateKey& key, std::chrono::milliseconds patience, net::Http& http, std::ostream& out);

}  // namespace assay::attest
