#include "codec/der/der.h"

namespace assay::der {

// Moves on only when all is well: a caller that goes on after an error must not find itself at an end it never read.
Result<Element> Reader::any() {
  const ByteView rest = bytes_.subspan(at_);
  if (rest.empty()) return fail_at(Errc::malformed, offset(), "the DER ends", "an element");
  const std::uint8_t tag = rest[0];
  if ((tag & 0x1f) == 0x1f) return fail_at(Errc::unsupported, offset(), "a multi-byte DER tag", "a tag below 31");
  if (rest.size() < 2) return fail_at(Errc::malformed, offset() + 1, "the DER ends", "a length");
  std::size_t length = rest[1];
  std::size_t head = 2;
  if (length >= 0x80) {
    const std::size_t octets = length & 0x7f;
    if (octets == 0 || octets > 4) return fail_at(Errc::malformed, offset() + 1, octets == 0 ? "an indefinite DER length" : "a DER length of more than 4 octets", "a definite length");
    if (octets > rest.size() - head) return fail_at(Errc::malformed, offset() + head, "the DER ends", "a length");
    length = 0;
    while (head < 2 + octets) length = (length << 8) | rest[head++];
    if (length < 0x80 || (length >> (8 * (octets - 1))) == 0) return fail_at(Errc::malformed, offset() + 1, "a DER length that is not in its shortest form", "the shortest form");
  }
  if (length > rest.size() - head) return fail_at(Errc::malformed, offset(), fmt::format("a DER element of {} bytes", length), fmt::format("at most the {} bytes left", rest.size() - head));
  at_ += head + length;
  return Element{tag, rest.subspan(head, length), rest.first(head + length)};
}

Result<ByteView> Reader::expect(std::uint8_t tag) {
  Reader ahead = *this;
  const Element element = TRY(ahead.any());
  if (element.tag != tag) return fail_at(Errc::malformed, offset(), fmt::format("DER tag 0x{:02x}", element.tag), fmt::format("0x{:02x}", tag));
  *this = ahead;
  return element.content;
}

Result<Reader> Reader::sequence() {
  const ByteView content = TRY(expect(kSequence));
  return Reader{content, offset() - content.size()};
}

Result<ByteView> Reader::positive_integer() {
  const std::size_t start = offset();
  const ByteView content = TRY(expect(kInteger));
  if (content.empty()) return fail_at(Errc::malformed, start, "an empty INTEGER", "at least one byte");
  if ((content[0] & 0x80) != 0) return fail_at(Errc::malformed, start, "a negative INTEGER", "a positive one");
  if (content.size() > 1 && content[0] == 0 && (content[1] & 0x80) == 0) return fail_at(Errc::malformed, start, "an INTEGER with needless leading zeros", "the shortest form");
  return content[0] == 0 && content.size() > 1 ? content.subspan(1) : content;
}

Result<void> Reader::expect_end() const {
  if (!at_end()) return fail_at(Errc::malformed, offset(), fmt::format("{} bytes behind the end of the DER", bytes_.size() - at_), "nothing more");
  return {};
}

Bytes encode(std::uint8_t tag, ByteView content) {
  Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    std::size_t octets = 1;
    while (octets < sizeof(std::size_t) && (content.size() >> (8 * octets)) != 0) ++octets;
    out.push_back(static_cast<std::uint8_t>(0x80 | octets));
    for (std::size_t i = octets; i-- > 0;) out.push_back(static_cast<std::uint8_t>(content.size() >> (8 * i)));
  }
  append(out, content);
  return out;
}

Bytes encode_sequence(std::initializer_list<ByteView> elements) { return encode(kSequence, concat(elements)); }

Bytes encode_positive_integer(ByteView big_endian) {
  while (big_endian.size() > 1 && big_endian[0] == 0) big_endian = big_endian.subspan(1);
  Bytes content;
  if (big_endian.empty() || (big_endian[0] & 0x80) != 0) content.push_back(0);
  append(content, big_endian);
  return encode(kInteger, content);
}

std::string oid_text(ByteView content) {
  std::string text;
  std::uint64_t part = 0;
  bool fresh = true;
  for (const std::uint8_t byte : content) {
    if (fresh && byte == 0x80) return "?";
    if (part > (UINT64_MAX >> 7)) return "?";
    part = (part << 7) | (byte & 0x7fU);
    fresh = (byte & 0x80) == 0;
    if (!fresh) continue;
    if (text.empty()) {
      const std::uint64_t first = part < 80 ? part / 40 : 2;
      text = fmt::format("{}.{}", first, part - 40 * first);
    } else {
      text += fmt::format(".{}", part);
    }
    part = 0;
  }
  return fresh && !text.empty() ? text : "?";
}

namespace {

Result<ByteView> half_of(ByteView value, std::string_view name) {
  while (!value.empty() && value[0] == 0) value = value.subspan(1);
  if (value.empty()) return fail_expecting(Errc::malformed, "ECDSA signature", fmt::format("{} is zero", name), "1 to n-1");
  return value;
}

}  // namespace

Result<Bytes> ecdsa_to_der(ByteView rs, std::size_t field) {
  if (rs.size() != 2 * field) return fail_expecting(Errc::malformed, "ECDSA signature", fmt::format("{} bytes", rs.size()), fmt::format("{} bytes", 2 * field));
  const ByteView r = TRY(half_of(rs.first(field), "r"));
  const ByteView s = TRY(half_of(rs.subspan(field), "s"));
  const Bytes r_der = encode_positive_integer(r);
  const Bytes s_der = encode_positive_integer(s);
  return encode_sequence({r_der, s_der});
}

Result<Bytes> ecdsa_from_der(ByteView der, std::size_t field) {
  Reader outer{der};
  Reader in = TRY(outer.sequence());
  TRY(outer.expect_end());
  Bytes rs;
  for (const char* name : {"r", "s"}) {
    const ByteView value = TRY(half_of(TRY(in.positive_integer()), name));
    if (value.size() > field) return fail_expecting(Errc::malformed, "ECDSA signature", fmt::format("{} has {} bytes", name, value.size()), fmt::format("at most {}", field));
    rs.insert(rs.end(), field - value.size(), 0);
    append(rs, value);
  }
  TRY(in.expect_end());
  return rs;
}

}  // namespace assay::der
