// X.509 certificates as far as attestation needs them: parse, key, chain to given roots at a given time, one extension by OID.
#pragma once

#include "base/clock.h"
#include "crypto/crypto.h"

namespace assay::crypto {

struct CertificateImpl;

class Certificate {
 public:
  static Result<Certificate> from_der(ByteView der);
  static Result<std::vector<Certificate>> from_pem(std::string_view pem);  // one or more, at most 16
  Result<PublicKey> public_key() const;
  std::string subject() const;  // RFC 2253 form
  UnixSeconds not_before() const;
  UnixSeconds not_after() const;
  Bytes der() const;
  // The extension's extnValue content (inside the OCTET STRING), by dotted OID.
  Result<Bytes> extension(std::string_view oid) const;

  const CertificateImpl& impl() const { return *impl_; }
  explicit Certificate(std::shared_ptr<const CertificateImpl> impl) : impl_{std::move(impl)} {}

 private:
  std::shared_ptr<const CertificateImpl> impl_;
};

// A certificate revocation list (RFC 5280 §5).
struct CrlImpl;
class Crl {
 public:
  static Result<Crl> from_any(ByteView bytes);  // DER or PEM
  const CrlImpl& impl() const { return *impl_; }
  explicit Crl(std::shared_ptr<const CrlImpl> impl) : impl_{std::move(impl)} {}

 private:
  std::shared_ptr<const CrlImpl> impl_;
};

enum class Revocation {
  ignored,
  permissive,  // issuers without a list are passed over
  strict,      // every issuer of the path must have a list, and each list a nextUpdate
};
struct ChainOptions {
  Revocation revocation = Revocation::ignored;
  std::vector<Crl> lists = {};
};

// Leaf first. Builds a path from chain[0] over the others to one of `roots`, valid at `now`. Signatures, validity, basic constraints
// and path length count, and revocation as asked. Fails with `untrusted`, `stale` (a certificate or a list) or `revoked`.
Result<void> verify_chain(const std::vector<Certificate>& chain, const std::vector<Certificate>& roots, UnixSeconds now, const ChainOptions& options = {});

// It is no CA's, and if it says what its key is for, that is signing (RFC 5280 §4.2.1.3). Fails with `untrusted`.
Result<void> check_signing_leaf(const Certificate& leaf);

}  // namespace assay::crypto
