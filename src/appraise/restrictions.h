// What triples say besides that which an appraisal compares. Nothing of it is ignored in silence, and there are two kinds. Some of it
// says more of what is compared anyway (a model's name, a security version beside a digest): it is named in a note. Some of it
// narrows the statement (one device, a group, somebody's authority): without it the statement would speak of more than its author meant,
// so by Rule::assay a statement with it is left out. By the other rules it is used all the same, as their verifiers do.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appraise/endorsements.h"

namespace assay::appraise {

// For one CoMID.
class Restrictions {
 public:
  Restrictions(const ComidInput& input, Endorsements& to) : input_{input}, to_{to} {}

  // Each answers whether a statement with this may be used. `origin`: of the statement, for the warning if not.
  // `compared`: what an appraisal looks at: "class id", "vendor", "model" …, "instance".
  bool allows_environment(const corim::Environment& environment, std::initializer_list<std::string_view> compared, const std::string& origin);
  // `compared`: members of the value by their names in the draft ("digests").
  bool allows_measurement(const corim::Measurement& measurement, std::initializer_list<std::string_view> compared, const std::string& origin);
  // Reference triples that are compared as a whole: without one of their measurements the others would say more.
  bool allows_values(const corim::ValueTriple& triple, std::initializer_list<std::string_view> compared_environment, std::initializer_list<std::string_view> compared, const std::string& origin);
  // Conditions of a key.
  bool allows_key(const corim::KeyTriple& triple, const std::string& origin);
  // What else is there and not compared, in a word or two.
  void note(bool is_there, std::string_view name);

  // One note of all.
  void report() const;

 private:
  struct Member {
    bool is_there;
    std::string_view name;
    bool narrows;  // what is said, to fewer devices or to a condition
  };
  bool allows(std::span<const Member> members, std::initializer_list<std::string_view> compared, const std::string& origin);

  const ComidInput& input_;
  Endorsements& to_;
  std::vector<std::string> noted_;
};

}  // namespace assay::appraise
