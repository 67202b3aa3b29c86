// A signing key in a PKCS#11 token: an HSM, a smart card, SoftHSM. The key never leaves it.
//
// EC keys on P-256 and P-384, through CKM_ECDSA over a digest made here. The module is loaded into this process once and stays. Sessions
// are opened as threads need them and kept. Where the token is taken away or forgets its sessions, the next signature connects anew, once
// a second at most, and insists on the same key. A PIN that was refused is not tried again before its file changes: tokens lock.
#pragma once

#include "crypto/signer.h"
#include "crypto/signer/pkcs11_uri.h"

namespace assay::crypto {

// Connects, logs in, finds the key and its public half and makes a trial signature, so that what is wrong is known at the start. Fails with
// `config` (no module, no PIN, a wrong one), `not_found` (no such token or key), `conflict` (several: the message lists them),
// `unsupported` (another kind of key), `mismatch` (halves that do not belong together), `forbidden` (a PIN that others can read),
// `unavailable` (the module fails), or as parse_pkcs11_uri does. Signing fails with `unavailable`.
Result<std::shared_ptr<const Signer>> open_pkcs11(std::string_view uri);

}  // namespace assay::crypto
