#include "apps/describe/describe.h"

#include <algorithm>
#include <ostream>

#include "appraise/scheme.h"
#include "apps/catalogue.h"
#include "base/limits.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "envelope/cmw/cmw.h"
#include "model/corim/corim.h"
#include "model/ear/ear.h"
#include "policy/engine.h"
#include "services/challenge/challenge_client.h"
#include "services/policies/policies_client.h"
#include "services/provisioning/submission.h"

namespace assay {
namespace {

constexpr std::string_view kHelp =
    "Usage: assay describe [--json] [--build]\n"
    "\n"
    "Lists everything this build accepts: schemes with their profiles, media types and algorithms, forms of keys and messages,\n"
    "interfaces of its service, limits, the tools it stands in for, and exit codes.\n"
    "\n"
    "  --json    for machines\n"
    "  --build   also versions of the program and its cryptographic libraries\n"
    "  --help    this text\n"
    "\n"
    "Example: does this build read RFC 9783 tokens?\n"
    "  assay describe | grep psacertified\n";

json::Object schemes();
json::Object signatures();
json::Array key_forms();
json::Object results();
json::Object wrappers();
json::Object interfaces();
json::Object limits();
json::Object names(std::span<const catalogue::Entry> entries);
json::Object exit_codes();
json::Object build();
json::Array texts(std::span<const std::string_view> items);
json::Value number(std::size_t value) { return json::Value{static_cast<std::uint64_t>(value)}; }
void print_text(std::ostream& out, const json::Object& object, std::size_t depth);

}  // namespace

int run_describe(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  bool as_json = false;
  bool with_build = false;
  for (const std::string& arg : args) {
    if (arg == "--help" || arg == "-h") return (out << kHelp), 0;
    if (arg == "--json") as_json = true;
    else if (arg == "--build") with_build = true;
    else return (err << "error: unknown argument " << assay::quoted(arg) << "\nTry: assay describe --help\n"), exit_code(Errc::usage);
  }

  json::Object all;
  all.set("schemes", schemes());
  all.set("algorithms", signatures());
  all.set("keys", key_forms());
  all.set("results", results());
  all.set("wrappers", wrappers());
  all.set("interfaces of a service", interfaces());
  all.set("limits", limits());
  all.set("commands", names(catalogue::kCommands));
  all.set("stands in for", names(catalogue::kPersonalities));
  all.set("exit codes", exit_codes());
  if (with_build) all.set("build", build());
  if (as_json) out << json::print(all, {.indent = 2}) << '\n';
  else print_text(out, all, 0);
  return 0;
}

namespace {

json::Object schemes() {
  json::Object object;
  for (const appraise::Scheme* scheme : appraise::all_schemes()) {
    json::Object one;
    one.set("title", scheme->title);
    one.set("attestation scheme", scheme->attestation_scheme);
    one.set("evidence", scheme->reads_evidence() ? "verified" : "not verified by this build: endorsements only");
    one.set("token profiles", texts(scheme->token_profiles));
    one.set("algorithms", texts(scheme->algorithms));
    one.set("media types", texts(scheme->media_types));
    one.set("CoRIM profiles", texts(scheme->corim_profiles));
    one.set("submodules", texts(scheme->submods));
    one.set("KBS TEEs", texts(scheme->kbs_tees));
    object.set(std::string{scheme->name}, std::move(one));
  }
  return object;
}

json::Object signatures() {
  using crypto::KeyKind;
  using crypto::Sig;
  json::Object object;
  for (const Sig sig : {Sig::es256, Sig::es384, Sig::es512, Sig::eddsa, Sig::ps256, Sig::ps384, Sig::ps512, Sig::rs256}) {
    std::string kinds;
    for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519, KeyKind::rsa}) {
      if (crypto::fits(sig, kind)) kinds += (kinds.empty() ? "" : ", ") + std::string{crypto::name(kind)};
    }
    object.set(std::string{crypto::jose_name(sig)}, fmt::format("COSE {}, keys {}", crypto::cose_id(sig), kinds));
  }
  for (const auto& [name, mac] : {std::pair{"HS256", crypto::Mac::hs256}, {"HS384", crypto::Mac::hs384}, {"HS512", crypto::Mac::hs512}}) {
    object.set(name, fmt::format("COSE {}, symmetric keys", crypto::cose_id(mac)));
  }
  return object;
}

json::Array key_forms() {
  return {"PEM: SubjectPublicKeyInfo, certificate, SEC1, PKCS#8", "DER of the same", "JWK and JWK set (RFC 7517)", "COSE_Key (RFC 9052)", "raw point 04 || X || Y", "raw octets for MAC keys"};
}

json::Object results() {
  json::Object dialects;
  using ear::Dialect;
  for (const auto& [name, dialect] : {std::pair{"veraison", Dialect::veraison}, {"trustee", Dialect::trustee}, {"ietf", Dialect::ietf}}) dialects.set(name, ear::profile_of(dialect));
  json::Object object;
  object.set("EAR dialects", std::move(dialects));
  object.set("EAR forms", json::Array{"JWT (RFC 7519)", "CWT (RFC 8392)"});
  json::Array claims;
  for (const ear::Claim claim : ear::kAllClaims) claims.emplace_back(ear::name(claim));
  object.set("trustworthiness claims", std::move(claims));
  return object;
}

json::Object wrappers() {
  json::Object object;
  object.set("CMW", json::Array{"CBOR record", "CBOR tag", "CBOR collection", "JSON record", "JSON collection", "COSE_Sign1", "JWS", fmt::format("X.509 extension {}", cmw::kExtensionOid)});
  object.set("TSM report", json::Array{"JSON", "CBOR"});
  return object;
}

// Of `assay serve`; docs/SERVICE.md says what each does.
json::Object interfaces() {
  json::Object object;
  object.set("verification", fmt::format("POST {}, POST, GET, DELETE /challenge-response/v1/session/ID", challenge::kNewSessionPath));
  object.set("provisioning", fmt::format("POST {}", provisioning::kSubmitPath));
  object.set("management", fmt::format("{0}/policy/SCHEME, {0}/policies/SCHEME; GET, DELETE /assay/v1/store", policies::kPath));
  object.set("coserv", "GET /endorsement-distribution/v1/coserv/QUERY, /.well-known/coserv-configuration (CoSERV, draft-ietf-rats-coserv)");
  object.set("discovery", "GET /.well-known/veraison/verification, …/provisioning, …/management; /.well-known/jwks.json");
  object.set("operation", "GET /healthz, /readyz, /metrics");
  return object;
}

json::Object limits() {
  json::Object object;
  object.set("nesting", number(kMaxDepth));
  object.set("bytes of evidence", number(kMaxEvidence));
  object.set("bytes of a result or wrapper", number(kMaxResult));
  object.set("bytes of JSON", number(kMaxJson));
  object.set("bytes of a CoRIM", number(corim::kMaxCorim));
  object.set("CBOR items of a CoRIM, CoMID", number(corim::kMaxCorimItems));
  object.set("bytes of a key file", number(kMaxKeyFile));
  object.set("bytes of a policy", number(policy::kMaxRules));
  object.set("milliseconds of a policy's evaluation", number(static_cast<std::size_t>(policy::kEvaluationTime.count())));
  object.set("bytes of memory of a policy's evaluation", number(policy::kMemory));
  object.set("entries of a CMW collection", number(cmw::kMaxEntries));
  return object;
}

json::Object names(std::span<const catalogue::Entry> entries) {
  json::Object object;
  for (const catalogue::Entry& entry : entries) object.set(std::string{entry.name}, entry.summary);
  return object;
}

json::Object exit_codes() {
  json::Object object;
  object.set("0", "done; the verdict is affirming");
  object.set("1", "the verdict is not affirming");
  object.set("2", "usage");
  object.set("3", "malformed or unsupported input");
  object.set("4", "bad signature, or not trusted");
  object.set("5", "environment: files, network, configuration");
  return object;
}

json::Object build() {
  json::Object object;
  object.set("version", catalogue::kVersion);
  object.set("ECDSA verification", crypto::ecdsa_library());
  object.set("other cryptography", fmt::format("OpenSSL {}", crypto::openssl_version()));
  return object;
}

json::Array texts(std::span<const std::string_view> items) { return {items.begin(), items.end()}; }

// Objects as indented sections; a short value stands behind its name.
void print_text(std::ostream& out, const json::Object& object, std::size_t depth) {
  const std::string indent(depth * 2, ' ');
  std::size_t width = 0;
  for (const auto& [name, value] : object) {
    if (value.object() == nullptr && value.array() == nullptr) width = std::max(width, name.size());
  }
  for (const auto& [name, value] : object) {
    if (const json::Object* inner = value.object()) {
      out << (depth == 0 && &name != &object.begin()->first ? "\n" : "") << indent << name << '\n';
      print_text(out, *inner, depth + 1);
    } else if (const json::Array* items = value.array()) {
      if (items->empty()) continue;
      out << (depth == 0 ? "\n" : "") << indent << name << '\n';
      for (const json::Value& item : *items) out << indent << "  " << *item.text() << '\n';
    } else {
      out << fmt::format("{}{:<{}}  {}\n", indent, name, width, value.text() != nullptr ? *value.text() : json::print(value));
    }
  }
}

}  // namespace
}  // namespace assay
