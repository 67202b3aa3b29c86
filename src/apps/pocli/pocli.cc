#include "apps/pocli/pocli.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "apps/files.h"
#include "apps/goflags.h"
#include "apps/sending.h"
#include "apps/settings.h"
#include "base/text.h"
#include "net/url.h"
#include "services/discovery/discovery_client.h"
#include "services/policies/policies_client.h"

namespace assay {
namespace {

using files::go_quote;
using goflags::Command;
using goflags::Context;
using goflags::Flag;
using policies::Policy;

constexpr std::string_view kScheme = "SCHEME is an attestation scheme; `pocli schemes` lists them.";

constexpr sending::Flags kFlags{
    .server = "--host and --port of a management service (`assay serve` listens at 8080, Veraison's of 2026 at 10443 with --tls)",
    .credentials = "--auth basic or oauth2, with --username and --password-file",
};

// What the commands need, made before they run.
struct Service {
  std::string host;  // with port
  std::string url;
  sending::Connection connection;
  policies::Client client() const { return {url, connection.authorization, *connection.http}; }
};

std::vector<Flag> root_flags();
std::vector<Command> commands(const std::unique_ptr<Service>& service);
Command create_command(const std::unique_ptr<Service>& service);
Command get_command(const std::unique_ptr<Service>& service);
Command list_command(const std::unique_ptr<Service>& service);
Result<void> configure(const Context& context, std::unique_ptr<Service>& service);
Result<std::string> setting(const Context& context, const settings::Settings& settings, std::string_view name);
Result<void> create(Context& context, const Service& service);
Result<void> activate(Context& context, const Service& service);
Result<void> deactivate(Context& context, const Service& service);
Result<void> get(Context& context, const Service& service);
Result<void> list(Context& context, const Service& service);
Result<void> list_schemes(Context& context, const Service& service);
Result<std::string> policy_id(const std::string& text);
Result<void> check_rules_file(const std::string& path);
Result<void> write(const std::string& path, std::string_view text);
std::unexpected<Error> fail_with(std::string text) { return std::unexpected(Error{Errc::usage, {}, std::move(text), {}, {}}); }

}  // namespace

int run_pocli(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  std::unique_ptr<Service> service;
  const Command root{
      .name = "pocli",
      .short_help = "policy management client",
      .flags = root_flags(),
      .children = commands(service),
      .before = [&service](Context& context) { return configure(context, service); },
      .usage_with_errors = true,
  };
  return goflags::run(root, args, out, err, "version 0.0.1");
}

namespace {

std::vector<Flag> root_flags() {
  std::vector<Flag> flags{
      {.long_name = "config", .short_name = 'c', .help = "configuration `file` (default: pocli/config.yaml below $XDG_CONFIG_HOME, then ./config.yaml)"},
      {.long_name = "host", .short_name = 'H', .default_value = "localhost", .help = "`name` of the host of the management service"},
      {.long_name = "port", .short_name = 'p', .kind = Flag::uint, .default_value = "8088", .help = "`number` of its port"},
      {.long_name = "auth", .short_name = 'a', .default_value = "passthrough", .help = "`method`: none (passthrough), basic or oauth2"},
      {.long_name = "client-id", .short_name = 'C', .help = "OAuth 2 client `id`"},
      {.long_name = "client-secret", .short_name = 'S', .help = "OAuth 2 client `secret`, which all users of this machine can see here"},
      {.long_name = "token-url", .short_name = 'T', .help = "`URL` of the authorisation server that gives tokens"},
      {.long_name = "username", .short_name = 'U', .help = "`name` of the user, for basic and oauth2"},
      {.long_name = "password", .short_name = 'P', .help = "`password`, which all users of this machine can see here"},
      {.long_name = "password-file", .help = "`file` whose first line is the password"},
      {.long_name = "insecure", .short_name = 'i', .kind = Flag::boolean, .help = "HTTPS without verifying who the server is (implies --tls)"},
      {.long_name = "tls", .short_name = 's', .kind = Flag::boolean, .help = "HTTPS"},
      {.long_name = "ca-cert", .short_name = 'E', .kind = Flag::list, .help = "PEM `file` to trust besides the system's; may be repeated"},
  };
  for (Flag& flag : flags) flag.persistent = true;
  return flags;
}

std::vector<Command> commands(const std::unique_ptr<Service>& service) {
  Command activate_command{.name = "activate", .short_help = "make a policy the active one of its scheme", .long_help = fmt::format("Makes the policy with this UUID the active one of its scheme, instead of the one that was.\n{}", kScheme), .usage = "SCHEME UUID [flags]"};
  activate_command.run = [&service](Context& context) { return sending::hinted(activate(context, *service), kFlags); };
  Command deactivate_command{.name = "deactivate", .short_help = "let no policy of a scheme be active", .long_help = fmt::format("Lets no policy of the scheme be active: results are those of the scheme alone.\n{}", kScheme), .usage = "SCHEME [flags]"};
  deactivate_command.run = [&service](Context& context) { return sending::hinted(deactivate(context, *service), kFlags); };
  Command schemes_command{.name = "schemes", .short_help = "list the attestation schemes of the service"};
  schemes_command.run = [&service](Context& context) { return sending::hinted(list_schemes(context, *service), kFlags); };
  std::vector<Command> all;
  all.push_back(std::move(activate_command));
  all.push_back(create_command(service));
  all.push_back(std::move(deactivate_command));
  all.push_back(get_command(service));
  all.push_back(list_command(service));
  all.push_back(std::move(schemes_command));
  return all;
}

Command create_command(const std::unique_ptr<Service>& service) {
  return {
      .name = "create",
      .short_help = "make a policy of rules in a file, and activate it",
      .long_help = fmt::format("Makes a policy of the rules (Rego) in RULES_FILE, and makes it the active one of its scheme.\n{}", kScheme),
      .usage = "SCHEME RULES_FILE [flags]",
      .examples = "  pocli create PSA_IOT rules.rego -H verifier.example -s -a basic -U me --password-file secret",
      .flags = {{.long_name = "name", .short_name = 'n', .help = "`name` of the policy (default: the service's)"},
                {.long_name = "dont-activate", .short_name = 'd', .kind = Flag::boolean, .help = "leave the active policy as it is"}},
      .run = [&service](Context& context) { return sending::hinted(create(context, *service), kFlags); },
  };
}

Command get_command(const std::unique_ptr<Service>& service) {
  return {
      .name = "get",
      .short_help = "print the active policy of a scheme, or the one with this UUID",
      .long_help = fmt::format("Prints the active policy of a scheme, or the one with this UUID.\n{}", kScheme),
      .usage = "SCHEME [UUID] [flags]",
      .flags = {{.long_name = "output", .short_name = 'o', .help = "`file` for the policy instead of standard output"},
                {.long_name = "write-rules", .short_name = 'w', .help = "`file` for the policy's rules"}},
      .run = [&service](Context& context) { return sending::hinted(get(context, *service), kFlags); },
  };
}

Command list_command(const std::unique_ptr<Service>& service) {
  return {
      .name = "list",
      .short_help = "print the policies of a scheme",
      .long_help = fmt::format("Prints all policies of a scheme, or those of one name.\n{}", kScheme),
      .usage = "SCHEME [flags]",
      .flags = {{.long_name = "name", .short_name = 'n', .help = "`name` of the policies to print"},
                {.long_name = "output", .short_name = 'o', .help = "`file` for the policies instead of standard output"}},
      .run = [&service](Context& context) { return sending::hinted(list(context, *service), kFlags); },
  };
}

Result<void> configure(const Context& context, std::unique_ptr<Service>& service) {
  const settings::Settings settings = TRY(settings::Settings::load("pocli", context.text("config")));
  const auto flag = [&](std::string_view name) -> Result<bool> { return context.was_set(name) ? Result<bool>{context.flag(name)} : settings.flag(name); };
  sending::Peer peer;
  peer.credentials = TRY(sending::credentials_from([&](std::string_view name) { return setting(context, settings, name); }));
  peer.certificate_files = context.was_set("ca-cert") ? context.list("ca-cert") : TRY(settings.list("ca_cert"));
  peer.insecure = TRY(flag("insecure"));
  const bool tls = TRY(flag("tls"));
  auto made = std::make_unique<Service>();
  const std::string host = TRY(setting(context, settings, "host"));
  const std::string port = TRY(setting(context, settings, "port"));
  made->host = fmt::format("{}:{}", host, port);
  const auto url = net::parse_url(fmt::format("{}://{}{}", tls || peer.insecure ? "https" : "http", made->host, policies::kPath));
  if (!url) return fail_with("malformed URI: " + url.error().text());
  made->url = *url;
  made->connection = TRY(sending::connect(peer));
  service = std::move(made);
  return {};
}

// A flag that was given, the environment, the file, the flag's default.
Result<std::string> setting(const Context& context, const settings::Settings& settings, std::string_view name) {
  std::string flag{name};
  std::ranges::replace(flag, '_', '-');
  if (name == "password" && context.was_set("password-file")) return sending::read_secret(context.text("password-file"));
  std::string said = flag == "port" ? fmt::format("{}", context.uint(flag)) : context.text(flag);
  if (context.was_set(flag)) return said;
  std::string known = TRY(settings.text(name));
  if (known.empty()) return said;
  return known;
}

Result<void> create(Context& context, const Service& service) {
  TRY(goflags::check_positionals(context, 2, 2));
  const std::string& scheme = context.positionals()[0];
  const std::string& path = context.positionals()[1];
  TRY(check_rules_file(path));
  const std::string rules = TRY(files::read_text(path));
  policies::Client client = service.client();
  const Policy policy = TRY(client.create(scheme, rules, context.text("name")));
  context.out << "Policy created:\n"
              << json::print(policies::to_json(policy), {.indent = 4}) << '\n';
  if (context.flag("dont-activate")) return {};
  TRY(client.activate(scheme, policy.uuid));
  context.out << "Policy activated.\n";
  return {};
}

Result<void> activate(Context& context, const Service& service) {
  TRY(goflags::check_positionals(context, 2, 2));
  const std::string id = TRY(policy_id(context.positionals()[1]));
  TRY(service.client().activate(context.positionals()[0], id));
  context.out << "Policy activated.\n";
  return {};
}

Result<void> deactivate(Context& context, const Service& service) {
  TRY(goflags::check_positionals(context, 1, 1));
  const std::string& scheme = context.positionals()[0];
  TRY(service.client().deactivate(scheme));
  context.out << fmt::format("All policies for scheme {} deactivated.\n", printable(scheme));
  return {};
}

Result<void> get(Context& context, const Service& service) {
  TRY(goflags::check_positionals(context, 1, 2));
  const auto positionals = context.positionals();
  const bool active = positionals.size() == 1;
  const std::string id = active ? std::string{} : TRY(policy_id(positionals[1]));
  policies::Client client = service.client();
  const Policy policy = TRY(active ? client.active(positionals[0]) : client.get(positionals[0], id));
  const std::string text = json::print(policies::to_json(policy), {.indent = 4});
  if (context.text("output").empty()) context.out << (active ? std::string{"Active policy:"} : fmt::format("Policy {}:", go_quote(positionals[1]))) << '\n'
                                                  << text << '\n';
  else TRY(write(context.text("output"), text));
  if (!context.text("write-rules").empty()) TRY(write(context.text("write-rules"), policy.rules));
  return {};
}

Result<void> list(Context& context, const Service& service) {
  TRY(goflags::check_positionals(context, 1, 1));
  const std::string& scheme = context.positionals()[0];
  const std::string& name = context.text("name");
  const std::vector<Policy> found = TRY(service.client().list(scheme, name));
  json::Array items;
  for (const Policy& policy : found) items.emplace_back(policies::to_json(policy));
  const std::string text = json::print(json::Value{std::move(items)}, {.indent = 4});
  if (!context.text("output").empty()) return write(context.text("output"), text);
  const std::string which = name.empty() ? printable(scheme) : fmt::format("{} with name {}", printable(scheme), printable(name));
  if (found.empty()) context.out << fmt::format("No policies for scheme {}.\n", which);
  else context.out << fmt::format("Policies for scheme {}:\n{}\n", which, text);
  return {};
}

Result<void> list_schemes(Context& context, const Service& service) {
  if (!context.positionals().empty()) return fail_with(fmt::format("unknown command {} for \"pocli schemes\"", go_quote(context.positionals()[0])));
  discovery::Document document = TRY(within("get request failed", discovery::fetch(service.url, discovery::Service::management, *service.connection.http, service.connection.authorization)));
  std::ranges::sort(document.schemes);
  context.out << fmt::format("Attestation schemes supported by {}:\n", printable(service.host));
  for (const std::string& scheme : document.schemes) context.out << printable(scheme) << '\n';
  return {};
}

Result<std::string> policy_id(const std::string& text) {
  auto id = policies::parse_uuid(text);
  if (!id) return fail_with("invalid policy ID: " + id.error().text());
  return std::move(*id);
}

Result<void> check_rules_file(const std::string& path) {
  std::error_code failure;
  if (path == "-" || std::filesystem::exists(path, failure)) return {};
  return fail_with(fmt::format("could not stat rules file: stat {}: no such file or directory", printable(path)));
}

Result<void> write(const std::string& path, std::string_view text) { return files::write_file(path, as_bytes(text)); }

}  // namespace
}  // namespace assay
