// What does verifying a token cost beyond the signatures in it? docs/performance.md explains each line.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "appraise/scheme.h"
#include "bench/corim_bench.h"
#include "bench/must.h"
#include "bench/ratio.h"
#include "bench/service_bench.h"
#include "codec/cbor/cbor.h"
#include "crypto/key_formats.h"
#include "crypto/sigcache.h"
#include "schemes/cca/evidence.h"
#include "schemes/psa/token.h"

namespace assay::bench {
namespace {

Bytes vector_file(const std::string& name) {
  std::ifstream in{std::string{ASSAY_SOURCE_DIR} + "/tests/vectors/" + name, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void print(const char* what, const Ratio& ratio, const char* wanted) {
  std::printf("%-58s %7.3f  [%.3f-%.3f]  %9.2f / %8.2f us  %s\n", what, ratio.median, ratio.low, ratio.high, ratio.work_us, ratio.floor_us, wanted);
  std::fflush(stdout);
}

// One signed message and its bare check: what everything is compared with.
struct Signed {
  crypto::PublicKey key;
  crypto::Sig sig;
  Bytes message;
  Bytes signature;
  void check() const { must(crypto::verify(key, sig, message, signature)); }
};

Signed signed_part(const cose::Unverified& token, const crypto::PublicKey& key, crypto::Sig sig) {
  return {key, sig, cose::to_be_authenticated(token.kind, token.protected_bytes, {}, *token.payload), to_bytes(token.signature)};
}

void verify_whole(const appraise::Scheme& scheme, ByteView token, const appraise::TrustAnchors& anchors, crypto::SigCache* cache) {
  const auto result = must(scheme.verify({.evidence = token, .anchors = anchors, .cache = cache}));
  if (result.findings.any(appraise::Severity::failed)) must(Result<void>{fail(Errc::internal, "bench", "the token does not verify")});
}

// Every byte of a CCA token looked at once: collection, two COSE messages with their headers, two claim sets.
void walk(ByteView token) {
  cbor::Reader in{token};
  (void)must(in.tag());
  auto map = must(cbor::MapReader::open(in));
  while (must(map.next(in))) {
    (void)must(in.array());
    (void)must(in.uint());
    const auto message = must(cose::parse_unverified(must(in.bytes())));
    must(cbor::check(*message.payload, cbor::Mode::evidence));
  }
}

void cca(const char* library) {
  const Bytes token = vector_file("iat-verifier/generations/F.cbor");
  const auto key = must(crypto::public_key_from_any(vector_file("iat-verifier/data/cca_platform.pem")));
  const appraise::TrustAnchors anchors{{{}, {}, key, "cca_platform.pem"}};
  const appraise::Scheme& scheme = *appraise::scheme_by_name("cca");
  const auto parsed = must(cca::parse_evidence(token));
  const Signed platform = signed_part(parsed.platform_token, key, crypto::Sig::es384);
  const Signed realm = signed_part(parsed.realm_token, must(cca::decode_rak(parsed.realm)).key, crypto::Sig::es384);
  const Work floor = [&] {
    platform.check();
    realm.check();
  };
  std::printf("\n%s\n", library);
  print("CCA token / its two bare P-384 verifications", ratio([&] { verify_whole(scheme, token, anchors, nullptr); }, floor), "<= 1.10");

  // A realm asks for many tokens under one platform token: only the realm part is new each time.
  crypto::SigCache warm;
  must(warm.verify(key, crypto::Sig::es384, platform.message, platform.signature));
  const Work half = [&] {
    must(warm.verify(key, crypto::Sig::es384, platform.message, platform.signature));
    const auto again = must(cca::parse_evidence(token));
    must(cca::validate(again));
    const auto rak = must(cca::decode_rak(again.realm));
    must(cose::verify_sign1(again.realm_token, rak.key));
    if (!ct_equal(must(cca::rak_hash(again.realm)), *again.platform.challenge)) std::exit(1);
  };
  print("the same with a cached verdict for the platform part", ratio(half, floor), "<= 0.60");
  print("walking its seven CBOR buffers / one P-384 verification", ratio([&] { walk(token); }, [&] { platform.check(); }), "reported");
  print("parsing and typing its 2174 bytes / one P-384 verification", ratio([&] { (void)must(cca::parse_evidence(token)); }, [&] { platform.check(); }), "reported");
}

void psa() {
  const Bytes token = vector_file("psatoken/rfc9783/psa-sign1.cbor");
  const auto key = must(crypto::public_key_from_any(vector_file("psatoken/rfc9783/tfm-es-iak.pem")));
  const appraise::TrustAnchors anchors{{{}, {}, key, "tfm-es-iak.pem"}};
  const auto parsed = must(psa::parse_token(token));
  const Signed bare = signed_part(parsed.message, key, crypto::Sig::es256);
  print("PSA token / its bare P-256 verification", ratio([&] { verify_whole(*appraise::scheme_by_name("psa"), token, anchors, nullptr); }, [&] { bare.check(); }), "<= 1.30");
}

void libraries() {
  const auto key = must(crypto::PrivateKey::generate(crypto::KeyKind::p384));
  const Bytes message(700, 0x5a);
  const Signed one{key.public_key(), crypto::Sig::es384, message, must(crypto::sign(key, crypto::Sig::es384, message))};
  const auto with = [&](crypto::EcdsaLibrary library) {
    return [&one, library] {
      crypto::use_ecdsa_library(library);
      one.check();
    };
  };
  std::printf("\nlibraries\n");
  print("P-384 verification, OpenSSL / aws-lc-rs", ratio(with(crypto::EcdsaLibrary::openssl), with(crypto::EcdsaLibrary::aws_lc)), ">= 3");
}

int run(int count, char** args) {
  const bool only_service = count > 1 && std::string_view{args[1]} == "service";
  std::printf("%-58s %7s  %s\n", "", "ratio", "[quartiles]     work / floor, CPU time");
  if (only_service) {
    service();
    return 0;
  }
  crypto::use_ecdsa_library(crypto::EcdsaLibrary::openssl);
  cca(std::string{crypto::ecdsa_library()}.c_str());
  psa();
  corims();
  crypto::use_ecdsa_library(crypto::EcdsaLibrary::automatic);
  const std::string fast{crypto::ecdsa_library()};
  if (fast.starts_with("OpenSSL")) {
    std::printf("\nthis build has no Rust library: the lines for aws-lc-rs are left out\n");
    service();
    return 0;
  }
  cca(fast.c_str());
  psa();
  libraries();
  service();
  return 0;
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** args) { return assay::bench::run(count, args); }
