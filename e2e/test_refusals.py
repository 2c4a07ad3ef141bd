"""Each route with one thing in its way: a name that nobody has, an ARN of elsewhere, what is there already or gone.

The routes' own parameters are the valid ones; the tables below say what is put in their place.
"""

import pytest
from botocore import xform_name

from harness.expect import refused
from harness.model import model
from harness.routes import ROUTES, World
from harness.server import ACCOUNT, Server

IAM = [route for route in ROUTES if route.service == "iam" and not route.ends]
STRANGER = "999999999999"


def arn(resource, account=ACCOUNT):
    return f"arn:aws:iam::{account}:{resource}"


# For each parameter that names something, a value that nothing has.
ABSENT = {
    "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA",
    "AccountAlias": "no-such-alias",
    "Arn": arn("user/no-such"),
    "CertificateId": "A" * 32,
    "DeletionTaskId": "task/aws-service-role/x/y/00000000-0000-4000-8000-000000000000",
    "GroupName": "no-such",
    "InstanceProfileName": "no-such",
    "JobId": "00000000-0000-4000-8000-000000000000",
    "OpenIDConnectProviderArn": arn("oidc-provider/no-such.example.com"),
    "PermissionsBoundary": arn("policy/no-such"),
    "PolicyArn": arn("policy/no-such"),
    "PolicyName": "no-such",
    "PolicySourceArn": arn("user/no-such"),
    "RoleName": "no-such",
    "SAMLProviderArn": arn("saml-provider/no-such"),
    "SSHPublicKeyId": "APKA" + "A" * 17,
    "SerialNumber": arn("mfa/no-such"),
    "ServerCertificateName": "no-such",
    "ServiceSpecificCredentialId": "ACCA" + "A" * 17,
    "UserName": "no-such",
    "VersionId": "v9",
}
# What makes a thing does not ask for it by name.
MAKES = {
    "iam:CreateAccountAlias": "AccountAlias",
    "iam:CreateGroup": "GroupName",
    "iam:CreateInstanceProfile": "InstanceProfileName",
    "iam:CreatePolicy": "PolicyName",
    "iam:CreateRole": "RoleName",
    "iam:CreateUser": "UserName",
    "iam:PutGroupPolicy": "PolicyName",
    "iam:PutRolePolicy": "PolicyName",
    "iam:PutUserPolicy": "PolicyName",
    "iam:UploadServerCertificate": "ServerCertificateName",
}


def named(route, table):
    """The parameters that the route's operation can have and a table has, but for the one that names what it makes."""
    iam = model("iam")
    members = {member["name"] for member in iam.input(iam.operations[route.operation])["members"]}
    return sorted(members & set(table) - {MAKES.get(route.action)})


def with_any(table, without=()):
    """A test for each route whose operation can have such parameters."""
    routes = [route for route in IAM if named(route, table) and not route.operation.startswith(without)]
    return pytest.mark.parametrize("route", routes, ids=lambda route: route.action)


def call(iam, route, parameters):
    return getattr(iam, xform_name(route.operation))(**parameters)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A server of its own, whose quotas the other tests do not use up."""
    server = Server(tmp_path_factory.mktemp("refusals") / "data")
    yield server.root
    assert server.stop() == 0, server.logged()


@pytest.fixture(scope="module")
def iam(root):
    return root.iam


@pytest.fixture(scope="module")
def parameters(root):
    """Each route's valid parameters, made once for all tests of it that are refused and so change nothing."""
    from conftest import new_user

    made = {}

    def of(route):
        if route.action not in made:
            made[route.action] = route.parameters(World(root, new_user(root)))
        return made[route.action]

    return of


@with_any(ABSENT)
def test_what_nobody_has_is_no_such_entity(iam, parameters, route):
    valid = parameters(route)
    for parameter in named(route, ABSENT):
        # AWS does not tell whether a key that is not the caller's exists.
        code, status = ("AccessDenied", 403) if route.action == "iam:GetAccessKeyLastUsed" else ("NoSuchEntity", 404)
        with refused(code, status=status) as refusal:
            call(iam, route, valid | {parameter: ABSENT[parameter]})
        if route.action == "iam:GetServiceLinkedRoleDeletionStatus":
            assert refusal.message == "Cannot find deletion status for given id."
            continue
        assert ABSENT[parameter].rsplit("/", 1)[-1] in refusal.message, refusal.message


# The parameters that are ARNs of the account's own.
ARNS = ("Arn", "EntityArn", "OpenIDConnectProviderArn", "PolicyArn", "PolicySourceArn", "SAMLProviderArn", "SerialNumber")


# What is attached and detached is a policy of AWS's.
@with_any(ARNS, without=("Attach", "Detach"))
def test_an_arn_of_elsewhere_gets_nowhere(iam, parameters, route):
    valid = parameters(route)
    for parameter in named(route, ARNS):
        value = valid[parameter]
        assert f":{ACCOUNT}:" in value
        kind = value.split(":", 5)[5].split("/")[0]
        other = "group/x" if kind != "group" else "policy/x"
        for wrong, codes in [
            (value.replace(ACCOUNT, STRANGER), {"AccessDenied", "NoSuchEntity", "InvalidInput", "ValidationError"}),
            (arn(other), {"AccessDenied", "NoSuchEntity", "InvalidInput", "ValidationError"}),
            (value.replace("arn:aws:", "arn:aws-cn:"), {"AccessDenied", "NoSuchEntity", "InvalidInput", "ValidationError"}),
            (f"{value}-neighbour", {"NoSuchEntity"}),
            ("not-an-arn-but-long-enough", {"InvalidInput", "ValidationError", "NoSuchEntity"}),
        ]:
            with pytest.raises(iam.exceptions.ClientError) as raised:
                call(iam, route, valid | {parameter: wrong})
            answer = raised.value.response
            assert answer["Error"]["Code"] in codes, (parameter, wrong, answer["Error"])
            assert answer["ResponseMetadata"]["HTTPStatusCode"] in (400, 403, 404)


# Names that are one name in any case (AWS: "IAM and AWS STS quotas", names of users, groups, roles, instance profiles).
CASELESS = ("UserName", "GroupName", "RoleName", "InstanceProfileName")


@with_any(CASELESS)
def test_a_name_in_another_case_is_the_same_name(root, iam, user, route):
    valid = route.parameters(World(root, user))
    there = [name for name in named(route, CASELESS) if name in valid]
    assert there
    call(iam, route, valid | {name: valid[name].upper() for name in there})


# What the second call answers where it is not EntityAlreadyExists: code and status, or none where it makes another one.
AGAIN = {
    "iam:CreateAccessKey": None,
    "iam:CreatePolicyVersion": None,
    "iam:CreateServiceSpecificCredential": None,
    "iam:CreateServiceLinkedRole": ("InvalidInput", 400),
    "iam:UploadSSHPublicKey": ("DuplicateSSHPublicKey", 400),
    "iam:UploadSigningCertificate": None,
}


@pytest.mark.parametrize("route", [r for r in IAM if r.operation.startswith(("Create", "Upload"))], ids=lambda route: route.action)
def test_what_is_there_is_not_made_again(root, iam, user, route):
    valid = route.parameters(World(root, user))
    call(iam, route, valid)
    expected = AGAIN.get(route.action, ("EntityAlreadyExists", 409))
    if expected is None:
        call(iam, route, valid)
        return
    with refused(expected[0], status=expected[1]):
        call(iam, route, valid)
    name = MAKES.get(route.action)
    if name in CASELESS:
        # Nor under the same name in another case.
        with refused("EntityAlreadyExists", status=409):
            call(iam, route, valid | {name: valid[name].upper()})


@pytest.mark.parametrize(
    "route", [r for r in IAM if r.operation.startswith(("Delete", "Detach", "Deactivate"))], ids=lambda route: route.action)
def test_what_is_gone_cannot_go_again(root, iam, user, route):
    valid = route.parameters(World(root, user))
    call(iam, route, valid)
    with refused("NoSuchEntity", status=404):
        call(iam, route, valid)
