#include "model/eat/claims.h"

#include "base/text.h"
#include "codec/cbor/cbor.h"
#include "model/eat/read.h"

namespace assay::eat {
namespace {

RawClaim encoded(ClaimKey key, cbor::Writer value);

}  // namespace

std::string shown(const ClaimKey& key) {
  if (const auto* number = std::get_if<std::int64_t>(&key)) return std::to_string(*number);
  return quoted(std::get<std::string>(key));
}

Result<std::vector<RawClaim>> parse_raw_claims(ByteView map, std::size_t base) {
  cbor::Reader in{map, cbor::Mode::evidence, base};
  cbor::MapReader entries = TRY(cbor::MapReader::open(in));
  std::vector<RawClaim> claims;
  while (const auto key = TRY(entries.next(in))) TRY(keep_unknown(in, *key, claims));
  TRY(in.expect_end());
  return claims;
}

Result<Bytes> encode_raw_claims(std::span<const RawClaim> claims) {
  cbor::Writer out;
  out.map(claims.size());
  for (const RawClaim& claim : claims) {
    TRY(within("claim " + shown(claim.key), cbor::check(claim.value, cbor::Mode::evidence)));
    write(out, claim);
  }
  // One reader knows what a duplicate is; what we write it must accept.
  TRY(cbor::check(out.view(), cbor::Mode::evidence));
  return std::move(out).take();
}

void write(cbor::Writer& out, const RawClaim& claim) {
  if (const auto* number = std::get_if<std::int64_t>(&claim.key)) {
    out.integer(*number);
  } else {
    out.text(std::get<std::string>(claim.key));
  }
  out.raw(claim.value);
}

RawClaim claim(ClaimKey key, ByteView bytes) { return encoded(std::move(key), std::move(cbor::Writer{}.bytes(bytes))); }
RawClaim claim(ClaimKey key, std::string_view text) { return encoded(std::move(key), std::move(cbor::Writer{}.text(text))); }
RawClaim claim(ClaimKey key, std::int64_t number) { return encoded(std::move(key), std::move(cbor::Writer{}.integer(number))); }

namespace {

RawClaim encoded(ClaimKey key, cbor::Writer value) { return {std::move(key), std::move(value).take()}; }

}  // namespace
}  // namespace assay::eat
