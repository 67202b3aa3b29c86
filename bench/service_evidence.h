// Evidence for the service's bench: as much as is asked for, each with a nonce and signatures of its own, so that nothing the service
// remembers of one helps with another; and the bare signature work that one flow cannot do without.
#pragma once

#include <string>
#include <vector>

#include "bench/ratio.h"
#include "bench/service_client.h"
#include "crypto/signer.h"

namespace assay::bench {

struct Kind {
  std::string name;    // "PSA"
  std::string submod;  // whose status is looked at
  std::string endorsements_type;
  Bytes endorsements;  // a CoRIM
  std::string more_type = {};
  Bytes more_endorsements = {};
  std::vector<Flow> flows = {};
  Work floor = {};  // its verifications and one signature of a result
};

Kind psa_kind(std::size_t flows, std::shared_ptr<const crypto::Signer> ear_signer);
Kind cca_kind(std::size_t flows, std::shared_ptr<const crypto::Signer> ear_signer);

// An unsigned CoRIM with a thousand reference values: a hundred implementations with ten components each. Every number gives others.
inline constexpr std::size_t kValuesOfCorim = 1000;
Bytes many_values(std::uint32_t number);
inline constexpr std::string_view kPsaCorim = R"(application/corim-unsigned+cbor; profile="http://arm.com/psa/iot/1")";

}  // namespace assay::bench
