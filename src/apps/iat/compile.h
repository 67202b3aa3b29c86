// From YAML to token: names to keys, lifecycles to numbers, and the envelopes around.
#pragma once

#include <functional>

#include "apps/iat/claims.h"

namespace assay::iat {

// The claims of a token that is no collection, in their order. Fails with `invalid` and the path of a claim that the type does not
// have, of a lifecycle that is none, or of a list or map that is expected and not there. Nothing else is checked: the tool also
// makes tokens that must not verify.
Result<Bytes> encode_claims(const TokenType& type, const Value& claims);

// Wraps the payload of one token.
using Wrap = std::function<Result<Bytes>(const TokenType& type, ByteView payload)>;

// A whole token. The members of a CCA token are wrapped each, and get the content format in front.
Result<Bytes> compile_claims(const TokenType& type, const Value& claims, const Wrap& wrap);

// [263, token]
Bytes with_indicator(ByteView token);

}  // namespace assay::iat
