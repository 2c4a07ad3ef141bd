"""AssumeRoleWithWebIdentity against real issuers: a cluster's service accounts, npm's oidc-provider, boto3's own provider."""

import time

import pytest

from harness.expect import policy, refused
from harness.identity_providers import Authority, Cluster, OidcProvider, encoded, federated, strangers
from harness.programs import Profile, arns
from harness.server import ACCOUNT, BINARY, environment

ACTION = "sts:AssumeRoleWithWebIdentity"
INVALID = "InvalidIdentityToken"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


def service_account(root, cluster, condition=None, **provider):
    """Registers the cluster, and makes a role that its service account `default:app` may assume."""
    provider = {"Url": cluster.ISSUER, "ClientIDList": ["sts.amazonaws.com"]} | provider
    arn = root.iam.create_open_id_connect_provider(**provider)["OpenIDConnectProviderArn"]
    condition = condition or {"StringEquals": {
        f"{cluster.HOST}:sub": "system:serviceaccount:default:app", f"{cluster.HOST}:aud": "sts.amazonaws.com"}}
    role = root.iam.create_role(RoleName="app", AssumeRolePolicyDocument=federated(arn, ACTION, condition))["Role"]["Arn"]
    root.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=policy("iam:ListUsers"))
    return arn, role


def issuer(cluster):
    return "--issuer", f"{cluster.HOST}={cluster.address}"


@pytest.fixture
def trusting(own_server, cluster):
    """A server that trusts the cluster's certificate authority."""
    return own_server(*issuer(cluster), "--issuer-ca", cluster.authority.certificate)


def test_a_service_account_is_a_role(trusting, cluster):
    root = trusting.root
    provider, role = service_account(root, cluster)
    sts = strangers(trusting.url)
    ask = {"RoleArn": role, "RoleSessionName": "pod"}
    answer = sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token())
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:default:app"
    assert answer["Audience"] == "sts.amazonaws.com" and answer["Provider"] == provider
    session = root.with_credentials(answer["Credentials"])
    assert session.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/pod"
    session.iam.list_users()
    with refused("AccessDenied"):
        session.iam.list_roles()

    now = int(time.time())
    with refused("AccessDenied", f"Not authorized to perform {ACTION}", status=403):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token("system:serviceaccount:default:other"))
    with refused(INVALID, "Incorrect token audience", status=400):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token(audience="vault"))
    with refused("ExpiredTokenException", status=400):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token(exp=now - 1))
    with refused(INVALID, status=400):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token(nbf=now + 3600))
    with refused(INVALID, "No OpenIDConnect provider found in your account for https://other.example", status=400):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token(iss="https://other.example"))


def test_tokens_that_somebody_tampered_with(trusting, cluster):
    _, role = service_account(trusting.root, cluster)
    sts = strangers(trusting.url)
    header, claims, signature = cluster.token().split(".")
    _, forged, _ = cluster.token(exp=int(time.time()) + 10**6).split(".")
    none = encoded({"alg": "none", "kid": cluster.jwk["kid"]})
    symmetric = encoded({"alg": "HS256", "kid": cluster.jwk["kid"]})
    unknown = encoded({"alg": "RS256", "kid": "unknown"})
    for token in (
        f"{header}.{forged}.{signature}", f"{header}.{claims}.", f"{none}.{claims}.", f"{none}.{claims}.{signature}",
        f"{symmetric}.{claims}.{signature}", f"{unknown}.{claims}.{signature}", f"{header}.{claims}", "nonsense",
        f"{header}.{claims}.{signature}.{signature}", f"{header}.{encoded(b'[' * 9000)}.{signature}", "a" * 20000,
    ):
        with refused(INVALID, status=400):
            sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken=token)
    with refused("ValidationError", status=400):
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken="a" * 20001)


def test_a_key_that_follows_another_is_fetched(trusting, cluster):
    _, role = service_account(trusting.root, cluster)
    sts = strangers(trusting.url)
    ask = {"RoleArn": role, "RoleSessionName": "pod"}
    cluster.requests.clear()
    for _ in range(3):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token())
    assert cluster.requests == ["/.well-known/openid-configuration", "/openid/v1/jwks"], "fetched once"
    cluster.rotate()
    # The issuer was asked a moment ago, and is not asked again for each key that somebody makes up.
    with refused(INVALID):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token())
    assert len(cluster.requests) == 2
    trusting.restart()
    sts.assume_role_with_web_identity(**ask, WebIdentityToken=cluster.token())


def test_an_issuer_on_loopback_must_be_named(own_server, cluster, tmp_path):
    """Without --issuer nothing on this machine is fetched, whatever a provider's address says."""
    server = own_server()
    _, role = service_account(server.root, cluster)
    cluster.requests.clear()
    with refused("IDPCommunicationError", status=400):
        strangers(server.url).assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="pod", WebIdentityToken=cluster.token())
    loopback = server.root.iam.create_open_id_connect_provider(Url="https://127.0.0.1", ClientIDList=["sts.amazonaws.com"])
    role = server.root.iam.create_role(
        RoleName="near", AssumeRolePolicyDocument=federated(loopback["OpenIDConnectProviderArn"], ACTION))["Role"]["Arn"]
    with refused("IDPCommunicationError", status=400):
        strangers(server.url).assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="pod", WebIdentityToken=cluster.token(iss="https://127.0.0.1"))
    assert cluster.requests == []


def test_a_server_is_trusted_by_thumbprint(own_server, cluster):
    server = own_server(*issuer(cluster))
    provider, role = service_account(server.root, cluster, ThumbprintList=["0" * 40])
    ask = {"RoleArn": role, "RoleSessionName": "pod", "WebIdentityToken": cluster.token()}
    sts = strangers(server.url)
    with refused(INVALID, "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint", status=400):
        sts.assume_role_with_web_identity(**ask)
    server.root.iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=provider, ThumbprintList=[cluster.authority.thumbprint()])
    sts.assume_role_with_web_identity(**ask)


def test_boto3_and_the_cli_find_role_and_token_by_themselves(trusting, cluster, tmp_path):
    """As in a pod: two variables and a file."""
    _, role = service_account(trusting.root, cluster)
    token = tmp_path / "token"
    token.write_text(cluster.token())
    variables = {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_SESSION_NAME": "pod-1",
                 "AWS_ENDPOINT_URL": trusting.url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    pod = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/pod-1"
    assert arns(environment(**variables)) == {"boto3": pod, "the AWS CLI": pod}


@pytest.fixture(scope="module")
def oidc_provider(tmp_path_factory):
    provider = OidcProvider(tmp_path_factory.mktemp("oidc-provider"))
    yield provider
    provider.close()


def test_somebody_who_signed_in_at_an_openid_provider(own_server, oidc_provider):
    host = oidc_provider.HOST
    server = own_server("--issuer", f"{host}={oidc_provider.address}",
                        "--issuer-ca", oidc_provider.authority.certificate)
    root, sts = server.root, strangers(server.url)
    provider = root.iam.create_open_id_connect_provider(Url=oidc_provider.issuer, ClientIDList=["app"])
    condition = {"StringEquals": {f"{host}:sub": "alice_doe", f"{host}:email": "alice_doe@example.com",
                                  "aws:RequestTag/team": "blue"}}
    trusted = federated(provider["OpenIDConnectProviderArn"], [ACTION, "sts:TagSession"], condition)
    role = root.iam.create_role(RoleName="people", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    may = policy("iam:ListUsers", condition={"StringEquals": {"aws:PrincipalTag/team": "blue", f"{host}:sub": "alice_doe"}})
    root.iam.put_role_policy(RoleName="people", PolicyName="p", PolicyDocument=may)
    ask = {"RoleArn": role, "RoleSessionName": "alice_doe"}
    answer = sts.assume_role_with_web_identity(**ask, WebIdentityToken=oidc_provider.sign_in("alice_doe"))
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("alice_doe", "app")
    assert answer["PackedPolicySize"] > 0
    root.with_credentials(answer["Credentials"]).iam.list_users()
    with refused("AccessDenied", f"Not authorized to perform {ACTION}", status=403):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=oidc_provider.sign_in("bob_roe"))


def test_a_profile_whose_process_brings_the_token(own_server, oidc_provider, tmp_path):
    """`portcullis credentials web-identity`: what it got is kept, and a new token is read when that is old."""
    server = own_server("--issuer", f"{oidc_provider.HOST}={oidc_provider.address}",
                        "--issuer-ca", oidc_provider.authority.certificate)
    provider = server.root.iam.create_open_id_connect_provider(Url=oidc_provider.issuer, ClientIDList=["app"])
    trusted = federated(provider["OpenIDConnectProviderArn"], [ACTION, "sts:TagSession"],
                        {"StringEquals": {f"{oidc_provider.HOST}:sub": "alice_doe"}})
    role = server.root.iam.create_role(RoleName="people", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    token = tmp_path / "token"
    token.write_text(oidc_provider.sign_in("alice_doe"))
    profile = Profile(tmp_path, server.url, f"{BINARY} credentials web-identity --endpoint-url {server.url} --role-arn {role} "
                                            f"--role-session-name alice_doe --token-file {token}")
    person = f"arn:aws:sts::{ACCOUNT}:assumed-role/people/alice_doe"
    assert arns(profile.variables) == {"boto3": person, "the AWS CLI": person}
    first = profile.printed()
    token.write_text("spent")
    assert profile.printed() == first, "kept"
    profile.let_expire()
    token.write_text(oidc_provider.sign_in("alice_doe"))
    assert profile.printed()["AccessKeyId"] != first["AccessKeyId"]


def test_another_server_in_the_issuer_s_place_is_not_believed(own_server, cluster, tmp_path):
    """Its certificate is for the name, but of an authority that nobody named."""
    stranger = Authority(tmp_path, cluster.HOST)
    server = own_server(*issuer(cluster), "--issuer-ca", stranger.certificate)
    _, role = service_account(server.root, cluster)
    cluster.requests.clear()
    with refused(INVALID):
        strangers(server.url).assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="pod", WebIdentityToken=cluster.token())
    assert cluster.requests == []
