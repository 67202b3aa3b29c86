// What holds for a CMW in every form: shared by the readers and writers of this folder, which check it on both ways.
#pragma once

#include "envelope/cmw/cmw.h"

namespace assay::cmw {

inline constexpr std::string_view kTypeMember = "__cmwc_t";
// Collections in collections: one less than the depth of the codecs, since a record is an array of its own.
inline constexpr std::size_t kMaxNesting = 15;

Result<void> check_record(const Record& record);
Result<void> check_collection(const Collection& collection);  // itself, not what is in it
Result<void> check_label(std::string_view label);
Result<void> check_nesting(std::size_t depth);
std::string shown(const Label& label);

// `parse_cbor` for bytes that begin at `base` of the outermost input.
Result<Cmw> parse_cbor_at(ByteView bytes, std::size_t base);

}  // namespace assay::cmw
