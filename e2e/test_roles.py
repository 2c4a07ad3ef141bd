"""Roles, their trust policies, instance profiles."""

import json
import re

import pytest

from harness.expect import policy, refused, trust, unique
from harness.server import ACCOUNT

EC2 = trust(Service="ec2.amazonaws.com")


def test_a_role_has_every_field(iam):
    name = unique("role")
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    role = iam.create_role(
        RoleName=name, Path="/r/", AssumeRolePolicyDocument=EC2, Description="what for", MaxSessionDuration=7200,
        PermissionsBoundary=boundary, Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", role["RoleId"])
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/r/{name}" and role["CreateDate"]
    assert role["AssumeRolePolicyDocument"] == json.loads(EC2)
    read = iam.get_role(RoleName=name)["Role"]
    assert read["Description"] == "what for" and read["MaxSessionDuration"] == 7200
    assert read["Tags"] == [{"Key": "a", "Value": "b"}]
    assert read["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert read["RoleLastUsed"] == {}
    listed = [r for r in iam.list_roles(PathPrefix="/r/")["Roles"] if r["RoleName"] == name]
    assert listed and "Tags" not in listed[0] and "RoleLastUsed" not in listed[0]


def test_a_new_role_shows_the_longest_session_that_was_asked_for(iam):
    name = unique("role")
    assert "MaxSessionDuration" not in iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)["Role"]
    assert iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 3600


@pytest.mark.parametrize("document, message", [
    (trust(Service="lamdba.amazonaws.com"), 'Invalid principal in policy: "SERVICE":"lamdba.amazonaws.com"'),
    (trust(Federated="idp"), "Federated principals must be valid domain names or SAML metadata ARNs"),
    (policy("sts:AssumeRole", "*"), "Missing required field Principal"),
    ("some policy", "This policy contains invalid Json"),
])
def test_a_trust_policy_that_cannot_be_is_refused(iam, document, message):
    with refused("MalformedPolicyDocument", message, status=400):
        iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=document)


def test_keys_of_a_role_s_tags_differ_in_more_than_case_those_of_a_policy_need_not(iam):
    tags, name = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}], unique("tagged")
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", status=400):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2, Tags=tags)
    made = iam.create_policy(PolicyName=name, PolicyDocument=policy("s3:GetObject", "*"), Tags=tags)["Policy"]
    keys = [tag["Key"] for tag in iam.list_policy_tags(PolicyArn=made["Arn"])["Tags"]]
    assert sorted(keys) == ["Team", "team"]


def test_roles_that_are_there_or_not(iam):
    name = unique("role")
    with refused("NoSuchEntity", f"The role with name {name} cannot be found.", status=404):
        iam.get_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    with refused("EntityAlreadyExists", f"Role with name {name} already exists.", status=409):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    with refused("EntityAlreadyExists"):
        iam.create_role(RoleName=name.upper(), AssumeRolePolicyDocument=EC2)


def test_update_role_and_description(iam):
    name = unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2, Description="one")
    iam.update_role(RoleName=name, Description="two", MaxSessionDuration=43200)
    assert iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 43200
    answer = iam.update_role_description(RoleName=name, Description="three")
    assert answer["Role"]["Description"] == "three"
    with refused("ValidationError", status=400):
        iam.update_role(RoleName=name, MaxSessionDuration=43201)


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        policy("sts:AssumeRole"),
        trust(Service="ec2.amazonaws.com").replace("sts:AssumeRole", "s3:GetObject"),
        trust("arn:aws:iam::111122223333:user/nobody-at-all"),
        trust("nonsense"),
    ],
)
def test_a_broken_trust_policy_is_refused(iam, document):
    with refused("MalformedPolicyDocument", status=400):
        iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=document)


def test_a_trust_policy_is_replaced(iam):
    name, other = unique("role"), trust(Service="lambda.amazonaws.com")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=other)
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == json.loads(other)


def test_a_trusted_user_that_is_deleted_shows_by_id(root):
    user, role = unique("user"), unique("role")
    made = root.iam.create_user(UserName=user)["User"]
    root.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(made["Arn"]))
    root.iam.delete_user(UserName=user)
    shown = root.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert made["UserId"] in json.dumps(shown)


def test_role_tags(iam):
    name = unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName=name, TagKeys=["a"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_delete_asks_for_an_empty_role(iam):
    role, profile = unique("role"), unique("profile")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=EC2)
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy("s3:*"))
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    for clear in (
        lambda: iam.delete_role_policy(RoleName=role, PolicyName="p"),
        lambda: iam.detach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        lambda: iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role),
    ):
        with refused("DeleteConflict", status=409):
            iam.delete_role(RoleName=role)
        clear()
    iam.delete_role(RoleName=role)
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=role)


def test_an_instance_profile_holds_one_role(iam):
    profile, roles = unique("profile"), [unique("role"), unique("role")]
    made = iam.create_instance_profile(InstanceProfileName=profile, Path="/i/")["InstanceProfile"]
    assert re.fullmatch(r"AIPA[A-Z2-7]{17}", made["InstanceProfileId"]) and made["Roles"] == []
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/i/{profile}"
    for role in roles:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=EC2)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=roles[0])
    with refused("LimitExceeded", status=409):
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=roles[1])
    read = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    assert [role["RoleName"] for role in read["Roles"]] == roles[:1]
    found = iam.list_instance_profiles_for_role(RoleName=roles[0])["InstanceProfiles"]
    assert [p["InstanceProfileName"] for p in found] == [profile]
    assert profile in [p["InstanceProfileName"] for p in iam.list_instance_profiles(PathPrefix="/i/")["InstanceProfiles"]]
    with refused("DeleteConflict", status=409):
        iam.delete_instance_profile(InstanceProfileName=profile)
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=roles[0])
    iam.delete_instance_profile(InstanceProfileName=profile)
    with refused("NoSuchEntity", f"Instance Profile {profile} cannot be found.", status=404):
        iam.get_instance_profile(InstanceProfileName=profile)


def test_waiters_see_role_and_instance_profile(iam):
    role, profile = unique("role"), unique("profile")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=EC2)
    iam.create_instance_profile(InstanceProfileName=profile)
    once = {"Delay": 1, "MaxAttempts": 1}
    iam.get_waiter("role_exists").wait(RoleName=role, WaiterConfig=once)
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName=profile, WaiterConfig=once)


def test_pages_of_roles(iam):
    path = f"/{unique('pages')}/"
    names = sorted(unique("role") for _ in range(5))
    for name in names:
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=EC2)
    pages = iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2})
    assert [role["RoleName"] for page in pages for role in page["Roles"]] == names
