"""Every paginator and every waiter of boto3's iam client: pages of one item say the same as the whole list."""

import botocore.exceptions
import pytest
from botocore import xform_name

from harness.expect import policy, trust
from harness.routes import METADATA, World
from harness.server import ACCOUNT, Server

TAGS = [{"Key": key, "Value": "x"} for key in ("a", "b", "c")]
DOCUMENT = policy("s3:GetObject")
TRUST = trust(Service="ec2.amazonaws.com")
MANAGED = [f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "SecurityAudit", "IAMFullAccess")]


class Estate:
    """A fresh account with a few of everything that is listed."""

    def __init__(self, root):
        self.iam = iam = root.iam
        world = World(root, root)
        for name in ("one", "two", "three"):
            iam.create_user(UserName=name, Tags=TAGS)
            iam.create_group(GroupName=name)
            iam.put_user_policy(UserName="one", PolicyName=name, PolicyDocument=DOCUMENT)
            iam.put_group_policy(GroupName="one", PolicyName=name, PolicyDocument=DOCUMENT)
            iam.create_instance_profile(InstanceProfileName=name, Tags=TAGS)
            iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Tags=TAGS)
        for name in ("one", "two", "three"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=TAGS)
            iam.put_role_policy(RoleName="one", PolicyName=name, PolicyDocument=DOCUMENT)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="one")
            iam.add_user_to_group(GroupName="one", UserName=name)
            if name != "one":
                iam.add_user_to_group(GroupName=name, UserName="one")
        for number, arn in enumerate(MANAGED):
            iam.attach_user_policy(UserName="one", PolicyArn=arn)
            iam.attach_group_policy(GroupName="one", PolicyArn=arn)
            iam.attach_role_policy(RoleName="one", PolicyArn=arn)
            iam.create_policy(PolicyName=f"p{number}", PolicyDocument=DOCUMENT, Tags=TAGS)
        self.policy = f"arn:aws:iam::{ACCOUNT}:policy/p0"
        for _ in range(2):
            iam.create_policy_version(PolicyArn=self.policy, PolicyDocument=DOCUMENT)
            iam.create_access_key(UserName="one")
        for kind in ("user", "group", "role"):
            getattr(iam, f"attach_{kind}_policy")(**{f"{kind.capitalize()}Name": "one"}, PolicyArn=self.policy)
        for self.certificate in ("c1", "c2"):
            world.__dict__.pop("certificate", None)
            body, key, public = world.certificate
            iam.upload_ssh_public_key(UserName="one", SSHPublicKeyBody=public)
            iam.upload_signing_certificate(UserName="one", CertificateBody=body)
            iam.upload_server_certificate(
                ServerCertificateName=self.certificate, CertificateBody=body, PrivateKey=key, Tags=TAGS)
        world.__dict__["user"] = "one"
        for _ in range(2):
            world.__dict__.pop("mfa", None)
            world.enabled_mfa()
        answer = iam.create_open_id_connect_provider(Url="https://idp.example.com/x", Tags=TAGS)
        self.oidc = answer["OpenIDConnectProviderArn"]
        self.saml = iam.create_saml_provider(Name="idp", SAMLMetadataDocument=METADATA, Tags=TAGS)["SAMLProviderArn"]
        iam.create_account_alias(AccountAlias="the-estate")


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("estate") / "data")
    yield Estate(server.root)
    assert server.stop() == 0, server.logged()


USER, GROUP, ROLE = {"UserName": "one"}, {"GroupName": "one"}, {"RoleName": "one"}
SIMULATED = {"ActionNames": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]}
# What each list is asked for, and how many items it has at least.
LISTS = {
    "GetAccountAuthorizationDetails": (lambda e: {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"]}, 12),
    "GetGroup": (lambda e: GROUP, 3),
    "ListAccessKeys": (lambda e: USER, 2),
    "ListAccountAliases": (lambda e: {}, 1),
    "ListAttachedGroupPolicies": (lambda e: GROUP, 4),
    "ListAttachedRolePolicies": (lambda e: ROLE, 4),
    "ListAttachedUserPolicies": (lambda e: USER, 4),
    "ListEntitiesForPolicy": (lambda e: {"PolicyArn": e.policy}, 3),
    "ListGroupPolicies": (lambda e: GROUP, 3),
    "ListGroups": (lambda e: {}, 3),
    "ListGroupsForUser": (lambda e: USER, 3),
    "ListInstanceProfileTags": (lambda e: {"InstanceProfileName": "one"}, 3),
    "ListInstanceProfiles": (lambda e: {}, 3),
    "ListInstanceProfilesForRole": (lambda e: ROLE, 3),
    "ListMFADeviceTags": (lambda e: {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/one"}, 3),
    "ListMFADevices": (lambda e: USER, 2),
    "ListOpenIDConnectProviderTags": (lambda e: {"OpenIDConnectProviderArn": e.oidc}, 3),
    "ListPolicies": (lambda e: {"Scope": "Local"}, 3),
    "ListPolicyTags": (lambda e: {"PolicyArn": e.policy}, 3),
    "ListPolicyVersions": (lambda e: {"PolicyArn": e.policy}, 3),
    "ListRolePolicies": (lambda e: ROLE, 3),
    "ListRoleTags": (lambda e: ROLE, 3),
    "ListRoles": (lambda e: {}, 3),
    "ListSAMLProviderTags": (lambda e: {"SAMLProviderArn": e.saml}, 3),
    "ListSSHPublicKeys": (lambda e: USER, 2),
    "ListServerCertificateTags": (lambda e: {"ServerCertificateName": e.certificate}, 3),
    "ListServerCertificates": (lambda e: {}, 2),
    "ListSigningCertificates": (lambda e: USER, 2),
    "ListUserPolicies": (lambda e: USER, 3),
    "ListUserTags": (lambda e: USER, 3),
    "ListUsers": (lambda e: {}, 3),
    "ListVirtualMFADevices": (lambda e: {}, 5),
    "SimulateCustomPolicy": (lambda e: SIMULATED | {"PolicyInputList": [DOCUMENT]}, 3),
    "SimulatePrincipalPolicy": (lambda e: SIMULATED | {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/one"}, 3),
}
WAITERS = {
    "instance_profile_exists": "InstanceProfileName",
    "policy_exists": "PolicyArn",
    "role_exists": "RoleName",
    "user_exists": "UserName",
}


def test_no_paginator_and_no_waiter_is_left_out(estate):
    paged = {name for name in estate.iam.meta.service_model.operation_names if estate.iam.can_paginate(xform_name(name))}
    assert paged == set(LISTS)
    assert set(estate.iam.waiter_names) == set(WAITERS)


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_one_say_the_same_as_the_whole(estate, name):
    parameters, least = LISTS[name][0](estate), LISTS[name][1]
    paginator = estate.iam.get_paginator(xform_name(name))
    pages = list(paginator.paginate(**parameters, PaginationConfig={"PageSize": 1}))
    whole = getattr(estate.iam, xform_name(name))(**parameters)
    assert whole["IsTruncated"] is False and "Marker" not in whole
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]
    keys = [key.expression for key in paginator.result_keys]
    assert all(sum(len(page.get(key, [])) for key in keys) <= 1 for page in pages)
    for key in keys:
        assert [item for page in pages for item in page.get(key, [])] == whole.get(key, []), key
    assert sum(len(whole.get(key, [])) for key in keys) >= least
    # The paginator's own sum is the same again.
    full = paginator.paginate(**parameters, PaginationConfig={"PageSize": 2}).build_full_result()
    assert all(full.get(key, []) == whole.get(key, []) for key in keys)


@pytest.mark.parametrize("name", WAITERS)
def test_a_waiter_finds_what_is_there_and_gives_up_on_what_is_not(estate, name):
    waiter, parameter = estate.iam.get_waiter(name), WAITERS[name]
    waiter.wait(**{parameter: estate.policy if parameter == "PolicyArn" else "one"})
    with pytest.raises(botocore.exceptions.WaiterError, match="Max attempts exceeded"):
        absent = f"arn:aws:iam::{ACCOUNT}:policy/none" if parameter == "PolicyArn" else "none"
        waiter.wait(**{parameter: absent}, WaiterConfig={"Delay": 0, "MaxAttempts": 2})
