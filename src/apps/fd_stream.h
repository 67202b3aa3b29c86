// A stream onto a file descriptor that remembers why a write failed, so that a reader who went away (`assay … | head`) can be told
// from a full disk; and the question whether a stream is a terminal.
#pragma once

#include <array>
#include <ostream>
#include <streambuf>
#include <string_view>

namespace assay {

class FdBuffer : public std::streambuf {
 public:
  explicit FdBuffer(int fd) : fd_{fd} { setp(buffer_.data(), buffer_.data() + buffer_.size()); }
  int fd() const { return fd_; }
  int error() const { return error_; }  // errno of the first failed write, or 0

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  bool flush_buffer();

  std::array<char, 8192> buffer_;
  int fd_;
  int error_ = 0;
};

// True for an FdBuffer stream on a terminal; a stream into memory never is one.
bool is_terminal(const std::ostream& stream);

// For --color: "always", "never", or "auto": a terminal, TERM not "dumb", NO_COLOR not set.
bool use_color(std::string_view setting, const std::ostream& stream);

}  // namespace assay
