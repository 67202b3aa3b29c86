// Any text as a YAML source: what compiles to claims comes back the same from what decompiling writes of it.
#include "apps/iat/compile.h"
#include "apps/iat/token.h"
#include "apps/iat/yaml_reader.h"
#include "apps/iat/yaml_writer.h"
#include "testing/fuzz.h"

namespace {

namespace iat = assay::iat;

// An include that is there, one that includes itself, one that is not.
assay::Result<std::string> included(const std::string& name) {
  if (name == "a") return "{client_id: 1}";
  if (name == "b") return "[!inc b]";
  return assay::fail(assay::Errc::not_found, name, "no such file");
}

void check_round_trip(const iat::TokenType& type, assay::ByteView claims) {
  const auto token = iat::parse_token(claims, type, {iat::Method::raw, false, false});
  ASSAY_CHECK(token);
  const std::string yaml = iat::to_yaml(iat::with_names(type, token->claims, iat::Case::lower), iat::Order::kept);
  if (yaml.size() > iat::kMaxYaml) return;  // base64 and indents have made it larger than what is read
  const auto again = iat::read_yaml(yaml, "again", included);
  ASSAY_CHECK(again);
  const auto same = iat::encode_claims(type, *again);
  ASSAY_CHECK(same && assay::equal(*same, claims));
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  const auto value = iat::read_yaml(assay::as_text(bytes), "source", included);
  if (!value) return;
  const auto plain = [](const iat::TokenType&, assay::ByteView payload) -> assay::Result<assay::Bytes> { return assay::to_bytes(payload); };
  const auto collection = iat::compile_claims(iat::kCca, *value, plain);
  ASSAY_CHECK(!collection || assay::cbor::check(*collection, assay::cbor::Mode::evidence));
  for (const iat::TokenType* type : {&iat::kPsaProfile1, &iat::kPsa2, &iat::kCcaPlatform, &iat::kCcaRealm}) {
    const auto claims = iat::encode_claims(*type, *value);
    if (claims) check_round_trip(*type, *claims);
  }
}
