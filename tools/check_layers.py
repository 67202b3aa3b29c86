#!/usr/bin/env python3
"""The include scan: an #include may only point up the list of layers (cmake/layers.txt), and each library has one door.

CMake already refuses a forbidden link edge; headers are all reachable under one root, so includes are checked here.
"""
import re
import subprocess
import sys

# Header prefix -> folders that may include it.
DOORS = {
    "openssl/": ["src/crypto/"],
    "assay_rust.h": ["src/crypto/", "src/policy/"],
    "boost/json": ["src/codec/json/"],
    "boost/asio": ["src/net/"],
    "boost/beast": ["src/net/"],
    "curl/": ["src/net/"],
    "p11-kit-1/": ["src/crypto/signer/"],
    "crypt.h": ["src/services/access/"],
    "sqlite3.h": ["src/store/"],
    "libpq-fe.h": ["src/store/"],
    "libfdt.h": ["src/measure/"],
    "yaml-cpp/": ["src/codec/yaml/", "src/apps/iat/"],
    "CLI/": ["src/apps/"],
    "envelope/verified_mint.h": ["src/envelope/"],
    "testing/": ["_test.cc", "_fuzz.cc", "testing.h", "src/testing/", "tests/", "bench/"],
}


def layers():
    table = {}
    for line in open("cmake/layers.txt", encoding="utf-8"):
        if ":" in line and not line.startswith("#"):
            name, allowed = line.split(":", 1)
            table[name.strip()] = allowed.split()
    return table


def wrong_arrow(path, header, table):
    own = path.split("/")[1]
    other = header.split("/")[0]
    if other not in table or own not in table or other == "testing":
        return None
    if other != own:
        return None if other in table[own] else f"{own} may not use {other} (cmake/layers.txt)"
    # One scheme never sees another.
    if own == "schemes" and header.split("/")[1] != path.split("/")[2] and "_test.cc" not in path:
        return "schemes never use each other; shared claim shapes belong in model/eat"
    return None


def wrong_door(path, header):
    for prefix, allowed in DOORS.items():
        if header.startswith(prefix) and not any(path.startswith(a) or path.endswith(a) for a in allowed):
            return f"{header} belongs behind {allowed[0]}"
    return None


def main():
    table = layers()
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"], capture_output=True, text=True, check=True).stdout.split()
    bad = 0
    for path in files:
        if not path.endswith((".h", ".cc")):
            continue
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not found:
                continue
            why = wrong_arrow(path, found[1], table) or wrong_door(path, found[1])
            if why:
                print(f"{path}:{number}: {why}")
                bad += 1
    print(f"layers: {len(files)} files, {bad} wrong includes")
    return 1 if bad else 0


sys.exit(main())
