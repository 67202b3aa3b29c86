#!/usr/bin/env python3
"""clang-tidy on what changed since it was last clean: tidy.py BUILD_DIR [--all]

A file is clean under a key of its own content, the content of every project header it includes (transitively), .clang-tidy and
the compiler's version. Clean keys are kept in a cache outside the tree, so a change costs what it touches.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(sys.argv[1])
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "assay" / "tidy"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
contents = {}


def content(path):
    if path not in contents:
        contents[path] = path.read_bytes()
    return contents[path]


def closure(path, seen):
    if path in seen or not path.exists():
        return
    seen.add(path)
    for name in INCLUDE.findall(content(path).decode("utf-8", "replace")):
        closure(pathlib.Path("src") / name, seen)


def key(path, base):
    seen = set()
    closure(path, seen)
    digest = hashlib.sha256(base)
    for file in sorted(seen):
        digest.update(str(file).encode() + b"\0" + content(file))
    return digest.hexdigest()


def run(path):
    # libstdc++ 12's stable_sort calls what libstdc++ 12 deprecates; of deprecated calls of ours g++ tells.
    done = subprocess.run(["clang-tidy-19", "-p", str(BUILD), "--quiet", "--warnings-as-errors=*", "--extra-arg=-Wno-deprecated-declarations", str(path)], capture_output=True, text=True)
    return path, done.returncode, done.stdout


def main():
    units = sorted({pathlib.Path(u["file"]).resolve().relative_to(pathlib.Path.cwd()) for u in json.load(open(BUILD / "compile_commands.json"))
                    if pathlib.Path(u["file"]).resolve().is_relative_to(pathlib.Path.cwd() / "src") and not u["file"].endswith("_test.cc")})
    version = subprocess.run(["clang-tidy-19", "--version"], capture_output=True, check=True).stdout
    base = version + pathlib.Path(".clang-tidy").read_bytes()
    CACHE.mkdir(parents=True, exist_ok=True)
    keys = {unit: key(unit, base) for unit in units}
    todo = [u for u in units if "--all" in sys.argv or not (CACHE / keys[u]).exists()]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=int(os.environ.get("ASSAY_JOBS", os.cpu_count() or 2))) as pool:
        for path, code, output in pool.map(run, todo):
            if code == 0:
                (CACHE / keys[path]).touch()
            else:
                failed += 1
                print(output)
    print(f"clang-tidy: {len(units)} units, {len(todo)} looked at, {failed} with complaints")
    return 1 if failed else 0


sys.exit(main())
