// What an appraisal needs of the world outside, as ports: implemented in store/, handed in by whoever runs a service.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "appraise/endorsements.h"
#include "appraise/scheme.h"

namespace assay::appraise {

// One CoRIM as it was received. What is judged by is decoded from it; what is kept, exported and audited is this.
struct StoredCorim {
  std::string tenant;
  std::string id;      // of the CoRIM: its text, or its UUID in text form
  std::string scheme;  // name of the scheme its profile belongs to
  std::string profile;
  std::string media_type;  // as submitted, in normal form
  std::string signer;      // empty: unsigned
  UnixSeconds added = 0;
  std::optional<corim::Validity> validity;
  Bytes bytes;
};

// Trust anchors and reference values, per tenant. All functions are thread-safe; what they return is the caller's own.
class EndorsementStore {
 public:
  virtual ~EndorsementStore() = default;
  enum class Added { fresh,
                     known };
  // All or nothing. The same bytes under the same id once more are `known`, and change nothing. Fails with `conflict` for other content
  // under an id that is there, `exhausted` where the store is full, `io` where it cannot be kept.
  virtual Result<Added> add(StoredCorim corim, Endorsements endorsements) = 0;
  // What is endorsed of that device, by CoRIMs that are valid at `now`. Nothing is an answer, too.
  virtual Result<Endorsements> find(std::string_view tenant, const Scheme& scheme, const Identity& identity, UnixSeconds now) const = 0;
  // All CoRIMs, in the order they were added.
  virtual Result<std::vector<StoredCorim>> list(std::string_view tenant) const = 0;
  // The same one after the other, for those that need not hold all at once; an error of `visit` ends it.
  virtual Result<void> visit(std::string_view tenant, const std::function<Result<void>(const StoredCorim&)>& visit) const {
    const auto all = TRY(list(tenant));
    for (const StoredCorim& one : all) TRY(visit(one));
    return {};
  }
  virtual Result<void> clear(std::string_view tenant) = 0;
};

// A rule of the owner's, in Rego, for one attestation scheme: "ARM_CCA".
struct StoredPolicy {
  std::string tenant;
  std::string scheme;
  std::string uuid;
  std::string name;  // not unique
  std::string rules;
  UnixSeconds created = 0;
  bool active = false;
};

// At most one policy of a scheme is active. All functions are thread-safe.
class PolicyStore {
 public:
  virtual ~PolicyStore() = default;
  // It is inactive, whatever `active` says. Fails with `conflict` where tenant and scheme have one of that UUID, `exhausted` where the
  // store is full, `io` where it cannot be kept.
  virtual Result<void> add(StoredPolicy policy) = 0;
  // Of one scheme, or of all if that is empty; oldest first.
  virtual Result<std::vector<StoredPolicy>> policies(std::string_view tenant, std::string_view scheme) const = 0;
  virtual Result<std::optional<StoredPolicy>> active_policy(std::string_view tenant, std::string_view scheme) const = 0;
  // All others of the scheme become inactive, at once. Fails with `not_found`.
  virtual Result<void> activate(std::string_view tenant, std::string_view scheme, std::string_view uuid) = 0;
  virtual Result<void> deactivate(std::string_view tenant, std::string_view scheme) = 0;
  virtual Result<void> clear_policies(std::string_view tenant) = 0;
};

// A challenge: a nonce that is answered once.
struct Session {
  enum class Status { waiting,
                      processing,
                      complete,
                      failed };
  std::string tenant;
  std::string id;  // UUID, lower case
  Bytes nonce;
  UnixSeconds expiry = 0;
  Status status = Status::waiting;
  std::string evidence_type = {};
  Bytes evidence = {};
  std::string result = {};  // EAR, JWT
};

// Sessions; one that has expired is gone. All functions are thread-safe, between replicas of a service too where they share a store.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  // Fails with `exhausted` where too many are open, `conflict` where the tenant has one of that id.
  virtual Result<void> open(Session session, UnixSeconds now) = 0;
  // Fails with `not_found`.
  virtual Result<Session> session(std::string_view tenant, std::string_view id, UnixSeconds now) const = 0;
  // Its nonce is used from now on: nobody else can answer it. Fails with `not_found`, or `conflict` where it was answered before.
  virtual Result<Session> claim(std::string_view tenant, std::string_view id, UnixSeconds now) = 0;
  // What became of a claimed one: status, evidence, result. Nothing happens where it was deleted meanwhile.
  virtual Result<void> finish(Session session) = 0;
  virtual Result<void> erase_session(std::string_view tenant, std::string_view id) = 0;
  virtual Result<std::size_t> open_sessions(UnixSeconds now) const = 0;
};

// One home for all three. Whatever needs a database that cannot be reached fails with `unavailable`. `ready` says whether it can be used now: what a load balancer asks.
class Store : public EndorsementStore, public PolicyStore, public SessionStore {
 public:
  using EndorsementStore::add;
  using PolicyStore::add;
  virtual Result<void> ready() const = 0;
  // Do sessions, `find` and `active_policy` answer from this process's memory, so that whoever asks need not reckon with waiting?
  virtual bool answers_from_memory() const { return false; }
};

}  // namespace assay::appraise
