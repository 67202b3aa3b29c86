// Discovery documents: what the service takes, where, and the key of its results.
#pragma once

#include "services/front/front.h"

namespace assay::front {

// The interface whose document has that path.
std::optional<Interface> discovered(std::string_view path);
net::Answer discovery(const Front& front, const net::Incoming& request, Interface interface);

}  // namespace assay::front
