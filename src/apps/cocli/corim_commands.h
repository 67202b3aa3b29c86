// The commands below `cocli corim`.
#pragma once

#include "apps/cocli/commands.h"

namespace assay::cocli {

goflags::Command create_corim_command();
goflags::Command sign_corim_command();
goflags::Command verify_corim_command(UnixSeconds now);
goflags::Command display_corim_command();
goflags::Command extract_corim_command();
goflags::Command submit_corim_command();

}  // namespace assay::cocli
