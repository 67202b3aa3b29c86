#include "apps/iat/compile.h"

#include "apps/iat/token.h"
#include "base/text.h"

namespace assay::iat {
namespace {

Result<void> write_set(cbor::Writer& out, const TokenType& type, const ClaimSet& set, const Value& claims);
Result<const Claim*> claim_named(const ClaimSet& set, const Key& name);
Result<const Value::Map*> map_of(const Value& value);
void write_indicated(cbor::Writer& out, ByteView token);

}  // namespace

Result<Bytes> encode_claims(const TokenType& type, const Value& claims) {
  cbor::Writer out;
  TRY(write_set(out, type, type.claims, claims));
  return std::move(out).take();
}

Result<Bytes> compile_claims(const TokenType& type, const Value& claims, const Wrap& wrap) {
  if (!type.is_collection) return wrap(type, TRY(encode_claims(type, claims)));
  const Value::Map* map = TRY(map_of(claims));
  cbor::Writer out;
  out.tag(kCollectionTag).map(map->size());
  for (const Member& member : *map) {
    const Claim* claim = TRY(claim_named(type.claims, member.key));
    const auto payload = within(shown(member.key), encode_claims(*claim->token, member.value));
    if (!payload) return std::unexpected(payload.error());
    const Bytes token = TRY(wrap(*claim->token, *payload));
    out.integer(claim->key);
    write_indicated(out, token);
  }
  return std::move(out).take();
}

Bytes with_indicator(ByteView token) {
  cbor::Writer out;
  write_indicated(out, token);
  return std::move(out).take();
}

namespace {

void write_indicated(cbor::Writer& out, ByteView token) { out.array(2).uint(kContentFormat).bytes(token); }

Result<const Claim*> claim_named(const ClaimSet& set, const Key& name) {
  const auto* text = std::get_if<std::string>(&name);
  if (const Claim* claim = text != nullptr ? set.by_name(*text) : nullptr) return claim;
  std::string known;
  for (const Claim& claim : set.claims) known += (known.empty() ? "one of " : ", ") + to_lower_ascii(claim.name);
  return fail_expecting(Errc::invalid, "", fmt::format("unknown claim {}", shown(name)), known);
}

Result<const Value::Map*> map_of(const Value& value) {
  if (value.map() != nullptr) return value.map();
  return fail_expecting(Errc::invalid, "", fmt::format("a value of type {}", value.python_type()), "claims, each as \"name: value\"");
}

Result<void> write_claim(cbor::Writer& out, const TokenType& type, const Claim& claim, const Value& value) {
  if (claim.shape == Shape::lifecycle) {
    out.integer(TRY(parse_lifecycle(type, value)));
    return {};
  }
  if (claim.shape != Shape::components) {
    write_cbor(out, value);
    return {};
  }
  if (value.list() == nullptr) return fail_expecting(Errc::invalid, "", fmt::format("a value of type {}", value.python_type()), "a list of components, each with a dash");
  const Value::List& list = *value.list();
  out.array(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) TRY(within(fmt::format("[{}]", i), write_set(out, type, *claim.inner, list[i])));
  return {};
}

Result<void> write_set(cbor::Writer& out, const TokenType& type, const ClaimSet& set, const Value& claims) {
  const Value::Map* map = TRY(map_of(claims));
  out.map(map->size());
  for (const Member& member : *map) {
    const Claim* claim = TRY(claim_named(set, member.key));
    out.integer(claim->key);
    TRY(within(shown(member.key), write_claim(out, type, *claim, member.value)));
  }
  return {};
}

}  // namespace
}  // namespace assay::iat
