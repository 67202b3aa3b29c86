#include "services/provisioning/submission.h"

#include "base/media_type.h"
#include "base/text.h"
#include "codec/json/json.h"
#include "net/url.h"

namespace assay::provisioning {
namespace {

using std::chrono::milliseconds;

struct Session {
  std::string status;
  std::string failure_reason;
};

Result<Session> session_of(const net::Response& response);
// The session when it has ended.
Result<Session> follow(const std::string& url, const Submission& submission, net::Http& http, const Pace& pace);
Result<void> outcome(const Session& session);
Error refusal(const net::Response& response);
std::vector<net::Header> headers_for(const Submission& submission, std::string_view url, std::optional<std::string_view> accept);

}  // namespace

Result<Receipt> submit(const Submission& submission, net::Http& http, const Pace& pace) {
  net::Request request{.method = net::Request::Method::post, .url = submission.url, .headers = headers_for(submission, submission.url, kSessionType), .body = to_bytes(submission.corim)};
  request.headers.push_back({"Content-Type", submission.media_type});
  const net::Response response = TRY(http.send(request));
  if (response.status != 200 && response.status != 201) return std::unexpected(refusal(response));
  if (response.status == 200) {
    const Session session = TRY(session_of(response));
    if (session.status == "processing") return fail(Errc::malformed, "", "unexpected session state \"processing\" in 200 response");
    TRY(outcome(session));
    return Receipt{};
  }
  const auto location = response.header("Location");
  if (!location || location->empty()) return fail(Errc::malformed, "", "cannot determine URI for the session resource: no Location header found in response");
  const std::string session_url = TRY(within("Location", net::resolve_url(response.url, *location)));
  // A session that goes on is left to the verifier: deleting it could undo what it still does.
  const Session session = TRY(follow(session_url, submission, http, pace));
  Receipt receipt;
  const auto deleted = http.send({.method = net::Request::Method::del, .url = session_url, .headers = headers_for(submission, session_url, {})});
  if (!deleted) receipt.warnings.push_back("the session was not deleted: " + deleted.error().text());
  else if (deleted->status / 100 != 2) receipt.warnings.push_back(fmt::format("the session was not deleted: HTTP status {}", deleted->status));
  TRY(outcome(session));
  return receipt;
}

namespace {

// The session when it has ended.
Result<Session> follow(const std::string& url, const Submission& submission, net::Http& http, const Pace& pace) {
  net::Waits waits;
  while (true) {
    const net::Response response = TRY(http.send({.method = net::Request::Method::get, .url = url, .headers = headers_for(submission, url, kSessionType)}));
    if (response.status != 200) return std::unexpected(refusal(response));
    Session session = TRY(session_of(response));
    if (session.status != "processing") return session;
    const milliseconds wait = waits.after(response);
    if (pace.elapsed() + wait > submission.patience) return fail_expecting(Errc::timeout, net::shown_url(url), fmt::format("still processing after {} s", pace.elapsed().count() / 1000), kAnEnd);
    pace.wait(wait);
  }
}

Result<void> outcome(const Session& session) {
  if (session.status == "success") return {};
  if (session.status == "failed") return fail(Errc::invalid, "", "submission failed: {}", printable(session.failure_reason));
  return fail(Errc::malformed, "", "unexpected session state {}", quoted(session.status));
}

// The type with any parameters: `; charset=utf-8` changes nothing.
Result<Session> session_of(const net::Response& response) {
  const std::string_view sent = response.header("Content-Type").value_or("");
  const auto type = parse_media_type(sent);
  if (!type || type->essence != kSessionType) return fail(Errc::malformed, "", "session resource with unexpected content type: {}", quoted(sent));
  const auto value = TRY(within("session resource", json::parse(as_text(response.body))));
  const json::Fields fields = TRY(within("session resource", json::Fields::of(value)));
  Session session;
  session.status = TRY(within("session resource", fields.text("status")));
  session.failure_reason = TRY(within("session resource", fields.optional_text("failure-reason"))).value_or("");
  return session;
}

Error refusal(const net::Response& response) {
  const std::string said = net::problem_text(response);
  Errc errc = response.status >= 500 ? Errc::unavailable : Errc::invalid;
  if (response.status == 401 || response.status == 403) errc = Errc::forbidden;
  if (response.status == 404) errc = Errc::not_found;
  if (response.status == 415) errc = Errc::unsupported;
  return {errc, {}, fmt::format("unexpected HTTP response code {}{}{}", response.status, said.empty() ? "" : ": ", said), {}, {}};
}

// A session elsewhere is asked for, but does not get to see who we are.
std::vector<net::Header> headers_for(const Submission& submission, std::string_view url, std::optional<std::string_view> accept) {
  std::vector<net::Header> headers;
  if (accept) headers.push_back({"Accept", std::string{*accept}});
  if (submission.authorization && net::same_origin(url, submission.url)) headers.push_back({"Authorization", *submission.authorization});
  return headers;
}

}  // namespace
}  // namespace assay::provisioning
