// The service as the network sees it: which interface a request is for, who may use it, discovery documents, health, figures.
#pragma once

#include "services/coserv/api.h"
#include "services/front/metrics.h"
#include "services/management/api.h"
#include "services/provisioning/api.h"
#include "services/verifier/api.h"

namespace assay::front {

// Interfaces, as bits: a listener may offer some of them.
enum Interface : unsigned { kVerification = 1,
                            kProvisioning = 2,
                            kManagement = 4,
                            kCoserv = 8,
                            kAll = 15 };
inline constexpr std::array kInterfaces{kVerification, kProvisioning, kManagement, kCoserv};
std::string_view name(Interface one);  // "verification"

enum class Role { provisioner,
                  manager };
// Who asks, and may they?
struct Admission {
  std::optional<net::Answer> refusal = {};
  std::string who = {};     // for the log; empty: nobody said
  std::string tenant = {};  // empty: that of the listener
};

// What is offered where a request came in.
struct Offer {
  unsigned interfaces = kAll;
  std::string tenant = "0";
};

struct Front {
  verifier::Service verifier;
  provisioning::Intake intake;
  management::Service management;
  coserv::Service coserv;
  std::vector<Offer> offers = {Offer{}};   // by the number of the listener
  std::function<json::Value()> jwks = {};  // all keys that results may bear; none: not offered
  // Asked before provisioning and management; none: everybody may.
  std::function<Admission(const net::Incoming& request, Role role)> admit = {};
  // A line for the log of each judgement, submission and change, with the status of the answer; no secrets.
  std::function<void(const net::Incoming& request, std::string_view who, int status, std::string_view line)> log = {};
  Metrics metrics = {};
};

// Thread-safe. What is nobody's path is 404.
net::Answer answer(Front& front, const net::Incoming& request);
// For net::ServerOptions: need nobody wait for it?
bool is_quick(const Front& front, const net::Incoming& request);
// After the answer: figures.
void done(Front& front, const net::Incoming& request, int status, std::chrono::microseconds duration);

// How large a body may be.
std::size_t body_limit(std::string_view method, std::string_view path);

}  // namespace assay::front
