#include "envelope/jose/jws.h"
#include "model/ear/ear.h"
#include "runner.h"

namespace assay::vectors {
namespace {

ear::Strictness strictness_of(const Case& line) { return line.member("strictness") == "reference" ? ear::Strictness::reference : ear::Strictness::strict; }

Result<void> ear_jwt(const Case& line) {
  const std::string jwt = TRY(line.text());
  Result<crypto::PublicKey> key = line.flag("header_key") ? crypto::public_key_from_jwk(*TRY(jose::parse_compact(jwt)).header.object()->find("jwk")) : line.key();
  TRY(ear::verify_jwt(jwt, TRY(std::move(key)), {.strictness = strictness_of(line)}));
  return {};
}

// What is read is written and read again to the same claims.
Result<void> ear_json(const Case& line) {
  const auto result = TRY(ear::from_json(TRY(json::parse(TRY(line.text()))), strictness_of(line)));
  const json::Value once = ear::to_json(result);
  const auto again = TRY(ear::from_json(once, strictness_of(line)));
  if (json::print(ear::to_json(again)) != json::print(once)) return fail(Errc::mismatch, "JSON", "not the same when read again");
  return {};
}

Result<void> ear_cbor(const Case& line) {
  const std::string bytes = TRY(line.text());
  const auto result = TRY(ear::from_cbor(as_bytes(bytes), strictness_of(line)));
  const auto again = TRY(ear::from_cbor(TRY(ear::to_cbor(result)), strictness_of(line)));
  if (json::print(ear::to_json(again)) != json::print(ear::to_json(result))) return fail(Errc::mismatch, "CBOR", "not the same when read again");
  return {};
}

}  // namespace

void add_result_kinds(Kinds& kinds) {
  kinds["ear-jwt"] = [](const Case& line) { return from(ear_jwt(line)); };
  kinds["ear-json"] = [](const Case& line) { return from(ear_json(line)); };
  kinds["ear-cbor"] = [](const Case& line) { return from(ear_cbor(line)); };
}

}  // namespace assay::vectors
