// A client that costs little itself: one thread, many connections that are kept, requests that were made beforehand. It runs whole flows
// (create a session, submit evidence, delete the session), checks every answer, and says how long each flow took.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace assay::bench {

struct Flow {
  Bytes nonce;
  std::string media_type;
  Bytes evidence;
};

struct Reply {
  int status = 0;
  std::string text;  // head and body
};
// One request over a connection of its own.
Reply ask(std::uint16_t port, std::string_view request);
std::string post(std::string_view path, std::string_view media_type, ByteView body);

struct Load {
  std::size_t connections = 8;
  double flows_per_second = 0;  // 0: each connection begins its next flow when one has ended; else they begin when it is their time
};
struct Times {
  double seconds = 0;         // wall clock, of all
  std::vector<double> flows;  // of each, from when it should have begun
  std::string last_result;    // the last answer to evidence
};
// Ends the program at the first wrong answer.
Times run_flows(std::uint16_t port, std::span<const Flow> flows, const Load& load = {});

}  // namespace assay::bench
