#include "model/corim/coswid_shapes.h"

#include <algorithm>
#include <array>

#include "model/corim/text.h"

namespace assay::corim {
namespace {

using enum SwidType;
using Presence = SwidPresence;
using Words = SwidWords;
using Shape = SwidShape;

constexpr SwidField text_member(int key, std::string_view name, Presence presence = Presence::optional) { return {.key = key, .name = name, .presence = presence}; }
constexpr SwidField member(int key, std::string_view name, SwidType type, Presence presence = Presence::optional) { return {.key = key, .name = name, .type = type, .presence = presence}; }
constexpr SwidField words_member(int key, std::string_view name, SwidType type, Words words, Presence presence = Presence::optional) { return {.key = key, .name = name, .type = type, .presence = presence, .words = words}; }
constexpr SwidField map_member(int key, std::string_view name, SwidType type, Shape shape, Presence presence = Presence::optional) { return {.key = key, .name = name, .type = type, .presence = presence, .shape = shape}; }

constexpr SwidField kLang = text_member(15, "lang");
constexpr SwidField kDirectories = map_member(16, "directory", maps, Shape::directory);
constexpr SwidField kFiles = map_member(17, "file", maps, Shape::file);
constexpr SwidField kProcesses = map_member(18, "process", maps, Shape::process);
constexpr SwidField kResources = map_member(19, "resource", maps, Shape::resource);
constexpr SwidField kKey = member(22, "key", boolean);
constexpr SwidField kLocation = text_member(23, "location");
constexpr SwidField kFsName = text_member(24, "fs-name", Presence::needed);
constexpr SwidField kRoot = text_member(25, "root");

// The orders are those of the reference library for CoSWID; tests/vectors/cocli/edge-cases/coswid.jsonl shows them.
constexpr std::array kTag{
    kLang,
    member(0, "tag-id", tag_id, Presence::needed),
    member(12, "tag-version", integer, Presence::defaulted),
    member(8, "corpus", flag),
    member(9, "patch", flag),
    member(11, "supplemental", flag),
    text_member(1, "software-name", Presence::defaulted),
    text_member(13, "software-version"),
    words_member(14, "version-scheme", label, Words::scheme),
    text_member(10, "media"),
    map_member(5, "software-meta", maps, Shape::meta),
    map_member(2, "entity", maps, Shape::entity, Presence::needed),
    map_member(4, "link", maps, Shape::link),
    map_member(6, "payload", map, Shape::payload),
    map_member(3, "evidence", map, Shape::evidence),
};
constexpr auto kAbbreviated = [] {
  auto fields = kTag;
  for (SwidField& field : fields) {
    if (field.name != "entity") field.presence = Presence::optional;
  }
  return fields;
}();
constexpr std::array kEntity{
    kLang,
    text_member(31, "entity-name", Presence::needed),
    text_member(32, "reg-id"),
    words_member(33, "role", labels, Words::role, Presence::needed),
    member(34, "thumbprint", hash),
};
constexpr std::array kLink{
    kLang,
    text_member(37, "artifact"),
    text_member(38, "href", Presence::needed),
    text_member(10, "media"),
    words_member(39, "ownership", label, Words::ownership),
    words_member(40, "rel", label, Words::relation, Presence::needed),
    text_member(41, "media-type"),
    words_member(42, "use", label, Words::use),
};
constexpr std::array kMeta{
    kLang,
    text_member(43, "activation-status"),
    text_member(44, "channel-type"),
    text_member(45, "colloquial-version"),
    text_member(46, "description"),
    text_member(47, "edition"),
    member(48, "entitlement-data-required", boolean),
    text_member(49, "entitlement-key"),
    member(50, "generator", tag_id),
    text_member(51, "persistent-id"),
    text_member(52, "product"),
    text_member(53, "product-family"),
    text_member(54, "revision"),
    text_member(55, "summary"),
    text_member(56, "unspsc-code"),
    text_member(57, "unspsc-version"),
};
constexpr std::array kPayload{kLang, kDirectories, kFiles, kProcesses, kResources};
constexpr std::array kEvidence{kLang, kDirectories, kFiles, kProcesses, kResources, member(35, "date", date, Presence::null_else), text_member(36, "device-id")};
// Without lang, which the reference library loses here; equal bytes matter more than this word.
constexpr std::array kDirectory{kKey, kLocation, kFsName, kRoot, map_member(26, "path-elements", map, Shape::path_elements, Presence::null_else)};
constexpr std::array kPathElements{kDirectories, kFiles};
constexpr std::array kFile{kLang, kKey, kLocation, kFsName, kRoot, member(20, "size", uint), text_member(21, "file-version"), member(7, "hash", hash)};
constexpr std::array kProcess{kLang, text_member(27, "process-name", Presence::needed), member(28, "pid", integer)};
constexpr std::array kResource{kLang, text_member(29, "type", Presence::needed)};

// The words for 1, 2, … (IANA "Software ID Values").
constexpr std::array<std::string_view, 6> kRoles{"tagCreator", "softwareCreator", "aggregator", "distributor", "licensor", "maintainer"};
constexpr std::array<std::string_view, 3> kOwnerships{"abandon", "private", "shared"};
constexpr std::array<std::string_view, 11> kRelations{"ancestor", "component", "feature", "installationmedia", "packageinstaller", "parent", "patches", "requires", "see-also", "supersedes", "supplemental"};
constexpr std::array<std::string_view, 3> kUses{"optional", "required", "recommended"};

std::span<const std::string_view> list_of(Words words) {
  switch (words) {
    case Words::role: return kRoles;
    case Words::ownership: return kOwnerships;
    case Words::relation: return kRelations;
    case Words::use: return kUses;
    default: return {};
  }
}

}  // namespace

bool SwidMap::operator==(const SwidMap& other) const { return members == other.members; }

std::span<const SwidField> fields_of(SwidShape shape) {
  switch (shape) {
    case Shape::tag: return kTag;
    case Shape::abbreviated: return kAbbreviated;
    case Shape::entity: return kEntity;
    case Shape::link: return kLink;
    case Shape::meta: return kMeta;
    case Shape::payload: return kPayload;
    case Shape::evidence: return kEvidence;
    case Shape::directory: return kDirectory;
    case Shape::path_elements: return kPathElements;
    case Shape::file: return kFile;
    case Shape::process: return kProcess;
    case Shape::resource: return kResource;
  }
  return {};
}

std::optional<std::size_t> field_at(SwidShape shape, std::int64_t key) {
  const auto fields = fields_of(shape);
  const auto found = std::ranges::find(fields, key, &SwidField::key);
  if (found == fields.end()) return std::nullopt;
  return static_cast<std::size_t>(found - fields.begin());
}

const SwidValue* find_member(const SwidMap& map, int key) {
  const auto found = std::ranges::find(map.members, key, &SwidMember::key);
  return found == map.members.end() ? nullptr : &found->value;
}

std::string_view word_of(SwidWords words, std::int64_t number) {
  if (words == Words::scheme) return scheme_name(number);
  const auto list = list_of(words);
  if (number < 1 || number > static_cast<std::int64_t>(list.size())) return {};
  return list[static_cast<std::size_t>(number - 1)];
}

std::optional<std::int64_t> number_of(SwidWords words, std::string_view word) {
  if (words == Words::scheme) return scheme_id(word);
  const auto list = list_of(words);
  const auto found = std::ranges::find(list, word);
  if (found == list.end()) return std::nullopt;
  return found - list.begin() + 1;
}

SwidLabel label_of(SwidWords words, std::string_view text) {
  if (const auto number = number_of(words, text)) return *number;
  return std::string{text};
}

Result<SwidMap> assemble(SwidShape shape, std::vector<std::optional<SwidValue>> values) {
  const auto fields = fields_of(shape);
  SwidMap map;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const SwidField& field = fields[i];
    if (!values[i] && field.presence == Presence::needed) return fail_expecting(Errc::missing, "", fmt::format("no {} (key {})", field.name, field.key), "this mandatory member");
    if (!values[i] && field.presence == Presence::defaulted) values[i] = field.type == text ? SwidValue{std::string{}} : SwidValue{std::int64_t{0}};
    if (values[i]) map.members.push_back({field.key, std::move(*values[i])});
  }
  return map;
}

}  // namespace assay::corim
