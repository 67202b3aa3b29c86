"""Endorsements: templates drawn at random, compiled by assay and by the reference library of each generation.

What both accept must be the same bytes; what the library refuses assay refuses, and the reverse, but for the
differences that LAXER and STRICTER name. What assay writes the library reads, and shows as assay does.
"""

import base64
import copy
import json
import os
import random
import re

from bench import OK, Disagreement, Missing, refuses

SEED = int(os.environ.get("ASSAY_SEED", "20261124"))
DRAWN = 150  # a generation

# Where assay refuses what the library takes, by its own text.
STRICTER = [
    (r"a MAC address of \d+ bytes", "an address of 20 bytes, in the old generation"),
    (r"PEM|unsupported algorithm|not X\.509", "a key that no verifier could use"),
    (r"an empty (href|platform configuration label)", "a link that leads nowhere"),
    (r"expected true or false|expected an array|expected an object|expected a string|expected an integer", "a value of the wrong type where the library looks at nothing"),
    (r"base64", "base64 with bits left over"),
    (r"JSON nested too deep", "depth"),
]
# Where assay takes what the library refuses, by the library's text.
LAXER = [
    (r"cannot unmarshal string into Go (value of type|struct field \S+ of type) \[\]interface", "digests in the form of the other generation"),
    (r"expecting string, found \[\]interface|cannot unmarshal array into Go struct field \S+ of type string", "digests in the form of the other generation"),
    (r"unhandled type: <nil>", "a version without scheme"),
    (r"cached field name not an integer", "an unknown member: a warning"),
    (r"of type comid.CryptoKeys|authorized-by", "authorized-by in the form of the other generation"),
    (r"unexpected EOF|stack overflow", "a bug of the library"),
]

UUIDS = ["31fb5abf-023e-4992-aa4e-95f9c1503bfa", "CD1F0E55-26F9-460D-B9D8-F7FDE171787C", "cd1f0e5526f9460db9d8f7fde171787c"]
OIDS = ["1.2.3.4.5", "2.16.840.1.113741.1.16.1", "0.9.2342.19200300"]
UEIDS = ["Ac7rrnuJJ6MiflMDz14PH3s0u1Qq1yUKwD+83jbsLxUI", "At6tvu/erQ=="]
ALGORITHMS = {"sha-256": 32, "sha-384": 48, "sha-512": 64, "sha3-256": 32, "sha-256-32": 4}
NUMBERS = {1: "sha-256", 7: "sha-384", 8: "sha-512", 10: "sha3-256", 6: "sha-256-32"}  # as the newer library shows them
TEXTS = ["x", "ACME Ltd.", "é ü \u2028 \"q\" \\ <&>", "", "a" * 300]


class Draw:
    """One template of a dialect, from a random generator of its own."""

    def __init__(self, dialect, seed):
        self.dialect, self.r = dialect, random.Random(seed)

    def maybe(self, target, name, make, chance=0.4):
        if self.r.random() < chance:
            target[name] = make()

    def octets(self, size):
        return base64.b64encode(self.r.randbytes(size)).decode()

    def text(self):
        return self.r.choice(TEXTS)

    def digest(self):
        name, size = self.r.choice(list(ALGORITHMS.items()))
        value = self.r.randbytes(size)
        if self.dialect == "A":
            return f"{name};{base64.b64encode(value).decode()}"
        return [name, base64.urlsafe_b64encode(value).decode().rstrip("=")]

    def typed(self, *kinds):
        kind = self.r.choice(kinds)
        value = {
            "uuid": lambda: self.r.choice(UUIDS), "oid": lambda: self.r.choice(OIDS), "ueid": lambda: self.r.choice(UEIDS),
            "bytes": lambda: self.octets(self.r.randint(1, 40)), "int": lambda: self.r.randint(-5, 1 << 40),
            "uint": lambda: self.r.randint(0, 1 << 63), "psa.impl-id": lambda: self.octets(32), "string": self.text,
            "cca.platform-config-id": lambda: "cfg",
            "psa.refval-id": lambda: {"label": "BL", "version": "1", "signer-id": self.octets(self.r.choice([32, 48, 64]))},
        }[kind]()
        return {"type": kind, "value": value}

    def environment(self):
        klass, environment = {}, {}
        self.maybe(klass, "id", lambda: self.typed("uuid", "oid", "bytes", *(("int", "psa.impl-id") if self.dialect == "A" else ())), 0.8)
        self.maybe(klass, "vendor", self.text)
        self.maybe(klass, "model", self.text)
        self.maybe(klass, "layer", lambda: self.r.randint(0, 300))
        self.maybe(klass, "index", lambda: self.r.randint(0, 1 << 50))
        if not klass:
            klass["vendor"] = "ACME"
        environment["class"] = klass
        self.maybe(environment, "instance", lambda: self.typed("ueid", "uuid", "bytes"))
        self.maybe(environment, "group", lambda: self.typed("uuid", "bytes"), 0.2)
        return environment

    def value(self):
        v = {}
        self.maybe(v, "version", lambda: {"value": "1.2.3", "scheme": self.r.choice(["semver", "decimal", "odd", 77])})
        self.maybe(v, "svn", lambda: {"type": self.r.choice(["exact-value", "min-value"]), "value": self.r.randint(0, 1 << 40)})
        self.maybe(v, "digests", lambda: [self.digest() for _ in range(self.r.randint(0, 3))], 0.7)
        self.maybe(v, "flags", lambda: {self.r.choice(["is-debug", "is-secure", "is-tcb", "is-configured"]): self.r.random() < 0.5}, 0.2)
        self.maybe(v, "raw-value", lambda: {"type": "bytes", "value": self.octets(self.r.randint(0, 20))}, 0.3)
        self.maybe(v, "raw-value-mask", lambda: self.octets(4), 0.1)
        self.maybe(v, "mac-addr", lambda: self.r.choice(["02:00:5e:10:00:00", "02-00-5e-10-00-00-00-01", "0200.5e10.0000"]), 0.2)
        self.maybe(v, "ip-addr", lambda: self.r.choice(["192.0.2.1", "2001:db8::68", "::ffff:192.0.2.1"]), 0.2)
        self.maybe(v, "serial-number", self.text, 0.2)
        self.maybe(v, "ueid", lambda: self.r.choice(UEIDS), 0.2)
        self.maybe(v, "uuid", lambda: self.r.choice(UUIDS), 0.2)
        self.maybe(v, "integrity-registers", lambda: {
            **{str(n): {"key-type": "uint", "value": [self.digest()]} for n in self.r.sample([0, 2, 10, 24, 300], 2)},
            **{t: {"key-type": "text", "value": [self.digest(), self.digest()]} for t in self.r.sample(["rim", "a", "rem0", "zz"], 2)}}, 0.3)
        if self.dialect == "D":
            self.maybe(v, "name", self.text, 0.3)
            self.maybe(v, "cryptokeys", lambda: [{"type": "bytes", "value": self.octets(32)}], 0.3)
            self.maybe(v, "int-range", lambda: {"type": "rawIntRange", "value": {"min": 1, "max": self.r.randint(1, 9)}}, 0.2)
        if not v or v == {"raw-value-mask": v.get("raw-value-mask")}:
            v["serial-number"] = "1"
        return v

    def measurement(self):
        kinds = ("uint", "uuid", "oid") + (("psa.refval-id", "cca.platform-config-id") if self.dialect == "A" else ("string",))
        m = {"value": self.value()}
        self.maybe(m, "key", lambda: self.typed(*kinds), 0.8)
        return m

    def values(self):
        return [{"environment": self.environment(), "measurements": [self.measurement() for _ in range(self.r.randint(1, 3))]}
                for _ in range(self.r.randint(1, 2))]

    def keys(self):
        thumbprint = {"type": self.r.choice(["thumbprint", "cert-thumbprint", "cert-path-thumbprint"]), "value": self.digest()}
        return [{"environment": self.environment(), "verification-keys": [thumbprint]}]

    def comid(self):
        triples = {}
        self.maybe(triples, "reference-values", self.values, 0.8)
        self.maybe(triples, "endorsed-values", self.values, 0.2)
        self.maybe(triples, "attester-verification-keys", self.keys, 0.3)
        self.maybe(triples, "dev-identity-keys", self.keys, 0.1)
        if not triples:
            triples["reference-values"] = self.values()
        identity = {"id": self.r.choice(UUIDS + ["some text"])}
        self.maybe(identity, "version", lambda: self.r.randint(0, 9))
        template = {"tag-identity": identity, "triples": triples}
        self.maybe(template, "lang", lambda: "en-GB")
        self.maybe(template, "entities", lambda: [{"name": "ACME", "regid": "acme.example", "roles": ["creator", "maintainer"]}])
        self.maybe(template, "linked-tags", lambda: [{"target": self.r.choice(UUIDS), "rel": self.r.choice(["replaces", "supplements"])}], 0.2)
        return template

    def places(self, value, place=()):
        """Every (container, key) of the template, but what names another member."""
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in list(items):
            yield value, key
            yield from self.places(item)

    def spoil(self, template):
        container, key = self.r.choice(list(self.places(template)))
        what = self.r.randrange(6)
        if what == 0:
            del container[key]
        elif what == 1:
            container[key] = self.r.choice(["", "x", "AQID", 0, -1, 1 << 62, True, None])
        elif what == 2 and isinstance(container[key], str):
            container[key] = container[key][:-1]
        elif what == 3 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif what == 4:
            container[key] = []
        else:
            container[key] = {}


def drawn_template(dialect, number):
    draw = Draw(dialect, f"{SEED}/{dialect}/{number}")
    template = draw.comid()
    for _ in range(draw.r.choice([0, 0, 1, 1, 2])):
        draw.spoil(template)
    return template


def reason(patterns, text):
    return next((why for pattern, why in patterns if re.search(pattern, text)), None)


def in_one_form(value):
    """A bare CoMID does not say whose digests' form its reader is used to."""
    if isinstance(value, dict):
        return {name: in_one_form(item) for name, item in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[1], str) and value[0] in [*ALGORITHMS, *NUMBERS]:
            octets = base64.urlsafe_b64decode(value[1] + "=" * (-len(value[1]) % 4))
            return f"{NUMBERS.get(value[0], value[0])};{base64.b64encode(octets).decode()}"
        return [in_one_form(item) for item in value]
    return value


def compile_case(bench, reference, dialect, number):
    template = bench.write(drawn_template(dialect, number), "json")
    theirs, ours = bench.new("cbor"), bench.new("cbor")
    library = bench[reference].run("comid-compile", template, theirs)
    program = bench.assay.peer.run("comid", "create", template, "--format", dialect, "--out", ours)
    if bench.assay.peer.missing:
        raise Missing(bench.assay.peer.missing)
    if program.code not in (0, 3):
        raise Disagreement(f"assay fails by accident (exit {program.code}): {program.said()}")
    if library.code != 0:
        if program.code != 0:
            return f"both refuse: {library.said()[-60:]}"
        why = reason(LAXER, library.said())
        if why is None:
            raise Disagreement(f"assay takes {template.read_text()} which {reference} refuses: {library.said()}")
        return f"assay takes {why}"
    if program.code != 0:
        why = reason(STRICTER, program.said())
        if why is None:
            raise Disagreement(f"assay refuses {template.read_text()} which {reference} takes: {program.said()}")
        return f"assay refuses {why}"
    if theirs.read_bytes() != ours.read_bytes():
        raise Disagreement(f"{template.read_text()}: {reference} writes {theirs.read_bytes().hex()}, assay {ours.read_bytes().hex()}")
    shown = bench[reference].run("comid-decode", ours)
    own = bench.assay.peer.run("comid", "show", ours, "--json")
    if shown.code != 0 or own.code != 0:
        raise Disagreement(f"not read back: {reference} {shown.said()}, assay {own.said()}")
    if in_one_form(shown.json()) != in_one_form(own.json()):
        raise Disagreement(f"{reference} shows {json.dumps(shown.json())}, assay {json.dumps(own.json())}")
    return "the same bytes"


def signed_case(bench, reference, dialect, key):
    """A CoRIM goes from one to the other, signed by either."""
    folder = "gen-a" if dialect == "A" else "gen-d"
    comid = bench.vector(f"cocli/{folder}/golden/comid-psa-refval.cbor")
    template = bench.vector(f"cocli/{folder}/" + ("corim-templates/corim-full.json" if dialect == "A" else "templates/corim-psa-full.json"))
    meta = bench.vector("cocli/gen-a/corim-templates/meta-full.json")
    key = bench.vector(f"cocli/keys/{key}.jwk")
    made, ours, theirs = bench.new("cbor"), bench.new("cose"), bench.new("cose")
    bench.assay.expect(OK, ("corim", ["corim", "create", template, "--comid", comid, "--out", made]))
    bench[reference].expect(OK, "corim-decode", made)
    bench.assay.expect(OK, ("corim", ["corim", "sign", made, "--key", key, "--meta", meta, "--out", ours]))
    if bench[reference].expect(OK, "corim-verify", ours, key).json() != {"signer": "ACME Ltd signing key", "tags": 1}:
        raise Disagreement("another signer or other tags")
    bench[reference].expect(OK, "corim-sign", made, key, theirs)
    bench.assay.expect(OK, ("corim", ["corim", "verify", theirs, "--key", key]))
    other = bench.vector("psatoken/rfc9783/tfm-es-iak.pem")
    bench.assay.expect(refuses(), ("corim", ["corim", "verify", theirs, "--key", other]))
    return ""


def cases(bench):
    print(f"      templates are drawn with ASSAY_SEED={SEED}")
    for reference, dialect in (("ref2024", "A"), ("ref2026", "D")):
        for key in ("ec-p256", "test-P-384", "test-P-521", "test-ed", "test-PS256"):
            yield (f"corim signed with {key}: assay and {reference}", ["assay corim", reference],
                   lambda reference=reference, dialect=dialect, key=key: signed_case(bench, reference, dialect, key))
        for number in range(DRAWN):
            yield (f"comid template {dialect}{number}: assay and {reference}", ["assay comid", reference],
                   lambda reference=reference, dialect=dialect, number=number: compile_case(bench, reference, dialect, number))
