// How native commands parse their command line (CLI11) and end. CLI11 is a heavy header: one translation unit per group of
// commands includes this file, and nothing else does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"

namespace assay::native {

struct Common {
  bool json = false;
  bool verbose = false;
  std::string color = "auto";
};

inline void add_common(CLI::App& app, Common& common) {
  app.add_flag("--json", common.json, "print JSON, for machines");
  app.add_flag("-v,--verbose", common.verbose, "say more");
  app.add_option("--color", common.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}))->capture_default_str();
}

// An option with the name of a file.
inline CLI::Option* add_file(CLI::App& app, const std::string& name, std::string& value, const std::string& help) {
  return app.add_option(name, value, help)->type_name("FILE");
}

// A file option that may be given several times, one value each: `--key a FILE` leaves FILE alone.
inline CLI::Option* add_repeatable(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& help) {
  return app.add_option(name, values, help)->allow_extra_args(false)->type_name("FILE")->option_text("FILE");
}

// What is wrong and what to do next, for people; the exit status of the fault.
inline int report_error(const Error& error, std::ostream& err) {
  err << "error: " << error.text() << '\n';
  return exit_code(error.errc);
}

// CLI11 says of a command it does not know only that one is missing. Empty where that is not the matter.
inline std::string unknown_command(const CLI::App& app, std::span<const std::string> args) {
  const CLI::App* at = &app;
  std::string path = app.get_name();
  for (const std::string& word : args) {
    const auto below = at->get_subcommands([](const CLI::App* child) { return !child->get_name().empty(); });
    if (below.empty() || word.starts_with('-')) return {};
    const auto next = std::ranges::find(below, word, [](const CLI::App* child) { return child->get_name(); });
    if (next == below.end()) {
      std::vector<std::string> names;
      for (const CLI::App* child : below) names.push_back(child->get_name());
      const std::vector<std::string_view> views{names.begin(), names.end()};
      const std::string_view near = assay::nearest(views, word);
      return fmt::format("error: no command {}{}\nTry: {} --help\n", assay::quoted(word), near.empty() ? std::string{} : fmt::format("; did you mean: {} {}", path, near), path);
    }
    at = *next;
    path += " " + word;
  }
  return {};
}

// CLI11 lists all that it could not place, last first. Empty where every option is known.
inline std::string unknown_option(const CLI::App& command, std::span<const std::string> args) {
  std::vector<std::string> known;
  const auto add = [&](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  };
  add(command);
  for (const CLI::App* group : command.get_subcommands([](const CLI::App* child) { return child->get_name().empty(); })) add(*group);
  for (const std::string& word : args) {
    const std::string name = word.substr(0, word.find('='));
    if (word == "--") break;
    if (!word.starts_with("--") || std::ranges::find(known, name) != known.end()) continue;
    const std::string_view near = assay::nearest(std::vector<std::string_view>{known.begin(), known.end()}, name);
    return fmt::format("no option {}{}", assay::quoted(name), near.empty() ? std::string{} : fmt::format("; did you mean: {}", near));
  }
  return {};
}

// An option given without a value, as by `--nonce "$UNSET"`: taking it for one that was not given would skip a check. Empty where none is.
inline std::string empty_value(const CLI::App& app) {
  for (const CLI::App* at = &app; at != nullptr; at = at->get_subcommands().empty() ? nullptr : at->get_subcommands().front()) {
    for (const CLI::Option* option : at->get_options()) {
      const bool empty = option->get_items_expected_max() > 0 && std::ranges::any_of(option->results(), [](const std::string& value) { return value.empty(); });
      if (empty) return fmt::format("error: {}: empty; expected {}\n", option->get_name(), option->get_description());
    }
  }
  return {};
}

// Parses, runs `body` of the selected command, and turns usage errors and --help into text and status.
inline int run(CLI::App& app, std::span<const std::string> args, std::ostream& out, std::ostream& err, const std::function<int()>& body) {
  if (const std::string unknown = unknown_command(app, args); !unknown.empty()) {
    err << unknown;
    return exit_code(Errc::usage);
  }
  try {
    app.parse(std::vector<std::string>{args.rbegin(), args.rend()});
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      app.exit(error, out, err);
      return 0;
    }
    std::string path = app.get_name();
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) {
      at = at->get_subcommands().front();
      path += " " + at->get_name();
    }
    const std::string unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ? unknown_option(*at, args) : std::string{};
    err << "error: " << (unknown.empty() ? printable(error.what()) : unknown) << "\nTry: " << path << " --help\n";
    return exit_code(Errc::usage);
  }
  if (const std::string empty = empty_value(app); !empty.empty()) {
    err << empty;
    return exit_code(Errc::usage);
  }
  return body();
}

}  // namespace assay::native
