#include "apps/policy/remote.h"

#include "appraise/scheme.h"
#include "apps/files.h"
#include "apps/native_server.h"
#include "base/text.h"
#include "net/url.h"
#include "services/policies/policies_client.h"

namespace assay::policy_app {
namespace {

using policies::Policy;

struct Streams {
  std::ostream& out;
  std::ostream& err;
};
using Run = Result<void> (*)(const RemoteOptions&, policies::Client&, const Streams&);

Result<void> list(const RemoteOptions& options, policies::Client& client, const Streams& to);
Result<void> get(const RemoteOptions& options, policies::Client& client, const Streams& to);
Result<void> create(const RemoteOptions& options, policies::Client& client, const Streams& to);
Result<void> activate(const RemoteOptions& options, policies::Client& client, const Streams& to);
Result<void> deactivate(const RemoteOptions& options, policies::Client& client, const Streams& to);
Result<void> run(const RemoteOptions& options, Run command, const Streams& to);
std::string scheme_of(const RemoteOptions& options);
Result<std::string> id_of(const RemoteOptions& options);
void print_row(const Policy& policy, const Streams& to);

}  // namespace

void declare_remote(CLI::App& app, RemoteOptions& options, std::function<int()>& action, std::ostream& out, std::ostream& err) {
  const auto add = [&](const char* name, const char* help, const std::string& example, Run command) {
    CLI::App* one = app.add_subcommand(name, help);
    one->footer("Example:\n  assay policy " + std::string{name} + " " + example + "\n");
    one->add_option("SCHEME", options.scheme, "the attestation scheme: PSA_IOT, or psa")->type_name("")->required();
    native::add_server(*one, options, "the verifier: https://HOST:PORT, or the whole URL of its management interface")->required();
    one->add_flag("--json", options.json, "print JSON, for machines");
    one->callback([&options, &action, &out, &err, command] {
      action = [&options, &out, &err, command] {
        const auto done = run(options, command, {out, err});
        return done ? 0 : native::report_error(done.error(), err);
      };
    });
    return one;
  };
  CLI::App* lister = add("list", "list the policies of a scheme", "psa --server https://verifier.example", list);
  lister->add_option("--name", options.name, "only those of this name");
  CLI::App* getter = add("get", "print the rules of a policy: the active one, or one by its id", "psa --server https://verifier.example > rules.rego", get);
  getter->add_option("ID", options.id, "of the policy (default: the active one)")->type_name("");
  native::add_file(*getter, "-o,--out", options.out, "file for the rules; - is standard output (the default)");
  CLI::App* maker = add("create", "make a policy of rules in a file", "psa rules.rego --activate --server https://verifier.example --auth basic --user me", create);
  native::add_file(*maker, "RULES", options.rules, "file with the rules (Rego); - is standard input")->required();
  maker->add_option("--name", options.name, "of the policy (default: the service's)");
  maker->add_flag("--activate", options.activate, "let it be the active one");
  CLI::App* activator = add("activate", "let a policy be the active one of its scheme", "psa 97609859-2567-11ee-a344-0242c0a82005 --server https://verifier.example", activate);
  activator->add_option("ID", options.id, "of the policy")->type_name("")->required();
  add("deactivate", "let no policy of a scheme be active", "psa --server https://verifier.example", deactivate);
}

namespace {

Result<void> run(const RemoteOptions& options, Run command, const Streams& to) {
  std::string url = TRY(within("--server", sending::url_at(options.server, policies::kPath)));
  while (url.ends_with('/')) url.pop_back();
  const sending::Peer peer = TRY(sending::peer_of(options));
  const sending::Connection connection = TRY(sending::connect(peer));
  const std::string shown = net::shown_url(url);
  policies::Client client{std::move(url), connection.authorization, *connection.http};
  return within(shown, sending::hinted(command(options, client, to), sending::kNativeFlags));
}

Result<void> list(const RemoteOptions& options, policies::Client& client, const Streams& to) {
  const std::vector<Policy> found = TRY(client.list(scheme_of(options), options.name));
  if (options.json) {
    json::Array items;
    for (const Policy& policy : found) items.emplace_back(policies::to_json(policy));
    to.out << json::print(json::Value{std::move(items)}, {.indent = 2}) << '\n';
    return {};
  }
  for (const Policy& policy : found) print_row(policy, to);
  if (found.empty()) to.err << "no policies\n";
  return {};
}

Result<void> get(const RemoteOptions& options, policies::Client& client, const Streams& to) {
  const std::string id = options.id.empty() ? std::string{} : TRY(id_of(options));
  const Policy policy = TRY(id.empty() ? client.active(scheme_of(options)) : client.get(scheme_of(options), id));
  if (options.json) return files::write_output(options.out, as_bytes(json::print(policies::to_json(policy), {.indent = 2}) + "\n"), to.out);
  return files::write_output(options.out, as_bytes(policy.rules), to.out);
}

Result<void> create(const RemoteOptions& options, policies::Client& client, const Streams& to) {
  const std::string rules = TRY(files::read_text(options.rules));
  Policy policy = TRY(client.create(scheme_of(options), rules, options.name));
  if (options.activate) {
    TRY(client.activate(scheme_of(options), policy.uuid));
    policy.active = true;
  }
  if (options.json) to.out << json::print(policies::to_json(policy), {.indent = 2}) << '\n';
  else print_row(policy, to);
  return {};
}

Result<void> activate(const RemoteOptions& options, policies::Client& client, const Streams& to) {
  const std::string id = TRY(id_of(options));
  TRY(client.activate(scheme_of(options), id));
  to.err << fmt::format("{} is the active policy of {}\n", id, printable(scheme_of(options)));
  return {};
}

Result<void> deactivate(const RemoteOptions& options, policies::Client& client, const Streams& to) {
  TRY(client.deactivate(scheme_of(options)));
  to.err << fmt::format("no policy of {} is active\n", printable(scheme_of(options)));
  return {};
}

// Our word for a scheme is as good as Veraison's.
std::string scheme_of(const RemoteOptions& options) {
  const appraise::Scheme* scheme = appraise::scheme_by_name(options.scheme);
  return scheme != nullptr ? std::string{scheme->attestation_scheme} : options.scheme;
}

Result<std::string> id_of(const RemoteOptions& options) { return within("ID", policies::parse_uuid(options.id)); }

void print_row(const Policy& policy, const Streams& to) { to.out << fmt::format("{}  {}  {}  {}\n", policy.uuid, policy.active ? "active" : "      ", printable(policy.ctime), printable(policy.name)); }

}  // namespace
}  // namespace assay::policy_app
