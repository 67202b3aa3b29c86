"""What only the client library can be asked for: nonces and sessions one by one, signed endorsements, discovery."""

import base64

from bench import OK, Disagreement, refuses
from certificates import certificate_authority, issued
from service_clients import CCA, PSA, Library, Service, expect_result
from service_flows import EVIDENCE_TYPES, FAILED, MADE, NEW, OLD, RELEASES, claims_of, keys_of, media_type_2026, provision_all

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
