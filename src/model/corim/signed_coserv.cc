#include "base/text.h"
#include "model/corim/coserv.h"

namespace assay::corim {
namespace {

constexpr std::string_view kContentType = "application/coserv+cbor";

Result<void> check_content_type(const cose::Headers& headers);

}  // namespace

Result<UnverifiedCoserv> read_signed_coserv(ByteView bytes) {
  constexpr std::string_view where = "signed CoSERV";
  if (bytes.size() > kMaxCorim) return fail_expecting(Errc::limit, where, fmt::format("{} bytes", bytes.size()), fmt::format("at most {}", kMaxCorim));
  UnverifiedCoserv read;
  read.message = TRY(within(where, cose::parse_unverified(bytes)));
  if (read.message.kind != cose::Unverified::Kind::sign1) return fail_expecting(Errc::unsupported, where, "a COSE_Mac0", "a COSE_Sign1");
  TRY(within(where, check_content_type(read.message.protected_headers)));
  if (!read.message.payload) return fail_expecting(Errc::unsupported, where, "a detached payload", "the CoSERV inside");
  auto coserv = within(where, read_coserv(*read.message.payload));
  if (!coserv && coserv.error().offset) *coserv.error().offset += read.message.payload_offset;
  read.coserv = TRY(std::move(coserv));
  return read;
}

Result<Verified<Coserv>> verify_signed_coserv(const UnverifiedCoserv& message, const crypto::PublicKey& key) {
  const auto payload = TRY(cose::verify_sign1(message.message, key));
  return payload.derive([](const ByteView& bytes) { return read_coserv(bytes); });
}

Result<Bytes> sign_coserv(ByteView payload, const crypto::PrivateKey& key, std::optional<crypto::Sig> sig) {
  TRY(within("payload", read_coserv(payload)));
  return cose::sign_sign1(payload, key, {.content_type = std::string{kContentType}, .sig = sig});
}

Result<Bytes> sign_coserv(ByteView payload, const crypto::Signer& signer) {
  TRY(within("payload", read_coserv(payload)));
  return cose::sign_sign1(payload, signer, {.content_type = std::string{kContentType}});
}

namespace {

// Label 3 (RFC 9052 §3.1); the draft's CDDL prints 2, which is `crit`.
Result<void> check_content_type(const cose::Headers& headers) {
  if (headers.content_type.index() == 0) return fail_expecting(Errc::missing, "", "no content type (label 3) in the protected header", kContentType);
  const auto* type = std::get_if<std::string_view>(&headers.content_type);
  if (type != nullptr && *type == kContentType) return {};
  const std::string found = type != nullptr ? quoted(*type) : fmt::format("content format {}", std::get<std::uint16_t>(headers.content_type));
  return fail_expecting(Errc::mismatch, "", found, kContentType);
}

}  // namespace
}  // namespace assay::corim
