"""`serve --dev`: anybody is root, on loopback only, never for a web page, and every answer says so."""

import subprocess

import pytest

from harness.caller import Caller
from harness.expect import refused
from harness.server import BINARY, PATIENCE, environment, free_port

DEV = "123456789012"


@pytest.fixture
def dev(own_server):
    return own_server("--dev", account=None)


def anybody(server, region="us-east-1"):
    return Caller(server.url, "test", "test", region=region)


def test_an_unknown_key_is_root(dev):
    caller = anybody(dev)
    assert caller.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{DEV}:root"
    caller.iam.create_user(UserName="u")


def test_the_region_picks_the_partition(dev):
    assert anybody(dev, "cn-north-1").arn == f"arn:aws-cn:iam::{DEV}:root"
    assert anybody(dev, "us-gov-west-1").arn == f"arn:aws-us-gov:iam::{DEV}:root"


def test_a_known_key_acts_as_itself(dev):
    root = anybody(dev).iam
    root.create_user(UserName="u")
    key = root.create_access_key(UserName="u")["AccessKey"]
    user = Caller(dev.url, key["AccessKeyId"], key["SecretAccessKey"])
    assert user.arn == f"arn:aws:iam::{DEV}:user/u"
    with refused("AccessDenied", status=403):
        user.iam.list_users()
    with refused("SignatureDoesNotMatch", status=403):
        Caller(dev.url, key["AccessKeyId"], "x" * 40).sts.get_caller_identity()


def test_every_answer_says_so(dev):
    headers = anybody(dev).sts.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    assert any("portcullis" in name and "dev" in (name + value).lower() for name, value in headers.items()), headers


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_a_web_page_cannot_use_it(dev, header):
    status, _, _ = dev.send("POST", "/", b"Action=ListUsers&Version=2010-05-08", header)
    assert status == 403
    status, _, _ = dev.send("POST", "/_portcullis/reset", b"", header)
    assert status == 403


def test_reset_empties_the_directory(dev):
    caller = anybody(dev)
    caller.iam.create_user(UserName="u")
    assert dev.send("POST", "/_portcullis/reset", b"")[0] in (200, 204)
    assert caller.iam.list_users()["Users"] == []


def test_only_on_loopback(tmp_path):
    done = subprocess.run(
        [BINARY, "serve", "--dev", "--data", tmp_path / "d", "--listen", f"0.0.0.0:{free_port()}"],
        capture_output=True, text=True, timeout=PATIENCE, env=environment(),
    )
    assert done.returncode != 0 and "loopback" in done.stderr + done.stdout


def test_a_normal_server_has_no_reset(server, root):
    status, _, _ = server.send("POST", "/_portcullis/reset", b"")
    assert status in (403, 404, 405)
    status, _, _ = root.send("POST", "/_portcullis/reset", b"")
    assert status in (400, 403, 404, 405)
    root.sts.get_caller_identity()


def test_plain_http_stays_on_loopback(tmp_path):
    done = subprocess.run(
        [BINARY, "serve", "--data", tmp_path / "d", "--listen", f"0.0.0.0:{free_port()}"],
        capture_output=True, text=True, timeout=PATIENCE, env=environment(),
    )
    assert done.returncode != 0 and "--tls-cert" in done.stderr
