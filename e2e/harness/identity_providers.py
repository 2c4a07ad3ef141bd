"""Identity providers: a cluster that issues service-account tokens, npm's oidc-provider, Debian's SimpleSAMLphp, and
a certificate authority for those that need TLS."""

import base64
import html
import http.server
import json
import re
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from harness import ledger
from harness.routes import openssl
from harness.server import PATIENCE, environment, free_port

NODE = Path(__file__).resolve().parents[1] / "node"
SIMPLESAMLPHP = Path("/usr/share/simplesamlphp")


_SESSION = botocore.session.Session()
_SESSION.register("before-parse", ledger.hear)


def strangers(url):
    """STS for somebody without credentials."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return _SESSION.create_client("sts", region_name="us-east-1", endpoint_url=url, config=config)


def federated(provider, actions, condition=None):
    """A trust policy for whom a provider vouches for."""
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Authority:
    """A certificate authority, and the certificate of one server on loopback that goes by several names."""

    def __init__(self, folder, *names):
        self.folder = Path(folder)
        self.certificate = self.folder / "ca.pem"
        ca_key, self.key, self.chain = (self.folder / name for name in ("ca.key", "server.key", "server.pem"))
        alternatives = ",".join(f"DNS:{name}" for name in names)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test CA",
                "-days", "2", "-keyout", str(ca_key), "-out", str(self.certificate))
        request = self.folder / "server.csr"
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={names[0]}",
                "-keyout", str(self.key), "-out", str(request))
        extensions = self.folder / "extensions"
        extensions.write_text(f"subjectAltName={alternatives}\n")
        openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(ca_key), "-days", "2",
                "-extfile", str(extensions), "-out", str(self.chain))

    def thumbprint(self, file=None):
        text = openssl("x509", "-in", str(file or self.chain), "-noout", "-fingerprint", "-sha1")
        return text.split("=")[1].strip().replace(":", "").lower()


def encoded(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Cluster:
    """Issues tokens as Kubernetes does for service accounts, and shows its keys over TLS."""

    HOST = "kubernetes.default.svc.cluster.local"
    ISSUER = f"https://{HOST}"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = Authority(folder, self.HOST)
        self.requests = []
        self.rotations = 0
        self.rotate()
        cluster = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                cluster.requests.append(self.path)
                documents = {
                    "/.well-known/openid-configuration": {
                        "issuer": cluster.ISSUER, "jwks_uri": f"{cluster.ISSUER}/openid/v1/jwks",
                        "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"]},
                    "/openid/v1/jwks": {"keys": [cluster.jwk]},
                }
                found = documents.get(self.path)
                body = json.dumps(found).encode() if found else b"not found"
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.chain, self.authority.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def rotate(self):
        """A new key takes the place of the old one."""
        self.rotations += 1
        self.key = self.folder / f"signing-{self.rotations}.key"
        openssl("genrsa", "-out", str(self.key), "2048")
        modulus = openssl("rsa", "-in", str(self.key), "-noout", "-modulus").strip().split("=")[1]
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": f"key-{self.rotations}",
                    "n": encoded(bytes.fromhex(modulus)), "e": "AQAB"}

    def token(self, subject="system:serviceaccount:default:app", audience="sts.amazonaws.com", **more):
        now = int(time.time())
        header = {"alg": "RS256", "kid": self.jwk["kid"]}
        namespace, account = subject.split(":")[2:]
        claims = {"aud": [audience], "exp": now + 3600, "iat": now, "iss": self.ISSUER, "jti": str(uuid.uuid4()),
                  "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": str(uuid.uuid4())}},
                  "nbf": now, "sub": subject} | more
        signed = f"{encoded(header)}.{encoded(claims)}"
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(),
                              capture_output=True, check=True)
        return f"{signed}.{encoded(done.stdout)}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Browser:
    """Somebody who follows redirects and fills in forms."""

    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def open(self, url, fields=None):
        """The address that it ended at, and the page there."""
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        try:
            with self.opener.open(urllib.request.Request(url, data=data), timeout=PATIENCE) as answer:
                return answer.geturl(), answer.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{url}: {error.code}\n{error.read().decode()[:2000]}") from error


def wait_for(probe, process, log):
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, f"it ended:\n{Path(log).read_text()}"
        try:
            return probe()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline, f"it does not answer:\n{Path(log).read_text()}"
            time.sleep(0.05)


class OidcProvider:
    """npm's oidc-provider, with a client and the login pages that it has for developers."""

    HOST = "login.example.com"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = Authority(folder, self.HOST, "localhost")
        self.port = free_port()
        self.origin = f"https://localhost:{self.port}"
        # IAM has no ports in addresses of providers, so the issuer has none either.
        self.issuer = f"https://{self.HOST}"
        self.address = f"127.0.0.1:{self.port}"
        self.context = ssl.create_default_context(cafile=self.authority.certificate)
        self.log = self.folder / "oidc-provider.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["node", NODE / "oidc-provider.js", self.issuer, str(self.port), self.authority.chain, self.authority.key],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        wait_for(lambda: self.get("/.well-known/openid-configuration"), self.process, self.log)

    def get(self, path):
        with urllib.request.urlopen(self.origin + path, timeout=PATIENCE, context=self.context) as answer:
            return json.loads(answer.read())

    def sign_in(self, login):
        """The ID token of somebody who signs in by the authorization code flow."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.origin}/sign-in/{login}", method="POST"),
                                    timeout=PATIENCE, context=self.context) as answer:
            return answer.read().decode()

    def close(self):
        self.process.kill()
        self.process.wait(PATIENCE)


class SimpleSamlPhp:
    """Debian's SimpleSAMLphp as an identity provider, run by PHP's own server from a configuration of its own."""

    def __init__(self, folder, attributes, recipient="https://signin.aws.amazon.com/saml", encryption=None):
        self.folder = Path(folder)
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.entity = f"{self.origin}/saml2/idp/metadata.php"
        for name in ("cert", "log", "data", "tmp", "metadata", "sessions"):
            (self.folder / name).mkdir()
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=idp", "-days", "2",
                "-keyout", str(self.folder / "cert/idp.key"), "-out", str(self.folder / "cert/idp.pem"))
        self.configure(attributes, recipient, encryption)
        self.log = self.folder / "php.log"
        settings = {"SIMPLESAMLPHP_CONFIG_DIR": str(self.folder)}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["php", "-d", f"session.save_path={self.folder / 'sessions'}", "-d", "display_errors=0", "-d", "opcache.enable=0",
                 "-S", f"127.0.0.1:{self.port}", "-t", SIMPLESAMLPHP / "www"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(**settings))
        self.metadata = wait_for(lambda: Browser().open(self.entity)[1], self.process, self.log)

    def configure(self, attributes, recipient, encryption=None):
        """Writes the configuration; it is read with each request."""
        write = lambda name, text: (self.folder / name).write_text(f"<?php\n{text}\n")  # noqa: E731
        php = lambda value: f"json_decode({json.dumps(json.dumps(value)).replace('$', chr(92) + '$')}, true)"  # noqa: E731
        write("config.php", f"""$config = {php({
            "baseurlpath": f"{self.origin}/", "certdir": f"{self.folder}/cert/", "loggingdir": f"{self.folder}/log/",
            "datadir": f"{self.folder}/data/", "tempdir": f"{self.folder}/tmp", "metadatadir": f"{self.folder}/metadata/",
            "secretsalt": "salt", "auth.adminpassword": "admin", "enable.saml20-idp": True, "timezone": "UTC",
            "logging.handler": "file", "logging.level": 4, "store.type": "phpsession", "session.cookie.secure": False,
            "session.phpsession.savepath": f"{self.folder}/sessions", "session.phpsession.cookiename": "SAML",
            "module.enable": {"exampleauth": True, "core": True, "saml": True}, "language.default": "en",
            "technicalcontact_email": "na@example.org", "metadata.sources": [{"type": "flatfile"}],
            "showerrors": True, "errorreporting": False, "trusted.url.domains": [], "session.duration": 28800})};""")
        write("authsources.php", f"""$config = ['users' => ['exampleauth:UserPass',
            'alice:secret' => {php(attributes)}]];""")
        write("metadata/saml20-idp-hosted.php", """$metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__',
            'privatekey' => 'idp.key', 'certificate' => 'idp.pem', 'auth' => 'users',
            'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
            'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
            'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
            'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid',
                                 'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent']]];""")
        remote = {"AssertionConsumerService": recipient, "simplesaml.nameidattribute": "uid",
                  "NameIDFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"}
        if encryption:
            remote |= {"assertion.encryption": True, "certificate": encryption}
        write("metadata/saml20-sp-remote.php", f"$metadata['urn:amazon:webservices'] = {php(remote)};")

    def sign_in(self, user="alice", password="secret"):
        """What the provider posts to AWS once somebody has signed in: the response in base64."""
        browser = Browser()
        begin = f"{self.origin}/saml2/idp/SSOService.php?spentityid=urn:amazon:webservices"
        address, page = browser.open(begin)
        state = re.search(r'name="AuthState" value="([^"]*)"', page)
        assert state, page
        _, page = browser.open(address, {"username": user, "password": password, "AuthState": html.unescape(state[1])})
        found = re.search(r'name="SAMLResponse" value="([^"]*)"', page)
        assert found, page
        return html.unescape(found[1])

    def close(self):
        self.process.kill()
        self.process.wait(PATIENCE)
