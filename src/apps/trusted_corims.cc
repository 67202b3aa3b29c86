#include "apps/trusted_corims.h"

#include <algorithm>
#include <filesystem>

#include "appraise/scheme.h"
#include "apps/files.h"
#include "base/text.h"
#include "model/corim/signed.h"

namespace assay::inputs {
namespace {

constexpr std::array<std::string_view, 3> kExtensions{".cbor", ".cose", ".corim"};

Result<std::vector<std::string>> files_of(const std::string& path);
Result<corim::Corim> read(ByteView bytes, const EndorsementTrust& trust);
Result<corim::Corim> verify(const corim::UnverifiedSigned& message, const EndorsementTrust& trust);
bool is_signed(ByteView bytes);

}  // namespace

Result<appraise::Endorsements> load_endorsements(std::span<const std::string> paths, const EndorsementTrust& trust) {
  appraise::Endorsements all;
  for (const std::string& path : paths) {
    for (const std::string& file : TRY(files_of(path))) {
      const Bytes bytes = TRY(files::read_file(file, corim::kMaxCorim));
      const corim::Corim corim = TRY(within(file, read(bytes, trust)));
      TRY(appraise::add_corim(corim, file, appraise::all_schemes(), trust.now, all));
    }
  }
  return all;
}

namespace {

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::is_directory(path, code)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{path, code}) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file(code) && std::ranges::find(kExtensions, extension) != kExtensions.end()) files.push_back(entry.path().string());
  }
  if (code) return fail(Errc::io, path, "{}", code.message());
  if (files.empty()) return fail_expecting(Errc::not_found, path, "no endorsements in this folder", "files *.cbor, *.cose or *.corim");
  std::ranges::sort(files);
  return files;
}

Result<corim::Corim> read(ByteView bytes, const EndorsementTrust& trust) {
  if (is_signed(bytes)) return verify(TRY(corim::read_signed(bytes)), trust);
  auto corim = corim::read_corim(bytes);
  if (corim) return corim;
  if (corim::read_comid(bytes)) return fail_expecting(Errc::invalid, "", "a CoMID, without the CoRIM that says its profile", "a CoRIM");
  return corim;
}

Result<corim::Corim> verify(const corim::UnverifiedSigned& message, const EndorsementTrust& trust) {
  if (trust.keys.empty() && trust.roots.empty()) return fail_expecting(Errc::untrusted, "", "a signed CoRIM, and nobody to trust", "--endorsement-key or --endorsement-ca with its signer's");
  std::optional<Error> worst;
  for (const crypto::PublicKey& key : trust.keys) {
    auto verified = corim::verify_signed(message, key);
    if (verified) return std::move(*verified).value();
    worst = std::move(verified).error();
  }
  if (!trust.roots.empty() && (!worst || !message.message.x5chain().empty())) {
    auto verified = corim::verify_signed(message, trust.roots, trust.now);
    if (verified) return std::move(*verified).value();
    worst = std::move(verified).error();
  }
  return std::unexpected(std::move(*worst));
}

// d2, maybe behind the wrappers of old.
bool is_signed(ByteView bytes) {
  while (bytes.size() > 3 && bytes[0] == 0xd9 && bytes[1] == 0x01 && (bytes[2] == 0xf4 || bytes[2] == 0xf6)) bytes = bytes.subspan(3);
  return !bytes.empty() && bytes[0] == 0xd2;
}

}  // namespace
}  // namespace assay::inputs
