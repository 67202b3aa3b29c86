#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "store/postgres/cluster_testing.h"
#include "store/postgres/connection.h"
#include "testing/testing.h"

namespace assay::testing {
namespace {

namespace fs = std::filesystem;

// Where initdb is; empty: nowhere.
std::string find_programs() {
  std::string newest;
  std::error_code error;
  for (const auto& version : fs::directory_iterator{"/usr/lib/postgresql", error}) {
    const fs::path programs = version.path() / "bin";
    if (fs::exists(programs / "initdb") && programs.string() > newest) newest = programs.string();
  }
  return newest;
}

// Root may not run a server.
uid_t server_user() {
  if (::geteuid() != 0) return ::geteuid();
  const passwd* nobody = ::getpwnam("nobody");
  return nobody != nullptr ? nobody->pw_uid : 65534;
}

pid_t start_program(const std::vector<std::string>& words, const std::string& folder) {
  const uid_t user = server_user();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int log = ::open((folder + "/log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0666);
  if (::getuid() == 0 && (::setgid(user) != 0 || ::setuid(user) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent || ::chdir(folder.c_str()) != 0) ::_exit(126);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::setenv("LC_ALL", "C", 1);
  std::vector<char*> args;
  for (const std::string& word : words) args.push_back(const_cast<char*>(word.c_str()));
  args.push_back(nullptr);
  ::execv(args[0], args.data());
  ::_exit(127);
}

void run_program(const std::vector<std::string>& words, const std::string& folder) {
  int status = 0;
  ::waitpid(start_program(words, folder), &status, 0);
  if (status != 0) ADD_FAILURE() << words[0] << " failed: " << read_text(folder + "/log");
}

std::string make_folder() {
  std::string name = (fs::temp_directory_path() / "assay-postgres-XXXXXX").string();
  const char* made = ::mkdtemp(name.data());
  if (made == nullptr || ::chown(made, server_user(), static_cast<gid_t>(-1)) != 0) ADD_FAILURE() << "no folder for a server";
  return name;
}

// What initdb makes, once for all test programs: it takes a second. Trusted only where it is the server user's own.
std::string prepared(const std::string& programs) {
  const uid_t user = server_user();
  const std::string name = fmt::format("{}/assay-postgres-{}-{}", fs::temp_directory_path().string(), fs::path{programs}.parent_path().filename().string(), user);
  const int lock = ::open((name + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  ::flock(lock, LOCK_EX);
  struct stat found = {};
  if (::lstat(name.c_str(), &found) != 0) {
    const std::string made = make_folder();
    run_program({programs + "/initdb", "-D", made + "/data", "-U", "assay", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"}, made);
    fs::rename(made, name);
  } else if (found.st_uid != user || !S_ISDIR(found.st_mode)) {
    ADD_FAILURE() << name << " is somebody else's";
  }
  ::close(lock);
  return name;
}

}  // namespace

Cluster* Cluster::shared() {
  static const std::unique_ptr<Cluster> kShared = [] {
    const std::string programs = find_programs();
    if (programs.empty()) return std::unique_ptr<Cluster>{};
    const std::string from = prepared(programs);
    std::unique_ptr<Cluster> cluster{new Cluster{programs, make_folder()}};
    run_program({"/bin/cp", "-r", "--preserve=mode", from + "/data", cluster->folder_ + "/data"}, cluster->folder_);
    cluster->start();
    return cluster;
  }();
  return kShared.get();
}

Cluster::Cluster(std::string programs, std::string folder) : programs_{std::move(programs)}, folder_{std::move(folder)} {}

Cluster::~Cluster() {
  stop(SIGQUIT);
  std::error_code error;
  fs::remove_all(folder_, error);
}

std::string Cluster::new_database() {
  const std::string name = fmt::format("test{}", ++databases_);
  run(url("postgres"), ("CREATE DATABASE " + name).c_str());
  return url(name);
}

void Cluster::run(const std::string& url, const char* sql) const {
  auto connection = store::postgres::Connection::open(url);
  ASSERT_TRUE(ok(connection));
  ASSERT_TRUE(ok(connection->script(sql)));
}

void Cluster::start() {
  std::vector<std::string> words{programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_};
  for (const char* setting : {"listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=60", "autovacuum=off", "max_wal_size=64MB", "restart_after_crash=off"}) words.insert(words.end(), {"-c", setting});
  server_ = start_program(words, folder_);
  Result<store::postgres::Connection> up = fail(Errc::unavailable, "", "not tried");
  for (int i = 0; i < 600 && !up; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    up = store::postgres::Connection::open(url("postgres"));
  }
  EXPECT_TRUE(ok(up)) << read_text(folder_ + "/log");
}

void Cluster::stop(int signal) {
  if (server_ <= 0) return;
  ::kill(server_, signal);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string Cluster::url(const std::string& database) const { return fmt::format("postgresql://assay@/{}?host={}", database, folder_); }

}  // namespace assay::testing
