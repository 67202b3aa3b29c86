# What the examples share. Sourced, with `here` set.
root=$(cd "$here/../.." && pwd)
ASSAY=$(readlink -f "${ASSAY:-$root/build/assay}")
[ -z "${ASSAY_PEERS:-}" ] || ASSAY_PEERS=$(readlink -f "$ASSAY_PEERS")
die() { echo "$(basename "$0"): $*" >&2; exit 1; }
[ -x "$ASSAY" ] || die "no program at $ASSAY: ./dev build, or ASSAY=path/to/assay"
for needed in curl jq; do command -v $needed >/dev/null || die "$needed is missing"; done

work=$(mktemp -d)
children=()
end() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
cd "$work"
export XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config HOME=$work

# An original is one that knows a command of it: other programs have these names, too.
is_original() { # NAME PROGRAM
  local said
  if [ "$1" = arc ]; then said=$("$2" verify --help 2>&1); else said=$("$2" --help 2>&1); fi
  grep -qiE 'EAR claims|signed EAR|attestation|evidence|CoRIM|policies' <<< "$said"
}
mkdir bin
for name in evcli arc cocli pocli; do
  found=$(PATH="${ASSAY_PEERS:+$ASSAY_PEERS:}$PATH" command -v $name || true)
  if [ -n "$found" ] && is_original $name "$found"; then
    ln -s "$(readlink -f "$found")" bin/$name
    echo "$name: $found"
  else
    "$ASSAY" install-names bin $name > /dev/null
    echo "$name: assay under that name"
  fi
done
export PATH=$work/bin:$PATH

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*" >&2; "$@"; }
must_exit() { # STATUS COMMAND...
  local wanted=$1 got=0
  shift
  "$@" || got=$?
  [ "$got" = "$wanted" ] || die "$* ended with $got instead of $wanted"
}

# Starts `assay ARGS…` as NAME: its log is NAME.log, where it listens is in $url.
start() {
  local name=$1
  shift
  mkfifo "$name.out"
  "$ASSAY" "$@" > "$name.out" 2>> "$name.log" &
  children+=($!)
  read -r url _ < "$name.out" || { cat "$name.log" >&2; die "$name did not start"; }
}

# The key of results, as the verifier publishes it.
published_key() { curl -sSf -H 'Accept: application/vnd.veraison.discovery+json' "$1/.well-known/veraison/verification" | jq '."ear-verification-key"'; }

report_of() { echo; echo "--- the log of the $1"; cat "$1.log"; echo "---"; }
must_say() { # NAME PATTERN...
  local name=$1 pattern
  shift
  for pattern in "$@"; do grep -q -- "$pattern" "$name.log" || die "the log of the $name does not say: $pattern"; done
}
