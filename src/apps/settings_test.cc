#include "apps/settings.h"

#include <gmock/gmock.h>

#include "apps/app_testing.h"
#include "testing/testing.h"

namespace assay::settings {
namespace {

using testing::fails;
using testing::ok;

class SettingsOfTools : public testing::InOwnFolder {
 protected:
  Result<Settings> loaded(std::string_view text) {
    write("config.yaml", text);
    return Settings::load("pocli", "config.yaml");
  }
};

TEST_F(SettingsOfTools, AFileMayBeSharedByTools) {
  const auto settings = loaded("host: h\nport: 1\napi_server: x\nverification: http://v\nsomething-else: 7\nAUTH: basic\n");
  ASSERT_TRUE(ok(settings));
  EXPECT_EQ(settings->text("host"), "h");
}

// `insecure` of a service is another setting than that of a client.
TEST_F(SettingsOfTools, SettingsOfAServiceAreNotThoseOfAClient) {
  for (const std::string_view text : {"insecure: true\nlisten: 0.0.0.0:8080\n", "insecure: true\nstore: \"memory:\"\n", "insecure: true\nAuth: {backend: basic}\n", "insecure: true\nverification: {protocol: http}\n", "insecure: true\nvts: null\n"}) {
    EXPECT_TRUE(fails(loaded(text), Errc::config, "config.yaml:2: `")) << text;
    EXPECT_TRUE(fails(loaded(text), Errc::config, "is a setting of a service, not of pocli; expected the settings of pocli: in pocli/config.yaml below $XDG_CONFIG_HOME")) << text;
  }
}

TEST_F(SettingsOfTools, ASlipOfThePenIsRefused) {
  EXPECT_TRUE(fails(loaded("host: h\n\nprot: 1\n"), Errc::config, "config.yaml:3: unexpected directive: prot; expected port"));
  EXPECT_TRUE(fails(loaded("insecur: true\n"), Errc::config, "config.yaml:1: unexpected directive: insecur; expected insecure"));
  EXPECT_TRUE(fails(loaded("client-id: x\n"), Errc::config, "expected client_id"));
}

}  // namespace
}  // namespace assay::settings
