// CMW, the RATS Conceptual Message Wrapper (draft-ietf-rats-msg-wrap): record, tag, collection, in CBOR and JSON,
// and its signed and X.509 forms.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/crypto.h"
#include "envelope/verified.h"

namespace assay::cmw {

inline constexpr std::size_t kMaxEntries = 1024;

// Bits of `ind`.
enum Indicator : std::uint32_t { kReferenceValues = 1,
                                 kEndorsements = 2,
                                 kEvidence = 4,
                                 kResults = 8,
                                 kPolicy = 16 };

using MessageType = std::variant<std::string, std::uint16_t>;  // media type or CoAP Content-Format

struct Record {
  MessageType type;
  Bytes value;                       // never empty
  std::optional<std::uint32_t> ind;  // never 0
  std::optional<std::uint64_t> tag;  // read from the tag form (type is then the Content-Format)
  bool operator==(const Record&) const = default;
};

struct Cmw;
using Label = std::variant<std::string, std::int64_t>;
struct Collection {
  std::optional<std::string> type;             // __cmwc_t: absolute URI or OID
  std::vector<std::pair<Label, Cmw>> entries;  // in the order read; at least one
};

struct Cmw {
  std::variant<Record, std::shared_ptr<Collection>> body;  // shared_ptr never null
  const Record* record() const { return std::get_if<Record>(&body); }
  const Collection* collection() const;
};

enum class Form { cbor_record,
                  cbor_tag,
                  cbor_collection,
                  json_record,
                  json_collection };
std::optional<Form> detect(ByteView bytes);  // by the first byte, as the draft has it

Result<Cmw> parse(ByteView bytes);  // by `detect`
Result<Cmw> parse_cbor(ByteView bytes);
Result<Cmw> parse_json(std::string_view text);
Result<Bytes> encode_cbor(const Cmw& cmw, bool as_tag = false);  // deterministic; `as_tag` needs a record with a Content-Format
Result<std::string> encode_json(const Cmw& cmw);                 // keys sorted; refuses integer labels

std::optional<std::uint64_t> tag_of_content_format(std::uint16_t content_format);
std::optional<std::uint16_t> content_format_of_tag(std::uint64_t tag);
std::optional<std::uint16_t> content_format_of_media_type(std::string_view media_type);
std::optional<std::string_view> media_type_of_content_format(std::uint16_t content_format);

// COSE_Sign1 over the CBOR form, content type application/cmw+cbor.
Result<Verified<Cmw>> verify_signed_cbor(ByteView bytes, const crypto::PublicKey& key);
Result<Bytes> sign_cbor(const Cmw& cmw, const crypto::PrivateKey& key);
// JWS over the JSON form, cty application/cmw+json.
Result<Verified<Cmw>> verify_signed_json(std::string_view text, const crypto::PublicKey& key, crypto::Sig sig);
Result<std::string> sign_json(const Cmw& cmw, const crypto::PrivateKey& key);
// "COSE_Sign1" or "JWS" where the header announces a CMW as the payload. Neither signature nor payload is looked at.
std::optional<std::string_view> signed_envelope(ByteView bytes);

inline constexpr std::string_view kExtensionOid = "1.3.6.1.5.5.7.1.35";
Result<Cmw> parse_x509_extension(ByteView extn_value);  // OCTET STRING (CBOR) or UTF8String (JSON)
Result<Bytes> encode_x509_extension(const Cmw& cmw, bool json);

}  // namespace assay::cmw
