#include "policy/interpreter.h"

#include <algorithm>

#ifdef ASSAY_WITH_RUST
#include "assay_rust.h"
#include "base/text.h"
#include "policy/calls.h"
#include "policy/prelude.h"
#endif

namespace assay::policy {

#ifdef ASSAY_WITH_RUST
namespace {

constexpr std::string_view kOutcome = "data.policy.outcome";
constexpr std::string_view kPackage = "data.policy";
// What a policy is tried with when it is stored: an input with nothing in it.
constexpr std::string_view kEmptyInput = R"({"scheme":"","submod":"","session":{"nonce":""},"result":{},"evidence":{},"endorsements":[]})";

// A status of the library and its text.
struct Answer {
  assay_status status = ASSAY_PANIC;
  std::string text;
  bool ok() const { return status == ASSAY_OK; }
};

template <class Call>
Answer answer_of(Call call) {
  assay_buf out{nullptr, 0};
  const assay_status status = call(&out);
  Answer answer{status, out.size == 0 ? std::string{} : std::string{out.data, out.size}};
  assay_buf_free(&out);
  return answer;
}

struct FreeRego {
  void operator()(assay_rego* rego) const { assay_rego_free(rego); }
};
using Rego = std::unique_ptr<assay_rego, FreeRego>;

Answer add(assay_rego* rego, assay_rego_dialect dialect, std::string_view name, std::string_view text) {
  return answer_of([&](assay_buf* out) { return assay_rego_add_policy(rego, dialect, name.data(), name.size(), text.data(), text.size(), out); });
}
Answer set_input(assay_rego* rego, std::string_view json) {
  return answer_of([&](assay_buf* out) { return assay_rego_set_input(rego, json.data(), json.size(), out); });
}
Answer eval_outcome(assay_rego* rego) {
  return answer_of([&](assay_buf* out) { return assay_rego_eval_rule(rego, kOutcome.data(), kOutcome.size(), out); });
}

std::unexpected<Error> failure(const Answer& answer);
std::string on_one_line(std::string_view text);
Result<Rego> with_policy(std::string_view rules, std::chrono::milliseconds time);
bool must_stay_an_error(std::string_view text);
bool is_whatever_the_input(std::string_view text);

}  // namespace

// An engine with prelude and policy in it, checked; every evaluation is made in a clone.
class Interpreter::Compiled {
 public:
  Compiled(std::string rules, Rego rego) : rules_{std::move(rules)}, rego_{std::move(rego)} {}
  std::string_view rules() const { return rules_; }
  Rego clone() const { return Rego{assay_rego_clone(rego_.get())}; }

  // A call without arguments ends with one error or another; which one tells.
  bool lacks(const std::string& function) const { return query(function + "()", "{}").text.contains("could not find function"); }

  Answer query(std::string_view query, std::string_view input) const {
    const Rego rego = clone();
    if (Answer set = set_input(rego.get(), input); !set.ok()) return set;
    return answer_of([&](assay_buf* out) { return assay_rego_eval_query(rego.get(), query.data(), query.size(), out); });
  }

  Answer evaluate(std::string_view input, std::chrono::milliseconds time, bool strict) const {
    const Rego rego = clone();
    if (rego == nullptr) return {ASSAY_PANIC, "no engine"};
    if (!strict) assay_rego_set_strict_errors(rego.get(), 0);
    if (Answer set = set_input(rego.get(), input); !set.ok()) return set;
    const auto start = std::chrono::steady_clock::now();
    Answer answer = eval_outcome(rego.get());
    // Where errors of functions are not errors of the policy, neither is the end of the time inside of one.
    if (!strict && std::chrono::steady_clock::now() - start >= time) return {ASSAY_LIMIT, "execution exceeded time limit"};
    return answer;
  }

 private:
  std::string rules_;
  Rego rego_;
};

Interpreter::Interpreter(InterpreterOptions options) : options_{options} {}
Interpreter::~Interpreter() = default;

Result<void> Interpreter::check(std::string_view rules) {
  const auto as_invalid = [](Error error) {
    if (error.errc == Errc::policy) error.errc = Errc::invalid;
    return std::unexpected(std::move(error));
  };
  const std::vector<Call> calls = foreign_calls(rules, prelude());
  for (const Call& call : calls) {
    if (const std::string_view why = why_not_offered(call.name); !why.empty()) return fail(Errc::invalid, "", "line {}: {} is not offered: {}", call.line, call.name, why);
  }
  const auto policy = compiled(rules);
  if (!policy) return as_invalid(policy.error());
  for (const Call& call : calls) {
    if ((*policy)->lacks(call.name)) return fail(Errc::invalid, "", "line {}: there is no function {} here", call.line, call.name);
  }
  // Other faults may be those of the empty input.
  const auto tried = evaluate_text(rules, kEmptyInput);
  if (!tried && (tried.error().errc != Errc::policy || is_whatever_the_input(tried.error().what))) return as_invalid(tried.error());
  return {};
}

Result<json::Value> Interpreter::evaluate(std::string_view rules, const json::Value& input) {
  const std::string text = TRY(evaluate_text(rules, json::print(input)));
  return within("outcome", json::parse(text));
}

Result<std::string> Interpreter::evaluate_text(std::string_view rules, std::string_view input) {
  const Compiled* policy = TRY(compiled(rules));
  Answer answer = policy->evaluate(input, options_.time, true);
  // What OPA calls undefined is an error to a strict reading; so only a policy that errs is evaluated twice.
  if (answer.status == ASSAY_ERR && !must_stay_an_error(answer.text)) answer = policy->evaluate(input, options_.time, false);
  if (answer.status == ASSAY_UNDEFINED) return fail(Errc::policy, "", "outcome is undefined");
  if (!answer.ok()) return failure(answer);
  return std::move(answer.text);
}

Result<Interpreter::Compiled*> Interpreter::compiled(std::string_view rules) {
  const auto found = std::ranges::find_if(kept_, [&](const auto& one) { return one->rules() == rules; });
  if (found != kept_.end()) {
    std::rotate(found, found + 1, kept_.end());
    return kept_.back().get();
  }
  Rego rego = TRY(with_policy(rules, options_.time));
  if (!kept_.empty() && kept_.size() >= options_.kept) kept_.erase(kept_.begin());
  kept_.push_back(std::make_unique<Compiled>(std::string{rules}, std::move(rego)));
  return kept_.back().get();
}

namespace {

// regorus tells the place, shows the line, and then says what is wrong: "\n--> policy.rego:2:15\n  |\n2 | x = ok\n  | ^\nerror: var ok is
// unsafe (path …)". Kept are place and fault: "policy.rego:2:15: var ok is unsafe".
std::string on_one_line(std::string_view text) {
  constexpr std::string_view kPlace = "--> ", kFault = "\nerror: ";
  const std::size_t place = text.find(kPlace), fault = text.find(kFault);
  if (place == std::string_view::npos || fault == std::string_view::npos || fault < place) return std::string{trim_ascii(text)};
  const auto line_at = [&](std::size_t from) { return text.substr(from, std::min(text.find('\n', from), text.size()) - from); };
  std::string_view what = line_at(fault + kFault.size());
  what = what.substr(0, what.find(" (path ["));
  if (what.ends_with(':')) what.remove_suffix(1);
  return fmt::format("{}: {}", line_at(place + kPlace.size()), what);
}

std::unexpected<Error> failure(const Answer& answer) {
  const Errc errc = answer.status == ASSAY_LIMIT ? Errc::limit : answer.status == ASSAY_PANIC ? Errc::internal
                                                                                              : Errc::policy;  // not UTF-8, too
  return std::unexpected(Error{errc, {}, on_one_line(answer.text), {}, {}});
}

Result<Rego> with_policy(std::string_view rules, std::chrono::milliseconds time) {
  Rego rego{assay_rego_new()};
  if (rego == nullptr) return fail(Errc::internal, "", "no engine");
  assay_rego_set_time_limit(rego.get(), static_cast<std::uint64_t>(std::chrono::microseconds{time}.count()), 0);
  if (const Answer added = add(rego.get(), ASSAY_REGO_V0, "prelude.rego", prelude()); !added.ok()) return failure(added);

  if (rules.find_first_not_of(" \t\r\n") == std::string_view::npos) return fail(Errc::policy, "", "an empty policy");
  Answer added = add(rego.get(), ASSAY_REGO_V0, "policy.rego", rules);
  if (added.status == ASSAY_ERR) {
    if (Answer as_v1 = add(rego.get(), ASSAY_REGO_V1, "policy.rego", rules); as_v1.ok()) added = std::move(as_v1);
  }
  if (!added.ok()) return failure(added);
  if (added.text != kPackage) return fail_expecting(Errc::policy, "", "package " + added.text.substr(added.text.find('.') + 1), "package policy");
  const Answer checked = answer_of([&](assay_buf* out) { return assay_rego_check(rego.get(), out); });
  if (!checked.ok()) return failure(checked);
  return rego;
}

// Of these OPA makes errors whatever the setting.
bool must_stay_an_error(std::string_view text) {
  return text.contains("multiple outputs") || text.contains("not available") || is_whatever_the_input(text);
}

bool is_whatever_the_input(std::string_view text) {
  return text.contains("could not find function") || text.contains("recursion detected") || text.contains(" is unsafe");
}

}  // namespace

#else

class Interpreter::Compiled {};

Interpreter::Interpreter(InterpreterOptions options) : options_{options} {}
Interpreter::~Interpreter() = default;

Result<void> Interpreter::check(std::string_view rules) {
  TRY(compiled(rules));
  return {};
}
Result<json::Value> Interpreter::evaluate(std::string_view rules, const json::Value&) {
  TRY(compiled(rules));
  return json::Value{};
}
Result<std::string> Interpreter::evaluate_text(std::string_view rules, std::string_view) {
  TRY(compiled(rules));
  return std::string{};
}
Result<Interpreter::Compiled*> Interpreter::compiled(std::string_view) {
  return fail(Errc::unsupported, "", "this build has no Rego (it was made without the Rust library)");
}

#endif

}  // namespace assay::policy
