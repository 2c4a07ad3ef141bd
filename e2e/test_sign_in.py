"""Sign-in with a password, and the lock that an administrator lifts."""

import json

import pytest

from harness.expect import policy
from harness.server import ACCOUNT

PASSWORD = "correct-Horse-1"


@pytest.fixture
def server(own_server):
    server = own_server()
    server.root.iam.create_user(UserName="alice")
    server.root.iam.create_login_profile(UserName="alice", Password=PASSWORD)
    server.root.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy("iam:ListUsers"))
    return server


def sign_in(server, password=PASSWORD, **more):
    body = json.dumps({"account": ACCOUNT, "userName": "alice", "password": password} | more).encode()
    headers = {"Content-Type": "application/json"}
    status, _, answer = server.send("POST", "/_portcullis/signin", body, headers)
    return status, json.loads(answer)


def test_a_password_opens_a_session_that_is_listed_and_can_be_revoked(server):
    status, answer = sign_in(server)
    assert (status, answer["status"]) == (200, "SignedIn")
    session = server.root.with_credentials(answer["credentials"])
    assert session.arn == answer["arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    users = session.iam.list_users()["Users"]
    assert [user["UserName"] for user in users if "PasswordLastUsed" in user] == ["alice"]
    tail = server.command("audit", "tail", "--json").stdout
    events = [json.loads(line) for line in tail.splitlines() if "ConsoleLogin" in line]
    assert events[-1]["eventType"] == "AwsConsoleSignIn"
    assert events[-1]["responseElements"] == {"ConsoleLogin": "Success"}
    assert PASSWORD not in tail

    rows = json.loads(server.command("sessions", "list", "--json").stdout)["sessions"]
    assert [row["accessKeyId"] for row in rows] == [session.key]
    server.command("sessions", "revoke", "--session", session.key)
    assert sign_in(server)[0] == 200
    status, _, body = session.query(Action="ListUsers")
    assert status == 403 and "InvalidClientTokenId" in body


def test_too_many_wrong_passwords_are_held_and_an_administrator_lifts_that(server):
    while (answer := sign_in(server, "wrong"))[0] == 401:
        pass
    assert answer[0] == 429 and answer[1]["status"] == "Held"
    server.restart()
    assert sign_in(server)[0] == 429
    unlocked = server.command("sign-in", "unlock", "--user", "alice", "--json").stdout
    assert json.loads(unlocked)["unlocked"] is True
    assert sign_in(server)[0] == 200
    assert "UnlockSignIn" in server.command("audit", "tail").stdout
