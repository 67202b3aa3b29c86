// Sending endorsements to a verifier: the client's side of Veraison's provisioning API (POST of a CoRIM, then maybe a session to ask).
#pragma once

#include <chrono>

#include "net/http.h"
#include "net/pace.h"

namespace assay::provisioning {

inline constexpr std::string_view kSessionType = "application/vnd.veraison.provisioning-session+json";
inline constexpr std::string_view kSubmitPath = "/endorsement-provisioning/v1/submit";

struct Submission {
  std::string url;  // of the resource that takes submissions, absolute
  std::string media_type;
  ByteView corim;
  std::optional<std::string> authorization = {};
  std::chrono::milliseconds patience{60000};  // for an answer that comes later
};

using net::Pace;
using net::real_pace;

struct Receipt {
  std::vector<std::string> warnings;  // what went wrong after the verifier had taken it
};

// What is expected where the patience ended: for who knows how to lengthen it.
inline constexpr std::string_view kAnEnd = "an end of the session";

// Returns when the verifier has taken it. A session is asked for until it has ended, then deleted; the answer to the deletion changes
// nothing, and a session that has not ended is not deleted. Fails with `invalid` (the verifier says the submission failed), `forbidden`
// (401, 403), `timeout` (of the session, with its URL and kAnEnd), `malformed` (an answer that is no session), or as Http::send.
Result<Receipt> submit(const Submission& submission, net::Http& http, const Pace& pace);

}  // namespace assay::provisioning
