// URLs (RFC 3986), as far as a client needs them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace assay::net {

// An absolute URL with scheme http or https and a host, in normal form. Fails with `usage`.
Result<std::string> parse_url(std::string_view text);

// `reference` as seen from `base` (RFC 3986 §5), which must be as parse_url gives it.
Result<std::string> resolve_url(std::string_view base, std::string_view reference);

// "/" for a URL that ends behind its host.
Result<std::string> url_path(std::string_view url);
Result<std::string> with_path(std::string_view url, std::string_view path);

// Scheme, host and port are the same: what was meant for one may be sent to the other.
bool same_origin(std::string_view a, std::string_view b);

// Without user, password and query, for messages.
std::string shown_url(std::string_view url);

// application/x-www-form-urlencoded: all but unreserved characters as %XX, blanks as +.
std::string form_escape(std::string_view text);

}  // namespace assay::net
