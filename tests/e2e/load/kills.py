#!/usr/bin/env python3
"""`kill -9` while endorsements are submitted and evidence is judged: after the restart everything that was acknowledged is there, nothing is
there by half, and no nonce is accepted twice.

kills.py PROGRAM [LIVES [SEED]]
"""
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

from served import CORIM, PSA, SUBMIT, TEMPLATE, TEMPLATE_ID, TOKEN, Service, check, corim

PROGRAM = os.path.abspath(sys.argv[1])
LIVES = int(sys.argv[2]) if len(sys.argv) > 2 else 50
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else int.from_bytes(os.urandom(4), "big")


class Life:
    """One life of the service, under load until its end."""

    def __init__(self, service, seconds):
        self.service = service
        self.acknowledged, self.sent, self.odd = {}, {}, []
        self.sessions = []  # whose evidence was sent, answered or not
        self.verdicts = 0
        threads = [threading.Thread(target=self.guarded, args=(work,)) for work in [self.provision] * 3 + [self.verify] * 3]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        service.kill()
        for thread in threads:
            thread.join()

    def guarded(self, work):
        try:
            wire = self.service.wire()
            while True:
                work(wire)
        except OSError:
            pass  # it is dead

    # Not as many as it can take: each start reads them all.
    def provision(self, wire):
        time.sleep(random.uniform(0, 0.04))
        name, content = corim()
        self.sent[name] = content
        got = wire.ask("POST", SUBMIT, content, Content_Type=CORIM)
        if got.status == 200 and got.json()["status"] == "success":
            self.acknowledged[name] = content
        else:
            self.odd.append(got.body)

    def verify(self, wire):
        session = wire.session()
        self.sessions.append(session)
        got = wire.ask("POST", session, TOKEN, Content_Type=PSA)
        if got.status == 200 and got.verdict() == "affirming":
            self.verdicts += 1
        else:
            self.odd.append(got.body)


class Ledger:
    """What the lives so far have left, and what must be true of it."""

    def __init__(self):
        self.acknowledged, self.sent, self.sessions, self.fresh = set(), {}, [], []
        self.verdicts = self.refused = 0

    def enter(self, life):
        if life.odd:
            check(False, f"an answer that is none: {life.odd[0]}")
        self.acknowledged |= set(life.acknowledged)
        self.sent |= life.sent
        self.verdicts += life.verdicts
        self.sessions, self.fresh = life.sessions[-8:], list(life.sent)[-4:]

    def compare(self, service, number):
        stored = service.stored()
        lost = self.acknowledged - stored
        strange = {name for name in stored if name not in self.sent} - {TEMPLATE_ID}
        if lost or strange:
            check(False, f"life {number}: {len(lost)} of {len(self.acknowledged)} are lost, {strange} were never sent")
        wire = service.wire()
        for session in self.sessions:
            again = wire.ask("POST", session, TOKEN, Content_Type=PSA)
            self.refused += 1
            if again.status not in (404, 409):
                check(False, f"life {number}: a nonce is accepted again: {again.status}")
        # What nobody acknowledged is there whole, or not at all: the same bytes are no conflict.
        for name in self.fresh:
            if wire.ask("POST", SUBMIT, self.sent[name], Content_Type=CORIM).json()["status"] != "success":
                check(False, f"life {number}: {name} is there by half")
            self.acknowledged.add(name)


def main():
    pick = random.Random(SEED)
    ledger = Ledger()
    with tempfile.TemporaryDirectory() as folder:
        store, key = os.path.join(folder, "store.sqlite"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True, capture_output=True)
        os.chmod(key, 0o600)
        service = Service(PROGRAM, store, key)
        check(service.ask("POST", SUBMIT, TEMPLATE, Content_Type=CORIM).json()["status"] == "success", "endorsements are there")
        for number in range(LIVES):
            ledger.enter(Life(service, pick.uniform(0.005, 0.25)))
            service = Service(PROGRAM, store, key)
            ledger.compare(service, number)
        service.stop()
        check(True, f"killed {LIVES} times under load (seed {SEED}): all of {len(ledger.acknowledged)} submissions are there; {ledger.verdicts} verdicts, {ledger.refused} nonces of before refused")
        whole = subprocess.run([PROGRAM, "store", "check", "--store", store], capture_output=True, text=True)
        check(whole.returncode == 0, f"the store is whole: {whole.stdout.strip()}{whole.stderr}")


main()
