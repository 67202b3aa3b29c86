// A verifier's answers are no better than anybody's: five of them, taken from the input, whatever was asked.
#include "services/challenge/challenge_client.h"
#include "testing/fuzz.h"

namespace assay {
namespace {

// Each answer: two bytes of status and Content-Type, a line of Location, the content up to a zero byte.
class Scripted : public net::Http {
 public:
  explicit Scripted(ByteView script) : rest_{as_text(script)} {}
  Result<net::Response> send(const net::Request& request) override {
    if (++asked_ > 5 || rest_.size() < 2) return fail(Errc::unavailable, request.url, "no more answers");
    constexpr int kStatus[] = {200, 201, 202, 204, 400, 401, 404, 415, 500, 999};
    net::Response response{.status = kStatus[static_cast<unsigned char>(rest_[0]) % 10], .url = request.url};
    response.headers.push_back({"Content-Type", rest_[1] == 'p' ? "application/problem+json" : std::string{challenge::kSessionType}});
    rest_.remove_prefix(2);
    response.headers.push_back({"Location", std::string{next('\n')}});
    response.body = to_bytes(next('\0'));
    return response;
  }

 private:
  std::string_view next(char end) {
    const std::size_t at = rest_.find(end);
    const std::string_view part = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    return part;
  }
  std::string_view rest_;
  int asked_ = 0;
};

}  // namespace
}  // namespace assay

void fuzz(assay::ByteView data) {
  using namespace assay;
  Scripted http{data};
  std::chrono::milliseconds now{0};
  const net::Pace pace{[&now] { return now; }, [&now](std::chrono::milliseconds time) { now += time; }};
  const auto build = [](ByteView nonce, const std::vector<std::string>& accept) -> Result<challenge::Evidence> {
    ASSAY_CHECK(nonce.size() >= challenge::kLeastNonce && nonce.size() <= challenge::kLargestNonce && accept.size() <= challenge::kMaxAccepted);
    return challenge::Evidence{"a/b", to_bytes(nonce)};
  };
  const auto outcome = challenge::run({.url = "http://verifier.example/newSession", .nonce = std::size_t{0}, .evidence = build, .authorization = "Basic eDp5"}, http, pace);
  if (!outcome) ASSAY_CHECK(!outcome.error().text().empty());
  else ASSAY_CHECK(!outcome->result.empty());
}
