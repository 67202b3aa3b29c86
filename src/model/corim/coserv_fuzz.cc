// Any bytes as a CoSERV, plain, as text and signed, and as a discovery document: what is accepted comes back the same from what is
// written of it.
#include "model/corim/coserv.h"
#include "model/corim/coserv_discovery.h"
#include "testing/fuzz.h"

namespace corim = assay::corim;

namespace {

void same_again(const corim::Coserv& coserv) {
  (void)corim::validate(coserv);
  const auto written = corim::write_coserv(coserv);
  if (!written) {
    ASSAY_CHECK(written.error().errc == assay::Errc::unsupported);
    return;
  }
  const auto again = corim::read_coserv(*written);
  ASSAY_CHECK(again && *again == coserv);
  ASSAY_CHECK(corim::write_coserv(*again).value() == *written);
}

void same_again(const corim::CoservDiscovery& discovery) {
  if (const auto written = corim::write_discovery_cbor(discovery)) {
    const auto again = corim::read_discovery_cbor(*written);
    ASSAY_CHECK(again && corim::write_discovery_cbor(*again).value() == *written);
  }
  if (const auto written = corim::write_discovery_json(discovery)) {
    const std::string text = assay::json::print(*written);
    const auto again = corim::read_discovery_json(text);
    ASSAY_CHECK(again && assay::json::print(corim::write_discovery_json(*again).value()) == text);
  }
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  if (const auto coserv = corim::read_coserv(bytes, {.allow_trailing = !bytes.empty() && bytes.back() % 2 == 0})) same_again(*coserv);
  if (const auto coserv = corim::read_coserv_text(assay::as_text(bytes))) same_again(*coserv);
  if (const auto message = corim::read_signed_coserv(bytes)) same_again(message->coserv);
  if (const auto discovery = corim::read_discovery_cbor(bytes)) same_again(*discovery);
  if (const auto discovery = corim::read_discovery_json(assay::as_text(bytes))) same_again(*discovery);
}
