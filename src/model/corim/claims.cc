#include "model/corim/claims.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "model/corim/check.h"
#include "model/corim/display.h"
#include "model/corim/read.h"
#include "model/corim/text.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

enum class ClaimType : std::uint8_t { text,
                                      text_or_uri,    // an absolute URI is in tag 32
                                      texts_or_uris,  // one, or an array
                                      bytes,
                                      nonce,  // 8 to 64 bytes, or an array of them
                                      ueid,
                                      level,         // 1 to 4 (draft-ietf-rats-eat-01 §3.6)
                                      debug_status,  // 0 to 4
                                      uint,
                                      boolean,
                                      time,  // seconds since 1970; written in tag 1
                                      location,
                                      profile,  // an absolute URI as text, or an OID as bytes
                                      version };

struct NamedClaim {
  std::int64_t key;
  std::string_view name;
  ClaimType type;
};
// In the order of the reference library's structure, which is the order in which it writes them.
constexpr std::array kClaims{
    NamedClaim{10, "nonce", ClaimType::nonce},
    NamedClaim{11, "ueid", ClaimType::ueid},
    NamedClaim{12, "origination", ClaimType::text_or_uri},
    NamedClaim{13, "oemid", ClaimType::bytes},
    NamedClaim{14, "security-level", ClaimType::level},
    NamedClaim{15, "secure-boot", ClaimType::boolean},
    NamedClaim{16, "debug-disable", ClaimType::debug_status},
    NamedClaim{17, "location", ClaimType::location},
    NamedClaim{18, "eat-profile", ClaimType::profile},
    NamedClaim{19, "uptime", ClaimType::uint},
    NamedClaim{1, "iss", ClaimType::text},
    NamedClaim{2, "sub", ClaimType::text},
    NamedClaim{3, "aud", ClaimType::texts_or_uris},
    NamedClaim{4, "exp", ClaimType::time},
    NamedClaim{5, "nbf", ClaimType::time},
    NamedClaim{6, "iat", ClaimType::time},
    NamedClaim{7, "cti", ClaimType::bytes},
    NamedClaim{259, "hwmodel", ClaimType::bytes},
    NamedClaim{260, "hwvers", ClaimType::version},
    NamedClaim{998, "swname", ClaimType::text},
    NamedClaim{999, "swversion", ClaimType::version},
};
constexpr auto kClaimNames = [] {
  std::array<std::string_view, kClaims.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kClaims[i].name;
  return names;
}();

// Members of a location, from key 1 on.
constexpr std::array<std::string_view, 9> kLocationNames{"lat", "long", "alt", "accry", "alt-accry", "heading", "speed", "timestamp", "age"};
constexpr std::array<std::string_view, 2> kVersionNames{"Version", "Scheme"};

const NamedClaim* named(std::int64_t key) {
  const auto found = std::ranges::find(kClaims, key, &NamedClaim::key);
  return found == kClaims.end() ? nullptr : &*found;
}

// CBOR to what is shown; what has another type fails.
Result<json::Value> read_claim(cbor::Reader& in, ClaimType type);
Result<json::Value> read_base64_of(cbor::Reader& in, Result<void> (*check)(ByteView));
Result<json::Value> read_one_or_more(cbor::Reader& in, Result<json::Value> (*read)(cbor::Reader&));
Result<json::Value> read_text_or_uri(cbor::Reader& in);
Result<json::Value> read_number(cbor::Reader& in, std::uint64_t first, std::uint64_t last);
Result<json::Value> read_time(cbor::Reader& in);
Result<json::Value> read_location(cbor::Reader& in);
Result<json::Value> read_profile(cbor::Reader& in);
Result<json::Value> read_version(cbor::Reader& in);

// Templates to CBOR; false: there is a problem.
bool write_claim(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out);
bool write_text(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out);
bool write_base64(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out);
bool write_number(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out);
bool write_list(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out);
bool write_location(Sink& sink, const Node& at, cbor::Writer& out);
bool write_profile(Sink& sink, const Node& at, cbor::Writer& out);
bool write_version(Sink& sink, const Node& at, cbor::Writer& out);

Result<void> any_bytes(ByteView) { return {}; }
Result<void> check_nonce(ByteView nonce) {
  if (nonce.size() < 8 || nonce.size() > 64) return fail_expecting(Errc::invalid, "", fmt::format("a nonce of {} bytes", nonce.size()), "8 to 64");
  return {};
}
struct Range {
  std::uint64_t first;
  std::uint64_t last;
};
Range range_of(ClaimType type) {
  if (type == ClaimType::level) return {1, 4};
  if (type == ClaimType::debug_status) return {0, 4};
  return {0, std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

Result<ClaimSet> read_claims(cbor::Reader& in) {
  ClaimSet set;
  TRY(read_struct(in, "claims", set.claims, [&](std::int64_t key) -> Result<bool> {
    const NamedClaim* claim = named(key);
    if (claim == nullptr) return false;
    // Looked at, and then kept as it stands.
    const std::size_t mark = in.mark();
    TRY(within(claim->name, read_claim(in, claim->type)));
    in.rewind(mark);
    return false;
  }));
  sort_claims(set);
  return set;
}

void write_claims(cbor::Writer& out, const ClaimSet& set) {
  out.map(set.claims.size());
  for (const Unknown& claim : set.claims) out.integer(claim.key).raw(claim.item);
}

void sort_claims(ClaimSet& set) {
  std::ranges::sort(set.claims, {}, [](const Unknown& claim) {
    const auto rank = std::ranges::find(kClaims, claim.key, &NamedClaim::key) - kClaims.begin();
    return std::tuple{rank, claim.key < 0, claim.key < 0 ? -(claim.key + 1) : claim.key};
  });
}

json::Value claims_to_json(const ClaimSet& set) {
  json::Object object;
  Unknowns unnamed;
  for (const Unknown& one : set.claims) {
    const NamedClaim* claim = named(one.key);
    cbor::Reader in{one.item, cbor::Mode::tolerant};
    auto value = claim != nullptr ? read_claim(in, claim->type) : Result<json::Value>{fail(Errc::unsupported, "", "no name")};
    if (value) object.set(std::string{claim->name}, std::move(*value));
    else unnamed.push_back(one);
  }
  add_unknown(object, unnamed);
  return object;
}

Parsed<ClaimSet> claims_from_template(const json::Value& value) {
  Sink sink;
  Parsed<ClaimSet> parsed;
  const Node root{value};
  Members members{sink, root, Names::any_case};
  for (const NamedClaim& claim : kClaims) {
    const auto node = members.take(claim.name);
    cbor::Writer out;
    if (node && write_claim(sink, *node, claim.type, out)) parsed.value.claims.push_back({claim.key, std::move(out).take()});
  }
  Unknowns numbered;
  if (members.ok()) members.finish(&numbered, kClaimNames);
  std::set<std::int64_t> seen;
  for (Unknown& claim : numbered) {
    if (named(claim.key) != nullptr || !seen.insert(claim.key).second) sink.error(root, fmt::format("a claim {} under its number", claim.key), "each claim once, by name if it has one", Errc::duplicate);
    else parsed.value.claims.push_back(std::move(claim));
  }
  sort_claims(parsed.value);
  parsed.problems = std::move(sink.problems).take();
  return parsed;
}

namespace {

Result<json::Value> read_claim(cbor::Reader& in, ClaimType type) {
  switch (type) {
    case ClaimType::text: return json::Value{TRY(in.text())};
    case ClaimType::text_or_uri: return read_text_or_uri(in);
    case ClaimType::texts_or_uris: return read_one_or_more(in, read_text_or_uri);
    case ClaimType::bytes: return read_base64_of(in, any_bytes);
    case ClaimType::nonce: return read_one_or_more(in, [](cbor::Reader& one) { return read_base64_of(one, check_nonce); });
    case ClaimType::ueid: return read_base64_of(in, check_ueid);
    case ClaimType::boolean: return json::Value{TRY(in.boolean())};
    case ClaimType::time: return read_time(in);
    case ClaimType::location: return read_location(in);
    case ClaimType::profile: return read_profile(in);
    case ClaimType::version: return read_version(in);
    default: return read_number(in, range_of(type).first, range_of(type).last);
  }
}

Result<json::Value> read_base64_of(cbor::Reader& in, Result<void> (*check)(ByteView)) {
  const std::size_t start = in.offset();
  const ByteView bytes = TRY(in.bytes());
  if (auto good = check(bytes); !good) {
    good.error().offset = start;
    return std::unexpected(std::move(good).error());
  }
  return json::Value{to_base64(bytes)};
}

Result<json::Value> read_one_or_more(cbor::Reader& in, Result<json::Value> (*read)(cbor::Reader&)) {
  if (!in.next_is(cbor::Type::array)) return read(in);
  const std::size_t start = in.offset();
  json::Array list;
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) list.push_back(TRY(read(in)));
  if (list.empty()) return fail_at(Errc::invalid, start, "an empty list", "at least one");
  return json::Value{std::move(list)};
}

Result<json::Value> read_text_or_uri(cbor::Reader& in) {
  if (in.next_is(cbor::Type::tag)) return json::Value{TRY(read_uri(in))};
  return json::Value{TRY(in.text())};
}

Result<json::Value> read_number(cbor::Reader& in, std::uint64_t first, std::uint64_t last) {
  const std::size_t start = in.offset();
  const std::uint64_t number = TRY(in.uint());
  if (number < first || number > last) return fail_at(Errc::invalid, start, fmt::format("{}", number), fmt::format("{} to {}", first, last));
  return json::Value{number};
}

// CWT has it without the tag (RFC 8392 §2).
Result<json::Value> read_time(cbor::Reader& in) {
  const std::size_t start = in.offset();
  if (in.next_is(cbor::Type::tag)) {
    if (const std::uint64_t tag = TRY(in.tag()); tag != 1) return fail_at(Errc::unsupported, start, fmt::format("tag {}", tag), "a time: seconds since 1970, in tag 1 perhaps");
  }
  return json::Value{TRY(in.integer())};
}

Result<json::Value> read_location(cbor::Reader& in) {
  const std::size_t start = in.offset();
  json::Object object;
  Unknowns unknown;
  TRY(read_struct(in, "location", unknown, [&](std::int64_t key) -> Result<bool> {
    if (key < 1 || key > static_cast<std::int64_t>(kLocationNames.size())) return false;
    const std::string name{kLocationNames[static_cast<std::size_t>(key - 1)]};
    const bool whole = in.next_is(cbor::Type::uint) || in.next_is(cbor::Type::negative);
    object.set(name, whole ? json::Value{TRY(in.integer())} : json::Value{TRY(in.floating())});
    return true;
  }));
  if (object.find("lat") == nullptr || object.find("long") == nullptr) return fail_at(Errc::missing, start, "no latitude or no longitude", "keys 1 and 2");
  return json::Value{std::move(object)};
}

Result<json::Value> read_profile(cbor::Reader& in) {
  if (in.next_is(cbor::Type::bytes)) return json::Value{to_text(TRY(read_oid(in)))};
  const std::size_t start = in.offset();
  const std::string_view uri = TRY(in.text());
  if (!is_absolute_uri(uri)) return fail_at(Errc::invalid, start, "the profile " + quoted(uri), "an absolute URI, or an OID as bytes");
  return json::Value{uri};
}

// With texts as keys, as the reference library encodes it.
Result<json::Value> read_version(cbor::Reader& in) {
  json::Object object;
  const std::size_t start = in.offset();
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is(kVersionNames[0])) {
      object.set(std::string{kVersionNames[0]}, TRY(in.text()));
    } else if (key->is(kVersionNames[1])) {
      if (in.next_is(cbor::Type::text)) {
        object.set(std::string{kVersionNames[1]}, TRY(in.text()));
        continue;
      }
      const std::int64_t scheme = TRY(in.integer());
      const std::string_view word = scheme_name(scheme);
      object.set(std::string{kVersionNames[1]}, word.empty() ? json::Value{scheme} : json::Value{word});
    } else {
      return fail_at(Errc::malformed, key->offset, "key " + key->shown(), R"("Version" and "Scheme")");
    }
  }
  if (object.size() != kVersionNames.size()) return fail_at(Errc::missing, start, "no version or no scheme", R"("Version" and "Scheme")");
  return json::Value{std::move(object)};
}

bool write_claim(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out) {
  switch (type) {
    case ClaimType::text:
    case ClaimType::text_or_uri: return write_text(sink, at, type, out);
    case ClaimType::bytes:
    case ClaimType::ueid: return write_base64(sink, at, type, out);
    case ClaimType::texts_or_uris:
    case ClaimType::nonce: return write_list(sink, at, type, out);
    case ClaimType::location: return write_location(sink, at, out);
    case ClaimType::profile: return write_profile(sink, at, out);
    case ClaimType::version: return write_version(sink, at, out);
    case ClaimType::boolean: {
      const auto flag = read_bool(sink, at);
      if (flag) out.boolean(*flag);
      return flag.has_value();
    }
    default: return write_number(sink, at, type, out);
  }
}

bool write_text(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out) {
  const auto text = read_text(sink, at);
  if (!text) return false;
  if (type != ClaimType::text && is_absolute_uri(*text)) write_uri(out, *text);
  else out.text(*text);
  return true;
}

bool write_base64(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out) {
  const auto bytes = read_base64(sink, at);
  if (!bytes) return false;
  const auto check = type == ClaimType::ueid ? check_ueid : type == ClaimType::nonce ? check_nonce
                                                                                     : any_bytes;
  if (const auto good = check(*bytes); !good) {
    sink.error(at, good.error());
    return false;
  }
  out.bytes(*bytes);
  return true;
}

bool write_number(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out) {
  if (type == ClaimType::time) {
    const auto time = read_integer(sink, at);
    if (time) out.tag(1).integer(*time);
    return time.has_value();
  }
  const auto number = read_uint(sink, at);
  if (!number) return false;
  const auto [first, last] = range_of(type);
  if (*number < first || *number > last) {
    sink.error(at, fmt::format("{}", *number), fmt::format("{} to {}", first, last));
    return false;
  }
  out.uint(*number);
  return true;
}

// One, or an array; an array of one is written as one.
bool write_list(Sink& sink, const Node& at, ClaimType type, cbor::Writer& out) {
  const auto write_one = [&](const Node& node) { return type == ClaimType::nonce ? write_base64(sink, node, type, out) : write_text(sink, node, ClaimType::text_or_uri, out); };
  const json::Array* array = at.value.array();
  if (array == nullptr) return write_one(at);
  if (array->empty()) {
    sink.error(at, "an empty list", "at least one");
    return false;
  }
  if (array->size() != 1) out.array(array->size());
  bool good = true;
  for (std::size_t i = 0; i < array->size(); ++i) good = write_one(Node{(*array)[i], &at, {}, i}) && good;
  return good;
}

bool write_location(Sink& sink, const Node& at, cbor::Writer& out) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return false;
  StructWriter map;
  bool good = true;
  for (std::size_t i = 0; i < kLocationNames.size(); ++i) {
    const bool needed = i < 2;
    const auto node = needed ? members.need(kLocationNames[i]) : members.take(kLocationNames[i]);
    const auto number = node ? node->value.number() : std::nullopt;
    if (node && !number) sink.error(*node, std::string{node->value.type_name()}, "a number", Errc::malformed);
    good = good && (number || (!node && !needed));
    if (!number) continue;
    cbor::Writer& value = map.member(static_cast<std::int64_t>(i) + 1);
    const auto whole = node->value.integer();
    if (i >= 7 && whole) value.integer(*whole);  // timestamp and age
    else value.floating(*number);
  }
  members.finish(nullptr, kLocationNames);
  std::move(map).write_to(out);
  return good;
}

bool write_profile(Sink& sink, const Node& at, cbor::Writer& out) {
  const auto text = read_text(sink, at);
  if (!text) return false;
  if (const auto oid = oid_from_text(*text)) {
    out.bytes(oid->content);
  } else if (is_absolute_uri(*text)) {
    out.text(*text);
  } else {
    sink.error(at, "the profile " + quoted(*text), "an absolute URI or a dotted OID");
    return false;
  }
  return true;
}

bool write_version(Sink& sink, const Node& at, cbor::Writer& out) {
  Members members{sink, at, Names::any_case};
  if (!members.ok()) return false;
  const auto version = members.need(kVersionNames[0]);
  const auto scheme = members.need(kVersionNames[1]);
  members.finish(nullptr, kVersionNames);
  const auto text = version ? read_text(sink, *version) : std::nullopt;
  if (!text || !scheme) return false;
  out.map(2).text(kVersionNames[0]).text(*text).text(kVersionNames[1]);
  if (const auto number = scheme->value.integer()) {
    out.integer(*number);
    return true;
  }
  const auto word = read_text(sink, *scheme);
  if (!word) return false;
  if (const auto number = scheme_id(*word)) out.integer(*number);
  else out.text(*word);
  return true;
}

}  // namespace
}  // namespace assay::corim
