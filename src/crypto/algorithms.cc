#include <array>

#include "base/text.h"
#include "crypto/crypto.h"

namespace assay::crypto {
namespace {

struct SigRow {
  Sig sig;
  std::string_view jose;
  std::int64_t cose;
  Hash hash;
};
// RFC 9053 §2, RFC 8812 §2, RFC 7518 §3.1.
constexpr std::array kSigs{
    SigRow{Sig::es256, "ES256", -7, Hash::sha256},
    SigRow{Sig::es384, "ES384", -35, Hash::sha384},
    SigRow{Sig::es512, "ES512", -36, Hash::sha512},
    SigRow{Sig::eddsa, "EdDSA", -8, Hash::sha512},
    SigRow{Sig::ps256, "PS256", -37, Hash::sha256},
    SigRow{Sig::ps384, "PS384", -38, Hash::sha384},
    SigRow{Sig::ps512, "PS512", -39, Hash::sha512},
    SigRow{Sig::rs256, "RS256", -257, Hash::sha256},
};
const SigRow& row(Sig sig) { return kSigs[static_cast<std::size_t>(sig)]; }

}  // namespace

std::string_view name(Hash hash) {
  switch (hash) {
    case Hash::sha1: return "sha-1";
    case Hash::sha224: return "sha-224";
    case Hash::sha256: return "sha-256";
    case Hash::sha384: return "sha-384";
    case Hash::sha512: return "sha-512";
  }
  return "?";
}

std::optional<Hash> hash_by_name(std::string_view text) {
  std::string plain = to_lower_ascii(text);
  std::erase(plain, '-');
  for (const Hash hash : {Hash::sha1, Hash::sha224, Hash::sha256, Hash::sha384, Hash::sha512}) {
    std::string own{name(hash)};
    std::erase(own, '-');
    if (plain == own) return hash;
  }
  return std::nullopt;
}

std::size_t size(Hash hash) {
  switch (hash) {
    case Hash::sha1: return 20;
    case Hash::sha224: return 28;
    case Hash::sha256: return 32;
    case Hash::sha384: return 48;
    case Hash::sha512: return 64;
  }
  return 0;
}

std::string_view jose_name(Sig sig) { return row(sig).jose; }
std::int64_t cose_id(Sig sig) { return row(sig).cose; }
Hash hash_of(Sig sig) { return row(sig).hash; }

std::optional<Sig> sig_by_jose_name(std::string_view text) {
  for (const SigRow& one : kSigs) {
    if (one.jose == text) return one.sig;
  }
  return std::nullopt;
}

std::optional<Sig> sig_by_cose_id(std::int64_t id) {
  for (const SigRow& one : kSigs) {
    if (one.cose == id) return one.sig;
  }
  return std::nullopt;
}

std::int64_t cose_id(Mac mac) { return 5 + static_cast<std::int64_t>(mac); }

std::optional<Mac> mac_by_cose_id(std::int64_t id) {
  if (id < 5 || id > 7) return std::nullopt;
  return static_cast<Mac>(id - 5);
}

Hash hash_of(Mac mac) { return mac == Mac::hs256 ? Hash::sha256 : mac == Mac::hs384 ? Hash::sha384
                                                                                    : Hash::sha512; }

std::string_view name(KeyKind kind) {
  switch (kind) {
    case KeyKind::p256: return "P-256";
    case KeyKind::p384: return "P-384";
    case KeyKind::p521: return "P-521";
    case KeyKind::ed25519: return "Ed25519";
    case KeyKind::rsa: return "RSA";
  }
  return "?";
}

std::size_t field_size(KeyKind kind) {
  switch (kind) {
    case KeyKind::p256: return 32;
    case KeyKind::p384: return 48;
    case KeyKind::p521: return 66;
    default: return 0;
  }
}

bool fits(Sig sig, KeyKind kind) {
  switch (sig) {
    case Sig::es256: return kind == KeyKind::p256;
    case Sig::es384: return kind == KeyKind::p384;
    case Sig::es512: return kind == KeyKind::p521;
    case Sig::eddsa: return kind == KeyKind::ed25519;
    default: return kind == KeyKind::rsa;
  }
}

Sig default_sig(KeyKind kind) {
  switch (kind) {
    case KeyKind::p256: return Sig::es256;
    case KeyKind::p384: return Sig::es384;
    case KeyKind::p521: return Sig::es512;
    case KeyKind::ed25519: return Sig::eddsa;
    case KeyKind::rsa: return Sig::ps256;
  }
  return Sig::es256;
}

}  // namespace assay::crypto
