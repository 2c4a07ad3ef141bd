"""`portcullis credentials` as the credential_process of a profile, with boto3 and the AWS CLI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest

from harness.expect import policy, trust, unique
from harness.server import ACCOUNT, BINARY, environment


@pytest.fixture
def profile(root, make_user, server, tmp_path):
    """AWS's two files: the profile `base` with a user's key, the profile `role` with a credential_process."""
    user = make_user(policy("sts:AssumeRole"))
    name = unique("role")
    root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(user.user_arn))
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    credentials, config = tmp_path / "credentials", tmp_path / "config"
    credentials.write_text(f"[base]\naws_access_key_id = {user.key}\naws_secret_access_key = {user.secret}\n")
    command = (
        f"{BINARY} credentials assume-role --endpoint-url {server.url} --role-arn {arn} "
        "--role-session-name program --source-profile base"
    )
    config.write_text(f"[profile role]\nregion = us-east-1\nendpoint_url = {server.url}\ncredential_process = {command}\n")
    variables = environment(
        AWS_CONFIG_FILE=str(config), AWS_SHARED_CREDENTIALS_FILE=str(credentials), XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    return name, command, variables


def run(command, variables, check=True):
    done = subprocess.run(
        command.split(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=variables
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def test_the_aws_cli_takes_them(profile):
    name, _, variables = profile
    done = subprocess.run(
        [Path(sys.executable).with_name("aws"), "sts", "get-caller-identity", "--profile", "role", "--output", "json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=variables,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/program"


def test_boto3_takes_them(profile, server, monkeypatch):
    name, _, variables = profile
    for key in list(os.environ):
        if key.startswith("AWS_"):
            monkeypatch.delenv(key)
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    session = botocore.session.Session(profile="role")
    client = session.create_client("sts", endpoint_url=server.url, region_name="us-east-1")
    assert client.get_caller_identity()["Arn"].endswith(f"assumed-role/{name}/program")
    assert session.get_credentials().method == "custom-process"


def test_they_are_kept_for_their_user_alone_and_taken_anew_when_half_is_over(profile, tmp_path):
    _, command, variables = profile
    first = json.loads(run(command, variables).stdout)
    assert first.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert first["Version"] == 1
    assert json.loads(run(command, variables).stdout) == first
    (file,) = (tmp_path / "cache/portcullis/credentials").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    # Other arguments have credentials of their own; so has who asks for none of the cache's.
    other = json.loads(run(command + " --duration-seconds 900", variables).stdout)
    assert other["AccessKeyId"] != first["AccessKeyId"]
    assert json.loads(run(command + " --no-cache", variables).stdout)["AccessKeyId"] != first["AccessKeyId"]

    held = json.loads(file.read_text())
    file.write_text(json.dumps(held | {"Expiration": held["Issued"]}))
    assert json.loads(run(command, variables).stdout)["AccessKeyId"] != first["AccessKeyId"]
    file.write_text("not json")
    run(command, variables)


def test_refusals_are_told_in_the_words_of_sts(profile, root):
    name, command, variables = profile
    root.iam.delete_role(RoleName=name)
    done = run(command, variables, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert "AccessDenied: User: arn:aws:iam::" in done.stderr
    done = run(command.replace("--source-profile base", "--source-profile none"), variables, check=False)
    assert done.returncode == 1 and "none" in done.stderr
    done = run(command.replace("--endpoint-url http", "--endpoint-url ftp"), variables, check=False)
    assert done.returncode == 1 and "not an address of http or https" in done.stderr


def test_a_token_or_an_assertion_that_nobody_vouches_for_is_refused_unsigned(server, tmp_path):
    token = tmp_path / "token"
    token.write_text("eyJhbGciOiJub25lIn0.e30.\n")
    arn = f"arn:aws:iam::{ACCOUNT}:role/none"
    common = f"--endpoint-url {server.url} --role-arn {arn} --no-cache"
    variables = environment()
    done = run(f"{BINARY} credentials web-identity {common} --token-file {token}", variables, check=False)
    assert done.returncode == 1 and "MissingAuthenticationToken" not in done.stderr, done.stderr
    assert done.stderr.startswith("portcullis: ") and ": " in done.stderr
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/none"
    done = run(
        f"{BINARY} credentials saml {common} --principal-arn {provider} --assertion-file {token}", variables, check=False
    )
    assert done.returncode == 1 and "MissingAuthenticationToken" not in done.stderr, done.stderr
