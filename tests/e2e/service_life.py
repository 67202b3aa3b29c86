#!/usr/bin/env python3
"""The life of a service: first start without any configuration, restart, rotation of its key, what it refuses, its end.

service_life.py PROGRAM
"""
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(ROOT, "tests", "vectors", "veraison", "v0.0.2502")
PROGRAM = os.path.abspath(sys.argv[1])
PSA = 'application/eat-cwt; profile="http://arm.com/psa/2.0.0"'


def check(good, what):
    if not good:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok  {what}")


class Service:
    def __init__(self, home, *arguments):
        environment = {"HOME": home, "PATH": os.environ["PATH"]}
        self.process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--at", "2025-06-01T00:00:00Z", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.url = self.process.stdout.readline().split()[0]

    def ask(self, method, path, body=None, **headers):
        request = urllib.request.Request(self.url + path, data=body, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def result(self):
        token = read("generated/evidence/psa.good.cbor")
        nonce = "QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk="
        _, headers, _ = self.ask("POST", f"/challenge-response/v1/newSession?nonce={nonce.replace('+', '-').replace('/', '_')}", b"")
        status, _, body = self.ask("POST", "/challenge-response/v1/" + headers["Location"], token, Content_Type=PSA)
        check(status == 200, "evidence is judged")
        return json.loads(body)["result"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=20)
        check(self.process.returncode == 0, "SIGTERM ends it with status 0")
        return err


def read(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


def part(jwt, index):
    text = jwt.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def fails(status, says, *arguments):
    done = subprocess.run([PROGRAM, "serve", *arguments], capture_output=True, text=True, timeout=20)
    check(done.returncode == status and says in done.stderr, f"{' '.join(arguments)[-60:]}: {done.stderr.strip()[:150]}")


def live(home):
    state = os.path.join(home, ".local", "state", "assay")
    service = Service(home)
    check(service.ask("GET", "/readyz")[0] == 200, "ready without any configuration")
    check(os.path.exists(os.path.join(state, "store.sqlite")), "the store is below the state folder")
    check(oct(os.stat(state).st_mode & 0o777) == "0o700", "which is the user's own")
    taken = service.ask("POST", "/endorsement-provisioning/v1/submit", read("generated/endorsements/corim-psa-full.cbor"), Content_Type='application/corim-unsigned+cbor; profile="http://arm.com/psa/iot/1"')
    check(json.loads(taken[2])["status"] == "success", "endorsements are taken")
    first = service.result()
    check(part(first, 0) == {"alg": "ES256", "typ": "JWT"}, "the result's header is what clients compare")
    check(part(first, 1)["submods"]["PSA_IOT"]["ear.status"] == "affirming", "affirming")
    log = service.stop()
    check("store.sqlite" in log and "keys" in log, "the log says where everything is")

    service = Service(home)
    check(part(service.result(), 1)["submods"]["PSA_IOT"]["ear.status"] == "affirming", "endorsements survive a restart")
    rotated = subprocess.run([PROGRAM, "serve", "--rotate-key"], capture_output=True, text=True, env={"HOME": home})
    kid = rotated.stdout.strip()
    check(rotated.returncode == 0 and kid, "the key is rotated: " + rotated.stderr)
    service.process.send_signal(signal.SIGHUP)
    for _ in range(100):
        header = part(service.result(), 0)
        if "kid" in header:
            break
        time.sleep(0.05)
    check(header.get("kid") == kid, "after SIGHUP the new key signs, and is named")
    keys = json.loads(service.ask("GET", "/.well-known/jwks.json")[2])["keys"]
    check(len(keys) == 2 and keys[0]["kid"] == kid, "the old key is still in the JWK set")
    jwks, jwt = os.path.join(home, "jwks.json"), os.path.join(home, "first.jwt")
    with open(jwks, "w", encoding="utf-8") as file:
        json.dump(keys[1], file)
    with open(jwt, "w", encoding="utf-8") as file:
        file.write(first)
    check(subprocess.run([PROGRAM, "ear", "verify", jwt, "--key", jwks], capture_output=True).returncode == 0, "and verifies what it signed")
    port = service.url.rsplit(":", 1)[1]
    fails(5, "cannot listen", "--listen", f"127.0.0.1:{port}", "--store", "memory:")
    service.stop()


def refuse(home):
    os.environ["HOME"] = home
    fails(5, "without TLS", "--listen", "0.0.0.0:0")
    fails(2, "ADDRESS:PORT", "--listen", "localhost")
    fails(5, "/nonexistent/key.pem", "--ear-key", "/nonexistent/key.pem")
    fails(5, "nonexistent", "--store", "/nonexistent/store.sqlite")
    config = os.path.join(home, "config.yaml")
    for text, says in (("lisen: 1\n", "unexpected directives: lisen"), ("auth: {backend: basic}\n", "auth"), ("auth: {backend: basic, users: {a: {password: plain, roles: manager}}}\n", "bcrypt")):
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        fails(5, says, "--config", config)
    broken = os.path.join(home, "broken.sqlite")
    with open(broken, "wb") as file:
        file.write(b"SQLite format 3\0" + b"\xff" * 4000)
    before = open(broken, "rb").read()
    fails(5, "broken.sqlite", "--store", broken)
    check(open(broken, "rb").read() == before, "a damaged store is left as it is")


def main():
    with tempfile.TemporaryDirectory() as home:
        live(home)
    with tempfile.TemporaryDirectory() as home:
        refuse(home)


main()
