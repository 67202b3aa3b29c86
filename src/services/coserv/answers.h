// Answers to CoSERV queries out of the CoRIMs a verifier holds: endorsements for others (draft-ietf-rats-coserv).
//
// A statement is ours to repeat where its CoRIM has the query's profile and is valid now. Its environment matches a selector whose members
// are all the same as its own; members that the selector does not set match anything.
#pragma once

#include "appraise/ports.h"
#include "model/corim/coserv.h"

namespace assay::coserv {

inline constexpr UnixSeconds kMaxExpiry = 300;            // seconds that an answer may be used
inline constexpr std::size_t kMaxStatements = 100'000;    // in an answer
inline constexpr std::size_t kMaxSourceBytes = 16 << 20;  // of manifests in an answer

struct Library {
  const appraise::EndorsementStore& store;
  std::string_view tenant;
  corim::CryptoKey authority;  // of what is collected: the distributor's key
};

// The query with its results. Fails with `unsupported` (queries that depend on the state of a class), `invalid` (a selector that would
// match everything), `limit` (more than an answer has room for), or as the store does.
Result<corim::Coserv> answer(const Library& library, corim::Coserv query, UnixSeconds now);

}  // namespace assay::coserv
