"""`portcullis policy`: the engine at one's desk, without a server."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree

from harness.expect import policy
from harness.server import BINARY, environment

ALICE = "arn:aws:iam::111122223333:user/alice"
READ = json.loads(policy("s3:GetObject", "arn:aws:s3:::b/*"))


def run(*words, text=""):
    return subprocess.run(
        [BINARY, "policy", *words], input=text, capture_output=True, text=True, timeout=60, env=environment()
    )


def scenario(identifier, action="s3:GetObject", **more):
    return {
        "id": identifier, "principal": ALICE, "action": action, "resource": "arn:aws:s3:::b/k",
        "resourceAccount": "111122223333", "identityPolicies": [READ],
    } | more


def test_a_batch_answers_line_for_line_and_survives_a_bad_one():
    lines = [
        json.dumps(scenario(1)),
        json.dumps(scenario("two", action="s3:PutObject")),
        '{"id": 3, "action":',
        json.dumps({"id": 4, "principal": ALICE}),
        json.dumps(scenario(5, serviceControlPolicies=[[json.loads(policy("*", effect="Deny"))]])),
    ]
    done = run("simulate", "--batch", "-", text="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer["id"] for answer in answers] == [1, "two", 3, 4, 5]
    assert answers[0]["decision"] == "allowed" and answers[0]["matched"][0]["effect"] == "Allow"
    assert answers[1]["decision"] == "implicitDeny" and answers[1]["blockedBy"] == ["identity"]
    assert "error" in answers[2] and "error" in answers[3]
    assert answers[4]["decision"] == "explicitDeny" and answers[4]["blockedBy"] == ["serviceControl"]


def test_a_good_batch_ends_well(tmp_path):
    file = tmp_path / "batch.jsonl"
    file.write_text("".join(json.dumps(scenario(n)) + "\n" for n in range(1000)))
    done = run("simulate", "--batch", file, "--explain", "short")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(answers) == 1000
    assert all(answer["decision"] == "allowed" and answer["explanation"] for answer in answers)


def test_a_byte_order_mark_is_no_part_of_any_file(tmp_path):
    file = tmp_path / "marked.json"
    file.write_text("\ufeff" + json.dumps(scenario(1, expect="allowed")) + "\n")
    batch = run("simulate", "--batch", file)
    assert batch.returncode == 0 and json.loads(batch.stdout)["decision"] == "allowed"
    piped = run("simulate", "--batch", "-", text=file.read_text())
    assert piped.returncode == 0 and piped.stdout == batch.stdout
    assert run("simulate", file).stdout.startswith("allowed")
    assert run("test", file).returncode == 0
    file.write_text("\ufeff" + json.dumps(READ))
    assert run("validate", file).returncode == 0


def test_flags_describe_a_scenario_and_the_answer_says_why(tmp_path):
    file = tmp_path / "read.json"
    file.write_text(json.dumps(READ))
    words = ["simulate", "--principal", ALICE, "--resource", "arn:aws:s3:::b/k", "--identity-policy", file]
    allowed = run(*words, "--action", "s3:GetObject", "--exit-code")
    assert allowed.returncode == 0 and allowed.stdout.startswith("allowed")
    refused = run(*words, "--action", "s3:PutObject", "--exit-code")
    assert refused.returncode == 3
    assert "because no identity-based policy allows the s3:PutObject action" in refused.stdout
    assert "Nearest in identity" in refused.stdout and "read.json" in refused.stdout
    endpoint = tmp_path / "endpoint.json"
    endpoint.write_text(json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}}))
    outside = run(*words, "--action", "s3:GetObject", "--endpoint-policy", endpoint, "--explain", "short")
    assert "because no VPC endpoint policy allows the s3:GetObject action" in outside.stdout
    keyless = tmp_path / "keyless.json"
    keyless.write_text(json.dumps({"Statement": {"Effect": "Allow", "Principal": {"Service": "own"}, "Action": "s3:*",
                                                 "Condition": {"Null": {"aws:CurrentTime": "true"}}}}))
    service = ["simulate", "--principal", "own", "--principal-type", "service", "--resource-policy", keyless]
    service += ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k", "--explain", "none"]
    assert run(*service).stdout == "implicitDeny\n" and run(*service, "--no-implied").stdout == "allowed\n"
    other = run(*words, "--action", "s3:GetObject", "--principal-account", "999999999999")
    assert other.returncode == 1 and "`principalAccount` is 999999999999" in other.stderr
    nobody = run("simulate", "--action", "s3:GetObject", "--identity-policy", file)
    assert nobody.returncode == 1 and "give --principal" in nobody.stderr


def test_scenarios_are_unit_tests(tmp_path):
    file = tmp_path / "cases.json"
    cases = [scenario("reads", expect="allowed"), scenario("does not write", action="s3:PutObject", expect="allowed")]
    file.write_text(json.dumps(cases))
    done = run("test", file)
    assert done.returncode == 1 and "1 passed, 1 failed" in done.stdout and "expected allowed" in done.stdout
    suite = ElementTree.fromstring(run("test", "--format", "junit", file).stdout)
    assert suite.get("tests") == "2" and suite.get("failures") == "1" and 0 < float(suite.get("time")) < 10
    good, bad = suite.findall("testsuite/testcase")
    for case in (good, bad):
        assert (case.get("file"), case.get("line")) == (str(file), "1") and float(case.get("time")) < 10
    # What failed is explained in every form: which element, where, what it wants and what the request has.
    column = json.dumps(READ).index('"s3:GetObject"') + 1
    miss = f"Action at 1:{column} wants `s3:GetObject`: the request has `s3:PutObject`"
    assert good.find("failure") is None and miss in bad.find("failure").text
    assert miss in run("test", file).stdout and miss in run("test", "--format", "github", file).stdout
    assert run("test", "--format", "github", file).stdout.startswith(f"::error file={file},line=1,col=1::")
    cases[1]["expect"] = "implicitDeny"
    file.write_text(json.dumps(cases))
    assert run("test", file).returncode == 0


def test_validation_names_line_and_column(tmp_path):
    file = tmp_path / "bad.json"
    file.write_text('{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "b"}]}')
    done = run("validate", file)
    assert done.returncode == 1
    expected = f"{file}:2:66: error: A resource is an ARN or `*`: begin it with `arn:`. [INVALID_ARN_PREFIX]\n"
    assert done.stdout == expected, done.stdout
    [found] = json.loads(run("validate", "--format", "json", file).stdout)["findings"]
    assert found["findingType"] == "ERROR" and found["issueCode"] == "INVALID_ARN_PREFIX"
    assert found["learnMoreLink"].endswith("#access-analyzer-reference-policy-checks-error-invalid-arn-prefix")
    [location] = found["locations"]
    assert location["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Resource"}]
    assert location["span"]["start"] == {"line": 2, "column": 65, "offset": 91}
    sarif = json.loads(run("validate", "--format", "sarif", file).stdout)
    region = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 66, "endLine": 2, "endColumn": 69}
    assert run("validate", "--format", "github", file).stdout.startswith(f"::error file={file},line=2,col=66::INVALID_ARN")
    good = tmp_path / "good.json"
    good.write_text(json.dumps(READ))
    done = run("validate", "--format", "junit", file, good)
    suite = ElementTree.fromstring(done.stdout.encode()).find("testsuite")
    assert done.returncode == 1 and (suite.get("tests"), suite.get("failures")) == ("2", "1")
    bad, fine = suite.findall("testcase")
    assert bad.get("name") == str(file) and bad.find("failure").text == expected.rstrip("\n")
    assert fine.get("name") == str(good) and fine.find("failure") is None
    done = run("validate", good)
    assert (done.returncode, done.stdout) == (0, "1 document, nothing wrong\n")
    lost = tmp_path / "lost.json"
    done = run("validate", lost, file, good)
    first, second = done.stdout.splitlines()
    assert done.returncode == 1 and first.startswith(f"{lost}:1:1: error: cannot read `{lost}`: "), done.stdout
    assert first.endswith(" [UNREADABLE_DOCUMENT]") and f"{second}\n" == expected, done.stdout


def test_validation_knows_the_type_of_policy_and_what_was_used(tmp_path):
    file, used = tmp_path / "trust.json", tmp_path / "used.txt"
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": trust}))
    words = ["--policy-type", "RESOURCE_POLICY", "--resource-type", "AWS::IAM::AssumeRolePolicyDocument"]
    assert run("validate", *words, file).returncode == 0
    bucket = run("validate", "--policy-type", "RESOURCE_POLICY", "--resource-type", "AWS::S3::Bucket", file)
    assert bucket.returncode == 1 and "UNSUPPORTED_ACTION_IN_POLICY" in bucket.stdout
    assert "AWS::S3::Bucket" in run("validate", "--resource-type", "bucket", file).stderr
    file.write_text(policy("s3:Get*", "arn:aws:s3:::b/*"))
    used.write_text("s3:GetObject\n")
    done = run("validate", "--used", used, file)
    assert done.returncode == 0 and "only s3:getobject were used. [UNNEEDED_WILDCARD]" in done.stdout


def test_what_is_mistyped_is_explained():
    assert "give a scenario" in run("simulate").stderr
    missing = run("simulate", "absent.json")
    assert missing.returncode == 1 and "absent.json" in missing.stderr
    assert run("simulate", "--explain", "loudly").returncode == 2
