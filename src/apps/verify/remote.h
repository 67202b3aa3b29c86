// `assay verify --server`: the verdict of a service in place of our own. The evidence is sent with the nonce it answers; the result that
// comes back is believed only if it is signed with the service's key, and answers that nonce.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appraise/scheme.h"
#include "apps/sending.h"
#include "apps/unwrap.h"
#include "model/ear/ear.h"

namespace assay::verify {

struct RemoteOptions : sending::ServerOptions {
  std::string media_type;  // empty: by what the evidence is; else the file is sent as it stands
  std::string server_key;  // file with the key of the results; empty: what the service publishes
  bool keep_session = false;
  std::uint32_t patience = 60;  // seconds
};

struct RemoteInputs {
  Bytes file;
  std::string name;
  std::optional<std::string> entry;  // of a CMW collection
  std::optional<Bytes> nonce;
  UnixSeconds now = 0;
};

struct RemoteVerdict {
  std::string name;
  std::size_t file_size = 0;
  std::vector<std::string> unwrapped;  // steps
  std::string server;                  // shown
  std::string media_type;
  Bytes nonce;
  bool nonce_is_ours = false;  // else it was taken from the evidence
  bool key_is_ours = false;    // else the service published it
  crypto::Sig sig = crypto::Sig::es256;
  std::string jwt;
  ear::Ear ear;
  std::vector<appraise::Submod> submods;
  std::vector<std::string> said;  // what the service says is the problem
  std::vector<std::string> warnings;
  ear::Tier status = ear::Tier::none;
  int exit_status = 0;  // 0 affirming, 4 where it says that signature, key or nonce failed, else 1
};

// Fails as challenge::run; with `unauthenticated` where another key signed the result, `mismatch` where it answers another nonce,
// `missing` where no nonce or key is to be had.
Result<RemoteVerdict> judge_remotely(const RemoteOptions& options, const RemoteInputs& inputs);

// Sentences that say what to do next.
std::vector<std::string> next_steps(const RemoteVerdict& verdict);

}  // namespace assay::verify
