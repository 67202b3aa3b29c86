#!/usr/bin/env python3
"""Simple mistakes that a compiler does not see. A line may carry `// lint: <reason>` to be let through; the reason is shown."""
import re
import subprocess
import sys

RULES = [
    (r"\b(memcmp|strcmp|strcpy|strcat|sprintf|strtok|atoi|gets)\s*\(", "use spans, ct_equal, from_chars, fmt", ()),
    (r"\bmemcpy\s*\(", "use spans and append", ("src/crypto/",)),
    (r"\bthrow\b", "no exceptions: Result<T>", ()),
    (r"\busing namespace std\b", "name what you use", ()),
    (r"\b(TODO|FIXME|XXX|HACK)\b", "finish it or leave it out", ()),
    (r"\brand\s*\(|\bstd::mt19937\b", "crypto::random_bytes", ("_test.cc", "bench/")),
    (r"\bstd::endl\b", "'\\n'", ()),
    (r"\breinterpret_cast\b", "as_bytes / as_text", ("src/base/", "src/crypto/", "src/testing/")),
    (r"\bstd::cout\b|\bstd::cerr\b", "streams are passed in", ("src/apps/main.cc", "bench/", "_test.cc")),
]
COMMENT = re.compile(r"//.*$")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def main():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src", "bench"], capture_output=True, text=True, check=True).stdout.split()
    bad = 0
    for path in files:
        if not path.endswith((".h", ".cc")):
            continue
        lines = open(path, encoding="utf-8").read().splitlines()
        for number, line in enumerate(lines, 1):
            if "// lint:" in line:
                continue
            code = STRING.sub('""', line)
            tag = re.search(r"\b(TODO|FIXME|XXX|HACK)\b", code)
            code = COMMENT.sub("", code)
            for pattern, instead, allowed in RULES:
                where = code + (" " + tag[0] if tag else "")
                if re.search(pattern, where) and not any(path.startswith(a) or path.endswith(a) for a in allowed):
                    print(f"{path}:{number}: {line.strip()[:80]}  -> {instead}")
                    bad += 1
    print(f"lint: {len(files)} files, {bad} complaints")
    return 1 if bad else 0


sys.exit(main())
