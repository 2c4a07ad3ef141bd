"""Services that AWS does not have: registered by the operator, known to reports, checks and explanations."""

import json
import subprocess

import pytest

from harness.expect import policy, refused
from harness.server import ACCOUNT, BINARY, environment

SHOP = {
    "Name": "shop",
    "Actions": [
        {"Name": "GetOrder", "Resources": [{"Name": "order"}], "ActionConditionKeys": ["shop:Channel"],
         "Annotations": {"Properties": {"IsList": False, "IsWrite": False}}},
        {"Name": "ListOrders", "Annotations": {"Properties": {"IsList": True}}},
        {"Name": "Refund", "Resources": [{"Name": "order"}]},
    ],
    "ConditionKeys": [{"Name": "shop:Channel", "Types": ["String"]}, {"Name": "shop:Weights", "Types": ["ArrayOfNumeric"]}],
    "Resources": [{"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${OrderId}"]}],
}
ORDER = f"arn:aws:shop:eu-west-1:{ACCOUNT}:order/7"
BUYER = f"arn:aws:iam::{ACCOUNT}:user/buyer"


@pytest.fixture
def shop(tmp_path):
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(SHOP, indent=2))
    return file


def ask(caller, action):
    question = {"subject": {"type": "user", "id": BUYER}, "action": {"name": action}, "resource": {"type": "order", "id": ORDER}}
    headers = {"Content-Type": "application/json"}
    status, _, body = caller.send("POST", "/access/v1/evaluation", json.dumps(question).encode(), headers, service="portcullis")
    assert status == 200, body
    return json.loads(body)["decision"]


def last_accessed(iam):
    job = iam.generate_service_last_accessed_details(Arn=BUYER, Granularity="ACTION_LEVEL")["JobId"]
    return {one["ServiceNamespace"]: one for one in iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]}


def test_a_service_comes_is_reported_and_goes(own_server, shop):
    server = own_server()
    iam = server.root.iam
    iam.create_user(UserName="buyer")
    iam.put_user_policy(UserName="buyer", PolicyName="p", PolicyDocument=policy(["shop:GetOrder", "shop:ListOrders"]))
    # Decisions ask nobody which services there are.
    assert ask(server.root, "shop:GetOrder") is True and ask(server.root, "shop:Refund") is False
    assert last_accessed(iam) == {}
    with refused("InvalidInput", "Invalid service namespace: shop"):
        iam.list_policies_granting_service_access(Arn=BUYER, ServiceNamespaces=["shop"])

    told = server.command("services", "register", shop).stdout
    assert told == f"shop is registered in account {ACCOUNT}: 3 actions, 1 resource types, 2 condition keys\n"
    assert ask(server.root, "shop:getorder") is True and ask(server.root, "shop:Refund") is False
    found = last_accessed(iam)["shop"]
    assert found["ServiceName"] == "shop" and found["LastAuthenticatedEntity"] == BUYER
    tracked = {one["ActionName"]: "LastAccessedTime" in one for one in found["TrackedActionsLastAccessed"]}
    assert tracked == {"GetOrder": True, "ListOrders": False}
    [granting] = iam.list_policies_granting_service_access(
        Arn=BUYER, ServiceNamespaces=["shop"])["PoliciesGrantingServiceAccess"]
    assert granting["Policies"][0]["PolicyName"] == "p"

    # IAM takes an action that its service does not have, and refuses what is malformed; so here.
    iam.put_user_policy(UserName="buyer", PolicyName="q", PolicyDocument=policy("shop:Haggle"))
    with refused("MalformedPolicyDocument"):
        iam.put_user_policy(UserName="buyer", PolicyName="q", PolicyDocument=policy("Haggle"))
    [result] = iam.simulate_principal_policy(
        PolicySourceArn=BUYER, ActionNames=["shop:Refund"], ResourceArns=[ORDER])["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"

    # What was registered is kept as it was, over a restart too, and without a server.
    server.restart()
    assert server.command("services", "show", "shop").stdout == shop.read_text()
    again = server.command("services", "register", shop, "--json").stdout
    assert json.loads(again)["replaced"] is True
    server.stop()
    [listed] = json.loads(server.command("services", "list", "--json").stdout)["services"]
    assert listed["name"] == "shop" and listed["actions"] == 3
    server.start()
    server.command("services", "remove", "shop")
    assert last_accessed(server.root.iam) == {}
    gone = server.command("services", "remove", "shop", check=False)
    assert gone.returncode == 1 and "no service `shop`" in gone.stderr
    trail = server.command("audit", "tail").stdout
    assert trail.count("RegisterService") == 2 and trail.count("RemoveService") == 1
    server.command("store", "verify")


def test_what_defines_no_service_is_refused_with_its_place(own_server, tmp_path):
    server = own_server()
    for name, text, message in (
        ("aws", '{\n  "Name": "s3", "Actions": [{"Name": "Get"}]}', "line 2, column 11: `s3` is a service of AWS's"),
        ("twice", '{"Name": "shop", "Actions": [{"Name": "Get"}, {"Name": "get"}]}', "column 56: the action `get` stands there twice"),
        ("json", '{"Name": "shop",}', "line 1, column 17: "),
        ("empty", "", "line 1, column 1: the document ends too early"),
    ):
        file = tmp_path / f"{name}.json"
        file.write_text(text)
        done = server.command("services", "register", file, check=False)
        assert done.returncode == 1 and message in done.stderr and str(file) in done.stderr, done.stderr
    assert "shop" not in server.command("services", "list").stdout


def desk(*words, text=""):
    return subprocess.run(
        [BINARY, "policy", *words], input=text, capture_output=True, text=True, timeout=60, env=environment()
    )


def test_at_ones_desk_policies_are_checked_against_it(shop, tmp_path):
    file = tmp_path / "policy.json"
    file.write_text(policy("shop:GetOrder", ORDER, condition={"StringEquals": {"shop:Channel": "web"}}))
    assert desk("validate", file, "--services", shop).returncode == 0
    unknown = desk("validate", file)
    assert unknown.returncode == 1 and "INVALID_SERVICE_IN_ACTION" in unknown.stdout
    file.write_text(policy("shop:GetOrdr", ORDER.replace("order/7", "cart/7"), condition={"StringEquals": {"shop:Weights": "1"}}))
    found = json.loads(desk("validate", file, "--services", shop, "--format", "json").stdout)["findings"]
    codes = {finding["issueCode"] for finding in found}
    assert {"INVALID_ACTION", "INVALID_ARN_RESOURCE", "TYPE_MISMATCH"} <= codes, codes

    wide, listed = tmp_path / "wide.json", tmp_path / "listed.json"
    wide.write_text(policy("shop:*"))
    listed.write_text(policy(["shop:GetOrder", "shop:ListOrders", "shop:Refund"]))
    assert desk("compare", wide, listed).stdout.startswith("morePermissive")
    assert desk("compare", wide, listed, "--realistic", "--services", shop).stdout.startswith("equivalent")


def test_an_explanation_tells_what_it_knows(shop, tmp_path):
    file = tmp_path / "policy.json"
    file.write_text(policy("shop:GetOrder", condition={"NumericEquals": {"shop:Weights": "1"}}))
    words = ["simulate", "--principal", BUYER, "--identity-policy", file, "--services", shop]
    told = desk(*words, "--action", "shop:GetOrder", "--resource", ORDER, "--context", "shop:Weights=1", "--context", "shop:Weights=2")
    assert "NumericEquals shop:Weights (ArrayOfNumeric)" in told.stdout, told.stdout
    told = desk(*words, "--action", "shop:ListOrders", "--resource", ORDER, "--json")
    explanation = json.loads(told.stdout)["explanation"]
    assert explanation["actionFacts"]["accessLevel"] == "List" and "only \"*\" can be named" in explanation["remark"]
    assert explanation["suggestions"][0]["statement"]["Resource"] == "*"
