// Members that profiles add to measurement values (draft-ietf-rats-corim §5: $$measurement-values-map-extension), so that they have names in
// templates and rules in validate(). A CoMID keeps them encoded, as it does all members that it does not know: Mval::unknown.
#pragma once

#include <span>

#include "codec/json/json.h"
#include "model/corim/corim.h"
#include "model/corim/problem.h"

namespace assay::corim {

class Sink;
struct Node;

struct Extension {
  std::int64_t key;
  std::string_view name;
  // A value of a template, encoded; or its problems are in the sink.
  std::optional<Bytes> (*compile)(Sink& sink, const Node& at);
  // The value in the template's form. Fails if it is none, but whatever is readable is shown: rules are `check`'s.
  Result<json::Value> (*show)(ByteView item, Generation generation);
  Result<void> (*check)(ByteView item);
};
using Extensions = std::span<const Extension>;

// None for profiles that add nothing, or that are not known here.
Extensions extensions_of(const std::optional<Profile>& profile);
const Extension* find(Extensions extensions, std::int64_t key);

// Intel TDX, OID 2.16.840.1.113741.1.16.1 (draft-cds-rats-intel-corim-profile): keys -72 to -125.
inline constexpr std::string_view kTdxProfile = "2.16.840.1.113741.1.16.1";
Extensions tdx_extensions();

}  // namespace assay::corim
