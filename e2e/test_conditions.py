"""The condition keys that IAM's own actions fill."""

import pytest

from harness.expect import policy, refused, trust, unique
from harness.server import ACCOUNT

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"


def test_policy_arn_limits_what_may_be_attached(root, make_user):
    caller = make_user(policy("iam:AttachUserPolicy", condition={"ArnEquals": {"iam:PolicyARN": READ_ONLY}}))
    target = unique("user")
    root.iam.create_user(UserName=target)
    caller.iam.attach_user_policy(UserName=target, PolicyArn=READ_ONLY)
    with refused("AccessDenied"):
        caller.iam.attach_user_policy(UserName=target, PolicyArn=POWER)


def test_permissions_boundary_is_demanded(make_user):
    caller = make_user(policy("iam:CreateUser", condition={"StringEquals": {"iam:PermissionsBoundary": READ_ONLY}}))
    with refused("AccessDenied"):
        caller.iam.create_user(UserName=unique("user"))
    with refused("AccessDenied"):
        caller.iam.create_user(UserName=unique("user"), PermissionsBoundary=POWER)
    caller.iam.create_user(UserName=unique("user"), PermissionsBoundary=READ_ONLY)


def test_passed_to_service(root, make_user):
    def adder(service):
        return make_user(
            policy("iam:AddRoleToInstanceProfile"),
            policy("iam:PassRole", condition={"StringEquals": {"iam:PassedToService": service}}),
        )

    for service, allowed in (("ec2.amazonaws.com", True), ("lambda.amazonaws.com", False)):
        profile, role = unique("profile"), unique("role")
        root.iam.create_instance_profile(InstanceProfileName=profile)
        root.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
        call = adder(service).iam.add_role_to_instance_profile
        if allowed:
            call(InstanceProfileName=profile, RoleName=role)
        else:
            with refused("AccessDenied"):
                call(InstanceProfileName=profile, RoleName=role)


def test_request_tags_and_tag_keys(make_user):
    caller = make_user(policy(["iam:CreateUser", "iam:TagUser"], condition={
        "StringEquals": {"aws:RequestTag/Team": "blue"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}}))
    team = lambda value: [{"Key": "Team", "Value": value}]
    caller.iam.create_user(UserName=unique("user"), Tags=team("blue"))
    for tags in ([], team("red"), team("blue") + [{"Key": "More", "Value": ""}]):
        with refused("AccessDenied"):
            caller.iam.create_user(UserName=unique("user"), Tags=tags)


@pytest.mark.parametrize("key", ["aws:ResourceTag/Team", "iam:ResourceTag/Team"])
def test_resource_tags(root, make_user, key):
    caller = make_user(policy("iam:GetUser", condition={"StringEquals": {key: "blue"}}))
    for team in ("blue", "red"):
        name = unique("user")
        root.iam.create_user(UserName=name, Tags=[{"Key": "Team", "Value": team}])
        if team == "blue":
            caller.iam.get_user(UserName=name)
        else:
            with refused("AccessDenied"):
                caller.iam.get_user(UserName=name)


def test_principal_tags_and_names(root, make_user):
    caller = make_user(
        policy("iam:ListUsers", condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}}),
        policy("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"),
    )
    caller.iam.get_user(UserName=caller.name)
    with refused("AccessDenied"):
        caller.iam.list_users(MaxItems=1)
    root.iam.tag_user(UserName=caller.name, Tags=[{"Key": "Team", "Value": "blue"}])
    caller.iam.list_users(MaxItems=1)


@pytest.mark.parametrize("condition, allowed", [
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
    ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, False),
    ({"Bool": {"aws:SecureTransport": "false"}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
    ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:PrincipalType": "User"}}, True),
    ({"StringLike": {"aws:UserAgent": "*oto*"}}, True),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    ({"Bool": {"aws:ViaAWSService": "false"}}, True),
    ({"Null": {"aws:MultiFactorAuthPresent": "true"}}, True),
])
def test_global_keys(make_user, condition, allowed):
    caller = make_user(policy("iam:ListUsers", condition=condition))
    if allowed:
        caller.iam.list_users(MaxItems=1)
    else:
        with refused("AccessDenied"):
            caller.iam.list_users(MaxItems=1)
