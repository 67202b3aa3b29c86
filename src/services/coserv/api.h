// CoSERV over HTTP (draft-ietf-rats-coserv §6): endorsements for whoever asks, in CBOR, signed if the client wants it so.
#pragma once

#include "appraise/ports.h"
#include "crypto/signer/key_set.h"
#include "net/server.h"

namespace assay::coserv {

inline constexpr std::string_view kQueryPath = "/endorsement-distribution/v1/coserv/";
inline constexpr std::string_view kDiscoveryPath = "/.well-known/coserv-configuration";
inline constexpr std::size_t kMaxQuery = 8192;  // characters of a path

struct Service {
  const appraise::EndorsementStore& store;           // outlives it
  std::span<const appraise::Scheme* const> schemes;  // whose profiles are offered
  std::function<crypto::ActiveKey()> key;            // that signs answers now
  std::string version;
};

struct Answered {
  net::Answer answer;
  std::string log = {};
};

// Is it a path of this interface, with a method it knows?
bool is_path(std::string_view method, std::string_view path);
// Thread-safe. What is wrong with a query is said in CBOR (RFC 9290), as clients of the reference expect: 400, 406.
Answered answer(const Service& service, const net::Incoming& request, std::string_view tenant, UnixSeconds now);

}  // namespace assay::coserv
