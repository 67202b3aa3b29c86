#!/usr/bin/env python3
"""Two replicas of the service over one PostgreSQL: what one does the other knows, and nothing that was acknowledged is lost when a replica is
killed or the database restarts.

replicas.py PROGRAM [ROUNDS]     kills ROUNDS times (5)
"""
import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from cluster import Cluster

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(ROOT, "tests", "vectors", "veraison", "v0.0.2502")
PROGRAM = os.path.abspath(sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
PSA = 'application/eat-cwt; profile="http://arm.com/psa/2.0.0"'
CORIM = 'application/corim-unsigned+cbor; profile="http://arm.com/psa/iot/1"'
NONCE = "QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk="


def check(good, what):
    if not good:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok  {what}", flush=True)


def read(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


TOKEN = read("generated/evidence/psa.good.cbor")
TEMPLATE = read("generated/endorsements/corim-psa-full.cbor")


# A CoRIM like the template, under an id of its own.
def corim():
    own = uuid.uuid4()
    at = TEMPLATE.index(ID)
    return str(own), TEMPLATE[:at] + own.bytes + TEMPLATE[at + 16 :]


# What the database holds, whoever asks.
def stored(cluster):
    listed = subprocess.run([PROGRAM, "store", "list", "--store", cluster.url, "--json"], check=True, capture_output=True, text=True).stdout
    return {name.split("#")[0] for name in re.findall(r'"id": ?"([^"]*)"', listed)}


class Replica:
    def __init__(self, store, key):
        self.process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--at", "2025-06-01T00:00:00Z", "--store", store, "--ear-key", key, "--log-level", "error"], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[0].removeprefix("http://")

    # Nothing: the connection failed.
    def ask(self, method, path, body=b"", **headers):
        try:
            connection = http.client.HTTPConnection(self.address, timeout=30)
            connection.request(method, path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            return None

    def submit(self, content):
        answer = self.ask("POST", "/endorsement-provisioning/v1/submit", content, Content_Type=CORIM)
        return answer and (answer[0], answer[1].get("Retry-After"), json.loads(answer[2]).get("status"))

    def session(self):
        return "/challenge-response/v1/" + self.ask("POST", f"/challenge-response/v1/newSession?nonce={NONCE.replace('+', '-').replace('/', '_')}")[1]["Location"]

    def answer(self, session):
        return self.ask("POST", session, TOKEN, Content_Type=PSA)


def status_of(answer):
    payload = json.loads(answer[2])["result"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["submods"]["PSA_IOT"]["ear.status"]


def until(what, probe):
    end = time.time() + 20
    while time.time() < end:
        if probe():
            return check(True, what)
        time.sleep(0.02)
    return check(False, what)


# Submits CoRIMs until told to stop; what was acknowledged, and every answer that was neither that nor 503.
class Load:
    def __init__(self, replicas):
        self.acknowledged, self.odd, self.later, self.ended = set(), [], 0, False
        self.threads = [threading.Thread(target=self.run, args=(replica,)) for replica in replicas for _ in range(3)]
        for thread in self.threads:
            thread.start()

    def run(self, replica):
        while not self.ended and replica.process.poll() is None:
            name, content = corim()
            answer = replica.submit(content)
            if answer is None:
                continue
            status, retry, outcome = answer
            if status == 200 and outcome == "success":
                self.acknowledged.add(name)
            elif status == 503 and retry:
                self.later += 1
                time.sleep(0.02)
            else:
                self.odd.append(answer)

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join()


def main():
    cluster = Cluster()
    folder = tempfile.mkdtemp()
    key = os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True, capture_output=True)
    os.chmod(key, 0o600)
    replicas = []
    try:
        replicas = [Replica(cluster.url, key) for _ in range(2)]
        run(cluster, key, replicas)
    finally:
        for replica in replicas:
            replica.process.kill()
        cluster.end()


def run(cluster, key, replicas):
    first, second = replicas
    check(first.submit(TEMPLATE)[2] == "success", "one takes endorsements")
    until("the other judges by them", lambda: status_of(second.answer(second.session())) == "affirming")
    session = first.session()
    check(status_of(second.answer(session)) == "affirming", "a session of one is answered at the other")
    check(first.answer(session)[0] == 409, "and nowhere again")
    for _ in range(20):
        session, got = first.session(), []
        racers = [threading.Thread(target=lambda replica=replica: got.append(replica.answer(session)[0])) for replica in replicas * 2]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        if sorted(got) != [200, 409, 409, 409]:
            check(False, f"one of four answers counts: {got}")
    check(True, "of four answers at once, at both, one counts: 20 times")

    acknowledged = set()
    for _ in range(ROUNDS):
        load = Load(replicas)
        time.sleep(0.3)
        first.process.kill()
        first.process.wait()
        load.end()
        acknowledged |= load.acknowledged
        check(not load.odd, f"killed under load: {len(load.acknowledged)} acknowledged, {load.odd[:3]}")
        replicas[0] = first = Replica(cluster.url, key)
    check(acknowledged <= stored(cluster), f"all {len(acknowledged)} are there")

    load = Load(replicas)
    for how in ("crash", "fast", "crash"):
        time.sleep(0.3)
        cluster.stop(how)
        time.sleep(0.3)
        answers = [first.submit(corim()[1]), second.ask("POST", "/challenge-response/v1/newSession"), second.ask("GET", "/readyz")]
        check(answers[0][0] == 503 and answers[0][1] and answers[1][0] == 503 and answers[2][0] == 503, "without its database: 503, and when to come again")
        cluster.start()
        until("and works again when that is back", lambda: first.ask("GET", "/readyz")[0] == 200 and second.ask("GET", "/readyz")[0] == 200)
        time.sleep(0.3)
    load.end()
    check(not load.odd, f"the database restarted under load: {len(load.acknowledged)} acknowledged, {load.later} told to come again, others: {load.odd[:3]}")
    check(load.acknowledged <= stored(cluster), "and all that was acknowledged is there")
    until("evidence is judged as before", lambda: status_of(second.answer(first.session())) == "affirming")


ID = uuid.UUID("5c57e8f4-46cd-421b-91c9-08cf93e13cfc").bytes
if ID not in TEMPLATE:
    raise SystemExit("the CoRIM's id is another")
main()
