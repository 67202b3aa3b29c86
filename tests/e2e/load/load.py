#!/usr/bin/env python3
"""The service under load and bad input: what is wrong gets the answer that is documented, costs little, leaves nothing behind, and nobody
else notices.

load.py PROGRAM [SEED]
"""
import os
import random
import socket
import struct
import sys
import threading
import time
import uuid

from served import CORIM, NEW, NONCE, PSA, SUBMIT, TEMPLATE, TOKEN, Service, check, raise_file_limit, request

PROGRAM = os.path.abspath(sys.argv[1])
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big")
MIB = 1024 * 1024
SESSION = "/challenge-response/v1/session/"


# --- Requests that are wrong, each in its way: what is sent, the status, and part of what is said ---


def bad_requests(pick):
    other = str(uuid.UUID(int=pick.getrandbits(128), version=4))
    garbage = pick.randbytes(pick.randrange(1, 3000))
    evil = pick.choice(["%00", "../../etc/passwd", "x" * 2000, "%ff%fe", "{" + other, "💥".encode().decode("latin-1")])
    return [
        (request(pick.choice(["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"]), NEW), 404, "404 page not found"),
        (request(pick.choice(["PUT", "PATCH", "OPTIONS"]), SESSION + other, garbage), 404, "404 page not found"),
        (request("POST", pick.choice(["/", "/challenge-response/v2/newSession", NEW + "/", SESSION + other + "/x"])), 404, "404 page not found"),
        (request("GET", pick.choice(["/.well-known/veraison/nothing", "/healthz/", "/metricsx", "//"])), 404, "404 page not found"),
        (request("POST", NEW + "?nonce=%21%21%21"), 400, "nonce must be valid base64"),
        (request("POST", NEW + "?nonce=" + "QUFB" * pick.choice([1, 2, 22, 700])), 400, "nonce must be between 8 and 64 bytes long"),
        (request("POST", NEW + "?nonceSize=" + pick.choice(["7", "65", "-1", "1e3", "999999999999", "0x20"])), 400, "nonceSize must be in range 8..64"),
        (request("POST", NEW + f"?nonceSize=32&nonce={NONCE}"), 400, "mutually exclusive"),
        (request("POST", NEW, headers={"Accept": pick.choice(["text/html", "image/*", "application/jwt;q=1"])}), 406, "the only supported output format"),
        (request("GET", SESSION + other), 404, "session not found"),
        (request("POST", SESSION + other, TOKEN, {"Content-Type": PSA}), 404, "session not found"),
        (request(pick.choice(["GET", "DELETE"]), SESSION + evil.replace("/", "%2f")), 400, "invalid session id"),
        (request("POST", SESSION + other, b"", {"Content-Type": PSA}), 400, "unable to read evidence"),
        (request("POST", SESSION + other, garbage, {"Content-Type": "application/x-nobodys"}), 415, "no active plugin found"),
        (request("POST", SESSION + other, garbage, {"Content-Type": pick.choice(["", "/", "a", "a/b;;c", "a/b; c"])}), 400, "could not check media type"),
        (request("POST", SUBMIT, garbage, {"Content-Type": "application/x-nobodys"}), 415, "no active plugin found"),
        (request("POST", SUBMIT, garbage, {"Content-Type": CORIM}), 200, '"status":"failed"'),
        (request("POST", SUBMIT, TEMPLATE[: pick.randrange(1, len(TEMPLATE))], {"Content-Type": CORIM}), 200, '"status":"failed"'),
    ]


# Those after which the connection is closed.
def broken_requests(pick):
    head = f"POST {SESSION}{uuid.uuid4()} HTTP/1.1\r\nHost: h\r\nContent-Type: {PSA}\r\n"
    return [
        ((head + f"Content-Length: {MIB + 1}\r\n\r\n").encode(), 413),
        ((head + "Content-Length: 99999999999999999999999\r\n\r\n").encode(), 400),
        ((head + "Content-Length: -5\r\n\r\n").encode(), 400),
        ((head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n").encode(), 400),
        ((head + "Transfer-Encoding: chunked\r\n\r\nnothing\r\n").encode(), 400),
        (f"POST {SUBMIT} HTTP/1.1\r\nHost: h\r\nContent-Type: {CORIM}\r\nContent-Length: {16 * MIB + 1}\r\n\r\n".encode(), 413),
        (f"GET /{'x' * 20000} HTTP/1.1\r\nHost: h\r\n\r\n".encode(), 431),
        ((head + f"X-Long: {'x' * 20000}\r\n\r\n").encode(), 431),
        (b"GET / HTTP/3.7\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nNo colon here\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + pick.randbytes(60) + b"\r\n\r\n", 400),
        (pick.choice([b"nonsense\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n"]), 400),
    ]


class Worker(threading.Thread):
    """Good and bad requests in random order; what is not as it should be is kept."""

    def __init__(self, service, seed, steps):
        super().__init__()
        self.service, self.pick, self.steps = service, random.Random(seed), steps
        self.wrong, self.flows, self.bad, self.left = [], 0, 0, 0

    def run(self):
        try:
            wire = self.service.wire()
            for _ in range(self.steps):
                kind = self.pick.random()
                if kind < 0.3:
                    self.flow(wire)
                elif kind < 0.9:
                    self.refused(wire)
                else:
                    self.broken()
        except Exception as problem:  # pylint: disable=broad-except
            self.wrong.append(repr(problem))

    def expect(self, good, what):
        if not good:
            self.wrong.append(what)

    def flow(self, wire):
        self.flows += 1
        session = wire.session()
        answered = wire.ask("POST", session, TOKEN, Content_Type=PSA)
        self.expect(answered.status == 200 and answered.verdict() == "affirming", f"a good flow: {answered.status} {answered.body[:300]}")
        again = wire.ask("POST", session, TOKEN, Content_Type=PSA)
        self.expect(again.status == 409, f"a nonce used twice: {again.status}")
        if self.pick.random() < 0.9:
            self.expect([wire.ask("DELETE", session).status for _ in range(2)] == [204, 204], "deletion, twice")
            self.expect(wire.ask("GET", session).status == 404, "a session is there after its deletion")
        else:
            self.left += 1
        other = wire.ask("POST", f"{NEW}?nonceSize=32")
        forged = wire.ask("POST", "/challenge-response/v1/" + other.headers["location"], TOKEN, Content_Type=PSA)
        self.expect(forged.status == 200 and b"complete" in forged.body and "affirming" not in forged.body.decode(), f"evidence for another nonce: {forged.status}")
        self.left += 1

    def refused(self, wire):
        self.bad += 1
        sent, status, said = self.pick.choice(bad_requests(self.pick))
        wire.send(sent)
        got = wire.answer()
        self.expect(got.status == status and said in got.body.decode("utf-8", "replace"), f"{sent[:150]!r}: {got.status} {got.body[:300]!r} instead of {status} {said}")

    def broken(self):
        self.bad += 1
        sent, status = self.pick.choice(broken_requests(self.pick))
        wire = self.service.wire()
        wire.send(sent)
        got = wire.answer()
        self.expect(got.status == status and got.headers.get("content-type") == "application/problem+json", f"{sent[:150]!r}: {got.status} instead of {status}")
        self.expect(wire.is_closed_by_peer(), f"{sent[:150]!r}: the connection stays")
        wire.close()


def mixed(service):
    before = service.stored()
    open_before = service.figure("assay_sessions_open")
    workers = [Worker(service, SEED + i, 250) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wrong = [text for worker in workers for text in worker.wrong]
    flows, bad = sum(worker.flows for worker in workers), sum(worker.bad for worker in workers)
    check(not wrong, f"{flows} flows and {bad} bad requests in random order (seed {SEED}): {sorted(set(wrong), key=len)[:8]}")
    check(service.stored() == before, "bad submissions store nothing")
    left = service.figure("assay_sessions_open") - open_before
    check(left == sum(worker.left for worker in workers), f"bad requests open no session: {left:.0f}")


# --- Connections that are no requests ---


def slow_ones(service):
    """Half heads, half bodies, nothing at all; returns them."""
    waiting = []
    for i in range(500):
        wire = service.wire(timeout=0.2)
        if i % 3 == 0:
            wire.send(b"POST /challenge-response/v1/newSession HTTP/1.1\r\nHost: h\r\nX-S")
        elif i % 3 == 1:
            wire.send(f"POST {SESSION}{uuid.uuid4()} HTTP/1.1\r\nHost: h\r\nContent-Type: {PSA}\r\nContent-Length: 500\r\n\r\nhalf".encode())
        waiting.append(wire)
    begin = time.time()
    wire = service.wire()
    for _ in range(20):
        session = wire.session()
        check_quietly(wire.ask("POST", session, TOKEN, Content_Type=PSA).verdict() == "affirming", "a flow among slow clients")
        wire.ask("DELETE", session)
    check(time.time() - begin < 5, f"500 half requests: 20 flows of others in {time.time() - begin:.2f} s")
    return waiting


def check_quietly(good, what):
    if not good:
        check(False, what)


# One byte now and then does not help: the head has its time as a whole.
def dribble(wire, stop):
    try:
        for _ in range(40):
            if stop.wait(0.5):
                return
            wire.send(b"x")
    except OSError:
        pass


def they_are_gone(waiting, since):
    time.sleep(max(0, since + 12 - time.time()))
    # Half bodies have 30 s.
    left = [i for i, wire in enumerate(waiting) if i % 3 != 1 and not wire.is_closed_by_peer()]
    for wire in waiting:
        wire.close()
    check(not left, f"those without a head were closed after 10 s: {len(left)} are left")


def idle_ones(service, count):
    for _ in range(3):
        check_quietly(service.is_well(), "healthz")
    before = service.memory()
    begin = time.time()
    sockets = []
    for _ in range(count):
        one = socket.socket()
        one.connect(service.address)
        sockets.append(one)
    # Half of them have asked something before.
    for one in sockets[::2]:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    for one in sockets[::2]:
        check_quietly(one.recv(1000).startswith(b"HTTP/1.1 200"), "an answer among idle connections")
    each = (service.memory() - before) / count
    asked = time.time()
    wire = service.wire()
    check_quietly(wire.ask("GET", "/healthz").status == 200, "healthz among idle connections")
    waited = time.time() - asked
    check(service.files() >= count or time.time() - begin > 10, f"{count} idle connections are open at once")
    check(each <= 20000, f"an idle connection takes {each:.0f} bytes")
    check(waited < 1, f"and others are served: {1000 * waited:.0f} ms")
    for one in sockets:
        one.close()
    return before


def until(what, probe, seconds=15):
    end = time.time() + seconds
    while time.time() < end:
        if probe():
            return check(True, what)
        time.sleep(0.05)
    return check(False, what)


def churn(service):
    files = service.files()
    for i in range(3000):
        wire = service.wire()
        if i % 3 == 0:
            check_quietly(wire.ask("GET", "/healthz").status == 200, "healthz")
        if i % 3 == 1:  # reset instead of closed
            wire.send(b"GET /healthz HTTP/1.1\r\n")
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.close()
    until(f"3000 connections came and went, and left no descriptor behind ({files})", lambda: service.files() <= files)


def pipelined(service):
    wire = service.wire()
    paths = ["/healthz", NEW, "/nowhere", "/.well-known/veraison/verification"]
    wire.send(b"".join(request("POST" if i % 4 == 1 else "GET", paths[i % 4], headers={"X-Request-Id": f"n{i}"}) for i in range(400)))
    got = [wire.answer() for _ in range(400)]
    check([one.headers["x-request-id"] for one in got] == [f"n{i}" for i in range(400)] and [one.status for one in got] == [200, 201, 404, 200] * 100, "400 requests sent at once are answered in their order")
    wire.send(request("GET", "/healthz") + request("POST", SESSION + str(uuid.uuid4()), b"x" * 100000, {"Content-Type": PSA}) + request("GET", "/healthz", close=True))
    check([wire.answer().status for _ in range(3)] == [200, 404, 200] and wire.is_closed_by_peer(), "also behind a large body, and until one says it is the last")


# --- Sessions ---


def many_sessions(service):
    wire = service.wire()
    sessions = [wire.session() for _ in range(1000)]
    random.Random(SEED).shuffle(sessions)
    check(all(wire.ask("POST", session, TOKEN, Content_Type=PSA).verdict() == "affirming" for session in sessions), "1000 sessions are open, and each is answered")
    check(all(wire.ask("DELETE", session).status == 204 for session in sessions), "and deleted")


def session_limit():
    service = Service(PROGRAM)
    wire = service.wire()
    opened, first, statuses = 0, None, {}
    while opened < 100200:
        wire.send(request("POST", NEW + "?nonceSize=8", headers={"X-Request-Id": "n"}) * 300)
        for _ in range(300):
            got = wire.answer()
            statuses[got.status] = statuses.get(got.status, 0) + 1
            if got.status == 201 and first is None:
                first = got.headers["location"]
            if got.status == 503:
                check_quietly(got.headers.get("retry-after") == "1", "503 without Retry-After")
        opened += 300
    check(set(statuses) == {201, 503} and statuses[201] == 100000, f"100 000 sessions, and no more: {statuses}")
    check(service.memory() < 200 * MIB, f"they take {service.memory() / MIB:.0f} MiB")
    check(wire.ask("DELETE", "/challenge-response/v1/" + first).status == 204 and wire.ask("POST", NEW).status == 201 and wire.ask("POST", NEW).status == 503, "where one goes, one can come")
    service.stop()


# --- The end ---


def stopped_under_load():
    service = Service(PROGRAM)
    service.ask("POST", SUBMIT, TEMPLATE, Content_Type=CORIM)
    problems, done = [], [0]

    def keep_asking():
        try:
            while True:
                wire = service.wire()
                session = wire.session()
                got = wire.ask("POST", session, TOKEN, Content_Type=PSA)
                if got.status != 200:
                    problems.append(got.status)
                done[0] += 1
        except ConnectionRefusedError:
            pass
        except (ConnectionError, OSError) as problem:
            # An answer comes whole or not at all.
            if "closed after" in str(problem) and "closed after b''" not in str(problem):
                problems.append(str(problem))

    threads = [threading.Thread(target=keep_asking) for _ in range(8)]
    for thread in threads:
        thread.start()
    idle = service.wire()
    time.sleep(0.7)
    begin = time.time()
    service.stop()
    took = time.time() - begin
    for thread in threads:
        thread.join()
    check(not problems and took < 3 and idle.is_closed_by_peer(), f"stopped under load in {took:.2f} s after {done[0]} verdicts: {problems[:3]}")


def main():
    files = raise_file_limit()
    service = Service(PROGRAM)
    check(service.ask("POST", SUBMIT, TEMPLATE, Content_Type=CORIM).json()["status"] == "success", "endorsements are there")
    slow_since = time.time()
    waiting = slow_ones(service)
    stop = threading.Event()
    dribbler = service.wire(timeout=0.2)
    dribbler.send(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    dribbling = threading.Thread(target=dribble, args=(dribbler, stop))
    dribbling.start()
    mixed(service)
    pipelined(service)
    many_sessions(service)
    they_are_gone(waiting, slow_since)
    check(dribbler.is_closed_by_peer(), "also one that sends a byte now and then")
    stop.set()
    dribbling.join()
    churn(service)
    before = idle_ones(service, min(10000, files - 500))
    until("memory comes back", lambda: service.memory() < before + 60 * MIB)
    until("and so do descriptors", lambda: service.files() < 100)
    check(service.is_well() and service.memory() < 160 * MIB, f"it is well, with {service.memory() / MIB:.0f} MiB")
    wire = service.wire()
    session = wire.session()
    check(wire.ask("POST", session, TOKEN, Content_Type=PSA).verdict() == "affirming", "and judges as before")
    service.stop()
    session_limit()
    stopped_under_load()


main()
