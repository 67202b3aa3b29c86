// What does a verdict cost when it is asked for over HTTP, beyond the signatures that nobody can avoid? docs/performance.md explains
// each line.
#include "bench/service_bench.h"

#include <cstdio>
#include <fstream>
#include <memory>

#include "base/text.h"
#include "bench/must.h"
#include "bench/service_evidence.h"
#include "bench/service_process.h"
#include "crypto/key_formats.h"
#include "model/ear/ear.h"

namespace assay::bench {
namespace {

constexpr int kRounds = 9;

struct Desk {
  Folder folder;
  std::string key_file = folder.file("ear-key.pem");
  std::shared_ptr<const crypto::Signer> signer;
};

void provision(const ServiceProcess& server, std::string_view media_type, ByteView corim);
void provision(const ServiceProcess& server, const Kind& kind);
void check_result(const Times& times, const Desk& desk, const Kind& kind);
Ratio flow_ratio(const ServiceProcess& server, const Kind& kind, std::size_t flows, const Desk& desk);
void print_line(const char* what, double value, const char* unit, const char* wanted) {
  std::printf("%-58s %7.3f %-40s %s\n", what, value, unit, wanted);
  std::fflush(stdout);
}
void flows_of(const Kind& kind, const Desk& desk, const char* wanted, std::size_t flows);
void sizes(const Desk& desk);
void start(const Desk& desk);

}  // namespace

void service() {
  Desk desk;
  const auto key = must(crypto::PrivateKey::generate(crypto::KeyKind::p256));
  std::ofstream{desk.key_file} << key.to_pem();
  std::filesystem::permissions(desk.key_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  desk.signer = must(crypto::soft_signer(key, crypto::Sig::es256));
  std::printf("\nservice: a flow (session, evidence, deletion) over connections that are kept, CPU time of the server process\n");
  flows_of(psa_kind(static_cast<std::size_t>(kRounds + 4) * 400, desk.signer), desk, "<= 2.5", 400);
  flows_of(cca_kind(static_cast<std::size_t>(kRounds + 4) * 80, desk.signer), desk, "<= 1.4", 80);
  sizes(desk);
  start(desk);
}

namespace {

void provision(const ServiceProcess& server, std::string_view media_type, ByteView corim) {
  const Reply reply = ask(server.port(), post("/endorsement-provisioning/v1/submit", media_type, corim));
  if (reply.status != 200 || reply.text.find("\"success\"") == std::string::npos) give_up("not provisioned: " + reply.text);
}

void provision(const ServiceProcess& server, const Kind& kind) {
  provision(server, kind.endorsements_type, kind.endorsements);
  if (!kind.more_endorsements.empty()) provision(server, kind.more_type, kind.more_endorsements);
}

// That what is measured is what is wanted: a result that affirms.
void check_result(const Times& times, const Desk& desk, const Kind& kind) {
  constexpr std::string_view kMember = "\"result\":\"";
  const std::size_t at = times.last_result.find(kMember);
  if (at == std::string::npos) give_up("no result");
  const std::string jwt = times.last_result.substr(at + kMember.size(), times.last_result.find('"', at + kMember.size()) - at - kMember.size());
  const auto result = must(ear::verify_jwt(jwt, desk.signer->public_key()));
  const auto submod = result->submods.find(kind.submod);
  if (submod == result->submods.end() || submod->second.status != ear::Tier::affirming) give_up(kind.name + ": the verdict is not affirming:\n" + ear::report(*result));
}

// Server and floor in turn: what else the machine does hits both.
Ratio flow_ratio(const ServiceProcess& server, const Kind& kind, std::size_t flows, const Desk& desk) {
  const int floor_times = times_for(kind.floor, 0.02);
  std::vector<double> ratios, works, floors;
  for (std::size_t round = 0; round < kRounds + 1; ++round) {
    const double before = server.cpu_seconds();
    const Times times = run_flows(server.port(), std::span{kind.flows}.subspan(round * flows, flows));
    const double work = (server.cpu_seconds() - before) / static_cast<double>(flows);
    const double floor = time_of(kind.floor, floor_times);
    if (round == 0) check_result(times, desk, kind);
    if (round == 0) continue;  // the first warms up
    works.push_back(work);
    floors.push_back(floor);
    ratios.push_back(work / floor);
  }
  return {at(ratios, 0.5), at(ratios, 0.25), at(ratios, 0.75), at(works, 0.5) * 1e6, at(floors, 0.5) * 1e6};
}

void flows_of(const Kind& kind, const Desk& desk, const char* wanted, std::size_t flows) {
  const ServiceProcess server{desk.folder, "memory:", desk.key_file};
  provision(server, kind);
  const Ratio ratio = flow_ratio(server, kind, flows, desk);
  std::printf("%-58s %7.3f  [%.3f-%.3f]  %9.2f / %8.2f us  %s\n", (kind.name + " flow / its verifications and signature").c_str(), ratio.median, ratio.low, ratio.high, ratio.work_us, ratio.floor_us, wanted);
  // At half of what it can do.
  const auto left = std::span{kind.flows}.subspan((kRounds + 1) * flows);
  const Times fast = run_flows(server.port(), left.first(flows));
  const double rate = static_cast<double>(flows) / fast.seconds / 2;
  const Times half = run_flows(server.port(), left.subspan(flows), {.connections = 64, .flows_per_second = rate});
  const double floor = ratio.floor_us * 1e-6;
  print_line(fmt::format("{} flow, from begin to end at {:.0f} a second, median", kind.name, rate).c_str(), at(half.flows, 0.5) / floor, " x that work", "reported");
  print_line(fmt::format("{} flow, from begin to end at {:.0f} a second, p99", kind.name, rate).c_str(), at(half.flows, 0.99) / floor, " x that work", "reported");
}

// Servers of all sizes in turn.
void sizes(const Desk& desk) {
  const std::vector<std::uint32_t> corims{1, 100, 1000};  // of a thousand values each
  constexpr std::size_t kFlows = 300;
  const Kind kind = psa_kind((kRounds + 1) * kFlows, desk.signer);
  std::vector<std::unique_ptr<ServiceProcess>> servers;
  std::vector<double> each;  // time that each CoRIM took
  double empty = 0;
  for (const std::uint32_t count : corims) {
    servers.push_back(std::make_unique<ServiceProcess>(desk.folder, "memory:", desk.key_file));
    ServiceProcess& server = *servers.back();
    provision(server, kind);
    empty = server.resident();
    each.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      const Bytes corim = many_values(i);
      const double before = server.cpu_seconds();
      provision(server, kPsaCorim, corim);
      each.push_back(server.cpu_seconds() - before);
    }
  }
  const std::size_t part = std::max<std::size_t>(each.size() / 10, 5);
  const auto median = [&](auto begin) { return at({begin, begin + static_cast<std::ptrdiff_t>(part)}, 0.5); };
  const double first = median(each.begin());
  const double last = median(each.end() - static_cast<std::ptrdiff_t>(part));
  std::printf("\nservice: 1 000 000 reference values in the store\n");
  std::printf("%-58s %7.3f %14s %9.2f / %8.2f ms  <= 1.3\n", "CoRIMs of 1000 values: the last tenth / the first", last / first, "", last * 1e3, first * 1e3);
  print_line("memory of a stored reference value", (servers.back()->resident() - empty) / (1000.0 * corims.back()), " bytes", "reported");
  std::vector<std::vector<double>> works(corims.size());
  for (std::size_t round = 0; round < kRounds + 1; ++round) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const double before = servers[i]->cpu_seconds();
      static_cast<void>(run_flows(servers[i]->port(), std::span{kind.flows}.subspan(round * kFlows, kFlows)));
      if (round != 0) works[i].push_back((servers[i]->cpu_seconds() - before) / kFlows);
    }
  }
  std::vector<double> ratios;
  for (std::size_t round = 0; round < kRounds; ++round) ratios.push_back(works.back()[round] / works.front()[round]);
  std::printf("%-58s %7.3f  [%.3f-%.3f]  %9.2f / %8.2f us  <= 1.1\n", "PSA flow among 1 000 000 values / among 1 000", at(ratios, 0.5), at(ratios, 0.25), at(ratios, 0.75), at(works.back(), 0.5) * 1e6, at(works.front(), 0.5) * 1e6);
}

void start(const Desk& desk) {
  std::vector<double> seconds, resident;
  for (int i = 0; i < 7; ++i) {
    const ServiceProcess server{desk.folder, "memory:", desk.key_file};
    seconds.push_back(server.started());
    resident.push_back(server.resident());
  }
  std::printf("\nservice: a start\n");
  print_line("memory when nothing is stored and nobody asks", at(resident, 0.5) / (1024.0 * 1024), " MiB", "<= 40");
  print_line("from start to first answer", at(seconds, 0.5), " s (wall clock)", "<= 0.2");
}

}  // namespace
}  // namespace assay::bench
