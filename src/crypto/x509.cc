#include "crypto/x509.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <climits>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/openssl.h"

namespace assay::crypto {

using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using StoreCtx = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;
inline void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Stack = std::unique_ptr<STACK_OF(X509), Freer<free_stack>>;

using CrlPtr = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;

struct CertificateImpl {
  X509Ptr x509;
};
struct CrlImpl {
  CrlPtr crl;
};

namespace {

constexpr std::size_t kMaxCertificates = 16;
constexpr std::size_t kMaxCrl = std::size_t{16} * 1024 * 1024;
Result<UnixSeconds> seconds_of(const ASN1_TIME* time);
Result<void> verify_chain_to(const Certificate& root, const std::vector<Certificate>& chain, UnixSeconds now, const ChainOptions& options);
int pass_over_missing_lists(int ok, X509_STORE_CTX* context);
std::string text_of(const X509_NAME* name);

}  // namespace

Result<Certificate> Certificate::from_der(ByteView der) {
  if (der.size() > kMaxKeyFile) return fail_expecting(Errc::limit, "certificate", fmt::format("{} bytes", der.size()), fmt::format("at most {}", kMaxKeyFile));
  const CleanErrors door;
  const unsigned char* at = der.data();
  X509Ptr x509{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  if (!x509) return fail(Errc::malformed, "certificate", "not X.509: {}", take_openssl_error());
  if (at != der.data() + der.size()) return fail_at(Errc::malformed, static_cast<std::size_t>(at - der.data()), "bytes behind the certificate", "nothing more");
  TRY(seconds_of(X509_get0_notBefore(x509.get())));
  TRY(seconds_of(X509_get0_notAfter(x509.get())));
  Certificate certificate{std::make_shared<const CertificateImpl>(CertificateImpl{std::move(x509)})};
  // OpenSSL reads BER, too. What is not the one encoding would have two digests.
  if (!equal(certificate.der(), der)) return fail_expecting(Errc::malformed, "certificate", "BER", "DER");
  return certificate;
}

Result<std::vector<Certificate>> Certificate::from_pem(std::string_view pem) {
  if (pem.size() > kMaxKeyFile * 4) return fail_expecting(Errc::limit, "certificates", fmt::format("{} bytes", pem.size()), fmt::format("at most {}", kMaxKeyFile * 4));
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<Certificate> all;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at)) {
    const std::size_t body_at = at + kBegin.size();
    const std::size_t end = pem.find(kEnd, body_at);
    if (end == std::string_view::npos) return fail_at(Errc::malformed, at, "a certificate that does not end", std::string{kEnd});
    if (all.size() == kMaxCertificates) return fail_expecting(Errc::limit, "certificates", "more than 16", "at most 16");
    std::string base64;
    for (const char c : pem.substr(body_at, end - body_at)) {
      if (c != '\n' && c != '\r' && c != ' ' && c != '\t') base64 += c;
    }
    const auto der = from_base64(base64);
    if (!der) return fail_at(Errc::malformed, body_at, "a certificate with broken base64", "base64 lines");
    all.push_back(TRY(from_der(*der)));
    at = end + kEnd.size();
  }
  if (all.empty()) return fail_expecting(Errc::malformed, "certificates", "none", std::string{kBegin});
  return all;
}

Result<PublicKey> Certificate::public_key() const {
  const CleanErrors door;
  const Pkey pkey{X509_get_pubkey(impl_->x509.get())};
  if (!pkey) return fail(Errc::unsupported, "certificate", "a key that cannot be read: {}", take_openssl_error());
  return within("certificate", public_half(pkey.get()));
}

std::string Certificate::subject() const { return text_of(X509_get_subject_name(impl_->x509.get())); }

// Both were read once in from_der, so they cannot fail here.
UnixSeconds Certificate::not_before() const { return seconds_of(X509_get0_notBefore(impl_->x509.get())).value(); }
UnixSeconds Certificate::not_after() const { return seconds_of(X509_get0_notAfter(impl_->x509.get())).value(); }

Bytes Certificate::der() const {
  unsigned char* raw = nullptr;
  const int length = i2d_X509(impl_->x509.get(), &raw);
  ASSAY_CHECK(length > 0);
  const Buffer owner{raw};
  return {raw, raw + length};
}

Result<Bytes> Certificate::extension(std::string_view oid) const {
  using Object = std::unique_ptr<ASN1_OBJECT, Freer<ASN1_OBJECT_free>>;
  const CleanErrors door;
  const Object object{OBJ_txt2obj(std::string{oid}.c_str(), 1)};
  if (!object) return fail(Errc::invalid, "extension", "{} is not an OID", quoted(oid));
  const int index = X509_get_ext_by_OBJ(impl_->x509.get(), object.get(), -1);
  if (index < 0) return fail(Errc::not_found, "certificate", "no extension {}", oid);
  if (X509_get_ext_by_OBJ(impl_->x509.get(), object.get(), index) >= 0) return fail(Errc::duplicate, "certificate", "extension {} twice", oid);
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(impl_->x509.get(), index));
  const unsigned char* data = ASN1_STRING_get0_data(value);
  return Bytes(data, data + ASN1_STRING_length(value));
}

Result<void> verify_chain(const std::vector<Certificate>& chain, const std::vector<Certificate>& roots, UnixSeconds now, const ChainOptions& options) {
  if (chain.empty()) return fail(Errc::missing, "certificate chain", "no certificate");
  if (chain.size() > kMaxCertificates) return fail_expecting(Errc::limit, "certificate chain", fmt::format("{} certificates", chain.size()), "at most 16");
  // One root at a time: of several with one name (a renewed root) OpenSSL would try one.
  Result<void> verdict = fail(Errc::untrusted, "certificate chain", "there is no root to trust");
  for (const Certificate& root : roots) {
    auto with_this = verify_chain_to(root, chain, now, options);
    if (with_this) return {};
    // "Expired" says more than "not this root".
    const Errc errc = with_this.error().errc;
    if (&root == &roots.front() || errc == Errc::stale || errc == Errc::revoked) verdict = std::move(with_this);
  }
  return verdict;
}

Result<Crl> Crl::from_any(ByteView bytes) {
  if (bytes.size() > kMaxCrl) return fail_expecting(Errc::limit, "CRL", fmt::format("{} bytes", bytes.size()), fmt::format("at most {}", kMaxCrl));
  const CleanErrors door;
  CrlPtr crl;
  if (as_text(bytes).find("-----BEGIN X509 CRL-----") != std::string_view::npos) {
    const Bio bio{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
    ASSAY_CHECK(bio != nullptr);
    crl.reset(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
  } else {
    const unsigned char* at = bytes.data();
    crl.reset(d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
    if (crl && at != bytes.data() + bytes.size()) return fail_at(Errc::malformed, static_cast<std::size_t>(at - bytes.data()), "bytes behind the CRL", "nothing more");
  }
  if (!crl) return fail_expecting(Errc::malformed, "CRL", "not X.509: " + take_openssl_error(), "a CRL in DER or PEM");
  return Crl{std::make_shared<const CrlImpl>(CrlImpl{std::move(crl)})};
}

Result<void> check_signing_leaf(const Certificate& leaf) {
  const CleanErrors door;
  X509* x509 = leaf.impl().x509.get();
  if (X509_check_ca(x509) != 0) return fail_expecting(Errc::untrusted, "certificate", "the certificate of a CA", "one of a signer");
  const std::uint32_t usage = X509_get_key_usage(x509);  // all bits if it does not say
  if ((usage & KU_DIGITAL_SIGNATURE) == 0) return fail_expecting(Errc::untrusted, "certificate", "a key that is not for signing", "key usage digitalSignature");
  return {};
}

namespace {

Result<UnixSeconds> seconds_of(const ASN1_TIME* time) {
  using Time = std::unique_ptr<ASN1_TIME, Freer<ASN1_TIME_free>>;
  const Time epoch{ASN1_TIME_set(nullptr, 0)};
  int days = 0;
  int seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) {
    take_openssl_error();
    return fail(Errc::malformed, "certificate", "a validity that is not a time");
  }
  return static_cast<UnixSeconds>(days) * 86400 + seconds;
}

std::string text_of(const X509_NAME* name) {
  const Bio out{BIO_new(BIO_s_mem())};
  ASSAY_CHECK(out != nullptr);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

Result<void> verify_chain_to(const Certificate& root, const std::vector<Certificate>& chain, UnixSeconds now, const ChainOptions& options) {
  const CleanErrors door;
  const Store store{X509_STORE_new()};
  const Stack others{sk_X509_new_null()};
  const StoreCtx context{X509_STORE_CTX_new()};
  ASSAY_CHECK(store && others && context);
  ASSAY_CHECK(X509_STORE_add_cert(store.get(), root.impl().x509.get()) == 1);
  for (std::size_t i = 1; i < chain.size(); ++i) ASSAY_CHECK(sk_X509_push(others.get(), chain[i].impl().x509.get()) > 0);
  ASSAY_CHECK(X509_STORE_CTX_init(context.get(), store.get(), chain[0].impl().x509.get(), others.get()) == 1);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(now));
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(kMaxCertificates));
  // Roots may be intermediates that the caller chose to trust; SHA-1 and short keys are not worth a chain.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (options.revocation != Revocation::ignored) {
    for (const Crl& crl : options.lists) {
      if (options.revocation == Revocation::strict && X509_CRL_get0_nextUpdate(crl.impl().crl.get()) == nullptr) return fail_expecting(Errc::untrusted, "CRL", "no nextUpdate", "a list that says when it ends");
      ASSAY_CHECK(X509_STORE_add_crl(store.get(), crl.impl().crl.get()) == 1);
    }
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    if (options.revocation == Revocation::permissive) X509_STORE_CTX_set_verify_cb(context.get(), pass_over_missing_lists);
  }
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);
  if (X509_verify_cert(context.get()) == 1) return {};
  const int code = X509_STORE_CTX_get_error(context.get());
  const bool time = code == X509_V_ERR_CERT_HAS_EXPIRED || code == X509_V_ERR_CERT_NOT_YET_VALID || code == X509_V_ERR_CRL_HAS_EXPIRED || code == X509_V_ERR_CRL_NOT_YET_VALID;
  const Errc errc = code == X509_V_ERR_CERT_REVOKED ? Errc::revoked : time ? Errc::stale
                                                                           : Errc::untrusted;
  const std::string where = fmt::format("certificate {} of the chain", X509_STORE_CTX_get_error_depth(context.get()));
  const bool no_issuer = code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
  const X509* at = X509_STORE_CTX_get_current_cert(context.get());
  if (!no_issuer || at == nullptr) return fail(errc, where, "{}", X509_verify_cert_error_string(code));
  return fail_expecting(errc, where, X509_verify_cert_error_string(code), "the certificate of its issuer " + printable(text_of(X509_get_issuer_name(at))) + ", in the chain or as root");
}

int pass_over_missing_lists(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL) return ok;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

}  // namespace
}  // namespace assay::crypto
