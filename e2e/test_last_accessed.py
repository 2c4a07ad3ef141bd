"""Service last accessed, fed by calls to the server itself and by questions to its decision API."""

import json

from harness.expect import policy, unique
from harness.server import ACCOUNT

JSON = {"Content-Type": "application/json"}


def ask(caller, subject, action, **context):
    question = {
        "subject": {"type": "user", "id": subject},
        "action": {"name": action},
        "resource": {"type": "s3", "id": "arn:aws:s3:::bucket/key"},
    } | ({"context": context} if context else {})
    status, _, body = caller.send("POST", "/access/v1/evaluation", json.dumps(question).encode(), JSON, service="portcullis")
    assert status == 200, body
    return json.loads(body)["decision"]


def report(iam, arn):
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity="ACTION_LEVEL")["JobId"]
    answer = iam.get_service_last_accessed_details(JobId=job)
    assert answer["JobStatus"] == "COMPLETED" and answer["JobType"] == "ACTION_LEVEL"
    return {service["ServiceNamespace"]: service for service in answer["ServicesLastAccessed"]}, job


def test_a_decision_for_another_service_counts_and_lasts(own_server):
    server = own_server()
    iam = server.root.iam
    iam.create_user(UserName="reader")
    arn = f"arn:aws:iam::{ACCOUNT}:user/reader"
    document = policy(["s3:GetObject", "s3:PutObject", "iam:ListUsers", "ec2:DescribeInstances"])
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=document)
    before, _ = report(iam, arn)
    assert sorted(before) == ["ec2", "iam", "s3"] and not any("LastAuthenticated" in service for service in before.values())

    # The action's case is the enforcement point's, the report's is the catalog's; a name of no action is kept nowhere.
    region = {"aws:RequestedRegion": "eu-west-1"}
    assert ask(server.root, arn, "s3:getobject", **region) is True
    assert ask(server.root, arn, "s3:DeleteObject", **region) is False
    assert ask(server.root, arn, "s3:NoSuchAction", **region) is False
    for _ in range(2):
        after, job = report(server.root.iam, arn)
        s3 = after["s3"]
        assert s3["LastAuthenticatedEntity"] == arn and s3["TotalAuthenticatedEntities"] == 1
        assert s3["LastAuthenticatedRegion"] == "eu-west-1"
        used = {action["ActionName"] for action in s3["TrackedActionsLastAccessed"] if "LastAccessedTime" in action}
        assert used == {"GetObject"}
        assert {action["ActionName"] for action in s3["TrackedActionsLastAccessed"]} == {"GetObject", "PutObject"}
        [entity] = server.root.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="s3")["EntityDetailsList"]
        assert entity["EntityInfo"]["Arn"] == arn and entity["LastAuthenticated"] == s3["LastAuthenticated"]
        assert "LastAuthenticated" not in after["ec2"] and after["ec2"]["TotalAuthenticatedEntities"] == 0
        # What was noted is there after a restart.
        server.restart()


def test_a_call_counts_for_its_caller(root, make_user):
    caller = make_user(policy(["iam:ListUsers", "iam:GetUser"]))
    caller.iam.list_users()
    services, _ = report(root.iam, caller.user_arn)
    used = {action["ActionName"] for action in services["iam"]["TrackedActionsLastAccessed"] if "LastAccessedTime" in action}
    assert used == {"ListUsers"} and services["iam"]["LastAuthenticatedRegion"] == "us-east-1"


def test_the_policies_behind_a_service(root, make_user):
    """AWS's example: a managed policy has an ARN, an inline one the group or user that it is part of."""
    iam, caller, group = root.iam, make_user(), unique("group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=caller.name)
    iam.put_group_policy(GroupName=group, PolicyName="ExampleGroup1Policy", PolicyDocument=policy("iam:*"))
    read_only = {"PolicyName": "IAMReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}
    iam.attach_user_policy(UserName=caller.name, PolicyArn=read_only["PolicyArn"])
    answer = iam.list_policies_granting_service_access(Arn=caller.user_arn, ServiceNamespaces=["iam", "ec2"])
    assert answer["PoliciesGrantingServiceAccess"] == [
        {"ServiceNamespace": "iam", "Policies": [
            read_only | {"PolicyType": "MANAGED"},
            {"PolicyName": "ExampleGroup1Policy", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": group},
        ]},
        {"ServiceNamespace": "ec2", "Policies": []},
    ]
    assert answer["IsTruncated"] is False
