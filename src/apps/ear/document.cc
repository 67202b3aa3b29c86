#include "apps/ear/document.h"

#include <algorithm>

#include "apps/files.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/key_formats.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"

namespace assay::ear_app {
namespace {

bool is_binary(ByteView content);
bool is_bare_cbor(ByteView content);
Result<Document> look_at_text(std::string_view text, ear::Strictness strictness);
Result<Document> look_at_cwt(ByteView content, ear::Strictness strictness);
Result<VerificationKey> key_of(crypto::PublicKey key, std::optional<crypto::Sig> alg, const json::Value& jwk);

}  // namespace

std::string_view name(Form form) {
  switch (form) {
    case Form::jwt: return "JWT";
    case Form::cwt: return "CWT";
    case Form::json: return "claims in JSON";
    case Form::cbor: return "claims in CBOR";
  }
  return "";
}

Result<Document> look(ByteView content, ear::Strictness strictness) {
  if (!is_binary(content)) return look_at_text(trim_ascii(as_text(content)), strictness);
  if (!is_bare_cbor(content)) return look_at_cwt(content, strictness);
  ear::Ear ear = TRY(ear::from_cbor(content, strictness));
  return Document{Form::cbor, {}, std::move(ear)};
}

Result<std::vector<VerificationKey>> load_keys(const std::string& path, std::optional<crypto::Sig> alg) {
  const SecretBytes content{TRY(files::read_file(path, kMaxKeyFile))};
  std::vector<VerificationKey> keys;
  json::Value jwk;
  if (trim_ascii(as_text(content.expose())).starts_with('{')) {
    jwk = TRY(within(path, json::parse(as_text(content.expose()))));
    if (const json::Value* list = jwk.object()->find("keys")) {
      const std::vector<crypto::NamedKey> set = TRY(within(path, crypto::keys_from_jwks(jwk)));
      for (std::size_t i = 0; i < set.size(); ++i) {
        // A set may hold keys for other uses.
        if (auto key = key_of(set[i].key, alg, (*list->array())[i])) keys.push_back(std::move(*key));
      }
      if (keys.empty()) return fail_expecting(Errc::mismatch, path, fmt::format("a set of {} keys, none of which fits", set.size()), "a key for the algorithm");
      return keys;
    }
  }
  auto key = TRY(within(path, crypto::public_key_from_any(content.expose())));
  keys.push_back(TRY(within(path, key_of(std::move(key), alg, jwk))));
  return keys;
}

Result<Checked> verify(ByteView content, const std::vector<VerificationKey>& keys, const std::optional<Bytes>& nonce) {
  const bool binary = is_binary(content);
  const bool bare = binary ? is_bare_cbor(content) : trim_ascii(as_text(content)).starts_with('{');
  if (bare) return fail_expecting(Errc::missing, "", "these are bare claims: there is no signature to verify", "a JWT in compact form, or a CWT");
  Error worst{Errc::missing, "", "no key to verify with", "at least one", {}};
  bool tried = false;
  for (const VerificationKey& candidate : keys) {
    const ear::VerifyOptions options{.sig = candidate.sig, .nonce = nonce};
    auto verified = binary ? ear::verify_cwt(content, candidate.key, options) : ear::verify_jwt(as_text(content), candidate.key, options);
    if (verified) return Checked{std::move(*verified).value(), binary ? Form::cwt : Form::jwt, candidate.sig};
    // A bad signature or another algorithm may be another key's; everything else was found behind a good signature, or is no token.
    const Errc errc = verified.error().errc;
    const bool others_may_fit = errc == Errc::unauthenticated || (errc == Errc::mismatch && verified.error().where != "eat_nonce");
    if (!others_may_fit) return std::unexpected(std::move(verified).error());
    if (!tried || errc == Errc::unauthenticated) worst = std::move(verified).error();
    tried = true;
  }
  return std::unexpected(std::move(worst));
}

namespace {

// Text begins with a byte of ASCII; a CBOR map, array or tag never does.
bool is_binary(ByteView content) { return !content.empty() && content[0] >= 0x80; }
bool is_bare_cbor(ByteView content) { return content[0] >> 5 == 5; }

Result<Document> look_at_text(std::string_view text, ear::Strictness strictness) {
  json::Value claims;
  Document document;
  bool bare = false;
  if (text.starts_with('{')) {
    claims = TRY(json::parse(text));
    bare = claims.object()->find("payload") == nullptr;
  }
  if (bare) {
    document.form = Form::json;
  } else {
    jose::UnverifiedJws jws = TRY(jose::parse_any(text));
    document.header = std::move(jws.header);
    claims = TRY(within("claims", json::parse(as_text(jws.payload))));
  }
  document.ear = TRY(ear::from_json(claims, strictness));
  return document;
}

Result<Document> look_at_cwt(ByteView content, ear::Strictness strictness) {
  const cose::Unverified message = TRY(cose::parse_unverified(content, cose::Tagging::optional));
  if (!message.payload) return fail(Errc::missing, "CWT", "a detached payload");
  json::Object header;
  if (const auto alg = message.protected_headers.alg) {
    const auto sig = crypto::sig_by_cose_id(*alg);
    header.set("alg", sig ? json::Value{crypto::jose_name(*sig)} : json::Value{*alg});
  }
  if (const auto kid = message.unprotected_headers.kid ? message.unprotected_headers.kid : message.protected_headers.kid) header.set("kid", to_hex(*kid));
  Document document{Form::cwt, std::move(header), {}};
  document.ear = TRY(ear::from_cbor(*message.payload, strictness));
  return document;
}

//= RFC7517#4.4: "alg" says what a key is for; a verifier that publishes it spares its clients a guess
Result<VerificationKey> key_of(crypto::PublicKey key, std::optional<crypto::Sig> alg, const json::Value& jwk) {
  const json::Value* own = jwk.object() == nullptr ? nullptr : jwk.object()->find("alg");
  std::optional<crypto::Sig> sig = alg;
  if (!sig && own != nullptr && own->text() != nullptr) sig = crypto::sig_by_jose_name(*own->text());
  if (!sig) sig = crypto::default_sig(key.kind());
  if (!crypto::fits(*sig, key.kind())) return fail_expecting(Errc::mismatch, "", fmt::format("a key of kind {}", crypto::name(key.kind())), fmt::format("one for {}", crypto::jose_name(*sig)));
  return VerificationKey{std::move(key), *sig};
}

}  // namespace
}  // namespace assay::ear_app
