// A hash table of small numbers: which parts of which CoRIMs have a key. Keys are not in it: whoever asks compares them. Parts of one
// key come back in the order they were put in, and however many there are, putting in another costs the same.
#pragma once

#include <cstdint>
#include <vector>

namespace assay::store {

class PartTable {
 public:
  // The kind of part decides which list of its entry `index` counts in.
  enum class Kind : std::uint8_t { anchor,
                                   platform,
                                   realm,
                                   pcr,
                                   keyed };
  struct Part {
    std::uint32_t entry = 0;
    std::uint32_t kind : 4 = 0;
    std::uint32_t index : 28 = 0;
  };

  // `is_same` says whether a part, which has the same hash, has the same key, too.
  template <class IsSame>
  void put(std::uint32_t hash, Part part, const IsSame& is_same) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[find(hash, is_same)];
    const auto node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({part, hash, kNone});
    if (slot.first == kNone) {
      slot.first = node;
      ++used_;
    } else {
      nodes_[slot.last].next = node;
    }
    slot.last = node;
  }

  template <class IsSame, class Use>
  void each(std::uint32_t hash, const IsSame& is_same, const Use& use) const {
    if (slots_.empty()) return;
    for (std::uint32_t at = slots_[find(hash, is_same)].first; at != kNone; at = nodes_[at].next) use(nodes_[at].part);
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Node {
    Part part;
    std::uint32_t hash = 0;
    std::uint32_t next = kNone;
  };
  struct Slot {  // a key: its first and last node
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };

  // Where the key is, or would go.
  template <class IsSame>
  std::size_t find(std::uint32_t hash, const IsSame& is_same) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].first != kNone && !(nodes_[slots_[at].first].hash == hash && is_same(nodes_[slots_[at].first].part))) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> before(slots_.empty() ? 16 : slots_.size() * 2);
    before.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : before) {
      if (slot.first == kNone) continue;
      std::size_t at = nodes_[slot.first].hash & mask;
      while (slots_[at].first != kNone) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half of them used
  std::vector<Node> nodes_;
  std::size_t used_ = 0;
};

}  // namespace assay::store
