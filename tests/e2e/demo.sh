#!/usr/bin/env bash
# Two verdicts offline, then the whole way of evidence: a service, endorsements, a simulated device, a relying party and its report.
# usage: demo.sh PROGRAM    exits 0 if all verdicts are as they should be
set -u
here=$(cd "$(dirname "$(readlink -f "$0")")/demo" && pwd)
ASSAY=$(readlink -f "$1")
cd "$here/../../.." || exit 1
vectors=tests/vectors
work=$(mktemp -d)
children=()
end() {
  [ ${#children[@]} = 0 ] || { kill "${children[@]}" 2>/dev/null; wait "${children[@]}" 2>/dev/null; }
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
export XDG_STATE_HOME=$work/state
wrong=0

show() { # WANTED-EXIT TITLE ARGUMENTS...
  local wanted=$1 title=$2 got
  shift 2
  printf '\n### %s\n$ assay %s\n\n' "$title" "$*"
  "$ASSAY" "$@"
  got=$?
  if [ "$got" != "$wanted" ]; then echo "demo: exit status $got instead of $wanted" >&2; wrong=1; fi
}

start() { # NAME ARGUMENTS...: its address is in $url
  local name=$1
  shift
  mkfifo "$work/$name.out"
  "$ASSAY" "$@" > "$work/$name.out" 2> "$work/$name.log" &
  children+=($!)
  read -r url _ < "$work/$name.out" || { cat "$work/$name.log" >&2; exit 1; }
}

show 0 "An Arm CCA token of generation F, made by the TF-M tools" \
  verify $vectors/iat-verifier/generations/F.cbor --key $vectors/iat-verifier/data/cca_platform.pem \
  --reference-values tests/e2e/demo/reference-values.json --nonce 6e86d6d97cc713bc6dd43dbce491a6b40311c027a8bf85a39da63e9ce44c132a8a119d296fae6a6999e9bf3e4471b0ce01245d889424c31e89793b3b1d6b1504

# One bit of the measurement changed.
{ head -c 150 $vectors/optee/token-iisec.cbor; printf '\x00'; tail -c +152 $vectors/optee/token-iisec.cbor; } > "$work/tampered.cbor"
show 4 "A PSA token of OP-TEE with one byte changed" \
  verify "$work/tampered.cbor" --key $vectors/optee/iisec/ec256.json --reference-values tests/e2e/demo/reference-values.json

start verifier serve --store memory: --listen 127.0.0.1:0
verifier=$url
start relying-party relying-party --listen 127.0.0.1:0 --verifier "$verifier"
printf '\n### A verifier as a service: %s; a relying party in front of it: %s\n' "$verifier" "$url"

for template in comid-psa-ta comid-psa-refval; do "$ASSAY" comid create $vectors/optee/pr124/$template.json --out "$work/$template.cbor" || wrong=1; done
"$ASSAY" corim create $vectors/optee/pr124/corim-psa.json --comid "$work/comid-psa-ta.cbor" --comid "$work/comid-psa-refval.cbor" --out "$work/optee.cbor" || wrong=1
show 0 "What the maker of a device says of it goes to the service" corim submit "$work/optee.cbor" --server "$verifier"

show 0 "A simulated OP-TEE device asks for a nonce, answers it, and gets a signed result" \
  attest --simulate optee --measurement tNHB5PpzYZcMCNsS0lNMaa/BxXFwWGreLZwfGU/WzUw= --relying-party "$url"
show 0 "Another one runs what nobody vouched for" \
  attest --simulate optee --ta tests/e2e/demo.sh --relying-party "$url" > "$work/other.console"

printf '\n### What the relying party says of the two\n\n'
grep -vE '^ |^[{}]' "$work/relying-party.log"
for tier in affirming warning; do
  grep -q "^Executables \[$tier\]" "$work/relying-party.log" || { echo "demo: no executables $tier" >&2; wrong=1; }
done

if [ -t 0 ] && [ -t 1 ]; then
  printf '\nThe verifier is at %s (its key: %s/.well-known/veraison/verification). Enter ends it. ' "$verifier" "$verifier"
  read -r _
fi
echo
if [ $wrong = 0 ]; then echo "demo: all verdicts are as they should be"; else echo "demo: something is wrong" >&2; fi
exit $wrong
