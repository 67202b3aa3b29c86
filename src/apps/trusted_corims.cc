#include "apps/trusted_corims.h"

#include <algorithm>
#include <filesystem>

#include "appraise/scheme.h"
#include "apps/endorsements.h"
#include "apps/files.h"
#include "base/text.h"
#include "model/corim/signed.h"

namespace assay::inputs {
namespace {

constexpr std::array<std::string_view, 3> kExtensions{".cbor", ".cose", ".corim"};

struct Named {
  std::string path;
  bool is_of_folder = false;
};
struct Believed {
  corim::Corim corim;
  EndorsementSource source;
};

Result<std::vector<Named>> files_of(const std::string& path);
Result<void> load_one(const std::string& file, const EndorsementTrust& trust, TrustedCorims& to);
Result<Believed> read(const std::string& file, ByteView bytes, const EndorsementTrust& trust);
Result<Believed> verify(const std::string& file, const corim::UnverifiedSigned& message, const EndorsementTrust& trust);
Result<Believed> verify_chain(const corim::UnverifiedSigned& message, const EndorsementTrust& trust);

}  // namespace

Result<TrustedCorims> load_endorsements(std::span<const std::string> paths, const EndorsementTrust& trust) {
  TrustedCorims all;
  for (const std::string& path : paths) {
    for (const auto& [file, is_of_folder] : TRY(files_of(path))) {
      auto loaded = load_one(file, trust, all);
      if (loaded) continue;
      Error error = std::move(loaded).error();
      const bool is_stale = error.errc == Errc::stale;
      // A folder grows old one file at a time.
      if (is_stale && is_of_folder) {
        all.endorsements.warnings.push_back("left out: " + error.text());
        continue;
      }
      if (is_stale) error.what += "; --at TIME appraises as of another time";
      return std::unexpected(std::move(error));
    }
  }
  return all;
}

std::string describe(const EndorsementSource& source) {
  if (!source.is_signed) return "unsigned";
  const std::string kid = source.kid ? ", kid " + (invalid_utf8(as_text(*source.kid)) == std::string_view::npos ? assay::quoted(as_text(*source.kid)) : to_hex(*source.kid)) : std::string{};
  if (source.certificate.empty()) return fmt::format("signed by {} (key {}{}), verified with {}", assay::quoted(source.signer), source.key_thumbprint, kid, printable(source.verified_with));
  return fmt::format("signed by {} (certificate {}{}), verified with CA {}", assay::quoted(source.signer), printable(source.certificate), kid, printable(source.verified_with));
}

namespace {

Result<std::vector<Named>> files_of(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::is_directory(path, code)) return std::vector<Named>{{path}};
  std::vector<Named> files;
  for (const auto& entry : std::filesystem::directory_iterator{path, code}) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file(code) && std::ranges::find(kExtensions, extension) != kExtensions.end()) files.push_back({entry.path().string(), true});
  }
  if (code) return fail(Errc::io, path, "{}", code.message());
  if (files.empty()) return fail_expecting(Errc::not_found, path, "no endorsements in this folder", "files *.cbor, *.cose or *.corim");
  std::ranges::sort(files, {}, &Named::path);
  return files;
}

Result<void> load_one(const std::string& file, const EndorsementTrust& trust, TrustedCorims& to) {
  const Bytes bytes = TRY(files::read_file(file, corim::kMaxCorim));
  Believed believed = TRY(within(file, read(file, bytes, trust)));
  TRY(appraise::add_corim(believed.corim, file, appraise::all_schemes(), trust.now, to.endorsements, trust.rule));
  to.sources.push_back(std::move(believed.source));
  return {};
}

Result<Believed> read(const std::string& file, ByteView bytes, const EndorsementTrust& trust) {
  if (corim::looks_signed(bytes)) return verify(file, TRY(corim::read_signed(bytes)), trust);
  corim::Corim corim = TRY(endorsements::read_unsigned(bytes));
  const bool must_be_signed = !trust.allow_unsigned && (!trust.keys.empty() || !trust.roots.empty());
  if (must_be_signed) return fail_expecting(Errc::untrusted, "", "unsigned", "a signature by --endorsement-key or --endorsement-ca; --allow-unsigned believes unsigned files beside signed ones");
  return Believed{std::move(corim), {.file = file}};
}

// The time counts for who is trusted only: before that it is anybody's word.
Result<Believed> verify(const std::string& file, const corim::UnverifiedSigned& message, const EndorsementTrust& trust) {
  if (trust.keys.empty() && trust.roots.empty()) return fail_expecting(Errc::untrusted, "", "a signed CoRIM, and nobody to trust", "--endorsement-key or --endorsement-ca with its signer's");
  std::optional<Believed> believed;
  std::optional<Error> worst;
  for (const EndorsementTrust::Key& key : trust.keys) {
    auto verified = corim::verify_signed(message, key.key);
    if (!verified) {
      worst = std::move(verified).error();
      continue;
    }
    believed = Believed{std::move(*verified).value(), {.key_thumbprint = to_hex(key.key.thumbprint()), .verified_with = key.file}};
    break;
  }
  if (!believed && !trust.roots.empty() && (!worst || !message.message.x5chain().empty())) {
    auto verified = verify_chain(message, trust);
    if (verified) believed = std::move(*verified);
    else worst = std::move(verified).error();
  }
  if (!believed) return std::unexpected(std::move(*worst));
  TRY(within("signature", appraise::check_validity(message.meta.validity, trust.now)));
  EndorsementSource& source = believed->source;
  source.file = file;
  source.is_signed = true;
  source.signer = message.meta.signer_name;
  if (const auto& kid = message.message.protected_headers.kid) source.kid = to_bytes(*kid);
  return std::move(*believed);
}

Result<Believed> verify_chain(const corim::UnverifiedSigned& message, const EndorsementTrust& trust) {
  auto verified = TRY(corim::verify_signed(message, trust.roots, trust.now));
  const auto chain = TRY(corim::certificates_of(message));
  Believed believed{std::move(verified).value(), {.certificate = chain.front().subject()}};
  const crypto::PublicKey key = TRY(chain.front().public_key());
  believed.source.key_thumbprint = to_hex(key.thumbprint());
  for (const crypto::Certificate& root : trust.roots) {
    if (crypto::verify_chain(chain, {root}, trust.now)) believed.source.verified_with = root.subject();
  }
  return believed;
}

}  // namespace
}  // namespace assay::inputs
