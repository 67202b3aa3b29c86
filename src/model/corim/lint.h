// Everything that is wrong with a file of endorsements, not just the first thing: templates of CoMIDs, CoRIMs, signers and environments
// of CoTS, and CoMIDs, CoTS, CoSWIDs and CoRIMs in CBOR.
#pragma once

#include "codec/json/locate.h"
#include "model/corim/comid.h"
#include "model/corim/problem.h"

namespace assay::corim {

struct LintOptions {
  UnixSeconds now = 0;                   // for validity
  std::optional<Generation> generation;  // what must be able to carry it; nothing: any
};

struct Finding {
  Problem problem;
  std::optional<json::Place> place;   // in a template
  std::optional<std::size_t> offset;  // in CBOR
};

struct LintReport {
  std::string_view kind;  // "CoMID template", "CoRIM, generation A" …
  std::vector<Finding> findings;
  // The file as it should be, if what is wrong is mechanical: misspelt members, the old form of a digest; CBOR that is not in the shortest
  // deterministic form, bytes behind it. Empty if nothing is to be changed, or if something else is wrong.
  Bytes fixed;
};

// Fails only where the bytes are neither JSON nor CBOR of one of the kinds, at all.
Result<LintReport> lint(ByteView bytes, const LintOptions& options);

}  // namespace assay::corim
