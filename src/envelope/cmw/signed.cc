// CMWs in envelopes (draft-ietf-rats-msg-wrap §4): COSE_Sign1, JWS, X.509 extension. Errors of the signed CBOR form come in the
// order and the words of the Go library.
#include <algorithm>

#include "base/media_type.h"
#include "base/text.h"
#include "codec/der/der.h"
#include "envelope/cmw/rules.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"

namespace assay::cmw {
namespace {

constexpr std::string_view kCborType = "application/cmw+cbor";
constexpr std::string_view kJsonType = "application/cmw+json";

bool is_type(std::string_view text, std::string_view type);
Result<void> check_content_type(const cose::Headers& headers);
Result<void> check_cty(const json::Value& header);

}  // namespace

Result<Verified<Cmw>> verify_signed_cbor(ByteView bytes, const crypto::PublicKey& key) {
  const auto message = TRY(within("CBOR decoding signed-cbor-cmw", cose::parse_unverified(bytes)));
  TRY(check_content_type(message.protected_headers));
  if (!message.protected_headers.alg) return fail(Errc::missing, "", "missing mandatory alg parameter in signed-cbor-cmw protected headers");
  const auto payload = TRY(within("signed-cbor-cmw signature verification failed", cose::verify_sign1(message, key)));
  return payload.derive([](ByteView content, std::size_t offset) { return within("CBOR decoding signed-cbor-cmw payload", parse_cbor_at(content, offset)); }, message.payload_offset);
}

Result<Bytes> sign_cbor(const Cmw& cmw, const crypto::PrivateKey& key) {
  const Bytes payload = TRY(encode_cbor(cmw));
  return cose::sign_sign1(payload, key, {.content_type = std::string{kCborType}});
}

Result<Verified<Cmw>> verify_signed_json(std::string_view text, const crypto::PublicKey& key, crypto::Sig sig) {
  const auto message = TRY(within("signed-json-cmw", jose::parse_any(text)));
  TRY(check_cty(message.header));
  const auto payload = TRY(within("signed-json-cmw signature verification failed", jose::verify(message, key, sig)));
  return payload.derive([](const Bytes& content) { return within("signed-json-cmw payload", parse_json(as_text(content))); });
}

Result<std::string> sign_json(const Cmw& cmw, const crypto::PrivateKey& key) {
  const std::string payload = TRY(encode_json(cmw));
  const json::Value header = jose::make_header(crypto::default_sig(key.kind()), {{"cty", json::Value{kJsonType}}});
  return jose::sign_flattened(as_bytes(payload), header, key);
}

std::optional<std::string_view> signed_envelope(ByteView bytes) {
  if (const auto message = cose::parse_unverified(bytes); message && check_content_type(message->protected_headers)) return "COSE_Sign1";
  if (const auto message = jose::parse_any(as_text(bytes)); message && check_cty(message->header)) return "JWS";
  return std::nullopt;
}

Result<Cmw> parse_x509_extension(ByteView extn_value) {
  constexpr std::string_view where = "CMW extension";
  der::Reader in{extn_value};
  const der::Element element = TRY(within(where, in.any()));
  TRY(within(where, in.expect_end()));
  const std::size_t content_at = in.offset() - element.content.size();
  if (element.tag == der::kOctetString) return within(where, parse_cbor_at(element.content, content_at));
  if (element.tag == der::kUtf8String) return within(where, parse_json(as_text(element.content)));
  return fail_expecting(Errc::malformed, where, fmt::format("ASN.1 tag 0x{:02x}", element.tag), "an OCTET STRING (CBOR) or a UTF8String (JSON)");
}

Result<Bytes> encode_x509_extension(const Cmw& cmw, bool json) {
  if (json) {
    const std::string text = TRY(encode_json(cmw));
    return der::encode(der::kUtf8String, as_bytes(text));
  }
  const Bytes bytes = TRY(encode_cbor(cmw));
  return der::encode(der::kOctetString, bytes);
}

namespace {

// The parameter cmwc_t may follow, and no other.
bool is_type(std::string_view text, std::string_view type) {
  const auto parsed = parse_media_type(text);
  return parsed && parsed->essence == type && std::ranges::all_of(parsed->parameters, [](const auto& parameter) { return parameter.first == "cmwc_t"; });
}

Result<void> check_content_type(const cose::Headers& headers) {
  const auto unexpected = [](const std::string& type) { return fail_expecting(Errc::invalid, "", "unexpected content type in signed-cbor-cmw: " + type, kCborType); };
  if (const auto* text = std::get_if<std::string_view>(&headers.content_type)) {
    if (!is_type(*text, kCborType)) return unexpected(printable(*text));
    return {};
  }
  // A number has been asked for and none assigned yet.
  if (const auto* number = std::get_if<std::uint16_t>(&headers.content_type)) return unexpected(std::to_string(*number));
  return fail_expecting(Errc::missing, "", "missing mandatory cty parameter in signed-cbor-cmw protected headers", kCborType);
}

// RFC 7515 §4.1.10: "application/" may be left out.
Result<void> check_cty(const json::Value& header) {
  const json::Value* cty = header.object() != nullptr ? header.object()->find("cty") : nullptr;
  if (cty == nullptr) return fail_expecting(Errc::missing, "", "missing mandatory cty parameter in signed-json-cmw protected header", kJsonType);
  const std::string type = cty->text() != nullptr ? *cty->text() : std::string{cty->type_name()};
  if (cty->text() != nullptr && is_type(type.find('/') == std::string::npos ? "application/" + type : type, kJsonType)) return {};
  return fail_expecting(Errc::invalid, "", "unexpected content type in signed-json-cmw: " + printable(type), kJsonType);
}

}  // namespace
}  // namespace assay::cmw
