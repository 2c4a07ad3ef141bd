"""Somebody with credentials: boto3 clients, the AWS CLI, signed requests."""

import json
import subprocess
import sys
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session
import urllib.error
import urllib.request

from harness import ledger

REGION = "us-east-1"
# One session for all clients: it keeps the service models once they are read.
_SESSION = botocore.session.Session()
_SESSION.register("before-parse", ledger.hear)
_CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=30)
_UNCHECKED = _CONFIG.merge(botocore.config.Config(parameter_validation=False))


class Caller:
    def __init__(self, url, key, secret, token=None, region=REGION):
        self.url, self.key, self.secret, self.token, self.region = url, key, secret, token, region
        self._clients = {}

    def client(self, service, checked=True):
        """A boto3 client. Unchecked, it sends parameters that the model forbids, so that the server has to say so."""
        if (service, checked) not in self._clients:
            self._clients[service, checked] = _SESSION.create_client(
                service,
                region_name=self.region,
                endpoint_url=self.url,
                aws_access_key_id=self.key,
                aws_secret_access_key=self.secret,
                aws_session_token=self.token,
                config=_CONFIG if checked else _UNCHECKED,
            )
        return self._clients[service, checked]

    @property
    def iam(self):
        return self.client("iam")

    @property
    def sts(self):
        return self.client("sts")

    @property
    def arn(self):
        return self.sts.get_caller_identity()["Arn"]

    def with_credentials(self, credentials):
        """The holder of what AssumeRole or GetSessionToken returned, at the same server."""
        return Caller(
            self.url, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], self.region
        )

    def assume(self, role_arn, session="session", **more):
        answer = self.sts.assume_role(RoleArn=role_arn, RoleSessionName=session, **more)
        return self.with_credentials(answer["Credentials"])

    def variables(self):
        """The environment that makes AWS tools act as this caller."""
        found = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }
        return found | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})

    def aws(self, *words, check=True):
        """Runs the AWS CLI; the answer is parsed where it is JSON."""
        from harness.server import environment

        done = subprocess.run(
            [Path(sys.executable).with_name("aws"), *words, "--output", "json"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            env=environment(**self.variables()),
        )
        if not check:
            return done
        assert done.returncode == 0, f"aws {' '.join(words)}: {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def signed(self, method, path, body=b"", headers=None, service="iam", region=None, at=None):
        """A request with its signature, ready to be sent or spoilt first."""
        request = botocore.awsrequest.AWSRequest(method, self.url + path, data=body, headers=headers or {})
        credentials = botocore.credentials.Credentials(self.key, self.secret, self.token)
        botocore.auth.SigV4Auth(credentials, service, region or self.region).add_auth(request)
        return request.prepare()

    def send(self, method, path, body=b"", headers=None, service="iam"):
        """Sends a signed request: status, headers, body."""
        signed = self.signed(method, path, body, headers, service)
        return deliver(signed)

    def ask(self, path, question):
        """Asks the server's own API, which must answer."""
        headers = {"Content-Type": "application/json"}
        status, _, body = self.send("POST", path, json.dumps(question).encode(), headers, service="portcullis")
        assert status == 200, body
        return json.loads(body)

    def query(self, service="iam", **parameters):
        """Sends a Query request built by hand: status, headers, body."""
        from urllib.parse import urlencode

        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        version = {"iam": "2010-05-08", "sts": "2011-06-15"}[service]
        body = urlencode({"Version": version} | parameters).encode()
        return self.send("POST", "/", body, headers, service)


def deliver(prepared):
    """Sends what `signed` prepared."""
    body = prepared.body if prepared.body else None
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in prepared.headers.items()}
    request = urllib.request.Request(prepared.url, data=body, headers=headers, method=prepared.method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()
