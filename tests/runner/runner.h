// The vector runner: executes every line of tests/vectors/*/manifest.jsonl and compares the outcome with what the line expects.
// A file without a line fails the run, and so does a line without a file. Kinds `support` (used by other lines) and `later` (with
// a reason) are counted apart.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/error.h"
#include "codec/json/json.h"
#include "crypto/key_formats.h"

namespace assay::vectors {

// One line of a manifest.
struct Case {
  std::filesystem::path folder;  // of the set
  json::Value line;

  std::string member(std::string_view name) const;  // "" if absent
  bool flag(std::string_view name) const;
  std::string file() const { return member("file"); }
  Result<std::string> text(std::string_view relative) const;
  Result<std::string> text() const { return text(file()); }
  Result<crypto::PublicKey> key() const;  // member "key"
};

// "ok", or the class of an error: malformed, bad_signature, untrusted, mismatch, stale, revoked.
std::string outcome_of(const Error& error);

// What a kind answers: its outcome and, when it is not "ok", why.
struct Outcome {
  std::string verdict;
  std::string detail;
};
Outcome from(const Result<void>& result);
using Kind = std::function<Outcome(const Case&)>;
using Kinds = std::map<std::string, Kind>;

void add_envelope_kinds(Kinds& kinds);  // cose, go-cose-*, cmw*, key, *-diag
void add_result_kinds(Kinds& kinds);    // ear-*
void add_evidence_kinds(Kinds& kinds);  // cca-*, psa-*, tsm-report, trust-anchors, reference-values
void add_endorsement_kinds(Kinds& kinds);  // comid, corim, signed-corim, cots*, coswid, *-template, coserv*

// CBOR diagnostic notation, as far as the vectors use it: maps, arrays, integers, text, h'…', tags, << >>, true/false/null, comments.
Result<Bytes> encode_diagnostic(std::string_view text);

}  // namespace assay::vectors
