"""What clients of all three kinds do with the service: one script for each flow, whoever plays the client."""

import json

from bench import OK, Disagreement, Missing, refuses
from certificates import certificate_authority, issued
from service_clients import CCA, PSA, Provider, Release, Service, expect_result

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
