#!/usr/bin/env python3
"""Interop: assay and peers that nobody here wrote, in both directions.

One line a case, `ok|FAIL|skip  case — detail`, then a count; exit 1 when a case
failed. Peers come from peers.sh; see README.md.
"""

import argparse
import base64
import json
import os
import sys
import tempfile
from itertools import product
from pathlib import Path

import cocli
import contract
import endorsements
import exchange
import service
import verdicts
from bench import HERE, OK, Assay, Bench, Disagreement, Missing, accepts, refuses
from exchange import REFERENCES

ROOT = HERE.parent.parent
ALGORITHMS = ("ES256", "ES384", "ES512", "EdDSA", "PS256")


def group_cases(bench):
    for group in contract.PROBES:
        yield f"assay has {group}", ["assay"], lambda group=group: bench.assay.expect_group(group)


# --- every peer on every vector ---------------------------------------------

def key_file(bench, name):
    """A key of the vectors. `FILE#a.b` is a member of a JSON file, or of the
    header when the file is a JWT."""
    file, _, member = name.partition("#")
    path = bench.vector(file)
    if not member:
        return path
    text = path.read_text()
    value = unbase64url(text.split(".")[0]) if file.endswith(".jwt") else text
    value = json.loads(value)
    for step in member.split("."):
        value = value[int(step) if step.isdigit() else step]
    return bench.write(value, "jwk")


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cca_verdict(bench, party, file, key, expected):
    if party in REFERENCES:
        bench[party].expect(expected, "cca-verify", file, key)
    else:
        exchange.call(bench, party, expected, contract.cca_verify, file, key)


def psa_verdict(bench, party, file, key, expected):
    if party in REFERENCES:
        bench[party].expect(expected, "psa-verify", file, key)
    elif party == "python":
        kind = "mac0" if file.read_bytes()[:1] == b"\xd1" else "sign1"
        bench[party].expect(expected, f"cose-{kind}-verify", file, key)
    else:
        exchange.call(bench, party, expected, contract.psa_verify, file, key)


def ear_verdict(bench, party, file, key, expected):
    exchange.read_ear(bench, party, file, key, "ES256", expected)


def cmw_verdict(bench, party, file, _, expected):
    if party in REFERENCES:
        bench[party].expect(expected, "cmw-decode", file)
    else:
        bench.assay.expect(expected, contract.cmw_print(file))


def signed_cmw_verdict(bench, party, file, key, expected):
    if party == "ref2026":
        bench[party].expect(expected, "cmw-verify", file, key)
    elif party == "python":
        bench[party].expect(expected, "cose-sign1-verify", file, key)
    else:
        bench.assay.expect(expected, contract.cmw_verify(file, key))


VERDICTS = [  # kind, rows, who judges, how
    ("cca", verdicts.CCA, (*REFERENCES, "assay token-cca"), cca_verdict),
    ("psa", verdicts.PSA, (*REFERENCES, "python", "assay token-psa"), psa_verdict),
    ("ear", verdicts.EAR, (*REFERENCES, "python", "jose", "assay ear", "assay arc"), ear_verdict),
    ("cmw", verdicts.CMW, (*REFERENCES, "assay cmw"), cmw_verdict),
    ("cmw signed", verdicts.SIGNED_CMW, ("ref2026", "python", "assay cmw"), signed_cmw_verdict),
]


def verdict_cases(bench):
    for kind, rows, parties, judge in VERDICTS:
        for (file, key, says), party in product(rows, parties):
            expected = says.get(party.partition(" ")[0], OK)

            def case(party=party, file=file, key=key, expected=expected, judge=judge):
                judge(bench, party, bench.vector(file), key and key_file(bench, key), expected)
                return expected.because

            verb = "accepts" if expected.accepts else "refuses"
            yield f"{party} {verb} {file}" + (f" with {key}" if key else ""), [party], case


def conformance_cases(bench):
    """The go-cose set of COSE_Sign1 messages, by their own verdict."""
    numbers = [f"{n:04}" for n in range(7)] + [f"negative-{n:04}" for n in range(4)]
    for number, party in product(numbers, (*REFERENCES, "python")):
        def case(number=number, party=party):
            vector = json.loads(bench.vector(f"go-cose/sign1-verify-{number}.json").read_text())
            part = vector["sign1::verify"]
            message = bench.write(bytes.fromhex(part["taggedCOSESign1"]["cborHex"]), "cose")
            command = "cose-sign1-verify" if party == "python" else "cose-verify"
            bench[party].expect(OK if part["shouldVerify"] else refuses(), command, message,
                                bench.write(vector["key"], "jwk"), "--external-aad", part.get("external", ""))

        yield f"{party} on go-cose/sign1-verify-{number}.json", [party], case


# --- every maker to every reader --------------------------------------------

def exchanges(bench):
    """Constructors, so that a missing vector concerns only the exchange that needs it."""
    vector, evcli = bench.vector, "evcli/misc/"

    def p3_claims():
        claims = json.loads(vector(evcli + "psa-claims-profile-2.json").read_text())
        return bench.write(claims | {"eat-profile": exchange.RFC9783_PROFILE}, "json")

    def sha512_claims():
        claims = json.loads(vector(evcli + "cca-claims.json").read_text())
        claims["cca-realm-delegated-token"]["cca-realm-public-key-hash-algo-id"] = "sha-512"
        return bench.write(claims, "json")

    def psa(label, claims, key, other_key):
        return exchange.Psa, lambda: exchange.Psa(bench, label, vector(claims), vector(key), vector(other_key))

    yield psa("profile 1", evcli + "psa-claims-profile-1.json", evcli + "ec256.json", "ccatoken/keys/alt-iak.jwk")
    yield psa("profile 2", evcli + "psa-claims-profile-2.json", evcli + "ec256.json", "ccatoken/keys/alt-iak.jwk")
    yield psa("ES384", evcli + "psa-claims-profile-2-integ.json", evcli + "ec384.json", "ccatoken/keys/rmm-cpak.jwk")
    yield psa("OP-TEE", "optee/iisec/evidence.json", "optee/iisec/ec256.json", "ccatoken/keys/alt-iak.jwk")
    yield exchange.PsaRfc9783, lambda: exchange.PsaRfc9783(
        bench, "RFC 9783", p3_claims(), vector(evcli + "ec256.json"), vector("ccatoken/keys/alt-iak.jwk"))
    yield exchange.PsaMac, lambda: exchange.PsaMac(
        bench, "Mac0", vector(evcli + "psa-claims-profile-2.json"), vector("psatoken/rfc9783/tfm-hs-iak.bin"),
        vector("iat-verifier/data/hmac.key"))
    yield exchange.Cca, lambda: exchange.Cca(
        bench, "sha-256", vector(evcli + "cca-claims.json"), vector(evcli + "ec256.json"), vector(evcli + "ec384.json"),
        vector("ccatoken/keys/alt-iak.jwk"))
    yield exchange.Cca, lambda: exchange.Cca(
        bench, "sha-512, ES384", sha512_claims(), vector("ccatoken/keys/rmm-cpak.jwk"), vector(evcli + "ec384.json"),
        vector(evcli + "ec384.json"))
    for alg in ALGORITHMS:
        yield exchange.Ear, lambda alg=alg: exchange.Ear(bench, alg, vector("ear/arc-data/ear-claims-tv-ok.json"))
    for form in ("cbor", "json", "tag"):
        yield exchange.CmwRecord, lambda form=form: exchange.CmwRecord(bench, form)
    yield exchange.SignedCmw, lambda: exchange.SignedCmw(
        bench, vector("cmw/mixed-collection.cbor"), vector("cmw/signed/key.jwk"), vector("ccatoken/keys/alt-iak.jwk"))
    for alg in ALGORITHMS:
        yield exchange.Cose, lambda alg=alg: exchange.Cose(bench, alg, vector("cmw/mixed-collection.cbor"))


def exchange_cases(bench):
    absent = {name for name in ("evcli", "arc") if bench[name].missing}
    for name in sorted(absent):
        yield f"{name} (the original program) exchanges files", [name], bench[name].run
    for kind, construct in exchanges(bench):
        try:
            this = construct()
        except Missing as missing:
            yield f"exchange {kind.__name__}", [], lambda missing=missing: raise_(missing)
            continue
        for maker, reader in product(this.makers, this.readers):
            if not {maker, reader} & absent:
                yield (f"{this.name}: {maker} to {reader}", [maker, reader],
                       lambda this=this, maker=maker, reader=reader: this.run(maker, reader))


def raise_(error):
    raise error


# --- single cases -----------------------------------------------------------

def single_cases(bench):
    python, vector = bench["python"], bench.vector

    def same_bytes(command, payload, key, alg, wanted):
        out = bench.new("cose")
        python.expect(OK, command, vector(payload), vector(key), alg, out)
        if out.read_bytes() != vector(wanted).read_bytes():
            raise Disagreement("other bytes")

    yield ("python signs valid-iat as iat-verifier does (RFC 6979)", ["python"],
           lambda: same_bytes("cose-sign1-sign", "iat-verifier/compiled/valid-iat.raw.cbor",
                              "iat-verifier/data/key.pem", "ES256", "iat-verifier/compiled/valid-iat.sign1.cbor"))
    yield ("python makes the MAC of valid-iat as iat-verifier does", ["python"],
           lambda: same_bytes("cose-mac0-create", "iat-verifier/compiled/valid-iat.raw.cbor",
                              "iat-verifier/data/hmac.key", "HS256", "iat-verifier/compiled/valid-iat.mac0.cbor"))

    def cbor_again(file):
        shown = python.expect(OK, "cbor-decode", vector(file)).json()["cbor"]
        out = bench.new("cbor")
        python.expect(OK, "cbor-encode", bench.write(shown, "json"), out)
        if out.read_bytes() != vector(file).read_bytes():
            raise Disagreement("other bytes")

    for file in ("psatoken/claims/P1ClaimsAll.cbor", "ccatoken/token/good-907.cbor", "ear/draft-2026/ear-cbor-1.cbor"):
        yield f"python decodes and encodes {file}", ["python"], lambda file=file: cbor_again(file)

    def indefinite(file):
        python.expect(refuses("indefinite"), "cbor-decode", vector(file))
        python.expect(OK, "cbor-decode", "--lenient", vector(file))

    yield ("python sees the indefinite lengths of rust-ear", ["python"],
           lambda: indefinite("ear/rust-ear-cbor/ear-basic.cbor"))

    def thumbprint(key):
        ours = python.expect(OK, "jwk-thumbprint", vector(key)).json()["thumbprint"]
        theirs = bench["jose"].expect(OK, "jwk", "thp", "-i", vector(key)).out.strip()
        if ours != theirs:
            raise Disagreement(f"{ours} / {theirs}")

    for key in ("ear/keys/veraison-pkey.json", "evcli/misc/ec384.json"):
        yield f"python and jose agree on the thumbprint of {key}", ["python", "jose"], lambda key=key: thumbprint(key)

    def deterministic(group):
        """assay's signatures are those of RFC 6979: python makes the same bytes."""
        key, token, again = vector("evcli/misc/ec256.json"), bench.new("cbor"), bench.new("cbor")
        claims = vector("evcli/misc/psa-claims-profile-2.json")
        bench.assay.expect(OK, contract.psa_create(group, claims, key, token))
        payload = bench.write(exchange.payload_of(bench, token, key), "payload")
        python.expect(OK, "cose-sign1-sign", payload, key, "ES256", again)
        if token.read_bytes() != again.read_bytes():
            raise Disagreement("other bytes")

    for group in ("evcli", "token-psa"):
        yield (f"assay {group} signs as python does (RFC 6979)", [f"assay {group}", "python"],
               lambda group=group: deterministic(group))

    def check_iat(reference):
        token, key = bench.new("cbor"), vector("iat-verifier/data/key.pem")
        bench[reference].expect(OK, "psa-create", vector("evcli/misc/psa-claims-profile-2-integ.json"), key,
                                "http://arm.com/psa/2.0.0", token)
        bench.assay.expect(OK, contract.psa_verify("check_iat", token, key))
        bench.assay.expect(refuses(), contract.psa_verify("check_iat", token, vector("iat-verifier/data/key-alt.pem")))

    for reference in REFERENCES:
        yield (f"psa profile 2: {reference} to assay check_iat", ["assay check_iat", reference],
               lambda reference=reference: check_iat(reference))

    def strange_rak(group, expected):
        """The libraries sign with any key; assay compares it with the claim."""
        bench.assay.expect(expected, contract.cca_create(
            group, vector("evcli/tests/cca-claims.json"), vector("evcli/tests/cca-iak.jwk"),
            vector("evcli/tests/cca-rak.jwk"), bench.new("cbor")))

    for group, expected in (("evcli", refuses("RAK")),
                            ("token-cca", refuses("not the cca-realm-public-key of", codes=(2,)))):
        yield (f"assay {group} refuses to sign for a realm key that is not in the claims", [f"assay {group}"],
               lambda group=group, expected=expected: strange_rak(group, expected))

    def compiled(source, reader):
        out, data = bench.new("cbor"), vector("iat-verifier/data/key.pem").parent
        if source.startswith("psa"):
            bench.assay.expect(OK, contract.compile_psa(data / source, data / "key.pem", out))
            bench[reader].expect(OK, "psa-verify", out, data / "key.pem")
            return ""
        expected = verdicts.TAG_907 if reader == "ref2024" else OK
        with working_folder(data):  # `!inc` in the source counts from there
            bench.assay.expect(OK, contract.compile_cca(source, "cca_platform.pem", "cca_realm.pem", out))
        bench[reader].expect(expected, "cca-verify", out, data / "cca_platform.pem")
        return expected.because

    for source, reader in product(("psa-2_0_0_token.yaml", "cca_example_token_legacy.yaml"), REFERENCES):
        yield (f"{source}: assay compile_token to {reader}", ["assay compile_token", reader],
               lambda source=source, reader=reader: compiled(source, reader))

    yield from strictness_cases(bench)


def strictness_cases(bench):
    """Inputs on which the reference libraries are laxer than the specification."""
    vector = bench.vector
    lax_claims = "the libraries take the first of two equal keys"

    def token_of(change):
        """psa-p2 with a changed payload, signed by python."""
        key, out = vector("evcli/tests/psa-key.jwk"), bench.new("cbor")
        payload = change(exchange.payload_of(bench, vector("evcli/tests/psa-p2.cbor"), key))
        bench["python"].expect(OK, "cose-sign1-sign", bench.write(payload, "payload"), key, "ES256", out)
        return out

    def more_entries(entries):
        """Adds map entries, given encoded, behind those of a small map."""
        return lambda payload: bytes([payload[0] + len(entries)]) + payload[1:] + b"".join(entries)

    psa_inputs = [
        ("a claim twice", more_entries([bytes.fromhex("19095a") + b"\x02"]), {
            "ref2024": accepts(lax_claims), "ref2026": accepts(lax_claims), "assay": refuses()}),
        ("an unknown claim", more_entries([bytes.fromhex("1a00010000") + b"\x02"]), {}),
        ("an indefinite-length map", lambda payload: b"\xbf" + payload[1:] + b"\xff", {
            "ref2024": refuses(), "ref2026": refuses(), "assay": refuses()}),
        ("a byte behind the claims", lambda payload: payload + b"\x00", {
            "ref2024": refuses(), "ref2026": refuses(), "assay": refuses()}),
    ]
    for (what, change, says), party in product(psa_inputs, (*REFERENCES, "assay token-psa")):
        expected = says.get(party.partition(" ")[0], OK)

        def case(party=party, change=change, expected=expected):
            psa_verdict(bench, party, token_of(change), vector("evcli/tests/psa-key-pub.jwk"), expected)
            return expected.because

        yield f"{party} {'accepts' if expected.accepts else 'refuses'} psa with {what}", [party, "python"], case

    def three_rems(party, expected):
        claims = json.loads(vector("evcli/misc/cca-claims.json").read_text())
        del claims["cca-realm-delegated-token"]["cca-realm-extensible-measurements"][3]
        iak, out = vector("evcli/misc/ec256.json"), bench.new("cbor")
        bench["ref2024"].expect(OK, "cca-create", bench.write(claims, "json"), iak, vector("evcli/misc/ec384.json"), out)
        cca_verdict(bench, party, out, iak, expected)
        return expected.because

    for party in (*REFERENCES, "assay token-cca"):
        expected = accepts("the libraries ask for one measurement only") if party in REFERENCES else refuses()
        yield (f"{party} {'accepts' if expected.accepts else 'refuses'} cca with three extensible measurements",
               [party, "ref2024"], lambda party=party, expected=expected: three_rems(party, expected))


class working_folder:
    def __init__(self, path):
        self.path, self.before = path, None

    def __enter__(self):
        self.before = os.getcwd()
        os.chdir(self.path)

    def __exit__(self, *_):
        os.chdir(self.before)


# --- running ----------------------------------------------------------------

def run_cases(bench, options):
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for make_cases in (group_cases, verdict_cases, conformance_cases, exchange_cases, single_cases, endorsements.cases, cocli.cases, service.cases):
        for name, parties, case in make_cases(bench):
            if options.selfcheck and any(party.startswith("assay") for party in parties):
                continue
            if options.only not in name:
                continue
            result, detail = judge(case, options.require)
            counts[result] += 1
            print(f"{result:4}  {name}" + (f" — {detail}" if detail else ""), flush=True)
    return counts


def judge(case, require):
    try:
        return "ok", case() or ""
    except Missing as missing:
        return ("FAIL" if require and not missing.optional else "skip"), str(missing)
    except Disagreement as disagreement:
        return "FAIL", str(disagreement)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assay", nargs="?", default=ROOT / "build/assay", type=Path, help="the program (default: build/assay)")
    parser.add_argument("--selfcheck", action="store_true", help="only the peers among themselves and on the vectors")
    parser.add_argument("--require", action="store_true", help="a missing peer, program or vector is a failure")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases with TEXT in their name")
    parser.add_argument("--vectors", type=Path, metavar="DIR",
                        default=os.environ.get("ASSAY_VECTORS", ROOT / "tests/vectors"),
                        help="default: ASSAY_VECTORS, or tests/vectors")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-interop-") as work:
        bench = Bench(options.vectors.resolve(), Path(work), Assay(options.assay.resolve()))
        counts = run_cases(bench, options)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
