// The `veraison` personality: what scripts ask the front end of Veraison's deployments, answered by a running service: status,
// short-status, stores (check-stores), clear-stores, and the tools it passes on to. There are no containers to start, stop or follow:
// those commands say what to use instead.
//
// Settings (environment as VERAISON_SERVER, then veraison/config.yaml below $XDG_CONFIG_HOME, then ./config.yaml): server (the one for
// all, default http://127.0.0.1:8080), verification, provisioning, management, coserv (where they have URLs of their own); auth,
// username, password, client_id, client_secret, token_url, ca_cert, insecure.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace assay {

// A tool that arguments are passed on to: `veraison cocli …`.
struct PassedOn {
  std::string_view name;
  int (*run)(std::span<const std::string>, std::ostream&, std::ostream&);
};

// Exit status 0, 1, 5 (a query that does not fit, as jq's), or that of the tool.
int run_veraison(std::span<const std::string> args, std::span<const PassedOn> tools, std::ostream& out, std::ostream& err);

}  // namespace assay
