#include "appraise/restrictions.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace assay::appraise {

bool Restrictions::allows_environment(const corim::Environment& environment, bool compares_instance, const std::string& origin) {
  std::vector<std::string_view> narrowing;
  if (environment.instance && !compares_instance) narrowing.push_back("instance");
  if (environment.group) narrowing.push_back("group");
  if (!environment.unknown.empty()) narrowing.push_back("unknown members of the environment");
  if (environment.klass) {
    const corim::Class& klass = *environment.klass;
    note(klass.vendor.has_value(), "vendor");
    note(klass.model.has_value(), "model");
    note(klass.layer.has_value(), "layer");
    note(klass.index.has_value(), "index");
    if (!klass.unknown.empty()) narrowing.push_back("unknown members of the class");
  }
  return allows(narrowing, origin);
}

bool Restrictions::allows_measurement(const corim::Measurement& measurement, std::initializer_list<std::string_view> compared, const std::string& origin) {
  struct Member {
    bool is_there;
    std::string_view name;
    bool narrows;  // it is of one device
  };
  const corim::Mval& value = measurement.value;
  const std::array<Member, 17> members{{
      {value.version.has_value(), "version", false},
      {value.svn.has_value(), "svn", false},
      {value.digests.has_value(), "digests", false},
      {value.flags.has_value(), "flags", false},
      {value.raw_value.has_value(), "raw-value", false},
      {value.mac_addr.has_value(), "mac-addr", true},
      {value.ip_addr.has_value(), "ip-addr", true},
      {value.serial_number.has_value(), "serial-number", true},
      {value.ueid.has_value(), "ueid", true},
      {value.uuid.has_value(), "uuid", true},
      {value.name.has_value(), "name", false},
      {value.cryptokeys.has_value(), "cryptokeys", false},
      {value.integrity_registers.has_value(), "integrity-registers", false},
      {value.int_range.has_value(), "int-range", false},
      {!value.unknown.empty(), "unknown members of a value", false},
      {!measurement.authorized_by.empty(), "authorized-by", true},
      {!measurement.unknown.empty(), "unknown members of a measurement", true},
  }};
  std::vector<std::string_view> narrowing;
  for (const Member& member : members) {
    if (!member.is_there || std::ranges::find(compared, member.name) != compared.end()) continue;
    if (member.narrows) narrowing.push_back(member.name);
    else note(true, member.name);
  }
  return allows(narrowing, origin);
}

bool Restrictions::allows_key(const corim::KeyTriple& triple, const std::string& origin) {
  std::vector<std::string_view> narrowing;
  if (triple.condition) narrowing.push_back("conditions of the key");
  return allows(narrowing, origin);
}

void Restrictions::note(bool is_there, std::string_view name) {
  if (is_there && std::ranges::find(noted_, name) == noted_.end()) noted_.emplace_back(name);
}

void Restrictions::report() const {
  if (!noted_.empty()) to_.notes.push_back(fmt::format("{}: CoMID {}: not compared: {}", input_.origin, input_.index, fmt::join(noted_, ", ")));
}

bool Restrictions::allows(const std::vector<std::string_view>& narrowing, const std::string& origin) {
  if (narrowing.empty()) return true;
  if (input_.rule == Rule::assay) {
    to_.warnings.push_back(fmt::format("{}: left out: it counts only with its {}, which no evidence is compared with", origin, fmt::join(narrowing, ", ")));
    return false;
  }
  for (const std::string_view name : narrowing) note(true, name);
  return true;
}

}  // namespace assay::appraise
