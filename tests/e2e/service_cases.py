#!/usr/bin/env python3
"""The integration tests of the reference, as data (tests/vectors/veraison/*/cases.json), against `assay serve`: a real process, over HTTP.

service_cases.py PROGRAM STORE [VERSION …]

STORE is memory:, sqlite (a new file for each case) or postgresql (a server of the test's own, emptied before each case). Every step is sent as it was, every
answer compared as the reference compares it; results are verified by the program itself. Exit status 0: all is as expected.
"""
import base64
import calendar
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from cluster import Cluster

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(ROOT, "tests", "vectors", "veraison")
# "veraison", as bcrypt has it.
PASSWORD_HASH = "$2b$04$abcdefghijklmnopqrstuustFhcqQTb98nMnNLwz3jA1Iqm6wJFwG"
CONFIG = """
listen: 127.0.0.1:0
store: "{store}"
ear-signer: {{alg: ES256, key: "{key}"}}
endorsements: {{ca-certs: {cas}, unsigned: true}}
auth:
  backend: basic
  users:
    veraison-provisioner: {{password: "{hash}", roles: provisioner}}
    veraison-manager: {{password: "{hash}", roles: manager}}
logging: {{level: error}}
rule: {rule}
"""
# Each release compared in its own way.
RULE = {"v0.0.2502": "assay", "v0.0.2608": "veraison-2026"}
# Endorsements of that release ended with 2025.
CLOCK = {"v0.0.2502": ["--at", "2025-06-01T00:00:00Z"]}
# What is refused here on purpose, and what is expected instead (docs/KNOWN-FAILURES.md): the quote of this evidence does not hold the nonce.
REPLAYED = "end-to-end[enacttrust-good"


# Nobody else may read a key that signs.
def own_key(folder):
    key = os.path.join(folder, "skey.jwk")
    shutil.copy(os.path.join(VECTORS, "v0.0.2502", "integration", "keys", "skey.jwk"), key)
    os.chmod(key, 0o600)
    return key


class Service:
    def __init__(self, program, version, store, folder):
        keys = os.path.join(VECTORS, version, "integration", "keys")
        ca = os.path.join(keys, "certs", "corimCA.crt")
        config = os.path.join(folder, "config.yaml")
        if store == "sqlite":
            store = "sqlite:" + os.path.join(folder, "store.sqlite")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(store=store, key=own_key(folder), cas=json.dumps([ca] if os.path.exists(ca) else []), hash=PASSWORD_HASH, rule=RULE[version]))
        self.process = subprocess.Popen([program, "serve", "--config", config, *CLOCK.get(version, [])], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().split()
        if not line:
            raise SystemExit("the service did not start")
        self.connection = http.client.HTTPConnection(line[0].removeprefix("http://"), timeout=30)
        if store.startswith("postgresql:"):
            self.send("DELETE", "/assay/v1/store", {"Authorization": basic("manager")}, b"")

    def send(self, method, path, headers, body):
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def stop(self):
        self.connection.close()
        self.process.terminate()
        if self.process.wait(20) != 0:
            raise SystemExit("the service did not end well")


def basic(role):
    return "Basic " + base64.b64encode(f"veraison-{role}:veraison".encode()).decode()


class Case:
    def __init__(self, program, version, case, folder):
        self.program, self.folder, self.case = program, folder, case
        self.base = os.path.join(VECTORS, version)
        self.saved = {}
        at = CLOCK.get(version)
        self.ahead = calendar.timegm(time.strptime(at[1], "%Y-%m-%dT%H:%M:%SZ")) - time.time() if at else 0
        self.wrong = []

    def now(self):
        return time.time() + self.ahead

    def file(self, name):
        with open(os.path.join(self.base, name), "rb") as file:
            return file.read()

    def data(self, name):
        return json.loads(self.file(name))

    def run(self, service):
        for number, step in enumerate(self.case["steps"]):
            path = re.sub(r"\{([a-z-]+)\}", lambda match: self.saved.get(match.group(1), "nothing-saved"), step["path"])
            headers = {"Authorization": basic(step["auth"])} if step.get("auth") else {}
            for field, name in (("content-type", "Content-Type"), ("accept", "Accept")):
                if step.get(field):
                    headers[name] = step[field]
            body = self.file(step["body-file"]) if step.get("body-file") else b""
            self.built = bool(step.get("body-built-from"))
            if self.built:
                body = self.build(step["body-built-from"])
            status, answer_headers, answer = service.send(step["method"], path, headers, body)
            self.at = f"step {number} {step['method']} {path}"
            self.check(step["expect"], status, answer_headers, answer)

    def expect(self, good, text):
        if not good:
            self.wrong.append(f"{self.at}: {text}")

    def check(self, expected, status, headers, body):
        self.expect(status == expected["status"], f"status {status} instead of {expected['status']}: {body[:400]!r}")
        if status != expected["status"]:
            return
        parsed = json.loads(body) if body.startswith((b"{", b"[")) else None
        for name, value in expected.get("json", {}).items():
            if name == "failure-reason":  # free text
                self.expect(bool(parsed.get(name)), "no failure-reason")
            else:
                self.expect(parsed.get(name) == value, f"{name}: {parsed.get(name)!r} instead of {value!r}")
        for name, as_what in expected.get("save-header", {}).items():
            self.saved[as_what] = headers[name]
        for name, as_what in expected.get("save-json", {}).items():
            self.saved[as_what] = parsed[name]
        if "policy" in expected:
            self.check_policy(expected["policy"], parsed)
        if "policy-list" in expected:
            active = sum(1 for policy in parsed if policy["active"])
            self.expect(active == expected["policy-list"]["active-count"], f"{active} active policies")
        if "ear" in expected:
            self.check_result(expected, parsed["result"])

    def check_policy(self, expected, policy):
        for name, value in expected.items():
            if name == "rules-equal-file":
                self.expect(policy["rules"].encode() == self.file(value), "other rules")
            elif name == "ctime-within-seconds":
                made = time.strptime(policy["ctime"][:19], "%Y-%m-%dT%H:%M:%S")
                age = self.now() - calendar.timegm(made)
                self.expect(-2 <= age <= value, f"ctime {policy['ctime']}")
            else:
                self.expect(policy[name] == value, f"{name}: {policy[name]!r} instead of {value!r}")

    def check_result(self, expected, jwt):
        version = os.path.basename(self.base)
        key = os.path.join(self.base, expected["ear-key"])
        verified = subprocess.run([self.program, "ear", "verify", "-", "--key", key, "--json"], input=jwt, capture_output=True, text=True)
        self.expect(verified.returncode in (0, 1), f"the result's signature: {verified.stderr}")
        payload = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        submods = claims["submods"]
        if self.case["name"].startswith(REPLAYED):
            self.expect(submods["TPM_ENACTTRUST"]["ear.veraison.policy-claims"]["problem"].startswith("integrity validation failed"), f"{submods}")
            return
        wanted = self.data(expected["ear"])
        self.expect(set(submods) == set(wanted), f"submods {sorted(submods)} instead of {sorted(wanted)}")
        nonce = self.saved.get("nonce")
        for name in set(submods) & set(wanted):
            for claim, value in wanted[name].items():
                text = json.dumps(value)
                if nonce and expected.get("ear-nonce-claim"):
                    value = self.with_nonce(name, expected["ear-nonce-claim"], claim, json.loads(text), nonce)
                got = submods[name].get(claim)
                if version == "v0.0.2608" and not self.built and claim == "ear.veraison.annotated-evidence":
                    value.pop("cca-realm-profile", None)  # the evidence of these vectors has no such claim
                self.expect(got == value, f"{name} {claim}:\n  got      {json.dumps(got, sort_keys=True)}\n  expected {json.dumps(value, sort_keys=True)}")
        if self.saved.get("policy-uuid") and "verify-challenge" in self.case["name"]:
            for name in submods:
                self.expect(submods[name]["ear.appraisal-policy-id"] == f"policy:ARM_CCA/{self.saved['policy-uuid']}", submods[name]["ear.appraisal-policy-id"])

    # The server's nonce stands in the annotated evidence where the expectation has another.
    @staticmethod
    def with_nonce(submod, target, claim, value, nonce):
        where, _, member = target.split(" -> ")[1].partition(".")
        if claim == "ear.veraison.annotated-evidence" and where == submod and member in value:
            value[member] = nonce
        return value

    # What an attester does: the server's nonce into the claims, where they have one, and signed.
    def build(self, how):
        claims = self.data(how["claims"])
        *path, last = how["set-nonce-claim"].split(" -> ")[0].split(".")
        at = claims
        for name in path:
            at = at[name]
        if last in at:
            at[last] = self.saved["nonce"]
        source, token = os.path.join(self.folder, "claims.json"), os.path.join(self.folder, "token.cbor")
        with open(source, "w", encoding="utf-8") as file:
            json.dump(claims, file)
        keys = {name: os.path.join(self.base, path) for name, path in how["keys"].items()}
        kind = ["cca", "create", "--iak", keys["iak"], "--rak", keys["rak"]] if "rak" in keys else ["psa", "create", "--key", keys["iak"]]
        made = subprocess.run([self.program, "as", "evcli", *kind, "--allow-invalid", "--claims", source, "--token", token], capture_output=True, text=True)
        if made.returncode != 0:
            raise SystemExit(f"evidence: {made.stdout}{made.stderr}")
        with open(token, "rb") as file:
            return file.read()


def main():
    program, store, *versions = sys.argv[1:]
    versions = versions or sorted(name for name in os.listdir(VECTORS) if os.path.exists(os.path.join(VECTORS, name, "cases.json")))
    program = os.path.abspath(program)
    cluster = Cluster() if store == "postgresql" else None
    try:
        return run_all(program, cluster.url if cluster else store, versions)
    finally:
        if cluster:
            cluster.end()


def run_all(program, store, versions):
    cases = steps = wrong = 0
    for version in versions:
        with open(os.path.join(VECTORS, version, "cases.json"), encoding="utf-8") as file:
            data = json.load(file)
        for one in data["cases"]:
            with tempfile.TemporaryDirectory() as folder:
                service = Service(program, version, store, folder)
                case = Case(program, version, one, folder)
                try:
                    case.run(service)
                finally:
                    service.stop()
            cases += 1
            steps += len(one["steps"])
            for text in case.wrong:
                wrong += 1
                print(f"FAILED {version} {one['name']}: {text}")
    print(f"{cases} cases, {steps} steps, store {store.split(':')[0]}: {wrong} differences")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
