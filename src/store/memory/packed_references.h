// Reference values of one CoRIM in as few bytes as they need: a store may hold a million of them, and reads a handful at a time.
// Immutable; what is unpacked is the caller's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "appraise/reference.h"

namespace assay::store {

class PackedReferences {
 public:
  explicit PackedReferences(appraise::ReferenceValues values);

  std::size_t platforms() const { return platforms_.size(); }
  std::size_t realms() const { return realms_.size(); }
  std::size_t pcrs() const { return pcrs_.size(); }
  std::size_t keyed() const { return keyed_.size(); }
  appraise::PlatformReference platform(std::size_t i) const;
  appraise::RealmReference realm(std::size_t i) const;
  appraise::PcrReference pcr(std::size_t i) const;
  appraise::KeyedReference keyed(std::size_t i) const;

  // What each is looked up by, without unpacking it: implementation, initial measurement, platform. Views into this.
  ByteView platform_id(std::size_t i) const { return id_at(platforms_[i]); }
  ByteView realm_id(std::size_t i) const { return id_at(realms_[i]); }
  ByteView pcr_id(std::size_t i) const { return id_at(pcrs_[i]); }

 private:
  class Writer;
  class Reader;
  ByteView id_at(std::uint32_t offset) const;

  Bytes packed_;                          // one after the other, each with its id in front
  std::vector<std::uint32_t> platforms_;  // where each begins
  std::vector<std::uint32_t> realms_;
  std::vector<std::uint32_t> pcrs_;
  std::vector<Bytes> words_;               // what many have in common: signers, types, versions
  std::vector<std::string_view> schemes_;  // of the registry, which outlives everything
  std::string origin_;                     // what others begin like
  std::vector<std::uint32_t> keyed_;
  std::vector<appraise::KeyedReference> odd_;  // which no generation of today writes
};

}  // namespace assay::store
