// What a hostile verifier may say: the first byte chooses to what, the rest is the body of its answer and its Location.
#include "base/bytes.h"
#include "crypto/key_formats.h"
#include "services/challenge/challenge_client.h"
#include "services/relying_party/relying_party.h"
#include "testing/fuzz.h"

namespace assay {
namespace {

struct Wire : net::Http {
  explicit Wire(net::Response answer) : answer_{std::move(answer)} {}
  Result<net::Response> send(const net::Request& /*request*/) override { return answer_; }
  net::Response answer_;
};

}  // namespace
}  // namespace assay

void fuzz(assay::ByteView input) {
  using namespace assay;
  if (input.empty()) return;
  const ByteView body = input.subspan(1);
  const std::string_view first = as_text(body).substr(0, as_text(body).find('\n'));
  constexpr int kStatus[] = {200, 201, 202, 204, 302, 404, 500, 100};
  net::Response answer{.status = kStatus[input[0] % 8], .url = "http://v/", .headers = {{"Content-Type", std::string{challenge::kSessionType}}, {"Location", std::string{first}}}, .body = to_bytes(body)};
  relying_party::RelyingParty party{{.verifier = "http://v", .connect = [&]() -> Result<std::unique_ptr<net::Http>> { return std::make_unique<Wire>(answer); }, .keys = [](net::Http&) -> Result<std::vector<relying_party::ResultKey>> { return std::vector<relying_party::ResultKey>{}; }}};
  const net::Answer opened = party.answer({.method = "POST", .path = std::string{challenge::kNewSessionPath}});
  ASSAY_CHECK(opened.status != 302 && opened.status != 100);
  for (const net::Header& header : opened.headers) ASSAY_CHECK(header.name != "Location" || relying_party::session_id("/challenge-response/v1/" + header.value));
  static_cast<void>(party.answer({.method = "GET", .path = "/challenge-response/v1/session/7"}));
}
