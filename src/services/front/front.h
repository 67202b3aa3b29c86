// The service as the network sees it: which interface a request is for, discovery documents, health.
#pragma once

#include "services/provisioning/api.h"
#include "services/verifier/api.h"

namespace assay::front {

struct Front {
  verifier::Service verifier;
  provisioning::Intake intake;
  // A line for the log of each judgement and submission; no secrets.
  std::function<void(std::string_view request, std::string_view line)> log = {};
};

// Thread-safe. What is nobody's path is 404.
net::Answer answer(Front& front, const net::Incoming& request);

// How large a body may be.
std::size_t body_limit(std::string_view method, std::string_view path);

}  // namespace assay::front
