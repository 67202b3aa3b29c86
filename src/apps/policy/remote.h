// `assay policy list|get|create|activate|deactivate`: the policies of a running verifier, through its management interface.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "apps/sending.h"

namespace CLI {
class App;
}

namespace assay::policy_app {

struct RemoteOptions : sending::ServerOptions {
  bool json = false;
  std::string scheme;
  std::string id;
  std::string rules;  // file
  std::string name;
  std::string out = "-";
  bool activate = false;
};

// Declares the five below `app`; the one that is chosen sets `action`.
void declare_remote(CLI::App& app, RemoteOptions& options, std::function<int()>& action, std::ostream& out, std::ostream& err);

}  // namespace assay::policy_app
