#include "store/memory/packed_references.h"

#include <algorithm>
#include <map>

#include "model/corim/comid.h"

namespace assay::store {

using appraise::KeyedReference;
using appraise::PcrReference;
using appraise::PlatformReference;
using appraise::RealmReference;
using appraise::ReferenceComponent;
using appraise::ReferenceConfig;
using appraise::ReferenceValues;

namespace {

// A triple in memory takes sixty times as much as in a file.
std::optional<Bytes> encoded(corim::ValueTriple& triple);
std::optional<corim::ValueTriple> decoded(ByteView bytes);

}  // namespace

class PackedReferences::Writer {
 public:
  explicit Writer(PackedReferences& to) : to_{to} {}

  std::uint32_t offset() const { return static_cast<std::uint32_t>(to_.packed_.size()); }
  // Seven bits a byte, the lowest first.
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to_.packed_.push_back(static_cast<std::uint8_t>(value | 0x80));
    to_.packed_.push_back(static_cast<std::uint8_t>(value));
  }
  void bytes(ByteView value) {
    number(value.size());
    append(to_.packed_, value);
  }
  void bytes(const std::optional<Bytes>& value) {
    number(value ? 1 : 0);
    if (value) bytes(ByteView{*value});
  }
  void word(ByteView value) {
    const auto [at, is_new] = words_.try_emplace(to_bytes(value), to_.words_.size());
    if (is_new) to_.words_.push_back(at->first);
    number(at->second + 1);
  }
  void word(const std::optional<Bytes>& value) { value ? word(ByteView{*value}) : number(0); }
  void word(const std::optional<std::string>& value) { value ? word(as_bytes(*value)) : number(0); }
  void scheme(std::string_view name) {
    const auto found = std::ranges::find(to_.schemes_, name);
    number(static_cast<std::uint64_t>(found - to_.schemes_.begin()));
    if (found == to_.schemes_.end()) to_.schemes_.push_back(name);
  }
  // As what it has in common with another text, and the rest.
  void after(std::string_view base, std::string_view value) {
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(base, value).in1 - base.begin());
    number(common);
    bytes(as_bytes(value.substr(common)));
  }
  void origin(const std::string& value) {
    if (to_.origin_.empty()) to_.origin_ = value;
    after(to_.origin_, value);
  }

 private:
  PackedReferences& to_;
  std::map<Bytes, std::size_t> words_;
};

// Reads back what the writer above wrote, in the same order.
class PackedReferences::Reader {
 public:
  Reader(const PackedReferences& from, std::uint32_t offset) : from_{from}, rest_{ByteView{from.packed_}.subspan(offset)} {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = rest_.front();
      rest_ = rest_.subspan(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  }
  ByteView view() {
    const std::size_t size = number();
    const ByteView value = rest_.first(size);
    rest_ = rest_.subspan(size);
    return value;
  }
  Bytes bytes() { return to_bytes(view()); }
  std::optional<Bytes> optional_bytes() { return number() != 0 ? std::optional{bytes()} : std::nullopt; }
  std::optional<Bytes> word() {
    const std::uint64_t index = number();
    return index != 0 ? std::optional{from_.words_[index - 1]} : std::nullopt;
  }
  std::optional<std::string> text_word() {
    const std::uint64_t index = number();
    return index != 0 ? std::optional{to_string(from_.words_[index - 1])} : std::nullopt;
  }
  std::string_view scheme() { return from_.schemes_[number()]; }
  std::string after(std::string_view base) {
    std::string value{base.substr(0, number())};
    value += as_text(view());
    return value;
  }
  std::string origin() { return after(from_.origin_); }

 private:
  const PackedReferences& from_;
  ByteView rest_;
};

PackedReferences::PackedReferences(ReferenceValues values) {
  Writer out{*this};
  for (const PlatformReference& one : values.platforms) {
    platforms_.push_back(out.offset());
    out.bytes(ByteView{one.implementation_id});
    out.bytes(one.instance_id);
    out.scheme(one.scheme);
    out.origin(one.origin);
    out.number(one.components.size());
    for (const ReferenceComponent& component : one.components) {
      out.word(component.type);
      out.word(component.version);
      out.word(component.signer_id);
      out.bytes(ByteView{component.value});
      out.after(one.origin, component.origin);
    }
    out.number(one.configs.size());
    for (const ReferenceConfig& config : one.configs) {
      out.bytes(ByteView{config.value});
      out.bytes(config.mask);
    }
  }
  for (const RealmReference& one : values.realms) {
    realms_.push_back(out.offset());
    out.bytes(ByteView{one.initial_measurement});
    out.scheme(one.scheme);
    out.origin(one.origin);
    out.bytes(one.personalization_value);
    out.number(one.extensible_measurements.size());
    for (const auto& measurement : one.extensible_measurements) out.bytes(measurement);
  }
  for (const PcrReference& one : values.pcrs) {
    pcrs_.push_back(out.offset());
    out.bytes(ByteView{one.platform_id});
    out.scheme(one.scheme);
    out.origin(one.origin);
    out.number(one.pcr ? 1 : 0);
    if (one.pcr) out.number(*one.pcr);
    const auto* name = std::get_if<std::string>(&one.digest.algorithm);
    out.number(name != nullptr ? 1 : 0);
    if (name != nullptr) out.word(as_bytes(*name));
    else out.number(static_cast<std::uint64_t>(std::get<std::int64_t>(one.digest.algorithm)));
    out.bytes(ByteView{one.digest.value});
  }
  for (KeyedReference& one : values.keyed) {
    keyed_.push_back(out.offset());
    const auto triple = encoded(one.triple);
    out.number(triple ? 1 : 0);
    if (triple) {
      out.scheme(one.scheme);
      out.origin(one.origin);
      out.bytes(ByteView{*triple});
    } else {
      out.number(odd_.size());
      odd_.push_back(std::move(one));
    }
  }
  packed_.shrink_to_fit();
  platforms_.shrink_to_fit();
  realms_.shrink_to_fit();
  pcrs_.shrink_to_fit();
  keyed_.shrink_to_fit();
}

PlatformReference PackedReferences::platform(std::size_t i) const {
  Reader in{*this, platforms_[i]};
  PlatformReference one;
  one.implementation_id = in.bytes();
  one.instance_id = in.optional_bytes();
  one.scheme = in.scheme();
  one.origin = in.origin();
  one.components.resize(in.number());
  for (ReferenceComponent& component : one.components) {
    component.type = in.text_word();
    component.version = in.text_word();
    component.signer_id = in.word();
    component.value = in.bytes();
    component.origin = in.after(one.origin);
  }
  one.configs.resize(in.number());
  for (ReferenceConfig& config : one.configs) {
    config.value = in.bytes();
    config.mask = in.optional_bytes();
  }
  return one;
}

RealmReference PackedReferences::realm(std::size_t i) const {
  Reader in{*this, realms_[i]};
  RealmReference one;
  one.initial_measurement = in.bytes();
  one.scheme = in.scheme();
  one.origin = in.origin();
  one.personalization_value = in.optional_bytes();
  one.extensible_measurements.resize(in.number());
  for (auto& measurement : one.extensible_measurements) measurement = in.optional_bytes();
  return one;
}

PcrReference PackedReferences::pcr(std::size_t i) const {
  Reader in{*this, pcrs_[i]};
  PcrReference one;
  one.platform_id = in.bytes();
  one.scheme = in.scheme();
  one.origin = in.origin();
  if (in.number() != 0) one.pcr = in.number();
  if (in.number() != 0) one.digest.algorithm = in.text_word().value_or("");
  else one.digest.algorithm = static_cast<std::int64_t>(in.number());
  one.digest.value = in.bytes();
  return one;
}

KeyedReference PackedReferences::keyed(std::size_t i) const {
  Reader in{*this, keyed_[i]};
  if (in.number() == 0) return odd_[in.number()];
  KeyedReference one;
  one.scheme = in.scheme();
  one.origin = in.origin();
  if (auto triple = decoded(in.view())) one.triple = std::move(*triple);
  return one;
}

ByteView PackedReferences::id_at(std::uint32_t offset) const { return Reader{*this, offset}.view(); }

namespace {

// Nothing where what is read back would be something else.
std::optional<Bytes> encoded(corim::ValueTriple& triple) {
  corim::Comid comid;
  comid.identity.id = std::string{"packed"};
  comid.triples.reference_values.push_back(std::move(triple));
  auto bytes = corim::write_comid(comid, corim::Generation::d);
  triple = std::move(comid.triples.reference_values.front());
  const auto again = bytes ? decoded(*bytes) : std::nullopt;
  return again == triple ? std::optional{std::move(*bytes)} : std::nullopt;
}

std::optional<corim::ValueTriple> decoded(ByteView bytes) {
  auto comid = corim::read_comid(bytes);
  if (!comid || comid->triples.reference_values.size() != 1) return std::nullopt;
  return std::move(comid->triples.reference_values.front());
}

}  // namespace
}  // namespace assay::store
