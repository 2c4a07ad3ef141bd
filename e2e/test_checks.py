"""`portcullis policy check`: every check in every form, its exit codes, and what a mistake is told."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from harness.expect import policy, trust
from harness.server import BINARY, environment

READ, WRITE = policy("s3:GetObject", "arn:aws:s3:::b/*"), policy("s3:PutObject", "arn:aws:s3:::b/*")
OPEN = policy("s3:GetObject", "arn:aws:s3:::b/*", Principal="*")
CLOSED = policy("s3:GetObject", "arn:aws:s3:::b/*", Principal={"AWS": "111122223333"})


def run(*words, text=""):
    return subprocess.run(
        [BINARY, "policy", *map(str, words)], input=text, capture_output=True, text=True, timeout=60, env=environment()
    )


def both(one, other):
    """A document of two others, the second's statement named, over several lines."""
    statements = [json.loads(text)["Statement"] for text in (one, other)]
    statements = [statement[0] if isinstance(statement, list) else statement for statement in statements]
    statements[1]["Sid"] = "Second"
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)


# Of each check: its name, the flags before the document, a document that passes, one that fails at its second
# statement, and the sentences of AWS.
CHECKS = {
    "no-new-access": (
        "CheckNoNewAccess", ["--existing-policy-document", "OLD", "--new-policy-document"], READ, both(READ, WRITE),
        "The modified permissions {} new access compared to your existing policy.", ("do not grant", "grant"),
        "New access in the statement with sid: Second.",
    ),
    "access-not-granted": (
        "CheckAccessNotGranted", ["--access", "actions=s3:PutObject", "--policy-document"], READ, both(READ, WRITE),
        "The policy document {} the listed actions or resources.",
        ("does not grant access to perform", "grants access to perform one or more of"),
        "One or more of the listed actions or resources in the statement with sid: Second.",
    ),
    "no-public-access": (
        "CheckNoPublicAccess", ["--resource-type", "AWS::S3::Bucket", "--policy-document"], CLOSED, both(CLOSED, OPEN),
        "The resource policy {} public access for the given resource type.", ("does not grant", "grants"),
        "Public access granted in the following statement with sid: Second.",
    ),
}


@pytest.fixture(params=CHECKS)
def check(request, tmp_path):
    """Of one check: what runs it on a file that passes or fails, its row, and the files."""
    row = CHECKS[request.param]
    old, good, bad = (tmp_path / f"{name}.json" for name in ("old", "good", "bad"))
    for file, text in ((old, READ), (good, row[2]), (bad, row[3])):
        file.write_text(text)
    flags = [str(old) if flag == "OLD" else flag for flag in row[1]]

    def ask(file, *more):
        return run("check", request.param, *flags, file, *more)

    return ask, row, good, bad


def test_answers_have_the_shape_of_access_analyzer_s(check):
    ask, (_, _, _, _, message, (passes, fails), reason), good, bad = check
    done = ask(good, "--json")
    assert done.returncode == 0 and json.loads(done.stdout) == {
        "result": "PASS", "message": message.format(passes), "reasons": []
    }
    done = ask(bad, "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    witness = answer["reasons"][0].pop("witness")
    assert answer == {
        "result": "FAIL", "message": message.format(fails),
        "reasons": [{"description": reason, "statementIndex": 1, "statementId": "Second"}],
    }
    # The witness is a scenario that the document allows, and a request that happens.
    assert witness["action"] in ("s3:PutObject", "s3:GetObject") and witness["resource"].startswith("arn:aws:s3:::b/")
    kind = "resourcePolicy" if "Principal" in bad.read_text() else "identityPolicies"
    document = json.loads(bad.read_text())
    scenario = witness | {kind: document if kind == "resourcePolicy" else [document]}
    assert json.loads(run("simulate", "-", "--json", text=json.dumps(scenario)).stdout)["decision"] == "allowed"


def test_people_and_pipelines_are_told_the_place(check):
    ask, (rule, _, _, _, message, (passes, fails), reason), good, bad = check
    line = next(n for n, text in enumerate(bad.read_text().splitlines(), 1) if text == "  {" and n > 4)
    done = ask(good)
    assert done.returncode == 0 and done.stdout == f"PASS  {good}: {message.format(passes)}\n"
    done = ask(bad)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == [
        f"FAIL  {bad}: {message.format(fails)}", f"      {reason} (line {line}, column 3)"
    ]

    assert ask(good, "--format", "github").stdout == ""
    done = ask(bad, "--format", "github")
    assert done.returncode == 1 and done.stdout.startswith(f"::error file={bad},line={line},col=3::{reason}%0A")
    assert len(done.stdout.splitlines()) == 1

    [log] = json.loads(ask(good, "--format", "sarif").stdout)["runs"]
    assert log["results"] == [] and [one["id"] for one in log["tool"]["driver"]["rules"]] == [rule]
    done = ask(bad, "--format", "sarif")
    report = json.loads(done.stdout)
    [found] = report["runs"][0]["results"]
    assert done.returncode == 1 and report["version"] == "2.1.0"
    assert found["ruleId"] == rule and found["level"] == "error" and found["message"]["text"].startswith(reason)
    place = found["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": line, "startColumn": 3}
    assert place["artifactLocation"]["uri"].endswith("bad.json")

    suites = ElementTree.fromstring(ask(good, "--format", "junit").stdout)
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0") and suites.find(".//failure") is None
    suites = ElementTree.fromstring(ask(bad, "--format", "junit").stdout)
    case = suites.find("testsuite/testcase")
    assert (suites.get("failures"), suites.find("testsuite").get("name")) == ("1", rule)
    assert case.get("name") == str(bad) and case.find("failure").get("message") == message.format(fails)
    assert reason in case.find("failure").text


def test_a_report_goes_into_a_file_and_the_document_may_be_text_or_standard_input(check):
    ask, row, good, bad = check
    report = good.with_name("report.sarif")
    done = ask(bad, "--format", "sarif", "--output", report)
    assert done.returncode == 1 and done.stdout == "" and json.loads(report.read_text())["version"] == "2.1.0"
    assert ask(f"file://{good}").returncode == 0
    assert ask(row[2]).returncode == 0 and ask(row[3]).returncode == 1, "JSON text"
    flags = [str(good.with_name("old.json")) if flag == "OLD" else flag for flag in row[1]]
    name = next(name for name, known in CHECKS.items() if known is row)
    assert run("check", name, *flags, "-", text=row[3]).returncode == 1
    # Several documents answer under one result, each with its file.
    done = run("check", name, *flags, good, flags[-1], bad, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and answer["result"] == "FAIL"
    assert [(one["file"], one["result"]) for one in answer["documents"]] == [(str(good), "PASS"), (str(bad), "FAIL")]


def test_a_document_that_does_not_read_is_told_where(check, tmp_path):
    ask = check[0]
    for name, text, told in (
        ("effect", '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow", "Action": "s3:*", "Resource": "*"}]}',
         "`Effect` cannot be `Alow`: expected Allow or Deny at line 2, column 27"),
        ("cut", '{"Version": "2012-10-17",', "is neither a policy document nor a Terraform plan"),
        ("list", "[]", "must be an object"),
        ("empty", "", "is neither a policy document nor a Terraform plan"),
    ):
        file = tmp_path / f"{name}.json"
        file.write_text(text)
        done = ask(file)
        assert done.returncode == 1 and done.stdout == "", (name, done.stdout)
        assert done.stderr.startswith("portcullis: ") and file.name in done.stderr and told in done.stderr, done.stderr
    missing = ask(tmp_path / "missing.json")
    assert missing.returncode == 1 and "cannot read" in missing.stderr and "missing.json" in missing.stderr
    binary = tmp_path / "plan"
    binary.write_bytes(b"PK\x03\x04\xff\xfe")
    assert "terraform show -json" in ask(binary).stderr
    done = ask(tmp_path / "effect.json", "--format", "xml")
    assert done.returncode == 2 and "junit" in done.stderr


def test_mistyped_arguments_are_told_what_was_meant(tmp_path):
    read, public = tmp_path / "read.json", tmp_path / "public.json"
    read.write_text(READ)
    public.write_text(OPEN)
    granted = ["access-not-granted", "--policy-document", read]
    reaching = ["no-public-access", "--policy-document", public]
    new = ["no-new-access", "--new-policy-document", read]
    for words, code, told in (
        (["no-public-acess"], 2, "no-public-access"),
        (granted, 2, "--access"),
        ([*granted, "--actions", "PutObject"], 1, "`PutObject` is no action: expected `service:Name`"),
        ([*granted, "--resources", "b"], 1, "`b` is no resource: expected an ARN or `*`"),
        ([*granted, "--access", "s3:PutObject"], 1, "expected `actions=…,resources=…` or a JSON object"),
        ([*granted, "--access", '{"actions": "s3:PutObject"}'], 1, "is no access"),
        ([*granted, "--access", "{}"], 1, "is no access"),
        ([*granted, "--actions", "s3:PutObjct"], 0, "warning: AWS has no action `s3:PutObjct`"),
        ([*reaching, "--resource-type", "AWS::S3::Buckets"], 1, "AWS::S3::Bucket,"),
        ([*reaching, "--resource-type", "bucket"], 1, "AWS::S3::Bucket"),
        (["no-public-access", "--policy-document", read], 1, "does not say whom it speaks to"),
        (new, 1, "--existing-policy-document"),
        ([*new, "--existing-policy-document", public], 1, "one document says whom it speaks to and the other does not"),
        ([*new, "--existing-policy-document", read, "--policy-type", "RESOURCE_POLICY"], 1, "RESOURCE_POLICY"),
        ([*new, "--existing-policy-document", read, "--policy-type", "IDENTITY"], 2, "IDENTITY_POLICY"),
    ):
        done = run("check", *words)
        assert done.returncode == code and told in done.stderr, (words, done.returncode, done.stderr)
        assert len(done.stderr) < 1500, done.stderr


def plan(*changes, written=None):
    """A plan of these changes: type, name, what is after and what of it is not known yet."""
    resources = [
        {"mode": "managed", "type": kind, "name": name, "expressions": (written or {}).get(name, {})}
        for kind, name, _, _ in changes
    ]
    return {
        "format_version": "1.2", "configuration": {"root_module": {"resources": resources}},
        "resource_changes": [
            {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name,
             "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}}
            for kind, name, after, unknown in changes
        ],
    }


def test_what_a_plan_grants_without_a_document_is_named(tmp_path):
    file = tmp_path / "plan.json"
    permission = {"function_name": "f", "action": "lambda:InvokeFunction"}
    file.write_text(json.dumps(plan(
        ("aws_lambda_permission", "anybody", permission | {"principal": "*"}, {"statement_id": True}),
        ("aws_lambda_permission", "bucket", permission | {"principal": "s3.amazonaws.com"}, {"source_arn": True}),
        ("aws_lambda_function_url", "url", {"authorization_type": "NONE"}, {}),
        ("aws_ecrpublic_repository_policy", "images", {"policy": OPEN.replace("s3:GetObject", "ecr-public:*")}, {}),
        ("aws_lambda_permission", "later", permission, {"principal": True}),
    )))
    check = ("check", "no-public-access", "--policy-document", file)
    done = run(*check, "--json")
    answer = json.loads(done.stdout)
    results = {one["resource"]: (one["result"], "unproven" in one) for one in answer["documents"]}
    assert done.returncode == 1 and results == {
        "aws_lambda_permission.anybody": ("FAIL", False),
        "aws_lambda_permission.bucket": ("PASS", False),
        "aws_lambda_function_url.url": ("FAIL", False),
        "aws_ecrpublic_repository_policy.images": ("FAIL", False),
        "aws_lambda_permission.later": ("FAIL", True),
    }
    log = json.loads(run(*check, "--format", "sarif").stdout)
    named = [one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for one in log["runs"][0]["results"]]
    assert named == [name for name, (result, _) in results.items() if result == "FAIL"]
    only = run(*check, "--resource-type", "AWS::ECR::PublicRepository", "--json")
    assert [one["resource"] for one in json.loads(only.stdout)["documents"]] == ["aws_ecrpublic_repository_policy.images"]


def test_attached_policies_are_checked_and_what_is_no_policy_is_noted(tmp_path):
    file = tmp_path / "plan.json"
    managed = "arn:aws:iam::aws:policy/"
    elsewhere = "arn:aws:iam::111122223333:policy/elsewhere"
    file.write_text(json.dumps(plan(
        ("aws_iam_role_policy_attachment", "admin", {"role": "r", "policy_arn": managed + "AdministratorAccess"}, {}),
        ("aws_iam_user_policy_attachment", "read", {"user": "u", "policy_arn": managed + "IAMReadOnlyAccess"}, {}),
        ("aws_iam_user_policy_attachment", "other", {"user": "u", "policy_arn": elsewhere}, {}),
        ("aws_s3_bucket_acl", "open", {"bucket": "b", "acl": "public-read"}, {}),
        ("aws_s3_bucket_acl", "own", {"bucket": "c", "acl": "private"}, {}),
        ("aws_kms_grant", "grant", {"operations": ["Decrypt"]}, {"grantee_principal": True}),
    )))
    done = run("check", "access-not-granted", "--policy-document", file, "--actions", "iam:CreateUser", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and {one["resource"]: one["result"] for one in answer["documents"]} == {
        "aws_iam_role_policy_attachment.admin": "FAIL", "aws_iam_user_policy_attachment.read": "PASS"
    }
    told = {one["resource"]: one["message"] for one in answer["notes"]}
    assert told == {
        "aws_iam_user_policy_attachment.other": f"Not checked: the plan attaches `{elsewhere}` and does not hold its document.",
        "aws_s3_bucket_acl.open": "Not checked: an access control list is no policy.",
        "aws_kms_grant.grant": "Not checked: a grant of a key is no policy.",
    }
    # Everything that a new attachment allows is new.
    done = run("check", "no-new-access", "--new-policy-document", file, "--json")
    assert done.returncode == 1 and {one["result"] for one in json.loads(done.stdout)["documents"]} == {"FAIL"}
    # Of resources' policies there are none here, and what lets in beside them is said.
    done = run("check", "no-public-access", "--policy-document", file)
    assert done.returncode == 0 and done.stdout.count("NOTE") == 2
    assert run("check", "no-public-access", "--policy-document", file, "--strict").returncode == 3


def test_blocks_that_a_plan_does_not_tell_are_noted_and_count_where_asked(tmp_path):
    file = tmp_path / "plan.json"
    role = {"assume_role_policy": trust(Service="lambda.amazonaws.com")}
    file.write_text(json.dumps(plan(("aws_iam_role", "r", role, {"inline_policy": True}))))
    check = ("check", "access-not-granted", "--policy-document", file, "--actions", "iam:PassRole")
    done = run(*check)
    note = "NOTE  aws_iam_role.r (inline_policy.policy): Not checked: the plan does not tell whether a `dynamic` block"
    assert done.returncode == 0 and note in done.stdout
    answer = json.loads(run(*check, "--json").stdout)
    assert answer["result"] == "PASS" and [one["resource"] for one in answer["notes"]] == ["aws_iam_role.r"]
    levels = [one["level"] for one in json.loads(run(*check, "--format", "sarif").stdout)["runs"][0]["results"]]
    assert levels == ["note"] and run(*check, "--format", "github").stdout.startswith("::notice ")
    suites = ElementTree.fromstring(run(*check, "--format", "junit").stdout)
    assert suites.get("failures") == "0" and suites.find(".//skipped") is not None
    assert run(*check, "--strict").returncode == 3
    # Somebody wrote it: nothing is proven, whether asked or not.
    file.write_text(json.dumps(plan(("aws_iam_role", "r", role, {"inline_policy": True}), written={"r": {"inline_policy": [{}]}})))
    done = run(*check, "--json")
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert answer["notes"] == [] and "unproven" in answer["documents"][1]
