#include "appraise/policy.h"

#include <algorithm>
#include <cmath>

#include "appraise/policy_records.h"
#include "base/text.h"

namespace assay::appraise {
namespace {

constexpr std::string_view kBadUpdate = "policy returned bad update";

json::Value evidence_of(const Scheme& scheme, std::span<const Submod> submods);
std::string short_name(std::string_view submod);
Result<ear::Tier> read_status(const json::Value& value);
Result<std::int8_t> read_claim(ear::Claim claim, const json::Value& value);
std::optional<std::int64_t> whole_number(const json::Value& value);
std::unexpected<Error> bad_value(const json::Value& value, std::string_view name);

}  // namespace

PolicyInput policy_input(const Scheme& scheme, ByteView nonce, std::span<const Submod> submods, const Endorsements& endorsements) {
  return {std::string{scheme.attestation_scheme}, to_bytes(nonce), evidence_of(scheme, submods), policy_records(scheme.attestation_scheme, endorsements.references)};
}

json::Value policy_document(const PolicyInput& input, std::string_view submod, const ear::Appraisal& appraisal) {
  json::Object session;
  session.append("nonce", to_base64url_padded(input.nonce));
  json::Object document;
  document.append("scheme", input.scheme);
  document.append("session", std::move(session));
  document.append("submod", submod);
  document.append("result", ear::to_json(appraisal));
  document.append("evidence", input.evidence);
  document.append("endorsements", input.endorsements);
  return document;
}

Result<Outcome> parse_outcome(const json::Value& value) {
  const json::Object* object = value.object();
  if (object == nullptr) return fail_expecting(Errc::policy, kBadUpdate, fmt::format("a JSON {}", value.type_name()), "an object");
  Outcome outcome;
  for (const auto& [name, member] : *object) {
    if (name == "status") {
      outcome.status = TRY(read_status(member));
    } else if (name == "added-claims") {
      if (member.object() == nullptr) return bad_value(member, name);
      outcome.added_claims = *member.object();
    } else if (name == "trust-vector") {
      if (member.object() == nullptr) return bad_value(member, name);
      for (const auto& [claim_name, claim_value] : *member.object()) {
        const auto claim = ear::claim_by_name(claim_name);
        if (!claim) return fail(Errc::policy, kBadUpdate, "no claim {}", quoted(claim_name));
        outcome.vector[*claim] = TRY(read_claim(*claim, claim_value));
      }
    } else {
      return fail(Errc::policy, kBadUpdate, "an unexpected member {}", quoted(name));
    }
  }
  return outcome;
}

void apply_outcome(const Outcome& outcome, ear::Appraisal& appraisal) {
  ear::TrustVector& vector = appraisal.vector ? *appraisal.vector : appraisal.vector.emplace();
  const bool is_worse_than_claims = ear::worse(appraisal.status, vector.status()) != vector.status();
  if (outcome.status != ear::Tier::none || !is_worse_than_claims) appraisal.status = outcome.status;
  for (const ear::Claim claim : ear::kAllClaims) {
    if (outcome.vector[claim] != ear::kNoClaim) vector[claim] = outcome.vector[claim];
  }
  appraisal.policy_claims.reset();
  if (!outcome.added_claims.empty()) appraisal.policy_claims = outcome.added_claims;
}

Result<void> apply_policy(policy::Engine& engine, const StoredPolicy& policy, const PolicyInput& input, std::string_view submod, ear::Appraisal& appraisal) {
  const auto value = engine.evaluate(policy.rules, policy_document(input, submod, appraisal));
  if (!value) return std::unexpected(within("could not evaluate policy", within("could not Eval policy", value.error())));
  const Outcome outcome = TRY(parse_outcome(*value));
  apply_outcome(outcome, appraisal);
  appraisal.update_status();
  if (appraisal.policy_ids.empty()) appraisal.policy_ids.push_back("policy:" + input.scheme);
  for (std::string& id : appraisal.policy_ids) id += "/" + policy.uuid;
  return {};
}

Result<void> apply_policy(policy::Engine& engine, const StoredPolicy& policy, const PolicyInput& input, ear::Ear& result) {
  std::map<std::string, ear::Appraisal> submods = result.submods;
  for (auto& [name, appraisal] : submods) TRY(apply_policy(engine, policy, input, name, appraisal));
  result.submods = std::move(submods);
  return {};
}

namespace {

json::Value evidence_of(const Scheme& scheme, std::span<const Submod> submods) {
  json::Object parts;
  for (const Submod& submod : submods) {
    if (!submod.annotated_evidence) continue;
    if (scheme.submods.size() < 2) parts = submod.annotated_evidence->object() != nullptr ? *submod.annotated_evidence->object() : json::Object{};
    else parts.set(short_name(submod.name), *submod.annotated_evidence);
  }
  if (scheme.attestation_scheme != "PARSEC_CCA") return parts;
  for (const char* name : {"platform", "realm"}) {
    if (const json::Value* part = parts.find(name)) parts.set(std::string{"cca."} + name, json::Value{*part});
  }
  return parts;
}

std::string short_name(std::string_view submod) { return to_lower_ascii(submod.substr(submod.rfind('_') + 1)); }

Result<ear::Tier> read_status(const json::Value& value) {
  std::optional<ear::Tier> tier;
  if (const std::string* text = value.text()) {
    tier = ear::tier_by_name(to_lower_ascii(*text));
  } else if (const auto number = whole_number(value)) {
    tier = ear::tier_by_number(*number);
  }
  if (!tier) return bad_value(value, "status");
  return *tier;
}

Result<std::int8_t> read_claim(ear::Claim claim, const json::Value& value) {
  if (const std::string* text = value.text()) {
    const auto found = ear::value_from_text(claim, *text, true);
    if (!found) return bad_value(value, ear::name(claim));
    return *found;
  }
  const auto number = whole_number(value);
  if (!number || *number < INT8_MIN || *number > INT8_MAX) return bad_value(value, ear::name(claim));
  return static_cast<std::int8_t>(*number);
}

// 64/2 is a whole number, however it was computed.
std::optional<std::int64_t> whole_number(const json::Value& value) {
  if (const auto integer = value.integer()) return integer;
  const auto number = value.number();
  if (!number || std::trunc(*number) != *number || std::abs(*number) > 1000) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::unexpected<Error> bad_value(const json::Value& value, std::string_view name) {
  std::string text = json::print(value, {.html_safe = false});
  constexpr std::size_t kShown = 80;
  if (text.size() > kShown) text = printable(text.substr(0, kShown)) + "...";
  return fail(Errc::policy, kBadUpdate, "bad value {} for \"{}\"", text, name);
}

}  // namespace
}  // namespace assay::appraise
