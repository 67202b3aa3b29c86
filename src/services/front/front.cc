#include "services/front/front.h"

#include "base/limits.h"
#include "services/front/discovery.h"
#include "services/inventory/api.h"
#include "services/rest/rest.h"

namespace assay::front {
namespace {

struct Visit {
  Front& front;
  const net::Incoming& request;
  const Offer& offer;

  bool offers(Interface one) const { return (offer.interfaces & one) != 0; }
};

net::Answer verify(const Visit& visit);
net::Answer provision(const Visit& visit);
net::Answer manage(const Visit& visit);
net::Answer distribute(const Visit& visit);
net::Answer plain(int status, std::string_view text) { return {status, {{"Content-Type", "text/plain"}}, to_bytes(text)}; }
net::Answer readiness(const Front& front);
net::Answer figures(const Front& front);
Admission admission(const Visit& visit, Role role);
void log(const Visit& visit, std::string_view who, int status, const std::string& line);
std::optional<Interface> interface_of(std::string_view method, std::string_view path);

}  // namespace

std::string_view name(Interface one) {
  switch (one) {
    case kVerification: return "verification";
    case kProvisioning: return "provisioning";
    case kManagement: return "management";
    case kCoserv: return "coserv";
    case kAll: break;
  }
  return "all";
}

net::Answer answer(Front& front, const net::Incoming& request) {
  static const Offer kNothing{.interfaces = 0};
  const Visit visit{front, request, request.listener < front.offers.size() ? front.offers[request.listener] : kNothing};
  if (const auto interface = interface_of(request.method, request.path)) {
    if (!visit.offers(*interface)) return rest::not_found();
    switch (*interface) {
      case kVerification: return verify(visit);
      case kProvisioning: return provision(visit);
      case kManagement: return manage(visit);
      case kCoserv: return distribute(visit);
      case kAll: break;
    }
  }
  if (request.method != "GET") return rest::not_found();
  if (const auto document = discovered(request.path); document && visit.offers(*document)) return discovery(front, request, *document);
  if (request.path == "/healthz") return plain(200, "ok\n");
  if (request.path == "/readyz") return readiness(front);
  if (request.path == "/.well-known/jwks.json" && front.jwks && visit.offers(kVerification)) return rest::json_answer(200, "application/jwk-set+json", front.jwks());
  if (request.path == "/metrics" && visit.offers(kManagement)) return figures(front);
  return rest::not_found();
}

bool is_quick(const Front& front, const net::Incoming& request) {
  if (request.path == "/healthz") return true;
  return request.listener < front.offers.size() && verifier::is_path(request.method, request.path) && verifier::is_quick(front.verifier, request, front.offers[request.listener].tenant);
}

void done(Front& front, const net::Incoming& request, int status, std::chrono::microseconds duration) {
  const auto interface = interface_of(request.method, request.path);
  front.metrics.request(interface ? name(*interface) : "other", status, duration);
}

std::size_t body_limit(std::string_view, std::string_view path) {
  constexpr std::size_t kEndorsements = std::size_t{16} * 1024 * 1024;
  return path == provisioning::kSubmit ? kEndorsements : kMaxResult;
}

namespace {

std::optional<Interface> interface_of(std::string_view method, std::string_view path) {
  if (verifier::is_path(method, path)) return kVerification;
  if (path == provisioning::kSubmit && method == "POST") return kProvisioning;
  if (management::is_path(method, path) || inventory::is_path(method, path)) return kManagement;
  if (coserv::is_path(method, path)) return kCoserv;
  return std::nullopt;
}

net::Answer verify(const Visit& visit) {
  verifier::Answered answered = verifier::answer(visit.front.verifier, visit.request, visit.offer.tenant);
  log(visit, {}, answered.answer.status, answered.log);
  if (!answered.verdict.empty()) visit.front.metrics.verdict(answered.scheme, answered.verdict);
  return std::move(answered.answer);
}

net::Answer provision(const Visit& visit) {
  Admission admitted = admission(visit, Role::provisioner);
  if (admitted.refusal) return std::move(*admitted.refusal);
  provisioning::Submitted submitted = provisioning::submit(visit.front.intake, visit.request, admitted.tenant, visit.front.verifier.clock());
  log(visit, admitted.who, submitted.answer.status, submitted.log);
  return std::move(submitted.answer);
}

net::Answer manage(const Visit& visit) {
  Admission admitted = admission(visit, Role::manager);
  if (admitted.refusal) return std::move(*admitted.refusal);
  if (inventory::is_path(visit.request.method, visit.request.path)) {
    inventory::Answered listed = inventory::answer({visit.front.verifier.store, visit.front.verifier.schemes, visit.front.verifier.rule}, visit.request, admitted.tenant);
    log(visit, admitted.who, listed.answer.status, listed.log);
    return std::move(listed.answer);
  }
  management::Answered answered = management::answer(visit.front.management, visit.request, admitted.tenant, visit.front.verifier.clock());
  log(visit, admitted.who, answered.answer.status, answered.log);
  return std::move(answered.answer);
}

net::Answer distribute(const Visit& visit) {
  coserv::Answered answered = coserv::answer(visit.front.coserv, visit.request, visit.offer.tenant, visit.front.verifier.clock());
  log(visit, {}, answered.answer.status, answered.log);
  return std::move(answered.answer);
}

Admission admission(const Visit& visit, Role role) {
  Admission admitted = visit.front.admit ? visit.front.admit(visit.request, role) : Admission{};
  if (admitted.tenant.empty()) admitted.tenant = visit.offer.tenant;
  return admitted;
}

net::Answer readiness(const Front& front) {
  const auto ready = front.verifier.store.ready();
  return ready ? plain(200, "ready\n") : plain(503, "not ready: " + ready.error().text() + "\n");
}

net::Answer figures(const Front& front) {
  const auto open = front.verifier.store.open_sessions(front.verifier.clock());
  net::Answer answer = plain(200, front.metrics.text({{"assay_sessions_open", static_cast<double>(open.value_or(0))}, {"assay_store_ready", front.verifier.store.ready() ? 1 : 0}}));
  answer.headers.front().value = "text/plain; version=0.0.4";
  return answer;
}

void log(const Visit& visit, std::string_view who, int status, const std::string& line) {
  if (visit.front.log && !line.empty()) visit.front.log(visit.request, who, status, line);
}

}  // namespace
}  // namespace assay::front
