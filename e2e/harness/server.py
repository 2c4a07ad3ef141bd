"""A `portcullis serve` process on a loopback port with a data directory of its own."""

import os
import re
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import REPOSITORY
from harness.caller import Caller

BINARY = Path(os.environ.get("PORTCULLIS_BINARY", REPOSITORY / "target/release/portcullis"))
ACCOUNT = "111122223333"
# How long a start, a stop or an answer may take before the test fails. Never waited for in full when all is well.
PATIENCE = 20.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more):
    """The variables of this process without any that would steer an AWS client or a server elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PORTCULLIS_"))}
    # An empty file rather than a missing one: the CLI looks into the home directory otherwise.
    kept |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}
    kept |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1"}
    return kept | more


class Server:
    def __init__(self, data, *arguments, account=ACCOUNT, scheme="http", context=None, env=None):
        self.data = Path(data)
        self.port = free_port()
        self.listen = f"127.0.0.1:{self.port}"
        self.url = f"{scheme}://{self.listen}"
        self.context = context
        self.account = account
        self.arguments = arguments
        self.env = environment(**(env or {}))
        self.process = None
        self.log = self.data.parent / f"{self.data.name}.log"
        self.start()

    def start(self):
        command = [BINARY, "serve", "--data", self.data, "--listen", self.listen]
        if self.account:
            command += ["--account-id", self.account]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env
            )
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, f"the server ended:\n{self.logged()}"
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1, context=self.context) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            assert time.monotonic() < deadline, f"the server is not ready:\n{self.logged()}"
            time.sleep(0.01)

    def logged(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        """Ends it as an operator does and returns its exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE) if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def restart(self):
        self.stop()
        return self.start()

    def command(self, *words, check=True, env=None):
        """Runs another command of the binary on this data directory."""
        done = subprocess.run(
            [BINARY, *words, "--data", self.data],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, env=env or self.env,
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def exports(self, *arguments):
        """What `portcullis env` prints, as a dictionary."""
        text = self.command("env", "--listen", self.listen, *arguments).stdout
        pairs = (line.removeprefix("export ").split("=", 1) for line in text.splitlines() if "=" in line)
        return {name: shlex.split(value)[0] if value else "" for name, value in pairs}

    @property
    def root(self):
        return self.root_of()

    def root_of(self, account=None):
        """The root user of the first account, or of another."""
        exports = self.exports(*(["--account", account] if account else []))
        return Caller(self.url, exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"])

    def get(self, path, headers=None, port=None):
        """A plain HTTP GET: status, headers, body."""
        return self.send("GET", path, headers=headers, port=port)

    def send(self, method, path, body=None, headers=None, port=None):
        url = f"http://127.0.0.1:{port or self.port}{path}"
        request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers, refusal.read().decode()

    def raw(self, data):
        """Sends bytes as they are and returns what comes back before the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(data)
            connection.settimeout(PATIENCE)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
                head, found, body = answer.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                if found and length and len(body) >= int(length[1]):
                    break
            return answer.decode(errors="replace")
