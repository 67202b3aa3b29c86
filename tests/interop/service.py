"""`assay serve`, driven by clients that nobody here wrote, and its results read by libraries that nobody here wrote.

A flow is one script for three kinds of clients: the reference's client library (the oracles), assay under the names evcli, cocli and
pocli, and the original programs where somebody has them. Each case starts a service of its own, on a free port.
"""

import base64
import json
import subprocess

from bench import OK, Disagreement, Missing, refuses
from exchange import REFERENCES
from service_clients import CCA, PSA, Library, Programs, Provider, Release, Service, expect_result

SCHEMES = {PSA: "PSA_IOT", CCA: "ARM_CCA"}
EVIDENCE_TYPES = {PSA: "application/psa-attestation-token", CCA: 'application/eat-collection; profile="http://arm.com/CCA-SSD/1.0.0"'}
PASSWORD = "veraison"
PASSWORD_HASH = "$2b$04$abcdefghijklmnopqrstuustFhcqQTb98nMnNLwz3jA1Iqm6wJFwG"  # of that password
FAILED = "submission failed: submit endorsement returned error: submit endorsements failed: "
NO_REGO = "this build has no Rego"


def media_type_2025(profile):
    return f'application/corim-unsigned+cbor; profile="{profile}"'


def media_type_2026(profile, form="cbor"):
    """`cose` for signed ones."""
    return f'application/rim+{form}; profile="{profile}"'


MADE = "generated/endorsements/"
RELEASES = [
    Release("v0.0.2502", "assay", {
        PSA: [(MADE + "corim-psa-full.cbor", media_type_2025("http://arm.com/psa/iot/1"))],
        CCA: [(MADE + "corim-cca-full.cbor", media_type_2025("http://arm.com/cca/ssd/1"))]}, at="2025-06-01T00:00:00Z"),
    Release("v0.0.2608", "veraison-2026", {
        PSA: [(MADE + "corim-psa-full.cbor", media_type_2026("tag:arm.com,2025:psa#1.0.0"))],
        CCA: [(MADE + "corim-cca-platform-full.cbor", media_type_2026("tag:arm.com,2025:cca_platform#1.0.0")),
              (MADE + "corim-cca-realm-full.cbor", media_type_2026("tag:arm.com,2025:cca_realm#1.0.0"))]}),
]
OLD, NEW = RELEASES


# --- flows: one script for all clients ----------------------------------------

def keys_of(bench, release, kind):
    names = ("ec.p256", "ec.p384") if kind == CCA else ("ec.p256",)
    return [release.file(bench, f"integration/keys/{name}.jwk") for name in names]


def claims_of(bench, kind):
    """What the endorsements of both releases know. The library of 2024 reads the realm key in the form of the newer claims only."""
    if kind == PSA:
        return OLD.file(bench, "integration/claims/psa.good.json")
    old, new = (json.loads(release.file(bench, "integration/claims/cca.good.json").read_text()) for release in RELEASES)
    realm = "cca-realm-delegated-token"
    for claim in ("cca-realm-public-key", "cca-realm-public-key-hash-algo-id"):
        old[realm][claim] = new[realm][claim]
    return bench.write(old, "json")


def provision_all(bench, client, service, kind, who=()):
    for file, media_type in service.release.endorsements[kind]:
        client.provision(OK, service, service.release.file(bench, file), media_type, who)


def good_evidence(bench, client, release, kind):
    """Provisioning, then evidence in both roles."""
    with Service(bench, release) as service:
        token = OLD.evidence(bench, f"{kind}.good")
        expect_result(bench, service, client.relying_party(OK, service, kind, token), {SCHEMES[kind]: "contraindicated"})
        provision_all(bench, client, service, kind)
        provision_all(bench, client, service, kind)  # again: nothing changes
        jwt = client.relying_party(OK, service, kind, token)
        expect_result(bench, service, jwt, f"{kind}.good")
        client.show_result(service, jwt)
        expect_result(bench, service, client.attester(OK, service, kind, claims_of(bench, kind), keys_of(bench, release, kind)), f"{kind}.good")


def bad_evidence(bench, client, release, name, result):
    """What is wrong with evidence is in the result: the client is content."""
    with Service(bench, release) as service:
        provision_all(bench, client, service, PSA)
        expect_result(bench, service, client.relying_party(OK, service, PSA, release.evidence(bench, name)), result)


def refused_endorsements(bench, client, release):
    """The reasons reach the client."""
    (psa, media_type), (cca, _), *_ = release.endorsements[PSA] + release.endorsements[CCA]
    psa, cca, garbage = release.file(bench, psa), release.file(bench, cca), bench.write(b"\xa1\x00", "cbor")
    with Service(bench, release) as service:
        def fails(text, file, type_):
            client.provision(refuses(text), service, file, type_)

        fails(FAILED + "CBOR decoding failed", garbage, media_type)
        fails(FAILED + "CoRIM profile (", cca, media_type)
        fails(") does not match media type profile (", cca, media_type)
        fails("unexpected HTTP response code 415", psa, media_type_2026("tag:nobody.example,2025:x"))
        fails("unexpected HTTP response code 415", psa, "application/corim-unsigned+cbor")
        fails("unexpected HTTP response code 400", psa, "corim")
        fails("unexpected HTTP response code 400", bench.write(b"", "cbor"), media_type)
        client.provision(OK, service, psa, media_type.replace("application/", "APPLICATION/"))
        client.provision(OK, service, psa, media_type.replace('"', ""))  # as the guides have it
        another = release.file(bench, MADE + "corim-psa-mini.cbor")  # under the same id
        if release is OLD:
            client.provision(OK, service, another, media_type)
        else:
            fails(FAILED + 'different token with manifest ID "5c57e8f4-46cd-421b-91c9-08cf93e13cfc" already in store', another, media_type)
        expect_result(bench, service, client.relying_party(OK, service, PSA, OLD.evidence(bench, "psa.good")), "psa.good")


def basic_auth():
    return {"auth": {"backend": "basic", "users": {
        role: {"password": PASSWORD_HASH, "roles": role} for role in ("provisioner", "manager")}}}


def unaccepted_users(bench, client, release):
    """Users of their role, and nobody else, provision; everybody verifies."""
    file, media_type = release.endorsements[PSA][0]
    file = release.file(bench, file)
    with Service(bench, release, **basic_auth()) as service:
        for who, code in (({}, 401), ({"username": "provisioner", "password": "wrong"}, 401), ({"username": "nobody", "password": PASSWORD}, 401),
                          ({"username": "manager", "password": PASSWORD}, 403)):
            client.provision(refuses(f"unexpected HTTP response code {code}"), service, file, media_type, who)
        client.provision(OK, service, file, media_type, {"username": "provisioner", "password": PASSWORD})
        expect_result(bench, service, client.relying_party(OK, service, PSA, OLD.evidence(bench, "psa.good")), "psa.good")


def provider(bench):
    def roles(*names):
        return {"realm_access": {"roles": names}}

    return Provider(bench, NEW.file(bench, "integration/keys/ec.p256.jwk"), {
        "both": roles("provisioner", "manager", "other"), "provisioner": roles("provisioner"), "manager": roles("manager"), "nothing": {},
        "late": roles("provisioner", "manager") | {"exp": 1700000000}, "foreign": roles("provisioner", "manager") | {"iss": "https://elsewhere.example"}})


def bearers_of_tokens(bench, client, release):
    """Tokens of an OpenID provider say what their bearers may."""
    file, media_type = release.endorsements[PSA][0]
    file, rules = release.file(bench, file), bench.write(b"package policy\n}", "rego")
    with provider(bench) as known, Service(bench, release, auth={"backend": "bearer", "jwks": str(known.jwks), "issuer": known.issuer}) as service:
        for user, provisions, manages in (("nothing", 403, 403), ("late", 401, 401), ("foreign", 401, 401), ("manager", 403, None), ("provisioner", None, 403),
                                          ("both", None, None)):
            who = known.who(user)
            client.provision(refuses(f"unexpected HTTP response code {provisions}") if provisions else OK, service, file, media_type, who)
            client.create_policy(refuses(str(manages) if manages else "400 Bad Request: invalid policy"), service, "PSA_IOT", rules, "x", who)
        client.provision(refuses("invalid_grant"), service, file, media_type, known.who("both", "wrong"))
        client.provision(refuses("unexpected HTTP response code 401"), service, file, media_type)
        basic = {"username": "both", "password": "of-the-provider"}
        client.provision(refuses("unexpected HTTP response code 401"), service, file, media_type, basic)


def policy_life(bench, client, release, kind):
    """A policy has no effect, then it has, then none again; another takes its place."""
    scheme, token, good = SCHEMES[kind], OLD.evidence(bench, f"{kind}.good"), f"{kind}.good"
    submods = ("PSA_IOT",) if kind == PSA else ("CCA_SSD_PLATFORM", "CCA_REALM")
    with Service(bench, release) as service:
        provision_all(bench, client, service, kind)

        def verdict(wanted, policy=""):
            claims = expect_result(bench, service, client.relying_party(OK, service, kind, token), wanted if wanted == good else dict.fromkeys(submods, wanted))
            for name in submods:
                id_ = f"policy:{scheme}/{policy}" if policy else f"policy:{scheme}"
                if claims["submods"][name]["ear.appraisal-policy-id"] != id_:
                    raise Disagreement(f"{name}: {claims['submods'][name]['ear.appraisal-policy-id']} instead of {id_}")

        def create(name, text):
            rules = bench.write(text.encode(), "rego")
            try:
                made = client.create_policy(OK, service, scheme, rules, name)
            except Disagreement as disagreement:
                if NO_REGO in str(disagreement):
                    raise Missing("assay was built without Rego") from None
                raise
            if (made["name"], made["type"], made["rules"], made["active"]) != (name, "opa", text, False):
                raise Disagreement(f"created: {made}")
            return made

        client.active_policy(refuses("404"), service, scheme)
        client.policies(refuses(f'no policy found: "0:{scheme}:opa"'), service, scheme)
        strict = create("strict", "package policy\n\nexecutables = UNSAFE_RT\n")
        verdict(good)
        client.active_policy(refuses("404"), service, scheme)
        client.activate_policy(OK, service, scheme, strict["uuid"])
        verdict("warning", strict["uuid"])
        harsh = create("harsh", "package policy\n\nexecutables = CONTRAINDICATED_RT\n")
        verdict("warning", strict["uuid"])
        client.activate_policy(OK, service, scheme, harsh["uuid"])
        verdict("contraindicated", harsh["uuid"])
        if client.active_policy(OK, service, scheme) != harsh | {"active": True} or client.policy(OK, service, scheme, strict["uuid"]) != strict:
            raise Disagreement("not the policies that were created")
        listed = {policy["uuid"]: policy["active"] for policy in client.policies(OK, service, scheme)}
        if listed != {strict["uuid"]: False, harsh["uuid"]: True}:
            raise Disagreement(f"listed: {listed}")
        if [policy["uuid"] for policy in client.policies(OK, service, scheme, "strict")] != [strict["uuid"]] or client.policies(OK, service, scheme, "none"):
            raise Disagreement("a list by name has others in it")
        client.deactivate_policies(OK, service, scheme)
        verdict(good)


def refused_policies(bench, client, release):
    nobody = "1d5a8c7c-1c70-4c56-937e-3c5713ae5a83"
    good = bench.write(b"package policy\n", "rego")
    with Service(bench, release) as service:
        client.create_policy(refuses('400 Bad Request: unrecognised scheme "BAD"'), service, "BAD", good, "x")
        client.create_policy(refuses("400 Bad Request: empty body"), service, "PSA_IOT", bench.write(b"", "rego"), "x")
        client.create_policy(refuses("400 Bad Request: invalid policy: "), service, "PSA_IOT", bench.write(b"package policy\n}", "rego"), "x")
        client.policies(refuses('404 Not Found: no policy found: "0:PSA_IOT:opa"'), service, "PSA_IOT")  # nothing was stored
        client.policy(refuses(f'404 Not Found: no policy found with UUID "{nobody}" for key "0:PSA_IOT:opa"'), service, "PSA_IOT", nobody)
        client.activate_policy(refuses(f'404 Not Found: no policy found with UUID "{nobody}"'), service, "PSA_IOT", nobody)
        client.deactivate_policies(refuses('404 Not Found: no policy found: "0:ARM_CCA:opa"'), service, "ARM_CCA")
        if not {"PSA_IOT", "ARM_CCA"} <= set(client.schemes(OK, service)):
            raise Disagreement("a scheme is missing")


def unaccepted_managers(bench, client, release):
    good = bench.write(b"package policy\n", "rego")
    with Service(bench, release, **basic_auth()) as service:
        for who, error in (({}, "401 Unauthorized"), ({"username": "manager", "password": "wrong"}, "401 Unauthorized"),
                           ({"username": "provisioner", "password": PASSWORD}, "403 Forbidden")):
            client.create_policy(refuses(error), service, "PSA_IOT", good, "x", who)
            client.policies(refuses(error), service, "PSA_IOT", who=who)
        who = {"username": "manager", "password": PASSWORD}
        client.policies(refuses("404 Not Found"), service, "PSA_IOT", who=who)
        if "PSA_IOT" not in client.schemes(OK, service):
            raise Disagreement("discovery is for everybody")


def over_tls(bench, client, release):
    """With a CA of one's own; without it, and under another name, nobody is believed."""
    ca, other_ca = certificate_authority(bench), certificate_authority(bench)
    cert, key = issued(bench, ca, "IP:127.0.0.1")
    stranger, stranger_key = issued(bench, ca, "DNS:elsewhere.example")
    file, media_type = release.endorsements[PSA][0]
    file, token = release.file(bench, file), OLD.evidence(bench, "psa.good")
    with Service(bench, release, listen=[{"address": "127.0.0.1:0", "cert": str(cert), "cert-key": str(key)}]) as service:
        trusted = {"ca-cert": str(ca[0])}
        for who in ({}, {"ca-cert": str(other_ca[0])}):
            client.provision(refuses("certificate"), service, file, media_type, who)
            client.relying_party(refuses("certificate"), service, PSA, token, who)
            client.policies(refuses("certificate"), service, "PSA_IOT", who=who)
        client.provision(OK, service, file, media_type, trusted)
        expect_result(bench, service, client.relying_party(OK, service, PSA, token, trusted), "psa.good", who=trusted)
        client.policies(refuses("404"), service, "PSA_IOT", who=trusted)
        insecure = {"insecure": "true"}
        client.provision(OK, service, file, media_type, insecure)
        expect_result(bench, service, client.relying_party(OK, service, PSA, token, insecure), "psa.good", who=trusted)
        client.policies(refuses("404"), service, "PSA_IOT", who=insecure)
    with Service(bench, release, listen=[{"address": "127.0.0.1:0", "cert": str(stranger), "cert-key": str(stranger_key)}]) as service:
        client.provision(refuses("certificate"), service, file, media_type, {"ca-cert": str(ca[0])})


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Disagreement(f"openssl {words[0]}: {done.stderr}")


def certificate_authority(bench):
    """Certificate and key, PEM."""
    cert, key = bench.new("pem"), bench.new("key")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN=Authority {cert.stem}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", key, "-out", cert)
    return cert, key


def issued(bench, authority, name="", is_authority=False, days=30):
    """Certificate and key of who has that subjectAltName, PEM."""
    request, cert, key, extensions = bench.new("csr"), bench.new("pem"), bench.new("key"), bench.new("cnf")
    usage = "critical,keyCertSign,cRLSign" if is_authority else "critical,digitalSignature"
    extensions.write_text(f"basicConstraints=critical,CA:{'TRUE' if is_authority else 'FALSE'}\nkeyUsage={usage}\n" + (f"subjectAltName={name}\n" if name else ""))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN=Holder {cert.stem}", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1], "-set_serial", cert.stem, "-days", days, "-extfile", extensions, "-out", cert)
    return cert, key


FLOWS = [  # whose flow it is among the programs, name, script, its arguments
    *[("evcli", f"{kind} of {release.name}: provisioned, then both roles", good_evidence, (release, kind)) for release in RELEASES for kind in (PSA, CCA)],
    *[("evcli", f"{name} of {release.name}", bad_evidence, (release, name, result)) for release in RELEASES
      for name, result in (("psa.good-badkey", "psa.badcrypto"), ("psa.badswcomp", "psa.badswcomp"), ("psa.badinstance", "psa.badinstance"))],
    *[("cocli", f"endorsements of {release.name} refused, with reasons", refused_endorsements, (release,)) for release in RELEASES],
    ("cocli", "who may provision", unaccepted_users, (NEW,)),
    *[(tool, "tokens of an OpenID provider", bearers_of_tokens, (NEW,)) for tool in ("cocli", "pocli")],
    *[("pocli", f"a policy for {kind} of {release.name}: created, activated, replaced, deactivated", policy_life, (release, kind)) for release in RELEASES for kind in (PSA, CCA)],
    ("pocli", "policies refused, with reasons", refused_policies, (OLD,)),
    ("pocli", "who may manage", unaccepted_managers, (OLD,)),
    *[(tool, "over TLS", over_tls, (OLD,)) for tool in ("evcli", "cocli", "pocli")],
]


# --- what only the library can be asked for -----------------------------------

def session_halves(bench, library, release):
    """Nonces of either side and of all sizes; evidence counts once, and only while the session is there."""
    token, kind = OLD.evidence(bench, "psa.good"), EVIDENCE_TYPES[PSA]
    own = bytes.fromhex("414a7c174141b3d0e9a1d28af31520f0d42299feac4007ded89d68ae6cd92f19")
    call = library._call
    with Service(bench, release) as service:
        provision_all(bench, library, service, PSA)

        def opened(*how):
            session = call(OK, "session-open", service.new_session, *how)
            if session["status"] != "waiting" or kind not in session["accept"] or EVIDENCE_TYPES[CCA] not in session["accept"]:
                raise Disagreement(f"a new session: {session}")
            return session

        seen = set()
        for size in (8, 32, 33, 48, 64):
            for how in (("--nonce-size", size), ("--nonce", bytes(range(255 - size, 255)).hex())):
                session = opened(*how)
                nonce = bytes.fromhex(session["nonce"])
                if len(nonce) != size or (how[0] == "--nonce" and nonce.hex() != how[1]) or nonce in seen:
                    raise Disagreement(f"{how}: nonce {nonce.hex()}")
                seen.add(nonce)
                jwt = call(OK, "session-answer", session["uri"], token, kind)["result"]
                claims = expect_result(bench, service, jwt, {"PSA_IOT": "contraindicated"}, nonce)
                if not claims["submods"]["PSA_IOT"]["ear.veraison.policy-claims"]["problem"].startswith("integrity validation failed"):
                    raise Disagreement(f"not for the nonce's sake: {claims}")
        for how in (("--nonce-size", 7), ("--nonce-size", 65), ("--nonce", "00" * 7), ("--nonce", "00" * 65)):
            call(refuses("newSession response has unexpected status: 400 Bad Request"), "session-open", service.new_session, *how)

        session = opened("--nonce", own.hex())
        expect_result(bench, service, call(OK, "session-answer", session["uri"], token, kind)["result"], "psa.good", own)
        call(refuses("session response has unexpected status: 409 Conflict"), "session-answer", session["uri"], token, kind)
        call(OK, "session-delete", session["uri"])
        call(OK, "session-delete", session["uri"])  # as the reference: nothing there is as good as deleted
        call(refuses("session response has unexpected status: 404 Not Found"), "session-answer", session["uri"], token, kind)

        session = opened("--nonce", own.hex())  # the client may use its nonce again, in a session of its own
        for media_type, status in (("application/octet-stream", "415 Unsupported Media Type"), ("psa", "400 Bad Request")):
            call(refuses(f"session response has unexpected status: {status}"), "session-answer", session["uri"], token, media_type)
        call(refuses("session response has unexpected status: 400 Bad Request"), "session-answer", session["uri"], bench.write(b"", "cbor"), kind)
        # What was refused before it was looked at has not used the session up.
        expect_result(bench, service, call(OK, "session-answer", session["uri"], token, kind)["result"], "psa.good", own)
        nowhere = session["uri"].rsplit("/", 1)[0] + "/1d5a8c7c-1c70-4c56-937e-3c5713ae5a83"
        call(refuses("session response has unexpected status: 404 Not Found"), "session-answer", nowhere, token, kind)


def evidence_of_2026(bench, library, release):
    """Evidence of the newer release, which the library of 2024 cannot read: it is a client all the same."""
    with Service(bench, release) as service:
        for kind, nonce in ((PSA, "QUp8F0FBs9DpodKK8xUg8NQimf6sQAfe2J1ormzZLxk="),
                            (CCA, "byTWuWNaLIu/WOkIuU4Ewb+zroDN6+gyQkV4SZ/jF2Hn9eHYvOASGET1Sr36UobaiPU6ZXsVM1yTlrQyklS8XA==")):
            provision_all(bench, library, service, kind)
            nonce = base64.b64decode(nonce)
            jwt = library._call(OK, "verify-as-relying-party", release.evidence(bench, f"{kind}.good"), EVIDENCE_TYPES[kind], nonce.hex(), service.new_session)["result"]
            expect_result(bench, service, jwt, f"{kind}.good", nonce)


def wrapped_evidence(bench, library, release, form):
    """Evidence in a CMW record gets the same result."""
    with Service(bench, release) as service:
        provision_all(bench, library, service, PSA)
        for kind in (PSA, CCA):
            token = OLD.evidence(bench, f"{kind}.good")
            jwt = library.relying_party(OK, service, kind, token, {"wrap": form})
            expect_result(bench, service, jwt, "psa.good" if kind == PSA else {"ARM_CCA": "contraindicated"})


def nonce_sizes(bench, library, release):
    """An attester of either kind with the nonces its tokens can hold."""
    for kind, sizes, unfit in ((PSA, (32, 48, 64), 8), (CCA, (64,), 32)):
        with Service(bench, release) as service:
            provision_all(bench, library, service, kind)
            words = [f"verify-{kind}-as-attester", claims_of(bench, kind), *keys_of(bench, release, kind), service.new_session, "--nonce-size"]
            for size in sizes:
                shown = library._call(OK, *words, size)
                nonce = bytes.fromhex(shown["nonce"])
                if len(nonce) != size:
                    raise Disagreement(f"{len(nonce)} bytes instead of {size}")
                expect_result(bench, service, shown["result"], f"{kind}.good", nonce)
            library._call(refuses(f"evidence generation failed: setting nonce: wrong syntax: length {unfit}"), *words, unfit)


def either_generation_provisions(bench, library, release, kind):
    """The client library as the newer generation links it."""
    newer = Library(bench, "ref2026")
    with Service(bench, release) as service:
        provision_all(bench, newer, service, kind)
        provision_all(bench, library, service, kind)
        expect_result(bench, service, library.relying_party(OK, service, kind, OLD.evidence(bench, f"{kind}.good")), f"{kind}.good")


def signed_endorsements(bench, library, release):
    """CoRIMs that the reference's library signed, with the signer's certificates in them; and those of the reference's own tests."""
    newer = Library(bench, "ref2026")
    corim = release.file(bench, release.endorsements[PSA][0][0])
    psa = media_type_2026("tag:arm.com,2025:psa#1.0.0", "cose")
    authority, stranger = certificate_authority(bench), certificate_authority(bench)
    middle = issued(bench, authority, is_authority=True)

    def signed(signer, *chain, key=None):
        leaf, rest = bench.new("der"), bench.new("der")
        der = [base64.b64decode("".join(cert.read_text().split("-----")[2].split())) for cert in (signer[0], *chain)]
        leaf.write_bytes(der[0])
        rest.write_bytes(b"".join(der[1:]))
        out = bench.new("cose")
        bench["ref2026"].expect(OK, "corim-sign-x5chain", corim, key or signer[1], leaf, rest, out)
        return out

    trust = {"ca-certs": [str(authority[0]), str(release.file(bench, "integration/keys/certs/corimCA.crt"))], "unsigned": False}
    with Service(bench, release, endorsements=trust) as service:
        holder, of_middle, of_stranger = issued(bench, authority), issued(bench, middle), issued(bench, stranger)
        token = OLD.evidence(bench, "psa.good")
        chain_fails = FAILED + "certificate chain verification failed"
        for what, text in ((signed(of_stranger), chain_fails), (signed(of_middle), chain_fails), (signed(issued(bench, authority, is_authority=True)), chain_fails),
                           (signed(holder, key=of_middle[1]), FAILED)):
            newer.provision(refuses(text), service, what, psa)
        flipped = bytearray(signed(holder).read_bytes())
        flipped[-1] ^= 1
        newer.provision(refuses(FAILED), service, bench.write(bytes(flipped), "cose"), psa)
        no_chain = bench.new("cose")
        bench["ref2026"].expect(OK, "corim-sign", corim, release.file(bench, "integration/keys/ec.p256.jwk"), no_chain)
        newer.provision(refuses(FAILED + "no signing certificate found in the CoRIM"), service, no_chain, psa)
        newer.provision(refuses(FAILED), service, corim, psa.replace("+cose", "+cbor"))  # unsigned
        newer.provision(refuses(FAILED), service, corim, psa)
        expect_result(bench, service, library.relying_party(OK, service, PSA, token), {"PSA_IOT": "contraindicated"})  # nothing is there
        newer.provision(OK, service, signed(of_middle, middle[0]), psa)
        expect_result(bench, service, library.relying_party(OK, service, PSA, token), "psa.good")
        for name in ("platform", "realm"):
            newer.provision(OK, service, release.file(bench, f"{MADE}corim-cca-{name}-full.signed.cbor"), psa.replace("psa#", f"cca_{name}#"))
        expect_result(bench, service, library.relying_party(OK, service, CCA, OLD.evidence(bench, "cca.good")), "cca.good")
    with Service(bench, release, endorsements={"keys": [str(release.file(bench, "integration/keys/ec.p256.jwk"))]}) as service:
        newer.provision(OK, service, no_chain, psa)
        newer.provision(refuses(FAILED), service, signed(issued(bench, authority)), psa)


def discovery(bench, library, release):
    """What the documents say is what there is."""
    with Service(bench, release) as service:
        documents = {name: library._call(OK, "discover", service.discovery + name) for name in ("verification", "provisioning", "management")}
        for name, api, path in (("verification", "newChallengeResponseSession", service.new_session), ("provisioning", "provisioningSubmit", service.submit)):
            if service.base + documents[name]["api-endpoints"][api] != path:
                raise Disagreement(f"{name}: {documents[name]['api-endpoints']}")
        if any(document["service-state"] != "READY" for document in documents.values()):
            raise Disagreement(f"{documents}")
        if not set(EVIDENCE_TYPES.values()) <= set(documents["verification"]["media-types"]):
            raise Disagreement(f"{documents['verification']['media-types']}")
        for each in RELEASES:
            for kind in (PSA, CCA):
                for _, media_type in each.endorsements[kind]:
                    if media_type not in documents["provisioning"]["media-types"]:
                        raise Disagreement(f"no {media_type} in {documents['provisioning']['media-types']}")


LIBRARY_CASES = [
    *[(f"sessions, nonces, replay, of {release.name}", session_halves, (release,)) for release in RELEASES],
    *[(f"nonces of an attester, {release.name}", nonce_sizes, (release,)) for release in RELEASES],
    ("evidence of v0.0.2608", evidence_of_2026, (NEW,)),
    *[(f"evidence in a CMW record ({form})", wrapped_evidence, (OLD, form)) for form in ("cbor", "json")],
    *[(f"{kind} endorsements of {release.name} by either generation", either_generation_provisions, (release, kind)) for release in RELEASES for kind in (PSA, CCA)],
    ("signed endorsements", signed_endorsements, (NEW,)),
    *[(f"discovery, {release.name}", discovery, (release,)) for release in RELEASES],
]


def cases(bench):
    oracles = ["assay serve", *REFERENCES]
    for name, case, arguments in LIBRARY_CASES:
        yield f"service: {name}: the client library", oracles, lambda case=case, arguments=arguments: case(bench, Library(bench), *arguments)
    for name, (flow, arguments) in {name: script for _, name, *script in FLOWS}.items():
        yield f"service: {name}: the client library", oracles, lambda flow=flow, arguments=arguments: flow(bench, Library(bench), *arguments)
    names = ("evcli", "cocli", "pocli", "arc")
    for programs in ({name: bench.assay.as_program(name) for name in names}, {name: bench[name] for name in names}):
        for tool in names[:3]:
            yield from program_cases(bench, oracles, programs, tool)


def program_cases(bench, oracles, programs, tool):
    program = programs[tool]
    if program.missing and not program.name.startswith("assay"):
        yield f"service: {tool} (the original program)", [tool, *oracles], program.run
        return
    for its_tool, name, flow, arguments in FLOWS:
        if its_tool == tool:
            client = Programs(bench, tool, programs)
            yield (f"service: {name}: {client.name}", [program.name, *oracles],
                   lambda client=client, flow=flow, arguments=arguments: flow(bench, client, *arguments))
