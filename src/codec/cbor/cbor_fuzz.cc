// Whatever is well-formed can be walked and printed; what is deterministic is written back to the same bytes.
#include "codec/cbor/cbor.h"
#include "testing/fuzz.h"

namespace {

using namespace assay::cbor;

void rewrite(Reader& in, Writer& out);

void rewrite_items(Reader& in, Writer& out, Type type) {
  Items items = type == Type::array ? in.array().value() : in.map().value();
  if (type == Type::array) out.array(*items.count());
  if (type == Type::map) out.map(*items.count());
  while (items.next(in).value()) {
    rewrite(in, out);
    if (type == Type::map) rewrite(in, out);
  }
}

void rewrite(Reader& in, Writer& out) {
  const Type type = in.peek().value();
  if (type == Type::array || type == Type::map) return rewrite_items(in, out, type);
  if (type == Type::tag) {
    out.tag(in.tag().value());
    return rewrite(in, out);
  }
  if (type == Type::uint) out.uint(in.uint().value());
  if (type == Type::bytes) out.bytes(in.bytes().value());
  if (type == Type::text) out.text(in.text().value());
  // Negative integers beyond 64 bits and floats (NaN has many forms) as they stand.
  if (type == Type::negative || type == Type::simple) out.raw(in.item().value());
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  for (const Mode mode : {Mode::evidence, Mode::tolerant, Mode::deterministic}) {
    if (!check(bytes, mode)) continue;
    (void)to_diagnostic(bytes);
    if (mode == Mode::tolerant) continue;
    Reader in{bytes, mode};
    Writer out;
    rewrite(in, out);
    ASSAY_CHECK(in.at_end());
    if (mode == Mode::deterministic) ASSAY_CHECK(assay::equal(out.view(), bytes));
  }
}
