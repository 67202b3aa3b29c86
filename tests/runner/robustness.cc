// T26: every file of tests/vectors, whole and cut at every length, through every parser. Nothing may crash; under sanitizers
// nothing may be read behind its end. Long files are cut at some thousand places.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "appraise/scheme.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "crypto/x509.h"
#include "envelope/cmw/cmw.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"
#include "model/ear/ear.h"
#include "schemes/cca/evidence.h"
#include "schemes/psa/token.h"

namespace {

using namespace assay;

void binary_parsers(ByteView bytes) {
  (void)cbor::check(bytes, cbor::Mode::tolerant);
  (void)cbor::to_diagnostic(bytes);
  (void)cose::parse_unverified(bytes, cose::Tagging::optional);
  (void)cca::parse_evidence(bytes);
  (void)cca::parse_platform_claims(bytes);
  (void)cca::parse_realm_claims(bytes);
  (void)psa::parse_token(bytes);
  (void)psa::parse_claims(bytes);
  (void)cmw::parse(bytes);
  (void)cmw::parse_x509_extension(bytes);
  (void)ear::from_cbor(bytes);
  (void)crypto::public_key_from_cose(bytes);
  (void)appraise::scheme_of_evidence(bytes);
}

void text_parsers(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (const auto value = json::parse(text)) {
    (void)ear::from_json(*value);
    (void)psa::from_json(*value);
    (void)cca::evidence_from_json(*value);
    (void)crypto::keys_from_jwks(*value);
    (void)appraise::trust_anchors_from_json(*value, "file");
    (void)appraise::reference_values_from_json(*value, "file");
  }
  (void)jose::parse_any(text);
}

// These cost more each: only whole files and a few cuts.
void key_parsers(ByteView bytes) {
  (void)crypto::public_key_from_any(bytes);
  (void)crypto::private_key_from_any(bytes);
  (void)crypto::Certificate::from_der(bytes);
  (void)crypto::Certificate::from_pem(as_text(bytes));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::size_t files = 0;
  std::size_t cuts = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{argv[1]}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in{entry.path(), std::ios::binary};
    const Bytes whole{std::istreambuf_iterator<char>{in}, {}};
    ++files;
    const std::size_t step = whole.size() / 2500 + 1;
    for (std::size_t size = 0; size <= whole.size(); size += step, ++cuts) {
      const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
      binary_parsers(cut);
      if (size % 16 == 0 || size == whole.size()) text_parsers(cut);
      if (size % 128 == 0 || size == whole.size()) key_parsers(cut);
    }
  }
  std::printf("robustness: %zu files, cut at %zu lengths\n", files, cuts);
  return files > 0 ? 0 : 1;
}
