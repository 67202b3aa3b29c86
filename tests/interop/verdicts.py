"""What each peer says about each vector. A row names only what is unusual: a peer
that is not named accepts the file. Every expectation is checked both ways: the
day a peer changes its mind, the row fails and has to be written anew.
"""

from bench import accepts, refuses

TAG_907 = refuses("got [907], expected [399]", "libraries of 2024 know the outer tag 399 only")
CCA_BAD_SIGNATURE = refuses("unable to verify platform token: verification error")


def row(file, key, **says):
    return file, key, says


def all_refuse(file, key, text="", *, python=refuses(), **says):
    """Refused by all; `text` is what the reference libraries say."""
    return file, key, {"ref2024": refuses(text), "ref2026": refuses(text), "python": python,
                       "jose": refuses(), "assay": refuses(), **says}


def cca_907(file, key, **says):
    return row(file, key, ref2024=TAG_907, **says)


TOKEN, KEYS, RUST = "ccatoken/token/", "ccatoken/keys/", "ccatoken/rust/"
GENERATION, CPAK = "iat-verifier/generations/", "iat-verifier/data/cca_platform.pem"
IAK, EC256 = KEYS + "iak.jwk", "evcli/misc/ec256.json"

CCA = [
    row(TOKEN + "good-399.cbor", IAK),
    cca_907(TOKEN + "good-907.cbor", IAK),
    all_refuse(TOKEN + "good-399.cbor", KEYS + "alt-iak.jwk", "unable to verify platform token: verification error"),
    all_refuse(TOKEN + "good-907.cbor", KEYS + "alt-iak.jwk", ref2024=TAG_907, ref2026=CCA_BAD_SIGNATURE),
    cca_907(TOKEN + "rmm-legacy-907.cbor", KEYS + "rmm-cpak.jwk"),
    row(TOKEN + "tf-rmm-399.cbor", KEYS + "cca_platform.pub"),
    row(TOKEN + "veraison-e2e-legacy-platform-2023-realm.cbor", EC256),  # mixed profiles
    row(TOKEN + "veraison-scheme-cca-good.cbor", EC256),  # the same pair
    row(TOKEN + "veraison-2502-e2e.cbor", EC256),
    row(TOKEN + "trustee-example.cbor", KEYS + "trustee-cpak-pub.jwk"),
    all_refuse(TOKEN + "bad-unwrapped.cbor", IAK, "CBOR decoding of CCA evidence failed"),
    row(RUST + "cca-token-01.cbor", RUST + "cpak.json"),
    row(RUST + "cca-token-02.cbor", RUST + "ta-02-ok.json#0.pkey"),
    all_refuse(RUST + "cca-token-02.cbor", RUST + "cpak.json", "unable to verify platform token"),
    all_refuse(RUST + "bug-33-repro.cbor", RUST + "cpak.json", "platform nonce does not match RAK hash"),
    row("evcli/misc/token.cbor", EC256),
    row("evcli/tests/cca-token.cbor", "evcli/tests/cca-iak-pub.jwk"),
    all_refuse("evcli/tests/cca-token-invalid.bin", EC256, "unexpected EOF"),
    row(GENERATION + "A.cbor", CPAK),
    row(GENERATION + "A-rmm.cbor", CPAK),
    row(GENERATION + "A-private-key-bug.cbor", CPAK,
        assay=refuses(because="the realm key claim carries a private key, the libraries do not look")),
    row(GENERATION + "B.cbor", CPAK),
    cca_907(GENERATION + "C.cbor", CPAK),
    cca_907(GENERATION + "D.cbor", CPAK),
    cca_907(GENERATION + "E.cbor", CPAK),
    cca_907(GENERATION + "E-legacy.cbor", CPAK),
    cca_907(GENERATION + "E-rmm.cbor", CPAK),
    cca_907(GENERATION + "F.cbor", CPAK,
            ref2026=refuses('got "tag:arm.com,2024:realm#2.0.0"', "the library knows the realm profile of 2023 only")),
    cca_907(GENERATION + "F-legacy.cbor", CPAK),
    cca_907(GENERATION + "F-rmm.cbor", CPAK),
    all_refuse("iat-verifier/compiled/cca-invalid-plat-challenge.cbor", CPAK, ref2024=TAG_907,
               ref2026=refuses("binding verification failed")),
]

TFM, COSE_NEGATIVE, OPTEE = "psatoken/tf-m/", "psatoken/cose-negative/", "optee/iisec/ec256.json"
NO_MAC = refuses("invalid COSE_Sign1_Tagged object", "the PSA library reads COSE_Sign1 only")
NO_RFC9783 = refuses('unknown profile: "tag:psacertified.org,2023:psa#tfm"', "the PSA library predates RFC 9783")
ONLY_COSE = accepts("judges the envelope, not the claims")


def psa_mac(file, key):
    return row(file, key, ref2024=NO_MAC, ref2026=NO_MAC)


# For python the verdict is the COSE envelope's: Sign1 or Mac0 by the first byte.
PSA = [
    row(TFM + "psa-2_0_0_sign1.bin", TFM + "public.pem"),
    row(TFM + "psa-iot-1_sign1.bin", TFM + "public.pem"),
    all_refuse(TFM + "psa-2_0_0_sign1.bin", "psatoken/rfc9783/tfm-es-iak.pem", "verification error"),
    row("psatoken/rfc9783/psa-sign1.cbor", "psatoken/rfc9783/tfm-es-iak.pem", ref2024=NO_RFC9783, ref2026=NO_RFC9783),
    psa_mac("psatoken/rfc9783/psa-mac0.cbor", "psatoken/rfc9783/tfm-hs-iak.bin"),
    all_refuse(TFM + "psa-2_0_0_mac0.bin", "psatoken/rfc9783/tfm-hs-iak.bin", python=refuses("wrong MAC")),
    all_refuse(TFM + "psa-iot-1_mac0.bin", "psatoken/rfc9783/tfm-hs-iak.bin", python=refuses("wrong MAC")),
    row("evcli/tests/psa-p1.cbor", "evcli/tests/psa-key-pub.jwk"),
    row("evcli/tests/psa-p2.cbor", "evcli/tests/psa-key-pub.jwk"),
    row("evcli/misc/cbor/psa-claims-profile-2-integ.cbor", EC256),
    row("optee/token-iisec.cbor", OPTEE),
    row("optee/token-pr124.cbor", OPTEE),
    row("iat-verifier/compiled/psa-2_0_0_token.sign1.cbor", "iat-verifier/data/key.pem"),
    all_refuse("iat-verifier/data/iat.cbor", "iat-verifier/data/key.pem", "wrong profile", python=ONLY_COSE),
    all_refuse("iat-verifier/data/psa-2_0_0_sign1-token.cbor", "iat-verifier/data/key.pem", "algorithm not found"),
    all_refuse(COSE_NEGATIVE + "zero-byte.bin", EC256, "invalid COSE_Sign1_Tagged object"),
    all_refuse(COSE_NEGATIVE + "truncated-after-array.bin", EC256, "unexpected EOF"),
    all_refuse(COSE_NEGATIVE + "payload-empty-bstr.bin", EC256, "EOF"),
    all_refuse(COSE_NEGATIVE + "unknown-profile-psa-3.0.0.bin", EC256, 'unknown profile: "http://arm.com/psa/3.0.0"'),
]

JWT, PKEY = "ear/jwt/", "ear/keys/veraison-pkey.json"
SIGNATURE_ONLY = accepts("judges the signature, not the claims")

# All are ES256. python and jose judge the signature only.
EAR = [
    row(JWT + "arc-plain.jwt", PKEY),
    row(JWT + "arc-jwk-header.jwt", PKEY),
    row(JWT + "lib-pass.jwt", PKEY),
    row(JWT + "optee-iisec-affirming.jwt", PKEY),
    row(JWT + "optee-pr124-warning.jwt", PKEY),
    row(JWT + "parsec-tpm-key-attestation.jwt", PKEY),
    row(JWT + "draft-opa-float-iat.jwt", PKEY),
    all_refuse(JWT + "arc-plain.jwt", "ear/keys/rust-ear-pkey.json", "signature verification failed"),
    all_refuse(JWT + "trustee-cca-expired.jwt", JWT + "trustee-cca-expired.jwt#jwk", '"exp" not satisfied',
               python=SIGNATURE_ONLY, jose=SIGNATURE_ONLY),
    all_refuse(JWT + "rust-ear-minimal.jwt", "ear/keys/rust-ear-pkey.json", "invalid value(s) for eat_profile (test)",
               python=SIGNATURE_ONLY, jose=SIGNATURE_ONLY),
    all_refuse(JWT + "fail-empty-claims.jwt", PKEY, "missing mandatory 'eat_profile', 'ear.verifier-id', 'submods'",
               python=SIGNATURE_ONLY, jose=SIGNATURE_ONLY),
    all_refuse(JWT + "fail-alg-hs256.jwt", PKEY, "signature verification failed"),
    all_refuse(JWT + "fail-alg-none.jwt", PKEY, "signature verification failed"),
    all_refuse(JWT + "fail-leading-dot.jwt", PKEY, "failed verifying JWT message"),
    all_refuse(JWT + "fail-trailing-segment.jwt", PKEY, "failed verifying JWT message",
               jose=accepts("José takes the first three of four segments")),
]

NO_COLLECTIONS = refuses("unknown CMW format", "the CMW library of 2024 has records and tags only")


def collection(file):
    return row(file, None, ref2024=NO_COLLECTIONS)


CMW = [
    row("cmw/record-signed-corim.cbor", None),
    row("cmw/draft/cmw-example-1.cbor", None),
    row("cmw/draft/cmw-example-1.json", None),
    row("cmw/draft/cmw-example-2.cbor", None),
    row("cmw/draft/cmw-example-2.json", None),
    row("cmw/draft/cmw-example-3.cbor", None),
    row("cmw/draft/cmw-example-tag-1.cbor", None),
    row("cmw/draft/cmw-example-tag-2.cbor", None),
    collection("cmw/draft/collection-example-1.cbor"),
    collection("cmw/draft/collection-example-1.json"),
    collection("cmw/draft/collection-example-2.json"),
    collection("cmw/mixed-collection.cbor"),
    collection("cmw/mixed-collection.json"),
    collection("cmw/testdata/collection-ok.json"),
    collection("cmw/testdata/collection-cbor-ok.cbor"),
    collection("cmw/testdata/collection-cbor-ok-2.cbor"),
    collection("cmw/testdata/collection-cbor-mixed-keys.cbor"),
]

SIGNED, SIGNED_KEY = "cmw/signed/", "cmw/signed/key.jwk"

# python judges the COSE envelope only.
SIGNED_CMW = [
    row(SIGNED + "ok.cose", SIGNED_KEY),
    all_refuse(SIGNED + "fail-no-alg.cose", SIGNED_KEY, "algorithm not found"),
    all_refuse(SIGNED + "fail-no-cty.cose", SIGNED_KEY, "unexpected content type"),
    all_refuse(SIGNED + "fail-wrong-cty.cose", SIGNED_KEY, "unexpected content type"),
    all_refuse(SIGNED + "fail-bad-signature.cose", SIGNED_KEY, "verification error"),
    all_refuse(SIGNED + "fail-truncated.cose", SIGNED_KEY, "unexpected EOF"),
    all_refuse(SIGNED + "fail-payload-not-cmw.cose", SIGNED_KEY, "decoding tag", python=ONLY_COSE),
]
