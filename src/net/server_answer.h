// An answer as it goes out.
#pragma once

#include "net/server.h"

namespace assay::net {

// Status line and headers. Control characters in values, which would begin another header, become blanks.
std::string head_of(const Answer& answer, const Incoming& request, bool keep_alive, unsigned minor_version);
// A body that the client waits for: not of HEAD, 204 and 304.
bool has_body(const Answer& answer, const Incoming& request);
// The client's own, where it can stand in a log, or a new one. Not a secret: it only has to be another each time.
std::string request_id(std::string_view sent);

}  // namespace assay::net
