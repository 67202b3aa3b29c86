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

// Leaf first. Builds a path from chain[0] over the others to one of `roots`, valid at `now`. Only signatures, validity, basic
// constraints and path length count; revocation is the caller's. Fails with `untrusted` or `stale`.
Result<void> verify_chain(const std::vector<Certificate>& chain, const std::vector<Certificate>& roots, UnixSeconds now);

}  // namespace assay::crypto
