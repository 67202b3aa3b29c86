#include "model/eat/software_component.h"

#include "model/eat/check.h"
#include "model/eat/read.h"

namespace assay::eat {
namespace {

Result<void> parse_component(cbor::Reader& in, SoftwareComponent& component);
Result<void> check_component(const SoftwareComponent& component);
Result<void> check_field(const std::optional<Bytes>& field);

}  // namespace

Result<std::vector<SoftwareComponent>> parse_components(cbor::Reader& in) {
  const std::size_t start = in.offset();
  cbor::Items items = TRY(in.array());
  if (items.count().value_or(0) > kMaxComponents) return fail_at(Errc::limit, start, fmt::format("{} software components", *items.count()), fmt::format("at most {}", kMaxComponents));
  std::vector<SoftwareComponent> components;
  components.reserve(items.count().value_or(0));
  while (TRY(items.next(in))) TRY(parse_component(in, components.emplace_back()));
  return components;
}

void encode_components(cbor::Writer& out, const std::vector<SoftwareComponent>& components) {
  out.array(components.size());
  for (const SoftwareComponent& component : components) {
    const auto count = [](bool there) -> std::size_t { return there ? 1 : 0; };
    out.map(count(component.measurement_type.has_value()) + count(component.measurement_value.has_value()) + count(component.version.has_value()) + count(component.signer_id.has_value()) +
            count(component.description.has_value()) + component.unknown.size());
    if (component.measurement_type) out.uint(1).text(*component.measurement_type);
    if (component.measurement_value) out.uint(2).bytes(*component.measurement_value);
    if (component.version) out.uint(4).text(*component.version);
    if (component.signer_id) out.uint(5).bytes(*component.signer_id);
    if (component.description) out.uint(6).text(*component.description);
    for (const RawClaim& claim : component.unknown) write(out, claim);
  }
}

json::Value components_to_json(const std::vector<SoftwareComponent>& components) {
  json::Array array;
  for (const SoftwareComponent& component : components) {
    json::Object object;
    put(object, "measurement-type", component.measurement_type);
    put(object, "measurement-value", component.measurement_value);
    put(object, "version", component.version);
    put(object, "signer-id", component.signer_id);
    put(object, "measurement-description", component.description);
    array.push_back(std::move(object));
  }
  return array;
}

Result<std::vector<SoftwareComponent>> components_from_json(const json::Value& value, std::string where) {
  if (value.array() == nullptr) return fail_expecting(Errc::malformed, where, fmt::format("a JSON {}", value.type_name()), "an array");
  if (value.array()->size() > kMaxComponents) return fail_expecting(Errc::limit, where, fmt::format("{} software components", value.array()->size()), fmt::format("at most {}", kMaxComponents));
  std::vector<SoftwareComponent> components;
  for (const json::Value& item : *value.array()) {
    const json::Fields in = TRY(json::Fields::of(item, json::pointer(where, components.size())));
    SoftwareComponent component;
    TRY(read(in, "measurement-type", component.measurement_type));
    TRY(read(in, "measurement-value", component.measurement_value));
    TRY(read(in, "version", component.version));
    TRY(read(in, "signer-id", component.signer_id));
    TRY(read(in, "measurement-description", component.description));
    components.push_back(std::move(component));
  }
  return components;
}

Result<void> check_components(const std::vector<SoftwareComponent>& components) {
  for (std::size_t i = 0; i < components.size(); ++i) TRY(within(fmt::format("failed at index {}", i), check_component(components[i])));
  return {};
}

namespace {

Result<void> parse_component(cbor::Reader& in, SoftwareComponent& component) {
  cbor::MapReader map = TRY(cbor::MapReader::open(in));
  while (const auto key = TRY(map.next(in))) {
    if (key->is(1)) {
      TRY(read(in, "measurement type", component.measurement_type));
    } else if (key->is(2)) {
      TRY(read(in, "measurement value", component.measurement_value));
    } else if (key->is(4)) {
      TRY(read(in, "version", component.version));
    } else if (key->is(5)) {
      TRY(read(in, "signer ID", component.signer_id));
    } else if (key->is(6)) {
      TRY(read(in, "measurement description", component.description));
    } else {
      TRY(keep_unknown(in, *key, component.unknown));
    }
  }
  return {};
}

Result<void> check_component(const SoftwareComponent& component) {
  TRY(within("measurement value", check_field(component.measurement_value)));
  TRY(within("signer ID", check_field(component.signer_id)));
  return {};
}

Result<void> check_field(const std::optional<Bytes>& field) {
  if (!field) return std::unexpected(Error{Errc::missing, {}, "missing mandatory field", {}, {}});
  return check_hash(*field);
}

}  // namespace
}  // namespace assay::eat
