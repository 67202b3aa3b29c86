#include "schemes/parsec_tpm/evidence.h"

#include <algorithm>

#include "base/text.h"
#include "codec/cbor/cbor.h"

namespace assay::parsec_tpm {
namespace {

constexpr std::string_view kVersion = "2.0";

// A byte string, and where it begins in the evidence.
struct Part {
  ByteView bytes;
  std::size_t offset = 0;
};
// One of the two maps, with the members both have.
struct Attestation {
  Part key_id, signature, attest, public_area;
};

Result<Attestation> read_attestation(cbor::Reader& in, bool certifies);
Result<Part> read_part(cbor::Reader& in, std::string_view name);
Result<void> check_attestation(const Attestation& read, bool has_version, bool certifies);

}  // namespace

Result<UnverifiedEvidence> parse_evidence(ByteView evidence) {
  if (evidence.size() > kMaxEvidence) return fail_expecting(Errc::limit, "Parsec TPM evidence", fmt::format("{} bytes", evidence.size()), fmt::format("at most {}", kMaxEvidence));
  cbor::Reader in{evidence};
  std::optional<Attestation> kat, pat;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is("kat")) kat = TRY(within("kat", read_attestation(in, true)));
    else if (key->is("pat")) pat = TRY(within("pat", read_attestation(in, false)));
    else TRY(in.item());
  }
  TRY(in.expect_end());
  if (!kat) return fail_expecting(Errc::missing, "", "no kat", "the attestation of a key");
  if (!pat) return fail_expecting(Errc::missing, "", "no pat", "the attestation of the platform");
  if (!equal(kat->key_id.bytes, pat->key_id.bytes)) return fail_at(Errc::invalid, pat->key_id.offset, "pat: kid " + to_hex(pat->key_id.bytes), "that of kat, " + to_hex(kat->key_id.bytes));

  tpm::Attest certification = TRY(within("kat: certInfo", tpm::parse_attest(kat->attest.bytes, kat->attest.offset)));
  if (!certification.certification) return fail_expecting(Errc::invalid, "kat: certInfo", "a quote", "the certification of a key");
  tpm::Public key = TRY(within("kat: pubArea", tpm::parse_public(kat->public_area.bytes, kat->public_area.offset)));
  const tpm::Signature of_kat = TRY(within("kat: sig", tpm::parse_signature(kat->signature.bytes, kat->signature.offset)));
  tpm::Attest quote = TRY(within("pat: attestInfo", tpm::parse_attest(pat->attest.bytes, pat->attest.offset)));
  if (!quote.quote) return fail_expecting(Errc::invalid, "pat: attestInfo", "the certification of a key", "a quote");
  const bool any = std::ranges::any_of(quote.quote->selections, [](const tpm::PcrSelection& bank) { return !bank.pcrs.empty(); });
  if (!any) return fail_expecting(Errc::invalid, "pat: attestInfo", "a quote of no registers", "at least one");
  const tpm::Signature of_pat = TRY(within("pat: sig", tpm::parse_signature(pat->signature.bytes, pat->signature.offset)));
  return UnverifiedEvidence{kat->key_id.bytes, {kat->signature.bytes, of_kat, std::move(certification), std::move(key)}, {pat->signature.bytes, of_pat, std::move(quote)}};
}

json::Value to_json(const UnverifiedEvidence& evidence) {
  const std::string key_id = to_base64(evidence.key_id);
  json::Object kat;
  kat.set("tpmVer", std::string{kVersion});
  kat.set("kid", key_id);
  kat.set("sig", to_base64(evidence.kat.signature_bytes));
  kat.set("pubArea", to_base64(evidence.kat.key.encoded));
  kat.set("certInfo", to_base64(evidence.kat.attest.signed_bytes));
  json::Object pat;
  pat.set("tpmVer", std::string{kVersion});
  pat.set("kid", key_id);
  pat.set("sig", to_base64(evidence.pat.signature_bytes));
  pat.set("attestInfo", to_base64(evidence.pat.attest.signed_bytes));
  json::Object out;
  out.set("kat", std::move(kat));
  out.set("pat", std::move(pat));
  return out;
}

namespace {

Result<Attestation> read_attestation(cbor::Reader& in, bool certifies) {
  const std::string_view attest = certifies ? "certInfo" : "attestInfo";
  Attestation read;
  bool has_version = false;
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is("tpmVer")) {
      const std::size_t at = in.offset();
      const std::string_view version = TRY(within("tpmVer", in.text()));
      if (version != kVersion) return fail_at(Errc::unsupported, at, "tpmVer " + quoted(version), "\"2.0\"");
      has_version = true;
    } else if (key->is("kid")) {
      read.key_id = TRY(read_part(in, "kid"));
    } else if (key->is("sig")) {
      read.signature = TRY(read_part(in, "sig"));
    } else if (key->is(attest)) {
      read.attest = TRY(read_part(in, attest));
    } else if (certifies && key->is("pubArea")) {
      read.public_area = TRY(read_part(in, "pubArea"));
    } else {
      TRY(in.item());  // "alg", in early evidence: the signature says it again
    }
  }
  TRY(check_attestation(read, has_version, certifies));
  return read;
}

// Never empty: an empty one would say nothing.
Result<Part> read_part(cbor::Reader& in, std::string_view name) {
  const std::size_t at = in.offset();
  const ByteView bytes = TRY(within(name, in.bytes()));
  if (bytes.empty()) return fail_at(Errc::invalid, at, fmt::format("{}: no bytes", name), "some");
  return Part{bytes, in.offset() - bytes.size()};
}

Result<void> check_attestation(const Attestation& read, bool has_version, bool certifies) {
  const auto missing = [](std::string_view name) { return fail_expecting(Errc::missing, "", fmt::format("no {}", name), "all members"); };
  if (!has_version) return missing("tpmVer");
  if (read.key_id.bytes.empty()) return missing("kid");
  if (read.key_id.bytes.size() > kMaxKeyId) return fail_at(Errc::limit, read.key_id.offset, fmt::format("kid: {} bytes", read.key_id.bytes.size()), fmt::format("at most {}", kMaxKeyId));
  if (read.signature.bytes.empty()) return missing("sig");
  if (read.attest.bytes.empty()) return missing(certifies ? "certInfo" : "attestInfo");
  if (certifies && read.public_area.bytes.empty()) return missing("pubArea");
  return {};
}

}  // namespace
}  // namespace assay::parsec_tpm
