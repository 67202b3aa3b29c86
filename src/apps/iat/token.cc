#include "apps/iat/token.h"

#include <algorithm>

#include "base/text.h"

namespace assay::iat {
namespace {

Result<Token> parse_collection(ByteView bytes, const TokenType& type, const ParseOptions& options);
Result<ByteView> unwrap_indicator(cbor::Reader& in);
Result<Token> parse_signed(ByteView bytes, std::size_t base, const TokenType& type, Method method);

std::unexpected<Error> message(std::string_view prefix, const Error& error) { return fail(error.errc, "", "{}: {}", prefix, error.text()); }

}  // namespace

const Token* Token::member(const TokenType& wanted) const {
  const auto found = std::ranges::find(members, &wanted, &Token::type);
  return found == members.end() ? nullptr : &*found;
}

Result<Token> parse_token(ByteView bytes, const TokenType& type, const ParseOptions& options) {
  if (type.is_collection) return parse_collection(bytes, type, options);
  if (type.is_cca && options.indicator) {
    cbor::Reader in{bytes};
    const ByteView inner = TRY(unwrap_indicator(in));
    const auto end = in.expect_end();
    if (!end) return message("Invalid CBOR", end.error());
    return parse_signed(inner, in.offset() - inner.size(), type, options.method);
  }
  return parse_signed(bytes, 0, type, options.method);
}

namespace {

Result<std::optional<std::uint64_t>> read_tag(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::tag)) return std::optional<std::uint64_t>{};
  return TRY(in.tag());
}

// A text key that is the name of a claim would be printed as that claim.
Result<void> check_text_keys(const ClaimSet& set, const Value& claims) {
  if (claims.map() == nullptr) return {};
  for (const Member& member : *claims.map()) {
    const auto* text = std::get_if<std::string>(&member.key);
    if (text != nullptr && set.by_name(to_lower_ascii(*text)) != nullptr) return fail(Errc::invalid, "", "the text key {} in place of the claim's number", quoted(*text));
    const Claim* claim = set.by_key(member.key);
    if (claim == nullptr || claim->inner == nullptr || member.value.list() == nullptr) continue;
    for (const Value& component : *member.value.list()) TRY(check_text_keys(*claim->inner, component));
  }
  return {};
}

Result<void> read_claims(ByteView payload, std::size_t base, Token& token) {
  cbor::Reader in{payload, cbor::Mode::evidence, base};
  token.tag = TRY(read_tag(in));
  token.claims = TRY(read_cbor(in));
  TRY(in.expect_end());
  return check_text_keys(token.type->claims, token.claims);
}

Result<Token> parse_signed(ByteView bytes, std::size_t base, const TokenType& type, Method method) {
  Token token;
  token.type = &type;
  ByteView payload = bytes;
  std::size_t payload_at = base;
  if (method != Method::raw) {
    constexpr std::string_view kPrefix = "Parse (verify_signature=False): Bad COSE";
    auto envelope = cose::parse_unverified(bytes, cose::Tagging::required, base);
    if (!envelope) return message(kPrefix, envelope.error());
    const bool is_mac = envelope->kind == cose::Unverified::Kind::mac0;
    if (is_mac != (method == Method::mac)) return fail(Errc::unsupported, "", "{}: the token is {}", kPrefix, is_mac ? "a COSE_Mac0: check it with -m mac" : "a COSE_Sign1: check it without -m mac");
    if (!envelope->payload) return fail(Errc::missing, "", "{}: the token has no payload", kPrefix);
    payload = *envelope->payload;
    payload_at = envelope->payload_offset;
    token.envelope = std::move(*envelope);
  }
  const auto claims = read_claims(payload, payload_at, token);
  if (!claims) return message("Invalid CBOR", claims.error());
  return token;
}

// [263, bstr]
Result<ByteView> unwrap_indicator(cbor::Reader& in) {
  if (!in.next_is(cbor::Type::array)) return fail(Errc::invalid, "", "Expecting a type indicator (token must be a list)");
  const auto read = [&]() -> Result<std::pair<std::uint64_t, ByteView>> {
    cbor::Items items = TRY(in.array());
    if (items.count() != 2) return in.fail(Errc::invalid, "a list that is not a type indicator and a token", "two elements");
    TRY(items.next(in));
    const std::uint64_t indicator = TRY(in.uint());
    TRY(items.next(in));
    const ByteView token = TRY(in.bytes());
    TRY(items.next(in));
    return std::pair{indicator, token};
  };
  const auto pair = read();
  if (!pair) return message("Expecting a type indicator and a token", pair.error());
  if (pair->first != kContentFormat) return fail(Errc::invalid, "", "Invalid type indicator: {}", pair->first);
  return pair->second;
}

Result<Member> parse_member(cbor::Reader& in, const cbor::Key& key, const ParseOptions& options, Token& collection) {
  Member member{key_of(key), {}};
  const Claim* claim = collection.type->claims.by_key(member.key);
  if (claim == nullptr || claim->token == nullptr) {
    auto value = read_cbor(in);
    if (!value) return message("Invalid CBOR", value.error());
    member.value = std::move(*value);
    return member;
  }
  const bool bare = collection.tag == kCollectionTagLegacy && !options.strict_rmm2;
  const auto inner = bare ? in.bytes() : unwrap_indicator(in);
  if (!inner) return bare ? message("Invalid CBOR", inner.error()) : Result<Member>{std::unexpected(inner.error())};
  auto token = TRY(parse_signed(*inner, in.offset() - inner->size(), *claim->token, Method::sign));
  member.value = token.claims;
  collection.members.push_back(std::move(token));
  return member;
}

Result<Token> parse_collection(ByteView bytes, const TokenType& type, const ParseOptions& options) {
  Token collection;
  collection.type = &type;
  cbor::Reader in{bytes};
  // The frame first, so that what follows can only be wrong in what it says.
  const auto frame = cbor::check(bytes, cbor::Mode::evidence);
  if (!frame) return message("Invalid CBOR", frame.error());
  collection.tag = TRY(read_tag(in));
  auto entries = cbor::MapReader::open(in);
  if (!entries) return message("Invalid CBOR", entries.error());
  Value::Map claims;
  while (true) {
    const auto key = entries->next(in);
    if (!key) return message("Invalid CBOR", key.error());
    if (!*key) break;
    claims.push_back(TRY(parse_member(in, **key, options, collection)));
  }
  collection.claims = Value{std::move(claims)};
  const auto keys = check_text_keys(type.claims, collection.claims);
  if (!keys) return message("Invalid CBOR", keys.error());
  return collection;
}

}  // namespace
}  // namespace assay::iat
