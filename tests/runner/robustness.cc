// T26: every vector of a set, whole and cut at every length, through every parser. Nothing may crash; under sanitizers nothing may
// be read behind its end.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apps/iat/token.h"
#include "apps/iat/yaml_reader.h"
#include "apps/unwrap.h"
#include "appraise/scheme.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "crypto/x509.h"
#include "envelope/cmw/cmw.h"
#include "envelope/cose/cose.h"
#include "envelope/jose/jws.h"
#include "model/corim/coserv.h"
#include "model/corim/coserv_discovery.h"
#include "model/corim/cots.h"
#include "model/corim/signed.h"
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
  (void)corim::read_comid(bytes);
  (void)corim::read_cots(bytes);
  (void)corim::read_coswid(bytes);
  (void)corim::read_corim(bytes);
  (void)corim::read_signed(bytes);
  (void)corim::read_coserv(bytes);
  (void)corim::read_signed_coserv(bytes);
  (void)corim::read_discovery_cbor(bytes);
  (void)unwrap_evidence(bytes);
  (void)parse_tsm_cbor(bytes);
  for (const iat::TokenType* type : {&iat::kPsaProfile1, &iat::kPsa2, &iat::kCca}) (void)iat::parse_token(bytes, *type, {});
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
  if (const auto value = corim::parse_template(text)) {
    (void)corim::comid_from_template(*value);
    (void)corim::corim_from_template(*value);
    (void)corim::meta_from_template(*value);
    (void)corim::environments_from_template(*value);
    (void)corim::claims_from_template(*value);
  }
  (void)corim::read_coserv_text(text);
  (void)corim::read_discovery_json(text);
  (void)parse_tsm_json(text);
  (void)jose::parse_any(text);
  (void)iat::read_yaml(text, "file", [](const std::string& name) -> Result<std::string> { return fail(Errc::not_found, name, "no such file"); });
}

void key_parsers(ByteView bytes) {
  (void)crypto::public_key_from_any(bytes);
  (void)crypto::private_key_from_any(bytes);
  (void)crypto::Certificate::from_der(bytes);
  (void)crypto::Certificate::from_pem(as_text(bytes));
}

}  // namespace

// What the manifests say about the vectors is no vector.
bool is_vector(const std::filesystem::directory_entry& entry) {
  const auto name = entry.path().filename();
  if (entry.path().extension() == ".jsonl") return false;
  return entry.is_regular_file() && name != "README.md" && name != "expected.json";
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: robustness FOLDER\n");
    return 2;
  }
  std::size_t files = 0;
  std::size_t cuts = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{argv[1]}) {
    if (!is_vector(entry)) continue;
    std::ifstream in{entry.path(), std::ios::binary};
    const Bytes whole{std::istreambuf_iterator<char>{in}, {}};
    ++files;
    for (std::size_t size = 0; size <= whole.size(); ++size, ++cuts) {
      // A copy of its own, so that a sanitizer sees the first byte behind it.
      const Bytes cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
      binary_parsers(cut);
      text_parsers(cut);
      key_parsers(cut);
    }
  }
  std::printf("robustness: %zu files, cut at %zu lengths\n", files, cuts);
  return files > 0 ? 0 : 1;
}
