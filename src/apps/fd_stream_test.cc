#include "apps/fd_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <sstream>

#include "testing/testing.h"

namespace assay {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2];
};

TEST(FdStream, WritesEverythingInOrder) {
  const Pipe pipe;
  FdBuffer buffer{pipe.ends[1]};
  std::ostream out{&buffer};
  const std::string text(20000, 'x');  // more than its buffer, less than the pipe's
  out << text << "end" << std::flush;
  EXPECT_TRUE(out.good());
  std::string got(text.size() + 3, '\0');
  std::size_t have = 0;
  while (have < got.size()) {
    const ssize_t n = ::read(pipe.ends[0], got.data() + have, got.size() - have);
    ASSERT_GT(n, 0);
    have += static_cast<std::size_t>(n);
  }
  EXPECT_EQ(got, text + "end");
}

TEST(FdStream, RemembersThatTheReaderWentAway) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  ::close(pipe.ends[0]);
  FdBuffer buffer{pipe.ends[1]};
  std::ostream out{&buffer};
  out << "text" << std::flush;
  EXPECT_FALSE(out.good());
  EXPECT_EQ(buffer.error(), EPIPE);
  pipe.ends[0] = ::dup(pipe.ends[1]);
}

TEST(FdStream, RemembersThatTheDiskIsFull) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  FdBuffer buffer{full};
  std::ostream out{&buffer};
  out << "text" << std::flush;
  EXPECT_EQ(buffer.error(), ENOSPC);
  ::close(full);
}

TEST(UseColor, OnlyOnTerminalsUnlessToldOtherwise) {
  std::ostringstream memory;
  const Pipe pipe;
  FdBuffer buffer{pipe.ends[1]};
  const std::ostream out{&buffer};
  EXPECT_FALSE(is_terminal(memory));
  EXPECT_FALSE(is_terminal(out));
  EXPECT_FALSE(use_color("auto", memory));
  EXPECT_FALSE(use_color("never", memory));
  EXPECT_TRUE(use_color("always", memory));
}

}  // namespace
}  // namespace assay
