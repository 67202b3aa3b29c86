#include "services/provisioning/intake.h"

#include <algorithm>
#include <array>

#include "base/media_type.h"
#include "base/text.h"
#include "model/corim/signed.h"
#include "model/corim/text.h"

namespace assay::provisioning {
namespace {

constexpr std::string_view kUnsignedOld = "application/corim-unsigned+cbor";
constexpr std::string_view kUnsigned = "application/rim+cbor";
constexpr std::string_view kSigned = "application/rim+cose";

constexpr corim::ReadOptions kLenient{.allow_trailing = true, .allow_profile_list = true};

using Schemes = std::span<const appraise::Scheme* const>;

struct Named {
  const appraise::Scheme* scheme = nullptr;
  std::string profile;
  bool is_signed = false;
  bool is_old = false;  // the media type of 2023 to 2025
  std::string text;     // in normal form
};
std::optional<Named> named(Schemes schemes, std::string_view media_type);
struct Opened {
  corim::Corim corim;
  std::string signer;
};
Result<Opened> open(const Intake& intake, bool is_signed, ByteView body, UnixSeconds now);
Result<Opened> open_signed(const Intake& intake, ByteView body, UnixSeconds now);
std::string id_of(const corim::TagId& id);
std::string shared_id(const corim::TagId& id, std::string_view profile, ByteView body);
Result<appraise::Endorsements> decode(const corim::Corim& corim, std::string_view profile, std::string_view origin, UnixSeconds now, Schemes schemes, appraise::Rule rule);

}  // namespace

Result<Taken> take(const Intake& intake, std::string_view tenant, std::string_view media_type, ByteView body, UnixSeconds now) {
  const auto type = named(intake.schemes, media_type);
  if (!type) return fail_expecting(Errc::unsupported, "media type", quoted(media_type), "one of the discovery document");
  Opened opened = TRY(open(intake, type->is_signed, body, now));
  corim::Corim& corim = opened.corim;
  if (corim.profile && corim::to_text(*corim.profile) != type->profile) return fail(Errc::mismatch, "", "CoRIM profile ({}) does not match media type profile ({})", printable(corim::to_text(*corim.profile)), printable(type->profile));
  appraise::StoredCorim stored{.tenant = std::string{tenant}, .id = type->is_old ? shared_id(corim.id, type->profile, body) : id_of(corim.id), .scheme = std::string{type->scheme->name}, .profile = type->profile, .media_type = type->text, .signer = opened.signer, .added = now, .validity = corim.validity, .bytes = to_bytes(body)};
  Taken taken{.id = id_of(corim.id), .scheme = stored.scheme};
  appraise::Endorsements endorsements = TRY(decode(corim, type->profile, stored.id, now, intake.schemes, intake.rule));
  taken.warnings = endorsements.warnings;
  taken.known = TRY(intake.store.add(std::move(stored), std::move(endorsements))) == appraise::EndorsementStore::Added::known;
  return taken;
}

const appraise::Scheme* scheme_of_media_type(Schemes schemes, std::string_view media_type) {
  const auto type = named(schemes, media_type);
  return type ? type->scheme : nullptr;
}

std::vector<std::string> media_types(Schemes schemes) {
  std::vector<std::string> all;
  for (const appraise::Scheme* scheme : schemes) {
    for (const std::string_view profile : scheme->corim_profiles) {
      for (const std::string_view essence : {kUnsignedOld, kUnsigned, kSigned}) all.push_back(fmt::format("{}; profile=\"{}\"", essence, profile));
    }
  }
  return all;
}

// It was believed when it was taken.
Result<appraise::Endorsements> decode(const appraise::StoredCorim& stored, Schemes schemes, appraise::Rule rule) {
  const auto type = named(schemes, stored.media_type);
  if (!type) return fail(Errc::unsupported, "media type", "{}: no scheme of this build takes it", quoted(stored.media_type));
  corim::Corim corim;
  if (type->is_signed) corim = TRY(corim::read_signed(stored.bytes)).corim;
  else corim = TRY(corim::read_corim(stored.bytes, kLenient));
  return decode(corim, type->profile, stored.id, stored.added, schemes, rule);
}

namespace {

std::optional<Named> named(Schemes schemes, std::string_view media_type) {
  const auto type = parse_media_type(media_type);
  if (!type || type->parameters.size() != 1 || type->parameters.front().first != "profile") return std::nullopt;
  constexpr std::array<std::string_view, 3> kTypes{kUnsignedOld, kUnsigned, kSigned};
  if (std::ranges::find(kTypes, type->essence) == kTypes.end()) return std::nullopt;
  const std::string& profile = type->parameters.front().second;
  for (const appraise::Scheme* scheme : schemes) {
    if (std::ranges::find(scheme->corim_profiles, profile) == scheme->corim_profiles.end()) continue;
    return Named{scheme, profile, type->essence == kSigned, type->essence == kUnsignedOld, fmt::format("{}; profile=\"{}\"", type->essence, profile)};
  }
  return std::nullopt;
}

Result<Opened> open(const Intake& intake, bool is_signed, ByteView body, UnixSeconds now) {
  if (is_signed) return open_signed(intake, body, now);
  if (corim::looks_signed(body)) return fail_expecting(Errc::malformed, "", "a signed CoRIM under the media type of an unsigned one", std::string{kSigned});
  if (!intake.unsigned_ones) return fail_expecting(Errc::untrusted, "", "an unsigned CoRIM", "a signed one: this verifier takes no others");
  return Opened{TRY(within("CBOR decoding failed", corim::read_corim(body, kLenient))), {}};
}

Result<Opened> open_signed(const Intake& intake, ByteView body, UnixSeconds now) {
  const corim::UnverifiedSigned message = TRY(within("failed to parse signed CoRIM", corim::read_signed(body)));
  std::optional<Opened> opened;
  for (const crypto::PublicKey& key : intake.signers) {
    if (auto verified = corim::verify_signed(message, key); verified && !opened) opened = Opened{std::move(*verified).value(), message.meta.signer_name};
  }
  if (!opened && message.message.x5chain().empty()) return fail(Errc::untrusted, "", "no signing certificate found in the CoRIM");
  if (!opened) {
    auto verified = TRY(within("certificate chain verification failed", corim::verify_signed(message, intake.roots, now)));
    opened = Opened{std::move(verified).value(), message.meta.signer_name};
  }
  TRY(within("signature", appraise::check_validity(message.meta.validity, now)));
  return std::move(*opened);
}

std::string id_of(const corim::TagId& id) {
  const auto* text = std::get_if<std::string>(&id);
  return text != nullptr ? *text : corim::to_text(std::get<corim::Uuid>(id));
}

// Services of that time added whatever came to what was there, and all published templates bear one id. So content counts, too.
std::string shared_id(const corim::TagId& id, std::string_view profile, ByteView body) {
  constexpr std::size_t kDigits = 16;
  return fmt::format("{}#{}", id_of(id), to_hex(crypto::digest(crypto::Hash::sha256, {as_bytes(profile), ByteView{body}})).substr(0, kDigits));
}

// A CoRIM without profile is of the one that was submitted: clients of 2023 send such. One that is over, or has not begun, is taken, too:
// whether it is valid is asked at every look-up.
Result<appraise::Endorsements> decode(const corim::Corim& corim, std::string_view profile, std::string_view origin, UnixSeconds now, Schemes schemes, appraise::Rule rule) {
  corim::Corim whole = corim;
  whole.validity.reset();
  if (!whole.profile) whole.profile = std::string{profile};
  appraise::Endorsements endorsements;
  TRY(appraise::add_corim(whole, origin, schemes, now, endorsements, rule));
  return endorsements;
}

}  // namespace
}  // namespace assay::provisioning
