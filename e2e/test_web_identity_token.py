"""Tokens that an account gives out: anybody can verify them by what the issuer publishes."""

import base64
import hashlib
import json
import urllib.request

from harness.expect import refused


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_token_is_verified_by_what_its_issuer_publishes(own_server):
    server = own_server()
    root = server.root
    issuer = root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert issuer.startswith(server.url + "/oidc/")
    answer = root.sts.get_web_identity_token(Audience=["https://a.example"], SigningAlgorithm="RS256")
    message, signature = answer["WebIdentityToken"].rsplit(".", 1)
    header, claims = (json.loads(decoded(part)) for part in message.split("."))
    assert claims["iss"] == issuer and claims["exp"] == answer["Expiration"].timestamp()

    document = get(f"{issuer}/.well-known/openid-configuration")
    assert document["issuer"] == issuer
    keys = {key["kid"]: key for key in get(document["jwks_uri"])["keys"]}
    assert {key["alg"] for key in keys.values()} == set(document["id_token_signing_alg_values_supported"])
    key = keys[header["kid"]]
    n, e = (int.from_bytes(decoded(key[part])) for part in "ne")
    # RSASSA-PKCS1-v1_5: the signature raised to the exponent is the padded digest.
    digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message.encode()).digest()
    expected = b"\x00\x01" + b"\xff" * (256 - len(digest) - 3) + b"\x00" + digest
    assert pow(int.from_bytes(decoded(signature)), e, n).to_bytes(256) == expected

    root.iam.disable_outbound_web_identity_federation()
    assert header["kid"] in {key["kid"] for key in get(document["jwks_uri"])["keys"]}
    with refused("OutboundWebIdentityFederationDisabledException", status=403):
        root.sts.get_web_identity_token(Audience=["a"], SigningAlgorithm="RS256")
    assert server.get("/oidc/nobody/.well-known/jwks.json")[0] == 404


def test_the_public_url_names_the_issuer(own_server):
    server = own_server("--public-url", "https://iam.example.com/")
    issuer = server.root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert issuer.startswith("https://iam.example.com/oidc/")
    status, _, body = server.get(issuer.removeprefix("https://iam.example.com") + "/.well-known/openid-configuration")
    assert (status, json.loads(body)["issuer"]) == (200, issuer)
