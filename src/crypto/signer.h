// Signing through a port: who signs does not see where the key lives. A key in memory here; one in a token in signer/pkcs11.h;
// several over time in signer/key_set.h.
//
// ECDSA signatures made here are randomized, and so differ each time: OpenSSL's own path costs a third of the RFC 6979 one of
// `crypto::sign` on P-256. Its nonce is drawn from the random generator *and* from key and digest, so that a generator that
// repeats itself does not give the key away.
#pragma once

#include "crypto/crypto.h"

namespace assay::crypto {

class Signer {
 public:
  virtual ~Signer() = default;
  virtual Sig algorithm() const = 0;
  virtual const PublicKey& public_key() const = 0;
  // `signature` as COSE and JOSE carry it: r || s for ECDSA. May be called from any number of threads.
  virtual Result<Bytes> sign(ByteView message) const = 0;
};

// A key in memory. Without `sig`: default_sig of its kind. Fails with `mismatch` where the algorithm is not for such a key.
Result<std::shared_ptr<const Signer>> soft_signer(PrivateKey key, std::optional<Sig> sig = {});

}  // namespace assay::crypto
