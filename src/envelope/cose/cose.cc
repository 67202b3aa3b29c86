#include "envelope/cose/cose.h"

#include "codec/cbor/cbor.h"
#include "envelope/cose/shape.h"

namespace assay::cose {
namespace {

using cbor::Reader;
using cbor::Type;

constexpr std::uint64_t kTagMac0 = 17;
constexpr std::uint64_t kTagSign1 = 18;
constexpr std::uint64_t kTagCwt = 61;
constexpr std::size_t kMaxCertificates = 16;
// go-cose's words: people who come from its tools look for them.
constexpr std::string_view kNotSign1 = "cbor: invalid COSE_Sign1_Tagged object";

enum class Bucket { protected_map,
                    unprotected_map };

// What is known of both buckets together.
struct Buckets {
  cbor::KeySet labels;  // one label may stand in one bucket only (RFC 9052 §3)
  bool iv = false;
  bool partial_iv = false;
};

Result<Unverified> read_message(ByteView bytes, Tagging tagging, std::size_t base);
Result<void> read_tag(Reader& in, Tagging tagging, Unverified& message);
Result<void> read_protected(Reader& in, Unverified& message, Buckets& buckets);
Result<Headers> read_bucket(Reader& in, Bucket bucket, Buckets& buckets);
Result<void> read_parameter(Reader& in, const cbor::Key& key, Bucket bucket, Buckets& buckets, Headers& headers);
Result<void> read_content_type(Reader& in, Headers& headers);
Result<void> read_x5chain(Reader& in, Headers& headers);
Result<void> read_crit(Reader& in, Bucket bucket, Headers& headers);
Result<void> check_crit(const Headers& headers, std::size_t offset);
std::string bucket_error(Bucket bucket, std::string_view what);
bool is_media_type(std::string_view text);
Result<Bytes> write_protected(std::int64_t alg, const SignOptions& options);
Bytes write_message(std::uint64_t tag, ByteView protected_bytes, ByteView payload, ByteView signature, const SignOptions& options);

}  // namespace

// Whether the input just stops is asked only once it has failed: then that is the better thing to say.
Result<Unverified> parse_unverified(ByteView bytes, Tagging tagging, std::size_t base) {
  auto message = read_message(bytes, tagging, base);
  if (!message && message.error().what != kNotSign1 && shape_of(bytes).truncated) {
    message.error().errc = Errc::malformed;
    message.error().what = "unexpected EOF";
    message.error().offset = base + bytes.size();
  }
  return message;
}

Result<Bytes> sign_sign1(ByteView payload, const crypto::PrivateKey& key, const SignOptions& options) {
  const crypto::Sig sig = options.sig.value_or(crypto::default_sig(key.kind()));
  if (sig == crypto::Sig::rs256) return fail(Errc::unsupported, "COSE_Sign1", "RS256 is not for COSE here");
  const Bytes protected_bytes = TRY(write_protected(crypto::cose_id(sig), options));
  const Bytes signature = TRY(crypto::sign(key, sig, to_be_authenticated(Unverified::Kind::sign1, protected_bytes, options.external_aad, payload)));
  return write_message(kTagSign1, protected_bytes, payload, signature, options);
}

Result<Bytes> sign_sign1(ByteView payload, const crypto::Signer& signer, const SignOptions& options) {
  const crypto::Sig sig = signer.algorithm();
  if (options.sig.value_or(sig) != sig) return fail(Errc::invalid, "COSE_Sign1", "{} asked of a signer for {}", crypto::jose_name(*options.sig), crypto::jose_name(sig));
  if (sig == crypto::Sig::rs256) return fail(Errc::unsupported, "COSE_Sign1", "RS256 is not for COSE here");
  const Bytes protected_bytes = TRY(write_protected(crypto::cose_id(sig), options));
  const Bytes signature = TRY(signer.sign(to_be_authenticated(Unverified::Kind::sign1, protected_bytes, options.external_aad, payload)));
  return write_message(kTagSign1, protected_bytes, payload, signature, options);
}

Result<Bytes> make_mac0(ByteView payload, ByteView key, crypto::Mac mac, const SignOptions& options) {
  if (key.size() < kSmallestMacKey) return fail_expecting(Errc::invalid, "key", fmt::format("a MAC key of {} bytes", key.size()), "at least 16 bytes");
  if (options.sig) return fail(Errc::invalid, "COSE_Mac0", "a signature algorithm for a MAC");
  const Bytes protected_bytes = TRY(write_protected(crypto::cose_id(mac), options));
  const Bytes tag = crypto::make_mac(key, mac, to_be_authenticated(Unverified::Kind::mac0, protected_bytes, options.external_aad, payload));
  return write_message(kTagMac0, protected_bytes, payload, tag, options);
}

namespace {

Result<Unverified> read_message(ByteView bytes, Tagging tagging, std::size_t base) {
  Reader in{bytes, cbor::Mode::evidence, base};
  Unverified message;
  TRY(read_tag(in, tagging, message));
  if (!in.next_is(Type::array)) return in.fail(Errc::malformed, std::string{kNotSign1}, "an array of 4");
  const std::size_t start = in.offset();
  const cbor::Items items = TRY(in.array());
  if (items.count() != 4) return fail_at(Errc::malformed, start, std::string{kNotSign1}, "an array of 4");

  Buckets buckets;
  TRY(read_protected(in, message, buckets));
  if (!in.next_is(Type::map)) return in.fail(Errc::malformed, bucket_error(Bucket::unprotected_map, "require map type"), "a map");
  message.unprotected_headers = TRY(read_bucket(in, Bucket::unprotected_map, buckets));
  if (buckets.iv && buckets.partial_iv) return in.fail(Errc::invalid, "IV and Partial IV together", "at most one of them (RFC 9052 §3.1)");

  if (in.next_is_null()) {
    TRY(in.null());
  } else {
    const ByteView payload = TRY(in.bytes());
    message.payload = payload;
    message.payload_offset = in.offset() - payload.size();
  }
  message.signature = TRY(in.bytes());
  if (message.signature.empty()) return in.fail(Errc::malformed, "empty signature", "a signature or MAC tag");
  if (!in.at_end()) return in.fail(Errc::malformed, fmt::format("cbor: {} bytes of extraneous data starting at index {}", in.left(), bytes.size() - in.left()), "nothing more");
  return message;
}

Result<void> read_tag(Reader& in, Tagging tagging, Unverified& message) {
  constexpr std::string_view expected = "tag 18 (COSE_Sign1) or 17 (COSE_Mac0)";
  if (!in.next_is(Type::tag)) {
    if (tagging == Tagging::required) return in.fail(Errc::malformed, std::string{kNotSign1}, expected);
    return {};
  }
  const std::size_t start = in.offset();
  std::uint64_t tag = TRY(in.tag());
  if (tag == kTagCwt && in.next_is(Type::tag)) tag = TRY(in.tag());
  if (tag != kTagSign1 && tag != kTagMac0) return fail_at(Errc::malformed, start, std::string{kNotSign1}, expected);
  message.tagged = true;
  message.kind = tag == kTagSign1 ? Unverified::Kind::sign1 : Unverified::Kind::mac0;
  return {};
}

Result<void> read_protected(Reader& in, Unverified& message, Buckets& buckets) {
  if (!in.next_is(Type::bytes)) return in.fail(Errc::malformed, bucket_error(Bucket::protected_map, "require bstr type"), "a byte string");
  message.protected_bytes = TRY(in.bytes());
  if (message.protected_bytes.empty()) return {};

  const std::size_t start = in.offset() - message.protected_bytes.size();
  Reader inner{message.protected_bytes, cbor::Mode::evidence, start};
  if (!inner.next_is(Type::map)) return inner.fail(Errc::malformed, bucket_error(Bucket::protected_map, "protected header: require map type"), "a map");
  message.protected_headers = TRY(read_bucket(inner, Bucket::protected_map, buckets));
  TRY(inner.expect_end());
  return check_crit(message.protected_headers, start);
}

Result<Headers> read_bucket(Reader& in, Bucket bucket, Buckets& buckets) {
  Headers headers;
  cbor::Items items = TRY(in.map());
  for (std::size_t index = 0; TRY(items.next(in)); ++index) {
    const cbor::Key key = TRY(in.key());
    if (!buckets.labels.add(key, in)) {
      const std::string shown = key.kind == cbor::Key::Kind::text ? std::string{key.text} : std::to_string(key.number);
      return fail_at(Errc::duplicate, key.offset, bucket_error(bucket, fmt::format("found duplicate map key \"{}\" at map element index {}", shown, index)), "each label once, in one of the buckets");
    }
    TRY(read_parameter(in, key, bucket, buckets, headers));
    const bool read = key.is(1) || key.is(2) || key.is(3) || key.is(4) || key.is(33);
    if (!read) headers.unknown.push_back(key);
  }
  return headers;
}

// RFC 9052 §3.1, RFC 9360 §2. Leaves the reader behind the value.
Result<void> read_parameter(Reader& in, const cbor::Key& key, Bucket bucket, Buckets& buckets, Headers& headers) {
  if (key.is(1)) {
    if (in.next_is(Type::text)) return in.fail(Errc::unsupported, "an algorithm named by text", "a number of the COSE registry");
    headers.alg = TRY(in.integer());
  } else if (key.is(2)) {
    TRY(read_crit(in, bucket, headers));
  } else if (key.is(3)) {
    TRY(read_content_type(in, headers));
  } else if (key.is(4)) {
    headers.kid = TRY(in.bytes());
  } else if (key.is(33)) {
    TRY(read_x5chain(in, headers));
  } else if (key.is(5) || key.is(6)) {
    (key.is(5) ? buckets.iv : buckets.partial_iv) = true;
    TRY(in.bytes());
  } else {
    const std::size_t start = in.offset();
    if (shape_of(TRY(in.item())).tag) return fail_at(Errc::malformed, start, bucket_error(bucket, "CBOR tag isn't allowed"), "a value without tags");
  }
  return {};
}

Result<void> read_content_type(Reader& in, Headers& headers) {
  const std::size_t start = in.offset();
  if (in.next_is(Type::uint)) {
    const std::uint64_t number = TRY(in.uint());
    if (number > 0xffff) return fail_at(Errc::invalid, start, fmt::format("content type {}", number), "0 to 65535");
    headers.content_type = static_cast<std::uint16_t>(number);
    return {};
  }
  if (!in.next_is(Type::text)) return in.fail(Errc::malformed, "a content type of another kind", "text or an unsigned integer");
  const std::string_view text = TRY(in.text());
  if (!is_media_type(text)) return fail_at(Errc::invalid, start, "a content type that is no media type", "type/subtype");
  headers.content_type = text;
  return {};
}

// One certificate, or an array of them; RFC 9360 wants two in an array, makers write one as well.
Result<void> read_x5chain(Reader& in, Headers& headers) {
  if (in.next_is(Type::bytes)) {
    headers.x5chain.push_back(TRY(in.bytes()));
    return {};
  }
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  if (*items.count() == 0 || *items.count() > kMaxCertificates) return fail_at(Errc::limit, start, fmt::format("{} certificates", *items.count()), "1 to 16");
  while (TRY(items.next(in))) headers.x5chain.push_back(TRY(in.bytes()));
  return {};
}

Result<void> read_crit(Reader& in, Bucket bucket, Headers& headers) {
  const std::size_t start = in.offset();
  if (bucket != Bucket::protected_map) return fail_at(Errc::invalid, start, "crit outside the protected bucket", "crit to be signed");
  cbor::Items items = TRY(in.array());
  if (*items.count() == 0) return fail_at(Errc::invalid, start, "an empty crit", "at least one label");
  while (TRY(items.next(in))) {
    const cbor::Key label = TRY(in.key());
    if (label.kind == cbor::Key::Kind::text) headers.crit.emplace_back(label.text);
    if (label.kind == cbor::Key::Kind::number) headers.crit.emplace_back(label.number);
  }
  return {};
}

// Every label that must be understood is there and is one that `Headers` has a member for.
Result<void> check_crit(const Headers& headers, std::size_t offset) {
  for (const auto& label : headers.crit) {
    const auto* number = std::get_if<std::int64_t>(&label);
    const std::int64_t value = number != nullptr ? *number : 0;
    const bool understood = (value == 1 && headers.alg) || value == 2 || (value == 3 && headers.content_type.index() != 0) ||
                            (value == 4 && headers.kid) || (value == 33 && !headers.x5chain.empty());
    if (understood) continue;
    const std::string shown = number != nullptr ? std::to_string(value) : std::string{std::get<std::string_view>(label)};
    return fail_at(Errc::unsupported, offset, fmt::format("critical header {} absent or not understood", shown), "only 1, 2, 3, 4, 33 in crit, each present");
  }
  return {};
}

std::string bucket_error(Bucket bucket, std::string_view what) {
  return fmt::format("cbor: invalid {} header: cbor: {}", bucket == Bucket::protected_map ? "protected" : "unprotected", what);
}

bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::string_view name = text.substr(0, text.find(';'));
  if (name.size() <= slash + 1 || name.find('/', slash + 1) != std::string_view::npos) return false;
  return name.find_first_of(" \t") > slash + 1 && text.front() != ' ' && text.back() != ' ';
}

// Labels ascending: RFC 8949 §4.2.1.
Result<Bytes> write_protected(std::int64_t alg, const SignOptions& options) {
  if (options.content_type && !is_media_type(*options.content_type)) return fail_expecting(Errc::invalid, "content type", "no media type", "type/subtype");
  std::vector<std::pair<Bytes, Bytes>> entries;
  const auto add = [&](std::int64_t label, Bytes item) {
    cbor::Writer key;
    key.integer(label);
    entries.emplace_back(std::move(key).take(), std::move(item));
  };
  add(1, std::move(cbor::Writer{}.integer(alg)).take());
  if (options.content_type) add(3, std::move(cbor::Writer{}.text(*options.content_type)).take());
  if (options.kid && options.kid_is_protected) add(4, std::move(cbor::Writer{}.bytes(*options.kid)).take());
  for (const auto& [label, item] : options.more_protected) add(label, item);
  if (!options.x5chain.empty()) {
    cbor::Writer chain;
    if (options.x5chain.size() > 1) chain.array(options.x5chain.size());
    for (const Bytes& certificate : options.x5chain) chain.bytes(certificate);
    add(33, std::move(chain).take());
  }
  return cbor::encode_sorted_map(std::move(entries));
}

Bytes write_message(std::uint64_t tag, ByteView protected_bytes, ByteView payload, ByteView signature, const SignOptions& options) {
  cbor::Writer out;
  if (options.tagged) out.tag(tag);
  const bool has_kid = options.kid && !options.kid_is_protected;
  out.array(4).bytes(protected_bytes).map(has_kid ? 1 : 0);
  if (has_kid) out.uint(4).bytes(*options.kid);
  if (options.detached) {
    out.null();
  } else {
    out.bytes(payload);
  }
  return std::move(out.bytes(signature)).take();
}

}  // namespace
}  // namespace assay::cose
