"""What a write sets, reads return: each row writes with every member it can and names the reads that must say so."""

import json

import pytest

from harness.expect import policy, trust
from harness.routes import CODE_COMMIT, METADATA, PASSWORD, READ_ONLY, SCALING, World
from harness.server import ACCOUNT

TAGS = [{"Key": "Color", "Value": "blue"}, {"Key": "size", "Value": ""}]
DOCUMENT = policy("s3:GetObject", "arn:aws:s3:::bucket/*", condition={"StringEquals": {"aws:username": "a b+ü"}}).replace("\\u00fc", "ü")
OTHER = policy("s3:PutObject")
EC2, LAMBDA = trust(Service="ec2.amazonaws.com"), trust(Service="lambda.amazonaws.com")
BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY}


@pytest.fixture
def w(root):
    return World(root, root)


def has(answer, **expected):
    """The answer has these members with these values."""
    for name, value in expected.items():
        found = answer.get(name)
        if isinstance(found, dict) and name.endswith("Document"):
            value = json.loads(value)
        assert found == value, f"{name}: {found!r} instead of {value!r}"


def same(*answers):
    """All of them say the same of the members that they share; the first has all members of the others."""
    first, *others = answers
    for other in others:
        assert other.items() <= first.items(), (first, other)


def listed(items, **key):
    [found] = [item for item in items if key.items() <= item.items()]
    return found


def test_a_user(w, iam):
    made = iam.create_user(UserName=w.new, Path="/a/b/", PermissionsBoundary=READ_ONLY, Tags=TAGS)["User"]
    has(made, UserName=w.new, Path="/a/b/", Arn=f"arn:aws:iam::{ACCOUNT}:user/a/b/{w.new}", Tags=TAGS, PermissionsBoundary=BOUNDARY)
    same(made, iam.get_user(UserName=w.new)["User"], listed(iam.list_users(PathPrefix="/a/b/")["Users"], UserName=w.new))
    assert "Tags" not in listed(iam.list_users(PathPrefix="/a/b/")["Users"], UserName=w.new)
    iam.update_user(UserName=w.new, NewUserName=f"{w.new}-2", NewPath="/c/")
    moved = iam.get_user(UserName=f"{w.new}-2")["User"]
    same(moved, made | {"UserName": f"{w.new}-2", "Path": "/c/", "Arn": f"arn:aws:iam::{ACCOUNT}:user/c/{w.new}-2"})
    iam.tag_user(UserName=f"{w.new}-2", Tags=[{"Key": "color", "Value": "red"}])
    iam.untag_user(UserName=f"{w.new}-2", TagKeys=["SIZE"])
    assert iam.list_user_tags(UserName=f"{w.new}-2")["Tags"] == [{"Key": "color", "Value": "red"}]
    iam.delete_user_permissions_boundary(UserName=f"{w.new}-2")
    assert "PermissionsBoundary" not in iam.get_user(UserName=f"{w.new}-2")["User"]


def test_a_group(w, iam):
    made = iam.create_group(GroupName=w.new, Path="/g/")["Group"]
    has(made, GroupName=w.new, Path="/g/", Arn=f"arn:aws:iam::{ACCOUNT}:group/g/{w.new}")
    iam.add_user_to_group(GroupName=w.new, UserName=w.user)
    answer = iam.get_group(GroupName=w.new)
    same(made, answer["Group"], listed(iam.list_groups(PathPrefix="/g/")["Groups"], GroupName=w.new),
         iam.list_groups_for_user(UserName=w.user)["Groups"][0])
    same(iam.get_user(UserName=w.user)["User"], *answer["Users"])
    iam.update_group(GroupName=w.new, NewGroupName=f"{w.new}-2", NewPath="/h/")
    has(iam.get_group(GroupName=f"{w.new}-2")["Group"], Path="/h/", GroupId=made["GroupId"], CreateDate=made["CreateDate"])
    iam.remove_user_from_group(GroupName=f"{w.new}-2", UserName=w.user)
    assert iam.get_group(GroupName=f"{w.new}-2")["Users"] == []


def test_a_role(w, iam):
    made = iam.create_role(RoleName=w.new, Path="/r/", AssumeRolePolicyDocument=EC2, Description="first", MaxSessionDuration=7200,
                           PermissionsBoundary=READ_ONLY, Tags=TAGS)["Role"]
    has(made, RoleName=w.new, Path="/r/", Arn=f"arn:aws:iam::{ACCOUNT}:role/r/{w.new}", AssumeRolePolicyDocument=EC2,
        Description="first", MaxSessionDuration=7200, Tags=TAGS, PermissionsBoundary=BOUNDARY)
    got = iam.get_role(RoleName=w.new)["Role"]
    assert got["RoleLastUsed"] == {}
    same(got, made, listed(iam.list_roles(PathPrefix="/r/")["Roles"], RoleName=w.new))
    iam.update_role(RoleName=w.new, Description="second", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName=w.new, PolicyDocument=LAMBDA)
    has(iam.get_role(RoleName=w.new)["Role"], Description="second", MaxSessionDuration=3600, AssumeRolePolicyDocument=LAMBDA)
    has(iam.update_role_description(RoleName=w.new, Description="third")["Role"], Description="third", RoleId=made["RoleId"])
    has(iam.get_role(RoleName=w.new)["Role"], Description="third")


def test_a_managed_policy(w, iam):
    made = iam.create_policy(PolicyName=w.new, Path="/p/", PolicyDocument=DOCUMENT, Description="why", Tags=TAGS)["Policy"]
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p/{w.new}"
    has(made, PolicyName=w.new, Path="/p/", Arn=arn, DefaultVersionId="v1", AttachmentCount=0, IsAttachable=True,
        PermissionsBoundaryUsageCount=0, Tags=TAGS)
    got = iam.get_policy(PolicyArn=arn)["Policy"]
    has(got, Description="why")
    same(got, made, listed(iam.list_policies(Scope="Local", PathPrefix="/p/")["Policies"], PolicyName=w.new))
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=OTHER, SetAsDefault=True)["PolicyVersion"]
    has(version, VersionId="v2", IsDefaultVersion=True)
    has(iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"], Document=DOCUMENT, IsDefaultVersion=False)
    second = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    has(second, Document=OTHER)
    same(second, version, listed(iam.list_policy_versions(PolicyArn=arn)["Versions"], VersionId="v2"))
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.attach_user_policy(UserName=w.user, PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName=w.user, PermissionsBoundary=arn)
    has(iam.get_policy(PolicyArn=arn)["Policy"], DefaultVersionId="v1", AttachmentCount=1, PermissionsBoundaryUsageCount=1)
    assert iam.list_attached_user_policies(UserName=w.user)["AttachedPolicies"] == [{"PolicyName": w.new, "PolicyArn": arn}]
    used = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")["PolicyUsers"]
    assert [user["UserName"] for user in used] == [w.user]


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_an_inline_policy(w, iam, kind):
    call = lambda verb, what, **more: getattr(iam, f"{verb}_{kind}_{what}")(**w.holder(kind), **more)  # noqa: E731
    call("put", "policy", PolicyName="One", PolicyDocument=DOCUMENT)
    has(call("get", "policy", PolicyName="One"), PolicyName="One", PolicyDocument=DOCUMENT, **w.holder(kind))
    call("put", "policy", PolicyName="One", PolicyDocument=OTHER)
    has(call("get", "policy", PolicyName="One"), PolicyDocument=OTHER)
    assert call("list", "policies")["PolicyNames"] == ["One"]


def test_an_instance_profile(w, iam):
    made = iam.create_instance_profile(InstanceProfileName=w.new, Path="/i/", Tags=TAGS)["InstanceProfile"]
    has(made, InstanceProfileName=w.new, Path="/i/", Roles=[], Tags=TAGS)
    same(iam.get_instance_profile(InstanceProfileName=w.new)["InstanceProfile"], made)
    iam.add_role_to_instance_profile(InstanceProfileName=w.new, RoleName=w.role)
    got = iam.get_instance_profile(InstanceProfileName=w.new)["InstanceProfile"]
    same(iam.get_role(RoleName=w.role)["Role"], *got["Roles"])
    same(got, listed(iam.list_instance_profiles(PathPrefix="/i/")["InstanceProfiles"], InstanceProfileName=w.new),
         listed(iam.list_instance_profiles_for_role(RoleName=w.role)["InstanceProfiles"], InstanceProfileName=w.new))


def test_an_access_key(w, iam):
    made = iam.create_access_key(UserName=w.user)["AccessKey"]
    has(made, UserName=w.user, Status="Active")
    iam.update_access_key(UserName=w.user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    [there] = iam.list_access_keys(UserName=w.user)["AccessKeyMetadata"]
    assert there == {key: made[key] for key in ("UserName", "AccessKeyId", "CreateDate")} | {"Status": "Inactive"}
    unused = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    has(unused, UserName=w.user, AccessKeyLastUsed={"ServiceName": "N/A", "Region": "N/A"})


def test_a_login_profile(w, iam):
    made = iam.create_login_profile(UserName=w.user, Password=PASSWORD, PasswordResetRequired=True)["LoginProfile"]
    has(made, UserName=w.user, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=w.user)["LoginProfile"] == made
    iam.update_login_profile(UserName=w.user, PasswordResetRequired=False)
    has(iam.get_login_profile(UserName=w.user)["LoginProfile"], PasswordResetRequired=False)


def test_a_virtual_mfa_device(w, iam):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=w.new, Path="/m/", Tags=TAGS)["VirtualMFADevice"]
    has(made, SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/m/{w.new}", Tags=TAGS)
    w.__dict__["mfa"] = (made["SerialNumber"], made["Base32StringSeed"].decode())
    assert made["QRCodePNG"].startswith(b"\x89PNG\r\n")
    w.enabled_mfa()
    got = iam.get_mfa_device(UserName=w.user, SerialNumber=made["SerialNumber"])
    [there] = iam.list_mfa_devices(UserName=w.user)["MFADevices"]
    assert {key: got[key] for key in there} == there and there["UserName"] == w.user
    virtual = listed(iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"], SerialNumber=made["SerialNumber"])
    assert virtual["EnableDate"] == got["EnableDate"] and virtual["User"]["UserName"] == w.user
    assert iam.list_mfa_device_tags(SerialNumber=made["SerialNumber"])["Tags"] == TAGS


def test_keys_and_certificates_of_a_user(w, iam):
    body, _, public = w.certificate
    made = iam.upload_ssh_public_key(UserName=w.user, SSHPublicKeyBody=public)["SSHPublicKey"]
    key = {"UserName": w.user, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    has(made, Status="Active", SSHPublicKeyBody=public)
    iam.update_ssh_public_key(**key, Status="Inactive")
    got = iam.get_ssh_public_key(**key, Encoding="PEM")["SSHPublicKey"]
    same(got, made | {"Status": "Inactive"}, iam.list_ssh_public_keys(UserName=w.user)["SSHPublicKeys"][0])
    made = iam.upload_signing_certificate(UserName=w.user, CertificateBody=body)["Certificate"]
    has(made, UserName=w.user, Status="Active", CertificateBody=body)
    iam.update_signing_certificate(UserName=w.user, CertificateId=made["CertificateId"], Status="Inactive")
    assert iam.list_signing_certificates(UserName=w.user)["Certificates"] == [made | {"Status": "Inactive"}]
    made = iam.create_service_specific_credential(UserName=w.user, ServiceName=CODE_COMMIT)["ServiceSpecificCredential"]
    has(made, UserName=w.user, ServiceName=CODE_COMMIT, Status="Active")
    there = iam.list_service_specific_credentials(UserName=w.user, ServiceName=CODE_COMMIT)["ServiceSpecificCredentials"]
    same(made, *there)
    assert "ServicePassword" not in there[0]


def test_a_server_certificate(w, iam):
    body, key, _ = w.certificate
    made = iam.upload_server_certificate(ServerCertificateName=w.new, CertificateBody=body, PrivateKey=key, Path="/s/", Tags=TAGS)
    metadata = made["ServerCertificateMetadata"]
    has(metadata, ServerCertificateName=w.new, Path="/s/", Arn=f"arn:aws:iam::{ACCOUNT}:server-certificate/s/{w.new}")
    assert made["Tags"] == TAGS
    got = iam.get_server_certificate(ServerCertificateName=w.new)["ServerCertificate"]
    has(got, ServerCertificateMetadata=metadata, CertificateBody=body.strip(), Tags=TAGS)
    there = iam.list_server_certificates(PathPrefix="/s/")["ServerCertificateMetadataList"]
    assert listed(there, ServerCertificateName=w.new) == metadata
    iam.update_server_certificate(ServerCertificateName=w.new, NewServerCertificateName=f"{w.new}-2", NewPath="/t/")
    moved = iam.get_server_certificate(ServerCertificateName=f"{w.new}-2")["ServerCertificate"]["ServerCertificateMetadata"]
    has(moved, Path="/t/", ServerCertificateId=metadata["ServerCertificateId"])


def test_identity_providers(w, iam):
    url, thumb = f"{w.new}.example.com/x", "0123456789abcdef" * 2 + "01234567"
    arn = iam.create_open_id_connect_provider(Url=f"https://{url}", ClientIDList=["one"], ThumbprintList=[thumb], Tags=TAGS)
    provider = {"OpenIDConnectProviderArn": arn["OpenIDConnectProviderArn"]}
    assert arn["Tags"] == TAGS
    iam.add_client_id_to_open_id_connect_provider(**provider, ClientID="two")
    has(iam.get_open_id_connect_provider(**provider), Url=url, ClientIDList=["one", "two"], ThumbprintList=[thumb], Tags=TAGS)
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["f" * 40])
    iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="one")
    has(iam.get_open_id_connect_provider(**provider), ClientIDList=["two"], ThumbprintList=["f" * 40])
    arns = [item["Arn"] for item in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    assert provider["OpenIDConnectProviderArn"] in arns

    made = iam.create_saml_provider(Name=w.new, SAMLMetadataDocument=METADATA, Tags=TAGS)
    has(made, SAMLProviderArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/{w.new}", Tags=TAGS)
    got = iam.get_saml_provider(SAMLProviderArn=made["SAMLProviderArn"])
    has(got, SAMLMetadataDocument=METADATA, Tags=TAGS)
    there = listed(iam.list_saml_providers()["SAMLProviderList"], Arn=made["SAMLProviderArn"])
    has(there, ValidUntil=got["ValidUntil"], CreateDate=got["CreateDate"])


def test_a_service_linked_role(w, iam):
    made = iam.create_service_linked_role(AWSServiceName=SCALING, CustomSuffix=w.new, Description="mine")["Role"]
    has(made, Path=f"/aws-service-role/{SCALING}/", RoleName=f"AWSServiceRoleForAutoScaling_{w.new}")
    got = iam.get_role(RoleName=made["RoleName"])["Role"]
    has(got, Description="mine")
    same(got, made)


def test_the_accounts_own_settings(own_server):
    iam = own_server().root.iam
    policy = {"MinimumPasswordLength": 12, "RequireSymbols": True, "RequireNumbers": True, "RequireUppercaseCharacters": True,
              "RequireLowercaseCharacters": True, "AllowUsersToChangePassword": True, "MaxPasswordAge": 90,
              "PasswordReusePrevention": 5, "HardExpiry": True}
    iam.update_account_password_policy(**policy)
    assert iam.get_account_password_policy()["PasswordPolicy"] == policy | {"ExpirePasswords": True}
    # What is not said is back at its default, not what it was.
    iam.update_account_password_policy(MinimumPasswordLength=8)
    there = iam.get_account_password_policy()["PasswordPolicy"]
    has(there, MinimumPasswordLength=8, RequireSymbols=False, ExpirePasswords=False, AllowUsersToChangePassword=False)
    assert "MaxPasswordAge" not in there and "PasswordReusePrevention" not in there
    iam.create_account_alias(AccountAlias="first-alias")
    iam.create_account_alias(AccountAlias="second-alias")
    assert iam.list_account_aliases()["AccountAliases"] == ["second-alias"]
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2


TAGGED = {
    "instance_profile": lambda w: {"InstanceProfileName": w.profile},
    "mfa_device": lambda w: {"SerialNumber": w.mfa[0]},
    "open_id_connect_provider": lambda w: w.oidc,
    "policy": lambda w: {"PolicyArn": w.policy_arn},
    "role": lambda w: {"RoleName": w.role},
    "saml_provider": lambda w: w.saml,
    "server_certificate": lambda w: w.server_certificate,
    "user": lambda w: {"UserName": w.user},
}


@pytest.mark.parametrize("kind", TAGGED)
def test_tags_of_each_kind(w, iam, kind):
    name = TAGGED[kind](w)
    tags = lambda: getattr(iam, f"list_{kind}_tags")(**name)["Tags"]  # noqa: E731
    assert tags() == []
    getattr(iam, f"tag_{kind}")(**name, Tags=TAGS)
    assert tags() == TAGS
    getattr(iam, f"tag_{kind}")(**name, Tags=[{"Key": "size", "Value": "large"}])
    assert tags() == [TAGS[0], {"Key": "size", "Value": "large"}]
    getattr(iam, f"untag_{kind}")(**name, TagKeys=["Color", "not-there"])
    assert tags() == [{"Key": "size", "Value": "large"}]
