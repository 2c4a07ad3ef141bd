"""The directory as a whole: races, partitions, the master key, what use leaves behind."""

import base64
import concurrent.futures
import os
import subprocess

import botocore.exceptions
import pytest

from harness.caller import Caller
from harness.expect import policy, refused, trust, unique
from harness.server import ACCOUNT, BINARY, PATIENCE


def test_of_many_who_want_a_name_one_gets_it(root):
    name = unique("wanted")

    def create(_):
        try:
            Caller(root.url, root.key, root.secret).iam.create_user(UserName=name)
            return "made"
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(32)))
    assert answers.count("made") == 1 and answers.count("EntityAlreadyExists") == 31, answers


def test_a_quota_holds_when_many_push_at_once(root):
    name = unique("user")
    root.iam.create_user(UserName=name)

    def create(_):
        try:
            Caller(root.url, root.key, root.secret).iam.create_access_key(UserName=name)
            return "made"
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    assert answers.count("made") == 2 and answers.count("LimitExceeded") == 6, answers


def test_a_deleted_users_session_is_over(root, make_user):
    caller = make_user()
    session = caller.with_credentials(caller.sts.get_session_token()["Credentials"])
    assert session.arn == caller.user_arn
    root.iam.delete_access_key(UserName=caller.name, AccessKeyId=caller.key)
    root.iam.delete_user(UserName=caller.name)
    with refused("InvalidClientTokenId", status=403):
        session.sts.get_caller_identity()


def test_the_last_use_of_a_role_is_told(root, make_user):
    caller = make_user(policy("sts:AssumeRole"))
    name = unique("role")
    arn = root.iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root"))["Role"]["Arn"]
    caller.assume(arn).sts.get_caller_identity()
    used = root.iam.get_role(RoleName=name)["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1" and used["LastUsedDate"]


def test_a_renamed_user_keeps_key_and_policies_under_its_new_arn(root, make_user):
    caller = make_user(policy("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    new = unique("renamed")
    root.iam.update_user(UserName=caller.name, NewUserName=new)
    assert caller.arn == f"arn:aws:iam::{ACCOUNT}:user/{new}"
    assert caller.iam.get_user(UserName=new)["User"]["UserName"] == new


def test_an_account_belongs_to_its_partition(server):
    account = "777788889999"
    server.command("account", "create", "--account-id", account, "--partition", "aws-cn")
    china = server.root_of(account)
    china.region = "cn-north-1"
    assert china.arn == f"arn:aws-cn:iam::{account}:root"
    made = china.iam.create_user(UserName="u")["User"]
    assert made["Arn"] == f"arn:aws-cn:iam::{account}:user/u"
    china.iam.attach_user_policy(UserName="u", PolicyArn="arn:aws-cn:iam::aws:policy/ReadOnlyAccess")
    with refused("SignatureDoesNotMatch", status=403):
        Caller(china.url, china.key, china.secret, region="us-east-1").sts.get_caller_identity()


def test_the_master_key_may_live_elsewhere(own_server):
    key = base64.b64encode(os.urandom(32)).decode()
    server = own_server(env={"PORTCULLIS_MASTER_KEY": key})
    server.root.iam.create_user(UserName="u")
    user_key = server.root.iam.create_access_key(UserName="u")["AccessKey"]
    assert all(key.encode() not in path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert not list(server.data.rglob("master.key"))
    server.restart()
    assert Caller(server.url, user_key["AccessKeyId"], user_key["SecretAccessKey"]).arn.endswith(":user/u")
    server.stop()
    for wrong in ({}, {"PORTCULLIS_MASTER_KEY": base64.b64encode(os.urandom(32)).decode()}):
        env = {k: v for k, v in server.env.items() if k != "PORTCULLIS_MASTER_KEY"} | wrong
        done = subprocess.run(
            [BINARY, "serve", "--data", server.data, "--listen", server.listen],
            capture_output=True, text=True, timeout=PATIENCE, env=env,
        )
        assert done.returncode != 0 and "key" in done.stderr


def test_secrets_lie_sealed(own_server):
    server = own_server()
    server.root.iam.create_user(UserName="u")
    secret = server.root.iam.create_access_key(UserName="u")["AccessKey"]["SecretAccessKey"]
    server.stop()
    for path in server.data.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_compacting_drops_history_and_keeps_what_is(own_server):
    server = own_server()
    iam = server.root.iam
    iam.create_user(UserName="u")
    for number in range(20):
        iam.tag_user(UserName="u", Tags=[{"Key": "n", "Value": str(number)}])
    server.command("store", "compact", "--keep", "0s")
    assert iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "n", "Value": "19"}]
    server.command("store", "verify")
    server.command("audit", "verify")


@pytest.mark.parametrize("commands", [("audit", "verify"), ("store", "verify"), ("account", "list"), ("audit", "tail")])
def test_commands_want_a_directory_that_is_there(tmp_path, commands):
    done = subprocess.run(
        [BINARY, *commands, "--data", tmp_path / "absent"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0 and "absent" in done.stderr
    assert not (tmp_path / "absent").exists()
