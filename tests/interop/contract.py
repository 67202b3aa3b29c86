"""How assay is called: the one place to change when a command or a flag does.

A command is a group (what NOT_YET and the cases go by) and its arguments.
"""

# Groups that are not written yet: their cases are skipped. Once a group answers,
# its line here fails the run: take it out, and its cases count.
NOT_YET = set()

# A group exists when this command exits 0 and its output has this flag.
PROBES = {
    "evcli": (["as", "evcli", "psa", "create", "--help"], "--claims"),
    "token-cca": (["token", "cca", "create", "--help"], "--iak"),
    "token-psa": (["token", "psa", "create", "--help"], "--profile"),
    "arc": (["as", "arc", "create", "--help"], "--skey"),
    "ear": (["ear", "verify", "--help"], "--key"),
    "cmw": (["cmw", "wrap", "--help"], "--type"),
    "corim": (["corim", "sign", "--help"], "--meta"),
    "comid": (["comid", "create", "--help"], "--format"),
    "cocli": (["as", "cocli", "corim", "sign", "--help"], "--meta"),
    "check_iat": (["as", "check_iat", "--help"], "--expect-token-indicator"),
    "pocli": (["as", "pocli", "create", "--help"], "--dont-activate"),
    "serve": (["serve", "--help"], "--config"),
    "compile_token": (["as", "compile_token", "--help"], "--platform-key"),
}

PERSONALITIES = {"evcli", "arc", "cocli", "pocli", "check_iat", "compile_token"}


def accepting_codes(group):
    """`ear verify` exits 1 for a good result whose verdict is not affirming."""
    return {0, 1} if group == "ear" else {0}


def refusing_codes(group):
    """Personalities have the exit code of the original, native commands say
    malformed (3) or not trusted (4). Anything else is an accident."""
    return {1} if group in PERSONALITIES else {3, 4}


def psa_create(group, claims, key, out, profile=None):
    if group == "evcli":
        command = ["as", "evcli", "psa", "create", "-c", claims, "-k", key, "-t", out]
    else:
        command = ["token", "psa", "create", "--claims", claims, "--key", key, "--out", out]
    return group, command + (["--profile", profile] if profile else [])


def psa_verify(group, token, key):
    if group == "evcli":
        return group, ["as", "evcli", "psa", "check", "-t", token, "-k", key]
    if group == "check_iat":
        return group, ["as", "check_iat", "-t", "PSA-2.0.0-token", "-k", key, token]
    # A file of raw octets is a symmetric key; assay never takes one for the other.
    flag = "--mac-key" if str(key).endswith((".bin", ".key")) else "--key"
    return group, ["token", "psa", "verify", token, flag, key]


def cca_create(group, claims, iak, rak, out, form=None):
    if group == "evcli":
        command = ["as", "evcli", "cca", "create", "-c", claims, "-p", iak, "-r", rak, "-t", out]
    else:
        command = ["token", "cca", "create", "--claims", claims, "--iak", iak, "--rak", rak, "--out", out]
    return group, command + (["--format", form] if form else [])


def cca_verify(group, token, key):
    if group == "evcli":
        return group, ["as", "evcli", "cca", "check", "-t", token, "-k", key]
    if group == "check_iat":
        return group, ["as", "check_iat", "-t", "CCA-token", "-k", key, token]
    return group, ["token", "cca", "verify", token, "--key", key]


def print_claims(kind, token):
    """Claims as JSON in the form of the reference libraries; kind is psa or cca."""
    return "evcli", ["as", "evcli", kind, "print", "-t", token]


def show_cca(token):
    return "token-cca", ["token", "cca", "show", token, "--json"]


def ear_create(group, claims, key, alg, out):
    if group == "arc":
        return group, ["as", "arc", "create", out, "-c", claims, "-s", key, "-a", alg]
    return group, ["ear", "create", "--claims", claims, "--key", key, "--alg", alg, "--out", out]


def ear_verify(group, token, key, alg):
    if group == "arc":
        return group, ["as", "arc", "verify", token, "-p", key, "-a", alg]
    return group, ["ear", "verify", token, "--key", key, "--alg", alg]


def cmw_wrap(value, media_type, form, out):
    """form is cbor, json or tag; the message is marked as evidence (ind 4) except as a tag."""
    indicator = [] if form == "tag" else ["--ind", "evidence"]
    return "cmw", ["cmw", "wrap", value, "--type", media_type, "--format", form, "--out", out, *indicator]


def cmw_unwrap(message, out):
    return "cmw", ["cmw", "unwrap", message, "--out", out]


def cmw_print(message):
    return "cmw", ["cmw", "show", message, "--json"]


def cmw_sign(message, key, out):
    return "cmw", ["cmw", "sign", message, "--key", key, "--out", out]


def cmw_verify(message, key):
    return "cmw", ["cmw", "verify", message, "--key", key]


def compile_psa(source, key, out):
    return "compile_token", ["as", "compile_token", "-t", "PSA-2.0.0-token", "-k", key, "-o", out, source]


def compile_cca(source, platform_key, realm_key, out):
    return "compile_token", ["as", "compile_token", "-t", "CCA-token", "--platform-key", platform_key,
                             "--realm-key", realm_key, "-o", out, source]
