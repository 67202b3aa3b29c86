"""Certificates for tests, made by openssl."""

import subprocess

from bench import Disagreement


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
