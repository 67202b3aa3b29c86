// What differs between two CoRIMs in what they say, whatever their encoding, generation or order.
#pragma once

#include "model/corim/comid.h"

namespace assay::corim {

struct Change {
  enum class Kind { added,
                    removed,
                    changed };
  Kind kind = Kind::changed;
  std::string subject;  // "reference value of class acme…, psa.refval-id BL": what it is about
  std::string before;   // JSON in templates' words, digests and ids in hex; empty if added
  std::string after;    // empty if removed
  bool operator==(const Change&) const = default;
};

// Members of the envelope, then what each triple says of each environment. CoSWID and CoTS are compared as octets. An implementation id
// is one in either dialect. In the order of subjects. Fails if a CoMID inside cannot be read.
Result<std::vector<Change>> diff(const Corim& before, const Corim& after);

}  // namespace assay::corim
