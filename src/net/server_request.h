// A request as it comes in, piece by piece: Boost.Beast's parser, filling what the handler gets without a detour.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include "net/server.h"

namespace assay::net {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  // What it has filled so far is good where the parsing failed, too.
  Incoming request;

  // Of a request whose head is there.
  bool waits_for_go_on() const;  // `Expect: 100-continue` (RFC 9110 §10.1.1)
  unsigned minor_version() const { return minor_version_; }

 private:
  using Code = boost::system::error_code;
  using Text = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  void on_request_impl(Verb verb, Text method, Text target, int version, Code& failure) override;
  void on_response_impl(int status, Text reason, int version, Code& failure) override;
  void on_field_impl(Field field, Text name, Text value, Code& failure) override;
  void on_header_impl(Code& failure) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& failure) override;
  std::size_t on_body_impl(Text body, Code& failure) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Code& failure) override;
  std::size_t on_chunk_body_impl(std::uint64_t left, Text body, Code& failure) override;
  void on_finish_impl(Code& failure) override;

  unsigned minor_version_ = 1;
};

}  // namespace assay::net
