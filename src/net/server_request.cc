#include "net/server_request.h"

#include <algorithm>

#include "base/text.h"

namespace assay::net {

bool RequestParser::waits_for_go_on() const { return minor_version_ == 1 && !is_done() && iequals_ascii(request.header("Expect").value_or(""), "100-continue"); }

void RequestParser::on_request_impl(Verb /*verb*/, Text method, Text target, int version, Code& /*failure*/) {
  minor_version_ = static_cast<unsigned>(version) % 10;
  request.method.assign(method.data(), method.size());
  const std::string_view all{target.data(), target.size()};
  const std::size_t mark = all.find('?');
  request.path = all.substr(0, mark);
  if (mark != std::string_view::npos) request.query = all.substr(mark + 1);
}

void RequestParser::on_response_impl(int /*status*/, Text /*reason*/, int /*version*/, Code& /*failure*/) {}

// Trailers count for nothing.
void RequestParser::on_field_impl(Field /*field*/, Text name, Text value, Code& /*failure*/) {
  if (!is_header_done()) request.headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
}

// Where a body ends must be beyond doubt, or its end is somebody's next request (RFC 9112 §6.1, §6.3).
void RequestParser::on_header_impl(Code& failure) {
  if (request.header("Transfer-Encoding") && (!chunked() || minor_version_ == 0)) failure = make_error_code(boost::beast::http::error::bad_transfer_encoding);
}

// What is announced may never come.
void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& /*failure*/) {
  constexpr std::uint64_t kBelieved = 16384;
  request.body.reserve(std::min(length.value_or(0), kBelieved));
}

std::size_t RequestParser::on_body_impl(Text body, Code& /*failure*/) {
  append(request.body, as_bytes({body.data(), body.size()}));
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t /*size*/, Text /*extensions*/, Code& /*failure*/) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t /*left*/, Text body, Code& failure) { return on_body_impl(body, failure); }

void RequestParser::on_finish_impl(Code& /*failure*/) {}

}  // namespace assay::net
