#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/x509.h"
#include "envelope/cmw/cmw.h"
#include "envelope/cose/cose.h"
#include "runner.h"

namespace assay::vectors {
namespace {

// Any COSE_Sign1 or COSE_Mac0 with its key.
Result<void> cose_message(const Case& line, ByteView bytes) {
  const auto message = TRY(cose::parse_unverified(bytes));
  if (!line.member("mac_key").empty()) {
    const std::string key = TRY(line.text(line.member("mac_key")));
    TRY(cose::verify_mac0(message, as_bytes(key)));
  } else if (!line.member("key").empty()) {
    TRY(cose::verify_sign1(message, TRY(line.key())));
  } else {
    if (!message.protected_headers.alg) return fail(Errc::missing, "protected header", "no algorithm");
  }
  return {};
}

Result<void> cose_file(const Case& line) {
  const std::string text = TRY(line.text());
  return cose_message(line, as_bytes(text));
}

Result<void> cose_diagnostic(const Case& line) { return cose_message(line, TRY(encode_diagnostic(TRY(line.text())))); }

Result<std::string> nested_text(const json::Fields& fields, std::string_view outer, std::string_view inner) {
  return TRY(json::Fields::of(*TRY(fields.need(outer)), fields.at(outer))).text(inner);
}

struct GoCose {
  json::Value whole;
  json::Value part;
  crypto::Sig sig;
};

Result<GoCose> go_cose(const Case& line, std::string_view part) {
  const std::string text = TRY(line.text());
  json::Value whole = TRY(json::parse(text));
  const json::Fields fields = TRY(json::Fields::of(whole));
  const std::string alg = TRY(fields.text("alg"));
  const auto sig = crypto::sig_by_jose_name(alg);
  if (!sig) return fail(Errc::unsupported, "alg", "{}", alg);
  json::Value body = *TRY(fields.need(part));
  return GoCose{std::move(whole), std::move(body), *sig};
}

Result<Bytes> external_of(const json::Fields& fields) {
  const auto external = TRY(fields.optional_text("external"));
  return external ? from_hex(*external) : Bytes{};
}

Result<void> go_cose_verify(const Case& line) {
  const GoCose vector = TRY(go_cose(line, "sign1::verify"));
  const json::Fields fields = TRY(json::Fields::of(vector.part));
  const Bytes bytes = TRY(from_hex(TRY(nested_text(fields, "taggedCOSESign1", "cborHex"))));
  const Bytes external = TRY(external_of(fields));
  const auto message = TRY(cose::parse_unverified(bytes));
  const auto key = TRY(crypto::public_key_from_jwk(*vector.whole.object()->find("key")));
  TRY(cose::verify_sign1(message, key, {.external_aad = external}));
  return {};
}

// The signed bytes must be the printed ones, the printed message must verify, and so must our own.
Result<void> go_cose_sign(const Case& line) {
  const GoCose vector = TRY(go_cose(line, "sign1::sign"));
  const json::Fields fields = TRY(json::Fields::of(vector.part));
  const Bytes payload = TRY(from_hex(TRY(fields.text("payload"))));
  const Bytes protected_bytes = TRY(from_hex(TRY(nested_text(fields, "protectedHeaders", "cborHex"))));
  const Bytes tbs = TRY(from_hex(TRY(nested_text(fields, "tbsHex", "cborHex"))));
  const Bytes external = TRY(external_of(fields));
  if (!equal(cose::to_be_authenticated(cose::Unverified::Kind::sign1, protected_bytes, external, payload), tbs)) return fail(Errc::mismatch, "tbsHex", "other signed bytes");

  const json::Value& jwk = *vector.whole.object()->find("key");
  const auto public_key = TRY(crypto::public_key_from_jwk(jwk));
  if (line.member("signature") != "foreign") {
    const Bytes printed = TRY(from_hex(TRY(nested_text(fields, "expectedOutput", "cborHex"))));
    TRY(cose::verify_sign1(TRY(cose::parse_unverified(printed)), public_key, {.external_aad = external}));
  }
  const auto key = TRY(crypto::private_key_from_jwk(jwk));
  const Bytes ours = TRY(cose::sign_sign1(payload, key, {.external_aad = external, .sig = vector.sig}));
  TRY(cose::verify_sign1(TRY(cose::parse_unverified(ours)), public_key, {.external_aad = external}));
  return {};
}

Result<void> cmw_file(const Case& line) {
  const std::string text = TRY(line.text());
  const auto message = TRY(cmw::parse(as_bytes(text)));
  if (line.flag("same_bytes") && !equal(TRY(cmw::encode_cbor(message)), as_bytes(text))) return fail(Errc::mismatch, "encoding", "other bytes");
  return {};
}

Result<void> cmw_diagnostic(const Case& line) {
  const Bytes bytes = TRY(encode_diagnostic(TRY(line.text())));
  const std::string same = TRY(line.text(line.member("same_as")));
  TRY(cmw::parse_cbor(bytes));
  if (!equal(bytes, as_bytes(same))) return fail(Errc::mismatch, line.member("same_as"), "other bytes: {}", to_hex(bytes));
  return {};
}

Result<void> cmw_claim(const Case& line) {
  const std::string text = TRY(line.text());
  const json::Value document = TRY(json::parse(text));
  TRY(cmw::parse_json(json::print(*TRY(TRY(json::Fields::of(document)).need("cmw")))));
  return {};
}

Result<void> cmw_extension(const Case& line) {
  const std::string text = TRY(line.text());
  TRY(cmw::parse_x509_extension(as_bytes(text)));
  return {};
}

Result<void> cmw_certificate(const Case& line) {
  const std::string text = TRY(line.text());
  const auto certificate = TRY(crypto::Certificate::from_der(as_bytes(text)));
  TRY(cmw::parse_x509_extension(TRY(certificate.extension(cmw::kExtensionOid))));
  return {};
}

Result<void> cmw_signed(const Case& line) {
  const std::string text = TRY(line.text());
  TRY(cmw::verify_signed_cbor(as_bytes(text), TRY(line.key())));
  return {};
}

Result<void> expect_refused(const Result<cmw::Cmw>& result, std::string_view what) {
  if (result) return fail(Errc::internal, what, "accepted");
  return {};
}

Result<void> cmw_inline(const Case& line) {
  const json::Value document = TRY(json::parse(TRY(line.text())));
  const json::Object& all = *document.object();
  for (const json::Value& one : *all.find("positive")->array()) {
    const std::string hex = *one.object()->find("hex")->text();
    TRY(within(hex, cmw::parse(TRY(from_hex(hex)))));
  }
  for (const json::Value& one : *all.find("json-positive")->array()) TRY(within(*one.text(), cmw::parse(as_bytes(*one.text()))));
  for (const json::Value& one : *all.find("json-negative")->array()) TRY(expect_refused(cmw::parse(as_bytes(*one.object()->find("text")->text())), *one.object()->find("text")->text()));
  for (const json::Value& one : *all.find("cbor-negative")->array()) {
    const std::string hex = *one.object()->find("hex")->text();
    TRY(expect_refused(cmw::parse(TRY(from_hex(hex))), hex));
  }
  return {};
}

Result<void> key_file(const Case& line) {
  const std::string text = TRY(line.text());
  TRY(crypto::public_key_from_any(as_bytes(text)));
  return {};
}

Result<void> cose_key_diagnostic(const Case& line) {
  const auto key = TRY(crypto::public_key_from_cose(TRY(encode_diagnostic(TRY(line.text())))));
  const std::string other = TRY(line.text(line.member("same_as")));
  if (!(key == TRY(crypto::public_key_from_any(as_bytes(other))))) return fail(Errc::mismatch, line.member("same_as"), "another key");
  return {};
}

}  // namespace

void add_envelope_kinds(Kinds& kinds) {
  const auto add = [&](const char* name, Result<void> (*run)(const Case&)) {
    kinds[name] = [run](const Case& line) { return from(run(line)); };
  };
  add("cose", cose_file);
  add("cose-diag", cose_diagnostic);
  add("go-cose-verify", go_cose_verify);
  add("go-cose-sign", go_cose_sign);
  add("cmw", cmw_file);
  add("cmw-diag", cmw_diagnostic);
  add("cmw-claim", cmw_claim);
  add("cmw-extension", cmw_extension);
  add("cmw-certificate", cmw_certificate);
  add("cmw-signed", cmw_signed);
  add("cmw-inline", cmw_inline);
  add("key", key_file);
  add("cose-key-diag", cose_key_diagnostic);
}

}  // namespace assay::vectors
