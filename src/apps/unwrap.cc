#include "apps/unwrap.h"

#include <algorithm>

#include "appraise/scheme.h"
#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "codec/json/json.h"
#include "envelope/cmw/cmw.h"

namespace assay {
namespace {

constexpr int kMaxLayers = 4;

// What one layer holds: one message, or the records of a collection, which have names.
struct Inside {
  Bytes bytes;
  std::string step;
  std::string entry;  // empty but for collections
};

struct Token {
  Unwrapped unwrapped;
  std::string entry;  // names of the collections' entries it lies in, joined by '/'
};

Result<void> explore(Token at, int layers, std::vector<Token>& found);
Result<std::vector<Inside>> take_layer(ByteView bytes);
std::string reasons(ByteView bytes);
Result<std::vector<Inside>> open_json(ByteView bytes);
Result<std::vector<Inside>> open_cmw(const cmw::Cmw& message);
void collect(const cmw::Collection& collection, const std::string& path, std::vector<Inside>& found);
std::string label_text(const cmw::Label& label);
std::string type_text(const cmw::MessageType& type);
Result<TsmReport> finish(TsmReport report, bool provider, bool outblob, bool manifest, bool service);

}  // namespace

Result<Unwrapped> unwrap_evidence(ByteView bytes, const std::optional<std::string>& entry) {
  std::vector<Token> found;
  TRY(explore({{to_bytes(bytes), {}}, {}}, kMaxLayers, found));
  std::string names;
  for (const Token& token : found) names += (names.empty() ? "" : ", ") + assay::quoted(token.entry);
  if (entry && std::ranges::all_of(found, &std::string::empty, &Token::entry)) return fail(Errc::usage, "", "--entry is for a CMW collection; this is {}", found.front().unwrapped.steps.empty() ? "a bare token" : "a token in no collection");
  const auto chosen = entry ? std::ranges::find(found, *entry, &Token::entry) : found.begin();
  if (chosen == found.end()) return fail_expecting(Errc::usage, "--entry", "no token in entry " + assay::quoted(*entry), "one of: " + names);
  if (!entry && found.size() > 1) return fail_expecting(Errc::usage, "", "several tokens, in the entries " + names, "--entry with one of them");
  Unwrapped& result = chosen->unwrapped;
  if (result.evidence.size() > kMaxEvidence) return fail_expecting(Errc::limit, "", fmt::format("evidence of {} bytes", result.evidence.size()), fmt::format("at most {}", kMaxEvidence));
  return std::move(result);
}

Result<TsmReport> parse_tsm_json(std::string_view text) {
  const json::Value value = TRY(json::parse(text));
  const json::Fields fields = TRY(json::Fields::of(value));
  const auto provider = TRY(fields.optional_text("provider"));
  const auto outblob = TRY(fields.optional_text("outblob"));
  TsmReport report;
  report.provider = provider.value_or("");
  if (outblob) report.outblob = TRY(within("/outblob", from_base64(*outblob, Base64::url, Padding::optional)));
  return finish(std::move(report), provider.has_value(), outblob.has_value(), fields.find("manifestblob") != nullptr, fields.find("service_provider") != nullptr);
}

Result<TsmReport> parse_tsm_cbor(ByteView bytes) {
  cbor::Reader in{bytes, cbor::Mode::tolerant};
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  TsmReport report;
  bool provider = false;
  bool outblob = false;
  bool manifest = false;
  bool service = false;
  while (const auto key = TRY(map.next(in))) {
    if (key->is("provider")) {
      report.provider = TRY(in.text());
      provider = true;
    } else if (key->is("outblob")) {
      report.outblob = to_bytes(TRY(in.bytes()));
      outblob = true;
    } else {
      manifest = manifest || key->is("manifestblob");
      service = service || key->is("service_provider");
      TRY(in.item());
    }
  }
  TRY(in.expect_end());
  return finish(std::move(report), provider, outblob, manifest, service);
}

namespace {

// Appends the tokens below `at`: at least one, or an error that says why there is none.
Result<void> explore(Token at, int layers, std::vector<Token>& found) {
  if (appraise::scheme_of_evidence(at.unwrapped.evidence) != nullptr) {
    found.push_back(std::move(at));
    return {};
  }
  if (const appraise::Scheme* scheme = appraise::scheme_without_evidence(at.unwrapped.evidence)) {
    return fail_expecting(Errc::unsupported, "", fmt::format("{} evidence, which this build does not verify: it reads that scheme's endorsements only", scheme->title), "evidence of another scheme (`assay describe` lists all)");
  }
  if (layers == 0) return fail_expecting(Errc::limit, "", "more than four wrappers around the evidence", "a token, or few wrappers around one");
  std::vector<Inside> parts = TRY(take_layer(at.unwrapped.evidence));
  const std::size_t before = found.size();
  Result<void> last;
  for (Inside& part : parts) {
    Token next{{std::move(part.bytes), at.unwrapped.steps}, at.entry};
    next.unwrapped.steps.push_back(std::move(part.step));
    if (!part.entry.empty()) next.entry += (next.entry.empty() ? "" : "/") + part.entry;
    last = explore(std::move(next), layers - 1, found);
  }
  if (found.size() > before) return {};
  if (parts.size() == 1) return last;
  std::string names;
  for (const Inside& part : parts) names += (names.empty() ? "" : ", ") + assay::quoted(part.entry);
  return fail_expecting(Errc::unsupported, "CMW collection", "no evidence of a known kind in its entries " + names, "evidence of a kind that `assay describe` lists");
}

Result<std::vector<Inside>> take_layer(ByteView bytes) {
  if (bytes.empty()) return fail_expecting(Errc::malformed, "", "nothing: the input is empty", "a token");
  if (const auto envelope = cmw::signed_envelope(bytes)) {
    return fail_expecting(Errc::unsupported, "", fmt::format("a signed CMW ({}), whose own signature is checked elsewhere", *envelope), "what is in it: first `assay cmw verify FILE --key KEY -o inner`, then `assay verify inner`");
  }
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('{') || text.starts_with('[')) return open_json(as_bytes(text));
  std::vector<Inside> parts;
  if (auto report = parse_tsm_cbor(bytes)) {
    parts.push_back({std::move(report->outblob), fmt::format("TSM report (CBOR), provider {}", assay::quoted(trim_ascii(report->provider))), {}});
    return parts;
  }
  if (cmw::detect(bytes)) {
    const cmw::Cmw message = TRY(within("CMW", cmw::parse(bytes)));
    return open_cmw(message);
  }
  return fail_expecting(Errc::unsupported, "", "no evidence of a known kind" + reasons(bytes), "evidence of a kind that `assay describe` lists, alone or in a CMW or TSM report");
}

// Tagged CBOR is meant to be a token: then what each scheme says against it is worth knowing.
std::string reasons(ByteView bytes) {
  std::string text;
  if ((bytes[0] >> 5) != static_cast<std::uint8_t>(cbor::Type::tag)) return text;
  for (const appraise::Scheme* scheme : appraise::all_schemes()) {
    if (!scheme->reads_evidence()) continue;
    const auto identity = scheme->peek(bytes);
    if (!identity) text += fmt::format("{}{}: {}", text.empty() ? " (" : "; ", scheme->title, identity.error().text());
  }
  return text.empty() ? text : text + ")";
}

// A TSM report and the response of ratsd are objects with members of their own; every other object or array may be a CMW.
Result<std::vector<Inside>> open_json(ByteView bytes) {
  std::vector<Inside> parts;
  const json::Value value = TRY(json::parse(as_text(bytes)));
  if (const json::Object* object = value.object()) {
    if (object->find("outblob") != nullptr || object->find("provider") != nullptr) {
      TsmReport report = TRY(within("TSM report", parse_tsm_json(as_text(bytes))));
      parts.push_back({std::move(report.outblob), fmt::format("TSM report (JSON), provider {}", assay::quoted(trim_ascii(report.provider))), {}});
      return parts;
    }
    const json::Value* inner = object->find("cmw");
    if (inner != nullptr && inner->text() != nullptr) {
      Bytes inside = TRY(within("/cmw", from_any_base64(*inner->text())));
      parts.push_back({std::move(inside), "unsigned claims with a CMW", {}});
      return parts;
    }
  }
  const cmw::Cmw message = TRY(within("CMW", cmw::parse_json(as_text(bytes))));
  return open_cmw(message);
}

Result<std::vector<Inside>> open_cmw(const cmw::Cmw& message) {
  std::vector<Inside> parts;
  if (const cmw::Record* record = message.record()) parts.push_back({record->value, "CMW record, type " + type_text(record->type), {}});
  else collect(*message.collection(), "", parts);
  if (parts.empty()) return fail_expecting(Errc::malformed, "CMW collection", "no records", "at least one");
  return parts;
}

// All records with their path: "a", and "a/b" in a collection inside.
void collect(const cmw::Collection& collection, const std::string& path, std::vector<Inside>& found) {
  for (const auto& [label, message] : collection.entries) {
    const std::string name = path.empty() ? label_text(label) : path + "/" + label_text(label);
    if (const cmw::Record* record = message.record()) found.push_back({record->value, fmt::format("CMW collection, entry {}, type {}", assay::quoted(name), type_text(record->type)), name});
    else collect(*message.collection(), name, found);
  }
}

std::string label_text(const cmw::Label& label) {
  const auto* text = std::get_if<std::string>(&label);
  return text != nullptr ? *text : std::to_string(std::get<std::int64_t>(label));
}

std::string type_text(const cmw::MessageType& type) {
  const auto* text = std::get_if<std::string>(&type);
  return text != nullptr ? assay::quoted(*text) : fmt::format("{} (Content-Format)", std::get<std::uint16_t>(type));
}

Result<TsmReport> finish(TsmReport report, bool provider, bool outblob, bool manifest, bool service) {
  if (!provider) return fail(Errc::missing, "", "missing mandatory field \"provider\"");
  if (!outblob) return fail(Errc::missing, "", "missing mandatory field \"outblob\"");
  if (manifest && !service) return fail(Errc::invalid, "", "stray field \"manifestblob\"");
  return report;
}

}  // namespace
}  // namespace assay
