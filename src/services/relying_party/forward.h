// What a proxy hands on of a message and what is its own (RFC 9110 §7.6).
#pragma once

#include "net/http.h"
#include "net/server.h"

namespace assay::relying_party {

// For the verifier at `base`. Left out: fields of the connection, Host, and Accept-Encoding, since the answer is read on its way.
Result<net::Request> forwarded(const net::Incoming& request, std::string_view base, bool with_query);

// For the attester: status, content, and all fields but those of the connection and those that lead elsewhere (Location, Alt-Svc …).
net::Answer forwarded(net::Response response);

// "201 Created"
std::string status_line(int status);

}  // namespace assay::relying_party
