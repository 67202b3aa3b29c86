// Reads and writes the JSON claims-set. Reasons inside the problems are the reference library's where it has the case.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/text.h"
#include "model/ear/ear.h"
#include "model/ear/names.h"
#include "model/ear/problems.h"

namespace assay::ear {
namespace {

// A member's value, or the reason why it is none.
template <class T>
using Parsed = std::expected<T, std::string>;
std::unexpected<std::string> because(std::string reason) { return std::unexpected(std::move(reason)); }

// How one document is to be read.
struct Rules {
  const Names& names;
  bool ietf;
  bool strict;
};

// Takes members out of one object and collects what is wrong with them.
class Members {
 public:
  explicit Members(const json::Object& object) : object_{object} {}

  template <class Parse>
  auto need(std::string_view name, Parse parse) -> std::optional<typename std::invoke_result_t<Parse, const json::Value&>::value_type> {
    if (object_.find(name) != nullptr) return take(name, parse);
    problems_.missing(name);
    return std::nullopt;
  }
  template <class Parse>
  auto take(std::string_view name, Parse parse) -> std::optional<typename std::invoke_result_t<Parse, const json::Value&>::value_type> {
    const json::Value* value = object_.find(name);
    if (value == nullptr) return std::nullopt;
    auto parsed = parse(*value);
    if (parsed) return std::move(*parsed);
    problems_.invalid(name, parsed.error());
    return std::nullopt;
  }
  template <class Known>
  void refuse_others(Known known) {
    for (const auto& [name, value] : object_) {
      if (!known(name)) problems_.unexpected(name);
    }
  }
  const Problems& problems() const { return problems_; }

 private:
  const json::Object& object_;
  Problems problems_;
};

Rules rules_for(const json::Object& claims, Strictness strictness);
Parsed<std::string> read_text(const json::Value& value);
Parsed<UnixSeconds> read_time(const json::Value& value, bool ietf);
Parsed<Bytes> read_base64(const json::Value& value, Base64 alphabet, Padding padding);
Parsed<json::Value> read_object(const json::Value& value);
Parsed<VerifierId> read_verifier_id(const json::Value& value);
Parsed<TeeInfo> read_tee_info(const json::Value& value);
Parsed<std::vector<std::string>> read_policies(const json::Value& value, bool ietf);
Parsed<Tier> read_tier(const json::Value& value);
Parsed<std::optional<TrustVector>> read_vector(const json::Value& value, bool strict);
Parsed<Appraisal> read_appraisal(const json::Value& value, const Rules& rules);
Parsed<std::map<std::string, Appraisal>> read_submods(const json::Value& value, const Rules& rules);

json::Value write_appraisal(const Appraisal& appraisal, const Names& names, bool ietf);
json::Value write_vector(const TrustVector& vector);
json::Value write_tee_info(const TeeInfo& info);
void sort_members(json::Value& value);

}  // namespace

Result<Ear> from_json(const json::Value& claims, Strictness strictness) {
  const json::Object* object = claims.object();
  if (object == nullptr) return fail_expecting(Errc::malformed, "EAR", fmt::format("a JSON {}", claims.type_name()), "an object");
  const Rules rules = rules_for(*object, strictness);
  const auto time = [&](const json::Value& value) { return read_time(value, rules.ietf); };

  Members members{*object};
  Ear ear;
  if (auto profile = members.need("eat_profile", read_text)) ear.profile = std::move(*profile);
  if (auto id = members.need(rules.names.verifier_id, read_verifier_id)) ear.verifier_id = std::move(*id);
  ear.raw_evidence = members.take(rules.names.raw_evidence, [](const json::Value& value) { return read_base64(value, Base64::url, Padding::none); });
  if (auto iat = members.need("iat", time)) ear.iat = *iat;
  ear.exp = members.take("exp", time);
  ear.nbf = members.take("nbf", time);
  ear.nonce = members.take("eat_nonce", read_text);
  if (auto submods = members.need("submods", [&](const json::Value& value) { return read_submods(value, rules); })) ear.submods = std::move(*submods);
  ear.tee_info = members.take(rules.names.tee_info, read_tee_info);
  if (rules.ietf) ear.overall_status = members.take(rules.names.status, read_tier);
  TRY(members.problems().result());

  if (rules.strict) TRY(check_strict(ear));
  return ear;
}

json::Value to_json(const Ear& ear) {
  const bool ietf = dialect_by_profile(ear.profile) == Dialect::ietf;
  const Names& names = ietf ? kUnderscoreNames : kDottedNames;
  json::Object verifier;
  verifier.set("build", ear.verifier_id.build);
  verifier.set("developer", ear.verifier_id.developer);
  json::Object submods;
  for (const auto& [name, appraisal] : ear.submods) submods.members().emplace_back(name, write_appraisal(appraisal, names, ietf));

  json::Object claims;
  const auto set = [&](std::string_view name, auto value) { claims.set(std::string{name}, std::move(value)); };
  set("eat_profile", ear.profile);
  set("iat", ear.iat);
  if (ear.exp) set("exp", *ear.exp);
  if (ear.nbf) set("nbf", *ear.nbf);
  if (ear.nonce) set("eat_nonce", *ear.nonce);
  set(names.verifier_id, std::move(verifier));
  if (ear.raw_evidence) set(names.raw_evidence, to_base64url(*ear.raw_evidence));
  if (ear.tee_info) set(names.tee_info, write_tee_info(*ear.tee_info));
  if (ear.overall_status && ietf) set(names.status, std::string{name(*ear.overall_status)});
  set("submods", std::move(submods));
  std::ranges::sort(claims.members(), {}, &json::Object::Member::first);
  return claims;
}

json::Value to_json(const Appraisal& appraisal) { return write_appraisal(appraisal, kDottedNames, false); }

namespace {

// What says that it is of the draft's profile is read by its names, everything else by the older ones.
Rules rules_for(const json::Object& claims, Strictness strictness) {
  const json::Value* profile = claims.find("eat_profile");
  const bool ietf = profile != nullptr && profile->text() != nullptr && dialect_by_profile(*profile->text()) == Dialect::ietf;
  return {ietf ? kUnderscoreNames : kDottedNames, ietf, strictness == Strictness::strict};
}

Parsed<std::string> read_text(const json::Value& value) {
  if (value.text() == nullptr) return because("not a string");
  return *value.text();
}

// Dates with a fraction are in the field (a policy engine writes 1.67e+09); the draft forbids them.
Parsed<UnixSeconds> read_time(const json::Value& value, bool ietf) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: up to here a double counts seconds
  if (const auto seconds = value.integer()) return *seconds;
  const auto number = value.number();
  if (ietf || !number || std::fabs(*number) > kExact) return because("not an int64");
  return static_cast<UnixSeconds>(*number);
}

Parsed<Bytes> read_base64(const json::Value& value, Base64 alphabet, Padding padding) {
  if (value.text() == nullptr) return because("not a base64 string");
  auto bytes = from_base64(*value.text(), alphabet, padding);
  if (bytes) return std::move(*bytes);
  // The reference points at the first character of a group that is cut short.
  const std::size_t last = value.text()->empty() ? 0 : value.text()->size() - 1;
  return because(fmt::format("illegal base64 data at input byte {}", std::min(bytes.error().offset.value_or(0), last)));
}

Parsed<json::Value> read_object(const json::Value& value) {
  if (value.object() == nullptr) return because("not a map[string]interface{}");
  return value;
}

Parsed<VerifierId> read_verifier_id(const json::Value& value) {
  if (value.object() == nullptr) return because("not a JSON object");
  Members members{*value.object()};
  VerifierId id;
  if (auto build = members.need("build", read_text)) id.build = std::move(*build);
  if (auto developer = members.need("developer", read_text)) id.developer = std::move(*developer);
  members.refuse_others([](std::string_view name) { return name == "build" || name == "developer"; });
  if (!members.problems().none()) return because(members.problems().text());
  return id;
}

Parsed<TeeInfo> read_tee_info(const json::Value& value) {
  if (value.object() == nullptr) return because("unexpected format for \"tee-info\"");
  TeeInfo info;
  for (const auto& [name, member] : *value.object()) {
    if (name == "tee-name") {
      info.tee_name = read_text(member).value_or("");
    } else if (name == "evidence-id") {
      info.evidence_id = read_text(member).value_or("");
    } else if (name == "evidence") {
      auto evidence = read_base64(member, Base64::standard, Padding::required);
      if (!evidence) return because("decoding \"evidence\": " + evidence.error());
      info.evidence = std::move(*evidence);
    } else {
      return because(fmt::format("found unknown key {} in \"tee-info\" object", quoted(name)));
    }
  }
  if (info.tee_name.empty()) return because("\"tee-info\" validation failed: empty or missing \"tee-name\"");
  if (info.evidence_id.empty()) return because("\"tee-info\" validation failed: empty or missing \"evidence-id\"");
  return info;
}

Parsed<std::vector<std::string>> read_policies(const json::Value& value, bool ietf) {
  if (!ietf) {
    if (value.text() == nullptr) return because("not a string");
    return std::vector{*value.text()};
  }
  if (value.array() == nullptr || value.array()->empty()) return because("not a list of at least one string");
  std::vector<std::string> ids;
  for (const json::Value& item : *value.array()) {
    if (item.text() == nullptr) return because("not a list of strings");
    ids.push_back(*item.text());
  }
  return ids;
}

// A name, one of the four numbers, or such a number as text.
Parsed<Tier> read_tier(const json::Value& value) {
  if (const std::string* text = value.text()) {
    for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated}) {
      if (*text == name(tier) || *text == std::to_string(static_cast<int>(tier))) return tier;
    }
    return because(fmt::format("not a valid TrustTier name: {}", quoted(*text)));
  }
  if (const auto number = value.number()) {
    for (const Tier tier : {Tier::none, Tier::affirming, Tier::warning, Tier::contraindicated}) {
      if (*number == static_cast<double>(tier)) return tier;
    }
    return because(fmt::format("not a valid TrustTier value: {:f} ({:.0f})", *number, std::trunc(*number)));
  }
  if (const bool* boolean = value.boolean()) return because(fmt::format("cannot convert {} (type bool) to TrustTier", *boolean));
  if (value.is_null()) return because("cannot convert <nil> (type <nil>) to TrustTier");
  return because(fmt::format("cannot convert {} to TrustTier", value.type_name()));
}

Parsed<std::int8_t> read_claim(Claim claim, const json::Value& value, bool strict) {
  if (const std::string* text = value.text()) {
    const auto number = value_from_text(claim, *text, !strict);
    if (!number) return because(number.error().text());
    return *number;
  }
  const auto number = value.number();
  if (!number || std::trunc(*number) != *number) return because(fmt::format("not a valid TrustClaim value: {}", json::print(value)));
  if (*number < INT8_MIN || *number > INT8_MAX) return because(fmt::format("out of range for TrustClaim: {:.0f}", *number));
  return static_cast<std::int8_t>(*number);
}

Parsed<std::optional<TrustVector>> read_vector(const json::Value& value, bool strict) {
  if (value.is_null() && !strict) return std::nullopt;  // as good as absent for the reference
  if (value.object() == nullptr) return because(fmt::format("expected a TrustVector, but found {}", value.type_name()));
  Members members{*value.object()};
  TrustVector vector;
  for (const Claim claim : kAllClaims) {
    if (const auto number = members.take(name(claim), [&](const json::Value& member) { return read_claim(claim, member, strict); })) vector[claim] = *number;
  }
  members.refuse_others([](std::string_view name) { return claim_by_name(name).has_value(); });
  if (!members.problems().none()) return because(members.problems().text());
  return vector;
}

Parsed<Appraisal> read_appraisal(const json::Value& value, const Rules& rules) {
  if (value.object() == nullptr) return because("not a JSON object");
  Members members{*value.object()};
  const Names& names = rules.names;
  Appraisal appraisal;
  if (const auto status = members.need(names.status, read_tier)) appraisal.status = *status;
  if (auto vector = members.take(names.vector, [&](const json::Value& member) { return read_vector(member, rules.strict); })) appraisal.vector = *vector;
  if (auto ids = members.take(names.policy, [&](const json::Value& member) { return read_policies(member, rules.ietf); })) appraisal.policy_ids = std::move(*ids);
  appraisal.annotated_evidence = members.take(names.annotated_evidence, read_object);
  appraisal.policy_claims = members.take(names.policy_claims, read_object);
  appraisal.key_attestation = members.take(names.key_attestation, read_object);
  if (rules.ietf) {
    appraisal.teep_claims = members.take(kTeepClaims, read_object);
    appraisal.profile = members.take("eat_profile", read_text);
    appraisal.nonce = members.take("eat_nonce", read_text);
  }
  if (!members.problems().none()) return because(members.problems().text());
  return appraisal;
}

Parsed<std::map<std::string, Appraisal>> read_submods(const json::Value& value, const Rules& rules) {
  if (value.object() == nullptr) return because("not a map object");
  std::map<std::string, Appraisal> submods;
  std::map<std::string, std::string> wrong;  // sorted, so that the text is always the same
  for (const auto& [name, member] : *value.object()) {
    auto appraisal = read_appraisal(member, rules);
    if (appraisal) submods.emplace(name, std::move(*appraisal));
    else wrong.emplace(name, std::move(appraisal.error()));
  }
  if (wrong.empty()) return submods;
  std::string reasons;
  for (const auto& [name, reason] : wrong) reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", name, reason);
  return because(std::move(reasons));
}

json::Value write_appraisal(const Appraisal& appraisal, const Names& names, bool ietf) {
  json::Object out;
  const auto set = [&](std::string_view name, auto value) { out.set(std::string{name}, std::move(value)); };
  const auto set_object = [&](std::string_view name, const std::optional<json::Value>& value) {
    if (value) sort_members(out.set(std::string{name}, *value));
  };
  set(names.status, std::string{name(appraisal.status)});
  if (appraisal.vector) set(names.vector, write_vector(*appraisal.vector));
  if (!appraisal.policy_ids.empty() && !ietf) set(names.policy, appraisal.policy_ids.front());
  if (!appraisal.policy_ids.empty() && ietf) set(names.policy, json::Array(appraisal.policy_ids.begin(), appraisal.policy_ids.end()));
  set_object(names.annotated_evidence, appraisal.annotated_evidence);
  set_object(names.policy_claims, appraisal.policy_claims);
  set_object(names.key_attestation, appraisal.key_attestation);
  if (ietf) {
    set_object(kTeepClaims, appraisal.teep_claims);
    if (appraisal.profile) set("eat_profile", *appraisal.profile);
    if (appraisal.nonce) set("eat_nonce", *appraisal.nonce);
  }
  std::ranges::sort(out.members(), {}, &json::Object::Member::first);
  return out;
}

json::Value write_vector(const TrustVector& vector) {
  json::Object out;
  for (const Claim claim : kAllClaims) out.set(std::string{name(claim)}, static_cast<int>(vector[claim]));
  std::ranges::sort(out.members(), {}, &json::Object::Member::first);
  return out;
}

// The one object whose members the reference does not sort.
json::Value write_tee_info(const TeeInfo& info) {
  json::Object out;
  out.set("tee-name", info.tee_name);
  out.set("evidence-id", info.evidence_id);
  if (info.evidence) out.set("evidence", to_base64(*info.evidence));
  return out;
}

// Into bytewise order of members at every level. Depth was bounded by whoever parsed the value.
void sort_members(json::Value& value) {
  if (json::Array* items = value.array()) {
    for (json::Value& item : *items) sort_members(item);
  } else if (json::Object* object = value.object()) {
    for (auto& [name, member] : object->members()) sort_members(member);
    if (!std::ranges::is_sorted(object->members(), {}, &json::Object::Member::first)) std::ranges::sort(object->members(), {}, &json::Object::Member::first);
  }
}

}  // namespace
}  // namespace assay::ear
