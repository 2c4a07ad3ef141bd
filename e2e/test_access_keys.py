"""Access keys: made, used, switched off, deleted; the account's own questions."""

import re

from harness.expect import policy, refused, unique
from harness.server import ACCOUNT


def test_a_key_has_every_field_and_its_secret_once(iam):
    name = unique("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key["AccessKeyId"]) and len(key["SecretAccessKey"]) == 40
    assert key["Status"] == "Active" and key["UserName"] == name and key["CreateDate"]
    listed = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert [k["AccessKeyId"] for k in listed] == [key["AccessKeyId"]]
    assert all("SecretAccessKey" not in k for k in listed)


def test_two_keys_at_most(iam):
    name = unique("user")
    iam.create_user(UserName=name)
    for _ in range(2):
        iam.create_access_key(UserName=name)
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", status=409):
        iam.create_access_key(UserName=name)


def test_an_inactive_or_deleted_key_opens_nothing_from_the_next_call(root, make_user):
    caller = make_user(policy("iam:ListUsers"))
    caller.iam.list_users(MaxItems=1)
    root.iam.update_access_key(UserName=caller.name, AccessKeyId=caller.key, Status="Inactive")
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", status=403):
        caller.iam.list_users(MaxItems=1)
    root.iam.update_access_key(UserName=caller.name, AccessKeyId=caller.key, Status="Active")
    caller.iam.list_users(MaxItems=1)
    root.iam.delete_access_key(UserName=caller.name, AccessKeyId=caller.key)
    with refused("InvalidClientTokenId", status=403):
        caller.iam.list_users(MaxItems=1)


def test_the_last_use_is_told(root, make_user):
    caller = make_user()
    before = root.iam.get_access_key_last_used(AccessKeyId=caller.key)
    assert before["UserName"] == caller.name
    assert before["AccessKeyLastUsed"]["ServiceName"] == "N/A" and "LastUsedDate" not in before["AccessKeyLastUsed"]
    caller.sts.get_caller_identity()
    after = root.iam.get_access_key_last_used(AccessKeyId=caller.key)["AccessKeyLastUsed"]
    assert after["ServiceName"] == "sts" and after["Region"] == "us-east-1" and after["LastUsedDate"]


def test_a_user_may_keep_its_own_keys(make_user):
    arn = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    caller = make_user(policy(["iam:*AccessKey*"], arn))
    made = caller.iam.create_access_key()["AccessKey"]
    assert made["UserName"] == caller.name
    assert len(caller.iam.list_access_keys()["AccessKeyMetadata"]) == 2
    caller.iam.update_access_key(AccessKeyId=made["AccessKeyId"], Status="Inactive")
    caller.iam.delete_access_key(AccessKeyId=made["AccessKeyId"])


def test_a_key_of_somebody_else_is_not_found_by_name(iam):
    one, other = unique("user"), unique("user")
    for name in (one, other):
        iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=one)["AccessKey"]["AccessKeyId"]
    for call in (
        lambda: iam.delete_access_key(UserName=other, AccessKeyId=key),
        lambda: iam.update_access_key(UserName=other, AccessKeyId=key, Status="Inactive"),
    ):
        with refused("NoSuchEntity", f"The Access Key with id {key} cannot be found", status=404):
            call()


def test_the_alias_of_an_account(own_server):
    iam = own_server().root.iam
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="first-alias")
    iam.create_account_alias(AccountAlias="second-alias")
    assert iam.list_account_aliases()["AccountAliases"] == ["second-alias"]
    with refused("NoSuchEntity", status=404):
        iam.delete_account_alias(AccountAlias="first-alias")
    iam.delete_account_alias(AccountAlias="second-alias")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_the_summary_counts(own_server):
    iam = own_server().root.iam
    before = iam.get_account_summary()["SummaryMap"]
    assert before["Users"] == 0 and before["UsersQuota"] == 5000 and before["AccessKeysPerUserQuota"] == 2
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_policy(PolicyName="p", PolicyDocument=policy("s3:*"))
    after = iam.get_account_summary()["SummaryMap"]
    assert (after["Users"], after["Groups"], after["Policies"]) == (1, 1, 1)
    assert after["PolicyVersionsInUse"] == before["PolicyVersionsInUse"] + 1


def test_authorization_details_hold_everything(own_server):
    iam = own_server().root.iam
    from harness.expect import trust

    iam.create_user(UserName="u", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    iam.create_policy(PolicyName="p", PolicyDocument=policy("s3:*"))
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.put_user_policy(UserName="u", PolicyName="in", PolicyDocument=policy("ec2:*"))
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for page in iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}):
        for name, found in details.items():
            found += page[name]
    (user,), (group,), (role,) = details["UserDetailList"], details["GroupDetailList"], details["RoleDetailList"]
    assert user["GroupList"] == ["g"] and user["UserPolicyList"][0]["PolicyName"] == "in"
    assert user["Tags"] == [{"Key": "a", "Value": "b"}] and group["GroupName"] == "g"
    assert role["AttachedManagedPolicies"][0]["PolicyName"] == "ReadOnlyAccess"
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "i"
    policies = {p["PolicyName"]: p for p in details["Policies"]}
    assert policies["p"]["PolicyVersionList"][0]["Document"]["Statement"]
    only = iam.get_account_authorization_details(Filter=["User"])
    assert only["UserDetailList"] and not only["RoleDetailList"]
