// Media types under the name that claims know them by; see base/media_type.h.
#pragma once

#include "base/media_type.h"

namespace assay::eat {

using assay::MediaType;
using assay::parse_media_type;
using assay::same_media_type;

}  // namespace assay::eat
