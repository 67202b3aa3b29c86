#include "services/provisioning/api.h"

#include "base/media_type.h"
#include "base/text.h"
#include "services/rest/rest.h"

namespace assay::provisioning {
namespace {

constexpr std::string_view kSessionMediaType = "application/vnd.veraison.provisioning-session+json";

}  // namespace

Submitted submit(const Intake& intake, const net::Incoming& request, std::string_view tenant, UnixSeconds now) {
  if (!rest::accepts(request, kSessionMediaType)) return {rest::not_acceptable(kSessionMediaType), {}};
  const std::string_view sent = request.header("Content-Type").value_or("");
  const auto type = parse_media_type(sent);
  if (!type) return {net::problem(400, rest::bad_media_type("provisioner", sent, type.error())), {}};
  if (scheme_of_media_type(intake.schemes, sent) == nullptr) return {rest::unsupported_type(sent, rest::joined(media_types(intake.schemes))), {}};
  if (request.body.empty()) return {net::problem(400, "empty body"), {}};
  const auto taken = take(intake, tenant, sent, request.body, now);
  if (!taken && (taken.error().errc == Errc::unavailable || taken.error().errc == Errc::io)) {
    net::Answer later = net::problem(503, "the store cannot be used now");
    later.headers.push_back({"Retry-After", "1"});
    return {std::move(later), "submission not stored: " + taken.error().text()};
  }
  json::Object members;
  members.set("status", taken ? "success" : "failed");
  members.set("expiry", to_rfc3339(now));
  if (!taken) members.set("failure-reason", "submit endorsement returned error: submit endorsements failed: " + taken.error().text());
  return {rest::json_answer(200, kSessionMediaType, members),
          taken ? fmt::format("CoRIM {} for {}: {}", quoted(taken->id), taken->scheme, taken->known ? "known" : "taken") : "submission refused: " + taken.error().text()};
}

}  // namespace assay::provisioning
