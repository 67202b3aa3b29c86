#include "apps/attest/optee_host.h"

#include <ostream>

#include "base/text.h"

namespace assay::attest {
namespace {

constexpr std::string_view kPsaType = "application/psa-attestation-token";

// How far it came.
struct Progress {
  bool is_open = false;
  bool has_evidence = false;
};

void print_session(const std::string& url, ByteView nonce, const std::vector<std::string>& accept, std::ostream& out);
void print_failure(const Progress& progress, const Error& error, std::ostream& out);
std::string octet_list(ByteView bytes);

}  // namespace

Result<challenge::Outcome> run_optee_host(const std::string& url, const attester::OpteeDevice& device, const crypto::PrivateKey& key, std::chrono::milliseconds patience, net::Http& http, std::ostream& out) {
  Progress progress;
  std::string session_url;
  challenge::Exchange exchange{.url = url, .nonce = attester::kOpteeNonce, .patience = patience};
  exchange.opened = [&](std::string_view where) {
    progress.is_open = true;
    session_url = where;
  };
  exchange.evidence = [&](ByteView nonce, const std::vector<std::string>& accept) -> Result<challenge::Evidence> {
    print_session(session_url, nonce, accept, out);
    const auto type = challenge::need_accepted(accept, kPsaType);
    if (!type) {
      out << "There is no PSA in the list of media types, hence not supplying evidence.\n";
      return std::unexpected(type.error());
    }
    out << "\nCompleted opening the session.\n\n\nInvoke TA.\n";
    Bytes token = TRY(attester::optee_token(device, nonce, key));
    out << fmt::format("Invoked TA successfully.\n\n\nReceived evidence of CBOR (COSE) format from PTA.\n\nCBOR(COSE) size: {}\nCBOR(COSE): {}\n\n\nSupplying the generated evidence to the server.\n", token.size(), to_hex(token));
    progress.has_evidence = true;
    return challenge::Evidence{*type, std::move(token)};
  };
  auto outcome = challenge::run(exchange, http, net::real_pace());
  if (!outcome) {
    print_failure(progress, outcome.error(), out);
    return outcome;
  }
  out << "\nReceived the attestation result from the server.\n\nRaw attestation result (JWT): " << outcome->result << "\n\nDisposing client session.\n\nCompleted sending the evidence and receiving the attestation result.\n";
  return outcome;
}

namespace {

void print_session(const std::string& url, ByteView nonce, const std::vector<std::string>& accept, std::ostream& out) {
  out << fmt::format("\nOpened new Veraison client session at {}\n\nNumber of media types accepted: {}\n", printable(url), accept.size());
  for (const std::string& type : accept) out << '\t' << printable(type) << '\n';
  out << fmt::format("\nNonce size: {} bytes\nNonce: [{}]\n", nonce.size(), octet_list(nonce));
}

void print_failure(const Progress& progress, const Error& error, std::ostream& out) {
  if (progress.has_evidence) out << "Failed to supply evidence to server.\n";
  else if (!progress.is_open) out << "Failed to allocate Veraison client session.\n";
  if (progress.is_open) out << "Error/log message: " << error.text() << "\nDisposing client session.\n";
  if (!progress.has_evidence) out << "Failed to open session.\n";
}

// Without leading zeros: 0x4.
std::string octet_list(ByteView bytes) {
  std::string text;
  for (const std::uint8_t one : bytes) text += fmt::format("{}0x{:x}", text.empty() ? "" : ", ", one);
  return text;
}

}  // namespace
}  // namespace assay::attest
