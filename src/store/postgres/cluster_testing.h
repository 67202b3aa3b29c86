// For tests: a PostgreSQL server of their own, in a folder of their own, reached through a socket there and by nobody else. It runs as an
// unprivileged user, never syncs, and ends with the test program, however that ends.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace assay::testing {

class Cluster {
 public:
  // Started when first asked for, and kept for the rest of the program; null where PostgreSQL is not installed.
  static Cluster* shared();
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::string new_database();  // its URL
  void run(const std::string& url, const char* sql) const;
  void start();
  void stop(int signal);  // SIGINT: hang up on everybody and end well; SIGQUIT: as in a crash

 private:
  Cluster(std::string programs, std::string folder);
  std::string url(const std::string& database) const;
  std::string programs_;
  std::string folder_;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace assay::testing
