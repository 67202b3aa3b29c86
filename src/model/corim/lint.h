// Everything that is wrong with a file of endorsements, not just the first thing: templates of CoMIDs, CoRIMs and signers, environments
// and claims of CoTS, and CoMIDs, CoTS, CoSWIDs and CoRIMs in CBOR.
#pragma once

#include "codec/json/locate.h"
#include "model/corim/comid.h"
#include "model/corim/problem.h"

namespace assay::corim {

struct LintOptions {
  enum class Type { comid,
                    corim,
                    cots };
  UnixSeconds now = 0;                   // for validity
  std::optional<Generation> generation;  // what must be able to carry it; nothing: any
  std::optional<Type> type = {};         // what the file is meant to be; nothing: what it looks like
};

struct Finding {
  Problem problem;
  std::optional<json::Place> place;   // in a template
  std::optional<std::size_t> offset;  // in CBOR
  bool mended = false;                // it is not there in `LintReport::fixed`
};

struct LintReport {
  std::string_view kind;  // "CoMID template", "CoRIM, generation A" …
  std::vector<Finding> findings;
  // The file with what is mechanical mended: misspelt members, also below each other, and a byte order mark, in a template, of which
  // nothing else is touched; in CBOR what is not in the deterministic encoding, and bytes behind it, if nothing else is wrong. Empty if
  // there is nothing of the kind.
  Bytes fixed;
};

LintReport lint(ByteView bytes, const LintOptions& options);

}  // namespace assay::corim
