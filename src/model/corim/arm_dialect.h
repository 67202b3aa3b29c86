// The CoMIDs of Arm's profiles of 2022 (tags 600 to 602, one measurement for a realm) in the words of those of 2025 (bytes, texts and
// cryptokeys), which is all that generation D can write (draft-fdb-rats-psa-endorsements, draft-ydb-rats-cca-endorsements).
#pragma once

#include "model/corim/comid.h"

namespace assay::corim {

// The profile of 2025 that has taken the place of this one of 2022; nothing for any other.
std::optional<std::string_view> profile_of_2025(const Profile& profile);

// `old_profile` is one of those of 2022. Says the same to a verifier. Fails with `unsupported` where something has no place there: a
// component that has a name or keys beside its old id, members of a realm's measurement that are no registers, two platform configurations.
Result<Comid> in_dialect_of_2025(Comid comid, const Profile& old_profile);

}  // namespace assay::corim
