"""Bad input, made from the model, for every operation: refused with AWS's code, status and words; good input is not."""

import http.client
import re
from urllib.parse import urlencode

import botocore.session
import pytest

from harness import ledger
from harness.cases import Inputs
from harness.model import model

HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
VIOLATION = r"Value(?: null| '.*?')? at '[\w.]+' failed to satisfy constraint: .+"


class Wire:
    """One connection, and signed requests built by hand on it."""

    def __init__(self, server):
        self.root = server.root
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def ask(self, service, operation, parameters):
        """Status, code and message."""
        fields = {"Action": operation, "Version": model(service).version} | parameters
        signed = self.root.signed("POST", "/", urlencode(fields).encode(), HEADERS, service)
        self.connection.request("POST", "/", signed.body, dict(signed.headers))
        answer = self.connection.getresponse()
        text = answer.read().decode()
        found = (re.search(rf"<{name}>(.*?)</{name}>", text, re.S) for name in ("Code", "Message"))
        code, message = (unescape(part[1]) if part else None for part in found)
        return answer.status, code, message


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_the_model_has_what_the_installed_botocore_has(service):
    newest = botocore.session.get_session().get_service_model(service)
    assert set(newest.operation_names) == set(model(service).operations)
    members = {name: list(newest.shape_for(name).members) for name in newest.shape_names
               if newest.shape_for(name).type_name == "structure"}
    ours = {name: [member["name"] for member in shape.get("members", [])]
            for name, shape in model(service).shapes.items() if shape["type"] == "structure"}
    assert members == ours


def unescape(text):
    for mark, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(mark, character)
    return text


def ordered(message):
    """The same with the values of each enumeration in one order: AWS lists them as a hash set does."""
    return re.sub(r"(?<=enum value set: \[)[^\]]*", lambda found: ", ".join(sorted(found[0].split(", "))), message)


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """A server of its own: some of what is at its bound is valid, and done."""
    from harness.server import Server

    server = Server(tmp_path_factory.mktemp("cases") / "data")
    yield Wire(server)
    assert server.stop() == 0, server.logged()


ROUTED = sorted(ledger.routed())


@pytest.mark.parametrize("action", ROUTED)
def test_each_constraint_at_its_bound_and_past_it(wire, action):
    service, name = action.split(":")
    echoes = model(service).echoes
    cases = list(Inputs(model(service), model(service).operations[name]).all())
    for case in cases:
        status, code, message = wire.ask(service, name, case.parameters)
        where = f"{action} {case}: {status} {code} {message}"[:2000]
        if case.violation is None:
            assert status < 500, where
            # The service may have more to say of the value, but not in the words of the model's bounds.
            bounded = rf"at '{re.escape(case.path)}' failed to satisfy constraint: Member must (have|satisfy regular)"
            assert code != "MalformedInput" and not re.search(bounded, message or ""), where
        elif case.violation == "MalformedInput":
            assert (status, code) == (400, "MalformedInput") and message, where
        else:
            assert (status, code) == (400, "ValidationError"), where
            if case.violation.startswith("The specified value"):
                assert message == case.violation, where
                continue
            count = re.match(r"(\d+) validation errors? detected: ", message)
            assert count and message.startswith(f"{count[1]} validation error{'s' * (count[1] != '1')} detected: "), where
            assert re.fullmatch(VIOLATION, message[count.end():], re.S), where
            assert ordered(case.violation) in ordered(message), where
            assert message.count("failed to satisfy constraint: Member must satisfy constraint") or message.count(
                " failed to satisfy constraint: ") == int(count[1]), where
            said = re.search(rf"(Value[^;]*?) at '{re.escape(case.path)}'", message, re.S)[1]
            plain = re.search("must have value|enum value set|must not be null", case.violation)
            assert plain or (said == "Value") == (not echoes or case.is_secret), where


@pytest.mark.parametrize("action", ROUTED)
def test_members_that_are_not_in_the_model_are_ignored(wire, action):
    service, name = action.split(":")
    unknown = {"NoSuchMember": "x", "NoSuchList.member.1.Key": "x", "noSuchMember.entry.1.key": "x"}
    required = model(service).input(model(service).operations[name]).get("required", [])
    answer = wire.ask(service, name, unknown)
    if required:
        # What is said of an empty input is said of one that has nothing known in it.
        assert answer == wire.ask(service, name, {})
        assert answer[:2] == (400, "ValidationError") and f"{len(required)} validation error" in answer[2]
    else:
        assert answer[0] < 500 and answer[1] not in ("MalformedInput", "InvalidAction"), answer
        assert "validation error" not in (answer[2] or ""), answer


def test_so_many_cases_there_are():
    """A model that is read wrongly has fewer."""
    found = [case for action in ROUTED for service, name in [action.split(":")]
             for case in Inputs(model(service), model(service).operations[name]).all()]
    kinds = [case.violation is None for case in found]
    assert kinds.count(True) > 500 and kinds.count(False) > 1500, (kinds.count(True), kinds.count(False))
    assert sum("must not be null" in (case.violation or "") for case in found) > 200
