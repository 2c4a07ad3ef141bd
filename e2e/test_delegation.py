"""Delegation from end to end: a partner asks, a customer approves, the partner acts, and only as far as was approved."""

import json

import pytest

from harness.expect import policy, refused, unique

PARTNER = "777788889999"
TOKEN = "/delegation/v1/token"
TEMPLATE = policy(["iam:ListUsers", "iam:GetUser"], "arn:aws:iam::*:user/@{people}")


@pytest.fixture
def both(own_server):
    """A customer and a partner: the root users of two accounts."""
    server = own_server()
    server.command("account", "create", "--account-id", PARTNER, "--name", "Backups Inc")
    return server.root, server.root_of(PARTNER)


def told(caller, request):
    status, _, body = caller.send(
        "POST", TOKEN, json.dumps({"delegationRequestId": request}).encode(),
        {"Content-Type": "application/json"}, service="portcullis")
    return status, json.loads(body)


def test_a_partner_acts_as_far_as_was_approved(both):
    customer, partner = both
    template = partner.iam.create_policy(PolicyName="template", PolicyDocument=TEMPLATE)["Policy"]["Arn"]
    asked = partner.iam.create_delegation_request(
        Description="Lists users", OwnerAccountId=customer.arn.split(":")[4], RequestorWorkflowId=unique("workflow"),
        Permissions={"PolicyTemplateArn": template,
                     "Parameters": [{"Name": "people", "Values": ["*"], "Type": "string"}]},
        NotificationChannel=f"arn:aws:sns:us-east-1:{PARTNER}:x", SessionDuration=900)
    request = {"DelegationRequestId": asked["DelegationRequestId"]}
    assert told(partner, asked["DelegationRequestId"]) == (
        200, {"delegationRequestId": asked["DelegationRequestId"], "state": "UNASSIGNED"})
    status, body = told(customer, asked["DelegationRequestId"])
    assert (status, body["__type"]) == (404, "NoSuchEntity"), "it is the partner's to ask"

    customer.iam.associate_delegation_request(**request)
    shown = customer.iam.get_delegation_request(**request, DelegationPermissionCheck=True)
    assert shown["PermissionCheckResult"] == "ALLOWED"
    assert shown["DelegationRequest"]["RequestorName"] == "Backups Inc"
    summary = customer.iam.get_human_readable_summary(
        EntityArn=f"arn:aws:iam::{customer.arn.split(':')[4]}:delegation-request/{asked['DelegationRequestId']}")
    assert "iam:ListUsers" in summary["SummaryContent"]
    customer.iam.accept_delegation_request(**request)
    assert "tradeInToken" not in told(partner, asked["DelegationRequestId"])[1]
    customer.iam.send_delegation_token(**request)

    released = told(partner, asked["DelegationRequestId"])[1]
    assert released["state"] == "FINALIZED"
    with refused("ValidationError", status=400):
        customer.sts.get_delegated_access_token(TradeInToken=released["tradeInToken"])
    answer = partner.sts.get_delegated_access_token(TradeInToken=released["tradeInToken"])
    assert answer["AssumedPrincipal"] == customer.arn
    acting = partner.with_credentials(answer["Credentials"])
    assert acting.arn == customer.arn
    acting.iam.list_users()
    with refused("AccessDenied", status=403):
        acting.iam.create_user(UserName="x")


def test_who_asks_for_a_token_is_understood_and_has_leave(both, user):
    customer, _ = both
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"{}", b"[]", b'{"delegationRequestId": 1}', b'{"delegationRequestId": "x", "more": 1}', b"\xff"):
        status, _, answer = customer.send("POST", TOKEN, body, headers, service="portcullis")
        assert (status, json.loads(answer)["__type"]) == (400, "ValidationException"), body
    status, answer = told(user, "0123456789abcdef")
    assert (status, answer["__type"]) == (403, "AccessDenied")
    assert "portcullis:ReceiveDelegationToken on resource" in answer["message"]
