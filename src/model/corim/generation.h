// The wire generations of CoRIM. One project deployed four that cannot read each other; all are read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::corim {

enum class Generation : std::uint8_t {
  a,  // bare map; tags as byte strings that begin with the tag; untagged profile; digests as "alg;base64" in JSON
  b,  // tag 501; tags 505 to 507 around byte strings; otherwise as A
  c,  // as B, with lists of keys in authorized-by, text measurement keys, cryptokeys, names
  d,  // profile in tag 32 or 111; digests as [alg, base64url] in JSON; dependency, membership and conditional triples
};

char letter(Generation generation);                                // 'A' …
std::optional<Generation> generation_of(std::string_view letter);  // "a", "A" …

}  // namespace assay::corim
