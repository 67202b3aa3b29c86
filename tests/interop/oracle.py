#!/usr/bin/env python3
"""Reads and writes JOSE, COSE and CBOR with libraries nobody here wrote.

One sub-command, files in, one JSON object on stdout: exit 0 and the result, or
exit 1 and {"error": "..."}. Same manners as the Go oracles; see README.md.
"""

import argparse
import base64
import hmac
import io
import json
import sys
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from jwcrypto import jwk, jws

ECDSA = {"ES256": (-7, "P-256", hashes.SHA256), "ES384": (-35, "P-384", hashes.SHA384),
         "ES512": (-36, "P-521", hashes.SHA512)}
PSS = {"PS256": (-37, hashes.SHA256), "PS384": (-38, hashes.SHA384), "PS512": (-39, hashes.SHA512)}
MAC = {"HS256": (5, "sha256"), "HS384": (6, "sha384"), "HS512": (7, "sha512")}
ALGORITHM_IDS = {name: entry[0] for table in (ECDSA, PSS, MAC) for name, entry in table.items()} | {"EdDSA": -8}
ALGORITHM_NAMES = {number: name for name, number in ALGORITHM_IDS.items()}

LABEL_ALGORITHM, LABEL_CONTENT_TYPE = 1, 3
TAG_SIGN1, TAG_MAC0 = 18, 17

MAPS = (dict, cbor2.frozendict)  # cbor2 returns the second inside tags

# Tags that cbor2 would turn into Python objects (dates, bignums, UUIDs, sets, ...)
# and that are to be shown as they stand.
INTERPRETED_TAGS = [0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 43000, 100, 256, 258, 260, 261, 1004, 55799]


class Refused(Exception):
    """The input is readable and wrong."""


# --- CBOR -----------------------------------------------------------------

def decode_cbor(data, strict=True):
    """One whole item; strict refuses duplicate keys and indefinite lengths."""
    def as_it_stands(number):
        return lambda decoder: cbor2.CBORTag(number, decoder.decode())

    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream, read_size=1, allow_duplicate_keys=not strict, allow_indefinite=not strict,
        semantic_decoders={number: as_it_stands(number) for number in INTERPRETED_TAGS})
    value = decoder.decode()
    if stream.tell() != len(data):
        raise Refused(f"{len(data) - stream.tell()} bytes after the item")
    return value


def cbor_to_json(value):
    """JSON that keeps every CBOR type apart; json_to_cbor is its inverse."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, cbor2.CBORTag):
        return {"tag": value.tag, "value": cbor_to_json(value.value)}
    if isinstance(value, cbor2.CBORSimpleValue):
        return {"simple": value.value}
    if value is cbor2.undefined:
        return {"simple": 23}
    if isinstance(value, MAPS):
        return {"map": [[cbor_to_json(k), cbor_to_json(v)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [cbor_to_json(item) for item in value]
    return value


def json_to_cbor(value):
    if isinstance(value, list):
        return [json_to_cbor(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if "tag" in value:
        return cbor2.CBORTag(value["tag"], json_to_cbor(value["value"]))
    if "simple" in value:
        return cbor2.CBORSimpleValue(value["simple"])
    return {hashable(json_to_cbor(k)): json_to_cbor(v) for k, v in value["map"]}


def hashable(key):
    return tuple(key) if isinstance(key, list) else key


def run_cbor_decode(args):
    return {"cbor": cbor_to_json(decode_cbor(args.file.read_bytes(), strict=not args.lenient))}


def run_cbor_encode(args):
    value = json_to_cbor(json.loads(args.description.read_text()))
    return written(args.out, cbor2.dumps(value, canonical=args.canonical))


# --- keys -----------------------------------------------------------------

def load_key(path):
    """A JWK or PEM file; anything else is the bytes of a symmetric key."""
    data = path.read_bytes()
    if data.lstrip().startswith(b"{"):
        members = json.loads(data)
        members.pop("alg", None)  # some files name the algorithm of another role
        return jwk.JWK(**members)
    if data.startswith(b"-----BEGIN"):
        return jwk.JWK.from_pem(data)
    return jwk.JWK(kty="oct", k=base64url(data))


def secret_of(key):
    if key.get("kty") != "oct":
        raise Refused("a MAC needs a symmetric key")
    return unbase64url(key.get("k"))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def run_jwk_thumbprint(args):
    return {"thumbprint": load_key(args.key).thumbprint()}


def run_jwk_generate(args):
    """A pair of keys that fits an algorithm."""
    if args.alg in ECDSA:
        key = jwk.JWK.generate(kty="EC", crv=ECDSA[args.alg][1])
    elif args.alg in PSS:
        key = jwk.JWK.generate(kty="RSA", size=2048)
    elif args.alg == "EdDSA":
        key = jwk.JWK.generate(kty="OKP", crv="Ed25519")
    else:
        raise Refused(f"no pair of keys for {args.alg}")
    args.public.write_text(key.export_public())
    return written(args.private, key.export_private().encode())


# --- JOSE -----------------------------------------------------------------

def run_jws_verify(args):
    token = jws.JWS()
    token.allowed_algs = [args.alg]
    token.deserialize(args.file.read_text().strip())
    token.verify(load_key(args.key))
    result = {"header": token.jose_header}
    try:
        result["payload"] = json.loads(token.payload)
    except ValueError:
        result["payload_hex"] = token.payload.hex()
    return result


def run_jws_sign(args):
    token = jws.JWS(args.payload.read_bytes())
    token.allowed_algs = [args.alg]
    header = {"alg": args.alg} | json.loads(args.header)
    token.add_signature(load_key(args.key), protected=json.dumps(header, separators=(",", ":")))
    return written(args.out, token.serialize(compact=True).encode())


# --- COSE -----------------------------------------------------------------

def parse_cose(data, tag):
    """(protected bytes, protected map, payload, signature or MAC) of a tagged message."""
    message = decode_cbor(data)
    if not isinstance(message, cbor2.CBORTag) or message.tag != tag:
        raise Refused(f"not tag {tag}")
    parts = message.value
    if not isinstance(parts, (list, tuple)) or len(parts) != 4:
        raise Refused("not an array of 4")
    protected, unprotected, payload, seal = parts
    if not all(isinstance(part, bytes) for part in (protected, payload, seal)):
        raise Refused("protected, payload and signature must be byte strings")
    headers = decode_cbor(protected) if protected else {}
    if not isinstance(headers, MAPS) or not isinstance(unprotected, MAPS):
        raise Refused("headers must be maps")
    if set(headers) & set(unprotected):
        raise Refused("a label in both header maps")
    return protected, headers, payload, seal


def algorithm_of(headers):
    name = ALGORITHM_NAMES.get(headers.get(LABEL_ALGORITHM))
    if name is None:
        raise Refused(f"no known algorithm in the protected header: {headers.get(LABEL_ALGORITHM)}")
    return name


def to_be_signed(context, protected, external_aad, payload):
    return cbor2.dumps([context, protected, external_aad, payload])


def verify_signature(name, key, tbs, signature):
    public = key.get_op_key("verify")
    if name in ECDSA:
        _, curve, digest = ECDSA[name]
        expect_key(key, "EC", curve)
        size = (public.curve.key_size + 7) // 8
        if len(signature) != 2 * size:
            raise Refused(f"signature of {len(signature)} bytes, not {2 * size}")
        r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
        public.verify(utils.encode_dss_signature(r, s), tbs, ec.ECDSA(digest()))
    elif name in PSS:
        expect_key(key, "RSA")
        public.verify(signature, tbs, pss(PSS[name][1]), PSS[name][1]())
    elif name == "EdDSA":
        expect_key(key, "OKP", "Ed25519")
        public.verify(signature, tbs)
    else:
        raise Refused(f"{name} is no signature algorithm")


def make_signature(name, key, tbs):
    """ECDSA is deterministic (RFC 6979): the same input gives the same bytes."""
    private = key.get_op_key("sign")
    if name in ECDSA:
        _, curve, digest = ECDSA[name]
        expect_key(key, "EC", curve)
        size = (private.curve.key_size + 7) // 8
        der = private.sign(tbs, ec.ECDSA(digest(), deterministic_signing=True))
        return b"".join(number.to_bytes(size, "big") for number in utils.decode_dss_signature(der))
    if name in PSS:
        expect_key(key, "RSA")
        return private.sign(tbs, pss(PSS[name][1]), PSS[name][1]())
    if name == "EdDSA":
        expect_key(key, "OKP", "Ed25519")
        return private.sign(tbs)
    raise Refused(f"{name} is no signature algorithm")


def pss(digest):
    return padding.PSS(mgf=padding.MGF1(digest()), salt_length=digest.digest_size)


def expect_key(key, kind, curve=None):
    if key.get("kty") != kind or (curve and key.get("crv") != curve):
        raise Refused(f"needs a {curve or kind} key, got {key.get('crv') or key.get('kty')}")


def make_mac(name, key, tbs):
    if name not in MAC:
        raise Refused(f"{name} is no MAC algorithm")
    return hmac.digest(secret_of(key), tbs, MAC[name][1])


def run_cose_verify(args, tag):
    protected, headers, payload, seal = parse_cose(args.file.read_bytes(), tag)
    name, key, context = algorithm_of(headers), load_key(args.key), CONTEXTS[tag]
    tbs = to_be_signed(context, protected, args.external_aad, payload)
    if tag == TAG_SIGN1:
        verify_signature(name, key, tbs, seal)
    elif not hmac.compare_digest(seal, make_mac(name, key, tbs)):
        raise Refused("wrong MAC")
    result = {"alg": name, "protected": protected.hex(), "payload": payload.hex()}
    if LABEL_CONTENT_TYPE in headers:
        result["content-type"] = headers[LABEL_CONTENT_TYPE]
    return result


def run_cose_create(args, tag):
    if args.alg not in ALGORITHM_IDS:
        raise Refused(f"unknown algorithm {args.alg}")
    headers = {LABEL_ALGORITHM: ALGORITHM_IDS[args.alg]}
    if args.content_type:
        headers[LABEL_CONTENT_TYPE] = args.content_type
    protected, payload, key = cbor2.dumps(headers), args.payload.read_bytes(), load_key(args.key)
    tbs = to_be_signed(CONTEXTS[tag], protected, args.external_aad, payload)
    seal = make_signature(args.alg, key, tbs) if tag == TAG_SIGN1 else make_mac(args.alg, key, tbs)
    return written(args.out, cbor2.dumps(cbor2.CBORTag(tag, [protected, {}, payload, seal])))


CONTEXTS = {TAG_SIGN1: "Signature1", TAG_MAC0: "MAC0"}


# --- command line ---------------------------------------------------------

def written(path, content):
    path.write_bytes(content)
    return {"written": str(path), "bytes": len(content)}


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, *arguments):
        sub = commands.add_parser(name)
        for argument in arguments:
            sub.add_argument(argument, type=str if argument == "alg" else Path)
        sub.set_defaults(run=run)
        return sub

    command("cbor-decode", run_cbor_decode, "file").add_argument("--lenient", action="store_true")
    command("cbor-encode", run_cbor_encode, "description", "out").add_argument("--canonical", action="store_true")
    command("jwk-thumbprint", run_jwk_thumbprint, "key")
    command("jwk-generate", run_jwk_generate, "alg", "private", "public")
    command("jws-verify", run_jws_verify, "file", "key", "alg")
    command("jws-sign", run_jws_sign, "payload", "key", "alg", "out").add_argument("--header", default="{}")
    for kind, tag, create in (("sign1", TAG_SIGN1, "sign"), ("mac0", TAG_MAC0, "create")):
        verifier = command(f"cose-{kind}-verify", lambda args, tag=tag: run_cose_verify(args, tag), "file", "key")
        creator = command(f"cose-{kind}-{create}", lambda args, tag=tag: run_cose_create(args, tag),
                          "payload", "key", "alg", "out")
        creator.add_argument("--content-type")
        for sub in (verifier, creator):
            sub.add_argument("--external-aad", type=bytes.fromhex, default=b"")
    return parser.parse_args()


def main():
    args = command_line()
    try:
        print(json.dumps(args.run(args)))
    except InvalidSignature:
        return fail("wrong signature")
    except Exception as error:  # a peer's exception of any kind is a verdict here
        return fail(f"{type(error).__name__}: {error}")
    return 0


def fail(text):
    print(json.dumps({"error": text}))
    return 1


if __name__ == "__main__":
    sys.exit(main())
