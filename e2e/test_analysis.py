"""Questions and gates by proof: `policy check`, `who-can`, `what-can`, `paths`, `diff`."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree

from harness.caller import Caller
from harness.expect import policy, trust
from harness.server import ACCOUNT, BINARY, environment
from test_terraform import terraform  # noqa: F401  (a fixture)

OBJECT = "arn:aws:s3:::data/report"


def run(*words, text="", code=0, says=""):
    done = subprocess.run(
        [BINARY, *map(str, words)], input=text, capture_output=True, text=True, timeout=120, env=environment()
    )
    assert done.returncode == code and says in done.stderr, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def answer(*words, **more):
    return json.loads(run(*words, "--json", **more))


def name(arn):
    return arn.rsplit("/", 1)[-1]


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def build(iam):
    """An account with a reader in a group, a role on the way to the data, and a user who may hand roles to Lambda."""
    for user in ("reader", "hopper", "passer", "idle"):
        iam.create_user(UserName=user)
    iam.create_group(GroupName="readers")
    iam.put_group_policy(GroupName="readers", PolicyName="read", PolicyDocument=policy("s3:Get*", "arn:aws:s3:::data/*"))
    iam.add_user_to_group(GroupName="readers", UserName="reader")
    iam.create_role(RoleName="data", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root"))
    iam.put_role_policy(RoleName="data", PolicyName="all", PolicyDocument=policy("s3:*"))
    iam.put_user_policy(
        UserName="hopper", PolicyName="hop", PolicyDocument=policy("sts:AssumeRole", arn("role", "data"))
    )
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))
    iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_user_policy(
        UserName="passer", PolicyName="pass",
        PolicyDocument=policy(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]),
    )


def test_questions_over_a_directory_now_and_then(own_server, tmp_path):
    server = own_server()
    iam = server.root.iam
    build(iam)
    data = ("--data", server.data)

    found = answer("who-can", "s3:GetObject", OBJECT, *data)
    holders = {name(one["principal"]): one for one in found["principals"]}
    assert set(holders) == {"reader", "data", "hopper", "worker"} and not found["undecided"]
    assert holders["hopper"]["path"] == [arn("role", "data")] and holders["hopper"]["access"] == "assumeRole"
    assert holders["reader"]["access"] == "direct" and holders["reader"]["statements"][0]["policy"] == "read"
    hop = holders["hopper"]["assumes"][0]
    assert hop["role"] == arn("role", "data") and not hop["conditional"] and not hop["unless"]
    assert {(one["policy"], one["layer"]) for one in hop["statements"]} == {("hop", "identity"), ("trust policy", "resource")}
    text = run("who-can", "s3:GetObject", OBJECT, *data)
    assert f"assumes {arn('role', 'data')}" in text and "by trust policy (resource), statement 0" in text
    # Control policies are no part of a directory yet: they come from files, a level each.
    levels = [tmp_path / "root.json", tmp_path / "account.json"]
    levels[0].write_text(policy("*"))
    levels[1].write_text(policy(["s3:*", "ec2:*"]))
    control = [word for level in levels for word in ("--service-control-policies", level)]
    found = answer("who-can", "s3:GetObject", OBJECT, *control, *data)
    assert {name(one["principal"]) for one in found["principals"]} == {"reader", "data", "worker"}, "nobody assumes roles"
    assert answer("paths", "passer", "worker", *control, *data)["paths"] == []
    closed = tmp_path / "rcp.json"
    closed.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}))
    assert answer("who-can", "s3:GetObject", OBJECT, "--rcp", closed, *data)["principals"] == []

    # The witness is a scenario: the simulator decides it alike.
    scenario = holders["reader"]["witness"] | {"identityPolicies": [json.loads(policy("s3:Get*", "arn:aws:s3:::data/*"))]}
    assert json.loads(run("policy", "simulate", "-", "--json", text=json.dumps(scenario)))["decision"] == "allowed"

    rows = answer("what-can", "reader", *data)["rows"]
    assert [(row["Action"], row["Resource"]) for row in rows] == [(["s3:Get*"], ["arn:aws:s3:::data/*"])]
    assert answer("what-can", arn("user", "idle"), *data)["rows"] == []

    steps = answer("paths", "passer", "worker", *data)["paths"][0]["steps"]
    assert [step["moves"][0]["by"] for step in steps] == ["PassRole+lambda:CreateFunction+InvokeFunction"]
    needs = {need["action"]: need for need in steps[0]["moves"][0]["needs"]}
    assert needs["iam:PassRole"]["resource"] == arn("role", "worker")
    assert len(answer("paths", "passer", *data)["paths"][0]["steps"]) == 2, "and so to everything"
    # The worker may assume the role, and as an administrator come to act as it otherwise.
    lengths = lambda answered: [len(path["steps"]) for path in answered["paths"]]  # noqa: E731
    assert lengths(answer("paths", "passer", "data", *data)) == [2]
    longer = answer("paths", "passer", "data", "--longer", "1", *data)
    assert lengths(longer) == [2, 3] and not longer["more"]
    assert answer("paths", "passer", "data", "--longer", "1", "--limit", "1", *data)["more"]
    assert "digraph" in run("paths", "passer", "worker", "--dot", *data)
    assert run("paths", "idle", "--exit-code", *data).startswith("no path")
    run("paths", "passer", "--exit-code", *data, code=3)

    # What was stays askable, by revision and by moment, with the server down as well.
    before = json.loads(run("store", "verify", "--json", *data))["commits"]
    iam.put_user_policy(UserName="idle", PolicyName="new", PolicyDocument=policy("s3:*"))
    iam.delete_group_policy(GroupName="readers", PolicyName="read")
    changed = {name(one["principal"]): one for one in answer("diff", "--at", before, *data)["differences"]}
    assert set(changed) == {"idle", "reader"}
    assert changed["idle"]["gains"]["statements"][0]["policy"] == "new" and changed["idle"]["loses"] is None
    assert changed["reader"]["loses"] and changed["reader"]["gains"] is None
    run("diff", "--at", before, "--exit-code", *data, code=3)
    assert server.stop() == 0
    now = {name(one["principal"]) for one in answer("who-can", "s3:GetObject", OBJECT, *data)["principals"]}
    assert "idle" in now and "reader" not in now
    then = {name(one["principal"]) for one in answer("who-can", "s3:GetObject", OBJECT, "--at", before, *data)["principals"]}
    assert then == set(holders)

    # The account as AWS would describe it can be asked without the directory, and changed on paper.
    details = tmp_path / "details.json"
    run("export", "authorization-details", *data, "--output", details)
    file = ("--authorization-details", details)
    assert {name(one["principal"]) for one in answer("who-can", "s3:GetObject", OBJECT, *file)["principals"]} == now
    proposed = json.loads(details.read_text())
    idle = next(user for user in proposed["UserDetailList"] if user["UserName"] == "idle")
    idle["AttachedManagedPolicies"] = [{"PolicyName": "x", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}]
    (tmp_path / "proposed.json").write_text(json.dumps(proposed))
    gains = answer("diff", *file, "--proposed", tmp_path / "proposed.json")["differences"]
    assert [name(one["principal"]) for one in gains] == ["idle"]
    assert gains[0]["gains"]["statements"][0]["policy"].endswith("IAMFullAccess")


SHOP = {
    "Name": "shop",
    "Actions": [{"Name": "BuyThing", "Resources": [{"Name": "thing"}]}, {"Name": "SellThing", "Resources": [{"Name": "thing"}]}],
    "Resources": [{"Name": "thing", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:thing/${Id}"]}],
}


def test_questions_know_the_services_that_a_directory_has_of_its_own(own_server, tmp_path):
    server = own_server()
    iam, data = server.root.iam, ("--data", server.data)
    iam.create_user(UserName="buyer")
    iam.put_user_policy(UserName="buyer", PolicyName="buy", PolicyDocument=policy(["shop:Buy*", "shop:Sel"]))
    before = json.loads(run("store", "verify", "--json", *data))["commits"]

    def buyers(*more):
        done = subprocess.run(
            [BINARY, "who-can", "shop:Buy*", "--json", *map(str, more), *map(str, data)],
            capture_output=True, text=True, timeout=120, env=environment(),
        )
        [holder] = json.loads(done.stdout)["principals"]
        return holder["witness"]["action"], done.stderr

    assert buyers()[0] != "shop:BuyThing" and "there is no service `shop`" in buyers()[1]
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(SHOP))
    assert buyers("--services", file) == ("shop:BuyThing", "")
    run("services", "register", file, *data)
    assert buyers() == ("shop:BuyThing", "")
    assert "there is no service `shop`" in buyers("--at", before)[1], "then there was none"
    assert answer("what-can", "buyer", *data)["unknownActions"] == ["shop:Sel"]
    # Differences show what there is, and so do files.
    details = tmp_path / "details.json"
    run("export", "authorization-details", *data, "--output", details)
    proposed = json.loads(details.read_text())
    [inline] = proposed["UserDetailList"][0]["UserPolicyList"]
    inline["PolicyDocument"] = json.loads(policy(["shop:Buy*", "shop:Sell*"]))
    (tmp_path / "proposed.json").write_text(json.dumps(proposed))
    [change] = answer("diff", *data, "--proposed", tmp_path / "proposed.json", "--services", file)["differences"]
    assert change["gains"]["witness"]["action"] == "shop:SellThing"
    assert change["gains"]["witness"]["resource"].startswith("arn:aws:shop:")


def test_the_steps_of_a_chain_go_together_or_there_is_none(own_server, tmp_path):
    server = own_server()
    iam, data = server.root.iam, ("--data", server.data)
    both = ["sts:AssumeRole", "sts:TagSession"]
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    iam.create_user(UserName="hopper", Tags=[{"Key": "team", "Value": "red"}])
    iam.put_user_policy(UserName="hopper", PolicyName="hop", PolicyDocument=policy(both))
    root = f"arn:aws:iam::{ACCOUNT}:root"
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust(root))
    iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=policy("s3:GetObject", condition=tagged))

    def hopper():
        found = answer("who-can", "s3:GetObject", OBJECT, *data)["principals"]
        return next((one for one in found if name(one["principal"]) == "hopper"), None)

    assert hopper() is None, "nobody may tag the session"
    assert answer("paths", "hopper", "reader", *data)["paths"][0]["together"], "and may assume the role"
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust(root, action=both))
    found = hopper()
    assert found["together"] and found["conditional"]
    request = found["assumes"][0]["witness"]["context"]
    assert request["aws:RequestTag/team"] == "red" and request["aws:TagKeys"] == ["team"]
    assert found["witness"]["context"]["aws:PrincipalTag/team"] == "red"
    text = run("who-can", "s3:GetObject", OBJECT, *data)
    assert "for instance with aws:RequestTag/team = red and aws:TagKeys = team" in text
    # So it is with a session that is made so.
    key = iam.create_access_key(UserName="hopper")["AccessKey"]
    caller = Caller(server.url, key["AccessKeyId"], key["SecretAccessKey"])
    role = {"RoleArn": arn("role", "reader"), "RoleSessionName": "hop"}
    assert caller.sts.assume_role(**role, Tags=[{"Key": "team", "Value": "red"}])["Credentials"]
    # With MFA for the first role there is none for the next.
    iam.update_assume_role_policy(
        RoleName="reader", PolicyDocument=trust(root, action=both, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    )
    assert "aws:MultiFactorAuthPresent = true" in run("who-can", "s3:GetObject", OBJECT, *data)
    iam.create_role(RoleName="between", AssumeRolePolicyDocument=trust(root))
    iam.put_role_policy(RoleName="between", PolicyName="hop", PolicyDocument=policy(both))
    iam.put_user_policy(UserName="hopper", PolicyName="hop", PolicyDocument=policy(both, arn("role", "between")))
    assert hopper() is None
    assert run("paths", "hopper", "reader", *data).startswith("no path")


def test_what_somebody_can_keeps_to_resource_control_policies(tmp_path):
    details, closed = tmp_path / "details.json", tmp_path / "rcp.json"
    user = {"Path": "/", "UserName": "u", "UserId": "AIDAEXAMPLEEXAMPLE123", "Arn": arn("user", "u"),
            "CreateDate": "2026-01-01T00:00:00Z", "UserPolicyList": [
                {"PolicyName": "p", "PolicyDocument": json.loads(policy(["s3:GetObject", "ec2:RunInstances"]))}]}
    details.write_text(json.dumps({"UserDetailList": [user]}))
    rule = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"}
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    closed.write_text(json.dumps({"Version": "2012-10-17", "Statement": [everything, rule]}))
    asked = ("what-can", "u", "--authorization-details", details)
    [free], [row] = answer(*asked)["rows"], answer(*asked, "--rcp", closed)["rows"]
    assert "Except" not in free
    assert row["Except"] == [{"Action": ["s3:*"], "Resource": ["arn:aws:s3:::secret/*"], "By": {"policy": str(closed), "statement": 1}}]
    assert f"except s3:* on arn:aws:s3:::secret/* (by {closed} #1)" in run(*asked, "--rcp", closed)
    closed.write_text(json.dumps({"Version": "2012-10-17", "Statement": [everything, rule | {"Resource": "*"}]}))
    assert [row["Action"] for row in answer(*asked, "--rcp", closed)["rows"]] == [["ec2:RunInstances"]]


def test_wrong_questions_say_what_is_wrong(tmp_path):
    details = tmp_path / "details.json"
    details.write_text('{"UserDetailList": []}')
    file = ("--authorization-details", details)
    for says, *words in (
        ("`GetObject` is no action", "who-can", "GetObject", *file),
        ("`bucket` is no resource", "who-can", "s3:GetObject", "bucket", *file),
        ("there is no user or role `nobody`", "what-can", "nobody", *file),
        ("there is no user or role `nobody`", "paths", "nobody", *file),
        ("missing`: No such file", "who-can", "s3:GetObject", "--authorization-details", tmp_path / "missing"),
        ("nowhere`: start `portcullis serve` first", "who-can", "s3:GetObject", "--data", tmp_path / "nowhere"),
        ("missing`: No such file", "who-can", "s3:GetObject", "--scp", tmp_path / "missing", *file),
        ("details.json` is no policy", "who-can", "s3:GetObject", "--scp", details, *file),
    ):
        run(*words, code=1, says=says)
    details.write_text('{"UserDetailList": [{"UserName": 7}]}')
    run("who-can", "s3:GetObject", *file, code=1, says="expected a string at line 1 column 35")
    run("diff", *file, code=2, says="--at <TIME|REVISION>")


def test_the_checks_answer_as_access_analyzer_does(tmp_path):
    old, new, bucket = (tmp_path / f"{name}.json" for name in ("old", "new", "bucket"))
    old.write_text(policy("s3:Get*", "arn:aws:s3:::b/*"))
    new.write_text(policy(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b/*"))
    check = ("policy", "check", "no-new-access", "--existing-policy-document")
    found = answer(*check, f"file://{old}", "--new-policy-document", new, "--policy-type", "IDENTITY_POLICY", code=1)
    witness = found["reasons"][0].pop("witness")
    assert witness["action"] == "s3:PutObject"
    assert found == {
        "result": "FAIL",
        "message": "The modified permissions grant new access compared to your existing policy.",
        "reasons": [{"description": "New access in the statement with index: 0.", "statementIndex": 0}],
    }
    assert answer(*check, new, "--new-policy-document", policy("s3:GetObject", "arn:aws:s3:::b/k"))["result"] == "PASS"

    check = ("policy", "check", "access-not-granted", "--policy-document", new)
    assert answer(*check, "--access", "actions=s3:PutObject,resources=arn:aws:s3:::b/*", code=1)["result"] == "FAIL"
    assert answer(*check, "--access", "actions=s3:DeleteObject")["result"] == "PASS"
    assert answer(*check, "--access", '{"resources": ["arn:aws:s3:::c/*"]}')["result"] == "PASS"
    run(*check, code=2)
    run(*check, "--actions", "PutObject", code=1)

    open_to_all = json.loads(policy("s3:GetObject", "arn:aws:s3:::b/*", Sid="Everyone", Principal="*"))
    bucket.write_text(json.dumps(open_to_all, indent=2))
    check = ("policy", "check", "no-public-access", "--policy-document", bucket, "--resource-type", "AWS::S3::Bucket")
    found = answer(*check, code=1)
    assert found["message"] == "The resource policy grants public access for the given resource type."
    assert found["reasons"][0]["statementId"] == "Everyone" and found["reasons"][0]["statementIndex"] == 0
    log = json.loads(run(*check, "--format", "sarif", code=1))
    region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] > 1
    suite = ElementTree.fromstring(run(*check, "--format", "junit", code=1))
    assert suite.get("failures") == "1" and suite.find(".//failure") is not None
    assert run(*check, "--format", "github", code=1).startswith(f"::error file={bucket},line=")
    run("policy", "check", "no-public-access", "--policy-document", bucket, "--resource-type", "AWS::Nothing", code=1)
    # What is about nobody in particular is no policy of a resource.
    run("policy", "check", "no-public-access", "--policy-document", new, code=1)


def test_realistic_comparison_leaves_out_what_cannot_happen(tmp_path):
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    a.write_text(policy("sts:AssumeRole*"))
    b.write_text(policy(["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]))
    assert answer("policy", "compare", a, b)["relation"] == "morePermissive"
    assert answer("policy", "compare", a, b, "--realistic")["relation"] == "equivalent"


def test_a_terraform_plan_passes_through_the_gates(terraform, tmp_path):  # noqa: F811
    terraform = terraform("gate")
    plan = tmp_path / "plan.json"

    terraform("plan", "-out", "plan")
    plan.write_text(terraform("show", "-json", "plan").stdout)
    public = ("policy", "check", "no-public-access", "--policy-document", plan)
    found = answer(*public, code=1)
    results = {one["resource"]: one["result"] for one in found["documents"]}
    assert results == {"aws_s3_bucket_policy.site": "FAIL", "module.people.aws_iam_role.worker": "PASS"}
    assert "aws_s3_bucket_policy.site" in run(*public, "--format", "github", code=1)
    granted = ("policy", "check", "access-not-granted", "--policy-document", plan, "--actions", "iam:PassRole")
    found = answer(*granted, code=1)
    failing = [one for one in found["documents"] if one["result"] == "FAIL"]
    assert [one["resource"] for one in failing] == ["module.people.aws_iam_role_policy.passes"]
    assert failing[0]["reasons"][0]["statementIndex"] == 1

    closed = tmp_path / "closed.json"
    closed.write_text(plan.read_text().replace(r'{\"AWS\":\"*\"}', rf'{{\"AWS\":\"{ACCOUNT}\"}}'))
    run(*public[:-1], closed)
    reference = tmp_path / "reference.json"
    reference.write_text(policy(["s3:*", "iam:PassRole"]))
    run("policy", "check", "no-new-access", "--existing", reference, "--new", plan)
    run("policy", "check", "no-new-access", "--new", plan, code=1)
