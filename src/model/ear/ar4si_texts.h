// The sentences that explain claim values. They are interface text: the same as the `arc` tool prints, three of them without a
// final full stop. A test holds this table against tests/vectors/ear/claim-texts.json.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/ear/ar4si.h"

namespace assay::ear {

struct ValueText {
  std::int8_t value;
  Meaning meaning;
};

inline constexpr std::array kInstanceIdentityTexts{
    ValueText{2, {"recognized_instance", "recognized and not compromised", "The Attesting Environment is recognized, and the associated instance of the Attester is not known to be compromised."}},
    ValueText{96, {"untrustworthy_instance", "recognized but not trustworthy", "The Attesting Environment is recognized, but its unique private key indicates a device which is not trustworthy."}},
    ValueText{97, {"unrecognized_instance", "not recognized", "The Attesting Environment is not recognized; however the Verifier believes it should be."}},
};
inline constexpr std::array kConfigurationTexts{
    ValueText{2, {"approved_config", "all recognized and approved", "The configuration is a known and approved config."}},
    ValueText{3, {"safe_config", "no known vulnerabilities", "The configuration includes or exposes no known vulnerabilities"}},
    ValueText{32, {"unsafe_config", "known vulnerabilities", "The configuration includes or exposes known vulnerabilities."}},
    ValueText{96, {"unsupportable_config", "unacceptable security vulnerabilities", "The configuration is unsupportable as it exposes unacceptable security vulnerabilities"}},
};
inline constexpr std::array kExecutablesTexts{
    ValueText{2, {"approved_rt", "recognized and approved boot- and run-time", "Only a recognized genuine set of approved executables, scripts, files, and/or objects have been loaded during and after the boot process."}},
    ValueText{3, {"approved_boot", "recognized and approved boot-time", "Only a recognized genuine set of approved executables have been loaded during the boot process."}},
    ValueText{32, {"unsafe_rt", "recognized but known bugs or vulnerabilities", "Only a recognized genuine set of executables, scripts, files, and/or objects have been loaded. However the Verifier cannot vouch for a subset of these due to known bugs or other known vulnerabilities."}},
    ValueText{33, {"unrecognized_rt", "unrecognized run-time", "Runtime memory includes executables, scripts, files, and/or objects which are not recognized."}},
    ValueText{96, {"contraindicated_rt", "contraindicated run-time", "Runtime memory includes executables, scripts, files, and/or object which are contraindicated."}},
};
inline constexpr std::array kFileSystemTexts{
    ValueText{2, {"approved_fs", "all recognized and approved", "Only a recognized set of approved files are found."}},
    ValueText{32, {"unrecognized_fs", "unrecognized item(s) found", "The file system includes unrecognized executables, scripts, or files."}},
    ValueText{96, {"contraindicated_fs", "contraindicated item(s) found", "The file system includes contraindicated executables, scripts, or files."}},
};
inline constexpr std::array kHardwareTexts{
    ValueText{2, {"genuine_hw", "genuine", "An Attester has passed its hardware and/or firmware verifications needed to demonstrate that these are genuine/supported."}},
    ValueText{32, {"unsafe_hw", "genuine but known bugs or vulnerabilities", "An Attester contains only genuine/supported hardware and/or firmware, but there are known security vulnerabilities."}},
    ValueText{96, {"contraindicated_hw", "genuine but contraindicated", "Attester hardware and/or firmware is recognized, but its trustworthiness is contraindicated."}},
    ValueText{97, {"unrecognized_hw", "unrecognized", "A Verifier does not recognize an Attester's hardware or firmware, but it should be recognized."}},
};
inline constexpr std::array kRuntimeOpaqueTexts{
    ValueText{2, {"encrypted_rt", "memory encryption", "the Attester's executing Target Environment and Attesting Environments are encrypted and within Trusted Execution Environment(s) opaque to the operating system, virtual machine manager, and peer applications."}},
    ValueText{32, {"isolated_rt", "memory isolation", "the Attester's executing Target Environment and Attesting Environments are inaccessible from any other parallel application or Guest VM running on the Attester's physical device."}},
    ValueText{96, {"visible_rt", "visible", "The Verifier has concluded that in memory objects are unacceptably visible within the physical host that supports the Attester."}},
};
inline constexpr std::array kStorageOpaqueTexts{
    ValueText{2, {"hw_encrypted_secrets", "encrypted secrets with HW-backed keys", "the Attester encrypts all secrets in persistent storage via using keys which are never visible outside an HSM or the Trusted Execution Environment hardware."}},
    ValueText{32, {"sw_encrypted_secrets", "encrypted secrets with non HW-backed keys", "the Attester encrypts all persistently stored secrets, but without using hardware backed keys."}},
    ValueText{96, {"unencrypted_secrets", "unencrypted secrets", "There are persistent secrets which are stored unencrypted in an Attester."}},
};
inline constexpr std::array kSourcedDataTexts{
    ValueText{2, {"trusted_sources", "from attesters in the affirming tier", "All essential Attester source data objects have been provided by other Attester(s) whose most recent appraisal(s) had both no Trustworthiness Claims of \"0\" where the current Trustworthiness Claim is \"Affirming\", as well as no \"Warning\" or \"Contraindicated\" Trustworthiness Claims."}},
    ValueText{32, {"untrusted_sources", "from unattested sources or attesters in the warning tier", "Attester source data objects come from unattested sources, or attested sources with \"Warning\" type Trustworthiness Claims"}},
    ValueText{96, {"contraindicated_sources", "from attesters in the contraindicated tier", "Attester source data objects come from contraindicated sources."}},
};
// Tier none means the same for every claim; so does 99.
inline constexpr std::array kNoneTierTexts{
    ValueText{-1, {"verifier_malfunction", "verifier malfunction", "A verifier malfunction occurred during the Verifier's appraisal processing."}},
    ValueText{0, {"no_claim", "no claim being made", "The Evidence received is insufficient to make a conclusion."}},
    ValueText{1, {"unexected_evidence", "unexpected evidence", "The Evidence received contains unexpected elements which the Verifier is unable to parse."}},
};
inline constexpr ValueText kCryptoFailedText{kCryptoFailed, {"crypto_failed", "cryptographic validation failed", "Cryptographic validation of the Evidence has failed."}};

}  // namespace assay::ear
