"""Who writes what and who reads it: every maker's file is given to every reader.

An exchange knows its makers and readers, how each is called, and which pairs are
expected to fail and why. Parties named "assay ..." are the program under test.
"""

import json

import contract
from bench import OK, Disagreement, refuses
from verdicts import NO_MAC, NO_RFC9783, TAG_907

REFERENCES = ("ref2024", "ref2026")
RFC9783_PROFILE = "tag:psacertified.org,2023:psa#tfm"
WRONG_KEY = refuses(because="wrong key")


class Exchange:
    """Base: made() and canonical() run each party once and keep the result."""
    name = ""
    makers = readers = ()
    key = other_key = None  # other_key: one that must not verify

    def __init__(self, bench):
        self.bench = bench
        self.kept = {}

    def expectation(self, maker, reader):
        return OK

    def once(self, what, run):
        if what not in self.kept:
            self.kept[what] = run()
        return self.kept[what]

    def made(self, maker):
        def run():
            out = self.bench.new("out")
            self.make(maker, out)
            return out
        return self.once(("made", maker), run)

    def canonical(self, reader):
        """What the reader sees in the file of the first maker."""
        return self.once(("seen", reader), lambda: self.seen(reader, self.made(self.makers[0])))

    def seen(self, reader, path):
        """What the reader shows of a file it accepts; None when it shows nothing comparable."""
        return self.read(reader, path, self.key, OK).json()

    def run(self, maker, reader):
        path, expected = self.made(maker), self.expectation(maker, reader)
        if not expected.accepts:
            return self.read(reader, path, self.key, expected) and f"refused, as expected: {expected.because}"
        seen = self.seen(reader, path)
        if maker != self.makers[0] and seen != self.canonical(reader):
            raise Disagreement(f"{reader} sees {seen}, but in the file of {self.makers[0]} {self.canonical(reader)}")
        if self.other_key:
            self.read(reader, path, self.other_key, WRONG_KEY)
        return ""


class Psa(Exchange):
    makers = (*REFERENCES, "assay evcli", "assay token-psa", "evcli")
    readers = (*REFERENCES, "python", "assay evcli", "assay token-psa", "evcli")

    def __init__(self, bench, label, claims, key, other_key):
        super().__init__(bench)
        self.name, self.claims, self.key, self.other_key = f"psa {label}", claims, key, other_key
        claims = json.loads(claims.read_text())
        self.profile = claims.get("eat-profile") or claims["psa-profile"]

    def make(self, maker, out):
        if maker in REFERENCES:
            self.bench[maker].expect(OK, "psa-create", self.claims, self.key, self.profile, out)
        else:
            call(self.bench, maker, OK, contract.psa_create, self.claims, self.key, out, self.profile)

    def read(self, reader, path, key, expected):
        if reader in REFERENCES:
            return self.bench[reader].expect(expected, "psa-verify", path, key)
        if reader == "python":
            return self.bench[reader].expect(expected, "cose-sign1-verify", path, key)
        return call(self.bench, reader, expected, contract.psa_verify, path, public_half(self.bench, key) if reader == "evcli" else key)

    def seen(self, reader, path):
        answer = self.read(reader, path, self.key, OK)
        return printed(self.bench, reader, "psa", path, answer)


class PsaRfc9783(Psa):
    """Only assay writes this profile; the reference libraries do not know it."""
    makers = ("assay token-psa", "assay evcli")
    readers = (*REFERENCES, "python", "assay token-psa", "assay evcli")

    def expectation(self, maker, reader):
        return NO_RFC9783 if reader in REFERENCES else OK

    def seen(self, reader, path):
        return self.read(reader, path, self.key, OK).out if reader == "python" else None


class PsaMac(PsaRfc9783):
    """COSE_Mac0 around claims that a reference library wrote; python makes the MAC."""
    makers = ("python",)
    readers = (*REFERENCES, "python", "assay token-psa")

    def make(self, maker, out):
        token, key = self.bench.new("cbor"), self.bench.vector("evcli/misc/ec256.json")
        self.bench["ref2026"].expect(OK, "psa-create", self.claims, key, self.profile, token)
        payload = self.bench.write(payload_of(self.bench, token, key), "payload")
        self.bench["python"].expect(OK, "cose-mac0-create", payload, self.key, "HS256", out)

    def expectation(self, maker, reader):
        return NO_MAC if reader in REFERENCES else OK

    def read(self, reader, path, key, expected):
        if reader == "python":
            return self.bench[reader].expect(expected, "cose-mac0-verify", path, key)
        if reader in REFERENCES:  # they stop at the tag, before any key
            return self.bench[reader].expect(expected, "psa-decode", path)
        return super().read(reader, path, key, expected)


class Cca(Exchange):
    makers = (*REFERENCES, "assay evcli", "assay token-cca", "assay token-cca legacy", "evcli")
    readers = (*REFERENCES, "assay evcli", "assay token-cca", "evcli")
    writes_907 = ("ref2026", "assay token-cca")
    reads_399_only = ("ref2024", "evcli")

    def __init__(self, bench, label, claims, iak, rak, other_key):
        super().__init__(bench)
        self.name, self.claims, self.key, self.rak, self.other_key = f"cca {label}", claims, iak, rak, other_key

    def expectation(self, maker, reader):
        return TAG_907 if maker in self.writes_907 and reader in self.reads_399_only else OK

    def make(self, maker, out):
        if maker in REFERENCES:
            self.bench[maker].expect(OK, "cca-create", self.claims, self.key, self.rak, out)
        else:
            form = "legacy" if maker.endswith(" legacy") else None
            call(self.bench, maker.removesuffix(" legacy"), OK, contract.cca_create,
                 self.claims, self.key, self.rak, out, form)

    def read(self, reader, path, key, expected):
        if reader in REFERENCES:
            return self.bench[reader].expect(expected, "cca-verify", path, key)
        return call(self.bench, reader, expected, contract.cca_verify, path, public_half(self.bench, key) if reader == "evcli" else key)

    def seen(self, reader, path):
        answer = self.read(reader, path, self.key, OK)
        return printed(self.bench, reader, "cca", path, answer)


class FreshKeys(Exchange):
    """An exchange in one algorithm, with keys made for it."""

    def __init__(self, bench, name, alg, content):
        super().__init__(bench)
        self.name, self.alg, self.content = name, alg, content

    def keys(self):
        """A pair and a stranger's public key."""
        def run():
            private, public, other = (self.bench.new("jwk") for _ in range(3))
            self.bench["python"].expect(OK, "jwk-generate", self.alg, private, public)
            self.bench["python"].expect(OK, "jwk-generate", self.alg, self.bench.new("jwk"), other)
            return private, public, other
        return self.once("keys", run)

    def run(self, maker, reader):
        _, self.key, self.other_key = self.keys()
        return super().run(maker, reader)


class Ear(FreshKeys):
    makers = (*REFERENCES, "python", "jose", "assay arc", "assay ear", "arc")
    readers = makers

    def __init__(self, bench, alg, claims):
        super().__init__(bench, f"ear {alg}", alg, claims)
        if alg == "EdDSA":  # José knows no OKP keys
            self.makers = self.readers = tuple(party for party in self.makers if party != "jose")

    def make(self, maker, out):
        claims, private = self.content, self.keys()[0]
        if maker in REFERENCES:
            self.bench[maker].expect(OK, "ear-create", claims, private, self.alg, out)
        elif maker == "python":
            self.bench[maker].expect(OK, "jws-sign", claims, private, self.alg, out, "--header", '{"typ":"JWT"}')
        elif maker == "jose":
            template = json.dumps({"protected": {"alg": self.alg, "typ": "JWT"}})
            self.bench[maker].expect(OK, "jws", "sig", "-I", claims, "-k", private, "-s", template, "-c", "-o", out)
        else:
            call(self.bench, maker, OK, contract.ear_create, claims, private, self.alg, out)

    def read(self, reader, path, key, expected):
        return read_ear(self.bench, reader, path, key, self.alg, expected)

    def seen(self, reader, path):
        answer = self.read(reader, path, self.key, OK)
        if reader in REFERENCES:
            return answer.json()
        return answer.json()["payload"] if reader == "python" else None


def read_ear(bench, reader, path, key, alg, expected):
    if reader in REFERENCES:
        return bench[reader].expect(expected, "ear-verify", path, key, alg)
    if reader == "python":
        return bench[reader].expect(expected, "jws-verify", path, key, alg)
    if reader == "jose":
        return bench[reader].expect(expected, "jws", "ver", "-i", path, "-k", key)
    return call(bench, reader, expected, contract.ear_verify, path, key, alg)


class CmwRecord(Exchange):
    """The same record in one form; every maker must write the same thing."""
    makers = (*REFERENCES, "assay cmw")
    readers = makers
    media_type = 'application/eat+cwt; eat_profile="tag:psacertified.org,2023:psa#tfm"'
    value = bytes.fromhex("2347da55")

    def __init__(self, bench, form):
        super().__init__(bench)
        self.name, self.form = f"cmw record {form}", form
        self.description = {"type": self.media_type, "value": self.value.hex(), "ind": 4}
        if form == "tag":  # no room for the indicator; the table of ref2024 has no EAT formats
            del self.description["ind"]
            self.makers = ("ref2026", "assay cmw")

    def make(self, maker, out):
        if maker in REFERENCES:
            self.bench[maker].expect(OK, "cmw-encode", self.bench.write(self.description, "json"), self.form, out)
        else:
            value = self.bench.write(self.value, "bin")
            self.bench.assay.expect(OK, contract.cmw_wrap(value, self.media_type, self.form, out))
        return out

    def run(self, maker, reader):
        bytes_of = [self.made(party).read_bytes() for party in (maker, self.makers[0])]
        if self.form == "json":
            bytes_of = [json.loads(content) for content in bytes_of]
        if bytes_of[0] != bytes_of[1]:
            raise Disagreement(f"{maker} and {self.makers[0]} write different things: {bytes_of[0]} / {bytes_of[1]}")
        return super().run(maker, reader)

    def read(self, reader, path, key, expected):
        if reader in REFERENCES:
            return self.bench[reader].expect(expected, "cmw-decode", path)
        return self.bench.assay.expect(expected, contract.cmw_unwrap(path, self.bench.new("bin")))

    def seen(self, reader, path):
        if reader in REFERENCES:
            seen = self.read(reader, path, None, OK).json()
            seen.pop("form", None)
            wanted = dict(self.description)
            if reader == "ref2024" and self.form == "tag":
                wanted["type"] = "10003"
            if seen != wanted:
                raise Disagreement(f"{reader} sees {seen}, not {wanted}")
            return seen
        out = self.bench.new("bin")
        self.bench.assay.expect(OK, contract.cmw_unwrap(path, out))
        if out.read_bytes() != self.value:
            raise Disagreement(f"unwrapped to {out.read_bytes().hex()}, not {self.value.hex()}")
        return self.value


class SignedCmw(Exchange):
    name = "cmw signed"
    makers = ("ref2026", "python", "assay cmw")
    readers = makers

    def __init__(self, bench, message, key, other_key):
        super().__init__(bench)
        self.message, self.key, self.other_key = message, key, other_key

    def make(self, maker, out):
        if maker == "ref2026":
            self.bench[maker].expect(OK, "cmw-sign", self.message, self.key, "ES256", out)
        elif maker == "python":
            self.bench[maker].expect(OK, "cose-sign1-sign", self.message, self.key, "ES256", out,
                                     "--content-type", "application/cmw+cbor")
        else:
            self.bench.assay.expect(OK, contract.cmw_sign(self.message, self.key, out))

    def read(self, reader, path, key, expected):
        if reader == "ref2026":
            return self.bench[reader].expect(expected, "cmw-verify", path, key)
        if reader == "python":
            return self.bench[reader].expect(expected, "cose-sign1-verify", path, key)
        return self.bench.assay.expect(expected, contract.cmw_verify(path, key))

    def seen(self, reader, path):
        answer = self.read(reader, path, self.key, OK)
        return None if reader.startswith("assay") else answer.json()


class Cose(FreshKeys):
    """The oracles among themselves: an oracle that is wrong alone is found here."""
    makers = (*REFERENCES, "python")
    readers = makers
    external_aad = "00112233"

    def __init__(self, bench, alg, payload):
        super().__init__(bench, f"cose {alg}", alg, payload)

    def make(self, maker, out):
        command = "cose-sign1-sign" if maker == "python" else "cose-sign"
        self.bench[maker].expect(OK, command, self.content, self.keys()[0], self.alg, out,
                                 "--external-aad", self.external_aad, "--content-type", "text/plain")

    def read(self, reader, path, key, expected):
        command = "cose-sign1-verify" if reader == "python" else "cose-verify"
        return self.bench[reader].expect(expected, command, path, key, "--external-aad", self.external_aad)


def call(bench, party, expected, build, *arguments):
    """Runs a command of contract.py: with assay, or with the original program, whose
    arguments are those of the personality of its name."""
    if party.startswith("assay "):
        return bench.assay.expect(expected, build(party.removeprefix("assay "), *arguments))
    _, words = build(party, *arguments)
    return bench[party].expect(expected, *words[2:])  # without `as NAME`


def public_half(bench, key):
    """The original evcli verifies with nothing else."""
    return bench.write({name: value for name, value in json.loads(key.read_text()).items() if name != "d"}, "jwk")


def printed(bench, reader, kind, path, answer):
    """Claims for comparison, as far as the reader shows them."""
    if reader in REFERENCES or reader == "python":
        return answer.json()
    if reader == "assay evcli":
        return bench.assay.expect(OK, contract.print_claims(kind, path)).json()
    if reader == "assay token-cca":
        return bench.assay.expect(OK, contract.show_cca(path)).json()
    return None


def payload_of(bench, token, key):
    return bytes.fromhex(bench["python"].expect(OK, "cose-sign1-verify", token, key).json()["payload"])
