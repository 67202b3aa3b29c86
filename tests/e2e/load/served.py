"""What the load tests share: the service as a process, raw connections, and the evidence and endorsements of the vectors."""
import atexit
import base64
import json
import os
import re
import resource
import socket
import subprocess
import tempfile
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
VECTORS = os.path.join(ROOT, "tests", "vectors", "veraison", "v0.0.2502", "generated")
PSA = "application/psa-attestation-token"
CORIM = 'application/corim-unsigned+cbor; profile="http://arm.com/psa/iot/1"'
NONCE = "QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk="
NEW = "/challenge-response/v1/newSession"
SUBMIT = "/endorsement-provisioning/v1/submit"


def read(name):
    with open(os.path.join(VECTORS, name), "rb") as file:
        return file.read()


TOKEN = read("evidence/psa.good.cbor")
TEMPLATE = read("endorsements/corim-psa-mini.cbor")
TEMPLATE_ID = "5c57e8f4-46cd-421b-91c9-08cf93e13cfc"


def corim():
    """A CoRIM like the template, under an id of its own."""
    own = uuid.uuid4()
    return str(own), TEMPLATE.replace(uuid.UUID(TEMPLATE_ID).bytes, own.bytes)


def check(good, what):
    if not good:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok  {what}", flush=True)


def raise_file_limit():
    """Returns how many files this process, and those it starts, may have open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def detail(self):
        return self.json().get("detail", "")

    def verdict(self):
        payload = self.json()["result"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["submods"]["PSA_IOT"]["ear.status"]


def request(method, path, body=b"", headers=None, close=False):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += ["Connection: close"] if close else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Wire:
    """A connection, without any manners of its own."""

    def __init__(self, address, timeout=20):
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()

    def is_closed_by_peer(self):
        try:
            return self.socket.recv(65536) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"closed after {self.received[:60]!r}")
        self.received += data

    def answer(self):
        """The next whole answer; ConnectionError where there is none."""
        while b"\r\n\r\n" not in self.received:
            self._more()
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", 0))
        while len(self.received) < size:
            self._more()
        body, self.received = self.received[:size], self.received[size:]
        return Answer(int(lines[0].split()[1]), headers, body)

    def ask(self, method, path, body=b"", **headers):
        self.send(request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}))
        return self.answer()

    def session(self):
        """The path of a new session whose nonce is that of the evidence."""
        opened = self.ask("POST", f"{NEW}?nonce={NONCE.replace('+', '-').replace('/', '_')}")
        return "/challenge-response/v1/" + opened.headers["location"] if opened.status == 201 else None


class Service:
    running = []  # ended with the test, however that ends

    def __init__(self, program, store="memory:", key=None):
        self.folder = tempfile.TemporaryDirectory()
        if key is None:
            key = os.path.join(self.folder.name, "key.pem")
            subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True, capture_output=True)
            os.chmod(key, 0o600)
        # Endorsements of that release ended with 2025.
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--at", "2025-06-01T00:00:00Z", "--store", store, "--ear-key", key, "--log-level", "error"], stdout=subprocess.PIPE, text=True)
        Service.running.append(self.process)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("FAILED: the service did not start")
        host, port = line.split()[0].removeprefix("http://").split(":")
        self.address = (host, int(port))

    def wire(self, timeout=20):
        return Wire(self.address, timeout)

    def ask(self, method, path, body=b"", **headers):
        wire = self.wire()
        try:
            return wire.ask(method, path, body, **headers)
        finally:
            wire.close()

    def is_well(self):
        return self.ask("GET", "/healthz").status == 200

    def memory(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def figure(self, name):
        text = self.ask("GET", "/metrics").body.decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))

    def stored(self):
        return {one["id"].split("#")[0] for one in self.ask("GET", "/assay/v1/store").json()["corims"]}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(20)
        if status != 0:
            raise SystemExit(f"FAILED: the service ended with {status}")


atexit.register(lambda: [process.kill() for process in Service.running])
