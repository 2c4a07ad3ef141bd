"""Managed policies, their versions, inline policies, attachments."""

import json
import re

import pytest

from harness.expect import policy, refused, trust, unique
from harness.server import ACCOUNT

S3 = policy("s3:GetObject", "arn:aws:s3:::bucket/*")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def arn(name, path="/"):
    return f"arn:aws:iam::{ACCOUNT}:policy{path}{name}"


def test_a_policy_has_every_field(iam):
    name = unique("policy")
    made = iam.create_policy(
        PolicyName=name, Path="/p/", PolicyDocument=S3, Description="what for", Tags=[{"Key": "a", "Value": "b"}]
    )["Policy"]
    assert re.fullmatch(r"ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert made["Arn"] == arn(name, "/p/") and made["Path"] == "/p/" and made["DefaultVersionId"] == "v1"
    assert (made["AttachmentCount"], made["PermissionsBoundaryUsageCount"], made["IsAttachable"]) == (0, 0, True)
    read = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert read["Description"] == "what for" and read["Tags"] == [{"Key": "a", "Value": "b"}]
    assert read["UpdateDate"] == made["CreateDate"]
    version = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(S3) and version["IsDefaultVersion"] and version["CreateDate"]


def test_a_document_comes_back_byte_for_byte(root):
    name = unique("policy")
    document = '{ "Version":"2012-10-17",\n\t"Statement" : [{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a+b c&é/*"}]}'
    root.iam.create_policy(PolicyName=name, PolicyDocument=document)
    status, _, body = root.query(Action="GetPolicyVersion", PolicyArn=arn(name), VersionId="v1")
    from urllib.parse import unquote
    from xml.etree import ElementTree

    assert status == 200
    text = next(e.text for e in ElementTree.fromstring(body).iter() if e.tag.endswith("}Document"))
    assert unquote(text) == document and "+" not in text.replace("%2B", "")


def test_policies_that_are_there_or_not(iam):
    name = unique("policy")
    with refused("NoSuchEntity", f"Policy {arn(name)} was not found.", status=404):
        iam.get_policy(PolicyArn=arn(name))
    iam.create_policy(PolicyName=name, PolicyDocument=S3)
    with refused("EntityAlreadyExists", status=409):
        iam.create_policy(PolicyName=name, PolicyDocument=S3)
    with refused("EntityAlreadyExists", status=409):
        iam.create_policy(PolicyName=name.upper(), PolicyDocument=S3)


@pytest.mark.parametrize(
    "document",
    [
        "nonsense",
        "{}",
        '{"Version":"2012-10-17"}',
        '{"Version":"2011-01-01","Statement":[]}',
        policy("s3:GetObject", effect="Maybe"),
        policy("GetObject"),
        policy("s3:GetObject", "bucket"),
        policy("s3:GetObject", condition={"NoSuchOperator": {"aws:username": "a"}}),
        trust(Service="ec2.amazonaws.com"),
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Extra":1}}',
    ],
)
def test_a_broken_document_is_refused(iam, document):
    with refused("MalformedPolicyDocument", status=400):
        iam.create_policy(PolicyName=unique("policy"), PolicyDocument=document)


def test_a_document_counts_6144_characters_without_white_space(iam):
    def of(size):
        empty = len(policy("s3:GetObject", "arn:aws:s3:::").replace(" ", ""))
        return policy("s3:GetObject", "arn:aws:s3:::" + "x" * (size - empty))

    iam.create_policy(PolicyName=unique("policy"), PolicyDocument=of(6144))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", status=409):
        iam.create_policy(PolicyName=unique("policy"), PolicyDocument=of(6145))


def test_versions_come_go_and_one_is_the_default(iam):
    name = unique("policy")
    iam.create_policy(PolicyName=name, PolicyDocument=S3)
    for number in range(2, 6):
        version = iam.create_policy_version(PolicyArn=arn(name), PolicyDocument=policy(f"s3:Get{number}"))
        assert version["PolicyVersion"]["VersionId"] == f"v{number}"
        assert not version["PolicyVersion"]["IsDefaultVersion"]
    with refused("LimitExceeded", status=409):
        iam.create_policy_version(PolicyArn=arn(name), PolicyDocument=S3)
    with refused("DeleteConflict", status=409):
        iam.delete_policy_version(PolicyArn=arn(name), VersionId="v1")
    iam.set_default_policy_version(PolicyArn=arn(name), VersionId="v3")
    assert iam.get_policy(PolicyArn=arn(name))["Policy"]["DefaultVersionId"] == "v3"
    iam.delete_policy_version(PolicyArn=arn(name), VersionId="v1")
    version = iam.create_policy_version(PolicyArn=arn(name), PolicyDocument=S3, SetAsDefault=True)
    assert version["PolicyVersion"]["VersionId"] == "v6" and version["PolicyVersion"]["IsDefaultVersion"]
    versions = iam.list_policy_versions(PolicyArn=arn(name))["Versions"]
    assert sorted(v["VersionId"] for v in versions) == ["v2", "v3", "v4", "v5", "v6"]
    assert [v["VersionId"] for v in versions if v["IsDefaultVersion"]] == ["v6"]
    with refused("NoSuchEntity", status=404):
        iam.get_policy_version(PolicyArn=arn(name), VersionId="v1")
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=arn(name))


def test_the_default_version_is_the_one_in_force(root, user):
    name = unique("policy")
    root.iam.create_policy(PolicyName=name, PolicyDocument=policy("iam:ListUsers"))
    root.iam.attach_user_policy(UserName=user.name, PolicyArn=arn(name))
    user.iam.list_users(MaxItems=1)
    root.iam.create_policy_version(PolicyArn=arn(name), PolicyDocument=S3, SetAsDefault=True)
    with refused("AccessDenied"):
        user.iam.list_users(MaxItems=1)
    root.iam.set_default_policy_version(PolicyArn=arn(name), VersionId="v1")
    user.iam.list_users(MaxItems=1)


def holders(iam):
    user, group, role = unique("user"), unique("group"), unique("role")
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    return {"user": {"UserName": user}, "group": {"GroupName": group}, "role": {"RoleName": role}}


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_inline_policies(iam, kind):
    holder = holders(iam)[kind]
    call = lambda verb, ending, **more: getattr(iam, f"{verb}_{kind}_{ending}")(**holder, **more)
    for name in ("b", "a", "c"):
        call("put", "policy", PolicyName=name, PolicyDocument=S3)
    assert call("list", "policies")["PolicyNames"] == ["a", "b", "c"]
    page = call("list", "policies", MaxItems=2)
    assert page["IsTruncated"] and call("list", "policies", Marker=page["Marker"])["PolicyNames"] == ["c"]
    assert call("get", "policy", PolicyName="a")["PolicyDocument"] == json.loads(S3)
    call("put", "policy", PolicyName="a", PolicyDocument=policy("ec2:*"))
    assert call("get", "policy", PolicyName="a")["PolicyDocument"] == json.loads(policy("ec2:*"))
    call("delete", "policy", PolicyName="a")
    for verb in ("get", "delete"):
        with refused("NoSuchEntity", status=404):
            call(verb, "policy", PolicyName="a")
    with refused("MalformedPolicyDocument", status=400):
        call("put", "policy", PolicyName="d", PolicyDocument="{")
    big = policy("s3:GetObject", "arn:aws:s3:::" + "x" * 12_000)
    with refused("LimitExceeded", status=409):
        call("put", "policy", PolicyName="e", PolicyDocument=big)


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_attachments(iam, kind):
    holder, name = holders(iam)[kind], unique("policy")
    call = lambda verb, ending, **more: getattr(iam, f"{verb}_{kind}_{ending}")(**holder, **more)
    iam.create_policy(PolicyName=name, Path="/x/", PolicyDocument=S3)
    own = arn(name, "/x/")
    for _ in range(2):
        call("attach", "policy", PolicyArn=own)
    call("attach", "policy", PolicyArn=READ_ONLY)
    attached = getattr(iam, f"list_attached_{kind}_policies")(**holder)["AttachedPolicies"]
    assert {p["PolicyArn"]: p["PolicyName"] for p in attached} == {own: name, READ_ONLY: "ReadOnlyAccess"}
    narrowed = getattr(iam, f"list_attached_{kind}_policies")(**holder, PathPrefix="/x/")["AttachedPolicies"]
    assert [p["PolicyArn"] for p in narrowed] == [own]
    assert iam.get_policy(PolicyArn=own)["Policy"]["AttachmentCount"] == 1
    entities = iam.list_entities_for_policy(PolicyArn=own)
    found = entities[{"user": "PolicyUsers", "group": "PolicyGroups", "role": "PolicyRoles"}[kind]]
    assert [list(holder.values())[0]] == [v for e in found for k, v in e.items() if k.endswith("Name")]
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=own)
    call("detach", "policy", PolicyArn=own)
    with refused("NoSuchEntity", status=404):
        call("detach", "policy", PolicyArn=own)
    with refused("NoSuchEntity", status=404):
        call("attach", "policy", PolicyArn=arn("absent"))
    iam.delete_policy(PolicyArn=own)


def test_ten_attachments_at_most(iam):
    user = unique("user")
    iam.create_user(UserName=user)
    names = [unique("policy") for _ in range(11)]
    for name in names:
        iam.create_policy(PolicyName=name, PolicyDocument=S3)
    for name in names[:10]:
        iam.attach_user_policy(UserName=user, PolicyArn=arn(name))
    with refused("LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10", status=409):
        iam.attach_user_policy(UserName=user, PolicyArn=arn(names[10]))


def test_a_boundary_counts_and_protects_its_policy(iam):
    user, name = unique("user"), unique("policy")
    iam.create_policy(PolicyName=name, PolicyDocument=S3)
    iam.create_user(UserName=user, PermissionsBoundary=arn(name))
    assert iam.get_policy(PolicyArn=arn(name))["Policy"]["PermissionsBoundaryUsageCount"] == 1
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=arn(name))


def test_aws_managed_policies_are_the_real_ones(iam):
    read = iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")["Policy"]
    assert read["PolicyId"] == "ANPAIWMBCKSKIEE64ZLYK" and read["DefaultVersionId"] == "v1"
    assert read["CreateDate"].isoformat() == "2015-02-06T18:39:46+00:00"
    version = iam.get_policy_version(PolicyArn=read["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    names = [p["PolicyName"] for page in iam.get_paginator("list_policies").paginate(Scope="AWS") for p in page["Policies"]]
    assert len(names) == len(set(names)) > 1_500 and "AWSLambdaBasicExecutionRole" in names
    with refused("AccessDenied", status=403):
        iam.delete_policy(PolicyArn=read["Arn"])
    with refused("AccessDenied", status=403):
        iam.create_policy_version(PolicyArn=read["Arn"], PolicyDocument=S3)


def test_list_policies_narrows(iam):
    path, name, other = f"/{unique('narrow')}/", unique("policy"), unique("policy")
    user = unique("user")
    for policy_name in (name, other):
        iam.create_policy(PolicyName=policy_name, Path=path, PolicyDocument=S3)
    iam.create_user(UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn=arn(name, path))
    names = lambda **more: [p["PolicyName"] for p in iam.list_policies(Scope="Local", PathPrefix=path, **more)["Policies"]]
    assert names() == sorted([name, other])
    assert names(OnlyAttached=True) == [name]
    assert names(OnlyAttached=True, PolicyUsageFilter="PermissionsBoundary") == []
    assert names(PolicyUsageFilter="PermissionsBoundary") == names()


def test_policy_tags(iam):
    name = unique("policy")
    iam.create_policy(PolicyName=name, PolicyDocument=S3)
    iam.tag_policy(PolicyArn=arn(name), Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn(name), TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn(name))["Tags"] == [{"Key": "b", "Value": "2"}]


def test_the_waiter_sees_the_policy(iam):
    name = unique("policy")
    iam.create_policy(PolicyName=name, PolicyDocument=S3)
    iam.get_waiter("policy_exists").wait(PolicyArn=arn(name), WaiterConfig={"Delay": 1, "MaxAttempts": 1})
