"""STS: who am I, assumed roles, session policies, tags, chaining, session tokens."""

import datetime
import re

import pytest

from harness.expect import denied, policy, refused, trust, unique
from harness.server import ACCOUNT

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def new_role(root, trusted, *documents, **more):
    name = unique("role")
    arn = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]["Arn"]
    for number, document in enumerate(documents):
        root.iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=document)
    return arn


@pytest.fixture
def actor(make_user):
    """A user who may assume every role that lets it."""
    return make_user(policy(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))


def test_everybody_learns_who_they_are(root, user):
    assert root.sts.get_caller_identity()["Arn"] == ROOT
    mine = user.sts.get_caller_identity()
    assert mine["Account"] == ACCOUNT and mine["Arn"] == user.user_arn
    assert mine["UserId"] == root.iam.get_user(UserName=user.name)["User"]["UserId"]


def test_an_assumed_role_is_a_session(root, actor):
    role = new_role(root, trust(ROOT), policy("iam:ListUsers"))
    name = role.rsplit("/", 1)[1]
    before = datetime.datetime.now(datetime.timezone.utc)
    answer = actor.sts.assume_role(RoleArn=role, RoleSessionName="my.session@1", DurationSeconds=900)
    credentials, assumed = answer["Credentials"], answer["AssumedRoleUser"]
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", credentials["AccessKeyId"]) and credentials["SessionToken"]
    lasts = (credentials["Expiration"] - before).total_seconds()
    assert 890 < lasts < 910
    assert assumed["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/my.session@1"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}:my\.session@1", assumed["AssumedRoleId"])
    session = actor.with_credentials(credentials)
    identity = session.sts.get_caller_identity()
    assert identity["Arn"] == assumed["Arn"] and identity["UserId"] == assumed["AssumedRoleId"]
    session.iam.list_users(MaxItems=1)
    with denied(assumed["Arn"], "iam:ListRoles", f"arn:aws:iam::{ACCOUNT}:role/"):
        session.iam.list_roles(MaxItems=1)


def test_who_may_assume(root, user, actor):
    trusts_account, trusts_user = new_role(root, trust(ROOT)), new_role(root, trust(user.user_arn))
    with denied(user.user_arn, "sts:AssumeRole", trusts_account):
        user.assume(trusts_account)
    # The trust policy alone is enough when it names the user of the same account.
    user.assume(trusts_user)
    with refused("AccessDenied", status=403):
        actor.assume(trusts_user)
    with refused("AccessDenied", "Roles may not be assumed by root accounts.", status=403):
        root.assume(trusts_account)
    with refused("AccessDenied", status=403):
        actor.assume(f"arn:aws:iam::{ACCOUNT}:role/absent")


def test_what_is_assumed_is_a_role(user):
    with refused("ValidationError", "Request ARN is invalid", status=400):
        user.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example", RoleSessionName="session")


def test_an_external_id_is_compared(root, actor):
    role = new_role(root, trust(ROOT, condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    for wrong in ({}, {"ExternalId": "other"}):
        with refused("AccessDenied"):
            actor.assume(role, **wrong)
    actor.assume(role, ExternalId="secret")


def test_the_duration_has_bounds(root, actor):
    role = new_role(root, trust(ROOT), MaxSessionDuration=3600)
    with refused("ValidationError", status=400):
        actor.assume(role, DurationSeconds=3601)
    with refused("ValidationError", status=400):
        actor.client("sts", checked=False).assume_role(RoleArn=role, RoleSessionName="ab", DurationSeconds=899)


def test_chained_sessions_last_an_hour_at_most(root, actor):
    first = new_role(root, trust(ROOT), policy("sts:AssumeRole"), MaxSessionDuration=7200)
    second = new_role(root, trust(ROOT), MaxSessionDuration=7200)
    session = actor.assume(first, DurationSeconds=7200)
    session.assume(second)
    with refused("ValidationError", status=400):
        session.assume(second, DurationSeconds=3601)


def test_a_session_policy_only_narrows(root, actor):
    role = new_role(root, trust(ROOT), policy(["iam:ListUsers", "iam:ListGroups"]))
    session = actor.assume(role, Policy=policy(["iam:ListUsers", "iam:ListRoles"]))
    session.iam.list_users(MaxItems=1)
    for call, action in ((session.iam.list_groups, "iam:ListGroups"), (session.iam.list_roles, "iam:ListRoles")):
        with refused("AccessDenied", status=403) as refusal:
            call(MaxItems=1)
        assert action in refusal.message
    with denied(
        session.arn, "iam:ListGroups", f"arn:aws:iam::{ACCOUNT}:group/",
        "because no session policy allows the iam:ListGroups action",
    ):
        session.iam.list_groups(MaxItems=1)


def test_managed_session_policies(root, actor):
    name = unique("policy")
    arn = root.iam.create_policy(PolicyName=name, PolicyDocument=policy("iam:ListUsers"))["Policy"]["Arn"]
    role = new_role(root, trust(ROOT), policy("iam:*"))
    session = actor.assume(role, PolicyArns=[{"arn": arn}])
    session.iam.list_users(MaxItems=1)
    with refused("AccessDenied"):
        session.iam.list_groups(MaxItems=1)


@pytest.mark.parametrize("document", ["{", "[]", trust(Service="ec2.amazonaws.com")])
def test_a_broken_session_policy_is_refused(root, actor, document):
    with refused("MalformedPolicyDocument", status=400):
        actor.assume(new_role(root, trust(ROOT)), Policy=document)


TAGGABLE = trust(ROOT, action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])


def test_session_tags_reach_the_policies(root, actor):
    allowed = policy("iam:ListUsers", condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}})
    role = new_role(root, TAGGABLE, allowed, Tags=[{"Key": "Team", "Value": "red"}])
    with refused("AccessDenied"):
        actor.assume(role).iam.list_users(MaxItems=1)
    actor.assume(role, Tags=[{"Key": "Team", "Value": "blue"}]).iam.list_users(MaxItems=1)


def test_tagging_needs_the_trust_policys_consent(root, actor):
    role = new_role(root, trust(ROOT))
    with refused("AccessDenied", status=403):
        actor.assume(role, Tags=[{"Key": "Team", "Value": "blue"}])
    with refused("AccessDenied", status=403):
        actor.assume(role, SourceIdentity="somebody")


def test_transitive_tags_and_source_identity_follow_the_chain(root, actor):
    chain = policy(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    team = policy("iam:ListUsers", condition={"StringEquals": {
        "aws:PrincipalTag/Team": "blue", "aws:SourceIdentity": "somebody"}})
    size = policy("iam:ListGroups", condition={"StringEquals": {"aws:PrincipalTag/Size": "big"}})
    first, second = new_role(root, TAGGABLE, chain), new_role(root, TAGGABLE, team, size)
    tags = [{"Key": "Team", "Value": "blue"}, {"Key": "Size", "Value": "big"}]
    answer = actor.sts.assume_role(
        RoleArn=first, RoleSessionName="one", Tags=tags, TransitiveTagKeys=["Team"], SourceIdentity="somebody"
    )
    assert answer["SourceIdentity"] == "somebody"
    session = actor.with_credentials(answer["Credentials"])
    last = session.assume(second, "two")
    last.iam.list_users(MaxItems=1)
    with refused("AccessDenied"):
        last.iam.list_groups(MaxItems=1)
    # Neither can be given another value further down.
    with refused("InvalidParameterValue", status=400):
        session.assume(second, Tags=[{"Key": "Team", "Value": "red"}])
    with refused("AccessDenied", status=403):
        session.assume(second, SourceIdentity="else")


def test_role_changes_bind_running_sessions(root, actor):
    role = new_role(root, trust(ROOT), policy("iam:ListUsers"))
    name = role.rsplit("/", 1)[1]
    session = actor.assume(role)
    session.iam.list_users(MaxItems=1)
    root.iam.delete_role_policy(RoleName=name, PolicyName="p0")
    with refused("AccessDenied"):
        session.iam.list_users(MaxItems=1)
    root.iam.delete_role(RoleName=name)
    with refused("InvalidClientTokenId", status=403):
        session.iam.list_users(MaxItems=1)


def test_a_session_token_is_bound_to_its_key(root, actor):
    role = new_role(root, trust(ROOT), policy("iam:ListUsers"))
    one, other = actor.assume(role, "one"), actor.assume(role, "other")
    one.token = other.token
    with refused("InvalidClientTokenId", status=403):
        one.sts.get_caller_identity()
    other.token = other.token[:-8] + "AAAAAAA="
    with refused("InvalidClientTokenId", status=403):
        other.sts.get_caller_identity()


def test_get_session_token_gives_the_user_back(make_user):
    caller = make_user(policy(["iam:ListUsers", "sts:AssumeRole"]))
    answer = caller.sts.get_session_token(DurationSeconds=900)
    session = caller.with_credentials(answer["Credentials"])
    assert session.arn == caller.user_arn
    # Without MFA such credentials call no IAM operation, and of STS only AssumeRole and GetCallerIdentity.
    with refused("InvalidClientTokenId", status=403):
        session.iam.list_users(MaxItems=1)
    with refused("AccessDenied", status=403):
        session.sts.get_session_token()


def test_a_session_token_tells_its_size_and_can_be_made_larger(root, actor):
    role = new_role(root, trust(AWS=actor.user_arn))
    assume = lambda **more: actor.sts.assume_role(RoleArn=role, RoleSessionName="sized", **more)
    for answer, least in [
        (assume(), 1), (assume(MinimumSessionTokenSize=0), 1), (assume(MinimumSessionTokenSize=2001), 2001),
        (assume(MinimumSessionTokenSize=4096), 4096), (actor.sts.get_session_token(MinimumSessionTokenSize=1500), 1500),
    ]:
        size = len(answer["Credentials"]["SessionToken"])
        assert least <= size <= max(least + 4, 1400) and answer["SessionTokenSize"] == size
        assert answer["SessionTokenUtilization"] == min(100, -(-size * 100 // 4096))
        assert actor.with_credentials(answer["Credentials"]).sts.get_caller_identity()["Account"] == ACCOUNT
    with refused("ValidationError", status=400):
        assume(MinimumSessionTokenSize=4097)


def test_get_access_key_info_tells_the_account(root, user):
    assert root.sts.get_access_key_info(AccessKeyId=user.key)["Account"] == ACCOUNT


def test_session_names_have_a_form(root, actor):
    role = new_role(root, trust(ROOT))
    with refused("ValidationError", status=400) as refusal:
        actor.client("sts", checked=False).assume_role(RoleArn=role, RoleSessionName="a:b")
    # STS tells the value; IAM does not.
    assert "Value 'a:b' at 'roleSessionName' failed to satisfy constraint" in refusal.message


def test_a_boundary_and_an_explicit_deny_say_so(root, make_user):
    boundary = unique("policy")
    arn = root.iam.create_policy(PolicyName=boundary, PolicyDocument=policy("iam:ListGroups"))["Policy"]["Arn"]
    bound = make_user(policy("iam:ListUsers"), boundary=arn)
    with denied(
        bound.user_arn, "iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/",
        "because no permissions boundary allows the iam:ListUsers action",
    ):
        bound.iam.list_users(MaxItems=1)
    barred = make_user(policy("iam:*"), policy("iam:ListUsers", effect="Deny"))
    with denied(
        barred.user_arn, "iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/",
        "with an explicit deny in an identity-based policy",
    ):
        barred.iam.list_users(MaxItems=1)
