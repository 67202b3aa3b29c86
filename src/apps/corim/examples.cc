#include "apps/corim/examples.h"

#include <algorithm>
#include <ostream>

namespace assay::corim_cli {
namespace {

constexpr std::array<std::string_view, 4> kNames{"psa", "cca-platform", "cca-realm", "meta"};

constexpr std::string_view kPsa = R"({
  "lang": "en-GB",
  "tag-identity": {"id": "acme-roadrunner-firmware", "version": 0},
  "entities": [{"name": "ACME Ltd.", "regid": "https://acme.example", "roles": ["creator", "tagCreator", "maintainer"]}],
  "triples": {
    "reference-values": [
      {
        "environment": {"class": {"id": {"type": "psa.impl-id", "value": "YWNtZS1pbXBsZW1lbnRhdGlvbi1pZC0wMDAwMDAwMDE="}, "vendor": "ACME", "model": "RoadRunner"}},
        "measurements": [
          {
            "key": {"type": "psa.refval-id", "value": {"label": "BL", "version": "2.1.0", "signer-id": "rLsRx+TaIXIFUjzkzhokWuGiOa48a/2eeHH35di65Gs="}},
            "value": {"digests": ["sha-256;h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9eg/eYMTPJcc="]}
          },
          {
            "key": {"type": "psa.refval-id", "value": {"label": "ARoT", "version": "0.1.4", "signer-id": "rLsRx+TaIXIFUjzkzhokWuGiOa48a/2eeHH35di65Gs="}},
            "value": {"digests": ["sha-256;o6XnFfDMV0pzw/m+u2vCTzL/1bZ7OHJEwskJ2nsfWv4="]}
          }
        ]
      }
    ],
    "attester-verification-keys": [
      {
        "environment": {
          "class": {"id": {"type": "psa.impl-id", "value": "YWNtZS1pbXBsZW1lbnRhdGlvbi1pZC0wMDAwMDAwMDE="}, "vendor": "ACME", "model": "RoadRunner"},
          "instance": {"type": "ueid", "value": "Ac7rrnuJJ6MiflMDz14PH3s0u1Qq1yUKwD+83jbsLxUI"}
        },
        "verification-keys": [
          {"type": "pkix-base64-key", "value": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq82z2j77TmRSPObVE8JciHzg8dZh\n0/7kkmqA+UI7Akb5xf2PfxTGnGwbotvg/4QPXvG2xhrJMxOg9YuysENNnw==\n-----END PUBLIC KEY-----"}
        ]
      }
    ]
  }
}
)";
constexpr std::string_view kPlatform = R"({
  "lang": "en-GB",
  "tag-identity": {"id": "acme-cca-platform", "version": 0},
  "entities": [{"name": "ACME Ltd.", "regid": "https://acme.example", "roles": ["creator", "tagCreator", "maintainer"]}],
  "triples": {
    "reference-values": [
      {
        "environment": {"class": {"id": {"type": "psa.impl-id", "value": "f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAAUFgAAAAAAAA="}, "vendor": "ACME", "model": "RoadRunner"}},
        "measurements": [
          {
            "key": {"type": "psa.refval-id", "value": {"label": "RSE_BL1_2", "version": "0.1.0", "signer-id": "U3h5YwdTXfPsjYsVouLcVkFBnD0wYM/jIjjA+pc/eqM="}},
            "value": {"digests": ["sha-256;micfKpFrC27mzsskJvCzIG7wdFeL5V2bye9vP+OrhqY="]}
          },
          {
            "key": {"type": "cca.platform-config-id", "value": "configuration 1"},
            "value": {"raw-value": {"type": "bytes", "value": "z8/Pzw=="}}
          }
        ]
      }
    ]
  }
}
)";
constexpr std::string_view kRealm = R"({
  "lang": "en-GB",
  "tag-identity": {"id": "acme-workload", "version": 0},
  "entities": [{"name": "Workload Ltd.", "regid": "https://workload.example", "roles": ["creator", "tagCreator", "maintainer"]}],
  "triples": {
    "reference-values": [
      {
        "environment": {"instance": {"type": "bytes", "value": "micfKpFrC27mzsskJvCzIG7wdFeL5V2bye9vP+OrhqY="}},
        "measurements": [
          {
            "value": {
              "integrity-registers": {
                "rim": {"key-type": "text", "value": ["sha-256;micfKpFrC27mzsskJvCzIG7wdFeL5V2bye9vP+OrhqY="]},
                "rem0": {"key-type": "text", "value": ["sha-256;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}
              }
            }
          }
        ]
      }
    ]
  }
}
)";
constexpr std::string_view kMeta = R"({
  "signer": {"name": "ACME Ltd. signing key", "uri": "https://acme.example"},
  "validity": {"not-before": "2026-01-01T00:00:00Z", "not-after": "2036-01-01T00:00:00Z"}
}
)";

std::string envelope(std::string_view id, std::string_view profile) {
  return fmt::format(R"({{
  "corim-id": "{}",
  "profile": "{}",
  "validity": {{"not-before": "2026-01-01T00:00:00Z", "not-after": "2036-01-01T00:00:00Z"}},
  "entities": [{{"name": "ACME Ltd.", "regid": "https://acme.example", "roles": ["manifestCreator"]}}]
}}
)",
                     id, profile);
}

}  // namespace

std::span<const std::string_view> comid_examples() { return std::span{kNames}.first(3); }
std::span<const std::string_view> corim_examples() { return kNames; }

Result<int> print_comid_example(const std::string& which, const Streams& to) {
  to.out << (which == "psa" ? kPsa : which == "cca-realm" ? kRealm
                                                          : kPlatform);
  return 0;
}

Result<int> print_corim_example(const std::string& which, const Streams& to) {
  if (which == "psa") to.out << envelope("acme-roadrunner", "http://arm.com/psa/iot/1");
  else if (which == "cca-platform") to.out << envelope("acme-cca-platform-rim", "http://arm.com/cca/ssd/1");
  else if (which == "cca-realm") to.out << envelope("acme-workload-rim", "http://arm.com/cca/realm/1");
  else to.out << kMeta;
  return 0;
}

}  // namespace assay::corim_cli
