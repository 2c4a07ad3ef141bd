"""Every call becomes an event in CloudTrail's format; the chain shows every edit."""

import json
import shutil

from harness.expect import policy, refused, trust


def events(server):
    lines = server.command("audit", "tail", "--limit", "10000", "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_each_call_leaves_its_event(own_server):
    server = own_server()
    root = server.root
    root.iam.create_user(UserName="u")
    key = root.iam.create_access_key(UserName="u")["AccessKey"]
    user = type(root)(root.url, key["AccessKeyId"], key["SecretAccessKey"])
    root.iam.get_user(UserName="u")
    with refused("AccessDenied"):
        user.iam.list_users()
    with refused("NoSuchEntity"):
        root.iam.get_user(UserName="absent")
    server.stop()  # what was queued is written

    found = {}
    for event in events(server):
        found.setdefault((event["eventName"], event.get("errorCode")), event)
    create = found["CreateUser", None]
    assert create["eventSource"] == "iam.amazonaws.com" and create["eventVersion"].startswith("1.")
    assert create["userIdentity"]["type"] == "Root" and create["userIdentity"]["accountId"] == server.account
    assert create["requestParameters"]["userName"] == "u"
    assert create["responseElements"]["user"]["arn"].endswith(":user/u")
    assert create["readOnly"] is False and create["recipientAccountId"] == server.account
    assert create["sourceIPAddress"] == "127.0.0.1" and "boto" in create["userAgent"].lower()
    assert {"eventTime", "eventID", "requestID", "awsRegion", "eventType"} <= set(create)
    assert found["GetUser", None]["readOnly"] is True
    refusal = found["ListUsers", "AccessDenied"]
    assert refusal["userIdentity"]["type"] == "IAMUser" and refusal["userIdentity"]["userName"] == "u"
    assert "is not authorized to perform: iam:ListUsers" in refusal["errorMessage"]
    assert ("GetUser", "NoSuchEntityException") in found or ("GetUser", "NoSuchEntity") in found
    assert key["SecretAccessKey"] not in json.dumps(list(found.values()))


def test_a_session_token_never_shows(own_server, tmp_path):
    server = own_server()
    root = server.root
    root.iam.create_user(UserName="u")
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))
    role = root.iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{server.account}:root"))["Role"]["Arn"]
    key = root.iam.create_access_key(UserName="u")["AccessKey"]
    user = type(root)(root.url, key["AccessKeyId"], key["SecretAccessKey"])
    session = user.assume(role)
    session.sts.get_caller_identity()
    server.stop()
    text = json.dumps(events(server))
    assert session.key in text and session.token not in text and session.secret not in text
    assume = next(e for e in events(server) if e["eventName"] == "AssumeRole")
    assert assume["requestParameters"]["roleArn"] == role
    later = next(e for e in events(server) if e["eventName"] == "GetCallerIdentity")
    assert later["userIdentity"]["type"] == "AssumedRole"
    assert later["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "r"


def segments(server):
    return sorted(path for path in (server.data / "audit").rglob("*") if path.is_file() and path.stat().st_size > 400)


def with_events(own_server):
    server = own_server()
    for _ in range(20):
        server.root.sts.get_caller_identity()
    server.root.iam.create_user(UserName="u")
    server.stop()
    assert server.command("audit", "verify").returncode == 0
    return server


def test_an_edit_shows(own_server):
    server = with_events(own_server)
    path = segments(server)[0]
    data = path.read_bytes()
    spoilt = data.replace(b"GetCallerIdentity", b"GetCallerIdentitY", 1)
    assert spoilt != data
    path.write_bytes(spoilt)
    assert server.command("audit", "verify", check=False).returncode != 0


def test_a_cut_shows(own_server):
    server = with_events(own_server)
    path = segments(server)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :]))
    assert server.command("audit", "verify", check=False).returncode != 0


def test_a_truncation_shows(own_server):
    server = with_events(own_server)
    path = segments(server)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert server.command("audit", "verify", check=False).returncode != 0


def test_who_does_not_get_in_is_recorded_too(own_server):
    server = own_server()
    root = server.root
    with refused("SignatureDoesNotMatch"):
        type(root)(root.url, root.key, "x" * 40).iam.list_users()
    with refused("InvalidClientTokenId"):
        type(root)(root.url, "AKIAIOSFODNN7EXAMPLE", "x" * 40).iam.list_users()
    server.send("POST", "/", b"Action=ListUsers&Version=2010-05-08")
    server.stop()
    codes = [event.get("errorCode") for event in events(server)]
    assert {"SignatureDoesNotMatch", "InvalidClientTokenId", "MissingAuthenticationToken"} <= set(codes)


def test_tail_shows_a_table_for_people(own_server):
    server = own_server()
    server.root.iam.create_user(UserName="u")
    text = server.command("audit", "tail").stdout
    assert "CreateUser" in text and not text.lstrip().startswith("{")
    assert len(server.command("audit", "tail", "--limit", "1", "--json").stdout.splitlines()) == 1


def test_a_trail_that_was_taken_away_shows_for_good(own_server):
    server = with_events(own_server)
    shutil.rmtree(server.data / "audit")
    assert server.command("audit", "verify", check=False).returncode != 0
    server.start()
    server.stop()
    assert "ReadTrailMissing" in [event["eventName"] for event in events(server)]
