"""The OpenID AuthZEN Authorization API: decisions for others, by the same engine."""

import json

import pytest

from harness.expect import policy, trust, unique
from harness.server import ACCOUNT

PATH = "/access/v1/evaluation"


def ask(caller, question, path=PATH):
    headers = {"Content-Type": "application/json"}
    status, _, body = caller.send("POST", path, json.dumps(question).encode(), headers, service="portcullis")
    return status, json.loads(body) if body.startswith(("{", "[")) else body


def question(subject, action, resource, context=None):
    asked = {
        "subject": {"type": "user", "id": subject},
        "action": {"name": action},
        "resource": {"type": "object", "id": resource},
    }
    return asked | ({"context": context} if context else {})


def test_the_decision_is_the_engines(root, make_user):
    reader = make_user(policy("s3:GetObject", "arn:aws:s3:::bucket/*"))
    for resource, expected in (("arn:aws:s3:::bucket/key", True), ("arn:aws:s3:::other/key", False)):
        status, answer = ask(root, question(reader.user_arn, "s3:GetObject", resource))
        assert status == 200 and answer["decision"] is expected, answer
    assert answer["context"], "a refusal tells its reasons"


def test_context_keys_pass_through(root, make_user):
    reader = make_user(policy("s3:GetObject", condition={"StringEquals": {"s3:ExistingObjectTag/a": "b"}}))
    asked = question(reader.user_arn, "s3:GetObject", "arn:aws:s3:::b/k", {"s3:ExistingObjectTag/a": "b"})
    assert ask(root, asked)[1]["decision"] is True
    asked["context"] = {"s3:ExistingObjectTag/a": "c"}
    assert ask(root, asked)[1]["decision"] is False


def test_principal_keys_cannot_be_claimed(root, make_user):
    reader = make_user(policy("s3:GetObject", condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}}))
    asked = question(reader.user_arn, "s3:GetObject", "arn:aws:s3:::b/k", {"aws:PrincipalTag/Team": "blue"})
    status, answer = ask(root, asked)
    assert status == 400 or answer["decision"] is False


def test_a_session_needs_its_token(root, make_user):
    caller = make_user(policy("sts:AssumeRole"))
    role = root.iam.create_role(
        RoleName=unique("role"), AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root"))["Role"]
    root.iam.put_role_policy(RoleName=role["RoleName"], PolicyName="p", PolicyDocument=policy("s3:*"))
    session = caller.assume(role["Arn"], Policy=policy("s3:GetObject"))
    asked = question(session.arn, "s3:PutObject", "arn:aws:s3:::b/k")
    assert ask(root, asked)[0] == 400
    asked["subject"]["properties"] = {"access_key_id": session.key, "session_token": session.token}
    status, answer = ask(root, asked)
    assert status == 200 and answer["decision"] is False
    asked["action"]["name"] = "s3:GetObject"
    assert ask(root, asked)[1]["decision"] is True


def test_supplying_keys_is_an_action_too(root, make_user):
    reader = make_user(policy("s3:GetObject"))
    asker = make_user(policy("portcullis:Evaluate", reader.user_arn))
    asked = question(reader.user_arn, "s3:GetObject", "arn:aws:s3:::b/k")
    assert ask(asker, asked)[1]["decision"] is True
    asked["context"] = {"aws:SourceIp": "10.0.0.1"}
    assert ask(asker, asked)[0] == 403
    assert ask(asker, question(asker.user_arn, "s3:GetObject", "arn:aws:s3:::b/k"))[0] == 403


def test_the_decision_point_describes_itself(server):
    status, _, body = server.get("/.well-known/authzen-configuration")
    assert status == 200 and json.loads(body)["access_evaluation_endpoint"] == f"{server.url}{PATH}"


def test_many_at_once(root, make_user):
    reader = make_user(policy("s3:GetObject", "arn:aws:s3:::bucket/*"))
    many = {
        "subject": {"type": "user", "id": reader.user_arn},
        "action": {"name": "s3:GetObject"},
        "evaluations": [
            {"resource": {"type": "object", "id": "arn:aws:s3:::bucket/a"}},
            {"resource": {"type": "object", "id": "arn:aws:s3:::other/a"}},
        ],
    }
    status, answer = ask(root, many, "/access/v1/evaluations")
    assert status == 200 and [e["decision"] for e in answer["evaluations"]] == [True, False]


def test_asking_is_an_action_of_its_own(server, user):
    asked = question(user.user_arn, "s3:GetObject", "arn:aws:s3:::b/k")
    assert ask(user, asked)[0] == 403
    status, _, _ = server.send("POST", PATH, json.dumps(asked).encode(), {"Content-Type": "application/json"})
    assert status in (401, 403)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"subject":1}', b'{"subject":{"type":"user"}}'])
def test_a_broken_question(root, body):
    status, _, _ = root.send("POST", PATH, body, {"Content-Type": "application/json"}, service="portcullis")
    assert status == 400
