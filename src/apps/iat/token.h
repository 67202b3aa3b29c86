// A token as bytes say it is: envelope, claims by key, and for a CCA token the two tokens inside. Nothing is verified here.
#pragma once

#include "apps/iat/claims.h"
#include "envelope/cose/cose.h"

namespace assay::iat {

// How the claims are wrapped: -m of the tools.
enum class Method { sign,
                    mac,
                    raw };

struct Token {
  const TokenType* type = nullptr;
  std::optional<std::uint64_t> tag;          // around the claims-set, beyond the envelope's own
  std::optional<cose::Unverified> envelope;  // points into the parsed bytes, which must outlive the token
  Value claims;                              // usually a map; for a CCA token the claims of its members stand in theirs
  std::vector<Token> members;                // of a CCA token, in their order

  const Token* member(const TokenType& type) const;
};

struct ParseOptions {
  Method method = Method::sign;
  bool indicator = false;    // expect [263, bstr] around a CCA platform token
  bool strict_rmm2 = false;  // and around the members of a CCA token with any tag
};

// One token that fills `bytes`. The error's `what` is the whole message.
Result<Token> parse_token(ByteView bytes, const TokenType& type, const ParseOptions& options);

// CoAP Content-Format of application/eat+cwt (RFC 9782), which says in a CCA token what its members are.
inline constexpr std::uint64_t kContentFormat = 263;
inline constexpr std::uint64_t kCollectionTag = 907;        // of the CCA token drafts since 2025
inline constexpr std::uint64_t kCollectionTagLegacy = 399;  // before; its members have no content format

}  // namespace assay::iat
