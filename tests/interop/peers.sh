#!/usr/bin/env bash
# Installs the peers that the interop tests run, into a cache outside the tree:
#   bin/oracle-2024, bin/oracle-2026   our programs over the reference Go libraries
#   venv/                              Python with the libraries of requirements.txt
# and Debian's jose by apt. Does nothing that is done already; says what it did.
# ASSAY_PEERS_CACHE moves the cache. Exit 1 when something could not be had.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ASSAY_PEERS_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/assay/peers}
# The youngest that Debian 12 has (backports). oracle/2026 asks for 1.25 in its go.mod: from 1.21 on, Go fetches that itself, as a
# module through its proxy (GOTOOLCHAIN=auto), once.
go_wanted=1.23
failed=0

say()  { printf 'peers: %s\n' "$*"; }
fail() { printf 'peers: FAILED: %s\n' "$*" >&2; failed=1; return 1; }

# is_current NAME KEY: was NAME made from exactly this?
is_current() { [ "$(cat "$cache/$1.stamp" 2>/dev/null)" = "$2" ]; }
stamp()      { printf '%s\n' "$2" >"$cache/$1.stamp"; }
digest()     { cat "$@" | sha256sum | cut -d' ' -f1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif sudo -n true 2>/dev/null; then sudo "$@"
  else return 1
  fi
}

# apt_install [apt options] PACKAGE...
apt_install() {
  command -v apt-get >/dev/null || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1 && return
  as_root apt-get update -qq >/dev/null 2>&1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

go_is_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$go_wanted" "${version#go}" | sort -V | head -n1)" = "$go_wanted" ]
}

find_go() {
  local candidate
  for candidate in "$(command -v go)" /usr/local/go/bin/go $(ls -d /usr/lib/go-*/bin/go 2>/dev/null | sort -rV); do
    if [ -n "$candidate" ] && go_is_enough "$candidate"; then go=$candidate; return; fi
  done
  return 1
}

# Debian 12 itself has Go 1.19; its backports have 1.23. They are read from a
# list of our own, so that the machine's apt sources stay as they are.
install_go_from_apt() {
  say "no Go $go_wanted or later here: trying apt"
  apt_install "golang-$go_wanted-go" 2>/dev/null && return
  # shellcheck source=/dev/null
  [ "$(. /etc/os-release 2>/dev/null; echo "${VERSION_CODENAME:-}")" = bookworm ] || return 1
  mkdir -p "$cache/apt/lists/partial"
  echo "deb http://deb.debian.org/debian bookworm-backports main
deb http://deb.debian.org/debian bookworm main" >"$cache/apt/sources.list"
  local options=(-o "Dir::Etc::SourceList=$cache/apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$cache/apt/lists")
  as_root apt-get "${options[@]}" update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -qq -y --no-install-recommends \
      "golang-$go_wanted-go" >/dev/null
}

install_oracle() { # YEAR
  local name=oracle-$1 key log=$cache/oracle-$1.log
  key=$(digest "$here/oracle/$1"/*.go "$here/oracle/$1/go.mod" "$here/oracle/$1/go.sum" "$here/oracle/common"/*)
  if is_current "$name" "$key" && [ -x "$cache/bin/$name" ]; then say "$name: up to date"; return; fi
  if [ -z "${go:-}" ] && ! find_go; then
    install_go_from_apt && find_go ||
      { fail "$name needs Go $go_wanted or later; install it (https://go.dev/dl) and run this again"; return; }
  fi
  # go.sum vouches for every module, so no checksum database is asked.
  if ! (cd "$here/oracle/$1" && GOFLAGS="${GOFLAGS:-} -mod=readonly -buildvcs=false" GOWORK=off GOTOOLCHAIN=auto CGO_ENABLED=0 \
        nice "$go" build -trimpath -o "$cache/bin/$name.new" .) >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    if grep -qE 'dial tcp|no such host|timeout|handshake|proxyconnect|: [45][0-9][0-9] ' "$log"; then
      fail "$name: the Go module proxy ($("$go" env GOPROXY)) cannot be reached or refused a module (whole output: $log)"
    else
      fail "$name does not build (whole output: $log)"
    fi
    return
  fi
  mv "$cache/bin/$name.new" "$cache/bin/$name" && stamp "$name" "$key" && say "$name: built with $(cd "$here/oracle/$1" && GOTOOLCHAIN=auto "$go" env GOVERSION)"
}

install_python() {
  local key log=$cache/venv.log
  key="$(digest "$here/requirements.txt") $(python3 --version 2>&1)"
  if is_current venv "$key" && [ -x "$cache/venv/bin/python" ]; then say "python: up to date"; return; fi
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv ||
    { fail "python needs the venv module: apt-get install python3-venv"; return; }
  rm -rf "$cache/venv"
  if ! { python3 -m venv "$cache/venv" &&
         nice "$cache/venv/bin/pip" install --disable-pip-version-check --no-deps --only-binary :all: -r "$here/requirements.txt"; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail "python: PyPI cannot be reached or lacks a version of requirements.txt for this Python (whole output: $log)"
    return
  fi
  stamp venv "$key" && say "python: installed $(grep -c == "$here/requirements.txt") packages"
}

install_jose() {
  if command -v jose >/dev/null; then say "jose: up to date"; return; fi
  if apt_install jose; then say "jose: installed from Debian"; else fail "jose is missing and apt could not install it: apt-get install jose"; fi
}

mkdir -p "$cache/bin" || exit 1
exec 9>"$cache/lock" && flock 9
install_oracle 2024
install_oracle 2026
install_python
install_jose
[ $failed = 0 ] && say "all in $cache"
exit $failed
