#include "model/corim/check.h"

#include "base/text.h"
#include "crypto/key_formats.h"
#include "crypto/x509.h"
#include "model/corim/text.h"

namespace assay::corim {

Result<void> check_ueid(ByteView ueid) {
  const std::size_t size = ueid.empty() ? 0 : ueid.size() - 1;
  const int type = ueid.empty() ? 0 : ueid[0];
  const bool good = (type == 1 && (size == 16 || size == 24 || size == 32)) || (type == 2 && (size == 6 || size == 8)) || (type == 3 && size == 14);
  if (!good) return fail_expecting(Errc::invalid, "", fmt::format("a UEID of type {:02x} and {} bytes", type, size), "01 and 16, 24 or 32 bytes, 02 and 6 or 8, 03 and 14");
  return {};
}

Result<void> check_digest(const Digest& digest) {
  const auto* number = std::get_if<std::int64_t>(&digest.algorithm);
  if (number != nullptr && *number == 0) return fail_expecting(Errc::invalid, "", "digest algorithm 0", "an id of the named information registry, 1 to 12, or a COSE algorithm");
  if (digest.value.empty()) return fail_expecting(Errc::invalid, "", "an empty digest", "its octets");
  const std::size_t size = number == nullptr ? 0 : digest_size(*number);
  if (size != 0 && digest.value.size() != size) return fail_expecting(Errc::invalid, "", fmt::format("a digest of {} bytes for {}", digest.value.size(), to_text(digest.algorithm)), fmt::format("{} bytes", size));
  return {};
}

Result<void> check_pem(std::string_view text, CryptoKey::Kind kind) {
  const bool is_key = kind == CryptoKey::Kind::pkix_key;
  const std::string_view type = is_key ? "PUBLIC KEY" : "CERTIFICATE";
  const std::string begin = fmt::format("-----BEGIN {}-----", type);
  const std::string end = fmt::format("-----END {}-----", type);
  const std::string expected = fmt::format("{} PEM {} and nothing more", kind == CryptoKey::Kind::pkix_cert_path ? "one or more" : "one", type);
  std::size_t blocks = 0;
  std::string_view rest = text;
  for (; !trim_ascii(rest).empty(); ++blocks) {
    const std::size_t start = rest.find(begin);
    const std::size_t stop = start == std::string_view::npos ? start : rest.find(end, start);
    if (stop == std::string_view::npos) return fail_expecting(Errc::invalid, "", blocks == 0 ? fmt::format("no PEM {}", type) : "text behind the PEM", expected);
    rest = rest.substr(stop + end.size());
  }
  if (blocks == 0 || (blocks > 1 && kind != CryptoKey::Kind::pkix_cert_path)) return fail_expecting(Errc::invalid, "", fmt::format("{} PEM blocks", blocks), expected);
  if (is_key) {
    if (auto key = crypto::public_key_from_pem(text); !key) return std::unexpected(std::move(key).error());
  } else if (auto chain = crypto::Certificate::from_pem(text); !chain) {
    return std::unexpected(std::move(chain).error());
  }
  return {};
}

Result<void> check_key(const CryptoKey& key) {
  switch (key.kind) {
    case CryptoKey::Kind::pkix_key:
    case CryptoKey::Kind::pkix_cert:
    case CryptoKey::Kind::pkix_cert_path: return check_pem(std::get<std::string>(key.value), key.kind);
    case CryptoKey::Kind::der_cert:
      if (auto certificate = crypto::Certificate::from_der(std::get<Bytes>(key.value)); !certificate) return std::unexpected(std::move(certificate).error());
      return {};
    case CryptoKey::Kind::bytes:
      if (std::get<Bytes>(key.value).empty()) return fail_expecting(Errc::invalid, "", "no bytes", "at least one");
      return {};
    default: return {};  // digests are checked where they are read, COSE_Keys are carried
  }
}

Result<void> check_environment(const Environment& environment) {
  if (!environment.klass && !environment.instance && !environment.group) return fail_expecting(Errc::invalid, "", "an empty environment", "a class, an instance or a group");
  if (!environment.klass) return {};
  const Class& klass = *environment.klass;
  if (!klass.id && !klass.vendor && !klass.model && !klass.layer && !klass.index) return fail_expecting(Errc::invalid, "/class", "an empty class", "an id, a vendor, a model, a layer or an index");
  return {};
}

}  // namespace assay::corim
