// What the store holds, for its managers: `GET /assay/v1/store`, and `DELETE`, which empties it (endorsements and policies of the tenant).
//
// {"corims": [{"id", "scheme", "profile", "media-type", "signer", "added", "not-before", "not-after", "bytes"}],
//  "trust-anchors": [record], "endorsements": [record], "policies": [policy], "truncated": bool}. Records are those of Veraison's stores
// (appraise/records.h); beyond kMaxRecords of them only CoRIMs are listed.
#pragma once

#include "appraise/ports.h"
#include "net/server.h"

namespace assay::inventory {

inline constexpr std::string_view kPath = "/assay/v1/store";
inline constexpr std::size_t kMaxRecords = 10'000;
inline constexpr std::size_t kMaxListed = 10'000;  // CoRIMs

struct Service {
  appraise::Store& store;  // outlives it
  std::span<const appraise::Scheme* const> schemes;
  appraise::Rule rule = appraise::Rule::assay;
};
struct Answered {
  net::Answer answer;
  std::string log = {};  // what was changed
};

// Is it a path of this interface, with a method it knows?
bool is_path(std::string_view method, std::string_view path);
// Thread-safe.
Answered answer(const Service& service, const net::Incoming& request, std::string_view tenant);

}  // namespace assay::inventory
