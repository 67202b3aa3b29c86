// What the commands of `assay cmw` do, apart from the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/json/json.h"
#include "envelope/cmw/cmw.h"

namespace assay::cmw_cli {

struct WrapOptions {
  std::optional<std::string> value;  // file; none: a collection of `entries`
  std::optional<std::string> type;   // media type, or the number of a Content-Format
  std::string format = "cbor";       // cbor, json, tag
  std::vector<std::string> ind;      // names or a number
  std::vector<std::string> entries;  // LABEL=FILE, each file a CMW
  std::optional<std::string> collection_type;
};
Result<Bytes> wrap(const WrapOptions& options);

// The value of a record; `path` leads to it, label by label, through collections.
Result<Bytes> unwrap(const cmw::Cmw& message, const std::vector<std::string>& path);

// A CMW with what is around it.
struct Opened {
  cmw::Cmw message;
  std::string form;      // "cbor", "json", "tag", as `wrap --format` has it
  std::string envelope;  // "COSE_Sign1", "JWS", "X.509 certificate"; empty: none
};
// Looks through an envelope without checking it.
Result<Opened> open_unverified(ByteView bytes);

// The same, once the signature is good. COSE_Sign1 or JWS; `alg` for JWS only, by its JOSE name; none: the key's own.
Result<Opened> verify(ByteView bytes, const crypto::PublicKey& key, const std::optional<std::string>& alg);

std::string to_tree(const Opened& opened, bool verbose);
json::Value to_json(const Opened& opened);

// "evidence", "reference-values" …; a number for bits without a name.
std::vector<std::string> names_of_indicator(std::uint32_t ind);
Result<std::uint32_t> indicator_of(const std::vector<std::string>& names);

}  // namespace assay::cmw_cli
