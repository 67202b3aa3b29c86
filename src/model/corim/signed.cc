#include "model/corim/signed.h"

#include <algorithm>

#include "base/text.h"
#include "model/corim/read.h"
#include "model/corim/write.h"

namespace assay::corim {
namespace {

constexpr std::string_view kContentType = "application/rim+cbor";
constexpr std::int64_t kMeta = 8;
constexpr std::int64_t kCwtClaims = 15;
constexpr std::int64_t kHashAlgorithm = 258;
constexpr UnixSeconds kForever = 253402300799;  // 9999-12-31T23:59:59Z, as in certificates (RFC 5280 §4.1.2.5)

Result<ByteView> strip_old_wrappers(ByteView bytes);
Result<Meta> read_header_meta(ByteView protected_bytes);
Result<Meta> read_meta(ByteView bytes);
Result<Meta> read_cwt_claims(cbor::Reader& in);
std::optional<Validity> both(const std::optional<Validity>& one, const std::optional<Validity>& other);
Bytes write_meta(const Meta& meta);

}  // namespace

bool looks_signed(ByteView bytes) {
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  for (int wrappers = 2; wrappers >= 0 && in.next_is(cbor::Type::tag); --wrappers) {
    const auto tag = in.tag();
    if (!tag || *tag == 18) return tag.has_value();
    if (*tag != 500 && *tag != 502) return false;
  }
  return false;
}

Result<UnverifiedSigned> read_signed(ByteView bytes) {
  if (bytes.size() > kMaxCorim) return fail_expecting(Errc::limit, "signed CoRIM", fmt::format("{} bytes", bytes.size()), fmt::format("at most {}", kMaxCorim));
  UnverifiedSigned read;
  read.message = TRY(within("signed CoRIM", cose::parse_unverified(TRY(strip_old_wrappers(bytes)))));
  const auto& headers = read.message.protected_headers;
  if (read.message.kind != cose::Unverified::Kind::sign1) return fail_expecting(Errc::unsupported, "signed CoRIM", "a COSE_Mac0", "a COSE_Sign1");
  if (headers.content_type.index() == 0) return fail(Errc::missing, "", "missing mandatory content type");
  const auto* type = std::get_if<std::string_view>(&headers.content_type);
  if (type == nullptr || *type != kContentType) {
    const std::string found = type != nullptr ? std::string{*type} : std::to_string(std::get<std::uint16_t>(headers.content_type));
    return fail(Errc::mismatch, "", "expecting content type \"{}\", got {}", kContentType, quoted(found));
  }
  read.meta = TRY(read_header_meta(read.message.protected_bytes));
  if (!read.message.payload) return fail_expecting(Errc::unsupported, "signed CoRIM", "a detached payload", "the CoRIM inside");
  read.corim = TRY(read_corim(*read.message.payload));
  return read;
}

Result<Verified<Corim>> verify_signed(const UnverifiedSigned& message, const crypto::PublicKey& key) {
  const auto payload = TRY(cose::verify_sign1(message.message, key));
  return payload.derive([](const ByteView& bytes) { return read_corim(bytes); });
}

Result<Verified<Corim>> verify_signed(const UnverifiedSigned& message, const std::vector<crypto::Certificate>& roots, UnixSeconds now, const crypto::ChainOptions& options) {
  const std::vector<crypto::Certificate> chain = TRY(certificates_of(message));
  if (chain.empty()) return fail_expecting(Errc::missing, "x5chain", "no certificates in the header", "a chain, leaf first, or the signer's key");
  TRY(within("x5chain 0", crypto::check_signing_leaf(chain.front())));
  TRY(within("x5chain", crypto::verify_chain(chain, roots, now, options)));
  return verify_signed(message, TRY(chain.front().public_key()));
}

Result<std::vector<crypto::Certificate>> certificates_of(const UnverifiedSigned& message) {
  std::vector<crypto::Certificate> chain;
  for (const ByteView der : message.message.x5chain()) chain.push_back(TRY(within(fmt::format("x5chain {}", chain.size()), crypto::Certificate::from_der(der))));
  return chain;
}

Result<Bytes> sign_corim(ByteView payload, const crypto::PrivateKey& key, const SignCorimOptions& options) {
  TRY(within("payload", read_corim(payload)));
  cose::SignOptions sign;
  sign.content_type = std::string{kContentType};
  sign.kid = options.kid;
  sign.kid_is_protected = true;
  sign.x5chain = options.x5chain;
  sign.sig = options.sig;
  cbor::Writer meta;
  meta.bytes(write_meta(options.meta));
  sign.more_protected = {{kMeta, std::move(meta).take()}};
  return cose::sign_sign1(payload, key, sign);
}

namespace {

// d901f4 d901f6 in front of the COSE_Sign1: CoRIMs of before 2023.
Result<ByteView> strip_old_wrappers(ByteView bytes) {
  for (const std::uint64_t wrapper : {500U, 502U}) {
    cbor::Reader in{bytes, cbor::Mode::tolerant};
    if (!in.next_is(cbor::Type::tag)) break;
    if (TRY(in.tag()) == wrapper) bytes = bytes.subspan(in.mark());
  }
  return bytes;
}

Result<Meta> read_header_meta(ByteView protected_bytes) {
  cbor::Reader in{protected_bytes};
  std::optional<Meta> meta;
  std::optional<Meta> claims;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto label = TRY(map.next(in))) {
    if (label->is(kMeta)) {
      if (!in.next_is(cbor::Type::bytes)) return fail_at(Errc::malformed, label->offset, "expecting CBOR-encoded CoRIM Meta, got another type instead", "a byte string");
      meta = TRY(within("corim-meta", read_meta(TRY(in.bytes()))));
    } else if (label->is(kCwtClaims)) {
      claims = TRY(within("CWT claims", read_cwt_claims(in)));
    } else if (label->kind == cbor::Key::Kind::number && label->number >= kHashAlgorithm && label->number <= kHashAlgorithm + 2) {
      return fail_at(Errc::unsupported, label->offset, fmt::format("a hash envelope (label {})", label->number), "the CoRIM itself as payload");
    } else {
      TRY(in.item());
    }
  }
  if (!meta && claims && claims->signer_name.empty()) return fail_expecting(Errc::missing, "CWT claims: iss", "no issuer", "who signed");
  if (!meta && !claims) return fail(Errc::missing, "", "missing mandatory corim.meta");
  if (!meta) return *claims;
  if (claims) meta->validity = both(meta->validity, claims->validity);
  return *meta;
}

Result<Meta> read_meta(ByteView bytes) {
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  Meta meta;
  Unknowns unknown;
  bool has_signer = false;
  TRY(read_struct(in, "meta", unknown, [&](std::int64_t key) -> Result<bool> {
    if (key == 1) return set(meta.validity, within("validity", read_validity(in)));
    if (key != 0) return false;
    has_signer = true;
    TRY(read_struct(in, "signer", unknown, [&](std::int64_t member) -> Result<bool> {
      if (member == 0) return set(meta.signer_name, within("name", read_text(in)));
      if (member == 1) return set(meta.signer_uri, within("uri", read_uri(in)));
      return false;
    }));
    return true;
  }));
  TRY(in.expect_end());
  if (!has_signer) return missing_member(0, "signer", 0);
  if (meta.signer_name.empty()) return fail_expecting(Errc::invalid, "signer", "invalid signer: empty name", "who signed");
  return meta;
}

// iss is the signer; nbf and exp are the validity (RFC 8392 §3.1).
Result<Meta> read_cwt_claims(cbor::Reader& in) {
  Meta meta;
  std::optional<UnixSeconds> begin;
  std::optional<UnixSeconds> end;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto claim = TRY(map.next(in))) {
    if (claim->is(1)) meta.signer_name = TRY(read_text(in));
    else if (claim->is(4)) end = TRY(in.integer());
    else if (claim->is(5)) begin = TRY(in.integer());
    else TRY(in.item());
  }
  if (begin || end) meta.validity = Validity{begin, end.value_or(kForever)};
  return meta;
}

// The time that both allow.
std::optional<Validity> both(const std::optional<Validity>& one, const std::optional<Validity>& other) {
  if (!one || !other) return one ? one : other;
  Validity validity{one->not_before, std::min(one->not_after, other->not_after)};
  if (other->not_before) validity.not_before = std::max(*other->not_before, one->not_before.value_or(*other->not_before));
  return validity;
}

Bytes write_meta(const Meta& meta) {
  cbor::Writer out;
  out.map(meta.validity ? 2 : 1).uint(0).map(meta.signer_uri ? 2 : 1);
  out.uint(0).text(meta.signer_name);
  if (meta.signer_uri) {
    out.uint(1);
    write_uri(out, *meta.signer_uri);
  }
  if (meta.validity) {
    out.uint(1);
    write_validity(out, *meta.validity);
  }
  return std::move(out).take();
}

}  // namespace
}  // namespace assay::corim
