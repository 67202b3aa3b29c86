// Endorsements: CoMID, CoTS, CoSWID, CoRIM unsigned and signed, their templates; CoSERV, which asks for them.
#include <sstream>


#include "base/text.h"
#include "model/corim/coserv.h"
#include "model/corim/coserv_discovery.h"
#include "model/corim/cots.h"
#include "model/corim/signed.h"
#include "model/corim/validate.h"
#include "runner.h"

namespace assay::vectors {
namespace {

using namespace corim;

// What is accepted comes back the same from what we write of it.
Result<void> same_again(const Comid& comid) {
  auto written = write_comid(comid, Generation::a);
  if (!written) written = write_comid(comid, Generation::d);
  if (!written) written = write_comid(comid, Generation::c);
  if (!written) return std::unexpected(written.error());
  if (TRY(read_comid(*written)) != comid) return fail(Errc::internal, "CoMID", "another one comes back");
  return {};
}

Result<void> good(const Comid& comid) {
  TRY(first_error(validate(comid)));
  return same_again(comid);
}

Result<void> good(const Cots& cots) {
  TRY(first_error(validate(cots)));
  const Bytes written = TRY(write_cots(cots, Generation::a));
  if (TRY(read_cots(written)) != cots) return fail(Errc::internal, "CoTS", "another one comes back");
  return {};
}

Result<void> good(const Coswid& coswid) {
  const Bytes written = write_coswid(coswid);
  const Coswid again = TRY(read_coswid(written));
  if (again != coswid || write_coswid(again) != written) return fail(Errc::internal, "CoSWID", "another one comes back");
  return {};
}

Result<void> good(const Tag& tag) {
  switch (tag.kind) {
    case TagKind::comid: return good(TRY(read_comid(tag.content)));
    case TagKind::coswid: return good(TRY(read_coswid(tag.content)));
    case TagKind::cots: return good(TRY(read_cots(tag.content)));
    default: return {};
  }
}

Result<void> good(const Corim& corim) {
  TRY(first_error(validate(corim)));
  for (const Tag& tag : corim.tags) TRY(good(tag));
  if (TRY(read_corim(TRY(write_corim(corim, corim.generation)))) != corim) return fail(Errc::internal, "CoRIM", "another one comes back");
  return {};
}

Result<void> comid_file(const Case& line) { return good(TRY(read_comid(as_bytes(TRY(line.text()))))); }
Result<void> corim_file(const Case& line) { return good(TRY(read_corim(as_bytes(TRY(line.text()))))); }

Result<void> cots_file(const Case& line) { return good(TRY(read_cots(as_bytes(TRY(line.text()))))); }
Result<void> coswid_file(const Case& line) { return good(TRY(read_coswid(as_bytes(TRY(line.text()))))); }

Result<void> signed_file(const Case& line) {
  const std::string bytes = TRY(line.text());
  const UnverifiedSigned read = TRY(read_signed(as_bytes(bytes)));
  if (line.member("tags") != "unread") TRY(good(read.corim));
  if (!line.member("key").empty()) TRY(verify_signed(read, TRY(line.key())));
  return {};
}

Result<void> comid_template(const Case& line) {
  const json::Value value = TRY(parse_template(TRY(line.text())));
  const auto parsed = comid_from_template(value);
  TRY(first_error(parsed.problems));
  TRY(good(parsed.value));
  const auto wanted = generation_of(line.member("generation"));
  const Bytes made = TRY(write_comid(parsed.value, wanted.value_or(default_generation(parsed))));
  if (!line.member("golden").empty() && !equal(made, as_bytes(TRY(line.text(line.member("golden")))))) return fail(Errc::mismatch, line.member("golden"), "other bytes: {}", to_hex(made));
  return {};
}

// Parts of a CoTS, in one that has all it needs besides.
Result<void> cots_environments(const Case& line) {
  const auto parsed = environments_from_template(TRY(parse_template(TRY(line.text()))));
  TRY(first_error(parsed.problems));
  Cots cots;
  cots.environments = parsed.value;
  cots.keys.anchors.push_back({TrustAnchor::Format::certificate, Bytes{0x30, 0x00}});
  return good(cots);
}

Result<void> cots_claims(const Case& line) {
  const auto parsed = claims_from_template(TRY(parse_template(TRY(line.text()))));
  TRY(first_error(parsed.problems));
  Cots cots;
  cots.permitted.push_back(parsed.value);
  cots.keys.anchors.push_back({TrustAnchor::Format::certificate, Bytes{0x30, 0x00}});
  return good(cots);
}

Result<void> corim_template(const Case& line) {
  const auto parsed = corim_from_template(TRY(parse_template(TRY(line.text()))));
  return first_error(parsed.problems);
}

Result<void> meta_template(const Case& line) {
  const auto parsed = meta_from_template(TRY(parse_template(TRY(line.text()))));
  return first_error(parsed.problems);
}

Result<void> same_bytes(const std::string& where, ByteView made, std::string_view wanted) {
  if (!equal(made, as_bytes(wanted))) return fail(Errc::mismatch, where, "other bytes: {}", to_hex(made));
  return {};
}

// `digests`: "short" where they are of no length that their algorithm has.
Result<void> coserv_file(const Case& line) {
  const std::string bytes = TRY(line.text());
  const Coserv coserv = TRY(read_coserv(as_bytes(bytes)));
  const bool good = first_error(validate(coserv)).has_value();
  if (good == (line.member("digests") == "short")) return fail(Errc::invalid, "digests", "the validator's verdict is another");
  const Bytes written = TRY(write_coserv(coserv));
  if (TRY(read_coserv(written)) != coserv) return fail(Errc::internal, "CoSERV", "another one comes back");
  // Ours are always deterministic.
  if (!cbor::check(as_bytes(bytes), cbor::Mode::deterministic)) return {};
  return same_bytes("encoding", written, bytes);
}

Result<void> coserv_text(const Case& line) {
  const std::string text = TRY(line.text());
  const std::string bytes = TRY(line.text(line.member("same_as")));
  if (TRY(read_coserv_text(text)) != TRY(read_coserv(as_bytes(bytes)))) return fail(Errc::mismatch, line.member("same_as"), "another CoSERV");
  return same_bytes(line.member("same_as"), as_bytes(to_base64url(as_bytes(bytes))), text);
}

Result<void> coserv_discovery_json(const Case& line) {
  const std::string text = TRY(line.text());
  const std::string written = json::print(TRY(write_discovery_json(TRY(read_discovery_json(text)))));
  return same_bytes("encoding", as_bytes(written), json::print(TRY(json::parse(text))));
}

Result<void> coserv_discovery(const Case& line) {
  const std::string bytes = TRY(line.text());
  return same_bytes("encoding", TRY(write_discovery_cbor(TRY(read_discovery_cbor(as_bytes(bytes))))), bytes);
}

Result<void> coserv_diagnostic(const Case& line) {
  return same_bytes(line.member("same_as"), TRY(encode_diagnostic(TRY(line.text()))), TRY(line.text(line.member("same_as"))));
}

// One line for each file beside it: its diagnostic notation.
Result<void> coserv_expected(const Case& line) {
  const std::string folder = line.file().substr(0, line.file().rfind('/') + 1);
  std::istringstream lines{TRY(line.text())};
  for (std::string text; std::getline(lines, text);) {
    const json::Value value = TRY(json::parse(text));
    const json::Fields fields = TRY(json::Fields::of(value));
    const std::string file = TRY(fields.text("file"));
    TRY(same_bytes(file, TRY(encode_diagnostic(TRY(fields.text("diag")))), TRY(line.text(folder + file))));
  }
  return {};
}

}  // namespace

void add_endorsement_kinds(Kinds& kinds) {
  kinds["comid"] = [](const Case& line) { return from(comid_file(line)); };
  kinds["corim"] = [](const Case& line) { return from(corim_file(line)); };
  kinds["signed-corim"] = [](const Case& line) { return from(signed_file(line)); };
  kinds["comid-template"] = [](const Case& line) { return from(comid_template(line)); };
  kinds["corim-template"] = [](const Case& line) { return from(corim_template(line)); };
  kinds["cots"] = [](const Case& line) { return from(cots_file(line)); };
  kinds["cots-environments"] = [](const Case& line) { return from(cots_environments(line)); };
  kinds["cots-claims"] = [](const Case& line) { return from(cots_claims(line)); };
  kinds["coswid"] = [](const Case& line) { return from(coswid_file(line)); };
  kinds["corim-meta"] = [](const Case& line) { return from(meta_template(line)); };
  kinds["coserv"] = [](const Case& line) { return from(coserv_file(line)); };
  kinds["coserv-text"] = [](const Case& line) { return from(coserv_text(line)); };
  kinds["coserv-discovery"] = [](const Case& line) { return from(coserv_discovery(line)); };
  kinds["coserv-discovery-json"] = [](const Case& line) { return from(coserv_discovery_json(line)); };
  kinds["coserv-diag"] = [](const Case& line) { return from(coserv_diagnostic(line)); };
  kinds["coserv-expected"] = [](const Case& line) { return from(coserv_expected(line)); };
}

}  // namespace assay::vectors
