#include "apps/attest/attest_cli.h"

#include <optional>

#include "apps/attest/optee_host.h"
#include "apps/fd_stream.h"
#include "apps/files.h"
#include "apps/inputs.h"
#include "apps/native_cli.h"
#include "apps/sending.h"
#include "attester/tsm/tsm.h"
#include "model/ear/ear.h"
#include "net/url.h"

namespace assay {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  # Evidence of this machine (as root, in a confidential one), for a nonce that somebody gave you\n"
    "  assay attest --nonce 6e86d6d97cc7… --out token.cbor\n"
    "\n"
    "  # Have it verified; the result goes to standard output\n"
    "  assay attest --server https://verifier.example:8443 --ear-key pkey.json\n"
    "\n"
    "  # The OP-TEE example without a device: its token, and the words of its host program\n"
    "  assay attest --simulate optee --measurement 31b805aa34f8… --relying-party http://127.0.0.1:8087\n"
    "\n"
    "  # What its token would measure of a trusted application\n"
    "  assay attest --simulate optee --ta text.bin --ta rodata.bin --nonce 6048bd24… --out token.cbor\n"
    "\n"
    "Exit status: 0 evidence was made, and with --ear-key its result is affirming; 1 the result is not; others as everywhere.\n";

constexpr std::string_view kCcaType = "application/eat-collection; profile=\"http://arm.com/CCA-SSD/1.0.0\"";
constexpr std::string_view kTsmType = "application/vnd.veraison.tsm-report+json";
constexpr std::size_t kMaxRegion = 64UL * 1024 * 1024;

constexpr sending::Flags kFlags{.server = sending::kNativeFlags.server, .media_type = sending::kNativeFlags.media_type};

struct Options {
  std::string simulate;
  std::string nonce;
  std::string out = "-";
  std::string server;
  std::string relying_party;
  std::string ear_key;
  std::string ear;
  std::vector<std::string> ca_certs;
  unsigned patience = 150;
  // A device's
  std::string tsm_root{attester::kTsmRoot};
  bool tsm_report = false;
  std::string media_type;
  // OP-TEE's
  std::string measurement;
  std::vector<std::string> regions;
  std::string implementation_id;
  std::string instance_id;
  std::string key;
};

Result<int> attested(const Options& options, std::ostream& out, std::ostream& err);
Result<void> check(const Options& options);
Result<int> hand_over(const Options& options, ByteView evidence, std::ostream& out);
Result<Bytes> tsm_bytes(const attester::TsmEvidence& evidence, bool whole_report);
Result<int> simulate_optee(const Options& options, std::ostream& out, std::ostream& err);
Result<attester::OpteeDevice> optee_device(const Options& options);
Result<int> ask_server(const Options& options, std::ostream& out, std::ostream& err);
Result<challenge::Evidence> tsm_evidence(const Options& options, ByteView nonce, const std::vector<std::string>& accept);
Result<std::string> session_maker(const Options& options);
Result<int> judge(const Options& options, const challenge::Outcome& outcome, std::ostream& err);
Result<Bytes> octets(const std::string& text);

}  // namespace

int run_attest(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Options options;
  CLI::App app{"Makes evidence: of this machine (Linux configfs-tsm), or of a simulated device; and has it verified.", "assay attest"};
  app.footer(kExamples);
  app.add_option("--simulate", options.simulate, "a device that is not there: optee")->check(CLI::IsMember({"optee"}));
  app.add_option("--nonce", options.nonce, "what the evidence must answer, in hex or base64; without a server")->type_name("NONCE");
  native::add_file(app, "--out", options.out, "where the evidence goes, without a server; - is standard output")->capture_default_str();
  app.add_option("-s,--server", options.server, "the verifier: http://HOST:PORT, or the URL that makes sessions")->type_name("URL");
  app.add_option("--relying-party", options.relying_party, "a relying party in front of it")->type_name("URL");
  native::add_file(app, "--ear-key", options.ear_key, "public key of results: verify the result, and let the exit status say what it is");
  native::add_file(app, "--ear", options.ear, "write the result (JWT) there, too");
  native::add_repeatable(app, "--ca-cert", options.ca_certs, "certificates (PEM) to trust besides the system's; may be repeated");
  app.add_option("--timeout", options.patience, "seconds to wait for a result that comes later")->capture_default_str();
  app.add_option("--tsm-root", options.tsm_root, "where Linux offers evidence")->type_name("FOLDER")->capture_default_str();
  app.add_flag("--tsm-report", options.tsm_report, "the whole report (JSON), not the token in it");
  app.add_option("--media-type", options.media_type, "what the evidence is called at the server (default: by its kind)")->type_name("TYPE");
  app.add_option("--measurement", options.measurement, "optee: of the trusted application, SHA-256 in hex or base64")->type_name("DIGEST");
  native::add_repeatable(app, "--ta", options.regions, "optee: measure this instead, a region of memory that cannot be written; may be repeated");
  app.add_option("--implementation-id", options.implementation_id, "optee: 32 characters, or hex or base64 (default: that of the example)")->type_name("ID");
  app.add_option("--instance-id", options.instance_id, "optee: 33 bytes in hex or base64, the first 01 (default: that of the PTA)")->type_name("ID");
  native::add_file(app, "--key", options.key, "optee: private key that signs (default: the PTA's test key, which everybody knows)");
  return native::run(app, args, out, err, [&] {
    const auto status = attested(options, out, err);
    return status ? *status : native::report_error(status.error(), err);
  });
}

namespace {

Result<int> attested(const Options& options, std::ostream& out, std::ostream& err) {
  TRY(check(options));
  if (options.simulate == "optee") return simulate_optee(options, out, err);
  if (options.nonce.empty()) return ask_server(options, out, err);
  const Bytes nonce = TRY(within("--nonce", inputs::parse_nonce(options.nonce)));
  const Bytes evidence = TRY(tsm_bytes(TRY(attester::tsm_evidence(nonce, options.tsm_root)), options.tsm_report));
  return hand_over(options, evidence, out);
}

// An option without effect would be a check that somebody believes in.
Result<void> check(const Options& options) {
  const bool asks = !options.server.empty() || !options.relying_party.empty();
  if (!options.server.empty() && !options.relying_party.empty()) return fail_expecting(Errc::usage, "--relying-party", "--server is given, too", "one of them");
  if (asks != options.nonce.empty()) return fail_expecting(Errc::usage, "--nonce", asks ? "the server gives one" : "nobody gives one", "--nonce, or --server or --relying-party");
  if (asks && options.out != "-") return fail_expecting(Errc::usage, "--out", "the evidence goes to the server", "--ear FILE for the result");
  if (!asks && (!options.ear_key.empty() || !options.ear.empty() || !options.media_type.empty())) return fail_expecting(Errc::usage, "--ear-key, --ear, --media-type", "nobody is asked for a result", "--server or --relying-party");
  const bool for_optee = !options.measurement.empty() || !options.regions.empty() || !options.implementation_id.empty() || !options.instance_id.empty() || !options.key.empty();
  if (options.simulate.empty() && for_optee) return fail_expecting(Errc::usage, "--measurement, --ta, --implementation-id, --instance-id, --key", "this machine has its own", "--simulate optee");
  if (!options.simulate.empty() && (options.tsm_report || !options.media_type.empty())) return fail_expecting(Errc::usage, "--tsm-report, --media-type", "OP-TEE has one kind of evidence", "neither");
  if (options.simulate == "optee" && options.measurement.empty() == options.regions.empty()) return fail_expecting(Errc::usage, "--simulate optee", "what does the device measure?", "--measurement or --ta, one of them");
  return {};
}

Result<int> hand_over(const Options& options, ByteView evidence, std::ostream& out) {
  const bool is_text = !evidence.empty() && evidence.front() == '{';
  if (options.out == "-" && is_terminal(out) && !is_text) return fail_expecting(Errc::usage, "", "evidence is binary, and standard output is a terminal", "--out FILE");
  TRY(files::write_output(options.out, evidence, out));
  return 0;
}

Result<int> simulate_optee(const Options& options, std::ostream& out, std::ostream& err) {
  const attester::OpteeDevice device = TRY(optee_device(options));
  const crypto::PrivateKey key = options.key.empty() ? attester::optee_test_key() : TRY(inputs::load_private_key(options.key));
  if (!options.nonce.empty()) {
    const Bytes nonce = TRY(within("--nonce", inputs::parse_nonce(options.nonce)));
    return hand_over(options, TRY(attester::optee_token(device, nonce, key)), out);
  }
  const std::string url = TRY(session_maker(options));
  const auto client = TRY(within("--ca-cert", sending::client_for({.certificate_files = options.ca_certs}, challenge::kMaxSession)));
  const auto outcome = TRY(sending::hinted(attest::run_optee_host(url, device, key, std::chrono::seconds{options.patience}, *client, out), kFlags));
  return judge(options, outcome, err);
}

Result<attester::OpteeDevice> optee_device(const Options& options) {
  attester::OpteeDevice device;
  if (!options.measurement.empty()) device.measurement = TRY(within("--measurement", octets(options.measurement)));
  std::vector<Bytes> regions;
  for (const std::string& path : options.regions) regions.push_back(TRY(files::read_file(path, kMaxRegion)));
  if (!regions.empty()) device.measurement = attester::optee_measurement(std::move(regions));
  if (options.implementation_id.size() == attester::kOpteeId) device.implementation_id = to_bytes(options.implementation_id);
  else if (!options.implementation_id.empty()) device.implementation_id = TRY(within("--implementation-id", octets(options.implementation_id)));
  if (!options.instance_id.empty()) device.instance_id = TRY(within("--instance-id", octets(options.instance_id)));
  return device;
}

Result<int> ask_server(const Options& options, std::ostream& out, std::ostream& err) {
  challenge::Exchange exchange{.url = TRY(session_maker(options)), .nonce = attester::kTsmChallenge, .patience = std::chrono::seconds{options.patience}};
  exchange.evidence = [&](ByteView nonce, const std::vector<std::string>& accept) { return tsm_evidence(options, nonce, accept); };
  const auto client = TRY(within("--ca-cert", sending::client_for({.certificate_files = options.ca_certs}, challenge::kMaxSession)));
  const auto outcome = TRY(sending::hinted(challenge::run(exchange, *client, net::real_pace()), kFlags));
  out << outcome.result << '\n';
  return judge(options, outcome, err);
}

// A token has a media type of its own; of everything else the verifier gets the report.
Result<challenge::Evidence> tsm_evidence(const Options& options, ByteView nonce, const std::vector<std::string>& accept) {
  const attester::TsmEvidence evidence = TRY(attester::tsm_evidence(nonce, options.tsm_root));
  const bool is_token = evidence.provider == attester::kCcaProvider && !options.tsm_report;
  const std::string type = !options.media_type.empty() ? options.media_type : TRY(challenge::need_accepted(accept, is_token ? kCcaType : kTsmType));
  const bool whole_report = options.media_type.empty() ? !is_token : options.tsm_report;
  Bytes bytes = TRY(tsm_bytes(evidence, whole_report));
  return challenge::Evidence{type, std::move(bytes)};
}

Result<Bytes> tsm_bytes(const attester::TsmEvidence& evidence, bool whole_report) {
  return whole_report ? to_bytes(attester::to_tsm_json(evidence)) : evidence.outblob;
}

Result<std::string> session_maker(const Options& options) {
  const bool direct = !options.server.empty();
  const auto url = [&]() -> Result<std::string> {
    const std::string given = TRY(net::parse_url(direct ? options.server : options.relying_party));
    const std::string path = TRY(net::url_path(given));
    return path == "/" ? net::with_path(given, challenge::kNewSessionPath) : Result<std::string>{given};
  };
  return within(direct ? "--server" : "--relying-party", url());
}

Result<int> judge(const Options& options, const challenge::Outcome& outcome, std::ostream& err) {
  for (const std::string& warning : outcome.warnings) err << "warning: " << printable(warning) << '\n';
  if (!options.ear.empty()) TRY(files::write_file(options.ear, as_bytes(outcome.result)));
  if (options.ear_key.empty()) {
    err << "note: the result was not verified here; --ear-key FILE does\n";
    return 0;
  }
  const crypto::PublicKey key = TRY(inputs::load_public_key(options.ear_key));
  const auto verified = TRY(within("result", ear::verify_jwt(outcome.result, key, {.sig = crypto::default_sig(key.kind()), .nonce = outcome.nonce})));
  const ear::Ear& ear = verified.value();
  err << fmt::format("result: {}, signed with the key in {}\n", ear::name(ear.status()), printable(options.ear_key));
  return ear.is_affirming() ? 0 : 1;
}

Result<Bytes> octets(const std::string& text) {
  if (auto bytes = from_hex(text)) return bytes;
  return from_any_base64(text);
}

}  // namespace
}  // namespace assay
