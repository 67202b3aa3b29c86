#include "apps/veraison/veraison.h"

#include <algorithm>
#include <array>
#include <ostream>

#include "apps/fd_stream.h"
#include "apps/sending.h"
#include "apps/settings.h"
#include "apps/veraison/query.h"
#include "base/media_type.h"
#include "base/text.h"
#include "net/url.h"
#include "services/discovery/discovery_client.h"

namespace assay {
namespace {

using veraison::Step;

constexpr std::string_view kStorePath = "/assay/v1/store";
constexpr std::size_t kMaxStore = kMaxJson;
constexpr int kQueryFailed = 5;  // jq's exit status

constexpr std::string_view kHelp =
    "Usage: veraison [-q] [-h] [-C] COMMAND [ARG...]\n"
    "\n"
    "Asks a running verifier what the front end of Veraison's deployments is asked.\n"
    "\n"
    "Options:\n"
    "  -q  one word for all services\n"
    "  -C  no colours\n"
    "  -h  this text\n"
    "\n"
    "Commands:\n"
    "  status            whether each service runs\n"
    "  short-status      one word: running, partial or stopped (the same as -q -C status)\n"
    "  stores [QUERY]    what the stores hold, as JSON; QUERY is . or a path as .attributes (check-stores is the same)\n"
    "  clear-stores      forget endorsements and policies\n"
    "  cocli, evcli, pocli ARGS...\n"
    "                    these tools\n"
    "  help              this text\n"
    "\n"
    "Settings: VERAISON_SERVER, VERAISON_AUTH, VERAISON_USERNAME, VERAISON_PASSWORD, VERAISON_CA_CERT ... in the environment, or server, auth ...\n"
    "in veraison/config.yaml below $XDG_CONFIG_HOME or in ./config.yaml. The server is http://127.0.0.1:8080 if nobody says otherwise.\n"
    "\n"
    "Examples:\n"
    "  VERAISON_SERVER=https://verifier.example veraison status\n"
    "  veraison stores .attributes\n"
    "  veraison pocli list PSA_IOT\n";

struct Options {
  bool quiet = false;
  bool color = true;
  bool help = false;
  std::vector<std::string> words;  // the command and what follows it
};

enum class State { running,
                   stopped,
                   absent };  // a service this verifier does not have

struct Line {
  std::string_view name;
  State state;
};

struct Urls {
  std::string verification, provisioning, management, coserv, server;
};

Result<Options> parse(std::span<const std::string> args);
Result<settings::Settings> load_settings() { return settings::Settings::load("veraison", {}); }
Result<Urls> urls_of(const settings::Settings& settings);
Result<sending::Connection> connect(const settings::Settings& settings);
int run_command(const Options& options, std::ostream& out, std::ostream& err);
Result<void> status(const Options& options, std::ostream& out);
Result<std::vector<Line>> states();
std::string summary(const std::vector<Line>& lines);
std::string painted(std::string_view word, bool color);
State state_of(const Result<discovery::Document>& document);
State coserv_state(const std::string& url, net::Http& http);
Result<void> print_stores(std::string_view query, std::ostream& out);
Result<void> print_section(const json::Fields& store, std::string_view member, std::string_view title, const std::vector<Step>& steps, std::ostream& out);
Result<void> clear_stores(std::ostream& err);
Result<net::Response> ask_store(net::Request::Method method);
std::string_view instead_of(std::string_view command);

}  // namespace

int run_veraison(std::span<const std::string> args, std::span<const PassedOn> tools, std::ostream& out, std::ostream& err) {
  const auto options = parse(args);
  if (!options) return (err << "ERROR: " << options.error().text() << " (use -h for help)\n"), 1;
  if (options->help || options->words.empty()) return ((options->help ? out : err) << kHelp), options->help ? 0 : 1;
  const std::string& command = options->words[0];
  const auto tool = std::ranges::find(tools, command, &PassedOn::name);
  if (tool != tools.end()) return tool->run(std::span{options->words}.subspan(1), out, err);
  return run_command(*options, out, err);
}

namespace {

// As getopts: flags end at the first word.
Result<Options> parse(std::span<const std::string> args) {
  Options options;
  std::size_t at = 0;
  for (; at < args.size() && args[at].size() > 1 && args[at][0] == '-'; ++at) {
    if (args[at] == "--") {
      ++at;
      break;
    }
    if (args[at] == "--help") {
      options.help = true;
      continue;
    }
    for (const char flag : std::string_view{args[at]}.substr(1)) {
      if (flag == 'q') options.quiet = true;
      else if (flag == 'C') options.color = false;
      else if (flag == 'h') options.help = true;
      else return fail(Errc::usage, "", "unknown option {}", quoted(args[at]));
    }
  }
  options.words.assign(args.begin() + static_cast<std::ptrdiff_t>(at), args.end());
  if (!options.words.empty() && (options.words[0] == "help" || options.words[0] == "--help")) options.help = true;
  return options;
}

int run_command(const Options& options, std::ostream& out, std::ostream& err) {
  const std::string& command = options.words[0];
  const std::string argument = options.words.size() > 1 ? options.words[1] : std::string{};
  const auto ended = [&](const Result<void>& result) {
    if (result) return 0;
    err << "ERROR: " << result.error().text() << '\n';
    return result.error().errc == Errc::invalid ? kQueryFailed : 1;
  };
  if (command == "status") return ended(status(options, out));
  if (command == "short-status") return ended(status({.quiet = true, .color = false}, out));
  if (command == "stores" || command == "check-stores") return ended(print_stores(argument.empty() ? "." : argument, out));
  if (command == "clear-stores") return ended(clear_stores(err));
  if (const std::string_view instead = instead_of(command); !instead.empty()) {
    err << fmt::format("ERROR: {}: {}\n", command, instead);
  } else {
    err << fmt::format("ERROR: unexpected command: {} (use -h for help)\n", quoted(command));
  }
  return 1;
}

// Commands that are about containers, terminals and files of a deployment.
std::string_view instead_of(std::string_view command) {
  struct Other {
    std::string_view begin;
    std::string_view text;
  };
  constexpr std::array kOthers{
      Other{"start-tmux", "there are no containers to watch; the service logs to standard error, or to the journal: journalctl -fu assay"},
      Other{"start", "there are no containers to start: the verifier is one program; run `assay serve`, or `systemctl start assay` where it is installed as a service"},
      Other{"stop-tmux", "there are no containers to watch"},
      Other{"stop", "there are no containers to stop: end `assay serve`, or `systemctl stop assay` where it is installed as a service"},
      Other{"follow", "the service logs to standard error, or to the journal: journalctl -fu assay"},
      Other{"logs", "the service logs to standard error, or to the journal: journalctl -u assay"},
      Other{"get-logs", "the service logs to standard error, or to the journal: journalctl -u assay"},
      Other{"clear-logs", "logs are the journal's: journalctl --vacuum-time=1s"},
      Other{"tmux", "there are no containers to watch; the service logs to standard error, or to the journal: journalctl -fu assay"},
      Other{"attach-tmux", "there are no containers to watch; the service logs to standard error, or to the journal: journalctl -fu assay"},
      Other{"kill-tmux", "there are no containers to watch"},
      Other{"manager", "there is no manager container; its commands are `veraison stores` and `veraison clear-stores`"},
      Other{"debug", "there are no containers to look into"},
      Other{"shell", "there are no containers to look into"},
      Other{"corim-store", "the store is asked through the service: `veraison stores`"},
      Other{"enable-services", "use `systemctl enable assay` where it is installed as a service"},
      Other{"disable-services", "use `systemctl disable assay` where it is installed as a service"},
      Other{"gen-signing-keys", "`assay serve` makes its signing key at the first start"},
      Other{"init-sqlite-stores", "`assay serve` makes its store at the first start"},
  };
  const auto found = std::ranges::find_if(kOthers, [&](const Other& other) { return command == other.begin || (command.starts_with(other.begin) && command.substr(other.begin.size()).starts_with('-')); });
  return found == kOthers.end() ? std::string_view{} : found->text;
}

Result<Urls> urls_of(const settings::Settings& settings) {
  const std::string named = TRY(settings.text("server"));
  Urls urls;
  urls.server = TRY(within("server", net::parse_url(named.empty() ? "http://127.0.0.1:8080" : named)));
  const auto url = [&](std::string_view name, std::string& to) -> Result<void> {
    const std::string own = TRY(settings.text(name));
    to = own.empty() ? urls.server : TRY(within(name, net::parse_url(own)));
    return {};
  };
  TRY(url("verification", urls.verification));
  TRY(url("provisioning", urls.provisioning));
  TRY(url("management", urls.management));
  TRY(url("coserv", urls.coserv));
  return urls;
}

Result<sending::Connection> connect(const settings::Settings& settings) {
  sending::Peer peer;
  peer.credentials = TRY(sending::credentials_from([&](std::string_view name) { return settings.text(name); }));
  peer.certificate_files = TRY(settings.list("ca_cert"));
  peer.insecure = TRY(settings.flag("insecure"));
  return sending::connect(peer, kMaxStore);
}

Result<void> status(const Options& options, std::ostream& out) {
  const std::vector<Line> lines = TRY(states());
  const bool color = options.color && is_terminal(out);
  if (options.quiet) return (out << painted(summary(lines), color) << '\n'), Result<void>{};
  for (const Line& line : lines) {
    if (line.state != State::absent) out << fmt::format("{:>12}: {}\n", line.name, painted(line.state == State::running ? "running" : "stopped", color));
  }
  return {};
}

// What judges is ready when the verification service says so.
Result<std::vector<Line>> states() {
  using discovery::Service;
  const settings::Settings settings = TRY(load_settings());
  const Urls urls = TRY(urls_of(settings));
  sending::Peer peer;
  peer.certificate_files = TRY(settings.list("ca_cert"));
  peer.insecure = TRY(settings.flag("insecure"));
  const auto http = TRY(within("ca_cert", sending::client_for(peer)));
  const auto verification = discovery::fetch(urls.verification, Service::verification, *http, {});
  const bool judges = verification && verification->state == "READY";
  std::vector<Line> lines;
  lines.push_back({"vts", judges ? State::running : State::stopped});
  lines.push_back({"provisioning", state_of(discovery::fetch(urls.provisioning, Service::provisioning, *http, {}))});
  lines.push_back({"verification", state_of(verification)});
  lines.push_back({"management", state_of(discovery::fetch(urls.management, Service::management, *http, {}))});
  lines.push_back({"coserv", coserv_state(urls.coserv, *http)});
  return lines;
}

// Who asks for a password is there.
State state_of(const Result<discovery::Document>& document) {
  if (!document) return document.error().errc == Errc::forbidden ? State::running : State::stopped;
  return document->state == "READY" ? State::running : State::stopped;
}

State coserv_state(const std::string& url, net::Http& http) {
  const auto at = net::resolve_url(url, "/.well-known/coserv-configuration");
  if (!at) return State::stopped;
  const auto response = http.send({.url = *at, .headers = {{"Accept", "application/coserv-discovery+json"}}});
  if (!response) return State::absent;  // nobody is there: the other lines say so
  return response->status == 200 ? State::running : response->status == 404 ? State::absent
                                                                            : State::stopped;
}

std::string summary(const std::vector<Line>& lines) {
  const auto count = [&](State state) { return std::ranges::count(lines, state, &Line::state); };
  if (count(State::running) == 0) return "stopped";
  return count(State::stopped) == 0 ? "running" : "partial";
}

std::string painted(std::string_view word, bool color) {
  if (!color) return std::string{word};
  return fmt::format("\x1b[0;{}m{}\x1b[0m", word == "running" ? 32 : 33, word);
}

Result<void> print_stores(std::string_view query, std::ostream& out) {
  const std::vector<Step> steps = TRY(veraison::parse_query(query));
  const net::Response response = TRY(ask_store(net::Request::Method::get));
  const auto type = parse_media_type(response.header("Content-Type").value_or(""));
  if (!type || type->essence != "application/json") return fail_expecting(Errc::malformed, kStorePath, fmt::format("content type {}", quoted(response.header("Content-Type").value_or(""))), "application/json");
  const json::Value value = TRY(within(kStorePath, json::parse(as_text(response.body))));
  const json::Fields store = TRY(json::Fields::of(value, std::string{kStorePath}));
  TRY(print_section(store, "trust-anchors", "TRUST ANCHORS:", steps, out));
  TRY(print_section(store, "endorsements", "ENDORSEMENTS:", steps, out));
  return print_section(store, "policies", "POLICIES:", steps, out);
}

Result<void> print_section(const json::Fields& store, std::string_view member, std::string_view title, const std::vector<Step>& steps, std::ostream& out) {
  const json::Value* records = TRY(store.need(member));
  if (records->array() == nullptr) return fail_expecting(Errc::malformed, store.at(member), std::string{records->type_name()}, "an array");
  out << title << '\n'
      << std::string(title.size(), '-') << '\n';
  for (const json::Value& record : *records->array()) {
    const json::Value found = TRY(veraison::look_up(record, steps));
    out << json::print(found, {.indent = 2, .html_safe = false}) << '\n';
  }
  out << '\n';
  return {};
}

// The original says nothing; a person at a terminal may want to know.
Result<void> clear_stores(std::ostream& err) {
  const net::Response response = TRY(ask_store(net::Request::Method::del));
  if (is_terminal(err)) err << fmt::format("{}: endorsements and policies are forgotten\n", net::shown_url(response.url));
  return {};
}

Result<net::Response> ask_store(net::Request::Method method) {
  const settings::Settings settings = TRY(load_settings());
  const Urls urls = TRY(urls_of(settings));
  const sending::Connection connection = TRY(connect(settings));
  const std::string url = TRY(net::resolve_url(urls.server, kStorePath));
  net::Request request{.method = method, .url = url, .headers = {{"Accept", "application/json"}}};
  if (connection.authorization) request.headers.push_back({"Authorization", *connection.authorization});
  net::Response response = TRY(connection.http->send(request));
  if (response.status == 200 || (method == net::Request::Method::del && response.status == 204)) return response;
  if (response.status == 404) return fail(Errc::not_found, net::shown_url(url), "{}; only assay's own service shows its store", net::status_text(response));
  const Errc errc = response.status == 401 || response.status == 403 ? Errc::forbidden : Errc::unavailable;
  return std::unexpected(sending::hinted(Error{errc, net::shown_url(url), net::status_text(response), {}, {}}, {.credentials = "VERAISON_AUTH, VERAISON_USERNAME and VERAISON_PASSWORD of a manager"}));
}

}  // namespace
}  // namespace assay
