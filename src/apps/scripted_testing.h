// For tests of clients over real connections: a service in another process (tests/e2e/provisioner.py) that answers as a script says and
// notes what it was asked.
#pragma once

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "apps/app_testing.h"
#include "codec/json/json.h"
#include "testing/testing.h"

namespace assay::testing {

// One answer of the script; `more`: members of its headers, each with a comma in front.
inline std::string scripted_answer(int status, std::string_view body, std::string_view type, std::string_view more = "") {
  json::Object said;
  said.set("status", status);
  said.set("body", body);
  std::string text = json::print(json::Value{said});
  text.pop_back();
  return text + fmt::format(R"(,"headers":{{"Content-Type":{}{}}}}})", json::print(json::Value{type}), more);
}

class WithScriptedService : public InOwnFolder {
 protected:
  ~WithScriptedService() override { stop(); }

  // A service with these answers, the last of which repeats; "http://127.0.0.1:PORT".
  std::string serve_at(const std::vector<std::string>& answers, bool tls = false) {
    stop();
    std::filesystem::remove(own("port"));
    std::filesystem::remove(own("log"));
    std::vector<std::string> args{"python3", ASSAY_SOURCE_DIR "/tests/e2e/provisioner.py", own("port"), own("log"), fmt::format("[{}]", fmt::join(answers, ","))};
    if (tls) args.insert(args.end(), {own("cert.pem"), own("key.pem")});
    std::vector<char*> raw;
    for (std::string& arg : args) raw.push_back(arg.data());
    raw.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      ::execvp(raw[0], raw.data());
      ::_exit(127);
    }
    for (int i = 0; i < 2000 && !std::filesystem::exists(own("port")); ++i) std::this_thread::sleep_for(std::chrono::milliseconds{10});
    return fmt::format("{}://127.0.0.1:{}", tls ? "https" : "http", read_text(own("port")));
  }

  // cert.pem and key.pem, for tls.
  void make_certificate() { ASSERT_EQ(std::system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2 2>/dev/null"), 0); }

  // What the service was asked, in turn.
  std::vector<json::Value> requests() const {
    std::vector<json::Value> all;
    std::istringstream lines{std::filesystem::exists(own("log")) ? read_text(own("log")) : ""};
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line).value_or(json::Value{}));
    return all;
  }
  // "method", "path", "body" (in hex).
  std::string text(std::size_t request, std::string_view member) const {
    const auto all = requests();
    const json::Value* value = request < all.size() ? all[request].object()->find(member) : nullptr;
    return value != nullptr && value->text() != nullptr ? *value->text() : "";
  }
  std::string header(std::size_t request, std::string_view name) const {
    const auto all = requests();
    const json::Value* value = request < all.size() ? all[request].object()->find("headers")->object()->find(name) : nullptr;
    return value != nullptr ? *value->text() : "(none)";
  }
  // "POST /newSession", each on a line.
  std::string asked() const {
    std::string lines;
    for (std::size_t i = 0; i < requests().size(); ++i) lines += text(i, "method") + " " + text(i, "path") + "\n";
    return lines;
  }

 private:
  void stop() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  pid_t child_ = -1;
};

}  // namespace assay::testing
