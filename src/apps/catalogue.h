// The names this program answers to: its commands and the tools it stands in for. What runs under each name is in
// dispatch/dispatch.cc; a test holds the two against each other.
#pragma once

#include <array>
#include <string_view>

namespace assay::catalogue {

inline constexpr std::string_view kVersion = "0.1.0";

struct Entry {
  std::string_view name;
  std::string_view summary;
};

inline constexpr std::array kCommands{
    Entry{"verify", "a verdict on evidence, offline or by a service: report and signed result"},
    Entry{"token", "make, show, check and verify PSA and CCA tokens"},
    Entry{"ear", "make, show and verify attestation results (EAR)"},
    Entry{"cmw", "wrap, unwrap, show, sign and verify conceptual messages (CMW)"},
    Entry{"comid", "make, show and validate what is expected of a module (CoMID)"},
    Entry{"cots", "make and show trust anchors and what they count for (CoTS)"},
    Entry{"corim", "make, show, sign, verify and convert endorsements (CoRIM)"},
    Entry{"policy", "check policies (Rego), try them on evidence, manage those of a verifier"},
    Entry{"attest", "evidence of this machine or a simulated device, and its verification"},
    Entry{"serve", "verify evidence for others, over HTTP: Veraison's interfaces"},
    Entry{"store", "look into a verifier's store, check, export, import and clear it"},
    Entry{"relying-party", "stand between attesters and a verifier, and report its results"},
    Entry{"describe", "everything this build accepts"},
    Entry{"as", "run as another tool: assay as evcli …"},
    Entry{"install-names", "make links so that the other tools' names work"},
    Entry{"completion", "a script that completes commands and flags in your shell"},
    Entry{"help", "help for a command"},
};

// Tools whose arguments, output and exit status are reproduced.
inline constexpr std::array kPersonalities{
    Entry{"evcli", "create, check and print PSA and CCA tokens, have them verified (Veraison)"},
    Entry{"arc", "create, verify and print attestation results (Veraison)"},
    Entry{"cocli", "create, sign, verify and show endorsements in CoRIM (Veraison)"},
    Entry{"pocli", "create, activate and show the policies of a verifier (Veraison)"},
    Entry{"veraison", "what a running verifier's services and stores are like (Veraison)"},
    Entry{"check_iat", "check and verify tokens (TF-M iat-verifier)"},
    Entry{"compile_token", "make tokens from YAML (TF-M iat-verifier)"},
    Entry{"decompile_token", "turn tokens into YAML (TF-M iat-verifier)"},
};

}  // namespace assay::catalogue
