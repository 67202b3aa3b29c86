// Whatever an Authorization header says: nobody whose token or password we did not make is admitted, and nothing secret comes back.
#include "base/text.h"
#include "crypto/key_formats.h"
#include "services/access/access.h"
#include "testing/fuzz.h"

namespace {

// Whose private halves are gone.
std::string strangers_keys() {
  using namespace assay;
  std::string keys;
  for (const auto kind : {crypto::KeyKind::p256, crypto::KeyKind::ed25519, crypto::KeyKind::rsa}) {
    json::Value jwk = crypto::to_jwk(crypto::PrivateKey::generate(kind).value().public_key());
    jwk.object()->set("kid", "k");
    keys += (keys.empty() ? "" : ",") + json::print(jwk);
  }
  return R"({"keys":[)" + keys + "]}";
}

class Provider : public assay::net::Http {
 public:
  assay::Result<assay::net::Response> send(const assay::net::Request& request) override { return assay::net::Response{.status = 200, .url = request.url, .headers = {}, .body = assay::to_bytes(jwks_)}; }

 private:
  std::string jwks_ = strangers_keys();
};

std::unique_ptr<assay::access::Access> with_tokens() {
  using namespace assay::access;
  Settings settings;
  settings.backend = Settings::Backend::bearer;
  settings.jwks = "https://issuer.example/keys";
  return Access::make(std::move(settings), std::make_unique<Provider>()).value();
}

std::unique_ptr<assay::access::Access> with_a_user() {
  using namespace assay::access;
  const auto hash = hash_password(assay::to_hex(assay::crypto::random_bytes(16)), kLeastCost);
  Settings settings;
  settings.backend = Settings::Backend::basic;
  settings.users.push_back({"prov", PasswordHash::parse(*hash).value(), {"provisioner"}});
  return Access::make(std::move(settings)).value();
}

}  // namespace

void fuzz(assay::ByteView bytes) {
  using namespace assay;
  static const auto bearer = with_tokens();
  static const auto basic = with_a_user();
  const std::string_view header = as_text(bytes);
  for (const auto& access : {&bearer, &basic}) {
    const auto admission = (*access)->admit(header, access::Role::provisioner, 1764000000);
    ASSAY_CHECK(!admission && (admission.error().status == 401 || admission.error().status == 403));
    ASSAY_CHECK(admission.error().reason.text().find("$2b$") == std::string::npos);
  }
}
