// CoMIDs of any shape: what is written is read back the same, in the generations that can carry it, and its display form compiles to
// the same bytes.
#include <rapidcheck.h>

#include <algorithm>

#include "model/corim/template.h"
#include "model/corim/text.h"
#include "model/corim/validate.h"
#include "testing/testing.h"

namespace assay::corim {
namespace {

template <class T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> gen) {
  return rc::gen::oneOf(rc::gen::just(std::optional<T>{}), rc::gen::map(std::move(gen), [](T value) { return std::optional<T>{std::move(value)}; }));
}

rc::Gen<Bytes> bytes(std::size_t least, std::size_t most) {
  return rc::gen::mapcat(rc::gen::inRange(least, most + 1), [](std::size_t size) { return rc::gen::container<Bytes>(size, rc::gen::arbitrary<std::uint8_t>()); });
}
rc::Gen<Bytes> exactly(std::size_t size) { return rc::gen::container<Bytes>(size, rc::gen::arbitrary<std::uint8_t>()); }
rc::Gen<std::string> text() { return rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '\x7f')); }
rc::Gen<std::string> some_text() {
  return rc::gen::map(text(), [](std::string value) { return "x" + value; });
}

rc::Gen<Uuid> uuid() {
  return rc::gen::map(exactly(16), [](const Bytes& value) {
    Uuid id{};
    std::ranges::copy(value, id.begin());
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
    return id;
  });
}
rc::Gen<Oid> oid() {
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(4, rc::gen::arbitrary<std::uint32_t>()), [](const std::vector<std::uint32_t>& arcs) {
    std::string dotted = "2.999";
    for (const std::uint32_t arc : arcs) dotted += fmt::format(".{}", arc);
    return oid_from_text(dotted).value();
  });
}
rc::Gen<Ueid> ueid() {
  return rc::gen::map(exactly(32), [](Bytes value) {
    value.insert(value.begin(), 1);
    return Ueid{std::move(value)};
  });
}
rc::Gen<TaggedBytes> tagged() {
  return rc::gen::map(bytes(1, 40), [](Bytes value) { return TaggedBytes{std::move(value)}; });
}
rc::Gen<Digest> digest() {
  return rc::gen::mapcat(rc::gen::inRange<std::int64_t>(1, 13), [](std::int64_t id) {
    return rc::gen::map(exactly(digest_size(id)), [id](Bytes value) { return Digest{id, std::move(value)}; });
  });
}
rc::Gen<Digests> digests(std::size_t least) {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(least, 4), [](std::size_t count) { return rc::gen::container<Digests>(count, digest()); });
}
rc::Gen<CryptoKey> key() {
  return rc::gen::map(rc::gen::pair(rc::gen::element(CryptoKey::Kind::key_thumbprint, CryptoKey::Kind::cert_thumbprint, CryptoKey::Kind::cert_path_thumbprint), digest()),
                      [](std::pair<CryptoKey::Kind, Digest> pair) { return CryptoKey{pair.first, std::move(pair.second)}; });
}

template <class Variant, class T>
rc::Gen<Variant> as(rc::Gen<T> gen) {
  return rc::gen::map(std::move(gen), [](T value) { return Variant{std::move(value)}; });
}

rc::Gen<Environment> environment() {
  auto klass = rc::gen::build<Class>(rc::gen::set(&Class::id, maybe(rc::gen::oneOf(as<ClassId>(uuid()), as<ClassId>(oid()), as<ClassId>(tagged())))), rc::gen::set(&Class::vendor, rc::gen::map(text(), [](std::string value) { return std::optional{std::move(value)}; })),
                                     rc::gen::set(&Class::model, maybe(text())), rc::gen::set(&Class::layer, maybe(rc::gen::arbitrary<std::uint64_t>())), rc::gen::set(&Class::index, maybe(rc::gen::arbitrary<std::uint64_t>())));
  return rc::gen::build<Environment>(rc::gen::set(&Environment::klass, rc::gen::map(std::move(klass), [](Class value) { return std::optional{std::move(value)}; })),
                                     rc::gen::set(&Environment::instance, maybe(rc::gen::oneOf(as<Instance>(ueid()), as<Instance>(uuid()), as<Instance>(tagged())))),
                                     rc::gen::set(&Environment::group, maybe(rc::gen::oneOf(as<Group>(uuid()), as<Group>(tagged())))));
}

rc::Gen<std::vector<IntegrityRegister>> registers() {
  auto one = rc::gen::build<IntegrityRegister>(
      rc::gen::set(&IntegrityRegister::index, rc::gen::oneOf(as<std::variant<std::uint64_t, std::string>>(rc::gen::arbitrary<std::uint64_t>()), as<std::variant<std::uint64_t, std::string>>(some_text()))), rc::gen::set(&IntegrityRegister::digests, digests(1)));
  return rc::gen::map(rc::gen::resize(5, rc::gen::container<std::vector<IntegrityRegister>>(std::move(one))), [](std::vector<IntegrityRegister> all) {
    std::ranges::sort(all, {}, &IntegrityRegister::order);
    const auto again = std::ranges::unique(all, {}, &IntegrityRegister::order);
    all.erase(again.begin(), again.end());
    return all;
  });
}

rc::Gen<Mval> mval() {
  auto svn = rc::gen::build<Svn>(rc::gen::set(&Svn::minimum), rc::gen::set(&Svn::value));
  auto raw = rc::gen::build<RawValue>(rc::gen::set(&RawValue::value, bytes(0, 20)));
  auto version = rc::gen::build<Version>(rc::gen::set(&Version::value, some_text()), rc::gen::set(&Version::scheme, rc::gen::just(std::optional<std::variant<std::int64_t, std::string>>{std::int64_t{16384}})));
  return rc::gen::build<Mval>(rc::gen::set(&Mval::serial_number, rc::gen::map(text(), [](std::string value) { return std::optional{std::move(value)}; })), rc::gen::set(&Mval::version, maybe(std::move(version))), rc::gen::set(&Mval::svn, maybe(std::move(svn))),
                              rc::gen::set(&Mval::digests, maybe(digests(0))), rc::gen::set(&Mval::raw_value, maybe(std::move(raw))), rc::gen::set(&Mval::raw_value_mask, maybe(bytes(0, 8))), rc::gen::set(&Mval::mac_addr, maybe(exactly(6))),
                              rc::gen::set(&Mval::ip_addr, maybe(exactly(16))), rc::gen::set(&Mval::uuid, maybe(uuid())), rc::gen::set(&Mval::integrity_registers, maybe(registers())));
}

rc::Gen<Measurement> measurement() {
  auto mkey = rc::gen::oneOf(as<Mkey>(rc::gen::arbitrary<std::uint64_t>()), as<Mkey>(uuid()), as<Mkey>(oid()));
  return rc::gen::build<Measurement>(rc::gen::set(&Measurement::key, maybe(std::move(mkey))), rc::gen::set(&Measurement::value, mval()));
}

template <class T>
rc::Gen<std::vector<T>> some(rc::Gen<T> gen) {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(1, 4), [gen](std::size_t count) { return rc::gen::container<std::vector<T>>(count, gen); });
}

rc::Gen<Comid> comid() {
  auto values = rc::gen::build<ValueTriple>(rc::gen::set(&ValueTriple::environment, environment()), rc::gen::set(&ValueTriple::measurements, some(measurement())));
  auto keys = rc::gen::build<KeyTriple>(rc::gen::set(&KeyTriple::environment, environment()), rc::gen::set(&KeyTriple::keys, some(key())));
  auto triples = rc::gen::build<Triples>(rc::gen::set(&Triples::reference_values, some(std::move(values))), rc::gen::set(&Triples::attest_keys, some(std::move(keys))));
  auto identity = rc::gen::build<TagIdentity>(rc::gen::set(&TagIdentity::id, rc::gen::oneOf(as<TagId>(uuid()), as<TagId>(some_text()))), rc::gen::set(&TagIdentity::version));
  return rc::gen::build<Comid>(rc::gen::set(&Comid::language, maybe(text())), rc::gen::set(&Comid::identity, std::move(identity)), rc::gen::set(&Comid::triples, std::move(triples)));
}

TEST(CorimProperty, WhatIsWrittenIsReadBackInEveryGeneration) {
  EXPECT_TRUE(rc::check([] {
    const Comid drawn = *comid();
    RC_ASSERT(first_error(validate(drawn)).has_value());
    for (const Generation generation : {Generation::a, Generation::b, Generation::c, Generation::d}) {
      const auto written = write_comid(drawn, generation);
      RC_ASSERT(written.has_value());
      RC_ASSERT(read_comid(*written).value() == drawn);
    }
  }));
}

TEST(CorimProperty, WhatIsShownCompilesToTheSameBytes) {
  EXPECT_TRUE(rc::check([] {
    const Comid drawn = *comid();
    for (const Generation generation : {Generation::a, Generation::d}) {
      const auto parsed = comid_from_template(parse_template(json::print(to_json(drawn, generation))).value());
      RC_ASSERT(parsed.problems.empty());
      RC_ASSERT(write_comid(parsed.value, generation).value() == write_comid(drawn, generation).value());
    }
  }));
}

}  // namespace
}  // namespace assay::corim
