#include "appraise/restrictions.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace assay::appraise {

bool Restrictions::allows_environment(const corim::Environment& environment, std::initializer_list<std::string_view> compared, const std::string& origin) {
  static const corim::Class kNone;
  const corim::Class& klass = environment.klass ? *environment.klass : kNone;
  return allows(std::array<Member, 9>{{
                    {klass.id.has_value(), "class id", false},
                    {klass.vendor.has_value(), "vendor", false},
                    {klass.model.has_value(), "model", false},
                    {klass.layer.has_value(), "layer", false},
                    {klass.index.has_value(), "index", false},
                    {environment.instance.has_value(), "instance", true},
                    {environment.group.has_value(), "group", true},
                    {!environment.unknown.empty(), "unknown members of the environment", true},
                    {!klass.unknown.empty(), "unknown members of the class", true},
                }},
                compared, origin);
}

bool Restrictions::allows_measurement(const corim::Measurement& measurement, std::initializer_list<std::string_view> compared, const std::string& origin) {
  const corim::Mval& value = measurement.value;
  return allows(std::array<Member, 17>{{
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
                }},
                compared, origin);
}

bool Restrictions::allows_values(const corim::ValueTriple& triple, std::initializer_list<std::string_view> compared_environment, std::initializer_list<std::string_view> compared, const std::string& origin) {
  bool all = allows_environment(triple.environment, compared_environment, origin);
  for (std::size_t i = 0; i < triple.measurements.size(); ++i) {
    const bool one = allows_measurement(triple.measurements[i], compared, fmt::format("{}, measurement {}", origin, i));
    all = all && one;
  }
  return all;
}

bool Restrictions::allows_key(const corim::KeyTriple& triple, const std::string& origin) {
  return allows(std::array<Member, 1>{{{triple.condition.has_value(), "conditions of the key", true}}}, {}, origin);
}

void Restrictions::note(bool is_there, std::string_view name) {
  if (is_there && std::ranges::find(noted_, name) == noted_.end()) noted_.emplace_back(name);
}

void Restrictions::report() const {
  if (!noted_.empty()) to_.notes.push_back(fmt::format("{}: CoMID {}: not compared: {}", input_.origin, input_.index, fmt::join(noted_, ", ")));
}

bool Restrictions::allows(std::span<const Member> members, std::initializer_list<std::string_view> compared, const std::string& origin) {
  std::vector<std::string_view> narrowing;
  for (const Member& member : members) {
    if (!member.is_there || std::ranges::find(compared, member.name) != compared.end()) continue;
    if (member.narrows) narrowing.push_back(member.name);
    else note(true, member.name);
  }
  if (narrowing.empty()) return true;
  if (input_.rule == Rule::assay) {
    to_.warnings.push_back(fmt::format("{}: left out: it counts only with its {}, which no evidence is compared with", origin, fmt::join(narrowing, ", ")));
    return false;
  }
  for (const std::string_view name : narrowing) note(true, name);
  return true;
}

}  // namespace assay::appraise
