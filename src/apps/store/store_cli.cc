#include "apps/store/store_cli.h"

#include <algorithm>
#include <map>

#include "appraise/records.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "apps/serve/state.h"
#include "apps/store/transfer.h"
#include "base/clock.h"
#include "crypto/key_formats.h"
#include "store/open/open.h"

namespace assay {
namespace {

using appraise::Endorsements;
using appraise::StoredCorim;
using appraise::StoredPolicy;

constexpr const char* kExamples =
    "A store is a file, \"memory:\" or \"postgresql://…\"; without --store it is the one that `assay serve` makes in its state folder.\n"
    "A running service sees at once what is changed here.\n"
    "\n"
    "Examples:\n"
    "  # What does this verifier compare with?\n"
    "  assay store list\n"
    "  assay store list --records --json\n"
    "\n"
    "  # Is the store in order, and does this build read all of it?\n"
    "  assay store check --store /var/lib/assay/store.sqlite\n"
    "\n"
    "  # From one machine to replicas\n"
    "  assay store export backup/\n"
    "  assay store import backup/ --store postgresql://db.example/assay\n"
    "\n"
    "Exit status: 0 done; 1 check found something; 2 usage; 3 malformed; 4 not trusted; 5 environment.\n";

struct Options {
  native::Common common;
  std::string store;
  std::string tenant = "0";
  std::string id;
  std::string folder;
  std::string out;
  bool records = false;
  bool policies = false;
  bool endorsements = false;
  bool yes = false;
  std::vector<std::string> cas;
  std::vector<std::string> keys;
};
using Open = std::unique_ptr<appraise::Store>;

void declare(CLI::App& app, Options& options, std::function<Result<int>()>& action, std::ostream& out, std::ostream& err);
Result<int> list(const Options& options, std::ostream& out, std::ostream& err);
Result<int> show(const Options& options, std::ostream& out, std::ostream& err);
Result<int> clear(const Options& options, std::ostream& out, std::ostream& err);
Result<int> check(const Options& options, std::ostream& out, std::ostream& err);
Result<int> stats(const Options& options, std::ostream& out, std::ostream& err);
Result<int> export_all(const Options& options, std::ostream& out, std::ostream& err);
Result<int> import_all(const Options& options, std::ostream& out, std::ostream& err);
Result<std::string> url_of(const Options& options);
Result<Open> open(const Options& options, const store::Decoder& decode, store::Missing missing = store::Missing::refuse);
Result<Endorsements> nothing(const StoredCorim&) { return Endorsements{}; }
Result<Endorsements> decoded(const StoredCorim& corim) { return provisioning::decode(corim, appraise::all_schemes(), appraise::Rule::assay); }
Result<json::Array> records_of(const StoredCorim& corim);
json::Object to_json(const StoredCorim& corim);
json::Object to_json(const StoredPolicy& policy);
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);
void report(const Options& options, std::ostream& out, const store_app::Moved& moved, std::string_view done);
std::string counted(std::size_t corims, std::size_t policies);
std::string corims_text(std::size_t corims) { return fmt::format("{} CoRIM{}", corims, corims == 1 ? "" : "s"); }

}  // namespace

int run_store(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  std::function<Result<int>()> action;
  CLI::App app{"Shows, checks, moves and clears what a verifier's store holds.", "assay store"};
  app.require_subcommand(1);
  app.footer(kExamples);
  declare(app, options, action, out, err);
  return native::run(app, args, out, err, [&] {
    const auto status = action();
    return status ? *status : native::report_error(status.error(), err);
  });
}

namespace {

void declare(CLI::App& app, Options& options, std::function<Result<int>()>& action, std::ostream& out, std::ostream& err) {
  using Run = Result<int> (*)(const Options&, std::ostream&, std::ostream&);
  const auto add = [&](const char* name, const char* help, Run run) {
    CLI::App* command = app.add_subcommand(name, help);
    native::add_common(*command, options.common);
    command->add_option("--store", options.store, "file, \"memory:\" or \"postgresql://…\" (default: that of `assay serve`)")->type_name("STORE");
    command->add_option("--tenant", options.tenant, "whose")->capture_default_str();
    command->callback([&options, &action, &out, &err, run] { action = [&options, &out, &err, run] { return run(options, out, err); }; });
    return command;
  };
  CLI::App* lister = add("list", "what is there, oldest first", list);
  lister->add_flag("--records", options.records, "each trust anchor and reference value, as JSON, a line each");
  lister->add_flag("--policies", options.policies, "policies instead of endorsements");
  CLI::App* viewer = add("show", "one CoRIM, and what is read from it", show);
  viewer->add_option("ID", options.id, "of the CoRIM")->required();
  native::add_file(*viewer, "--out", options.out, "file for the CoRIM as it was received; - is standard output");
  CLI::App* cleaner = add("clear", "forget endorsements and policies of a tenant", clear);
  cleaner->add_flag("--endorsements", options.endorsements, "only endorsements");
  cleaner->add_flag("--policies", options.policies, "only policies");
  cleaner->add_flag("--yes", options.yes, "do it; without, it says what would go");
  add("check", "read everything, and say what is damaged or cannot be used", check);
  add("stats", "how much there is", stats);
  add("export", "write CoRIMs and policies into a folder", export_all)->add_option("DIR", options.folder, "folder, made if it is not there")->required();
  CLI::App* importer = add("import", "submit what was exported to a store", import_all);
  importer->add_option("DIR", options.folder, "folder of an export")->required();
  native::add_repeatable(*importer, "--ca", options.cas, "PEM file with CA certificates of those who sign CoRIMs");
  native::add_repeatable(*importer, "--key", options.keys, "file with the public key of one who signs CoRIMs");
}

Result<int> list(const Options& options, std::ostream& out, std::ostream&) {
  const Open store = TRY(open(options, nothing));
  json::Array all;
  std::vector<std::vector<std::string>> rows;
  if (options.policies) {
    rows.push_back({"CREATED", "SCHEME", "UUID", "ACTIVE", "NAME"});
    const auto policies = TRY(store->policies(options.tenant, ""));
    for (const StoredPolicy& one : policies) {
      all.emplace_back(to_json(one));
      rows.push_back({to_rfc3339(one.created), printable(one.scheme), printable(one.uuid), one.active ? "yes" : "no", printable(one.name)});
    }
  } else {
    rows.push_back({"ADDED", "SCHEME", "BYTES", "SIGNER", "NOT AFTER", "ID"});
    const auto corims = TRY(store->list(options.tenant));
    for (const StoredCorim& one : corims) {
      if (options.records) {
        json::Array records = TRY(within("CoRIM " + assay::quoted(one.id), records_of(one)));
        std::ranges::move(records, std::back_inserter(all));
        continue;
      }
      all.emplace_back(to_json(one));
      rows.push_back({to_rfc3339(one.added), one.scheme, std::to_string(one.bytes.size()), one.signer.empty() ? "-" : printable(one.signer), one.validity ? to_rfc3339(one.validity->not_after) : "-", printable(one.id)});
    }
  }
  if (options.common.json) out << json::print(all, {.indent = 2, .html_safe = false}) << '\n';
  else if (options.records && !options.policies) std::ranges::for_each(all, [&](const json::Value& one) { out << json::print(one, {.html_safe = false}) << '\n'; });
  else print_table(out, rows);
  return 0;
}

Result<int> show(const Options& options, std::ostream& out, std::ostream& err) {
  const Open store = TRY(open(options, nothing));
  const auto corims = TRY(store->list(options.tenant));
  const auto found = std::ranges::find(corims, options.id, &StoredCorim::id);
  if (found == corims.end()) return fail_expecting(Errc::not_found, "CoRIM", assay::quoted(options.id), "one of `assay store list`");
  if (!options.out.empty()) {
    TRY(files::write_output(options.out, found->bytes, out));
    return 0;
  }
  json::Object object = to_json(*found);
  auto records = records_of(*found);
  if (!records) err << "warning: this build cannot use it: " << records.error().text() << '\n';
  if (options.common.json) {
    if (records) object.append("records", std::move(*records));
    out << json::print(object, {.indent = 2, .html_safe = false}) << '\n';
    return 0;
  }
  for (const auto& [name, value] : object) out << fmt::format("{:<12} {}\n", name, value.text() != nullptr ? printable(*value.text()) : json::print(value));
  if (records) {
    for (const json::Value& one : *records) out << json::print(one, {.indent = 2, .html_safe = false}) << '\n';
  }
  return 0;
}

Result<int> clear(const Options& options, std::ostream& out, std::ostream& err) {
  const Open store = TRY(open(options, nothing));
  const bool both = options.endorsements == options.policies;
  const auto corims = TRY(store->list(options.tenant));
  const auto policies = TRY(store->policies(options.tenant, ""));
  const std::size_t corims_gone = both || options.endorsements ? corims.size() : 0;
  const std::size_t policies_gone = both || options.policies ? policies.size() : 0;
  const std::string what = fmt::format("{} of tenant {}", counted(corims_gone, policies_gone), printable(options.tenant));
  if (!options.yes) return fail_expecting(Errc::usage, "clear", what + " would be forgotten", "--yes; `assay store export` keeps a copy");
  if (both || options.endorsements) TRY(store->clear(options.tenant));
  if (both || options.policies) TRY(store->clear_policies(options.tenant));
  if (options.common.json) {
    json::Object object;
    object.append("corims", static_cast<std::uint64_t>(corims_gone));
    object.append("policies", static_cast<std::uint64_t>(policies_gone));
    out << json::print(object) << '\n';
  } else {
    err << what << " forgotten\n";
  }
  return 0;
}

// All that is wrong, not only the first: but what a home finds damaged ends it, as nothing behind that can be believed.
Result<int> check(const Options& options, std::ostream& out, std::ostream&) {
  const std::string url = TRY(url_of(options));
  json::Array problems;
  std::size_t count = 0;
  if (const auto whole = store::check(url); !whole) {
    if (whole.error().errc != Errc::io) return std::unexpected(whole.error());
    problems.emplace_back(whole.error().text());
  } else {
    const Open store = TRY(open(options, nothing));
    const auto corims = TRY(store->list(options.tenant));
    count = corims.size();
    for (const StoredCorim& one : corims) {
      if (const auto endorsements = decoded(one); !endorsements) problems.emplace_back(fmt::format("CoRIM {}: {}", assay::quoted(one.id), endorsements.error().text()));
    }
  }
  const bool is_good = problems.empty();
  if (options.common.json) {
    json::Object object;
    object.append("store", store::shown(url));
    object.append("ok", is_good);
    object.append("corims", static_cast<std::uint64_t>(count));
    object.append("problems", std::move(problems));
    out << json::print(object, {.indent = 2, .html_safe = false}) << '\n';
  } else {
    for (const json::Value& one : problems) out << *one.text() << '\n';
    if (is_good) out << fmt::format("{}: {}, all is well\n", store::shown(url), corims_text(count));
  }
  return is_good ? 0 : 1;
}

Result<int> stats(const Options& options, std::ostream& out, std::ostream&) {
  const Open store = TRY(open(options, nothing));
  const auto corims = TRY(store->list(options.tenant));
  const auto policies = TRY(store->policies(options.tenant, ""));
  struct Sum {
    std::uint64_t corims = 0, bytes = 0, anchors = 0, values = 0, unread = 0;
  };
  std::map<std::string, Sum> sums;
  for (const StoredCorim& one : corims) {
    Sum& sum = sums[one.scheme];
    ++sum.corims;
    sum.bytes += one.bytes.size();
    const auto endorsements = decoded(one);
    if (!endorsements) {
      ++sum.unread;
      continue;
    }
    sum.anchors += endorsements->anchors.size();
    const appraise::ReferenceValues& values = endorsements->references;
    sum.values += values.realms.size() + values.pcrs.size() + values.keyed.size();
    for (const auto& platform : values.platforms) sum.values += platform.components.size() + platform.configs.size();
  }
  json::Object schemes;
  std::vector<std::vector<std::string>> rows{{"SCHEME", "CORIMS", "BYTES", "TRUST ANCHORS", "REFERENCE VALUES", "UNREADABLE"}};
  for (const auto& [name, sum] : sums) {
    json::Object object;
    object.append("corims", sum.corims);
    object.append("bytes", sum.bytes);
    object.append("trust-anchors", sum.anchors);
    object.append("reference-values", sum.values);
    object.append("unreadable", sum.unread);
    schemes.append(name, std::move(object));
    rows.push_back({name, std::to_string(sum.corims), std::to_string(sum.bytes), std::to_string(sum.anchors), std::to_string(sum.values), std::to_string(sum.unread)});
  }
  if (options.common.json) {
    json::Object object;
    object.append("schemes", std::move(schemes));
    object.append("policies", static_cast<std::uint64_t>(policies.size()));
    out << json::print(object, {.indent = 2}) << '\n';
  } else {
    print_table(out, rows);
    out << fmt::format("{} policies, {} of them active\n", policies.size(), std::ranges::count(policies, true, &StoredPolicy::active));
  }
  return 0;
}

Result<int> export_all(const Options& options, std::ostream& out, std::ostream& err) {
  const Open store = TRY(open(options, nothing));
  const store_app::Moved moved = TRY(store_app::export_to(options.folder, *store, options.tenant));
  report(options, options.common.json ? out : err, moved, "exported to " + printable(options.folder));
  return 0;
}

Result<int> import_all(const Options& options, std::ostream& out, std::ostream& err) {
  const Open store = TRY(open(options, decoded, store::Missing::make));
  provisioning::Intake intake{.store = *store, .schemes = appraise::all_schemes()};
  intake.roots = TRY(inputs::load_certificates(options.cas));
  for (const std::string& file : options.keys) {
    const Bytes bytes = TRY(files::read_file(file, kMaxKeyFile));
    intake.signers.push_back(TRY(within(file, crypto::public_key_from_any(bytes))));
  }
  const store_app::Moved moved = TRY(store_app::import_from(options.folder, *store, intake, options.tenant, system_now()));
  report(options, options.common.json ? out : err, moved, moved.known == 0 ? std::string{"imported"} : fmt::format("imported; of the CoRIMs {} had been there already", moved.known));
  return 0;
}

Result<std::string> url_of(const Options& options) {
  if (!options.store.empty()) return options.store;
  const auto folder = TRY(serve::state_folder());
  return (folder / "store.sqlite").string();
}

Result<Open> open(const Options& options, const store::Decoder& decode, store::Missing missing) {
  const std::string url = TRY(url_of(options));
  return store::open(url, decode, missing);
}

Result<json::Array> records_of(const StoredCorim& corim) {
  const Endorsements endorsements = TRY(decoded(corim));
  const appraise::Scheme* scheme = appraise::scheme_by_name(corim.scheme);
  const std::string_view name = scheme != nullptr ? scheme->attestation_scheme : std::string_view{corim.scheme};
  json::Array records = appraise::anchor_records(name, endorsements.anchors);
  std::ranges::move(appraise::reference_records(name, endorsements.references), std::back_inserter(records));
  return records;
}

json::Object to_json(const StoredCorim& corim) {
  json::Object object;
  object.append("id", printable(corim.id));
  object.append("scheme", corim.scheme);
  object.append("profile", printable(corim.profile));
  object.append("media-type", printable(corim.media_type));
  if (!corim.signer.empty()) object.append("signer", printable(corim.signer));
  object.append("added", to_rfc3339(corim.added));
  if (corim.validity && corim.validity->not_before) object.append("not-before", to_rfc3339(*corim.validity->not_before));
  if (corim.validity) object.append("not-after", to_rfc3339(corim.validity->not_after));
  object.append("bytes", static_cast<std::uint64_t>(corim.bytes.size()));
  object.append("sha-256", to_hex(crypto::digest(crypto::Hash::sha256, corim.bytes)));
  return object;
}

json::Object to_json(const StoredPolicy& policy) {
  json::Object object;
  object.append("uuid", printable(policy.uuid));
  object.append("scheme", printable(policy.scheme));
  object.append("name", printable(policy.name));
  object.append("created", to_rfc3339(policy.created));
  object.append("active", policy.active);
  object.append("rules", printable(policy.rules));
  return object;
}

std::string counted(std::size_t corims, std::size_t policies) { return fmt::format("{} and {} {}", corims_text(corims), policies, policies == 1 ? "policy" : "policies"); }

// Columns as wide as their widest text; the first row says what they are.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += i + 1 < row.size() ? fmt::format("{:<{}}  ", row[i], widths[i]) : row[i];
    out << line << '\n';
  }
}

void report(const Options& options, std::ostream& out, const store_app::Moved& moved, std::string_view done) {
  if (!options.common.json) {
    out << fmt::format("{} {}\n", counted(moved.corims, moved.policies), done);
    return;
  }
  json::Object object;
  object.append("corims", static_cast<std::uint64_t>(moved.corims));
  object.append("known", static_cast<std::uint64_t>(moved.known));
  object.append("policies", static_cast<std::uint64_t>(moved.policies));
  out << json::print(object) << '\n';
}

}  // namespace
}  // namespace assay
