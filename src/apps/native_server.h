// The flags of native commands that talk to a service. CLI11, as native_cli.h.
#pragma once

#include "apps/native_cli.h"
#include "apps/sending.h"

namespace assay::native {

// `group`: a heading of the help to put them under; empty: among the others. Gives --server.
inline CLI::Option* add_server(CLI::App& app, sending::ServerOptions& options, const std::string& help, const std::string& group = {}) {
  CLI::Option* server = app.add_option("-s,--server", options.server, help)->type_name("URL");
  std::vector<CLI::Option*> all{server};
  all.push_back(app.add_option("--auth", options.method, "none, basic or oauth2 (the password grant)")->check(CLI::IsMember({"none", "passthrough", "basic", "oauth2"}))->capture_default_str());
  all.push_back(app.add_option("--user", options.username, "who we are, for basic and oauth2")->type_name("NAME"));
  all.push_back(app.add_option("--password-file", options.password_file, "file whose first line is the password (default: the environment's ASSAY_PASSWORD)")->type_name("FILE"));
  all.push_back(app.add_option("--client-id", options.client_id, "the OAuth 2 client")->type_name("ID"));
  all.push_back(app.add_option("--client-secret-file", options.client_secret_file, "file whose first line is the client's secret (default: the environment's ASSAY_CLIENT_SECRET)")->type_name("FILE"));
  all.push_back(app.add_option("--token-url", options.token_url, "the authorisation server that gives tokens")->type_name("URL"));
  all.push_back(add_repeatable(app, "--ca-cert", options.certificates, "file with certificates (PEM) to trust besides the system's; may be repeated"));
  all.push_back(app.add_flag("--insecure", options.insecure, "do not verify who the server is"));
  if (!group.empty()) {
    for (CLI::Option* option : all) option->group(group);
  }
  return server;
}

}  // namespace assay::native
