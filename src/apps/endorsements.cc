#include "apps/endorsements.h"

#include <algorithm>

#include "appraise/scheme.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "model/corim/arm_dialect.h"
#include "model/corim/text.h"

namespace assay::endorsements {

using corim::Generation;
using corim::Problem;
using corim::TagKind;

namespace {

void add_time_warnings(std::vector<std::string>& warnings, std::string_view what, const std::optional<corim::Validity>& validity, UnixSeconds now);

}  // namespace

// Moving the bytes leaves them where the envelope's views point.
Result<Opened> open_signed(Bytes bytes) {
  corim::UnverifiedSigned envelope = TRY(corim::read_signed(bytes));
  corim::Corim corim = envelope.corim;
  return Opened{std::move(bytes), std::move(envelope), std::move(corim)};
}

Result<Opened> open_any(Bytes bytes) {
  if (looks_signed(bytes)) return open_signed(std::move(bytes));
  corim::Corim corim = TRY(read_unsigned(bytes));
  return Opened{std::move(bytes), {}, std::move(corim)};
}

Result<corim::Corim> read_unsigned(ByteView bytes) {
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('{') || text.starts_with('[')) {
    return fail_expecting(Errc::malformed, "", "JSON", "a CoRIM in CBOR (`assay comid create` compiles a template, `assay corim create` makes a CoRIM of it; JSON of reference values is for `assay verify --reference-values`)");
  }
  auto corim = corim::read_corim(bytes);
  if (corim) return corim;
  const auto alone = [](std::string_view what, std::string_view option) {
    return fail_expecting(Errc::invalid, "", fmt::format("a {}, without the CoRIM that says its profile", what), fmt::format("a CoRIM (`assay corim create TEMPLATE {} FILE` puts it into one)", option));
  };
  if (corim::read_comid(bytes)) return alone("CoMID", "--comid");
  if (corim::read_cots(bytes)) return alone("CoTS", "--cots");
  if (corim::read_coswid(bytes)) return alone("CoSWID", "--coswid");
  return corim;
}

std::string_view file_word(TagKind kind) {
  switch (kind) {
    case TagKind::coswid: return "coswid";
    case TagKind::comid: return "comid";
    case TagKind::cots: return "cots";
    case TagKind::trust_list: return "trust-list";
  }
  return "tag";
}

std::string extracted_name(std::size_t index, TagKind kind) { return fmt::format("{:06}-{}.cbor", index, file_word(kind)); }

Generation dialect_of(const corim::Comid& comid, ByteView bytes, corim::Extensions extensions) {
  if (!extensions.empty()) return Generation::d;
  const auto gives = [&](Generation generation) {
    const auto written = corim::write_comid(comid, generation);
    return written && std::ranges::equal(*written, bytes);
  };
  if (gives(Generation::a)) return Generation::a;
  if (gives(Generation::d)) return Generation::d;
  // Written by hand, or by a tool with another order: neither gives the same bytes.
  return corim::write_comid(comid, Generation::a) ? Generation::a : Generation::d;
}

Result<Item> read_item(TagKind kind, ByteView content) {
  switch (kind) {
    case TagKind::coswid: return Item{TRY(corim::read_coswid(content))};
    case TagKind::comid: return Item{TRY(corim::read_comid(content))};
    case TagKind::cots: return Item{TRY(corim::read_cots(content))};
    case TagKind::trust_list: break;
  }
  return fail_expecting(Errc::unsupported, "", fmt::format("a {}", corim::title(kind)), "a CoMID, CoSWID or CoTS");
}

corim::Problems validate(const Item& item, corim::Extensions extensions) {
  if (const auto* comid = std::get_if<corim::Comid>(&item)) return corim::validate(*comid, {.extensions = extensions});
  if (const auto* cots = std::get_if<corim::Cots>(&item)) return corim::validate(*cots);
  return {};  // a CoSWID's reader has checked it
}

Result<corim::Tag> write_item(const Item& item, Generation generation) {
  if (const auto* comid = std::get_if<corim::Comid>(&item)) return corim::Tag{TagKind::comid, TRY(corim::write_comid(*comid, generation))};
  if (const auto* cots = std::get_if<corim::Cots>(&item)) return corim::Tag{TagKind::cots, TRY(corim::write_cots(*cots, generation))};
  return corim::Tag{TagKind::coswid, corim::write_coswid(std::get<corim::Coswid>(item))};
}

Result<json::Value> display(const corim::Tag& tag, Generation generation, corim::Extensions extensions) {
  if (tag.kind == TagKind::trust_list) {
    TRY(cbor::check(tag.content, cbor::Mode::tolerant));
    return json::Value{cbor::to_diagnostic(tag.content)};
  }
  const Item item = TRY(read_item(tag.kind, tag.content));
  if (const auto* comid = std::get_if<corim::Comid>(&item)) return corim::to_json(*comid, generation, extensions);
  if (const auto* cots = std::get_if<corim::Cots>(&item)) return corim::to_json(*cots);
  return corim::to_json(std::get<corim::Coswid>(item));
}

Generation generation_for(const corim::Parsed<corim::Corim>& envelope, std::span<const LoadedItem> items) {
  const bool fits_a = std::ranges::all_of(items, [](const LoadedItem& loaded) { return write_item(loaded.item, Generation::a).has_value(); });
  return fits_a ? corim::default_generation(envelope) : Generation::d;
}

Result<Bytes> convert(const corim::Corim& corim, Generation generation) {
  corim::Corim converted = corim;
  // D has no form for the old dialect of Arm's profiles.
  const auto new_profile = corim.profile && generation == Generation::d ? corim::profile_of_2025(*corim.profile) : std::nullopt;
  if (new_profile) converted.profile = std::string{*new_profile};
  for (std::size_t i = 0; i < converted.tags.size(); ++i) {
    corim::Tag& tag = converted.tags[i];
    // Every generation has the same CoSWIDs.
    if (tag.kind != TagKind::comid && tag.kind != TagKind::cots) continue;
    const std::string where = fmt::format("tag {} ({})", i, corim::title(tag.kind));
    Item item = TRY(within(where, read_item(tag.kind, tag.content)));
    if (auto* comid = std::get_if<corim::Comid>(&item); comid != nullptr && new_profile) *comid = TRY(within(where, corim::in_dialect_of_2025(std::move(*comid), *corim.profile)));
    tag = TRY(within(where, write_item(item, generation)));
  }
  return corim::write_corim(converted, generation);
}

corim::Problems check(const corim::Corim& corim) {
  corim::Problems problems = corim::validate(corim);
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    if (corim.tags[i].kind == TagKind::trust_list) continue;
    const std::string where = fmt::format("/tags/{}", i);
    const auto item = read_item(corim.tags[i].kind, corim.tags[i].content);
    if (!item) {
      problems.push_back({Problem::Severity::error, item.error().errc, where, item.error().text(), {}});
      continue;
    }
    for (Problem problem : validate(*item, corim::extensions_of(corim.profile))) {
      problem.where = where + problem.where;
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

ProfileCheck check_profile(const corim::Corim& corim) {
  ProfileCheck check;
  if (!corim.profile) return check;
  corim::Corim timeless = corim;
  timeless.validity.reset();
  appraise::Endorsements taken;
  const auto added = appraise::add_corim(timeless, "", appraise::all_schemes(), 0, taken);
  const auto without_file = [](std::string text) { return text.starts_with(": ") ? text.substr(2) : text; };
  if (added) {
    check.applied = corim::to_text(*corim.profile);
  } else {
    const Error& error = added.error();
    const bool is_foreign = error.errc == Errc::unsupported && error.what.starts_with("profile ");
    const bool has_extensions = !corim::extensions_of(corim.profile).empty();
    if (!is_foreign || has_extensions) check.applied = corim::to_text(*corim.profile);
    // The rules of its extensions are all that is known of such a profile; the format's check has applied them.
    if (is_foreign && has_extensions) return check;
    check.problems.push_back({is_foreign ? Problem::Severity::warning : Problem::Severity::error, error.errc, without_file(error.where), error.what, error.expected});
  }
  for (std::string& warning : taken.warnings) check.problems.push_back({Problem::Severity::warning, Errc::invalid, "", without_file(std::move(warning)), ""});
  return check;
}

ProfileCheck check_profile(const corim::Comid& comid, const corim::Profile& profile) {
  for (const Generation generation : {Generation::d, Generation::a}) {
    auto content = corim::write_comid(comid, generation);
    if (!content) continue;
    corim::Corim corim;
    corim.id = comid.identity.id;
    corim.profile = profile;
    corim.tags.push_back({TagKind::comid, std::move(*content)});
    return check_profile(corim);
  }
  return {};  // nothing that was read or is valid has no form
}

corim::Uuid random_uuid() {
  corim::Uuid uuid{};
  std::ranges::copy(crypto::random_bytes(uuid.size()), uuid.begin());
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | 0x40);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);
  return uuid;
}

Result<Signer> load_signer(const std::string& path) {
  const SecretBytes content{TRY(files::read_file(path, kMaxKeyFile))};
  const std::string_view text = trim_ascii(as_text(content.expose()));
  if (!text.starts_with('{')) return Signer{TRY(crypto::private_key_from_any(content.expose()))};
  const json::Value jwk = TRY(json::parse(text));
  const auto member = [&](std::string_view name) {
    const json::Value* value = jwk.object()->find(name);
    return value == nullptr || value->text() == nullptr ? std::string{} : *value->text();
  };
  if (member("kty").empty()) return fail_expecting(Errc::missing, "", "invalid key type from JSON ()", "a JWK with a \"kty\"");
  Signer signer{TRY(crypto::private_key_from_jwk(jwk))};
  if (signer.key.kind() == crypto::KeyKind::rsa) {
    signer.sig = crypto::sig_by_jose_name(member("alg"));
    const bool pss = signer.sig && (*signer.sig == crypto::Sig::ps256 || *signer.sig == crypto::Sig::ps384 || *signer.sig == crypto::Sig::ps512);
    if (!pss) return fail_expecting(Errc::unsupported, "", "unknown RSA algorithm", "an \"alg\" of PS256, PS384 or PS512 in the JWK");
  }
  if (const std::string kid = member("kid"); !kid.empty()) signer.kid = to_bytes(kid);
  return signer;
}

Result<std::vector<Bytes>> load_signing_chain(const std::string& leaf, const std::optional<std::string>& intermediates, const crypto::PublicKey& key) {
  std::vector<std::string> paths{leaf};
  std::vector<crypto::Certificate> chain = TRY(inputs::load_certificates(paths));
  if (!(TRY(within(leaf, chain.front().public_key())) == key)) {
    return fail_expecting(Errc::mismatch, leaf, fmt::format("a certificate of another key ({})", printable(chain.front().subject())), "the certificate of the signing key, leaf first");
  }
  if (intermediates) {
    paths = {*intermediates};
    std::vector<crypto::Certificate> more = TRY(inputs::load_certificates(paths));
    std::ranges::move(more, std::back_inserter(chain));
  }
  std::vector<Bytes> der;
  der.reserve(chain.size());
  for (const crypto::Certificate& certificate : chain) der.push_back(certificate.der());
  return der;
}

Result<Bytes> sign(const Opened& unsigned_corim, const Signer& signer, const corim::Meta& meta, std::vector<Bytes> chain) {
  corim::SignCorimOptions options{.meta = meta};
  // Readers of older generations do not know the label.
  if (unsigned_corim.corim.generation == Generation::d) options.kid = signer.kid;
  options.x5chain = std::move(chain);
  options.sig = signer.sig;
  return corim::sign_corim(unsigned_corim.bytes, signer.key, options);
}

std::optional<crypto::Revocation> revocation_policy(std::string_view word) {
  if (word == "strict") return crypto::Revocation::strict;
  if (word == "permissive") return crypto::Revocation::permissive;
  return std::nullopt;
}

std::vector<std::string> time_warnings(const Opened& opened, UnixSeconds now) {
  std::vector<std::string> warnings;
  if (opened.envelope) add_time_warnings(warnings, "the signature", opened.envelope->meta.validity, now);
  add_time_warnings(warnings, "the CoRIM", opened.corim.validity, now);
  return warnings;
}

namespace {

void add_time_warnings(std::vector<std::string>& warnings, std::string_view what, const std::optional<corim::Validity>& validity, UnixSeconds now) {
  if (!validity) return;
  if (validity->not_before && now < *validity->not_before) warnings.push_back(fmt::format("{} is not valid before {}", what, to_rfc3339(*validity->not_before)));
  if (now > validity->not_after) warnings.push_back(fmt::format("{} was valid until {}", what, to_rfc3339(validity->not_after)));
}

}  // namespace
}  // namespace assay::endorsements
