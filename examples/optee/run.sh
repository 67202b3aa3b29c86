#!/usr/bin/env bash
# The guide of Veraison's OP-TEE example, from the first provisioning to an affirming result, on this machine and without a device:
# a verifier, a relying party in front of it, and an attester that makes the token of OP-TEE's PTA. README.md tells the story.
#
# usage: [ASSAY=build/assay] [ASSAY_PEERS=FOLDER] examples/optee/run.sh
# cocli, evcli and arc are the originals where they are in ASSAY_PEERS or PATH, else assay under their names. Exit status 0: all went as told.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
source "$here/../common.sh"
templates=$root/tests/vectors/optee/pr124  # those that the guide prints
pages() { sed -n 's/^CBOR(COSE): //p' "$1"; }

step "A verifier and, in front of it, a relying party"
start verifier serve --store memory: --listen 127.0.0.1:0
verifier=$url
published_key "$verifier" > pkey.json
start relying-party relying-party --listen 127.0.0.1:0 --verifier "$verifier" --key pkey.json
relying_party=$url
echo "verifier $verifier, relying party $relying_party"

provision() { # CORIM-TEMPLATE COMID-TEMPLATE...
  local corim=$1 comids=() template
  shift
  for template in "$@"; do
    show cocli comid create --template "$template" --output-dir .
    comids+=(--comid "$(basename "$template" .json).cbor")
  done
  show cocli corim create --template "$corim" "${comids[@]}" --output psa-endorsements.cbor
  show cocli corim submit --corim-file psa-endorsements.cbor --api-server "$verifier/endorsement-provisioning/v1/submit" \
    --media-type 'application/corim-unsigned+cbor; profile="http://arm.com/psa/iot/1"'
}

step "Provisioning: the device's key, and what its trusted application measured when the guide was written"
provision "$templates/corim-psa.json" "$templates/comid-psa-ta.json" "$templates/comid-psa-refval.json"

step "Attestation: the application was built anew since, and nobody knows its measurement"
echo "the trusted application of $(date)" > ta.text
attest() { "$ASSAY" attest --simulate optee --ta ta.text --relying-party "$relying_party" --ear-key pkey.json --ear "$1.jwt" > "$1.console"; }
must_exit 1 attest first
cat first.console
report_of relying-party
must_say relying-party 'Executables \[warning\]: ' '"executables": 33,' '"ear.status": "warning"'

step "What did it measure? The evidence says so"
printf "$(pages first.console | sed 's/../\\x&/g')" > evidence.cbor
show evcli psa print --token evidence.cbor > evidence.json
measurement=$(jq -r '."psa-software-components"[0]."measurement-value"' evidence.json)
echo "measurement $measurement"
[ "$measurement" = "$(openssl dgst -sha256 -binary ta.text | base64)" ] || die "that is not what was measured"

step "Provisioning again, with this measurement"
jq --arg digest "sha-256;$measurement" '."tag-identity".id = "0c9d8a5e-6a0f-4c86-9d6c-1a2b3c4d5e6f"
  | .triples."reference-values"[0].measurements[0].value.digests = [$digest]' "$templates/comid-psa-refval.json" > comid-psa-refval.json
jq '."corim-id" = "d1b7a3f0-52c5-4e7a-8a51-7f0b9e3c2d44"' "$templates/corim-psa.json" > corim-psa.json
provision corim-psa.json comid-psa-refval.json

step "Attestation, once more"
: > relying-party.log
must_exit 0 attest second
report_of relying-party
must_say relying-party 'Executables \[affirming\]: ' '"executables": 2,' '"ear.status": "affirming"'
show arc verify --pkey pkey.json --alg ES256 second.jwt > /dev/null

step "The guide came to its end: affirming"
