"""Bad input gets AWS's error in bounded time, nothing is written, the server goes on."""

import socket
import time

import pytest

from harness.caller import Caller, deliver
from harness.expect import refused

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    assert server.process.poll() is None and server.get("/healthz")[0] == 200


def code(answer):
    status, _, body = answer
    return status, body.split("<Code>", 1)[1].split("</Code>", 1)[0] if "<Code>" in body else body


def spoil(root, **headers):
    request = root.signed("POST", "/", WHO, FORM, "sts")
    for name, value in headers.items():
        name = name.replace("_", "-")
        if value is None:
            del request.headers[name]
        else:
            request.headers[name] = value
    return code(deliver(request))


def test_without_a_signature(server):
    assert code(server.send("POST", "/", WHO, FORM)) == (403, "MissingAuthenticationToken")


def test_an_unknown_key(server):
    stranger = Caller(server.url, "AKIAIOSFODNN7EXAMPLE", "x" * 40)
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", status=403):
        stranger.sts.get_caller_identity()


def test_a_wrong_secret(root):
    with refused("SignatureDoesNotMatch", status=403):
        Caller(root.url, root.key, "x" * 40).sts.get_caller_identity()


def test_a_changed_body(root):
    request = root.signed("POST", "/", WHO, FORM, "sts")
    request.body = b"Version=2011-06-15&Action=GetCallerIdentity"
    assert code(deliver(request)) == (403, "SignatureDoesNotMatch")


def test_an_unsigned_amz_header(root):
    request = root.signed("POST", "/", WHO, FORM, "sts")
    request.headers["X-Amz-Extra"] = "1"
    assert code(deliver(request))[0] == 403


@pytest.mark.parametrize("header", ["nonsense", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=, Signature=zz"])
def test_a_malformed_authorization(root, header):
    status, found = spoil(root, Authorization=header)
    assert status in (400, 403) and found in ("IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch", "InvalidClientTokenId")


@pytest.mark.parametrize("date", ["20200101T000000Z", "nonsense", "99999999T999999Z"])
def test_a_bad_date(root, date):
    status, found = spoil(root, X_Amz_Date=date)
    assert status in (400, 403) and found in ("SignatureDoesNotMatch", "IncompleteSignature", "RequestExpired")


def test_the_wrong_service_in_the_scope(root):
    status, found = code(deliver(root.signed("POST", "/", WHO, FORM, "s3")))
    assert (status, found) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("body, expected", [
    (b"Action=NoSuchOperation&Version=2010-05-08", (400, "InvalidAction")),
    (b"Action=ListUsers&Version=1999-01-01", (400, "InvalidAction")),
    (b"Version=2010-05-08", (400, "MissingAction")),
    (b"", (400, "MissingAction")),
])
def test_operations_that_are_not_there(root, body, expected):
    status, found = code(root.send("POST", "/", body, FORM))
    assert status == expected[0] and found in (expected[1], "MissingAction", "InvalidAction")


@pytest.mark.parametrize("body", [
    b"Action=CreateUser&Version=2010-05-08&UserName=%ff%fe",
    b"Action=CreateUser&Version=2010-05-08&UserName=%zz",
    b"Action=CreateUser&Version=2010-05-08&UserName=%00",
    b"Action=CreateUser&Version=2010-05-08&UserName=<a%3E%26\x01",
    b"Action=CreateUser&Version=2010-05-08&UserName=one&UserName=two",
    b"Action=CreateUser&Version=2010-05-08&UserName=ok&Tags.member.999999999.Key=a",
    b"Action=CreateUser&Version=2010-05-08&UserName=ok&Tags.member.x.Key=a",
    b"Action=CreateUser&Version=2010-05-08&UserName.member.1=ok",
    b"Action=CreateUser&Version=2010-05-08&" + b"&" * 10_000,
])
def test_broken_forms_write_nothing(root, body):
    before = len(root.iam.list_users()["Users"])
    status, _, text = root.send("POST", "/", body, FORM)
    assert 400 <= status < 500 and "<Error>" in text, (status, text)
    assert len(root.iam.list_users()["Users"]) == before


def test_a_value_comes_back_as_text_not_as_markup(root):
    status, _, body = root.query(Action="GetUser", UserName="a<b>&\"'")
    assert status == 400 and "<b>" not in body


def test_a_huge_list(root):
    many = "&".join(f"Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=" for n in range(1, 5000))
    status, _, _ = root.send("POST", "/", f"Action=CreateUser&Version=2010-05-08&UserName=u&{many}".encode(), FORM)
    assert 400 <= status < 500


@pytest.mark.parametrize("document", ["[" * 100_000, '{"a":' * 20_000, '"' + "\\" * 100_000, "{" + '"Version":"2012-10-17",' * 5_000 + "}"])
def test_deep_and_broken_documents(root, document):
    started = time.monotonic()
    with refused("MalformedPolicyDocument", status=400):
        root.client("iam", checked=False).create_policy(PolicyName="deep", PolicyDocument=document)
    assert time.monotonic() - started < 5


def test_an_oversized_body(server):
    # The announcement is enough: the body itself is not waited for.
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000000\r\n\r\n"
    assert " 413 " in server.raw(head + b"x" * 1000).split("\r\n")[0]


def test_a_long_uri_and_long_headers(server):
    assert server.get("/?" + "x" * 200_000)[0] in (400, 414, 431)
    assert server.get("/healthz", headers={"X-Long": "x" * 200_000})[0] in (400, 431)


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"])
def test_what_is_not_http(server, data):
    try:
        answer = server.raw(data)
    except (ConnectionResetError, BrokenPipeError):
        return
    assert answer == "" or " 400 " in answer.split("\r\n")[0] or " 505 " in answer.split("\r\n")[0], answer


def test_slow_clients_do_not_hold_the_others(server, root):
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    try:
        for connection in held:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        root.sts.get_caller_identity()
    finally:
        for connection in held:
            connection.close()


def test_get_works_as_post_does(root):
    status, _, body = root.send("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", service="sts")
    assert status == 200 and "<GetCallerIdentityResult>" in body


def test_presigned_requests(root):
    url = root.sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    import urllib.request

    with urllib.request.urlopen(url) as answer:
        assert b"<GetCallerIdentityResult>" in answer.read()


def test_each_answer_has_a_request_id(root):
    answer = root.sts.get_caller_identity()["ResponseMetadata"]
    assert len(answer["RequestId"]) == 36 and answer["HTTPHeaders"]["x-amzn-requestid"] == answer["RequestId"]


def test_a_region_of_another_partition(server, root):
    china = Caller(server.url, root.key, root.secret, region="cn-north-1")
    with refused("SignatureDoesNotMatch", status=403):
        china.sts.get_caller_identity()
