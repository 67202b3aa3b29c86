#!/usr/bin/env bash
# The relying party's side of the guide for CCA realms (OSv and others): a token came out of a realm; a verifier says what it is worth.
# Fetches the verifier's key from its discovery document, has the token verified, verifies the result.
#
# usage: examples/osv/verify.sh TOKEN VERIFIER-URL [--ca-cert FILE]     with evcli, arc, curl and jq in PATH
#    or: [ASSAY=build/assay] [ASSAY_PEERS=FOLDER] examples/osv/verify.sh
# Without arguments it starts a verifier of its own, provisions it, and verifies a token of tests/vectors. Exit status 0: the result is
# signed by that verifier, and in a run of its own also affirming.
set -euo pipefail

verify() { # TOKEN VERIFIER [CA]
  local token=$1 verifier=${2%/} ca=${3:-}
  local folder
  folder=$(mktemp -d -p "$work")
  curl -sSf ${ca:+--cacert "$ca"} "$verifier/.well-known/veraison/verification" | jq '."ear-verification-key"' > "$folder/pkey.json"
  # Not as flags: of its four commands that ask a verifier, the original looks at those of one, and this is another.
  env API_SERVER="$verifier/challenge-response/v1/newSession" ${ca:+CA_CERT="$ca"} evcli cca verify-as relying-party --token "$token" | tr -d '"' > "$folder/ear.jwt"
  (cd "$folder" && arc verify --pkey pkey.json ear.jwt)
}

if [ $# -gt 0 ]; then
  [ $# = 2 ] || { [ $# = 4 ] && [ "$3" = --ca-cert ]; } || { sed -n '5,6s/^# //p' "$0" >&2; exit 2; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  verify "$1" "$2" "${4:-}"
  exit
fi

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
source "$here/../common.sh"
vectors=$root/tests/vectors/veraison/v0.0.2502

step "A verifier, and the endorsements of the token's platform and realm"
start verifier serve --store memory: --listen 127.0.0.1:0
# The published ones have one id, and are over; what is in them goes into CoRIMs with ids of their own.
provision() { # PUBLISHED PROFILE ID
  mkdir "$3"
  "$ASSAY" corim extract "$vectors/$1" --out-dir "$3"
  printf '{"corim-id": "%s", "profile": "%s"}' "$3" "$2" > "$3/corim.json"
  show cocli corim create --template "$3/corim.json" --comid-dir="$3" --output "$3/corim.out"
  show cocli corim submit --corim-file "$3/corim.out" --api-server "$url/endorsement-provisioning/v1/submit" --media-type "application/corim-unsigned+cbor; profile=\"$2\""
}
provision cca-endorsements.cbor http://arm.com/cca/ssd/1 6a1f6a4e-3a55-4f0e-9a52-0d4f6c1e0a01
provision cca-realm-endorsements.cbor http://arm.com/cca/realm/1 6a1f6a4e-3a55-4f0e-9a52-0d4f6c1e0a02

step "The token goes to the verifier, the result is verified"
verify "$vectors/cca-evidence.cbor" "$url" | tee report
for name in CCA_SSD_PLATFORM CCA_REALM; do grep -q "^submod($name):" report || die "no word of $name"; done
[ "$(grep -c '"ear.status": "affirming"' report)" = 2 ] || die "platform and realm are not affirming"

step "The platform and the realm are affirming"
