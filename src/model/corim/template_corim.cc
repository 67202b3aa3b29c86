#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/corim/template_node.h"
#include "model/corim/text.h"

namespace assay::corim {
namespace {

constexpr std::array<std::string_view, 6> kCorimNames{"corim-id", "tags", "dependent-rims", "profile", "validity", "entities"};

std::optional<Tag> read_tag(Sink& sink, const Node& at);
std::optional<Locator> read_locator(Sink& sink, const Node& at);
std::optional<Profile> read_profile(Sink& sink, const Node& at);
std::optional<Profile> profile_from_text(Sink& sink, const Node& at, const std::string& text);
// manifestSigner came after generation A.
std::optional<Entity> read_corim_entity(Sink& sink, const Node& at) { return read_entity(sink, at, std::span{kCorimRoles}.first(sink.only_a ? 1 : 2), 1); }

}  // namespace

template <>
Generation default_generation(const Parsed<Corim>& parsed) {
  return parsed.needs_d ? Generation::d : Generation::a;
}

Parsed<Corim> corim_from_template(const json::Value& value, const TemplateOptions& options) {
  Sink sink{options};
  Parsed<Corim> parsed;
  const Node root{value};
  Members members{sink, root};
  Corim& corim = parsed.value;
  if (const auto node = members.need("corim-id")) corim.id = read_tag_id(sink, *node).value_or(TagId{});
  if (const auto node = members.take("tags")) corim.tags = read_list(sink, *node, read_tag).value_or(std::vector<Tag>{});
  if (const auto node = members.take("dependent-rims")) corim.dependent_rims = read_list(sink, *node, read_locator);
  if (const auto node = members.take("profile")) corim.profile = read_profile(sink, *node);
  if (const auto node = members.take("validity")) corim.validity = read_validity(sink, *node);
  if (const auto node = members.take("entities")) corim.entities = read_list(sink, *node, read_corim_entity).value_or(std::vector<Entity>{});
  if (members.ok()) members.finish(sink.only_a ? nullptr : &corim.unknown, kCorimNames);
  for (const Entity& entity : corim.entities) sink.needs_d = sink.needs_d || std::ranges::find(entity.roles, 2) != entity.roles.end();
  parsed.problems = std::move(sink.problems).take();
  parsed.needs_d = sink.needs_d;
  corim.generation = default_generation(parsed);
  return parsed;
}

Parsed<Meta> meta_from_template(const json::Value& value) {
  Sink sink;
  Parsed<Meta> parsed;
  const Node root{value};
  Members members{sink, root};
  if (const auto signer = members.take("signer")) {
    Members fields{sink, *signer};
    if (const auto name = fields.take("name")) parsed.value.signer_name = read_text(sink, *name).value_or("");
    if (const auto uri = fields.take("uri")) {
      parsed.value.signer_uri = read_text(sink, *uri);
      if (parsed.value.signer_uri && !is_absolute_uri(*parsed.value.signer_uri)) sink.error(*uri, quoted(*parsed.value.signer_uri), "an absolute URI");
    }
    if (fields.ok()) fields.finish(nullptr, std::array<std::string_view, 2>{"name", "uri"});
  }
  if (const auto node = members.take("validity")) parsed.value.validity = read_validity(sink, *node);
  if (members.ok()) members.finish(nullptr, std::array<std::string_view, 2>{"signer", "validity"});
  if (members.ok() && parsed.value.signer_name.empty()) sink.error(root, "invalid signer: empty name", "a member \"signer\" with a name", Errc::missing);
  parsed.problems = std::move(sink.problems).take();
  return parsed;
}

namespace {

// base64 of an encoded tag, as the display form has it.
std::optional<Tag> read_tag(Sink& sink, const Node& at) {
  const auto bytes = read_base64(sink, at);
  if (!bytes) return std::nullopt;
  cbor::Reader in{*bytes, cbor::Mode::tolerant};
  const auto number = in.tag();
  if (!number || *number < 505 || *number > 508) return sink.error(at, "no CoMID, CoSWID or CoTS", "base64 of a tag 505 to 508");
  Tag tag{static_cast<TagKind>(*number), to_bytes(ByteView{*bytes}.subspan(in.mark()))};
  // From generation B on the content is in a byte string of its own.
  if (in.next_is(cbor::Type::bytes)) {
    const auto content = in.bytes();
    if (!content) return sink.error(at, content.error());
    tag.content = to_bytes(*content);
  }
  return tag;
}

std::optional<Locator> read_locator(Sink& sink, const Node& at) {
  Members members{sink, at};
  if (!members.ok()) return std::nullopt;
  Locator locator;
  if (const auto href = members.need("href")) {
    if (href->value.array() != nullptr) locator.hrefs = read_list(sink, *href, read_text).value_or(std::vector<std::string>{});
    else locator.hrefs.push_back(read_text(sink, *href).value_or(""));
    sink.needs_d = sink.needs_d || href->value.array() != nullptr;
  }
  if (const auto thumbprint = members.take("thumbprint")) {
    // A digest in D's form is an array as well; a list has arrays in it.
    const json::Array* array = thumbprint->value.array();
    const bool is_list = array != nullptr && !array->empty() && (*array)[0].array() != nullptr;
    if (is_list) {
      sink.needs_d = true;
      locator.thumbprints = read_list(sink, *thumbprint, read_digest).value_or(std::vector<Digest>{});
    } else if (auto digest = read_digest(sink, *thumbprint)) {
      locator.thumbprints.push_back(std::move(*digest));
    }
  }
  members.finish(sink.only_a ? nullptr : &locator.unknown, std::array<std::string_view, 2>{"href", "thumbprint"});
  return locator;
}

// Text (generation A: URI, else OID), or {"type": "uri" | "oid", "value": …} (D).
std::optional<Profile> read_profile(Sink& sink, const Node& at) {
  if (const std::string* text = at.value.text()) return profile_from_text(sink, at, *text);
  const auto typed = read_typed(sink, at);
  if (!typed) return std::nullopt;
  sink.needs_d = true;
  const auto text = read_text(sink, typed->value);
  if (!text) return std::nullopt;
  if (typed->type == "uri") {
    if (!is_absolute_uri(*text)) return sink.error(typed->value, quoted(*text), "an absolute URI");
    return Profile{*text};
  }
  if (typed->type != "oid") return sink.error(at, "profile type " + quoted(typed->type), "uri or oid", Errc::unsupported);
  auto oid = oid_from_text(*text);
  if (!oid) return sink.error(typed->value, oid.error());
  return Profile{std::move(*oid)};
}

std::optional<Profile> profile_from_text(Sink& sink, const Node& at, const std::string& text) {
  if (is_absolute_uri(text)) return Profile{text};
  auto oid = oid_from_text(text);
  if (!oid) return sink.error(at, quoted(text), "an absolute URI or an OID");
  return Profile{std::move(*oid)};
}

}  // namespace
}  // namespace assay::corim
