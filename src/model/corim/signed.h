// Signed CoRIM (draft-ietf-rats-corim §4.2): a COSE_Sign1 whose payload is an unsigned CoRIM of any generation and whose protected
// header names the signer.
//
// Reading refuses: another content type than application/rim+cbor, a signer that is missing or is no byte string, the hash envelope
// (labels 258 to 260), and what read_corim refuses. CWT claims (label 15) may stand for the signer's particulars (draft 11); where both
// are there, the validity is what both allow. It is not compared with a clock here.
#pragma once

#include "crypto/x509.h"
#include "envelope/cose/cose.h"
#include "model/corim/template.h"

namespace assay::corim {

// A COSE_Sign1, maybe behind the wrappers of old? However the tags' heads are written.
bool looks_signed(ByteView bytes);

// Before anybody checked the signature. Points into the bytes, which must outlive it.
struct UnverifiedSigned {
  cose::Unverified message;
  Meta meta;
  Corim corim;
};
Result<UnverifiedSigned> read_signed(ByteView bytes);

// The CoRIM once the signature is good. Fails with `unauthenticated`, `unsupported` (algorithm) or `mismatch` (key).
Result<Verified<Corim>> verify_signed(const UnverifiedSigned& message, const crypto::PublicKey& key);

// By the chain in the header: the leaf signs and is no CA, a path leads to `roots` that is valid at `now`, and nothing on it is revoked
// by the lists of `options`.
Result<Verified<Corim>> verify_signed(const UnverifiedSigned& message, const std::vector<crypto::Certificate>& roots, UnixSeconds now, const crypto::ChainOptions& options = {});

// Those of the chain in the header, leaf first; nobody checked them.
Result<std::vector<crypto::Certificate>> certificates_of(const UnverifiedSigned& message);

struct SignCorimOptions {
  Meta meta;
  std::optional<Bytes> kid = {};        // generation D writes it, into the protected header
  std::vector<Bytes> x5chain = {};      // DER, leaf first
  std::optional<crypto::Sig> sig = {};  // default: the key's own
};
// `payload`: an unsigned CoRIM, signed as it stands.
Result<Bytes> sign_corim(ByteView payload, const crypto::PrivateKey& key, const SignCorimOptions& options);

}  // namespace assay::corim
