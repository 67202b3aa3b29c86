#include "net/server_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/text.h"

namespace assay::net {
namespace {

void add_header(std::string& head, std::string_view name, std::string_view value);
const std::string& date_now();
bool is_bodiless(int status) { return status == 204 || status == 304 || status < 200; }

}  // namespace

std::string head_of(const Answer& answer, const Incoming& request, bool keep_alive, unsigned minor_version) {
  std::string head;
  head.reserve(512);
  fmt::format_to(std::back_inserter(head), "HTTP/1.{} {} {}\r\n", minor_version, answer.status, reason_phrase(answer.status));
  for (const Header& header : answer.headers) add_header(head, header.name, header.value);
  add_header(head, "Date", date_now());
  add_header(head, "X-Request-Id", request.id);
  if (!keep_alive) add_header(head, "Connection", "close");
  if (keep_alive && minor_version == 0) add_header(head, "Connection", "keep-alive");
  if (!is_bodiless(answer.status)) add_header(head, "Content-Length", std::to_string(answer.body.size()));
  head += "\r\n";
  return head;
}

bool has_body(const Answer& answer, const Incoming& request) { return !is_bodiless(answer.status) && request.method != "HEAD"; }

std::string request_id(std::string_view sent) {
  constexpr std::size_t kLongest = 64;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; };
  if (!sent.empty() && sent.size() <= kLongest && std::ranges::all_of(sent, plain)) return std::string{sent};
  thread_local std::mt19937_64 random{std::random_device{}() * 0x100000001ULL ^ std::random_device{}()};
  return fmt::format("{:016x}", random());
}

namespace {

void add_header(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  const std::size_t begin = head.size();
  head += value;
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  head += "\r\n";
}

// Written once a second.
const std::string& date_now() {
  thread_local UnixSeconds then = 0;
  thread_local std::string date;
  if (const UnixSeconds now = system_now(); now != then) {
    date = http_date(now);
    then = now;
  }
  return date;
}

}  // namespace
}  // namespace assay::net
