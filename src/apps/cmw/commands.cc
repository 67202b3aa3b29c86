#include "apps/cmw/commands.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "apps/files.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"

namespace assay::cmw_cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> kIndicators{{{"reference-values", cmw::kReferenceValues},
                                                                                 {"endorsements", cmw::kEndorsements},
                                                                                 {"evidence", cmw::kEvidence},
                                                                                 {"results", cmw::kResults},
                                                                                 {"policy", cmw::kPolicy}}};

Result<cmw::Cmw> make_record(const WrapOptions& options);
Result<cmw::Cmw> make_collection(const WrapOptions& options);
Result<Opened> open_plain(ByteView bytes);
Result<Opened> open_certificate(const Result<crypto::Certificate>& certificate);
bool is_json_text(ByteView bytes);
bool is_jws(ByteView bytes);
std::string label_text(const cmw::Label& label);
template <class Number>
std::optional<Number> number_of(std::string_view text);

}  // namespace

Result<Bytes> wrap(const WrapOptions& options) {
  const bool collection = !options.entries.empty();
  if (collection == options.value.has_value()) return fail_expecting(Errc::usage, "cmw wrap", collection ? "a value and entries" : "nothing to wrap", "a file, or --entry LABEL=FILE");
  const cmw::Cmw message = TRY(collection ? make_collection(options) : make_record(options));
  if (options.format == "json") {
    const std::string text = TRY(cmw::encode_json(message));
    return to_bytes(text);
  }
  return cmw::encode_cbor(message, options.format == "tag");
}

Result<Bytes> unwrap(const cmw::Cmw& message, const std::vector<std::string>& path) {
  const cmw::Cmw* at = &message;
  std::size_t depth = 0;
  while (const cmw::Collection* collection = at->collection()) {
    std::string labels;
    for (const auto& [label, entry] : collection->entries) labels += (labels.empty() ? "" : ", ") + printable(label_text(label));
    if (depth == path.size()) return fail_expecting(Errc::usage, "--entry", "a collection, and no entry chosen", "one of " + labels);
    const std::string& wanted = path[depth++];
    const auto found = std::ranges::find_if(collection->entries, [&](const auto& entry) { return label_text(entry.first) == wanted; });
    if (found == collection->entries.end()) return fail_expecting(Errc::usage, "--entry", "no entry " + assay::quoted(wanted), "one of " + labels);
    at = &found->second;
  }
  if (depth < path.size()) return fail_expecting(Errc::usage, "--entry", "no entry " + assay::quoted(path[depth]), "nothing more: a record has no entries");
  return at->record()->value;
}

Result<Opened> open_unverified(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("-----BEGIN")) {
    const auto certificates = TRY(crypto::Certificate::from_pem(text));
    return open_certificate(certificates.front());
  }
  if (!bytes.empty() && bytes.front() == 0x30) return open_certificate(crypto::Certificate::from_der(bytes));
  if (!bytes.empty() && bytes.front() == 0xd2) {
    const auto message = TRY(cose::parse_unverified(bytes));
    if (!message.payload) return fail(Errc::missing, "COSE_Sign1", "missing payload");
    Opened opened = TRY(within("payload of the COSE_Sign1", open_plain(*message.payload)));
    opened.envelope = "COSE_Sign1";
    return opened;
  }
  if (is_jws(bytes)) {
    const auto message = TRY(jose::parse_any(text));
    Opened opened = TRY(within("payload of the JWS", open_plain(message.payload)));
    opened.envelope = "JWS";
    return opened;
  }
  return open_plain(bytes);
}

Result<Opened> verify(ByteView bytes, const crypto::PublicKey& key, const std::optional<std::string>& alg) {
  if (!is_json_text(bytes)) {
    const auto verified = TRY(cmw::verify_signed_cbor(bytes, key));
    return Opened{*verified, "cbor", "COSE_Sign1"};
  }
  const auto sig = alg ? crypto::sig_by_jose_name(*alg) : std::optional{crypto::default_sig(key.kind())};
  if (!sig) return fail_expecting(Errc::usage, "--alg", assay::quoted(*alg), "ES256, ES384, ES512, EdDSA, PS256, PS384 or PS512");
  const auto verified = TRY(cmw::verify_signed_json(as_text(bytes), key, *sig));
  return Opened{*verified, "json", "JWS"};
}

std::vector<std::string> names_of_indicator(std::uint32_t ind) {
  std::vector<std::string> names;
  for (const auto& [name, bit] : kIndicators) {
    if ((ind & bit) != 0) names.emplace_back(name);
    ind &= ~bit;
  }
  if (ind != 0) names.push_back(std::to_string(ind));
  return names;
}

Result<std::uint32_t> indicator_of(const std::vector<std::string>& names) {
  std::uint32_t ind = 0;
  for (const std::string& name : names) {
    const auto* found = std::ranges::find(kIndicators, name, &std::pair<std::string_view, std::uint32_t>::first);
    const auto bits = found != kIndicators.end() ? found->second : number_of<std::uint32_t>(name);
    if (!bits || *bits == 0) return fail_expecting(Errc::usage, "--ind", assay::quoted(name), "reference-values, endorsements, evidence, results, policy or their bits as a number");
    ind |= *bits;
  }
  return ind;
}

namespace {

Result<cmw::Cmw> make_record(const WrapOptions& options) {
  if (!options.type) return fail_expecting(Errc::usage, "--type", "none given", "the media type of the value, or its Content-Format");
  if (options.collection_type) return fail_expecting(Errc::usage, "--cmwc-t", "a collection type for a record", "--entry");
  cmw::Record record;
  record.type = *options.type;
  if (options.type->find('/') == std::string::npos) {
    const auto format = number_of<std::uint16_t>(*options.type);
    if (!format) return fail_expecting(Errc::usage, "--type", assay::quoted(*options.type), "a media type, or a number up to 65535");
    record.type = *format;
  }
  record.value = TRY(files::read_file(*options.value));
  const std::uint32_t ind = TRY(indicator_of(options.ind));
  if (ind != 0) record.ind = ind;
  return cmw::Cmw{std::move(record)};
}

Result<cmw::Cmw> make_collection(const WrapOptions& options) {
  if (options.format == "tag") return fail_expecting(Errc::usage, "--format", "tag", "cbor or json: a collection has no tag form");
  if (options.type || !options.ind.empty()) return fail_expecting(Errc::usage, "--entry", "--type or --ind with a collection", "them where the entries are wrapped");
  auto collection = std::make_shared<cmw::Collection>();
  collection->type = options.collection_type;
  for (const std::string& entry : options.entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos) return fail_expecting(Errc::usage, "--entry", assay::quoted(entry), "LABEL=FILE");
    const std::string label = entry.substr(0, equals);
    const std::string path = entry.substr(equals + 1);
    const Bytes bytes = TRY(files::read_file(path));
    cmw::Cmw message = TRY(within(path, cmw::parse(bytes)));
    // Where labels may be integers, one that looks like it is.
    const auto number = options.format == "cbor" ? number_of<std::int64_t>(label) : std::nullopt;
    collection->entries.emplace_back(number ? cmw::Label{*number} : cmw::Label{label}, std::move(message));
  }
  return cmw::Cmw{std::move(collection)};
}

Result<Opened> open_plain(ByteView bytes) {
  const auto form = cmw::detect(bytes);
  Opened opened{TRY(cmw::parse(bytes)), "cbor", {}};
  if (form == cmw::Form::cbor_tag) opened.form = "tag";
  if (form == cmw::Form::json_record || form == cmw::Form::json_collection) opened.form = "json";
  return opened;
}

Result<Opened> open_certificate(const Result<crypto::Certificate>& certificate) {
  if (!certificate) return std::unexpected(certificate.error());
  const Bytes value = TRY(certificate->extension(cmw::kExtensionOid));
  Opened opened{TRY(cmw::parse_x509_extension(value)), "cbor", "X.509 certificate"};
  if (!value.empty() && value.front() == 0x0c) opened.form = "json";
  return opened;
}

// A JSON document, or a compact JWS, whose header begins with `{"`.
bool is_json_text(ByteView bytes) {
  const std::string_view text = trim_ascii(as_text(bytes));
  return text.starts_with('{') || text.starts_with("ey");
}

// Flattened and general JSON have `payload`, which as label of a collection would hold an array or an object.
bool is_jws(ByteView bytes) {
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with("ey")) return true;
  if (!text.starts_with('{')) return false;
  const auto value = json::parse(text);
  const json::Value* payload = value && value->object() != nullptr ? value->object()->find("payload") : nullptr;
  return payload != nullptr && payload->text() != nullptr;
}

std::string label_text(const cmw::Label& label) {
  const auto* text = std::get_if<std::string>(&label);
  return text != nullptr ? *text : std::to_string(std::get<std::int64_t>(label));
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace
}  // namespace assay::cmw_cli
