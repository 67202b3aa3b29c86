#include "schemes/tpm_enacttrust/evidence.h"

#include <algorithm>

#include "base/text.h"
#include "model/corim/text.h"

namespace assay::tpm_enacttrust {
namespace {

constexpr std::size_t kNode = 16;
constexpr std::size_t kHead = kNode + 2;

}  // namespace

Result<UnverifiedEvidence> parse_evidence(ByteView evidence) {
  if (evidence.size() < kHead) return fail_at(Errc::malformed, evidence.size(), fmt::format("{} bytes", evidence.size()), "a node's UUID and a length, 18 bytes");
  const std::size_t length = static_cast<std::size_t>(evidence[kNode]) << 8 | evidence[kNode + 1];
  if (length > evidence.size() - kHead) return fail_at(Errc::malformed, kNode, fmt::format("an attestation of {} bytes", length), fmt::format("no more than the {} bytes left", evidence.size() - kHead));
  UnverifiedEvidence parsed;
  std::ranges::copy(evidence.first(kNode), parsed.node.begin());
  parsed.attest = TRY(within("attestation", tpm::parse_attest(evidence.subspan(kHead, length), kHead)));
  if (!parsed.attest.quote) return fail_expecting(Errc::invalid, "attestation", "no quote", "a quote");
  if (parsed.attest.quote->selections.empty()) return fail_expecting(Errc::invalid, "attestation", "a quote of no registers", "at least one bank");
  parsed.signature = TRY(within("signature", tpm::parse_signature(evidence.subspan(kHead + length), kHead + length)));
  return parsed;
}

json::Value to_json(const UnverifiedEvidence& evidence) {
  const tpm::PcrSelection& bank = evidence.attest.quote->selections.front();
  json::Array registers;
  for (const std::uint8_t pcr : bank.pcrs) registers.emplace_back(static_cast<std::uint64_t>(pcr));
  json::Object out;
  out.set("node-id", corim::to_text(evidence.node));
  out.set("firmware-version", json::Value{evidence.attest.firmware_version});
  out.set("hash-algorithm", json::Value{static_cast<std::uint64_t>(bank.hash)});
  out.set("pcr-selection", std::move(registers));
  out.set("pcr-digest", to_base64(evidence.attest.quote->digest));
  return out;
}

}  // namespace assay::tpm_enacttrust
