#include "policy/message.h"

namespace assay::policy {
namespace {

constexpr std::string_view kWhere = "message of a policy worker";

void put_u32(Bytes& to, std::size_t value);
std::size_t get_u32(ByteView from);

}  // namespace

Result<Bytes> encode_request(const Request& request) {
  if (request.rules.size() > kMaxRules) return fail_expecting(Errc::limit, "policy", fmt::format("{} bytes", request.rules.size()), fmt::format("at most {}", kMaxRules));
  if (request.input.size() > kMaxInput) return fail_expecting(Errc::limit, "policy", fmt::format("an input document of {} bytes", request.input.size()), fmt::format("at most {}", kMaxInput));
  Bytes frame;
  frame.reserve(kFrameHeader + 5 + request.rules.size() + request.input.size());
  put_u32(frame, 5 + request.rules.size() + request.input.size());
  frame.push_back(static_cast<std::uint8_t>(request.kind));
  put_u32(frame, request.rules.size());
  append(frame, as_bytes(request.rules));
  append(frame, as_bytes(request.input));
  return frame;
}

Bytes encode_reply(const Reply& reply) {
  if (reply.outcome == Reply::Outcome::done && reply.text.size() > kMaxOutcome) {
    return encode_reply({Reply::Outcome::limit, reply.retiring, fmt::format("it answers {} bytes; at most {}", reply.text.size(), kMaxOutcome)});
  }
  const std::string_view text = std::string_view{reply.text}.substr(0, kMaxOutcome);
  Bytes frame;
  frame.reserve(kFrameHeader + 2 + text.size());
  put_u32(frame, 2 + text.size());
  frame.push_back(static_cast<std::uint8_t>(reply.outcome));
  frame.push_back(reply.retiring ? 1 : 0);
  append(frame, as_bytes(text));
  return frame;
}

Result<std::size_t> body_size(std::array<std::uint8_t, kFrameHeader> header, std::size_t limit) {
  const std::size_t size = get_u32(header);
  if (size > limit) return fail_expecting(Errc::limit, kWhere, fmt::format("{} bytes announced", size), fmt::format("at most {}", limit));
  return size;
}

Result<Request> parse_request(ByteView body) {
  if (body.size() < 5) return fail_at(Errc::malformed, body.size(), "the end of a request", "at least 5 bytes");
  if (body[0] != 1 && body[0] != 2) return fail_at(Errc::malformed, 0, fmt::format("kind {}", body[0]), "1 or 2");
  const std::size_t rules = get_u32(body.subspan(1));
  if (rules > kMaxRules || rules > body.size() - 5) return fail_at(Errc::malformed, 1, fmt::format("a policy of {} bytes", rules), "no more than follow, and than a policy may have");
  if (body.size() - 5 - rules > kMaxInput) return fail_at(Errc::limit, 5 + rules, "an input document that is too large", "");
  const std::string_view text = as_text(body.subspan(5));
  return Request{static_cast<Request::Kind>(body[0]), text.substr(0, rules), text.substr(rules)};
}

Result<Reply> parse_reply(ByteView body) {
  if (body.size() < 2) return fail_at(Errc::malformed, body.size(), "the end of a reply", "at least 2 bytes");
  if (body[0] > static_cast<std::uint8_t>(Reply::Outcome::unsupported)) return fail_at(Errc::malformed, 0, fmt::format("outcome {}", body[0]), "0 to 4");
  if (body[1] > 1) return fail_at(Errc::malformed, 1, fmt::format("{} for yes or no", body[1]), "0 or 1");
  if (body.size() > kMaxReply) return fail_at(Errc::limit, kMaxReply, "an answer that is too large", "");
  return Reply{static_cast<Reply::Outcome>(body[0]), body[1] == 1, to_string(body.subspan(2))};
}

namespace {

void put_u32(Bytes& to, std::size_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::size_t get_u32(ByteView from) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::size_t{from[i]} << (8 * i);
  return value;
}

}  // namespace
}  // namespace assay::policy
