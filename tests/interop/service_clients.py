"""The service under test, who talks to it, and who reads its results."""

import base64
import json
import os
import select
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from bench import OK, Disagreement, Missing, refuses
from exchange import REFERENCES

PSA, CCA = "psa", "cca"


@dataclass(frozen=True)
class Release:
    """A release of the reference whose endorsements, evidence and results are sent and expected."""
    name: str
    rule: str            # how it compares
    endorsements: dict   # kind -> [(file, media type)]
    at: str = ""         # when its endorsements were valid

    def file(self, bench, name):
        return bench.vector(f"veraison/{self.name}/{name}")

    def evidence(self, bench, name):
        return self.file(bench, f"generated/evidence/{name}.cbor")


class Service:
    """A running `assay serve`; ends with the `with`, and must end well."""

    def __init__(self, bench, release, **settings):
        if bench.assay.peer.missing or not bench.assay.has("serve"):
            raise Missing(bench.assay.peer.missing or "assay has no serve", optional=True)
        self.release, self.settings = release, {
            "listen": "127.0.0.1:0", "store": "memory:", "rule": release.rule, "endorsements": {"unsigned": True}} | settings
        config = bench.write(self.settings, "yaml")  # JSON is YAML
        self.log, self.state = bench.new("log"), bench.new("state")
        self.command = [bench.assay.path, "serve", "--config", config, *(["--at", release.at] if release.at else [])]

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=os.environ | {"XDG_STATE_HOME": str(self.state)})
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline().split() if ready else []
        if not line:
            self.process.kill()
            self.process.wait()
            raise Disagreement(f"the service does not start: {self.log.read_text()}")
        self.base = line[0]
        self.new_session = self.base + "/challenge-response/v1/newSession"
        self.submit = self.base + "/endorsement-provisioning/v1/submit"
        self.management = self.base + "/management/v1"
        self.discovery = self.base + "/.well-known/veraison/"
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        if code != 0 and kind is None:
            raise Disagreement(f"the service ends with {code}: {self.log.read_text()[-500:]}")


class Provider:
    """Who says who is who: gives the tokens of an OpenID provider to those who know the password. `users` has the claims of each."""

    def __init__(self, bench, key, users):
        self.bench, self.users, numbers = bench, users, json.loads(key.read_text())
        public = {name: numbers[name] for name in ("kty", "crv", "x", "y")}
        self.key = bench.write(public | {"d": numbers["d"]}, "jwk")
        self.jwks = bench.write({"keys": [public | {"kid": "one", "use": "sig", "alg": "ES256"}]}, "json")

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = provider.answer(self.headers.get("Authorization", ""), asked)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}/realms/veraison"
        self.tokens = {user: self.token_of(user, claims) for user, claims in self.users.items()}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, authorization, asked):
        """RFC 6749 §4.3; the client's own password may stand in the header or in the form."""
        form = {name: values[0] for name, values in asked.items()}
        in_header = authorization == "Basic " + to_text(b"assay-client:assay-secret")
        if not in_header and (form.get("client_id"), form.get("client_secret")) != ("assay-client", "assay-secret"):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") != "password" or form.get("username") not in self.users or form.get("password") != "of-the-provider":
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": self.tokens[form["username"]], "token_type": "Bearer", "expires_in": 300}

    def token_of(self, user, claims):
        now, token = int(time.time()), self.bench.new("jwt")
        claims = self.bench.write({"iss": self.issuer, "sub": user, "iat": now, "exp": now + 300} | claims, "json")
        self.bench["python"].expect(OK, "jws-sign", claims, self.key, "ES256", token, "--header", '{"typ":"JWT","kid":"one"}')
        return token.read_text().strip()

    def who(self, username, password="of-the-provider"):
        return {"username": username, "password": password, "token-url": self.issuer + "/token", "client-id": "assay-client", "client-secret": "assay-secret"}


# --- the clients --------------------------------------------------------------

class Library:
    """The reference's client library, through the oracle of one generation."""
    name, tool, program = "the client library", "", ""

    def __init__(self, bench, reference="ref2024"):
        self.bench, self.oracle = bench, bench[reference]

    def _call(self, expected, command, *arguments, who=()):
        answer = self.oracle.expect(expected, command, *arguments, *[word for name, value in dict(who).items() for word in ("--" + name, value)])
        if answer.err:
            raise Disagreement(f"{command}: the library complains: {answer.err}")
        return answer.json()

    def show_result(self, service, jwt):
        """Only programs show results."""

    def provision(self, expected, service, file, media_type, who=()):
        return self._call(expected, "provision", service.submit, file, media_type, who=who)

    def relying_party(self, expected, service, kind, token, who=()):
        return self._call(expected, f"verify-{kind}-as-relying-party", token, service.new_session, who=who).get("result")

    def attester(self, expected, service, kind, claims, keys, who=()):
        return self._call(expected, f"verify-{kind}-as-attester", claims, *keys, service.new_session, who=who).get("result")

    def create_policy(self, expected, service, scheme, rules, name, who=()):
        return self._call(expected, "policy-create", service.management, scheme, rules, "--name", name, who=who)

    def activate_policy(self, expected, service, scheme, uuid, who=()):
        return self._call(expected, "policy-activate", service.management, scheme, uuid, who=who)

    def deactivate_policies(self, expected, service, scheme, who=()):
        return self._call(expected, "policy-deactivate", service.management, scheme, who=who)

    def active_policy(self, expected, service, scheme, who=()):
        return self._call(expected, "policy-active", service.management, scheme, who=who)

    def policy(self, expected, service, scheme, uuid, who=()):
        return self._call(expected, "policy-get", service.management, scheme, uuid, who=who)

    def policies(self, expected, service, scheme, name="", who=()):
        return self._call(expected, "policy-list", service.management, scheme, "--name", name, who=who)

    def schemes(self, expected, service, who=()):
        return self._call(expected, "schemes", service.management, who=who)


class Programs(Library):
    """evcli, cocli and pocli: assay under these names, or the originals. What is not there the library does in its place: a flow is
    about one program (`tool`)."""

    def __init__(self, bench, tool, programs):
        super().__init__(bench)
        self.tool, self.programs = tool, programs
        self.name = programs[tool].name + ("" if programs[tool].name.startswith("assay") else " (the original program)")

    def _run(self, expected, tool, *words, who=()):
        """The answer; None: the program is not there."""
        program = self.programs[tool]
        if program.missing:
            if tool == self.tool:
                raise Missing(f"{tool}: {program.missing}", optional=True)
            return None
        return program.expect(expected, *words, *self._who(tool, dict(who)))

    @staticmethod
    def _who(tool, who):
        words = ["--auth", "oauth2" if "token-url" in who else "basic"] if "username" in who else []
        for name in ("username", "password", "token-url", "client-id", "client-secret", "ca-cert"):
            words += ["--" + name, who[name]] if name in who else []
        if tool == "pocli" and ("ca-cert" in who or who.get("tls")):
            words.append("--tls")
        return words + (["--insecure"] if who.get("insecure") else [])

    def show_result(self, service, jwt):
        key = self._call(OK, "discover", service.discovery + "verification")["ear-verification-key"]
        token, file = self.bench.write(jwt.encode(), "jwt"), self.bench.write(key, "jwk")
        arc = self.programs["arc"]
        if not arc.missing and "affirming" not in arc.expect(OK, "verify", token, "-p", file, "-a", key["alg"]).out:
            raise Disagreement(f"{arc.name} does not say that it is affirming")

    def provision(self, expected, service, file, media_type, who=()):
        answer = self._run(expected, "cocli", "corim", "submit", "--corim-file", file, "--api-server", service.submit,
                           "--media-type", media_type, who=who)
        return super().provision(expected, service, file, media_type, who) if answer is None else answer.out

    def _evcli(self, expected, service, who, *words):
        """The settings stand in a file: of the original's four commands that talk to a service, one knows its own flags for them."""
        settings = {"api_server": service.new_session, "ca_cert": [who["ca-cert"]] if "ca-cert" in who else [], "insecure": "insecure" in who}
        return self._run(expected, "evcli", "--config", self.bench.write(settings, "yaml"), *words)

    def relying_party(self, expected, service, kind, token, who=()):
        answer = self._evcli(expected, service, who, kind, "verify-as", "relying-party", "--token", token)
        return super().relying_party(expected, service, kind, token, who) if answer is None else result_in(answer)

    def attester(self, expected, service, kind, claims, keys, who=()):
        key_words = [word for flag, key in zip(("-k",) if kind == PSA else ("-p", "-r"), keys) for word in (flag, key)]
        answer = self._evcli(expected, service, who, kind, "verify-as", "attester", "-c", claims, *key_words)
        return super().attester(expected, service, kind, claims, keys, who) if answer is None else result_in(answer)

    def _pocli(self, expected, service, who, *words):
        host = urlsplit(service.base)
        return self._run(expected, "pocli", "--host", host.hostname, "--port", host.port, *words,
                         who=dict(who) | {"tls": host.scheme == "https"})

    def create_policy(self, expected, service, scheme, rules, name, who=()):
        answer = self._pocli(expected, service, who, "create", scheme, rules, "--name", name, "--dont-activate")
        return super().create_policy(expected, service, scheme, rules, name, who) if answer is None else object_in(answer, "{")

    def activate_policy(self, expected, service, scheme, uuid, who=()):
        answer = self._pocli(expected, service, who, "activate", scheme, uuid)
        return super().activate_policy(expected, service, scheme, uuid, who) if answer is None else answer.out

    def deactivate_policies(self, expected, service, scheme, who=()):
        answer = self._pocli(expected, service, who, "deactivate", scheme)
        return super().deactivate_policies(expected, service, scheme, who) if answer is None else answer.out

    def active_policy(self, expected, service, scheme, who=()):
        answer = self._pocli(expected, service, who, "get", scheme)
        return super().active_policy(expected, service, scheme, who) if answer is None else object_in(answer, "{")

    def policy(self, expected, service, scheme, uuid, who=()):
        if not expected.accepts and self.tool == "pocli" and self.name != "assay as pocli":
            # The original ends well whatever the service says, and prints that.
            if not self._pocli(OK, service, who, "get", scheme, uuid).out.endswith(":\nnull\n"):
                raise Disagreement("pocli get: there is a policy, or an error now")
            return None
        answer = self._pocli(expected, service, who, "get", scheme, uuid)
        return super().policy(expected, service, scheme, uuid, who) if answer is None else object_in(answer, "{")

    def policies(self, expected, service, scheme, name="", who=()):
        answer = self._pocli(expected, service, who, "list", scheme, *(["--name", name] if name else []))
        return super().policies(expected, service, scheme, name, who) if answer is None else object_in(answer, "[", empty=[])

    def schemes(self, expected, service, who=()):
        answer = self._pocli(expected, service, who, "schemes")
        return super().schemes(expected, service, who) if answer is None else answer.out.splitlines()[1:]


def result_in(answer):
    """evcli prints the JSON string as it came."""
    return json.loads(answer.out) if answer.code == 0 else None


def object_in(answer, opening, empty=None):
    """pocli prints a heading, the object, and perhaps a word behind it."""
    at = answer.out.find(opening)
    if answer.code != 0 or at < 0:
        return empty
    return json.JSONDecoder().raw_decode(answer.out[at:])[0]


# --- results ------------------------------------------------------------------

def read_result(bench, service, jwt, who=()):
    """The claims, as both generations of the reference's library read them under the key of the discovery document."""
    token = bench.write(jwt.encode(), "jwt")
    words = [word for name, value in dict(who).items() for word in ("--" + name, value)]
    shown = [bench[reference].expect(OK, "ear-of-service", token, service.discovery + "verification", *words).json() for reference in REFERENCES]
    if shown[0] != shown[1]:
        raise Disagreement(f"the two generations read different results: {shown}")
    head, claims, signature = jwt.split(".")
    other = "A" if signature[0] != "A" else "B"
    forged = bench.write(f"{head}.{claims}.{other}{signature[1:]}".encode(), "jwt")
    bench["ref2024"].expect(refuses("failed verifying JWT"), "ear-of-service", forged, service.discovery + "verification", *words)
    return shown[0]


def expect_result(bench, service, jwt, wanted, nonce=None, who=()):
    """`wanted` is a result of the reference's tests: a file of it, or {submod: status}."""
    claims = read_result(bench, service, jwt, who)
    expected = wanted if isinstance(wanted, dict) else json.loads(service.release.file(bench, f"integration/results/{wanted}.json").read_text())
    submods = claims["submods"]
    if submods.keys() != expected.keys():
        raise Disagreement(f"submods {sorted(submods)} instead of {sorted(expected)}")
    for name, appraisal in expected.items():
        if isinstance(appraisal, str):
            appraisal = {"ear.status": appraisal}
        for claim in ("ear.status", "ear.trustworthiness-vector", "ear.appraisal-policy-id", "ear.veraison.policy-claims"):
            if claim in appraisal and submods[name].get(claim) != appraisal[claim]:
                raise Disagreement(f"{name} {claim}: {submods[name].get(claim)} instead of {appraisal[claim]}")
    if nonce is not None and claims["eat_nonce"] not in (to_text(nonce), to_text(nonce, base64.urlsafe_b64encode)):
        raise Disagreement(f"eat_nonce {claims['eat_nonce']} instead of {to_text(nonce)}")
    return claims


def to_text(octets, encode=base64.b64encode):
    return encode(octets).decode()
