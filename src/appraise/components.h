// Software components of evidence against those of the reference values: one rule for every TEE that lists them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "appraise/findings.h"
#include "appraise/reference.h"
#include "model/eat/software_component.h"

namespace assay::appraise {

inline constexpr std::int8_t kApprovedRuntime = 2;  // AR4SI executables: recognized and approved boot- and run-time
inline constexpr std::int8_t kUnrecognized = 33;    // AR4SI executables: unrecognized run-time

// By Rule::assay every component of the evidence must have a reference value: the same measurement, and the same type, version and signer where
// the reference value states them. Reference values without a component are nothing. Gives AR4SI `executables`: 2 if all match
// (and there is at least one), else 33; a finding for each component says against what, and for a failure the nearest, and which
// members differ from it.
// `id`: of the findings. `references`: those of the evidence's implementation.
std::int8_t appraise_components(std::string_view id, const std::vector<eat::SoftwareComponent>& components, const std::vector<const PlatformReference*>& references, Rule rule, Findings& findings);

// Rule::veraison_2026 refuses evidence whose components lack a type (or, in PSA, a version): a finding then, and no claims at all.
bool is_bad_by_rule(std::string_view id, const std::vector<eat::SoftwareComponent>& components, bool needs_version, Rule rule, Findings& findings);

// AR4SI `hardware`: 2, as the verification key vouches for the implementation; 97 where there are reference values for platforms and
// none is for this one. One finding, with the nearest ids.
std::int8_t appraise_implementation(std::string_view id, ByteView implementation_id, const ReferenceValues& references, Findings& findings);

// The references of one implementation; those that are for one instance only if it is this.
std::vector<const PlatformReference*> references_for(const ReferenceValues& references, ByteView implementation_id, ByteView instance_id = {});

}  // namespace assay::appraise
