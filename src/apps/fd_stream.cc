#include "apps/fd_stream.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace assay {

FdBuffer::int_type FdBuffer::overflow(int_type c) {
  if (!flush_buffer()) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int FdBuffer::sync() { return flush_buffer() ? 0 : -1; }

bool FdBuffer::flush_buffer() {
  const char* at = pbase();
  while (at < pptr() && error_ == 0) {
    const ssize_t put = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
    if (put >= 0) at += put;
    else if (errno != EINTR) error_ = errno;
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return error_ == 0;
}

bool is_terminal(const std::ostream& stream) {
  const auto* buffer = dynamic_cast<const FdBuffer*>(stream.rdbuf());
  return buffer != nullptr && ::isatty(buffer->fd()) == 1;
}

bool use_color(std::string_view setting, const std::ostream& stream) {
  if (setting == "always") return true;
  if (setting == "never" || !is_terminal(stream)) return false;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && (term == nullptr || std::string_view{term} != "dumb");
}

}  // namespace assay
