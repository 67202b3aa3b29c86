// ECDSA verification by aws-lc-rs, where the Rust library is built in. For src/crypto alone.
#pragma once

#include <memory>

#include "crypto/crypto.h"

namespace assay::crypto {

// The key as the Rust library keeps it; empty for kinds it does not do and in builds without it.
std::shared_ptr<void> make_fast_key(KeyKind kind, ByteView point);

// Nothing if the library does not take this key or is switched off; else whether r || s is good for the message.
std::optional<bool> verify_fast(const std::shared_ptr<void>& key, KeyKind kind, Hash hash, ByteView message, ByteView signature);

}  // namespace assay::crypto
