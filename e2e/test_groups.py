"""Groups and who is in them."""

import re

from harness.expect import policy, refused, unique
from harness.server import ACCOUNT


def test_a_group_has_every_field_and_its_members(iam):
    group, users = unique("group"), sorted(unique("member") for _ in range(3))
    made = iam.create_group(GroupName=group, Path="/g/")["Group"]
    assert re.fullmatch(r"AGPA[A-Z2-7]{17}", made["GroupId"])
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/g/{group}" and made["CreateDate"]
    for user in users:
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName=group, UserName=user)
        iam.add_user_to_group(GroupName=group, UserName=user)
    pages = list(iam.get_paginator("get_group").paginate(GroupName=group, PaginationConfig={"PageSize": 2}))
    assert sorted(user["UserName"] for page in pages for user in page["Users"]) == users
    assert pages[0]["Group"] == made
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName=users[0])["Groups"]] == [group]
    assert group in [g["GroupName"] for g in iam.list_groups(PathPrefix="/g/")["Groups"]]


def test_membership_needs_both_sides(iam):
    group, user = unique("group"), unique("user")
    with refused("NoSuchEntity", f"The group with name {group} cannot be found.", status=404):
        iam.get_group(GroupName=group)
    iam.create_group(GroupName=group)
    with refused("NoSuchEntity", f"The user with name {user} cannot be found.", status=404):
        iam.add_user_to_group(GroupName=group, UserName=user)
    with refused("NoSuchEntity", f"The user with name {user} cannot be found.", status=404):
        iam.remove_user_from_group(GroupName=group, UserName=user)


def test_a_duplicate_and_a_rename(iam):
    group, other = unique("group"), unique("group")
    iam.create_group(GroupName=group)
    with refused("EntityAlreadyExists", f"Group with name {group} already exists.", status=409):
        iam.create_group(GroupName=group)
    with refused("EntityAlreadyExists", status=409):
        iam.create_group(GroupName=group.upper())
    iam.update_group(GroupName=group, NewGroupName=other, NewPath="/x/")
    assert iam.get_group(GroupName=other)["Group"]["Arn"].endswith(f":group/x/{other}")


def test_a_renamed_member_is_still_a_member(iam):
    group, user, new = unique("group"), unique("user"), unique("user")
    iam.create_group(GroupName=group)
    iam.create_user(UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.update_user(UserName=user, NewUserName=new)
    assert [u["UserName"] for u in iam.get_group(GroupName=group)["Users"]] == [new]


def test_a_user_is_in_ten_groups_at_most(iam):
    user = unique("user")
    iam.create_user(UserName=user)
    groups = [unique("group") for _ in range(11)]
    for group in groups:
        iam.create_group(GroupName=group)
    for group in groups[:10]:
        iam.add_user_to_group(GroupName=group, UserName=user)
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10", status=409):
        iam.add_user_to_group(GroupName=groups[10], UserName=user)


def test_delete_asks_for_an_empty_group(iam):
    group, user = unique("group"), unique("user")
    iam.create_group(GroupName=group)
    iam.create_user(UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy("s3:*"))
    iam.attach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    for clear in (
        lambda: iam.remove_user_from_group(GroupName=group, UserName=user),
        lambda: iam.delete_group_policy(GroupName=group, PolicyName="p"),
        lambda: iam.detach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ):
        with refused("DeleteConflict", status=409):
            iam.delete_group(GroupName=group)
        clear()
    iam.delete_group(GroupName=group)


def test_membership_binds_the_next_call(root, user):
    group = unique("group")
    root.iam.create_group(GroupName=group)
    root.iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy("iam:ListUsers"))
    with refused("AccessDenied"):
        user.iam.list_users(MaxItems=1)
    root.iam.add_user_to_group(GroupName=group, UserName=user.name)
    user.iam.list_users(MaxItems=1)
    root.iam.remove_user_from_group(GroupName=group, UserName=user.name)
    with refused("AccessDenied"):
        user.iam.list_users(MaxItems=1)
