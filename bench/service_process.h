// `assay serve` as a process of its own, and what it costs: its time on the processor and its memory, as the system counts them.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace assay::bench {

// A folder that goes with its owner.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class ServiceProcess {
 public:
  // Any port, the given store and key; its log goes to a file of `folder`.
  ServiceProcess(const Folder& folder, const std::string& store, const std::string& ear_key);
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  std::uint16_t port() const { return port_; }
  double cpu_seconds() const;                  // of all its threads, user and system
  double resident() const;                     // bytes
  double started() const { return started_; }  // seconds (wall clock) until it had answered GET /healthz

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  double started_ = 0;
};

}  // namespace assay::bench
