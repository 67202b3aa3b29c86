#!/usr/bin/env bash
# Verifies three tokens that other people's hardware models and tools made, and one that has been tampered with.
# usage: demo.sh PROGRAM    exits 0 if all four verdicts are as they should be
set -u
assay=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
vectors=tests/vectors
references=tests/e2e/demo/reference-values.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

show() { # WANTED-EXIT TITLE ARGUMENTS...
  local wanted=$1 title=$2 got
  shift 2
  printf '\n### %s\n$ assay %s\n\n' "$title" "$*"
  "$assay" "$@"
  got=$?
  if [ "$got" != "$wanted" ]; then echo "demo: exit status $got instead of $wanted" >&2; wrong=1; fi
}

show 0 "An Arm CCA token of generation F, made by the TF-M tools" \
  verify $vectors/iat-verifier/generations/F.cbor --key $vectors/iat-verifier/data/cca_platform.pem \
  --reference-values $references --nonce 6e86d6d97cc713bc6dd43dbce491a6b40311c027a8bf85a39da63e9ce44c132a8a119d296fae6a6999e9bf3e4471b0ce01245d889424c31e89793b3b1d6b1504
show 0 "An Arm CCA token made by TF-RMM" \
  verify $vectors/ccatoken/token/tf-rmm-399.cbor --key $vectors/ccatoken/keys/cca_platform.pub \
  --reference-values $references --nonce abababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababababab
show 0 "A PSA token made by OP-TEE" \
  verify $vectors/optee/token-iisec.cbor --key $vectors/optee/iisec/ec256.json \
  --reference-values $references --nonce 6048bd2455db8a046ecc0720402687d060720d95455792a536f48452d5ee5dbe

# One bit of the PSA token's measurement changed.
python3 - $vectors/optee/token-iisec.cbor "$work/tampered.cbor" <<'PY'
import sys
token = bytearray(open(sys.argv[1], "rb").read())
token[150] ^= 1
open(sys.argv[2], "wb").write(token)
PY
show 4 "The same token with one bit changed" \
  verify "$work/tampered.cbor" --key $vectors/optee/iisec/ec256.json --reference-values $references

echo
if [ $wrong = 0 ]; then echo "demo: all four verdicts are as they should be"; else echo "demo: something is wrong" >&2; fi
exit $wrong
