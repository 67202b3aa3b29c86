// A verifier's answers are no better than anybody's: three of them, taken from the input, whatever was asked.
#include "services/provisioning/submission.h"
#include "testing/fuzz.h"

namespace assay {
namespace {

// Each answer: two bytes of status and Content-Type, a line of Location, the content up to a zero byte.
class Scripted : public net::Http {
 public:
  explicit Scripted(ByteView script) : rest_{as_text(script)} {}
  Result<net::Response> send(const net::Request& request) override {
    if (++asked_ > 3 || rest_.size() < 2) return fail(Errc::unavailable, request.url, "no more answers");
    constexpr int kStatus[] = {200, 201, 204, 400, 401, 500};
    net::Response response{.status = kStatus[static_cast<unsigned char>(rest_[0]) % 6], .url = request.url};
    response.headers.push_back({"Content-Type", rest_[1] == 'p' ? "application/problem+json" : std::string{provisioning::kSessionType}});
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
  const provisioning::Pace pace{[&now] { return now; }, [&now](std::chrono::milliseconds time) { now += time; }};
  const auto receipt = provisioning::submit({.url = "http://verifier.example/submit", .media_type = "a/b", .corim = data, .authorization = "Basic eDp5"}, http, pace);
  if (!receipt) ASSAY_CHECK(!receipt.error().text().empty());
}
