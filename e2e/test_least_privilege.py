"""`portcullis policy generate` and `policy replay`: policies from what a principal was seen to do."""

import json
import subprocess

from harness.expect import policy
from harness.server import BINARY, environment


def portcullis(server, *words):
    return subprocess.run(
        [BINARY, "policy", *words, "--data", server.data], capture_output=True, text=True, timeout=60, env=environment()
    )


def test_a_policy_is_made_of_use_and_use_is_replayed_against_a_policy(own_server, tmp_path):
    server = own_server()
    root = server.root
    arn = root.iam.create_user(UserName="alice")["User"]["Arn"]
    root.iam.put_user_policy(UserName="alice", PolicyName="wide", PolicyDocument=policy("iam:*"))
    key = root.iam.create_access_key(UserName="alice")["AccessKey"]
    alice = type(root)(root.url, key["AccessKeyId"], key["SecretAccessKey"])
    for name in ("a", "b", "c", "d"):
        alice.iam.create_group(GroupName=name, Path="/app/")
    alice.iam.get_group(GroupName="a")
    root.iam.list_users()  # somebody else's

    made = portcullis(server, "generate", arn, "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["requests"] == 5 and told["proof"] == {"result": "subset"} and told["unexplained"] == []
    groups = f"arn:aws:iam::{server.account}:group/app/"
    statements = {json.dumps(row["Action"]): row["Resource"] for row in told["policy"]["Statement"]}
    assert statements == {'"iam:CreateGroup"': f"{groups}*", '"iam:GetGroup"': f"{groups}a"}

    file = tmp_path / "made.json"
    file.write_text(json.dumps(told["policy"]))
    kept = portcullis(server, "replay", arn, "--policy", file)
    assert kept.returncode == 0 and kept.stdout.startswith("0 of 5 requests since ")
    file.write_text(policy("iam:CreateGroup"))
    lost = portcullis(server, "replay", arn, "--policy", file, "--json")
    refused = json.loads(lost.stdout)["refused"]
    assert lost.returncode == 1 and [row["action"] for row in refused] == ["iam:GetGroup"]
    none = portcullis(server, "generate", arn, "--since", "2000-01-01", "--until", "2000-01-02", "--json")
    assert json.loads(none.stdout)["policy"]["Statement"] == []
    assert "no user or role" in portcullis(server, "generate", arn.replace("alice", "bob")).stderr


def test_what_others_ask_about_somebody_is_use_too(own_server, tmp_path):
    """Decisions for an enforcement point, of a server that runs on: what it has yet to write is written first."""
    server = own_server()
    root = server.root
    arn = root.iam.create_user(UserName="bob")["User"]["Arn"]
    root.iam.put_user_policy(UserName="bob", PolicyName="wide", PolicyDocument=policy("s3:*"))
    headers = {"Content-Type": "application/json"}
    for action, key in (("s3:GetObject", "a"), ("s3:GetObject", "b"), ("s3:PutObject", "a"), ("ec2:RunInstances", "a")):
        asked = {
            "subject": {"type": "user", "id": arn},
            "action": {"name": action},
            "resource": {"type": "object", "id": f"arn:aws:s3:::bucket/{key}"},
            "context": {"aws:SourceIp": "198.51.100.1"},
        }
        status, _, _ = root.send("POST", "/access/v1/evaluation", json.dumps(asked).encode(), headers, service="portcullis")
        assert status == 200

    made = portcullis(server, "generate", arn, "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["requests"] == 3 and told["proof"] == {"result": "subset"} and told["until"] > told["since"]
    statements = told["policy"]["Statement"]
    allowed = {action for row in statements for action in (row["Action"] if isinstance(row["Action"], list) else [row["Action"]])}
    assert allowed == {"s3:GetObject", "s3:PutObject"}
    file = tmp_path / "narrow.json"
    file.write_text(policy("s3:GetObject", "arn:aws:s3:::bucket/a"))
    lost = json.loads(portcullis(server, "replay", arn, "--policy", file, "--json").stdout)
    assert [(row["action"], row["resource"][-1]) for row in lost["refused"]] == [("s3:GetObject", "b"), ("s3:PutObject", "a")]


def test_actions_of_own_services_are_written_as_the_services_write_them(own_server, tmp_path):
    server = own_server()
    root = server.root
    arn = root.iam.create_user(UserName="buyer")["User"]["Arn"]
    root.iam.put_user_policy(UserName="buyer", PolicyName="wide", PolicyDocument=policy("shop:*"))
    headers = {"Content-Type": "application/json"}
    for action in ("shop:BuyThing", "shop:buything", "shop:Vanish"):
        asked = {"subject": {"type": "user", "id": arn}, "action": {"name": action}, "resource": {"type": "thing", "id": "*"}}
        status, _, _ = root.send("POST", "/access/v1/evaluation", json.dumps(asked).encode(), headers, service="portcullis")
        assert status == 200
    told = lambda: json.loads(portcullis(server, "generate", arn, "--json").stdout)["policy"]["Statement"]  # noqa: E731
    assert sorted(told()[0]["Action"]) == ["shop:BuyThing", "shop:Vanish", "shop:buything"], "nobody said what there is"
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"Name": "shop", "Actions": [{"Name": "BuyThing"}]}))
    done = subprocess.run([BINARY, "services", "register", file, "--data", server.data], env=environment(), timeout=60)
    assert done.returncode == 0 and sorted(told()[0]["Action"]) == ["shop:BuyThing", "shop:Vanish"]
    made = portcullis(server, "generate", arn)
    assert made.returncode == 0 and "the service shop has no action `shop:Vanish`" in made.stderr, made.stderr
