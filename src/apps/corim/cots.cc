#include "apps/corim/cots.h"

#include <ostream>

#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/report.h"
#include "base/text.h"
#include "model/corim/text.h"

namespace assay::corim_cli {
namespace {

using corim::Cots;
using corim::Generation;
using corim::TrustAnchor;

Result<json::Value> load_json(const std::string& path);
std::optional<corim::TagIdentity> identity(const CotsOptions& options);
Result<int> add_claims(std::vector<corim::ClaimSet>& sets, const std::optional<std::string>& path, std::ostream& err);
Result<void> add_anchors(corim::TrustKeys& keys, const std::string& path);
Result<std::vector<Bytes>> certificates(const std::string& path);
Result<Judged> judge_cots(const std::string& path);

}  // namespace

Result<int> create_cots(const Options& options, const CotsOptions& parts, const Streams& to) {
  if (parts.version != 0 && !parts.id && !parts.new_id) return fail_expecting(Errc::usage, "--tag-version", "without an id", "--id ID or --new-id with it");
  const auto requested = TRY(wanted(options));
  Cots cots{.language = parts.language, .identity = identity(parts), .purposes = parts.purposes};
  auto environments = corim::environments_from_template(TRY(load_json(options.file)));
  // All files are looked at before the first error ends it.
  const int of_environments = print_problems(options.file, environments.problems, to.err);
  const int of_permitted = TRY(add_claims(cots.permitted, parts.permitted, to.err));
  const int of_excluded = TRY(add_claims(cots.excluded, parts.excluded, to.err));
  for (const int status : {of_environments, of_permitted, of_excluded}) {
    if (status != 0) return status;
  }
  cots.environments = std::move(environments.value);
  for (const std::string& path : parts.anchors) TRY(add_anchors(cots.keys, path));
  for (const std::string& path : parts.authorities) {
    auto authorities = TRY(certificates(path));
    std::ranges::move(authorities, std::back_inserter(cots.keys.authorities));
  }
  if (const int status = print_problems("CoTS", corim::validate(cots), to.err); status != 0) return status;
  const Bytes bytes = TRY(within(options.file, corim::write_cots(cots, requested.value_or(environments.needs_d ? Generation::d : Generation::a))));
  TRY(write_out(options, bytes, to));
  return 0;
}

Result<int> show_cots(const Options& options, const Streams& to) {
  const Bytes bytes = TRY(files::read_file(options.file, corim::kMaxCorim));
  const json::Value value = corim::to_json(TRY(within(options.file, corim::read_cots(bytes))));
  if (options.json) to.out << json::print(value, {.indent = 2}) << '\n';
  else report::print_claims(to.out, value);
  return 0;
}

Result<int> validate_cots(const Options& options, const Streams& to) { return validate_files(options, to, judge_cots); }

namespace {

Result<json::Value> load_json(const std::string& path) {
  const std::string text = TRY(files::read_text(path, kMaxJson));
  return within(path, corim::parse_template(text));
}

// A UUID counts as one, as in templates.
std::optional<corim::TagIdentity> identity(const CotsOptions& options) {
  if (options.new_id) return corim::TagIdentity{.id = endorsements::random_uuid(), .version = options.version};
  if (!options.id) return std::nullopt;
  if (const auto uuid = corim::uuid_from_text(*options.id)) return corim::TagIdentity{.id = *uuid, .version = options.version};
  return corim::TagIdentity{.id = *options.id, .version = options.version};
}

Result<int> add_claims(std::vector<corim::ClaimSet>& sets, const std::optional<std::string>& path, std::ostream& err) {
  if (!path) return 0;
  auto parsed = corim::claims_from_template(TRY(load_json(*path)));
  sets.push_back(std::move(parsed.value));
  return print_problems(*path, parsed.problems, err);
}

// A TrustAnchorInfo and a bare key are told by their names, as other tools name them; all else must be certificates.
Result<void> add_anchors(corim::TrustKeys& keys, const std::string& path) {
  const bool is_info = path.ends_with(".ta");
  if (is_info || path.ends_with(".spki")) {
    keys.anchors.push_back({is_info ? TrustAnchor::Format::trust_anchor_info : TrustAnchor::Format::public_key_info, TRY(files::read_file(path, kMaxKeyFile))});
    return {};
  }
  for (Bytes& certificate : TRY(certificates(path))) keys.anchors.push_back({TrustAnchor::Format::certificate, std::move(certificate)});
  return {};
}

Result<std::vector<Bytes>> certificates(const std::string& path) {
  std::vector<Bytes> der;
  for (const crypto::Certificate& certificate : TRY(inputs::load_certificates({&path, 1}))) der.push_back(certificate.der());
  return der;
}

Result<Judged> judge_cots(const std::string& path) {
  const Bytes bytes = TRY(files::read_file(path, corim::kMaxCorim));
  const std::string_view text = trim_ascii(as_text(bytes));
  if (text.starts_with('[') || text.starts_with('{')) return Judged{corim::environments_from_template(TRY(corim::parse_template(text))).problems};
  return Judged{corim::validate(TRY(corim::read_cots(bytes)))};
}

}  // namespace
}  // namespace assay::corim_cli
