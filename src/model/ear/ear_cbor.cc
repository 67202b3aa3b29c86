// Reads and writes the CBOR claims-set (draft-ietf-rats-ear, CDDL of the CBOR serialisation).
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/ear/any.h"
#include "model/ear/ear.h"
#include "model/ear/names.h"
#include "model/ear/problems.h"

namespace assay::ear {
namespace {

using cbor::Key;
using cbor::MapReader;
using cbor::Mode;
using cbor::Reader;
using cbor::Type;
using cbor::Writer;

enum : std::int64_t {
  kExp = 4,
  kNbf = 5,
  kIat = 6,
  kNonce = 10,
  kProfile = 265,
  kSubmods = 266,
  kStatus = 1000,
  kVector = 1001,
  kRawEvidence = 1002,
  kPolicy = 1003,
  kVerifierId = 1004,
  kTeep = 65000,
  kAnnotatedEvidence = -70000,
  kPolicyClaims = -70001,
  kKeyAttestation = -70002,
};

Result<void> read_claim(Ear& ear, Reader& in, const Key& key, std::vector<std::int64_t>& seen, Strictness strictness);
Result<std::string> read_nonce(Reader& in, Strictness strictness);
Result<VerifierId> read_verifier_id(Reader& in);
Result<std::map<std::string, Appraisal>> read_submods(Reader& in, Strictness strictness);
Result<Appraisal> read_appraisal(Reader& in, Strictness strictness);
Result<void> read_appraisal_claim(Appraisal& appraisal, Reader& in, const Key& key, Strictness strictness);
Result<Tier> read_tier(Reader& in);
Result<TrustVector> read_vector(Reader& in);
Result<std::vector<std::string>> read_policies(Reader& in);
Result<json::Value> read_map(Reader& in);
Result<json::Value> read_key_attestation(Reader& in);
Result<void> check_mandatory(const std::vector<std::int64_t>& seen);
void drop_draft_claims(Ear& ear);

// Entries of one map, collected in any order.
class MapWriter {
 public:
  void put(std::int64_t key, Bytes value) {
    Writer name;
    name.integer(key);
    entries_.emplace_back(std::move(name).take(), std::move(value));
  }
  template <class Write>
  void put_with(std::int64_t key, Write write) {
    Writer out;
    write(out);
    put(key, std::move(out).take());
  }
  void integer(std::int64_t key, std::int64_t value) {
    put_with(key, [&](Writer& out) { out.integer(value); });
  }
  void text(std::int64_t key, std::string_view value) {
    put_with(key, [&](Writer& out) { out.text(value); });
  }
  void bytes(std::int64_t key, ByteView value) {
    put_with(key, [&](Writer& out) { out.bytes(value); });
  }
  Bytes take() && { return cbor::encode_sorted_map(std::move(entries_)); }

 private:
  std::vector<std::pair<Bytes, Bytes>> entries_;
};

Result<Bytes> nonce_bytes(const std::string& nonce);
Bytes encode_verifier_id(const VerifierId& id);
Result<Bytes> encode_submods(const Ear& ear);
Result<Bytes> encode_appraisal(const Appraisal& appraisal, bool ietf);
Bytes encode_vector(const TrustVector& vector);
Bytes encode_policies(const std::vector<std::string>& ids, bool ietf);
Result<Bytes> encode_key_attestation(const json::Value& value);

}  // namespace

Result<Ear> from_cbor(ByteView claims, Strictness strictness) {
  if (claims.size() > kMaxResult) return fail_expecting(Errc::limit, "EAR", fmt::format("{} bytes", claims.size()), fmt::format("at most {} bytes", kMaxResult));
  // Once for the whole: also what is skipped below is well-formed, bounded in depth and free of duplicate keys.
  TRY(within("EAR", cbor::check(claims, Mode::tolerant)));
  Reader in{claims, Mode::tolerant};
  MapReader map = TRY(within("EAR", MapReader::open(in)));
  Ear ear;
  std::vector<std::int64_t> seen;
  while (const auto key = TRY(within("EAR", map.next(in)))) TRY(within(fmt::format("EAR: claim {}", key->shown()), read_claim(ear, in, *key, seen, strictness)));
  TRY(check_mandatory(seen));
  if (dialect_by_profile(ear.profile) != Dialect::ietf) drop_draft_claims(ear);
  if (strictness == Strictness::strict) TRY(check_strict(ear));
  return ear;
}

Result<Bytes> to_cbor(const Ear& ear) {
  if (ear.tee_info) return fail(Errc::unsupported, "EAR", "TEE info has no form in CBOR");
  MapWriter claims;
  claims.text(kProfile, ear.profile);
  claims.integer(kIat, ear.iat);
  if (ear.exp) claims.integer(kExp, *ear.exp);
  if (ear.nbf) claims.integer(kNbf, *ear.nbf);
  if (ear.nonce) claims.bytes(kNonce, TRY(nonce_bytes(*ear.nonce)));
  if (ear.raw_evidence) claims.bytes(kRawEvidence, *ear.raw_evidence);
  if (ear.overall_status) claims.integer(kStatus, static_cast<std::int64_t>(*ear.overall_status));
  claims.put(kVerifierId, encode_verifier_id(ear.verifier_id));
  claims.put(kSubmods, TRY(encode_submods(ear)));
  return std::move(claims).take();
}

namespace {

// Other claims are somebody's extensions: skipped.
Result<void> skip(Reader& in) {
  TRY(in.item());
  return {};
}

Result<void> read_claim(Ear& ear, Reader& in, const Key& key, std::vector<std::int64_t>& seen, Strictness strictness) {
  if (key.kind != Key::Kind::number) return skip(in);
  seen.push_back(key.number);
  switch (key.number) {
    case kProfile: ear.profile = TRY(in.text()); break;
    case kIat: ear.iat = TRY(in.integer()); break;
    case kExp: ear.exp = TRY(in.integer()); break;
    case kNbf: ear.nbf = TRY(in.integer()); break;
    case kNonce: ear.nonce = TRY(read_nonce(in, strictness)); break;
    case kVerifierId: ear.verifier_id = TRY(read_verifier_id(in)); break;
    case kRawEvidence: ear.raw_evidence = to_bytes(TRY(in.bytes())); break;
    case kStatus: ear.overall_status = TRY(read_tier(in)); break;
    case kSubmods: ear.submods = TRY(read_submods(in, strictness)); break;
    default: seen.pop_back(); return skip(in);
  }
  return {};
}

//= RFC9711#4.1: 8 to 64 bytes
Result<std::string> read_nonce(Reader& in, Strictness strictness) {
  const std::size_t start = in.offset();
  const ByteView nonce = TRY(in.bytes());
  if (strictness == Strictness::strict && (nonce.size() < 8 || nonce.size() > 64)) return fail_at(Errc::invalid, start, fmt::format("a nonce of {} bytes", nonce.size()), "8 to 64 bytes");
  return to_base64url(nonce);
}

Result<VerifierId> read_verifier_id(Reader& in) {
  MapReader map = TRY(MapReader::open(in));
  VerifierId id;
  Problems problems;
  bool has_developer = false;
  bool has_build = false;
  while (const auto key = TRY(map.next(in))) {
    if (key->is(0)) {
      id.developer = TRY(in.text());
      has_developer = true;
    } else if (key->is(1)) {
      id.build = TRY(in.text());
      has_build = true;
    } else {
      problems.unexpected(key->shown());
      TRY(in.item());
    }
  }
  if (!has_build) problems.missing("build");
  if (!has_developer) problems.missing("developer");
  TRY(problems.result());
  return id;
}

Result<std::map<std::string, Appraisal>> read_submods(Reader& in, Strictness strictness) {
  MapReader map = TRY(MapReader::open(in));
  std::map<std::string, Appraisal> submods;
  while (const auto key = TRY(map.next(in))) {
    if (key->kind != Key::Kind::text) return fail_at(Errc::malformed, key->offset, fmt::format("submodule {}", key->shown()), "a text as name");
    Appraisal appraisal = TRY(within(fmt::format("submodule {}", key->shown()), read_appraisal(in, strictness)));
    submods.emplace(key->text, std::move(appraisal));
  }
  return submods;
}

Result<Appraisal> read_appraisal(Reader& in, Strictness strictness) {
  MapReader map = TRY(MapReader::open(in));
  Appraisal appraisal;
  bool has_status = false;
  while (const auto key = TRY(map.next(in))) {
    TRY(within(fmt::format("claim {}", key->shown()), read_appraisal_claim(appraisal, in, *key, strictness)));
    has_status = has_status || key->is(kStatus);
  }
  if (!has_status) return fail(Errc::missing, "", "missing mandatory 'ear.status' (1000)");
  return appraisal;
}

Result<void> read_appraisal_claim(Appraisal& appraisal, Reader& in, const Key& key, Strictness strictness) {
  if (key.kind != Key::Kind::number) return skip(in);
  switch (key.number) {
    case kStatus: appraisal.status = TRY(read_tier(in)); break;
    case kVector: appraisal.vector = TRY(read_vector(in)); break;
    case kPolicy: appraisal.policy_ids = TRY(read_policies(in)); break;
    case kProfile: appraisal.profile = TRY(in.text()); break;
    case kNonce: appraisal.nonce = TRY(read_nonce(in, strictness)); break;
    case kAnnotatedEvidence: appraisal.annotated_evidence = TRY(read_map(in)); break;
    case kPolicyClaims: appraisal.policy_claims = TRY(read_map(in)); break;
    case kKeyAttestation: appraisal.key_attestation = TRY(read_key_attestation(in)); break;
    case kTeep: appraisal.teep_claims = TRY(read_teep_claims(in)); break;
    default: return skip(in);
  }
  return {};
}

// The number; the name is tolerated, as it is the other way round in JSON.
Result<Tier> read_tier(Reader& in) {
  const std::size_t start = in.offset();
  constexpr std::string_view kExpected = "0 (none), 2 (affirming), 32 (warning) or 96 (contraindicated)";
  if (in.next_is(Type::text)) {
    const std::string_view text = TRY(in.text());
    if (const auto tier = tier_by_name(text)) return *tier;
    return fail_at(Errc::invalid, start, fmt::format("status {}", quoted(text)), kExpected);
  }
  const std::int64_t number = TRY(in.integer());
  if (const auto tier = tier_by_number(number)) return *tier;
  return fail_at(Errc::invalid, start, fmt::format("status {}", number), kExpected);
}

Result<TrustVector> read_vector(Reader& in) {
  MapReader map = TRY(MapReader::open(in));
  TrustVector vector;
  while (const auto key = TRY(map.next(in))) {
    if (key->kind != Key::Kind::number || key->number < 0 || key->number >= static_cast<std::int64_t>(kClaims)) return fail_at(Errc::invalid, key->offset, fmt::format("trustworthiness claim {}", key->shown()), "0 to 7");
    const std::size_t start = in.offset();
    const std::int64_t value = TRY(in.integer());
    if (value < INT8_MIN || value > INT8_MAX) return fail_at(Errc::invalid, start, fmt::format("claim value {}", value), "-128 to 127");
    vector[kAllClaims[static_cast<std::size_t>(key->number)]] = static_cast<std::int8_t>(value);
  }
  return vector;
}

// One text in the older profiles, a list in the draft's.
Result<std::vector<std::string>> read_policies(Reader& in) {
  if (in.next_is(Type::text)) return std::vector{std::string{TRY(in.text())}};
  const std::size_t start = in.offset();
  auto items = TRY(in.array());
  std::vector<std::string> ids;
  while (TRY(items.next(in))) ids.emplace_back(TRY(in.text()));
  if (ids.empty()) return fail_at(Errc::invalid, start, "no policy id", "at least one");
  return ids;
}

Result<json::Value> read_map(Reader& in) {
  if (!in.next_is(Type::map)) return in.fail(Errc::malformed, "no map", "a map");
  return read_any(in);
}

// {"akpub": bstr}; one library writes the number 0 for the name.
Result<json::Value> read_key_attestation(Reader& in) {
  MapReader map = TRY(MapReader::open(in));
  json::Object out;
  bool has_akpub = false;
  while (const auto key = TRY(map.next(in))) {
    const bool akpub = key->is(0) || key->is("akpub");
    if (!akpub && key->kind != Key::Kind::text) return fail_at(Errc::unsupported, key->offset, fmt::format("key {}", key->shown()), "\"akpub\"");
    const std::string name{akpub ? "akpub" : key->text};
    if (akpub && std::exchange(has_akpub, true)) return fail_at(Errc::duplicate, key->offset, "\"akpub\" by name and by number", "each once");
    json::Value value = TRY(read_any(in));
    out.members().emplace_back(name, std::move(value));
  }
  return json::Value{std::move(out)};
}

Result<void> check_mandatory(const std::vector<std::int64_t>& seen) {
  Problems problems;
  const auto need = [&](std::int64_t key, std::string_view name) {
    if (std::ranges::find(seen, key) == seen.end()) problems.missing(name);
  };
  need(kProfile, "eat_profile");
  need(kVerifierId, "ear.verifier-id");
  need(kIat, "iat");
  need(kSubmods, "submods");
  return problems.result();
}

// Only the draft's profile knows these; in the others they are unknown and, as in JSON, ignored.
void drop_draft_claims(Ear& ear) {
  ear.overall_status.reset();
  for (auto& [name, appraisal] : ear.submods) {
    appraisal.teep_claims.reset();
    appraisal.profile.reset();
    appraisal.nonce.reset();
  }
}

Result<Bytes> nonce_bytes(const std::string& nonce) {
  Bytes bytes = TRY(within("eat_nonce", from_any_base64(nonce)));
  if (bytes.size() < 8 || bytes.size() > 64) return fail_expecting(Errc::invalid, "eat_nonce", fmt::format("{} bytes", bytes.size()), "8 to 64 bytes");
  return bytes;
}

Bytes encode_verifier_id(const VerifierId& id) {
  MapWriter map;
  map.text(0, id.developer);
  map.text(1, id.build);
  return std::move(map).take();
}

Result<Bytes> encode_submods(const Ear& ear) {
  const bool ietf = dialect_by_profile(ear.profile) == Dialect::ietf;
  std::vector<std::pair<Bytes, Bytes>> entries;
  for (const auto& [name, appraisal] : ear.submods) {
    Bytes value = TRY(within(fmt::format("submodule {}", quoted(name)), encode_appraisal(appraisal, ietf)));
    Writer key;
    key.text(name);
    entries.emplace_back(std::move(key).take(), std::move(value));
  }
  return cbor::encode_sorted_map(std::move(entries));
}

Result<Bytes> encode_appraisal(const Appraisal& appraisal, bool ietf) {
  MapWriter map;
  map.integer(kStatus, static_cast<std::int64_t>(appraisal.status));
  if (appraisal.vector) map.put(kVector, encode_vector(*appraisal.vector));
  if (!appraisal.policy_ids.empty()) map.put(kPolicy, encode_policies(appraisal.policy_ids, ietf));
  if (appraisal.profile) map.text(kProfile, *appraisal.profile);
  if (appraisal.nonce) map.bytes(kNonce, TRY(nonce_bytes(*appraisal.nonce)));
  if (appraisal.annotated_evidence) map.put(kAnnotatedEvidence, encode_any(*appraisal.annotated_evidence));
  if (appraisal.policy_claims) map.put(kPolicyClaims, encode_any(*appraisal.policy_claims));
  if (appraisal.key_attestation) map.put(kKeyAttestation, TRY(encode_key_attestation(*appraisal.key_attestation)));
  if (appraisal.teep_claims) map.put(kTeep, TRY(encode_teep_claims(*appraisal.teep_claims)));
  return std::move(map).take();
}

Bytes encode_vector(const TrustVector& vector) {
  MapWriter map;
  for (const Claim claim : kAllClaims) map.integer(static_cast<std::int64_t>(claim), vector[claim]);
  return std::move(map).take();
}

Bytes encode_policies(const std::vector<std::string>& ids, bool ietf) {
  Writer out;
  if (ietf) out.array(ids.size());
  for (std::size_t i = 0; i < (ietf ? ids.size() : 1); ++i) out.text(ids[i]);
  return std::move(out).take();
}

Result<Bytes> encode_key_attestation(const json::Value& value) {
  std::vector<std::pair<Bytes, Bytes>> entries;
  for (const auto& [name, member] : *value.object()) {
    Bytes encoded = encode_any(member);
    if (name == "akpub" && member.text() != nullptr) {
      const Bytes der = TRY(within("akpub", from_any_base64(*member.text())));
      Writer out;
      out.bytes(der);
      encoded = std::move(out).take();
    }
    Writer key;
    key.text(name);
    entries.emplace_back(std::move(key).take(), std::move(encoded));
  }
  return cbor::encode_sorted_map(std::move(entries));
}

}  // namespace
}  // namespace assay::ear
