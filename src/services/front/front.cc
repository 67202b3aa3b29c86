#include "services/front/front.h"

#include "base/limits.h"
#include "services/front/discovery.h"
#include "services/rest/rest.h"

namespace assay::front {
namespace {

constexpr std::string_view kTenant = "0";

net::Answer plain(int status, std::string_view text) { return {status, {{"Content-Type", "text/plain"}}, to_bytes(text)}; }
net::Answer readiness(const Front& front);

}  // namespace

net::Answer answer(Front& front, const net::Incoming& request) {
  const auto log = [&](const std::string& line) {
    if (front.log && !line.empty()) front.log(request.id, line);
  };
  if (verifier::is_path(request.method, request.path)) {
    verifier::Answered answered = verifier::answer(front.verifier, request, kTenant);
    log(answered.log);
    return std::move(answered.answer);
  }
  if (request.path == provisioning::kSubmit && request.method == "POST") {
    provisioning::Submitted submitted = provisioning::submit(front.intake, request, kTenant, front.verifier.clock());
    log(submitted.log);
    return std::move(submitted.answer);
  }
  if (request.method != "GET") return rest::not_found();
  if (is_discovery(request.path)) return discovery(front, request);
  if (request.path == "/healthz") return plain(200, "ok\n");
  if (request.path == "/readyz") return readiness(front);
  return rest::not_found();
}

std::size_t body_limit(std::string_view, std::string_view path) {
  constexpr std::size_t kEndorsements = std::size_t{16} * 1024 * 1024;
  return path == provisioning::kSubmit ? kEndorsements : kMaxResult;
}

namespace {

net::Answer readiness(const Front& front) {
  const auto ready = front.verifier.store.ready();
  return ready ? plain(200, "ready\n") : plain(503, "not ready: " + ready.error().text() + "\n");
}

}  // namespace
}  // namespace assay::front
