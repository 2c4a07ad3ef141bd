"""Programs that look for credentials by themselves: boto3 and the AWS CLI, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from harness.server import environment

SCRIPT = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
PROGRAMS = {
    "boto3": [sys.executable, "-c", SCRIPT],
    "the AWS CLI": [Path(sys.executable).with_name("aws"), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
}


def arns(variables):
    """Who each program finds that it is."""
    found = {}
    for name, command in PROGRAMS.items():
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=variables)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        found[name] = done.stdout.strip()
    return found


class Profile:
    """AWS's configuration with one profile, whose credentials a command prints."""

    def __init__(self, folder, url, command):
        self.cache = Path(folder) / "cache"
        self.command = command
        config = Path(folder) / "config"
        config.write_text(f"[profile person]\nregion = us-east-1\nendpoint_url = {url}\ncredential_process = {command}\n")
        self.variables = environment(AWS_CONFIG_FILE=str(config), AWS_SHARED_CREDENTIALS_FILE=str(Path(folder) / "none"),
                                     AWS_PROFILE="person", XDG_CACHE_HOME=str(self.cache))

    def printed(self):
        """What the command prints."""
        done = subprocess.run(self.command.split(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              env=self.variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def let_expire(self):
        """Makes what is kept old enough to be fetched anew."""
        (file,) = (self.cache / "portcullis/credentials").iterdir()
        held = json.loads(file.read_text())
        file.write_text(json.dumps(held | {"Expiration": held["Issued"]}))
