"""Users: fields, errors, quotas, pagination, deletion."""

import datetime
import re

import pytest

from harness.expect import policy, refused, unique
from harness.server import ACCOUNT


def test_a_new_user_has_every_field(iam):
    name = unique("user")
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    user = iam.create_user(UserName=name, Path="/a/b/", Tags=[{"Key": "Team", "Value": "blue"}])["User"]
    assert user["UserName"] == name and user["Path"] == "/a/b/"
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", user["UserId"])
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/a/b/{name}"
    assert user["CreateDate"] >= before
    assert user["Tags"] == [{"Key": "Team", "Value": "blue"}]
    read = iam.get_user(UserName=name)["User"]
    assert {k: v for k, v in read.items() if k != "PermissionsBoundary"} == user


def test_get_user_without_a_name_is_about_the_caller(root, make_user):
    caller = make_user(policy("iam:GetUser"))
    assert caller.iam.get_user()["User"]["UserName"] == caller.name
    answer = root.iam.get_user()["User"]
    assert answer["Arn"] == f"arn:aws:iam::{ACCOUNT}:root" and answer["UserId"] == ACCOUNT


def test_names_are_unique_whatever_their_case(iam):
    name = unique("Case")
    iam.create_user(UserName=name)
    with refused("EntityAlreadyExists", f"User with name {name} already exists.", status=409):
        iam.create_user(UserName=name)
    with refused("EntityAlreadyExists", status=409):
        iam.create_user(UserName=name.upper())


@pytest.mark.parametrize("call", ["get_user", "delete_user", "update_user", "list_access_keys", "list_user_tags"])
def test_a_user_that_is_not_there(iam, call):
    with refused("NoSuchEntity", "The user with name nobody cannot be found.", status=404):
        getattr(iam, call)(UserName="nobody")


def test_all_violations_come_in_one_message(root):
    iam = root.client("iam", checked=False)
    with refused("ValidationError", status=400) as refusal:
        iam.create_user(UserName="x" * 65, Path=f"/{'p' * 512}/")
    assert refusal.message.startswith("2 validation errors detected: Value at '")
    assert "'userName' failed to satisfy constraint: Member must have length less than or equal to 64" in refusal.message
    assert not refusal.message.endswith(".")


@pytest.mark.parametrize("name", ["a b", "ü", "a/b", "a*"])
def test_a_name_with_other_characters_is_refused(root, name):
    allowed = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
    with refused("ValidationError", f"The specified value for userName is invalid. {allowed}", status=400):
        root.client("iam", checked=False).create_user(UserName=name)


def test_a_path_has_a_slash_at_both_ends_and_one_at_a_time(root):
    words = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
    for path in ("/a", "a/", "//", "/a//b/"):
        with refused("ValidationError", f"The specified value for path is invalid. {words}", status=400):
            root.iam.create_user(UserName=unique("user"), Path=path)
    words = "It must begin with the / character and contain only alphanumeric characters and/or / characters."
    with refused("ValidationError", f"The specified value for pathPrefix is invalid. {words}", status=400):
        root.iam.list_policies(PathPrefix="/a")


def test_update_moves_and_renames_and_keeps_the_id(iam):
    name, new = unique("user"), unique("renamed")
    user = iam.create_user(UserName=name)["User"]
    iam.update_user(UserName=name, NewUserName=new, NewPath="/moved/")
    read = iam.get_user(UserName=new)["User"]
    assert read["UserId"] == user["UserId"] and read["Arn"].endswith(f":user/moved/{new}")
    with refused("NoSuchEntity"):
        iam.get_user(UserName=name)
    iam.create_user(UserName=name)
    with refused("EntityAlreadyExists"):
        iam.update_user(UserName=name, NewUserName=new)


def test_pages_hold_each_user_once(iam):
    path = f"/{unique('page')}/"
    names = sorted(unique("paged") for _ in range(7))
    for name in names:
        iam.create_user(UserName=name, Path=path)
    first = iam.list_users(PathPrefix=path, MaxItems=3)
    assert first["IsTruncated"] and len(first["Users"]) == 3 and first["Marker"]
    pages = iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": 3})
    assert [user["UserName"] for page in pages for user in page["Users"]] == names
    whole = iam.list_users(PathPrefix=path)
    assert not whole["IsTruncated"] and "Marker" not in whole
    assert all("Tags" not in user for user in whole["Users"])


def test_a_made_up_marker_is_refused(iam):
    with refused("ValidationError", status=400):
        iam.list_users(Marker="bm9uc2Vuc2U=")


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_holds_1_to_1000(root, size):
    with refused("ValidationError", status=400):
        root.client("iam", checked=False).list_users(MaxItems=size)


def test_delete_asks_for_an_empty_user(iam):
    name, group = unique("user"), unique("group")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy("s3:*"))
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    for clear in (
        lambda: iam.delete_access_key(UserName=name, AccessKeyId=key),
        lambda: iam.delete_user_policy(UserName=name, PolicyName="p"),
        lambda: iam.detach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        lambda: iam.remove_user_from_group(GroupName=group, UserName=name),
    ):
        with refused("DeleteConflict", status=409):
            iam.delete_user(UserName=name)
        clear()
    iam.delete_user(UserName=name)
    with refused("NoSuchEntity"):
        iam.get_user(UserName=name)


def test_a_name_may_come_back_with_another_id(iam):
    name = unique("user")
    first = iam.create_user(UserName=name)["User"]["UserId"]
    iam.delete_user(UserName=name)
    assert iam.create_user(UserName=name)["User"]["UserId"] != first


def test_waiters_see_the_user_come_and_exist(iam):
    name = unique("user")
    iam.create_user(UserName=name)
    iam.get_waiter("user_exists").wait(UserName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 1})


def test_tags_are_set_replaced_listed_and_removed(iam):
    name = unique("user")
    iam.create_user(UserName=name)
    iam.tag_user(UserName=name, Tags=[{"Key": f"k{n}", "Value": str(n)} for n in range(5)])
    iam.tag_user(UserName=name, Tags=[{"Key": "k1", "Value": "new"}])
    pages = iam.get_paginator("list_user_tags").paginate(UserName=name, PaginationConfig={"PageSize": 2})
    tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    assert tags == {"k0": "0", "k1": "new", "k2": "2", "k3": "3", "k4": "4"}
    iam.untag_user(UserName=name, TagKeys=["k1", "absent"])
    assert len(iam.list_user_tags(UserName=name)["Tags"]) == 4


def test_tag_rules(root):
    iam = root.client("iam", checked=False)
    name = unique("user")
    iam.create_user(UserName=name)
    with refused("InvalidInput", status=400):
        iam.tag_user(UserName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    with refused("ValidationError", status=400):
        iam.tag_user(UserName=name, Tags=[{"Key": "", "Value": "1"}])
    with refused("InvalidInput", status=400):
        iam.tag_user(UserName=name, Tags=[{"Key": "aws:x", "Value": "1"}])
    iam.tag_user(UserName=name, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    with refused("LimitExceeded", status=409):
        iam.tag_user(UserName=name, Tags=[{"Key": "k50", "Value": ""}])


def test_a_boundary_is_put_shown_and_deleted(iam):
    name, arn = unique("user"), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_user(UserName=name, PermissionsBoundary=arn)
    shown = iam.get_user(UserName=name)["User"]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    iam.delete_user_permissions_boundary(UserName=name)
    assert "PermissionsBoundary" not in iam.get_user(UserName=name)["User"]
    with refused("NoSuchEntity", status=404):
        iam.delete_user_permissions_boundary(UserName=name)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
    with refused("NoSuchEntity", status=404):
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/absent")
