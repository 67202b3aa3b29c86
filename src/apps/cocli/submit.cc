// cocli corim submit.
#include <ostream>

#include "apps/cocli/corim_commands.h"
#include "apps/files.h"
#include "apps/sending.h"
#include "apps/settings.h"
#include "net/url.h"

namespace assay::cocli {
namespace {

using files::go_quote;
using goflags::Context;
using goflags::Flag;
using settings::Settings;

struct Job {
  std::string url;
  std::string file;
  std::string media_type;
  sending::Peer peer;
};
Result<Job> job_of(const Context& context);
Result<net::Credentials> credentials_of(const Context& context, const Settings& settings);
Result<provisioning::Receipt> run_job(const Context& context, const Job& job);
Result<std::string> setting(const Context& context, const Settings& settings, std::string_view flag, std::string_view name);

}  // namespace

goflags::Command submit_corim_command() {
  const auto run = [](Context& context) -> Result<void> {
    const Job job = TRY(job_of(context));
    const auto receipt = TRY(run_job(context, job));
    for (const std::string& warning : receipt.warnings) TRY(warn(context, warning));
    context.err << fmt::format(">> {} submit ok\n", go_quote(job.file));
    return {};
  };
  return {
      .name = "submit",
      .short_help = "send a CoRIM to a verifier",
      .long_help =
          "Sends a CoRIM to the provisioning service of a verifier, and waits until that has taken it.\n\n"
          "What is not said by a flag is taken from the environment (COCLI_API_SERVER, COCLI_PASSWORD ...), then from the configuration file\n"
          "(api_server, auth, username, password, client_id, client_secret, token_url, ca_cert, insecure).",
      .examples =
          "  cocli corim submit --corim-file=rim.cbor \\\n"
          "      --media-type='application/corim-unsigned+cbor; profile=\"http://arm.com/psa/iot/1\"' \\\n"
          "      --api-server=https://verifier.example/endorsement-provisioning/v1/submit --auth=basic --username=me --password-file=secret",
      .flags =
          {
              {.long_name = "corim-file", .short_name = 'f', .help = "`file` with a CoRIM"},
              {.long_name = "media-type", .short_name = 'm', .help = "media `type` of the CoRIM, with its profile"},
              {.long_name = "api-server", .short_name = 's', .help = "`URL` that takes submissions"},
              {.long_name = "auth", .short_name = 'a', .help = "`method`: none (passthrough), basic or oauth2"},
              {.long_name = "username", .short_name = 'U', .help = "`name` of the user, for basic and oauth2"},
              {.long_name = "password", .short_name = 'P', .help = "`password`, which all users of this machine can see here"},
              {.long_name = "password-file", .help = "`file` whose first line is the password"},
              {.long_name = "client-id", .short_name = 'C', .help = "OAuth 2 client `id`"},
              {.long_name = "client-secret", .short_name = 'S', .help = "OAuth 2 client `secret`, which all users of this machine can see here"},
              {.long_name = "client-secret-file", .help = "`file` whose first line is the client's secret"},
              {.long_name = "token-url", .short_name = 'T', .help = "`URL` of the authorisation server that gives tokens"},
              {.long_name = "ca-cert", .short_name = 'E', .kind = Flag::list, .help = "PEM `file` to trust besides the system's; may be repeated"},
              {.long_name = "insecure", .short_name = 'i', .kind = Flag::boolean, .help = "do not verify who the server is"},
              {.long_name = "timeout", .kind = Flag::uint, .default_value = "60", .help = "`seconds` to wait for a submission that goes on"},
              strict_flag(),
          },
      .run = run,
  };
}

namespace {

// In the order in which the original finds out.
Result<Job> job_of(const Context& context) {
  const Settings settings = TRY(Settings::load("cocli", context.text("config")));
  Job job;
  job.peer.credentials = TRY(credentials_of(context, settings));
  job.file = context.text("corim-file");
  if (job.file.empty()) return fail_with(Errc::usage, "no CoRIM input file supplied");
  const std::string server = TRY(setting(context, settings, "api-server", "api_server"));
  if (server.empty()) return fail_with(Errc::usage, "no API server supplied");
  const auto url = net::parse_url(server);
  if (!url) return fail_with(Errc::usage, "malformed API server URL");
  job.url = *url;
  job.media_type = context.text("media-type");
  if (job.media_type.empty()) return fail_with(Errc::usage, "no media type supplied");
  job.peer.certificate_files = context.was_set("ca-cert") ? context.list("ca-cert") : TRY(settings.list("ca_cert"));
  job.peer.insecure = context.was_set("insecure") ? context.flag("insecure") : TRY(settings.flag("insecure"));
  return job;
}

Result<net::Credentials> credentials_of(const Context& context, const Settings& settings) {
  net::Credentials credentials;
  const std::string word = TRY(setting(context, settings, "auth", "auth"));
  const auto method = net::parse_method(word.empty() ? "none" : word);
  if (!method && context.was_set("auth")) return fail_with(Errc::usage, fmt::format("invalid argument {} for \"-a, --auth\" flag: {}", go_quote(word), method.error().text()));
  credentials.method = TRY(net::parse_method(word.empty() ? "none" : word));
  credentials.username = TRY(setting(context, settings, "username", "username"));
  credentials.password = context.was_set("password-file") ? TRY(sending::read_secret(context.text("password-file"))) : TRY(setting(context, settings, "password", "password"));
  credentials.client_id = TRY(setting(context, settings, "client-id", "client_id"));
  credentials.client_secret = context.was_set("client-secret-file") ? TRY(sending::read_secret(context.text("client-secret-file"))) : TRY(setting(context, settings, "client-secret", "client_secret"));
  credentials.token_url = TRY(setting(context, settings, "token-url", "token_url"));
  TRY(net::check(credentials));
  return credentials;
}

Result<std::string> setting(const Context& context, const Settings& settings, std::string_view flag, std::string_view name) { return context.was_set(flag) ? Result<std::string>{context.text(flag)} : settings.text(name); }

constexpr std::string_view kFailed = "submit CoRIM payload failed reason: run failed: ";

Result<provisioning::Receipt> run_job(const Context& context, const Job& job) {
  const Bytes corim = TRY(with_prefix("read CoRIM payload failed: ", files::read_file(job.file, corim::kMaxCorim)));
  const auto client = sending::client_for(job.peer);
  if (!client) return std::unexpected(prefixed(fmt::format("{}could not read cert: ", kFailed), client.error()));
  auto authorization = TRY(with_prefix(kFailed, sending::hinted(net::authorization(job.peer.credentials, **client))));
  const std::uint64_t patience = std::min<std::uint64_t>(context.uint("timeout"), 24UL * 3600);
  auto sent = sending::hinted(provisioning::submit({job.url, job.media_type, corim, std::move(authorization), std::chrono::seconds{patience}}, **client, provisioning::real_pace()));
  if (sent) return sent;
  const bool no_answer = sent.error().where.starts_with("POST ");
  return std::unexpected(no_answer ? prefixed(fmt::format("{}submit request failed: Post {}: ", kFailed, go_quote(net::shown_url(job.url))), {sent.error().errc, {}, sent.error().what, sent.error().expected, {}}) : prefixed(kFailed, sent.error()));
}

}  // namespace
}  // namespace assay::cocli
