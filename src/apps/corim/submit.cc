#include "apps/corim/submit.h"

#include <cstdlib>
#include <ostream>

#include "apps/files.h"
#include "apps/sending.h"
#include "base/text.h"
#include "net/url.h"

namespace assay::corim_cli {
namespace {

Result<net::Credentials> credentials_of(const SubmitOptions& submit);
Result<void> check_used(const SubmitOptions& submit, net::Credentials::Method method);
Result<std::string> secret(const std::optional<std::string>& file, const char* variable);

}  // namespace

Result<int> submit_corim(const Options& options, const SubmitOptions& submit, const Streams& to) {
  const std::string url = TRY(within("--server", sending::submit_url(submit.server)));
  sending::Peer peer{.credentials = TRY(credentials_of(submit)), .certificate_files = submit.certificates, .insecure = submit.insecure};
  const endorsements::Opened opened = TRY(within(options.file, endorsements::open_any(TRY(files::read_file(options.file, corim::kMaxCorim)))));
  if (const int status = print_problems(options.file, endorsements::check(opened.corim), to.err); status != 0) return status;
  const std::string media_type = submit.media_type ? *submit.media_type : TRY(within(options.file, sending::media_type_of(opened)));

  const auto client = TRY(within("--ca-cert", sending::client_for(peer)));
  auto authorization = TRY(sending::hinted(net::authorization(peer.credentials, *client)));
  const std::string shown = net::shown_url(url);
  const auto receipt = TRY(within(options.file, sending::hinted(provisioning::submit({url, media_type, opened.bytes, std::move(authorization), std::chrono::seconds{submit.patience}}, *client, provisioning::real_pace()))));
  for (const std::string& warning : receipt.warnings) to.err << "warning: " << printable(warning) << '\n';
  if (options.json) {
    json::Object said;
    said.set("submitted", options.file);
    said.set("server", shown);
    said.set("media-type", media_type);
    to.out << json::print(json::Value{std::move(said)}) << '\n';
  } else {
    to.err << fmt::format("{}: taken by {} as {}\n", printable(options.file), shown, printable(media_type));
  }
  return 0;
}

namespace {

Result<net::Credentials> credentials_of(const SubmitOptions& submit) {
  net::Credentials credentials{.method = TRY(within("--auth", net::parse_method(submit.method)))};
  TRY(check_used(submit, credentials.method));
  if (credentials.method == net::Credentials::Method::none) return credentials;
  credentials.username = submit.username;
  credentials.password = TRY(secret(submit.password_file, "ASSAY_PASSWORD"));
  if (credentials.username.empty()) return fail_expecting(Errc::usage, "--auth " + submit.method, "no user", "--user NAME");
  if (credentials.password.empty()) return fail_expecting(Errc::usage, "--auth " + submit.method, "no password", "--password-file FILE, or the environment's ASSAY_PASSWORD");
  if (credentials.method == net::Credentials::Method::basic) return credentials;
  credentials.client_id = submit.client_id;
  credentials.client_secret = TRY(secret(submit.client_secret_file, "ASSAY_CLIENT_SECRET"));
  credentials.token_url = submit.token_url;
  if (credentials.client_id.empty()) return fail_expecting(Errc::usage, "--auth oauth2", "no client", "--client-id ID");
  if (credentials.client_secret.empty()) return fail_expecting(Errc::usage, "--auth oauth2", "no client secret", "--client-secret-file FILE, or the environment's ASSAY_CLIENT_SECRET");
  if (credentials.token_url.empty()) return fail_expecting(Errc::usage, "--auth oauth2", "no authorisation server", "--token-url URL");
  return credentials;
}

// An option for who we are that the method has no use for: without it we would be nobody to the server, in silence.
Result<void> check_used(const SubmitOptions& submit, net::Credentials::Method method) {
  using enum net::Credentials::Method;
  struct Given {
    const char* flag;
    bool is_given;
    bool is_used;
    const char* uses;
  };
  const bool user = method != none, client = method == oauth2;
  constexpr const char *kUser = "--auth basic or oauth2", *kClient = "--auth oauth2";
  for (const Given& given : {Given{"--user", !submit.username.empty(), user, kUser}, Given{"--password-file", submit.password_file.has_value(), user, kUser}, Given{"--client-id", !submit.client_id.empty(), client, kClient},
                             Given{"--client-secret-file", submit.client_secret_file.has_value(), client, kClient}, Given{"--token-url", !submit.token_url.empty(), client, kClient}}) {
    if (given.is_given && !given.is_used) return fail_expecting(Errc::usage, given.flag, fmt::format("--auth {} does not use it", submit.method), given.uses);
  }
  return {};
}

Result<std::string> secret(const std::optional<std::string>& file, const char* variable) {
  if (file) return sending::read_secret(*file);
  const char* value = std::getenv(variable);
  return std::string{value != nullptr ? value : ""};
}

}  // namespace
}  // namespace assay::corim_cli
