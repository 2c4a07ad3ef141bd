"""An account goes out and comes in; history, the past, quotas: what the command line adds to IAM."""

import json
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from harness.caller import Caller
from harness.expect import refused
from harness.server import ACCOUNT, BINARY, environment

READ = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
MORE = READ.replace("s3:Get*", "s3:*")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}, "Action": "sts:AssumeRole"}})


@pytest.fixture
def filled(own_server):
    server = own_server()
    iam = server.root.iam
    iam.create_user(UserName="alice", Tags=[{"Key": "Team", "Value": "blue"}])
    iam.create_group(GroupName="Readers", Path="/g/")
    iam.add_user_to_group(UserName="alice", GroupName="Readers")
    iam.put_group_policy(GroupName="Readers", PolicyName="inline", PolicyDocument=READ)
    policy = iam.create_policy(PolicyName="own", PolicyDocument=READ, Description="mine")["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=MORE, SetAsDefault=True)
    iam.attach_user_policy(UserName="alice", PolicyArn=policy)
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=policy)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="worker")
    return server


def make_user_of(root, action):
    """A user of a server of its own who may do this to everything."""
    root.iam.create_user(UserName="reader")
    root.iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=READ.replace("s3:Get*", action))
    key = root.iam.create_access_key(UserName="reader")["AccessKey"]
    return Caller(root.url, key["AccessKeyId"], key["SecretAccessKey"])


def test_what_aws_tells_of_an_account_comes_in(filled, own_server, tmp_path):
    """Pages of the AWS CLI's own output, loaded while the server runs and while it does not."""
    told = subprocess.run(
        [Path(sys.executable).with_name("aws"), "iam", "get-account-authorization-details", "--output", "json"],
        capture_output=True, text=True, timeout=60, check=True, env=environment(**filled.root.variables()),
    ).stdout
    details = json.loads(told)
    first = {"UserDetailList": details["UserDetailList"], "GroupDetailList": details["GroupDetailList"], "IsTruncated": True}
    second = {"RoleDetailList": details["RoleDetailList"], "Policies": details["Policies"]}
    pages = [tmp_path / "1.json", tmp_path / "2.json"]
    for path, page in zip(pages, (first, second)):
        path.write_text(json.dumps(page, indent=4))

    other = own_server(name="other", account="999988887777")
    done = json.loads(other.command("import", "authorization-details", "--json", *pages).stdout)
    assert (done["account"], done["users"], done["groups"], done["roles"], done["policies"]) == (ACCOUNT, 1, 1, 1, 1)
    root = other.root_of(ACCOUNT)
    want, have = (caller.iam.get_account_authorization_details() for caller in (filled.root, root))
    for answer in (want, have):
        del answer["ResponseMetadata"]
    assert have == want
    assert root.iam.get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)

    exported = filled.command("export", "authorization-details").stdout
    again = tmp_path / "export.json"
    other.command("export", "authorization-details", "--account", ACCOUNT, "--output", again)
    # The AWS CLI told whole seconds; the rest is the same.
    seconds = lambda text: re.sub(r"(\d\d:\d\d:\d\d)\.\d+Z", r"\1Z", text)  # noqa: E731
    assert json.loads(seconds(again.read_text())) == json.loads(seconds(exported))

    other.stop()
    other.command("import", "authorization-details", again)
    assert other.command("export", "authorization-details", "--account", ACCOUNT).stdout == again.read_text()
    broken = tmp_path / "broken.json"
    broken.write_text(exported.replace('"UserName":"alice"', '"UserName":"al ice"'))
    failed = other.command("import", "authorization-details", broken, check=False)
    assert failed.returncode == 1
    assert "broken.json`: UserDetailList[0]: user `al ice`" in failed.stderr
    broken.write_text(exported[:300])
    failed = other.command("import", "authorization-details", broken, check=False)
    assert failed.returncode == 1 and "broken.json`: EOF while parsing" in failed.stderr and "at line 3" in failed.stderr


def test_the_past_is_asked_with_the_aws_cli_and_by_header(filled):
    iam = filled.root.iam
    then = datetime.now(timezone.utc).isoformat()
    iam.detach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")

    def ask(caller, when, *words):
        env = environment(**caller.variables())
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        return subprocess.run([BINARY, "as-of", when, "--", "iam", *words], capture_output=True, text=True, timeout=60, env=env)

    question = ("list-attached-user-policies", "--user-name", "alice", "--output", "json")
    past = ask(filled.root, then, *question)
    assert past.returncode == 0, past.stderr
    assert [p["PolicyName"] for p in json.loads(past.stdout)["AttachedPolicies"]] == ["own", "ReadOnlyAccess"]
    assert [p["PolicyName"] for p in iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"]] == ["own"]
    refusal = ask(filled.root, then, "create-user", "--user-name", "eve")
    assert refusal.returncode != 0 and "InvalidAsOf" in refusal.stderr
    assert ask(filled.root, "2999-01-01", *question).returncode == 1

    # The header, which boto3 signs with the rest.
    client = filled.root.iam
    add = lambda request, **_: request.headers.add_header("x-portcullis-as-of", then)  # noqa: E731
    client.meta.events.register("before-sign.iam", add)
    assert len(client.list_attached_user_policies(UserName="alice")["AttachedPolicies"]) == 2
    reader = make_user_of(filled.root, "iam:List*")
    client = reader.iam
    assert len(client.list_attached_user_policies(UserName="alice")["AttachedPolicies"]) == 1
    client.meta.events.register("before-sign.iam", add)
    sentence = (
        f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: portcullis:AsOf on resource: * because "
        "no identity-based policy allows the portcullis:AsOf action"
    )
    with refused("AccessDenied", sentence):
        client.list_attached_user_policies(UserName="alice")


def test_history_tells_who_changed_what(filled):
    policy = f"arn:aws:iam::{ACCOUNT}:policy/own"
    told = json.loads(filled.command("history", policy, "--json").stdout)
    assert [entry["eventName"] for entry in told] == [
        "CreatePolicy", "CreatePolicyVersion", "AttachUserPolicy", "CreateRole"][:len(told)]
    assert {entry["author"] for entry in told} == {f"arn:aws:iam::{ACCOUNT}:root"}
    diff = next(change["diff"] for change in told[1]["changes"] if change["kind"] == "policy-version")
    assert '-    "Action": "s3:Get*"' in diff and '+    "Action": "s3:*"' in diff
    text = filled.command("history", f"arn:aws:iam::{ACCOUNT}:user/alice").stdout
    for event in ("CreateUser", "AddUserToGroup", "AttachUserPolicy"):
        assert event in text
    filled.root.iam.update_user(UserName="alice", NewUserName="alicia")
    renamed = filled.command("history", f"arn:aws:iam::{ACCOUNT}:user/alicia").stdout
    assert "CreateUser" in renamed and "UpdateUser" in renamed
    nobody = filled.command("history", f"arn:aws:iam::{ACCOUNT}:user/nobody", check=False)
    assert nobody.returncode == 1 and "there was none" in nobody.stderr


def test_an_operator_sets_quotas(filled):
    iam = filled.root.iam
    filled.command("account", "quota", "set", "UsersPerAccount", "2")
    iam.create_user(UserName="second")
    with refused("LimitExceeded"):
        iam.create_user(UserName="third")
    assert iam.get_account_summary()["SummaryMap"]["UsersQuota"] == 2
    listed = json.loads(filled.command("account", "quota", "list", "--json").stdout)["quotas"]
    assert {"name": "UsersPerAccount", "limit": 2, "default": 5000} in listed
    filled.command("account", "quota", "reset", "UsersPerAccount")
    iam.create_user(UserName="third")
    wrong = filled.command("account", "quota", "set", "Nonsense", "2", check=False)
    assert wrong.returncode == 1 and "RolesPerAccount" in wrong.stderr
