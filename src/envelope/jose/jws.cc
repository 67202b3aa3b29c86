#include "envelope/jose/jws.h"

#include <functional>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "envelope/verified_mint.h"

namespace assay::jose {
namespace {

constexpr std::string_view kHeaderName = "JWS protected header";

struct Signed {
  std::string input;  // header, '.', payload: what is signed
  std::size_t dot = 0;
  std::string signature_b64;
};

Result<void> check_size(std::string_view text);
Result<Bytes> decode_segment(std::string_view segment, std::string_view name, std::size_t offset);
Result<void> read_header(UnverifiedJws& jws, std::string_view json_text);
Result<void> check_understood(const json::Value& header, std::string_view where);
Result<void> read_unprotected(UnverifiedJws& jws, const json::Value& header);
Result<const json::Value*> only_signature(const json::Fields& fields, const json::Value& whole);
using SignBytes = std::function<Result<Bytes>(crypto::Sig sig, ByteView message)>;
Result<Signed> sign(ByteView payload, const json::Value& header, const SignBytes& sign_bytes);
Result<Signed> sign(ByteView payload, const json::Value& header, const crypto::PrivateKey& key);
std::string compact(Signed parts);
std::string signing_input(std::string_view protected_b64, std::string_view payload_b64);

}  // namespace

//= RFC7515#5.2: the steps of message validation, up to the signature
Result<UnverifiedJws> parse_compact(std::string_view text) {
  TRY(check_size(text));
  const std::string_view body = trim_ascii(text);
  const std::size_t base = body.empty() ? text.size() : static_cast<std::size_t>(body.data() - text.data());
  const std::size_t first = body.find('.');
  const std::size_t second = first == std::string_view::npos ? first : body.find('.', first + 1);
  if (second == std::string_view::npos) return fail_at(Errc::malformed, base + body.size(), "a JWS with too few segments", "three segments: header.payload.signature");
  if (const std::size_t third = body.find('.', second + 1); third != std::string_view::npos) return fail_at(Errc::malformed, base + third, "a JWS with a fourth segment", "three segments: header.payload.signature");

  UnverifiedJws jws;
  jws.protected_b64 = body.substr(0, first);
  jws.payload_b64 = body.substr(first + 1, second - first - 1);
  const Bytes header = TRY(decode_segment(jws.protected_b64, "JWS header", base));
  jws.payload = TRY(decode_segment(jws.payload_b64, "JWS payload", base + first + 1));
  jws.signature = TRY(decode_segment(body.substr(second + 1), "JWS signature", base + second + 1));
  TRY(read_header(jws, as_text(header)));
  return jws;
}

//= RFC7515#7.2: flattened, or general with one signature; members that are not understood are ignored
Result<UnverifiedJws> parse_json(std::string_view text) {
  TRY(check_size(text));
  const json::Value whole = TRY(json::parse(text));
  const json::Fields fields = TRY(json::Fields::of(whole, ""));
  const json::Value* signature = TRY(only_signature(fields, whole));
  const json::Fields signed_fields = TRY(json::Fields::of(*signature, signature == &whole ? "" : "/signatures/0"));

  UnverifiedJws jws;
  jws.protected_b64 = TRY(signed_fields.text("protected"));
  jws.payload_b64 = TRY(fields.text("payload"));
  const std::string signature_b64 = TRY(signed_fields.text("signature"));
  const Bytes header = TRY(within(signed_fields.at("protected"), from_base64(jws.protected_b64, Base64::url, Padding::none)));
  jws.payload = TRY(within(fields.at("payload"), from_base64(jws.payload_b64, Base64::url, Padding::none)));
  jws.signature = TRY(within(signed_fields.at("signature"), from_base64(signature_b64, Base64::url, Padding::none)));
  TRY(read_header(jws, as_text(header)));
  if (const json::Value* unprotected = signed_fields.find("header")) TRY(read_unprotected(jws, *unprotected));
  return jws;
}

Result<UnverifiedJws> parse_any(std::string_view text) {
  return trim_ascii(text).starts_with('{') ? parse_json(text) : parse_compact(text);
}

Result<Verified<Bytes>> verify(const UnverifiedJws& jws, const crypto::PublicKey& key, crypto::Sig sig) {
  if (jws.alg != crypto::jose_name(sig)) return fail_expecting(Errc::mismatch, kHeaderName, fmt::format("\"alg\" is {}", quoted(jws.alg)), crypto::jose_name(sig));
  const std::string input = signing_input(jws.protected_b64, jws.payload_b64);
  TRY(within("JWS", crypto::verify(key, sig, as_bytes(input), jws.signature)));
  return VerifiedMint::of(jws.payload);
}

json::Value make_header(crypto::Sig sig, std::vector<std::pair<std::string, json::Value>> more) {
  json::Object header;
  header.set("alg", crypto::jose_name(sig));
  for (auto& [name, value] : more) {
    ASSAY_CHECK(name != "alg");
    header.set(std::move(name), std::move(value));
  }
  return header;
}

Result<std::string> sign_compact(ByteView payload, const json::Value& header, const crypto::PrivateKey& key) {
  return compact(TRY(sign(payload, header, key)));
}

Result<std::string> sign_compact(ByteView payload, const json::Value& header, const crypto::Signer& signer) {
  const auto sign_bytes = [&](crypto::Sig sig, ByteView message) -> Result<Bytes> {
    if (sig != signer.algorithm()) return fail_expecting(Errc::mismatch, "", fmt::format("\"alg\" is {}", crypto::jose_name(sig)), crypto::jose_name(signer.algorithm()));
    return signer.sign(message);
  };
  return compact(TRY(sign(payload, header, sign_bytes)));
}

Result<std::string> sign_flattened(ByteView payload, const json::Value& header, const crypto::PrivateKey& key) {
  Signed parts = TRY(sign(payload, header, key));
  json::Object whole;
  whole.set("payload", parts.input.substr(parts.dot + 1));
  whole.set("protected", parts.input.substr(0, parts.dot));
  whole.set("signature", std::move(parts.signature_b64));
  return json::print(whole);
}

namespace {

Result<void> check_size(std::string_view text) {
  if (text.size() > kMaxResult) return fail_expecting(Errc::limit, "JWS", fmt::format("{} bytes", text.size()), fmt::format("at most {} bytes", kMaxResult));
  return {};
}

Result<Bytes> decode_segment(std::string_view segment, std::string_view name, std::size_t offset) {
  auto bytes = from_base64(segment, Base64::url, Padding::none);
  if (bytes) return bytes;
  Error error = within(name, std::move(bytes).error());
  if (error.offset) *error.offset += offset;
  return std::unexpected(std::move(error));
}

Result<void> read_header(UnverifiedJws& jws, std::string_view json_text) {
  jws.header = TRY(within(kHeaderName, json::parse(json_text)));
  const json::Fields fields = TRY(within(kHeaderName, json::Fields::of(jws.header)));
  jws.alg = TRY(within(kHeaderName, fields.text("alg")));
  return check_understood(jws.header, kHeaderName);
}

//= RFC7515#4.1.11: a recipient that does not understand a critical extension must refuse; we understand none
Result<void> check_understood(const json::Value& header, std::string_view where) {
  for (const std::string_view name : {"crit", "b64"}) {
    if (header.object()->find(name) != nullptr) return fail_expecting(Errc::unsupported, where, fmt::format("member {}", quoted(name)), "a header without extensions");
  }
  return {};
}

//= RFC7515#7.2.1: the names in the two headers must be disjoint
Result<void> read_unprotected(UnverifiedJws& jws, const json::Value& header) {
  constexpr std::string_view kWhere = "JWS unprotected header";
  const json::Fields fields = TRY(within(kWhere, json::Fields::of(header)));
  TRY(check_understood(header, kWhere));
  std::set<std::string_view> protected_names;
  for (const auto& [name, value] : *jws.header.object()) protected_names.insert(name);
  for (const auto& [name, value] : fields.object()) {
    if (protected_names.contains(name)) return fail(Errc::duplicate, kWhere, "member {} is in both headers", quoted(name));
  }
  jws.unprotected = header;
  return {};
}

// The object that carries `protected` and `signature`: the whole in the flattened form.
Result<const json::Value*> only_signature(const json::Fields& fields, const json::Value& whole) {
  const json::Value* signatures = fields.find("signatures");
  if (signatures == nullptr) return &whole;
  for (const std::string_view name : {"signature", "protected", "header"}) {
    if (fields.find(name) != nullptr) return fail(Errc::malformed, fields.at(name), "beside \"signatures\"");
  }
  const json::Array* list = signatures->array();
  if (list == nullptr || list->size() != 1) {
    return fail_expecting(Errc::unsupported, fields.at("signatures"), list == nullptr ? fmt::format("a JSON {}", signatures->type_name()) : fmt::format("{} signatures", list->size()), "an array of one");
  }
  return &list->front();
}

Result<Signed> sign(ByteView payload, const json::Value& header, const crypto::PrivateKey& key) {
  return sign(payload, header, [&](crypto::Sig sig, ByteView message) { return crypto::sign(key, sig, message); });
}

Result<Signed> sign(ByteView payload, const json::Value& header, const SignBytes& sign_bytes) {
  const json::Fields fields = TRY(within(kHeaderName, json::Fields::of(header)));
  const std::string alg = TRY(within(kHeaderName, fields.text("alg")));
  TRY(check_understood(header, kHeaderName));
  const auto sig = crypto::sig_by_jose_name(alg);
  if (!sig) return fail(Errc::unsupported, kHeaderName, "algorithm {}", quoted(alg));

  Signed parts;
  const std::string protected_b64 = to_base64url(as_bytes(json::print(header)));
  parts.input = signing_input(protected_b64, to_base64url(payload));
  parts.dot = protected_b64.size();
  const Bytes signature = TRY(within("JWS", sign_bytes(*sig, as_bytes(parts.input))));
  parts.signature_b64 = to_base64url(signature);
  return parts;
}

std::string compact(Signed parts) { return std::move(parts.input.append(1, '.').append(parts.signature_b64)); }

std::string signing_input(std::string_view protected_b64, std::string_view payload_b64) {
  std::string input;
  constexpr std::size_t kSignature = 90;  // that of ES256 follows without another allocation
  input.reserve(protected_b64.size() + payload_b64.size() + 1 + kSignature);
  return input.append(protected_b64).append(1, '.').append(payload_b64);
}

}  // namespace
}  // namespace assay::jose
