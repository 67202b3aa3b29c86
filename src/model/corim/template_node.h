// Inside the template reader: a place in a JSON document that knows its pointer, and the list of what is wrong with it.
#pragma once

#include <array>
#include <functional>
#include <span>

#include "base/text.h"
#include "codec/json/json.h"
#include "model/corim/template.h"

namespace assay::corim {

// A value and the way to it. Lives on the stack of the readers, below its parent; the pointer is put together when it is needed.
struct Node {
  const json::Value& value;
  const Node* parent = nullptr;
  std::string_view name = {};  // of the member; empty: `index`
  std::size_t index = 0;

  std::string pointer() const;
};

// What all readers share.
class Sink {
 public:
  // Nothing can be read here: std::nullopt, for "return sink.error(...)".
  std::nullopt_t error(const Node& at, std::string what, std::string_view expected, Errc errc = Errc::invalid);
  void warning(const Node& at, std::string what, std::string_view expected);
  // About a member of the object `at`; `perhaps`: what it is meant to be called.
  void warning_of_member(const Node& at, std::string_view member, std::string what, std::string expected, std::string_view perhaps = {});
  std::nullopt_t error(const Node& at, const Error& error);  // of a parser of texts

  explicit Sink(const TemplateOptions& options = {}) : only_a{options.only_a}, extensions{options.extensions} {}

  // Whether one more item of a list may be read. Items are many times larger in memory than in a file that means nothing by them.
  bool takes_item(const Node& list);

  const bool only_a;
  const Extensions extensions;
  ProblemList problems;
  bool needs_d = false;

 private:
  std::size_t items_ = 0;
};
inline constexpr std::size_t kMaxTemplateItems = 300000;

enum class Names { exact,
                   any_case };

// The members of one object, each taken once; null is as absent; the last of several of one name counts, and they are warned of.
class Members {
 public:
  // Says so if `at` is no object.
  Members(Sink& sink, const Node& at, Names names = Names::exact);
  bool ok() const { return object_ != nullptr; }
  std::optional<Node> take(std::string_view name);
  // Missing: an error.
  std::optional<Node> need(std::string_view name);
  // Members nobody took: warnings, with a suggestion. Integer names are kept in `unknown` where that is given.
  void finish(Unknowns* unknown, std::span<const std::string_view> known);

 private:
  void warn_of_duplicates() const;
  bool is_named(std::size_t index, std::string_view name) const;
  Sink& sink_;
  const Node& at_;
  Names names_;
  const json::Object* object_ = nullptr;
  std::vector<bool> taken_;
};

std::optional<std::string> read_text(Sink& sink, const Node& at);
std::optional<std::int64_t> read_integer(Sink& sink, const Node& at);
std::optional<std::uint64_t> read_uint(Sink& sink, const Node& at);
std::optional<bool> read_bool(Sink& sink, const Node& at);
// Standard alphabet, padded; line ends ignored. Hex that is read as base64 is warned of.
std::optional<Bytes> read_base64(Sink& sink, const Node& at);
// `text` must be base64 of bytes that are `good`; where it would be good as hex, the problem says so.
std::optional<Bytes> read_good_base64(Sink& sink, const Node& at, std::string text, const std::function<Result<void>(ByteView)>& good, Base64 alphabet = Base64::standard);

// Items of an array; those that cannot be read are left out, and are in the problems.
template <class T>
std::optional<std::vector<T>> read_list(Sink& sink, const Node& at, std::optional<T> (*read)(Sink&, const Node&)) {
  const json::Array* array = at.value.array();
  if (array == nullptr) return sink.error(at, std::string{at.value.type_name()}, "an array", Errc::malformed);
  std::vector<T> list;
  for (std::size_t i = 0; i < array->size() && sink.takes_item(at); ++i) {
    if (auto item = read(sink, Node{(*array)[i], &at, {}, i})) list.push_back(std::move(*item));
  }
  return list;
}

// {"type": T, "value": V}
struct Typed {
  std::string type;
  Node value;
};
// `at` must outlive what comes back.
std::optional<Typed> read_typed(Sink& sink, const Node& at);

std::optional<TagId> read_tag_id(Sink& sink, const Node& at);
std::optional<Digest> read_digest(Sink& sink, const Node& at);
std::optional<CryptoKey> read_key(Sink& sink, const Node& at);
std::optional<Uuid> read_uuid(Sink& sink, const Node& at);  // of the variant of RFC 4122
std::optional<Bytes> read_ueid(Sink& sink, const Node& at);
std::optional<std::uint64_t> uint_of(std::string_view text);
std::optional<Environment> read_environment(Sink& sink, const Node& at);
std::optional<Measurement> read_measurement(Sink& sink, const Node& at);
std::optional<Mkey> read_mkey(Sink& sink, const Node& at);
std::optional<std::vector<CryptoKey>> read_authorized_by(Sink& sink, const Node& at);  // a key (A), or a list of them (D)
std::optional<Validity> read_validity(Sink& sink, const Node& at);
// `roles` in the order of their numbers, the first of which is `first`.
std::optional<Entity> read_entity(Sink& sink, const Node& at, std::span<const std::string_view> roles, std::int64_t first);

// member = read(node), if the member is there.
template <class T, class U>
void take(Sink& sink, Members& members, std::string_view name, std::optional<T>& member, std::optional<U> (*read)(Sink&, const Node&)) {
  const auto node = members.take(name);
  if (!node) return;
  if (auto value = read(sink, *node)) member = std::move(*value);
}

inline constexpr std::array<std::string_view, 3> kComidRoles{"tagCreator", "creator", "maintainer"};
inline constexpr std::array<std::string_view, 2> kCorimRoles{"manifestCreator", "manifestSigner"};

}  // namespace assay::corim
