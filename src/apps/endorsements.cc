#include "apps/endorsements.h"

#include <algorithm>

#include "apps/files.h"
#include "apps/inputs.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"

namespace assay::endorsements {

using corim::Generation;
using corim::Problem;
using corim::TagKind;

namespace {

void add_time_warnings(std::vector<std::string>& warnings, std::string_view what, const std::optional<corim::Validity>& validity, UnixSeconds now);

}  // namespace

bool looks_signed(ByteView bytes) {
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  for (int wrappers = 2; wrappers >= 0 && in.next_is(cbor::Type::tag); --wrappers) {
    const auto tag = in.tag();
    if (!tag) return false;
    if (*tag == 18) return true;
    if (*tag != 500 && *tag != 502) return false;
  }
  return false;
}

// Moving the bytes leaves them where the envelope's views point.
Result<Opened> open_signed(Bytes bytes) {
  corim::UnverifiedSigned envelope = TRY(corim::read_signed(bytes));
  corim::Corim corim = envelope.corim;
  return Opened{std::move(bytes), std::move(envelope), std::move(corim)};
}

Result<Opened> open_any(Bytes bytes) {
  if (looks_signed(bytes)) return open_signed(std::move(bytes));
  corim::Corim corim = TRY(corim::read_corim(bytes));
  return Opened{std::move(bytes), {}, std::move(corim)};
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

std::string_view title(TagKind kind) {
  switch (kind) {
    case TagKind::coswid: return "CoSWID";
    case TagKind::comid: return "CoMID";
    case TagKind::cots: return "CoTS";
    case TagKind::trust_list: return "trust list";
  }
  return "tag";
}

std::string extracted_name(std::size_t index, TagKind kind) { return fmt::format("{:06}-{}.cbor", index, file_word(kind)); }

Generation dialect_of(const corim::Comid& comid, ByteView bytes) {
  const auto gives = [&](Generation generation) {
    const auto written = corim::write_comid(comid, generation);
    return written && std::ranges::equal(*written, bytes);
  };
  if (gives(Generation::a)) return Generation::a;
  if (gives(Generation::d)) return Generation::d;
  // Written by hand, or by a tool with another order: neither gives the same bytes.
  return corim::write_comid(comid, Generation::a) ? Generation::a : Generation::d;
}

Generation generation_for(const corim::Parsed<corim::Corim>& envelope, std::span<const LoadedComid> comids) {
  const bool fits_a = std::ranges::all_of(comids, [](const LoadedComid& loaded) { return corim::write_comid(loaded.comid, Generation::a).has_value(); });
  return fits_a ? corim::default_generation(envelope) : Generation::d;
}

Result<Bytes> convert(const corim::Corim& corim, Generation generation) {
  corim::Corim converted = corim;
  for (std::size_t i = 0; i < converted.tags.size(); ++i) {
    corim::Tag& tag = converted.tags[i];
    if (tag.kind != TagKind::comid) continue;
    const std::string where = fmt::format("tag {} (CoMID)", i);
    const corim::Comid comid = TRY(within(where, corim::read_comid(tag.content)));
    tag.content = TRY(within(where, corim::write_comid(comid, generation)));
  }
  return corim::write_corim(converted, generation);
}

corim::Problems check(const corim::Corim& corim) {
  corim::Problems problems = corim::validate(corim);
  for (std::size_t i = 0; i < corim.tags.size(); ++i) {
    if (corim.tags[i].kind != TagKind::comid) continue;
    const std::string where = fmt::format("/tags/{}", i);
    const auto comid = corim::read_comid(corim.tags[i].content);
    if (!comid) {
      problems.push_back({Problem::Severity::error, comid.error().errc, where, comid.error().text(), {}});
      continue;
    }
    for (Problem problem : corim::validate(*comid)) {
      problem.where = where + problem.where;
      problems.push_back(std::move(problem));
    }
  }
  return problems;
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
