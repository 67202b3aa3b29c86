// Whatever is accepted is a view into the input, has no label in two buckets, and never verifies under a key of ours.
#include "envelope/cose/cose.h"
#include "testing/fuzz.h"

namespace {

using namespace assay;

bool inside(ByteView part, ByteView whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

void fuzz(ByteView bytes) {
  static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyKind::p256).value();
  static const Bytes mac_key = crypto::random_bytes(32);
  const auto message = cose::parse_unverified(bytes, cose::Tagging::optional);
  if (!message) {
    ASSAY_CHECK(!cose::parse_unverified(bytes));
    return;
  }
  ASSAY_CHECK(inside(message->protected_bytes, bytes) && inside(message->signature, bytes) && !message->signature.empty());
  if (message->payload) {
    ASSAY_CHECK(inside(*message->payload, bytes));
    ASSAY_CHECK(equal(bytes.subspan(message->payload_offset, message->payload->size()), *message->payload));
  }
  for (std::size_t cut = 1; cut <= 2 && cut < bytes.size(); ++cut) ASSAY_CHECK(!cose::parse_unverified(bytes.first(bytes.size() - cut), cose::Tagging::optional));
  (void)cose::is_short_circuit(*message);
  ASSAY_CHECK(!cose::verify_sign1(*message, key.public_key()));
  ASSAY_CHECK(!cose::verify_mac0(*message, mac_key));

  // What we sign over the same payload we read back.
  if (!message->payload) return;
  const auto ours = cose::sign_sign1(*message->payload, key);
  ASSAY_CHECK(ours.has_value());
  const auto again = cose::parse_unverified(*ours);
  ASSAY_CHECK(again && equal(**cose::verify_sign1(*again, key.public_key()), *message->payload));
}
