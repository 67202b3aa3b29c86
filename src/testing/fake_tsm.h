// For tests: what Linux' configfs-tsm does, played by a thread on an ordinary folder. Somebody makes a folder below it, finds its
// attributes there, writes a challenge, and reads evidence. Pipes stand in for the two blobs, so that each waits for the other.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "testing/testing.h"

namespace assay::testing {

class FakeTsm {
 public:
  // `answer` makes evidence for a challenge. `others`: how often somebody else writes meanwhile.
  FakeTsm(std::filesystem::path root, std::string provider, std::function<Bytes(ByteView challenge)> answer, int others = 0)
      : root_{std::move(root)}, provider_{std::move(provider)}, answer_{std::move(answer)}, others_{others} {
    std::filesystem::create_directories(root_);
    thread_ = std::thread{[this] { run(); }};
  }
  FakeTsm(const FakeTsm&) = delete;
  FakeTsm& operator=(const FakeTsm&) = delete;
  ~FakeTsm() {
    stopping_ = true;
    thread_.join();
  }

 private:
  void run() {
    while (!stopping_) {
      for (const auto& entry : std::filesystem::directory_iterator{root_}) {
        if (!std::filesystem::exists(entry.path() / "generation")) serve(entry.path());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  }
  void serve(const std::filesystem::path& entry) {
    put(entry / "provider", provider_ + "\n");
    put(entry / "auxblob", "");
    if (::mkfifo((entry / "inblob").c_str(), 0600) != 0 || ::mkfifo((entry / "outblob").c_str(), 0600) != 0) return;
    put(entry / ".generation", "0\n");
    std::filesystem::rename(entry / ".generation", entry / "generation");
    const std::string challenge = read_text(entry / "inblob");
    put(entry / "generation", others_-- > 0 ? "2\n" : "1\n");
    put(entry / "outblob", as_text(answer_(as_bytes(challenge))));
  }
  static void put(const std::filesystem::path& path, std::string_view content) { std::ofstream{path, std::ios::binary} << content; }

  std::filesystem::path root_;
  std::string provider_;
  std::function<Bytes(ByteView)> answer_;
  int others_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace assay::testing
