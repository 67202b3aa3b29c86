// Veraison's management interface: policies of the owner, per attestation scheme. Unlike the original, a policy that is refused is not
// stored, and one that is not active has no effect.
#pragma once

#include "appraise/pipeline.h"
#include "net/server.h"

namespace assay::management {

struct Service {
  appraise::PolicyStore& store;                      // outlives it
  std::span<const appraise::Scheme* const> schemes;  // that can have policies
  // Would this text be a policy? What is wrong with it, else.
  std::function<Result<void>(std::string_view rules)> check;
};

struct Answered {
  net::Answer answer;
  std::string log = {};  // what was changed; empty: nothing
};

// Is it a path of this interface, with a method it knows?
bool is_path(std::string_view method, std::string_view path);
// Thread-safe.
Answered answer(const Service& service, const net::Incoming& request, std::string_view tenant, UnixSeconds now);

// The members of `api-endpoints` in the discovery document.
json::Object endpoints();
// "PSA_IOT" …: of the schemes that verify evidence.
std::vector<std::string_view> scheme_names(std::span<const appraise::Scheme* const> schemes);

}  // namespace assay::management
