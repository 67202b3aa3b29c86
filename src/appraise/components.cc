#include "appraise/components.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"

namespace assay::appraise {
namespace {

// How a reference value relates to a component, best last.
enum class Fit { none,
                 same_type,         // another measurement of the same type
                 same_measurement,  // the measurement, but another type, version or signer
                 full };
struct Match {
  Fit fit = Fit::none;
  const ReferenceComponent* reference = nullptr;
};

std::int8_t appraise_references(std::string_view id, const std::vector<eat::SoftwareComponent>& components, const std::vector<const PlatformReference*>& references, Findings& findings);
Match best_match(const eat::SoftwareComponent& component, const std::vector<const PlatformReference*>& references, Rule rule);
Fit fit_of(const eat::SoftwareComponent& component, const ReferenceComponent& reference, Rule rule);
std::string subject_of(std::size_t index, const eat::SoftwareComponent& component);
std::string shown(const eat::SoftwareComponent& component);
std::string shown(const ReferenceComponent& reference);
// "version and signer": what the reference value states and the component does not have.
struct Difference {
  std::string names;
  std::string actual;
};
Difference difference(const eat::SoftwareComponent& component, const ReferenceComponent& reference);
std::string nearest_implementations(const ReferenceValues& references, ByteView implementation_id);
void report(std::string_view id, std::string subject, const eat::SoftwareComponent& component, const Match& match, Findings& findings);

}  // namespace

std::int8_t appraise_components(std::string_view id, const std::vector<eat::SoftwareComponent>& components, const std::vector<const PlatformReference*>& references, Rule rule, Findings& findings) {
  bool any_reference = false;
  for (const PlatformReference* reference : references) any_reference = any_reference || !reference->components.empty();
  if (!any_reference) {
    findings.not_checked(std::string{id}, "software components", "there are no reference values for this implementation, or only for other instances of it");
    return kUnrecognized;
  }
  if (rule == Rule::veraison_2025) return appraise_references(id, components, references, findings);
  if (components.empty() && rule == Rule::veraison_2026) return kApprovedRuntime;
  if (components.empty()) {
    findings.warning(std::string{id}, "software components", "the evidence lists none");
    return kUnrecognized;
  }
  bool all = true;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const Match match = best_match(components[i], references, rule);
    all = all && match.fit == Fit::full;
    report(id, subject_of(i, components[i]), components[i], match, findings);
  }
  return all ? kApprovedRuntime : kUnrecognized;
}

bool is_bad_by_rule(std::string_view id, const std::vector<eat::SoftwareComponent>& components, bool needs_version, Rule rule, Findings& findings) {
  if (rule != Rule::veraison_2026) return false;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const bool bad = !components[i].measurement_type || (needs_version && !components[i].version);
    if (!bad) continue;
    findings.failed(std::string{id}, subject_of(i, components[i]), components[i].measurement_type ? "it has no version, which this rule demands" : "it has no type, which this rule demands");
    return true;
  }
  return false;
}

std::int8_t appraise_implementation(std::string_view id, ByteView implementation_id, const ReferenceValues& references, Findings& findings) {
  constexpr std::int8_t kGenuine = 2;
  constexpr std::int8_t kUnrecognizedHardware = 97;
  const std::string actual = to_hex(implementation_id);
  if (references.rule != Rule::assay || references.platforms.empty() || std::ranges::any_of(references.platforms, [&](const PlatformReference& platform) { return equal(platform.implementation_id, implementation_id); })) {
    findings.passed(std::string{id}, "hardware", actual, "the implementation that the verification key vouches for");
    return kGenuine;
  }
  findings.failed(std::string{id}, "hardware", fmt::format("none of the {} implementations in the reference values is this one", references.platforms.size()), actual, nearest_implementations(references, implementation_id));
  return kUnrecognizedHardware;
}

std::vector<const PlatformReference*> references_for(const ReferenceValues& references, ByteView implementation_id, ByteView instance_id) {
  std::vector<const PlatformReference*> found;
  for (const PlatformReference& platform : references.platforms) {
    const bool is_for_it = !platform.instance_id || equal(*platform.instance_id, instance_id);
    if (equal(platform.implementation_id, implementation_id) && is_for_it) found.push_back(&platform);
  }
  return found;
}

namespace {

// The other direction: each reference value must be found; components that none describes do not count.
std::int8_t appraise_references(std::string_view id, const std::vector<eat::SoftwareComponent>& components, const std::vector<const PlatformReference*>& references, Findings& findings) {
  bool all = std::ranges::all_of(components, [](const eat::SoftwareComponent& component) { return component.measurement_type.has_value(); });
  if (!all) findings.warning(std::string{id}, "software components", "one has no type");
  for (const PlatformReference* platform : references) {
    for (const ReferenceComponent& reference : platform->components) {
      const auto is_it = [&](const eat::SoftwareComponent& component) {
        return component.measurement_value && ct_equal(*component.measurement_value, reference.value) && component.measurement_type == reference.type && component.signer_id == reference.signer_id && (!reference.version || component.version == reference.version);
      };
      const bool found = std::ranges::any_of(components, is_it);
      if (found) findings.passed(std::string{id}, "reference value", shown(reference));
      else findings.warning(std::string{id}, "reference value", "no component of the evidence has it", {}, shown(reference));
      all = all && found;
    }
  }
  return all ? kApprovedRuntime : kUnrecognized;
}

Match best_match(const eat::SoftwareComponent& component, const std::vector<const PlatformReference*>& references, Rule rule) {
  Match best;
  for (const PlatformReference* platform : references) {
    for (const ReferenceComponent& reference : platform->components) {
      const Fit fit = fit_of(component, reference, rule);
      if (fit > best.fit) best = {fit, &reference};
      if (fit == Fit::full) return best;
    }
  }
  return best;
}

Fit fit_of(const eat::SoftwareComponent& component, const ReferenceComponent& reference, Rule rule) {
  const bool type = !reference.type || component.measurement_type == reference.type;
  const bool version = !reference.version || component.version == reference.version;
  const bool signer = rule == Rule::veraison_2026 || !reference.signer_id || (component.signer_id && ct_equal(*component.signer_id, *reference.signer_id));
  const bool measurement = component.measurement_value && ct_equal(*component.measurement_value, reference.value);
  if (measurement) return type && version && signer ? Fit::full : Fit::same_measurement;
  return reference.type && type ? Fit::same_type : Fit::none;
}

std::string subject_of(std::size_t index, const eat::SoftwareComponent& component) {
  const std::string number = fmt::format("software component {}", index);
  return component.measurement_type ? fmt::format("{} ({})", number, printable(*component.measurement_type)) : number;
}

std::string shown(const eat::SoftwareComponent& component) {
  std::string text = component.measurement_value ? to_hex(*component.measurement_value) : "no measurement";
  if (component.version) text += ", version " + printable(*component.version);
  return text;
}

std::string shown(const ReferenceComponent& reference) {
  std::string text = to_hex(reference.value);
  if (reference.type) text += ", type " + printable(*reference.type);
  if (reference.version) text += ", version " + printable(*reference.version);
  if (reference.signer_id) text += ", signer " + to_hex(*reference.signer_id);
  return fmt::format("{} ({})", text, reference.origin);
}

Difference difference(const eat::SoftwareComponent& component, const ReferenceComponent& reference) {
  Difference found;
  const auto add = [&](std::string_view name, std::string actual) {
    found.names += (found.names.empty() ? "" : " and ") + std::string{name};
    found.actual += fmt::format("{}{} {}", found.actual.empty() ? "" : ", ", name, actual);
  };
  const auto text = [](const std::optional<std::string>& value) { return value ? printable(*value) : std::string{"none"}; };
  if (reference.type && component.measurement_type != reference.type) add("type", text(component.measurement_type));
  if (reference.version && component.version != reference.version) add("version", text(component.version));
  if (reference.signer_id && component.signer_id != reference.signer_id) add("signer", component.signer_id ? to_hex(*component.signer_id) : "none");
  return found;
}

// Those with most bytes in common, as a changed byte or a neighbour's file gives them.
std::string nearest_implementations(const ReferenceValues& references, ByteView implementation_id) {
  constexpr std::size_t kShown = 3;
  std::vector<std::pair<std::ptrdiff_t, const PlatformReference*>> ranked;
  for (const PlatformReference& platform : references.platforms) {
    const Bytes& id = platform.implementation_id;
    if (std::ranges::any_of(ranked, [&](const auto& other) { return other.second->implementation_id == id; })) continue;
    const auto same = static_cast<std::ptrdiff_t>(same_bytes(id, implementation_id));
    const auto place = std::ranges::upper_bound(ranked, -same, {}, [](const auto& one) { return one.first; });
    ranked.insert(place, {-same, &platform});
    if (ranked.size() > kShown) ranked.pop_back();
  }
  std::string text;
  for (const auto& [same, platform] : ranked) text += fmt::format("{}{} ({})", text.empty() ? "" : ", or ", to_hex(platform->implementation_id), platform->origin);
  return text;
}

void report(std::string_view id, std::string subject, const eat::SoftwareComponent& component, const Match& match, Findings& findings) {
  const auto warn = [&](std::string why, std::string nearest) { findings.warning(std::string{id}, std::move(subject), std::move(why), shown(component), std::move(nearest)); };
  switch (match.fit) {
    case Fit::full: findings.passed(std::string{id}, std::move(subject), shown(component), match.reference->origin); return;
    case Fit::same_measurement: {
      const auto [names, actual] = difference(component, *match.reference);
      const std::string value = component.measurement_value ? to_hex(*component.measurement_value) : std::string{};
      return findings.warning(std::string{id}, std::move(subject), fmt::format("the measurement is known, but with another {}", names), fmt::format("{}, {}", value, actual), shown(*match.reference));
    }
    case Fit::same_type: warn("no reference value has this measurement; the nearest of its type is another", shown(*match.reference)); return;
    case Fit::none: warn("no reference value has this measurement", {}); return;
  }
}

}  // namespace
}  // namespace assay::appraise
