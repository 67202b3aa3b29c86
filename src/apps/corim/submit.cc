#include "apps/corim/submit.h"

#include <ostream>

#include "apps/files.h"
#include "apps/sending.h"
#include "base/text.h"
#include "net/url.h"

namespace assay::corim_cli {

Result<int> submit_corim(const Options& options, const SubmitOptions& submit, const Streams& to) {
  const std::string url = TRY(within("--server", sending::url_at(submit.server, provisioning::kSubmitPath)));
  const sending::Peer peer = TRY(sending::peer_of(submit));
  const endorsements::Opened opened = TRY(within(options.file, endorsements::open_any(TRY(files::read_file(options.file, corim::kMaxCorim)))));
  if (const int status = print_problems(options.file, endorsements::check(opened.corim), to.err); status != 0) return status;
  const std::string media_type = submit.media_type ? *submit.media_type : TRY(within(options.file, sending::media_type_of(opened)));

  const sending::Connection connection = TRY(sending::connect(peer));
  const std::string shown = net::shown_url(url);
  const auto receipt = TRY(within(options.file, sending::hinted(provisioning::submit({url, media_type, opened.bytes, connection.authorization, std::chrono::seconds{submit.patience}}, *connection.http, provisioning::real_pace()), sending::kNativeFlags)));
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

}  // namespace assay::corim_cli
