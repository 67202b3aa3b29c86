#include "envelope/cose/cose.h"

#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "envelope/verified_mint.h"

namespace assay::cose {
namespace {

using cbor::Mode;
using cbor::Reader;
using cbor::Writer;

constexpr std::uint64_t kTagCwt = 61;
constexpr std::uint64_t kTagSign1 = 18;
constexpr std::uint64_t kTagMac0 = 17;
constexpr std::size_t kMaxCertificates = 16;

enum Label : std::int64_t { kAlg = 1,
                            kCrit = 2,
                            kContentType = 3,
                            kKid = 4,
                            kIv = 5,
                            kPartialIv = 6,
                            kX5chain = 33 };

Result<Unverified::Kind> read_tag(Reader& in, Tagging tagging, bool& tagged);
Result<Headers> read_protected(ByteView content, std::size_t base, std::vector<cbor::Key>& labels);
Result<Headers> read_headers(Reader& in, bool is_protected, std::vector<cbor::Key>& labels);
Result<void> read_header(Reader& in, const cbor::Key& label, bool is_protected, Headers& headers);
Result<void> check_crit(const Headers& headers, const std::vector<cbor::Key>& labels, std::size_t offset);
Result<ByteView> payload_of(const Unverified& message, const VerifyOptions& options);
Bytes encode_protected(std::int64_t alg, const SignOptions& options);
Bytes encode_message(std::uint64_t tag, ByteView protected_bytes, ByteView payload, ByteView signature, const SignOptions& options);

}  // namespace

Result<Unverified> parse_unverified(ByteView bytes, Tagging tagging, std::size_t base) {
  Reader in{bytes, Mode::evidence, base};
  Unverified message;
  message.kind = TRY(read_tag(in, tagging, message.tagged));
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  if (items.count() != 4) return fail_at(Errc::malformed, start, fmt::format("an array of {}", *items.count()), "the 4 elements of a COSE message");

  if (!in.next_is(cbor::Type::bytes)) return in.fail(Errc::malformed, "a protected header that is not a byte string", "a byte string");
  message.protected_bytes = TRY(in.bytes());
  const std::size_t protected_at = in.offset() - message.protected_bytes.size();
  std::vector<cbor::Key> labels;
  message.protected_headers = TRY(read_protected(message.protected_bytes, protected_at, labels));
  // crit speaks of the protected bucket alone, so it is judged before the other one is read.
  TRY(check_crit(message.protected_headers, labels, protected_at));
  // The same vector: a label in both buckets is a duplicate (RFC 9052 §3).
  message.unprotected_headers = TRY(read_headers(in, false, labels));
  const auto has = [&](std::int64_t label) { return std::ranges::any_of(labels, [&](const cbor::Key& key) { return key.is(label); }); };
  if (has(kIv) && has(kPartialIv)) return fail_at(Errc::malformed, protected_at, "both IV and Partial IV", "one of them");

  if (in.next_is_null()) {
    TRY(in.null());
  } else {
    message.payload = TRY(in.bytes());
    message.payload_offset = in.offset() - message.payload->size();
  }
  const std::size_t signature_at = in.offset();
  message.signature = TRY(in.bytes());
  if (message.signature.empty()) return fail_at(Errc::malformed, signature_at, "empty signature", "a signature or MAC");
  TRY(in.expect_end());
  return message;
}

Result<Verified<ByteView>> verify_sign1(const Unverified& message, const crypto::PublicKey& key, const VerifyOptions& options) {
  if (message.kind != Unverified::Kind::sign1) return fail_expecting(Errc::mismatch, "", "a COSE_Mac0", "a COSE_Sign1 for this key");
  const ByteView payload = TRY(payload_of(message, options));
  if (!message.protected_headers.alg) return fail_expecting(Errc::missing, "", "no algorithm in the protected header", "alg (label 1)");
  const auto sig = crypto::sig_by_cose_id(*message.protected_headers.alg);
  // RS256 has a number but no place in COSE tokens (RFC 8812 §2 discourages it).
  if (!sig || *sig == crypto::Sig::rs256) return fail_expecting(Errc::unsupported, "", fmt::format("algorithm {}", *message.protected_headers.alg), "ES256, ES384, ES512, EdDSA, PS256, PS384 or PS512");
  if (!options.allow_foreign_curve && !crypto::fits(*sig, key.kind())) return fail_expecting(Errc::mismatch, "", fmt::format("algorithm {} with a key of {}", jose_name(*sig), name(key.kind())), std::string{jose_name(crypto::default_sig(key.kind()))});
  const Bytes tbs = to_be_authenticated(message.kind, message.protected_bytes, options.external_aad, payload);
  if (options.allow_foreign_curve) {
    TRY(crypto::verify_foreign_curve(key, *sig, tbs, message.signature));
  } else if (options.cache != nullptr) {
    TRY(options.cache->verify(key, *sig, tbs, message.signature));
  } else {
    TRY(crypto::verify(key, *sig, tbs, message.signature));
  }
  return VerifiedMint::of(payload);
}

Result<Verified<ByteView>> verify_mac0(const Unverified& message, ByteView key, const VerifyOptions& options) {
  if (message.kind != Unverified::Kind::mac0) return fail_expecting(Errc::mismatch, "", "a COSE_Sign1", "a COSE_Mac0 for this key");
  if (key.size() < 16) return fail_expecting(Errc::invalid, "", fmt::format("a MAC key of {} bytes", key.size()), "at least 16 bytes");
  const ByteView payload = TRY(payload_of(message, options));
  if (!message.protected_headers.alg) return fail_expecting(Errc::missing, "", "no algorithm in the protected header", "alg (label 1)");
  const auto mac = crypto::mac_by_cose_id(*message.protected_headers.alg);
  if (!mac) return fail_expecting(Errc::unsupported, "", fmt::format("algorithm {}", *message.protected_headers.alg), "HMAC 256/256, 384/384 or 512/512 (5, 6, 7)");
  TRY(crypto::verify_mac(key, *mac, to_be_authenticated(message.kind, message.protected_bytes, options.external_aad, payload), message.signature));
  return VerifiedMint::of(payload);
}

Bytes to_be_authenticated(Unverified::Kind kind, ByteView protected_bytes, ByteView external_aad, ByteView payload) {
  Writer out;
  out.reserve(32 + protected_bytes.size() + external_aad.size() + payload.size());
  out.array(4).text(kind == Unverified::Kind::sign1 ? "Signature1" : "MAC0").bytes(protected_bytes).bytes(external_aad).bytes(payload);
  return std::move(out).take();
}

bool is_short_circuit(const Unverified& message) {
  if (!message.payload || !message.protected_headers.alg) return false;
  const Bytes tbs = to_be_authenticated(message.kind, message.protected_bytes, {}, *message.payload);
  if (message.kind == Unverified::Kind::mac0) {
    const auto mac = crypto::mac_by_cose_id(*message.protected_headers.alg);
    return mac && ct_equal(crypto::digest(crypto::hash_of(*mac), tbs), message.signature);
  }
  const auto sig = crypto::sig_by_cose_id(*message.protected_headers.alg);
  if (!sig) return false;
  // The digest, over and over, up to the size of the signature.
  const Bytes digest = crypto::digest(crypto::hash_of(*sig), tbs);
  for (std::size_t i = 0; i < message.signature.size(); ++i) {
    if (message.signature[i] != digest[i % digest.size()]) return false;
  }
  return true;
}

Result<Bytes> sign_sign1(ByteView payload, const crypto::PrivateKey& key, const SignOptions& options) {
  const crypto::Sig sig = options.sig.value_or(crypto::default_sig(key.kind()));
  if (sig == crypto::Sig::rs256) return fail(Errc::unsupported, "", "RS256 in a COSE message");
  const Bytes protected_bytes = encode_protected(crypto::cose_id(sig), options);
  const Bytes tbs = to_be_authenticated(Unverified::Kind::sign1, protected_bytes, options.external_aad, payload);
  const Bytes signature = TRY(crypto::sign(key, sig, tbs));
  return encode_message(kTagSign1, protected_bytes, payload, signature, options);
}

Result<Bytes> make_mac0(ByteView payload, ByteView key, crypto::Mac mac, const SignOptions& options) {
  if (key.size() < 16) return fail_expecting(Errc::invalid, "", fmt::format("a MAC key of {} bytes", key.size()), "at least 16 bytes");
  const Bytes protected_bytes = encode_protected(crypto::cose_id(mac), options);
  const Bytes tbs = to_be_authenticated(Unverified::Kind::mac0, protected_bytes, options.external_aad, payload);
  return encode_message(kTagMac0, protected_bytes, payload, crypto::make_mac(key, mac, tbs), options);
}

namespace {

Result<Unverified::Kind> read_tag(Reader& in, Tagging tagging, bool& tagged) {
  const std::size_t start = in.offset();
  // RFC 8392 §6: the CWT tag may stand in front of the COSE tag.
  std::size_t mark = in.mark();
  if (in.next_is(cbor::Type::tag) && TRY(in.tag()) != kTagCwt) in.rewind(mark);
  if (!in.next_is(cbor::Type::tag)) {
    if (in.at_end()) return in.fail(Errc::malformed, "the input ends", "a COSE message");
    if (tagging == Tagging::required || mark != in.mark()) return fail_at(Errc::malformed, start, "no COSE tag", "tag 18 (COSE_Sign1) or 17 (COSE_Mac0)");
    return Unverified::Kind::sign1;
  }
  const std::uint64_t tag = TRY(in.tag());
  tagged = true;
  if (tag == kTagSign1) return Unverified::Kind::sign1;
  if (tag == kTagMac0) return Unverified::Kind::mac0;
  return fail_at(Errc::malformed, start, fmt::format("tag {}", tag), "tag 18 (COSE_Sign1) or 17 (COSE_Mac0)");
}

Result<Headers> read_protected(ByteView content, std::size_t base, std::vector<cbor::Key>& labels) {
  if (content.empty()) return Headers{};
  Reader in{content, Mode::evidence, base};
  if (!in.next_is(cbor::Type::map)) return in.fail(Errc::malformed, "a protected header that is not a map", "a map");
  Headers headers = TRY(read_headers(in, true, labels));
  TRY(in.expect_end());
  return headers;
}

Result<Headers> read_headers(Reader& in, bool is_protected, std::vector<cbor::Key>& labels) {
  Headers headers;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  const std::size_t before = labels.size();
  while (const auto label = TRY(map.next(in))) {
    for (std::size_t i = 0; i < before; ++i) {
      if (labels[i].kind == label->kind && labels[i].number == label->number && labels[i].text == label->text) {
        return fail_at(Errc::duplicate, label->offset, fmt::format("header {} in both buckets", label->shown()), "each label once");
      }
    }
    // A header has a dozen labels at most; this also bounds the comparison above.
    if (labels.size() >= 64) return fail_at(Errc::limit, label->offset, "more than 64 headers", "at most 64");
    labels.push_back(*label);
    TRY(read_header(in, *label, is_protected, headers));
  }
  return headers;
}

Result<std::vector<ByteView>> read_x5chain(Reader& in) {
  std::vector<ByteView> chain;
  if (in.next_is(cbor::Type::bytes)) {
    chain.push_back(TRY(in.bytes()));
    return chain;
  }
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) {
    if (chain.size() == kMaxCertificates) return fail_at(Errc::limit, start, "more than 16 certificates", "at most 16");
    chain.push_back(TRY(in.bytes()));
  }
  if (chain.size() < 2) return fail_at(Errc::malformed, start, "an array of one certificate", "a byte string, or an array of at least two");
  return chain;
}

// RFC 9052 §3.1.
Result<void> read_crit(Reader& in, Headers& headers) {
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  while (TRY(items.next(in))) {
    if (in.next_is(cbor::Type::text)) headers.crit.emplace_back(TRY(in.text()));
    else headers.crit.emplace_back(TRY(in.integer()));
  }
  if (headers.crit.empty()) return fail_at(Errc::malformed, start, "an empty crit", "at least one label");
  return {};
}

Result<void> read_content_type(Reader& in, Headers& headers) {
  const std::size_t start = in.offset();
  if (in.next_is(cbor::Type::text)) {
    headers.content_type = TRY(in.text());
    return {};
  }
  const std::uint64_t number = TRY(in.uint());
  if (number > 0xffff) return fail_at(Errc::malformed, start, fmt::format("content type {}", number), "a media type or 0 to 65535");
  headers.content_type = static_cast<std::uint16_t>(number);
  return {};
}

Result<void> read_header(Reader& in, const cbor::Key& label, bool is_protected, Headers& headers) {
  if (label.kind != cbor::Key::Kind::number) {
    TRY(in.item());
    headers.unknown.push_back(label);
    return {};
  }
  switch (label.number) {
    case kAlg:
      // Text names exist in COSE's registry rules, but no algorithm has one.
      if (in.next_is(cbor::Type::text)) return in.fail(Errc::unsupported, fmt::format("algorithm {}", quoted(TRY(in.text()))), "a number");
      headers.alg = TRY(in.integer());
      return {};
    case kCrit:
      if (!is_protected) return in.fail(Errc::malformed, "crit in the unprotected header", "crit in the protected header only");
      return read_crit(in, headers);
    case kContentType: return read_content_type(in, headers);
    case kKid:
    case kIv:
    case kPartialIv: {
      const ByteView value = TRY(in.bytes());
      if (label.number == kKid) headers.kid = value;
      return {};
    }
    case kX5chain: headers.x5chain = TRY(read_x5chain(in)); return {};
    default:
      TRY(in.item());
      headers.unknown.push_back(label);
      return {};
  }
}

// Every label named must be there and understood; what we understand are the labels read above.
Result<void> check_crit(const Headers& headers, const std::vector<cbor::Key>& labels, std::size_t offset) {
  for (const auto& named : headers.crit) {
    const auto same = [&](const cbor::Key& key) {
      if (const auto* number = std::get_if<std::int64_t>(&named)) return key.is(*number);
      return key.is(std::get<std::string_view>(named));
    };
    const auto* number = std::get_if<std::int64_t>(&named);
    const std::string shown = number != nullptr ? std::to_string(*number) : quoted(std::get<std::string_view>(named));
    if (!std::ranges::any_of(labels, same)) return fail_at(Errc::malformed, offset, fmt::format("crit names {}, which is not in the protected header", shown), "labels that are there");
    const bool understood = number != nullptr && (*number == kAlg || *number == kContentType || *number == kKid || *number == kX5chain);
    if (!understood) return fail_at(Errc::unsupported, offset, fmt::format("critical header {}", shown), "headers that are understood here");
  }
  return {};
}

Result<ByteView> payload_of(const Unverified& message, const VerifyOptions& options) {
  if (message.payload && options.detached_payload) return fail_expecting(Errc::mismatch, "", "a payload inside and a detached one", "one of them");
  if (message.payload) return *message.payload;
  if (options.detached_payload) return *options.detached_payload;
  return fail(Errc::missing, "", "missing payload");
}

Bytes encode_protected(std::int64_t alg, const SignOptions& options) {
  Writer out;
  out.map(options.content_type ? 2 : 1).integer(kAlg).integer(alg);
  if (options.content_type) out.integer(kContentType).text(*options.content_type);
  return std::move(out).take();
}

Bytes encode_message(std::uint64_t tag, ByteView protected_bytes, ByteView payload, ByteView signature, const SignOptions& options) {
  Writer out;
  if (options.tagged) out.tag(tag);
  out.array(4).bytes(protected_bytes);
  if (options.kid) {
    out.map(1).integer(kKid).bytes(*options.kid);
  } else {
    out.map(0);
  }
  if (options.detached) {
    out.null();
  } else {
    out.bytes(payload);
  }
  out.bytes(signature);
  return std::move(out).take();
}

}  // namespace
}  // namespace assay::cose
