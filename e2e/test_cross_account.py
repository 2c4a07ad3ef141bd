"""Two accounts in one directory: each side has to consent, and neither sees the other's people."""

import pytest

from harness.expect import policy, refused, trust, unique
from harness.server import ACCOUNT

OTHER = "444455556666"


@pytest.fixture(scope="module")
def other(server):
    """The root of a second account."""
    server.command("account", "create", "--account-id", OTHER)
    return server.root_of(OTHER)


def test_the_second_account_has_its_own_root_and_names(server, root, other):
    assert other.arn == f"arn:aws:iam::{OTHER}:root"
    name = unique("twin")
    one = root.iam.create_user(UserName=name)["User"]
    two = other.iam.create_user(UserName=name)["User"]
    assert one["Arn"] != two["Arn"] and one["UserId"] != two["UserId"]
    assert OTHER in server.command("account", "list").stdout


@pytest.mark.parametrize("theirs", [True, False])
@pytest.mark.parametrize("ours", [True, False])
def test_assume_role_needs_both_sides(root, other, make_user, ours, theirs):
    caller = make_user(*([policy("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/*")] if ours else []))
    trusted = f"arn:aws:iam::{ACCOUNT}:root" if theirs else f"arn:aws:iam::{OTHER}:root"
    role = unique("role")
    arn = other.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(trusted))["Role"]["Arn"]
    other.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy("iam:ListUsers"))
    if ours and theirs:
        session = caller.assume(arn)
        assert session.sts.get_caller_identity()["Account"] == OTHER
        assert all(f":{OTHER}:" in user["Arn"] for user in session.iam.list_users()["Users"])
    else:
        with refused("AccessDenied", status=403) as refusal:
            caller.assume(arn)
        assert f"User: {caller.user_arn} is not authorized to perform: sts:AssumeRole on resource: {arn}" in refusal.message


def test_naming_the_user_is_not_enough_across_accounts(other, user):
    role = unique("role")
    arn = other.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(user.user_arn))["Role"]["Arn"]
    with refused("AccessDenied", status=403):
        user.assume(arn)


def test_iam_stays_in_the_callers_account(root, other):
    name = unique("hidden")
    other.iam.create_user(UserName=name)
    with refused("NoSuchEntity"):
        root.iam.get_user(UserName=name)
    arn = other.iam.create_policy(PolicyName=name, PolicyDocument=policy("s3:*"))["Policy"]["Arn"]
    with refused("AccessDenied", status=403):
        root.iam.delete_policy(PolicyArn=arn)
