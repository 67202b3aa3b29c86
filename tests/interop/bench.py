"""Runs programs and keeps the score: peers, what they answer, what was expected."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import contract

HERE = Path(__file__).resolve().parent
TIME_LIMIT_S = 60


class Disagreement(Exception):
    """A peer did not do what the case expects."""


class Missing(Exception):
    """A case cannot run: what is missing, and whether CI may do without it."""

    def __init__(self, what, optional=False):
        super().__init__(what)
        self.optional = optional


@dataclass(frozen=True)
class Expect:
    """What a peer is to say: `text` must be in its error; `because` tells a reader
    why it differs from what assay or the other generation says; `codes` are the exit
    codes of that refusal where they are not those of the whole group."""
    accepts: bool = True
    text: str = ""
    because: str = ""
    codes: frozenset = frozenset()


OK = Expect()


def accepts(because):
    return Expect(because=because)


def refuses(text="", because="", codes=()):
    return Expect(False, text, because, frozenset(codes))


@dataclass
class Answer:
    code: int
    out: str
    err: str

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise Disagreement(f"no JSON on stdout: {self.out[:200]!r}") from None

    def said(self):
        """The error of an oracle, else stderr, else stdout."""
        try:
            text = json.loads(self.out)["error"]
        except (ValueError, KeyError, TypeError):
            text = self.err.strip() or self.out.strip()
        return " ".join(text.split()) or "(nothing)"


@dataclass
class Peer:
    """A program; `missing` says why it cannot run, empty when it can."""
    name: str
    command: list
    missing: str = ""
    optional: bool = False

    def run(self, *arguments):
        return self.run_in(None, *arguments)

    def run_in(self, folder, *arguments):
        if self.missing:
            raise Missing(f"{self.name}: {self.missing}", self.optional)
        words = [str(word) for word in (*self.command, *arguments)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, errors="replace",
                                  stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_S, check=False, cwd=folder)
        except subprocess.TimeoutExpired:
            raise Disagreement(f"{self.name} does not end: {' '.join(words)}") from None
        return Answer(done.returncode, done.stdout, done.stderr)

    def expect(self, expected, *arguments):
        """Runs and checks; returns the answer."""
        return check(self.name, self.run(*arguments), expected, accepting={0}, refusing={1})


def check(name, answer, expected, accepting, refusing):
    if expected.accepts and answer.code not in accepting:
        raise Disagreement(f"{name} refuses (exit {answer.code}): {answer.said()}")
    if not expected.accepts:
        if answer.code in accepting:
            raise Disagreement(f"{name} accepts what it is to refuse ({expected.because or expected.text})")
        if answer.code not in (expected.codes or refusing):
            raise Disagreement(f"{name} fails by accident (exit {answer.code}): {answer.said()}")
        if expected.text not in answer.said():
            raise Disagreement(f"{name} refuses for another reason than {expected.text!r}: {answer.said()}")
    return answer


class Assay:
    """The program under test, called through contract.py."""

    def __init__(self, path):
        self.path = path
        self.peer = Peer("assay", [path], "" if os.access(path, os.X_OK) else f"no program at {path}")
        self.groups = {}  # name -> does it exist

    def has(self, group):
        if group not in self.groups:
            command, flag = contract.PROBES[group]
            answer = self.peer.run(*command)
            self.groups[group] = answer.code == 0 and flag in answer.out
        return self.groups[group]

    def as_program(self, personality):
        """The program that it is under another name."""
        return Peer(f"assay as {personality}", [self.path, "as", personality], self.peer.missing)

    def expect_group(self, group):
        """A group exists, or its absence is announced."""
        if self.has(group) and group in contract.NOT_YET:
            raise Disagreement(f"{group} exists now: take it out of NOT_YET in contract.py")
        if not self.has(group):
            if group in contract.NOT_YET:
                raise Missing("it is being written", optional=True)
            raise Disagreement(f"`assay {' '.join(contract.PROBES[group][0])}` does not answer")

    def expect(self, expected, call):
        group, arguments = call
        if self.peer.missing or not self.has(group):  # expect_group() has the say about that
            raise Missing(self.peer.missing or f"assay has no {group}", optional=True)
        return check(f"assay {group}", self.peer.run(*arguments), expected,
                     contract.accepting_codes(group), contract.refusing_codes(group))


@dataclass
class Bench:
    """What a case works with: the peers, the vectors, and a folder to write in."""
    vectors: Path
    work: Path
    assay: Assay
    peers: dict = field(default_factory=dict)
    files: int = 0

    def __post_init__(self):
        cache = peers_cache()
        for year in ("2024", "2026"):
            self.peers["ref" + year] = installed(f"reference libraries of {year}", cache / f"bin/oracle-{year}")
        python = installed("python libraries", cache / "venv/bin/python")
        self.peers["python"] = Peer(python.name, [*python.command, str(HERE / "oracle.py")], python.missing)
        self.peers["jose"] = on_path("jose", optional=False)
        for program in ("evcli", "arc", "cocli", "pocli"):
            self.peers[program] = on_path(program, optional=True)

    def __getitem__(self, name):
        return self.peers[name]

    def vector(self, name):
        path = self.vectors / name
        if not path.exists():
            raise Missing(f"no vector {name} in {self.vectors}")
        return path

    def new(self, suffix):
        """A path in the work folder that nobody has used."""
        self.files += 1
        return self.work / f"{self.files}.{suffix}"

    def write(self, content, suffix):
        path = self.new(suffix)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path


def peers_cache():
    """The same rule as peers.sh."""
    if os.environ.get("ASSAY_PEERS_CACHE"):
        return Path(os.environ["ASSAY_PEERS_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "assay/peers"


def installed(name, path):
    return Peer(name, [str(path)], "" if os.access(path, os.X_OK) else "not installed: run tests/interop/peers.sh")


def on_path(program, optional):
    """A program from ASSAY_PEERS (a folder) or PATH."""
    folders = os.pathsep.join(filter(None, [os.environ.get("ASSAY_PEERS"), os.environ.get("PATH")]))
    path = shutil.which(program, path=folders)
    return Peer(program, [path or program], "" if path else "not in ASSAY_PEERS or PATH", optional)
