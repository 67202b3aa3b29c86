// CoMID, CoRIM and signer particulars as people write them: JSON templates in both dialects (generation A's and D's), and the display
// form, which is a template again.
//
// Reading goes on after an error, so that all problems of a file can be named at once, each with its JSON pointer. Both dialects'
// forms of digests, keys and profiles are read, whatever the generation. Warnings: unknown members (they are not written), several members of one
// name, hex where base64 stands.
#pragma once

#include "codec/json/json.h"
#include "model/corim/comid.h"
#include "model/corim/problem.h"
#include "model/corim/profile.h"

namespace assay::corim {

template <class T>
struct Parsed {
  T value;
  Problems problems;
  bool needs_d = false;  // it uses syntax that only generation D has
};

// A JSON object, not CBOR? A byte order mark in front does not hide it: parse_template names that.
bool is_template(ByteView bytes);
// Templates are read with the last of several members of one name, as the tools of this field do.
Result<json::Value> parse_template(std::string_view text);

struct TemplateOptions {
  // Members that came after generation A are unknown, as they are to the tools of that time: warned of and not written.
  bool only_a = false;
  Extensions extensions = {};  // members of measurement values that the profile adds
};
Parsed<Comid> comid_from_template(const json::Value& value, const TemplateOptions& options = {});
Parsed<Corim> corim_from_template(const json::Value& value, const TemplateOptions& options = {});  // `tags` may be empty

struct Meta {  // signer's particulars (draft-ietf-rats-corim §4.2.1)
  std::string signer_name;
  std::optional<std::string> signer_uri;
  std::optional<Validity> validity;
  bool operator==(const Meta&) const = default;
};
Parsed<Meta> meta_from_template(const json::Value& value);

// The generation that a template is for when nobody says: A, or D where it uses what only D can carry.
template <class T>
Generation default_generation(const Parsed<T>& parsed);

// The display form in the dialect of `generation` (A, B and C are the same). Extensions of the profile have their names in it.
json::Value to_json(const Comid& comid, Generation generation, Extensions extensions = {});
json::Value to_json(const Corim& corim, Generation generation);
json::Value to_json(const Meta& meta);

}  // namespace assay::corim
