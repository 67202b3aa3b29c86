// What the program and its policy workers say to each other over a socket: one frame there, one back.
//
//   frame    = size:u32 , body                                        all integers little-endian; size is that of the body
//   request  = kind:u8 , rules-size:u32 , rules , input               kind: 1 check, 2 evaluate; input: JSON, empty for a check
//   reply    = outcome:u8 , retiring:u8 , text                        outcome: 0 done, else the fault; text: JSON or what is wrong
//
// Refused: sizes beyond the limits of engine.h, an unknown kind or outcome. The views of a request point into its body.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "policy/engine.h"

namespace assay::policy {

inline constexpr std::size_t kFrameHeader = 4;
inline constexpr std::size_t kMaxRequest = 5 + kMaxRules + kMaxInput;
inline constexpr std::size_t kMaxReply = 2 + kMaxOutcome;

struct Request {
  enum class Kind : std::uint8_t { check = 1,
                                   evaluate = 2 };
  Kind kind = Kind::check;
  std::string_view rules;
  std::string_view input;
};

struct Reply {
  enum class Outcome : std::uint8_t { done = 0,
                                      invalid = 1,
                                      limit = 2,
                                      internal = 3,
                                      unsupported = 4 };
  Outcome outcome = Outcome::done;
  bool retiring = false;  // the worker ends after this
  std::string text;
};

// With the header in front.
Result<Bytes> encode_request(const Request& request);
Bytes encode_reply(const Reply& reply);  // the text cut to what fits; an answer that does not fit is a fault instead

// The size of the body that follows, at most `limit`.
Result<std::size_t> body_size(std::array<std::uint8_t, kFrameHeader> header, std::size_t limit);
Result<Request> parse_request(ByteView body);
Result<Reply> parse_reply(ByteView body);

}  // namespace assay::policy
