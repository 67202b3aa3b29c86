// What every policy can use without defining it: the module that is evaluated together with it. Names, values and defaults are those of
// Veraison's services, misspellings included, because policies use them; the two misspelt names also exist spelt right.
//
// A policy defines any of `status`, `instance_identity` … `sourced_data` and `added_claims`; the prelude's `outcome` collects them.
#pragma once

#include <string_view>

namespace assay::policy {

std::string_view prelude();

}  // namespace assay::policy
