#include "schemes/cca/evidence.h"

#include "model/eat/check.h"
#include "model/eat/read.h"

namespace assay::cca {
namespace {

constexpr std::int64_t kPlatformLabel = 44234;
constexpr std::int64_t kRealmLabel = 44241;
constexpr std::uint64_t kEatCwt = 263;  // CoAP Content-Format of application/eat+cwt
constexpr std::string_view kBadCollection = "CBOR decoding of CCA evidence failed";

// A token inside the collection, where it stands.
struct Member {
  ByteView token;
  std::size_t offset = 0;
};
struct Collection {
  Outer outer = Outer::cmw;
  std::optional<Member> platform;
  std::optional<Member> realm;
  std::vector<std::string> warnings;
};

Result<Collection> parse_collection(ByteView evidence);
Result<Outer> outer_of(cbor::Reader& in);
Result<Member> parse_member(cbor::Reader& in, Outer outer, std::string_view name, std::vector<std::string>& warnings);
Result<Member> parse_record(cbor::Reader& in, std::string_view name, std::vector<std::string>& warnings);
Result<cose::Unverified> parse_envelope(const Member& member);
Result<void> both_there(const EvidenceClaims& claims);
template <class Claims>
Result<Claims> parse_payload(const cose::Unverified& token, Result<Claims> (*parse)(ByteView, std::size_t), std::string_view name);

}  // namespace

bool is_collection(ByteView evidence) {
  if (evidence.size() > kMaxEvidence) return false;
  const auto collection = parse_collection(evidence);
  return collection && (collection->platform || collection->realm);
}

Result<UnverifiedEvidence> parse_evidence(ByteView evidence) {
  if (evidence.size() > kMaxEvidence) return fail_expecting(Errc::limit, "CCA token", fmt::format("{} bytes", evidence.size()), fmt::format("at most {}", kMaxEvidence));
  auto collection = parse_collection(evidence);
  if (!collection) return std::unexpected(within(kBadCollection, eat::with_reference_end(std::move(collection).error(), evidence)));
  if (!collection->platform) return fail(Errc::missing, "", "CCA platform token not set");
  if (!collection->realm) return fail(Errc::missing, "", "CCA realm token not set");

  static constexpr std::string_view kBadTokens = "decoding of CCA evidence failed";
  UnverifiedEvidence parsed;
  parsed.outer = collection->outer;
  parsed.warnings = std::move(collection->warnings);
  parsed.platform_token = TRY(within(kBadTokens, parse_envelope(*collection->platform)));
  parsed.platform = TRY(within(kBadTokens, parse_payload(parsed.platform_token, parse_platform_claims, "platform")));
  parsed.realm_token = TRY(within(kBadTokens, parse_envelope(*collection->realm)));
  parsed.realm = TRY(within(kBadTokens, parse_payload(parsed.realm_token, parse_realm_claims, "realm")));
  return parsed;
}

Result<UnverifiedPlatform> parse_platform_token(ByteView token, bool with_indicator) {
  Member member{token, 0};
  std::vector<std::string> warnings;
  if (with_indicator) {
    cbor::Reader in{token};
    member = TRY(parse_record(in, "platform token", warnings));
    TRY(in.expect_end());
  }
  UnverifiedPlatform parsed;
  parsed.token = TRY(parse_envelope(member));
  parsed.claims = TRY(parse_payload(parsed.token, parse_platform_claims, "platform"));
  return parsed;
}

Result<void> validate(const EvidenceClaims& claims) {
  TRY(both_there(claims));
  TRY(within("validation of cca-platform-claims failed", validate(*claims.platform)));
  return within("validation of cca-realm-claims failed", validate(*claims.realm));
}

Result<void> validate(const UnverifiedEvidence& evidence) {
  TRY(within("validation of cca-platform-claims failed", validate(evidence.platform)));
  return within("validation of cca-realm-claims failed", validate(evidence.realm));
}

// Both read the claims anew, from the bytes that were verified: nothing that happened to `evidence` in between matters.
Result<Verified<PlatformClaims>> verify_platform(const UnverifiedEvidence& evidence, const crypto::PublicKey& key, crypto::SigCache* cache) {
  const auto payload = TRY(within("unable to verify platform token", verify_payload(evidence.platform_token, key, cache)));
  return payload.derive([](const ByteView& bytes, std::size_t offset) { return parse_platform_claims(bytes, offset); }, evidence.platform_token.payload_offset);
}

Result<Verified<RealmClaims>> verify_realm(const UnverifiedEvidence& evidence, const crypto::PublicKey& rak, crypto::SigCache* cache) {
  const auto payload = TRY(within("unable to verify realm token", verify_payload(evidence.realm_token, rak, cache)));
  return payload.derive([](const ByteView& bytes, std::size_t offset) { return parse_realm_claims(bytes, offset); }, evidence.realm_token.payload_offset);
}

Result<Verified<ByteView>> verify_payload(const cose::Unverified& token, const crypto::PublicKey& key, crypto::SigCache* cache) {
  cose::VerifyOptions options;
  options.cache = cache;
  auto payload = cose::verify_sign1(token, key, options);
  if (!payload && payload.error().errc == Errc::unauthenticated) return fail(Errc::unauthenticated, "", "verification error");
  return payload;
}

Result<void> check_binding(const PlatformClaims& platform, const RealmClaims& realm) {
  static constexpr std::string_view kWhere = "binding verification failed";
  const Bytes digest = TRY(within(kWhere, rak_hash(realm)));
  if (!platform.challenge || platform.challenges_in_array != 0 || !ct_equal(digest, *platform.challenge)) return fail(Errc::mismatch, kWhere, "platform nonce does not match RAK hash");
  return {};
}

Result<VerifiedEvidence> verify(const UnverifiedEvidence& evidence, const crypto::PublicKey& platform_key, crypto::SigCache* cache) {
  auto platform = TRY(verify_platform(evidence, platform_key, cache));
  if (evidence.realm.profile && *evidence.realm.profile != kRealm2023 && *evidence.realm.profile != kRealm2024) {
    return within("extracting realm profile", Result<VerifiedEvidence>{eat::wrong_profile(kRealm2023, *evidence.realm.profile)});
  }
  const Rak rak = TRY(within("decoding RAK", decode_rak(evidence.realm)));
  auto realm = TRY(verify_realm(evidence, rak.key, cache));
  TRY(check_binding(*platform, *realm));
  return VerifiedEvidence{std::move(platform), std::move(realm)};
}

Result<Bytes> pad_challenge(ByteView challenge) {
  if (challenge.empty() || challenge.size() > kRealmChallengeSize) return fail_expecting(Errc::invalid, "realm challenge", fmt::format("{} bytes", challenge.size()), "1 to 64 bytes");
  Bytes padded = to_bytes(challenge);
  padded.resize(kRealmChallengeSize, 0);
  return padded;
}

Result<void> bind(EvidenceClaims& claims) {
  if (!claims.platform || !claims.realm) return fail(Errc::missing, "", "nil claims supplied");
  claims.platform->challenge = TRY(within("tokens binding failed", rak_hash(*claims.realm)));
  claims.platform->challenges_in_array = 0;
  return {};
}

Result<Bytes> sign_evidence(const EvidenceClaims& claims, const crypto::PrivateKey& platform_key, const crypto::PrivateKey& realm_key, const SignOptions& options) {
  TRY(both_there(claims));
  EvidenceClaims bound = claims;
  if (options.bind) TRY(bind(bound));
  if (options.check_rak) {
    const Rak rak = TRY(decode_rak(*bound.realm));
    if (!(rak.key == realm_key.public_key())) return fail(Errc::mismatch, "", "RAK does not match cca-realm-public-key");
  }
  const Bytes platform_payload = TRY(within("signing platform claims", encode_claims(*bound.platform)));
  const Bytes realm_payload = TRY(within("signing realm claims", encode_claims(*bound.realm)));
  const Bytes platform_token = TRY(within("signing platform claims", cose::sign_sign1(platform_payload, platform_key)));
  const Bytes realm_token = TRY(within("signing realm claims", cose::sign_sign1(realm_payload, realm_key)));
  return wrap_tokens(platform_token, realm_token, options.outer);
}

Bytes wrap_tokens(ByteView platform_token, ByteView realm_token, Outer outer) {
  cbor::Writer out;
  const auto member = [&](std::int64_t label, ByteView token) {
    out.integer(label);
    if (outer == Outer::cmw) out.array(2).uint(kEatCwt);
    out.bytes(token);
  };
  out.tag(static_cast<std::uint64_t>(outer)).map(2);
  member(kPlatformLabel, platform_token);
  member(kRealmLabel, realm_token);
  return std::move(out).take();
}

namespace {

Result<Collection> parse_collection(ByteView evidence) {
  cbor::Reader in{evidence};
  Collection collection;
  collection.outer = TRY(outer_of(in));
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is(kPlatformLabel)) {
      collection.platform = TRY(parse_member(in, collection.outer, "platform token", collection.warnings));
    } else if (key->is(kRealmLabel)) {
      collection.realm = TRY(parse_member(in, collection.outer, "realm token", collection.warnings));
    } else {
      TRY(in.item());
      if (collection.warnings.size() < 8) collection.warnings.push_back("unknown member " + key->shown() + " of the collection: ignored");
    }
  }
  TRY(in.expect_end());
  return collection;
}

Result<Outer> outer_of(cbor::Reader& in) {
  const std::uint64_t tag = TRY(in.tag());
  if (tag == static_cast<std::uint64_t>(Outer::cmw)) return Outer::cmw;
  if (tag == static_cast<std::uint64_t>(Outer::legacy)) return Outer::legacy;
  return std::unexpected(Error{Errc::unsupported, {}, fmt::format("cbor: wrong tag number for ccatoken.CBORCollection, got [{}], expected [907]", tag), {}, 0});
}

Result<Member> parse_member(cbor::Reader& in, Outer outer, std::string_view name, std::vector<std::string>& warnings) {
  if (outer == Outer::cmw) return parse_record(in, name, warnings);
  Member member;
  member.token = TRY(within(name, in.bytes()));
  member.offset = in.offset() - member.token.size();
  return member;
}

// A CMW record of CBOR: [Content-Format, byte string] (draft-ietf-rats-msg-wrap §3.1).
Result<Member> parse_record(cbor::Reader& in, std::string_view name, std::vector<std::string>& warnings) {
  const std::size_t start = in.offset();
  const cbor::Items items = TRY(within(name, in.array()));
  if (items.count() != 2U) return fail_at(Errc::malformed, start, fmt::format("{}: a record of {} items", name, items.count().value_or(0)), "[263, byte string]");
  const std::uint64_t format = TRY(within(name, in.uint()));
  if (format != kEatCwt) warnings.push_back(fmt::format("{}: content format {}, not {} (application/eat+cwt)", name, format, kEatCwt));
  Member member;
  member.token = TRY(within(name, in.bytes()));
  member.offset = in.offset() - member.token.size();
  return member;
}

Result<cose::Unverified> parse_envelope(const Member& member) {
  static constexpr std::string_view kBadEnvelope = "failed CBOR decoding for CWT";
  auto token = cose::parse_unverified(member.token, cose::Tagging::required, member.offset);
  if (token && token->kind == cose::Unverified::Kind::sign1) return token;
  Error error = token ? Error{Errc::unsupported, {}, {}, {}, member.offset} : std::move(token).error();
  if (member.token.size() >= 2 && member.token[0] == 0xd2 && member.token[1] == 0x84) return std::unexpected(within(kBadEnvelope, eat::with_reference_end(std::move(error), member.token)));
  error.where = kBadEnvelope;
  error.what = "cbor: invalid COSE_Sign1_Tagged object";
  error.expected = "a COSE_Sign1 (tag 18)";
  return std::unexpected(std::move(error));
}

Result<void> both_there(const EvidenceClaims& claims) {
  if (!claims.platform && !claims.realm) return fail(Errc::missing, "", "claims not set in evidence");
  if (!claims.platform) return fail(Errc::missing, "", "missing platform claims");
  if (!claims.realm) return fail(Errc::missing, "", "missing realm claims");
  return {};
}

template <class Claims>
Result<Claims> parse_payload(const cose::Unverified& token, Result<Claims> (*parse)(ByteView, std::size_t), std::string_view name) {
  const ByteView payload = token.payload.value_or(ByteView{});
  auto claims = parse(payload, token.payload_offset);
  if (!claims) return std::unexpected(within(fmt::format("failed CBOR decoding of CCA {} claims", name), eat::with_reference_end(std::move(claims).error(), payload)));
  return claims;
}

}  // namespace
}  // namespace assay::cca
