// Veraison's endorsement-provisioning interface: POST of a CoRIM, answered at once.
#pragma once

#include "net/server.h"
#include "services/provisioning/intake.h"

namespace assay::provisioning {

inline constexpr std::string_view kSubmit = "/endorsement-provisioning/v1/submit";

struct Submitted {
  net::Answer answer;
  std::string log;  // what became of it, for the log; empty: nothing to say
};
// A submission that is refused for its content is 200 with the status `failed`: clients of the reference look there.
Submitted submit(const Intake& intake, const net::Incoming& request, std::string_view tenant, UnixSeconds now);

}  // namespace assay::provisioning
