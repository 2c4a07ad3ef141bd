"""Sessions that are over before their time, by the operator's commands and by AWS's policy."""

import json

import pytest

from harness.expect import policy, refused, trust
from harness.server import ACCOUNT

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.fixture
def world(own_server):
    """A server with a user who may assume a role that lists users."""
    server = own_server()
    root = server.root
    root.iam.create_user(UserName="u")
    key = root.iam.create_access_key(UserName="u")["AccessKey"]
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(ROOT))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy("iam:ListUsers"))
    return server, type(root)(server.url, key["AccessKeyId"], key["SecretAccessKey"])


def listed(server, *arguments):
    return json.loads(server.command("sessions", "list", "--json", *arguments).stdout)["sessions"]


def over(session):
    with refused("InvalidClientTokenId", status=403):
        session.iam.list_users()


def test_a_session_is_listed_and_revoked_and_its_next_request_fails(world):
    server, user = world
    one, other = user.assume(ROLE, "one"), user.assume(ROLE, "other")
    one.iam.list_users()
    shown = {row["accessKeyId"]: row for row in listed(server)}
    assert shown.keys() == {one.key, other.key}
    row = shown[one.key]
    assert row["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/one" and row["principal"] == ROLE
    assert row["byAccessKeyId"] == user.key and row["state"] == "runs" and row["operation"] == "AssumeRole"

    server.command("sessions", "revoke", "--session", one.key)
    over(one)
    other.iam.list_users()
    assert [row["accessKeyId"] for row in listed(server)] == [other.key]
    states = {row["accessKeyId"]: row["state"] for row in listed(server, "--all")}
    assert states == {one.key: "revoked", other.key: "runs"}

    # By the session's ARN, while no server runs.
    server.stop()
    server.command("sessions", "revoke", "--principal", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/other")
    assert "no session runs" in server.command("sessions", "list").stdout
    server.start()
    over(other)


def test_by_role_by_user_by_key_and_all(world):
    server, user = world
    for arguments in (
        ["--principal", ROLE],
        ["--principal", f"arn:aws:iam::{ACCOUNT}:user/u"],
        ["--key", user.key],
        ["--account", ACCOUNT],
    ):
        session = user.assume(ROLE)
        session.iam.list_users()
        assert len(listed(server, "--principal", ROLE)) == 1
        done = server.command("sessions", "revoke", "--json", *arguments).stdout
        assert len(json.loads(done)["revoked"]) == 1
        over(session)
        assert listed(server, "--principal", ROLE) == []
    assert user.arn.endswith(":user/u")


def test_what_is_not_there_is_not_revoked(world):
    server, _ = world
    for arguments in (
        ["--principal", f"arn:aws:iam::{ACCOUNT}:role/none"],
        ["--principal", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/none"],
        ["--principal", "arn:aws:s3:::bucket"],
        ["--account", "999999999999"],
    ):
        done = server.command("sessions", "revoke", *arguments, check=False)
        assert done.returncode == 1 and done.stderr.startswith("portcullis: "), arguments
    assert server.command("sessions", "revoke", check=False).returncode == 2


def test_the_policy_of_aws_s_console_revokes_older_sessions(world):
    server, user = world
    session = user.assume(ROLE)
    session.iam.list_users()
    condition = {"DateLessThan": {"aws:TokenIssueTime": "2100-01-01T00:00:00.000Z"}}
    server.root.iam.put_role_policy(
        RoleName="r", PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=policy(["*"], ["*"], effect="Deny", condition=condition),
    )
    with refused("AccessDenied", status=403) as refusal:
        session.iam.list_users()
    assert "explicit deny in an identity-based policy" in refusal.message
