// Discovery documents: what the service takes, where, and the key of its results.
#pragma once

#include "services/front/front.h"

namespace assay::front {

bool is_discovery(std::string_view path);
net::Answer discovery(const Front& front, const net::Incoming& request);

}  // namespace assay::front
