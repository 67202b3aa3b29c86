// Endorsements in files, as `cocli` and the native commands have them: opened whatever their generation and envelope, put together,
// re-encoded, signed. Nothing here prints.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "crypto/x509.h"
#include "model/corim/cots.h"
#include "model/corim/signed.h"
#include "model/corim/validate.h"

namespace assay::endorsements {

// A CoRIM and the bytes it came from. Nobody checked a signature.
struct Opened {
  Bytes bytes;
  std::optional<corim::UnverifiedSigned> envelope;  // of a signed one; points into `bytes`
  corim::Corim corim;
};
using corim::looks_signed;
Result<Opened> open_signed(Bytes bytes);
Result<Opened> open_any(Bytes bytes);  // signed or not
// An unsigned one; says so where it is a tag without its CoRIM, or JSON, and what to do.
Result<corim::Corim> read_unsigned(ByteView bytes);

// "comid" … : of file names and JSON; corim::title is for messages.
std::string_view file_word(corim::TagKind kind);
// "000002-comid.cbor": what a tag is extracted to.
std::string extracted_name(std::size_t index, corim::TagKind kind);

// The dialect in which a CoMID is shown so that its display form compiles to the same bytes again, where there is one. Profiles with
// extensions have only D's.
corim::Generation dialect_of(const corim::Comid& comid, ByteView bytes, corim::Extensions extensions = {});

// What a tag of a CoRIM says. Trust lists are carried, not read.
using Item = std::variant<corim::Comid, corim::Coswid, corim::Cots>;
Result<Item> read_item(corim::TagKind kind, ByteView content);
corim::Problems validate(const Item& item, corim::Extensions extensions = {});
Result<corim::Tag> write_item(const Item& item, corim::Generation generation);
// By name, as the library displays it; what is carried only, as text in CBOR's diagnostic notation.
Result<json::Value> display(const corim::Tag& tag, corim::Generation generation, corim::Extensions extensions = {});

struct LoadedItem {
  std::string path;
  Item item;
};
// The oldest generation, of A and D, that can carry the template and all of these.
corim::Generation generation_for(const corim::Parsed<corim::Corim>& envelope, std::span<const LoadedItem> items);

// The CoRIM with its CoMIDs and CoTS in `generation`; in D with Arm's profiles of 2022 turned into those of 2025. Fails with `unsupported`, naming the tag and the part that has no form there.
Result<Bytes> convert(const corim::Corim& corim, corim::Generation generation);

// All that is wrong with an envelope and what is in it; pointers into that begin with /tags/N.
corim::Problems check(const corim::Corim& corim);

// The rules of the profile that a CoRIM names, where a scheme of this build has it. It is to be right by itself; its validity in time is
// not looked at. An unknown profile is a warning.
struct ProfileCheck {
  std::optional<std::string> applied;  // the profile whose rules were
  corim::Problems problems;
};
ProfileCheck check_profile(const corim::Corim& corim);
// The same for a CoMID alone, which does not name one.
ProfileCheck check_profile(const corim::Comid& comid, const corim::Profile& profile);

corim::Uuid random_uuid();  // RFC 9562, version 4

struct Signer {
  crypto::PrivateKey key;
  std::optional<crypto::Sig> sig = {};  // where the key's kind leaves a choice (RSA)
  std::optional<Bytes> kid = {};
};
// JWK, PEM or DER. An RSA JWK must say its algorithm. Errors of the content do not name the file: both callers do.
Result<Signer> load_signer(const std::string& path);
// DER, leaf first. The leaf must be of `key`.
Result<std::vector<Bytes>> load_signing_chain(const std::string& leaf, const std::optional<std::string>& intermediates, const crypto::PublicKey& key);
// `unsigned_corim` signed as it stands.
Result<Bytes> sign(const Opened& unsigned_corim, const Signer& signer, const corim::Meta& meta, std::vector<Bytes> chain);

std::optional<crypto::Revocation> revocation_policy(std::string_view word);  // "strict", "permissive"

// What of a CoRIM is not valid at `now`, one sentence each: it is still read, as its readers decide about that.
std::vector<std::string> time_warnings(const Opened& opened, UnixSeconds now);

}  // namespace assay::endorsements
