// Files that hold an attestation result in any form: JWT (compact or JSON), CWT, or bare claims in JSON or CBOR; and the keys that
// results are checked with. No command line, no output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.h"
#include "crypto/crypto.h"
#include "model/ear/ear.h"

namespace assay::ear_app {

enum class Form { jwt,
                  cwt,
                  json,
                  cbor };
std::string_view name(Form form);  // "JWT", "CWT", "claims in JSON", "claims in CBOR"

// What is in a file, without any check of signature or time.
struct Document {
  Form form = Form::jwt;
  json::Value header;  // JWT: the protected header; CWT: {"alg": name or number, "kid": hex}; else null
  ear::Ear ear;
};
Result<Document> look(ByteView content, ear::Strictness strictness = ear::Strictness::reference);

// The keys of a file with one key (any form) or a JWK set, and what the set says about their algorithms.
struct VerificationKey {
  crypto::PublicKey key;
  crypto::Sig sig;
};
// `alg`: the caller's choice for all keys; otherwise the JWK's own "alg", otherwise the usual one of the kind of key.
Result<std::vector<VerificationKey>> load_keys(const std::string& path, std::optional<crypto::Sig> alg);

struct Checked {
  ear::Ear ear;
  Form form;
  crypto::Sig sig;
};
// Signature, times, claims, nonce. Of several keys the first whose signature is good counts; where none is, the error is that of the
// last key tried whose algorithm agrees. Bare claims are refused with `missing`: there is no signature to check.
Result<Checked> verify(ByteView content, const std::vector<VerificationKey>& keys, const std::optional<Bytes>& nonce);

}  // namespace assay::ear_app
