"""cocli: the original program and ours on the same arguments and files, in folders of their own.

What they print, their exit codes and what they write must be the same, but for DELIBERATE, which stands below with its reasons.
The original is that of 2024, which writes the older generation; the one of 2026 knows `comid create --profile` and is passed over.
"""

import re
import shutil
import tempfile
from pathlib import Path

from bench import Disagreement, Missing
from endorsements import DRAWN, LAXER, STRICTER, drawn_template, reason

# Texts of libraries: the original's are those of Go packages, ours say more. What stands in front of them is the program's, and the same.
LIBRARY = [
    r"(error (?:loading|decoding|validating|encoding|saving|signing|verifying|adding) .*? from \S+?: ).*",
    r"(error (?:decoding|validating) (?:template|CoMID|CoRIM)(?: Meta)? \S+?: ).*",
    r"(error validating (?:CoRIM|CoRIM Meta): ).*",
    r"(error encoding template \S+ to CBOR: ).*",
    r"(CBOR decoding failed: ).*",
    r"(error verifying \S+ with key \S+: ).*",
]
# What is to differ, whatever the case: (stream, pattern in it, what to put there, why).
DELIBERATE = [
    ("err", r"(?m)^warning: .*\n", "", "ours warns of what both pass over, and of what has expired"),
    ("out", r'creation failed for "[^"]*"', 'creation failed for ""', "ours names the template that failed"),
]


class Case:
    """One item of what scripts rely on. `files` are vectors (or (name, content)) to put next to the arguments; `commands` run in that
    order, and the outcome of each counts. `differs` is why more than DELIBERATE may differ, `only` what then still counts."""

    def __init__(self, name, *commands, files=(), folders=(), only=("code", "out", "err", "files"), differs="", apart=()):
        self.name, self.commands, self.files, self.folders = name, commands, files, folders
        self.only, self.differs, self.apart = only, differs, apart


GOLDEN, TEMPLATES, RIMS, SHIPPED = "gen-a/golden/", "gen-a/comid-templates/", "gen-a/corim-templates/", "gen-a/shipped/"
COMIDS = ["cca-mult-refval", "cca-realm-refval", "cca-refval", "dice-refval", "kitchen-sink", "psa-iakpub", "psa-integ-iakpub", "psa-refval"]
COTS = SHIPPED + "cots/"
ED25519, ES256 = "keys/test-ed.jwk", "keys/ec-p256.jwk"
SIGNED = GOLDEN + "signed-corim-psa-full-%s.cbor"
FULL = GOLDEN + "signed-corim-full-with-coswid-cots-ed25519.cbor"
BAD = ("bad.json", b'{"tag-identity":{"id":"x"},"triples":{}}')
TEXT = ("text.json", b"text")
BAD_COMID = ("bad.cbor", bytes.fromhex("a201a100617804a10080"))  # decodes, but there are no reference values in it
UNTOLD = "the original ends with success and without a word"


def fixed_cases():
    yield Case("1: version", "--version", "-v")
    yield Case("2: unknown commands and flags", "bogus", "comid create --nope", "corim sign --key")
    yield Case("2: unknown command of a group", "comid bogus", only=(), differs=UNTOLD)
    yield Case("3: no templates", "comid create", "comid create -t nosuch.json", "comid display", "comid validate", "comid display -f nosuch.cbor",
               "comid validate -d nosuch")
    for name in COMIDS:
        yield Case(f"4, 6: {name}", f"comid create -t comid-{name}.json", f"comid display -f comid-{name}.cbor", f"comid validate -f comid-{name}.cbor",
                   files=[f"{TEMPLATES}comid-{name}.json"])
    yield Case("5: one bad template", "comid create -t comid-psa-refval.json -t bad.json", "comid create -t text.json", "comid create -t comid-psa-refval.json -o none",
               files=[TEMPLATES + "comid-psa-refval.json", BAD, TEXT])
    yield Case("7: validate", "comid validate -f comid-psa-refval.cbor -f bad.cbor", "comid display -f bad.cbor -f comid-psa-refval.cbor", "comid validate -f 1.cbor",
               files=[GOLDEN + "comid-psa-refval.cbor", BAD_COMID, SHIPPED + "comid/1.cbor"])
    good = (TEMPLATES + "comid-psa-refval.json")
    yield Case("8: folders", "comid create -T t -t z.json -o ./out", "comid display -d out", "comid validate -d out -f out/z.cbor", folders=["t", "out", "t/d.json"],
               files=[(name, good) for name in ("z.json", "t/b.json", "t/a.b.json", "t/c.JSON", "t/e.txt")])
    store = [COTS + name for name in ("shared_ta.ta", "worthlesssea.spki", "env/vendors.json", "env/vendor.json", "env/coswid.json", "env/comid.json", "claims/permclaim.json",
                                      "claims/exclclaim.json", "rubbish.cbor")]
    yield Case("9: cots create and display",
               "cots create -e vendors.json -f shared_ta.ta -f worthlesssea.spki -p permclaim.json -x exclclaim.json -u eat -u corim --id my-id --tag-version 3 -l en-GB -o full.cbor",
               "cots create -e coswid.json -f shared_ta.ta", "cots create -e comid.json -f shared_ta.ta --uuid-str 1d5a8c7c-1c70-4c56-937e-3c5713ae5a83",
               "cots create -e vendor.json -t . -c . -o all.cbor", "cots display -f full.cbor -f coswid.cbor -d .", "cots display", "cots display -f rubbish.cbor", files=store)
    yield Case("10: ids of CoTS", "cots create", "cots create -e vendor.json", "cots create -e vendor.json -t none", "cots create -e vendor.json -f vendor.json",
               "cots create -e vendor.json -f shared_ta.ta --id x --uuid", "cots create -e vendor.json -f shared_ta.ta --uuid-str zz",
               "cots create -e none.json -f shared_ta.ta", "cots create -e permclaim.json -f shared_ta.ta", "cots create -e vendor.json -f shared_ta.ta -p vendor.json", files=store)
    comids = [f"{GOLDEN}comid-{name}.cbor" for name in COMIDS]
    rims = [f"{RIMS}corim-{name}.json" for name in ("full", "cca", "cca-realm", "mini")]
    yield Case("11: corim create", "corim create -t corim-full.json -m comid-psa-refval.cbor -m comid-psa-iakpub.cbor -o o1", "corim create -t corim-cca.json -m comid-cca-mult-refval.cbor",
               "corim create -t corim-cca-realm.json -m comid-cca-realm-refval.cbor", "corim create -t corim-mini.json -m comid-dice-refval.cbor",
               "corim create -t corim-full.json -c vendor.cbor -s 1.cbor -m comid-psa-refval.cbor -o o2", files=[*comids, *rims, SHIPPED + "coswid/1.cbor", COTS + "vendor.cbor"])
    yield Case("11: corim create without", "corim create", "corim create -t t.json", "corim create -t t.json -m none.cbor", "corim create -t none.json -m comid-psa-refval.cbor",
               "corim create -t text.json -m comid-psa-refval.cbor", "corim create -t corim-mini.json -m bad.cbor", "corim create -t corim-mini.json -s bad.cbor",
               "corim create -t corim-mini.json -c bad.cbor", "corim create -t corim-mini.json -m comid-psa-refval.cbor -o none/o",
               files=[comids[-1], rims[-1], TEXT, ("bad.cbor", b"\xa2\x01")])
    yield Case("12: corim sign", "corim sign -f corim-psa-full.cbor -k test-ed.jwk -m meta-full.json", "corim sign -f corim-psa-full.cbor -k test-ed.jwk -m meta-mini.json -o o",
               "corim sign -f corim-psa-full.cbor -k ec-p256.jwk -m meta-full.json -o p256", files=[GOLDEN + "corim-psa-full.cbor", ED25519, ES256, RIMS + "meta-full.json", RIMS + "meta-mini.json"],
               apart=["p256"])
    yield Case("12: corim sign without", "corim sign", "corim sign -f f", "corim sign -f f -k k", "corim sign -f none -k k -m m", "corim sign -f bad.cbor -k k -m m",
               "corim sign -f corim-psa-full.cbor -k k -m none", "corim sign -f corim-psa-full.cbor -k k -m empty.json", "corim sign -f corim-psa-full.cbor -k none -m meta-mini.json",
               "corim sign -f corim-psa-full.cbor -k empty.json -m meta-mini.json", "corim sign -f corim-psa-full.cbor -k test-ed.jwk -m meta-mini.json -o none/o",
               files=[GOLDEN + "corim-psa-full.cbor", ED25519, RIMS + "meta-mini.json", ("bad.cbor", b"\xa2\x01"), ("empty.json", b"{}")])
    keys = [ED25519, ES256, "keys/test-P-384.jwk", "keys/test-P-521.jwk", "keys/test-PS256.jwk"]
    samples = [SHIPPED + "testcases/signed-corim-valid.cbor", SHIPPED + "testcases/signed-corim-valid-with-cots.cbor"]
    yield Case("13: corim verify", *(f"corim verify -f signed-corim-psa-full-{alg}.cbor -k {key}.jwk"
                                     for alg, key in (("ed25519", "test-ed"), ("es256", "ec-p256"), ("es384", "test-P-384"), ("es512", "test-P-521"), ("ps256", "test-PS256"))),
               *(f"corim verify -f {name}.cbor -k ec-p256.jwk" for name in ("signed-corim-valid", "signed-corim-valid-with-cots")),
               "corim verify -f signed-corim-psa-full-es256.cbor -k test-P-384.jwk",
               files=[*(SIGNED % alg for alg in ("ed25519", "es256", "es384", "es512", "ps256")), *samples, *keys])
    yield Case("14: corim verify of an unsigned file", "corim verify -f corim-psa-full.cbor -k ec-p256.jwk", "corim verify", "corim verify -f none -k k",
               "corim verify -f signed-corim-psa-full-es256.cbor -k none", files=[GOLDEN + "corim-psa-full.cbor", SIGNED % "es256", ES256])
    yield Case("14: corim verify without a key", "corim verify -f f", files=[("f", b"")], only=("code",), differs="there may be a chain in the file, so that ours looks at the file first")
    yield Case("15: corim display", "corim display -v -f signed-corim-psa-full-ed25519.cbor", "corim display -v -f signed-corim-full-with-coswid-cots-ed25519.cbor",
               "corim display -f signed-corim-psa-full-es256.cbor", "corim display", "corim display -f none", files=[SIGNED % "ed25519", SIGNED % "es256", FULL])
    yield Case("15: corim display of bad tags", *(f"corim display -v -f {name}.cbor" for name in ("signed-corim-valid", "signed-corim-valid-with-cots")), files=samples)
    yield Case("15: corim display of an unsigned file", "corim display -f corim-psa-full.cbor", files=[GOLDEN + "corim-psa-full.cbor"], only=(), differs="ours shows unsigned ones")
    yield Case("16: corim extract", "corim extract -f signed-corim-full-with-coswid-cots-ed25519.cbor", "corim extract -f signed-corim-psa-full-ed25519.cbor -o d",
               "corim extract -f signed-corim-psa-full-ed25519.cbor -o none", "corim extract", folders=["d"], files=[FULL, SIGNED % "ed25519"])
    for name in ("corim-full.cbor", "unsigned-corim.cbor", "signed-corim.cbor", "signed-corim-cbor", "signed-corim-bad-signature.cbor"):
        yield Case(f"17: {name}", *(f"corim {verb}" for verb in (f"display -f {name}", f"verify -f {name} -k ec-p256.jwk", f"extract -f {name}")), files=[f"{SHIPPED}corim/{name}", ES256])


class Folder:
    """The files of a case for one program, and what it did with them."""

    def __init__(self, bench, case, program):
        self.program, self.path = program, Path(tempfile.mkdtemp(dir=bench.work))
        for folder in case.folders:
            (self.path / folder).mkdir(parents=True)
        for file in case.files:
            name, content = file if isinstance(file, tuple) else (Path(file).name, file)
            if isinstance(content, bytes):
                (self.path / name).write_bytes(content)
            else:
                shutil.copy(bench.vector("cocli/" + content), self.path / name)

    def run(self, command):
        answer = self.program.run_in(self.path, *command.split())
        return {"code": answer.code, "out": plain("out", answer.out), "err": plain("err", answer.err),
                "files": {str(file.relative_to(self.path)): file.read_bytes() for file in self.path.rglob("*") if file.is_file()}}


def plain(stream, text):
    for where, pattern, instead, _ in DELIBERATE:
        text = re.sub(pattern, instead, text) if where == stream else text
    for pattern in LIBRARY:
        text = re.sub(pattern, r"\1…", text)
    return text


def original(bench):
    peer = bench["cocli"]
    if peer.missing:
        raise Missing(f"cocli: {peer.missing}", optional=True)
    if "--profile" in peer.run("comid", "create", "--help").out:
        raise Missing("cocli: it is the one of 2026, and these cases are of that of 2024", optional=True)
    return peer


def fixed_case(bench, case):
    theirs, ours = Folder(bench, case, original(bench)), Folder(bench, case, bench.assay.as_program("cocli"))
    for command in case.commands:
        said, saying = theirs.run(command), ours.run(command)
        for what in case.only:
            if what == "files":
                compare_files(command, case, said["files"], saying["files"])
            elif said[what] != saying[what]:
                raise Disagreement(f"cocli {command}: {what}: the original {said[what]!r}, ours {saying[what]!r}")
        if case.differs and all(said[what] == saying[what] for what in ("code", "out", "err")):
            raise Disagreement(f"cocli {command}: they are the same: take out that {case.differs}")
    return case.differs


def compare_files(command, case, theirs, ours):
    if theirs.keys() != ours.keys():
        raise Disagreement(f"cocli {command}: the original writes {sorted(theirs)}, ours {sorted(ours)}")
    for name in theirs.keys() - set(case.apart):
        if theirs[name] != ours[name]:
            raise Disagreement(f"cocli {command}: {name}: the original {theirs[name].hex()}, ours {ours[name].hex()}")


def drawn_case(bench, number):
    content = bench.write(drawn_template("A", number), "json").read_bytes()
    case = Case("", files=[("t.json", content)])
    theirs, ours = Folder(bench, case, original(bench)), Folder(bench, case, bench.assay.as_program("cocli"))
    raw = [folder.program.run_in(folder.path, "comid", "create", "-t", "t.json") for folder in (theirs, ours)]
    if raw[0].code != raw[1].code:
        patterns, refusal = (LAXER, raw[0]) if raw[1].code == 0 else (STRICTER, raw[1])
        why = reason(patterns, refusal.out + refusal.err)
        if why is None:
            raise Disagreement(f"{content.decode()}: the original {raw[0].out!r}, ours {raw[1].out!r}")
        return ("ours takes " if raw[1].code == 0 else "ours refuses ") + why
    said, saying = ([plain("out", answer.out), plain("err", answer.err)] for answer in raw)
    # Which rule a spoilt template breaks first is the library's: it decodes and checks in one step what ours does in two.
    if said != saying and (raw[0].code == 0 or said[1] != saying[1]):
        raise Disagreement(f"{content.decode()}: the original {said}, ours {saying}")
    if raw[0].code != 0:
        return "both refuse"
    for command in ("comid display -f t.cbor", "comid validate -f t.cbor"):
        said, saying = theirs.run(command), ours.run(command)
        if said != saying:
            raise Disagreement(f"{content.decode()}: {command}: the original {said}, ours {saying}")
    return ""


def cross_case(bench, alg, key):
    """What either signs the other verifies."""
    case = Case("", files=[GOLDEN + "corim-psa-full.cbor", RIMS + "meta-full.json", f"keys/{key}.jwk"])
    folder = Folder(bench, case, original(bench))
    for maker, reader in ((folder.program, bench.assay.as_program("cocli")), (bench.assay.as_program("cocli"), folder.program)):
        made = maker.run_in(folder.path, "corim", "sign", "-f", "corim-psa-full.cbor", "-k", f"{key}.jwk", "-m", "meta-full.json", "-o", "s")
        read = reader.run_in(folder.path, "corim", "verify", "-f", "s", "-k", f"{key}.jwk")
        if made.code != 0 or (read.code, read.out) != (0, '>> "s" verified\n'):
            raise Disagreement(f"{maker.name} to {reader.name}: {made.said()}; {read.said()}")
    return ""


def cases(bench):
    parties = ["assay cocli", "cocli"]
    if bench["cocli"].missing:
        yield "cocli (the original program) and ours", parties, lambda: original(bench)
        return
    for case in fixed_cases():
        yield f"cocli {case.name}: the original and ours", parties, lambda case=case: fixed_case(bench, case)
    for alg, key in (("EdDSA", "test-ed"), ("ES256", "ec-p256"), ("ES384", "test-P-384"), ("ES512", "test-P-521"), ("PS256", "test-PS256")):
        yield f"cocli corim signed with {alg}: the original and ours", parties, lambda alg=alg, key=key: cross_case(bench, alg, key)
    for number in range(DRAWN):
        yield f"cocli comid template {number}: the original and ours", parties, lambda number=number: drawn_case(bench, number)
