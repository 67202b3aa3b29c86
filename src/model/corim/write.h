// Inside the CoRIM writer: one function for each part, all with definite lengths, shortest heads and ascending keys. What a generation
// has no form for is `unsupported`, and named.
#pragma once

#include "codec/cbor/cbor.h"
#include "model/corim/comid.h"

namespace assay::corim {

// A map with integer keys, written in the order of encoded keys (RFC 8949 §4.2.1) whatever order they come in.
class StructWriter {
 public:
  // The writer of one member's value, until the next call.
  cbor::Writer& member(std::int64_t key);
  void add(const Unknowns& unknown);
  void write_to(cbor::Writer& out) &&;

 private:
  void finish_member();
  std::vector<std::pair<Bytes, Bytes>> entries_;
  Bytes key_;
  cbor::Writer value_;
  bool open_ = false;
};

// Each item of a list by `write`, its position in front of an error.
template <class T, class F>
Result<void> write_list(cbor::Writer& out, std::string_view where, const std::vector<T>& list, F&& write) {
  out.array(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (auto written = write(out, list[i]); !written) return std::unexpected(within(fmt::format("{} {}", where, i), std::move(written).error()));
  }
  return {};
}

void write_tag_id(cbor::Writer& out, const TagId& id);
void write_tag_identity(cbor::Writer& out, const TagIdentity& identity);
void write_uri(cbor::Writer& out, std::string_view uri);
void write_digest(cbor::Writer& out, const Digest& digest);
void write_digests(cbor::Writer& out, const Digests& digests);
void write_key(cbor::Writer& out, const CryptoKey& key);
void write_entity(cbor::Writer& out, const Entity& entity);
void write_validity(cbor::Writer& out, const Validity& validity);
Result<void> write_mkey(cbor::Writer& out, const Mkey& key, Generation generation);
Result<void> write_class(cbor::Writer& out, const Class& klass, Generation generation);
Result<void> write_instance(cbor::Writer& out, const Instance& instance, Generation generation);
void write_group_id(cbor::Writer& out, const Group& group);
Result<void> write_environment(cbor::Writer& out, const Environment& environment, Generation generation);
Result<void> write_measurement(cbor::Writer& out, const Measurement& measurement, Generation generation);
Result<void> write_measurements(cbor::Writer& out, const std::vector<Measurement>& measurements, Generation generation);
Result<void> write_value_triple(cbor::Writer& out, const ValueTriple& triple, Generation generation);
Result<void> write_key_triple(cbor::Writer& out, const KeyTriple& triple, Generation generation);
Result<void> write_conditional_triple(cbor::Writer& out, const ConditionalTriple& triple, Generation generation);
void write_key_list(cbor::Writer& out, const std::vector<CryptoKey>& keys);

// `unsupported`: this generation has no form for it.
std::unexpected<Error> not_in(Generation generation, std::string_view what, std::string_view expected);

}  // namespace assay::corim
