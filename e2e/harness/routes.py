"""Every route: parameters of a call that succeeds, the action it needs and the resource it needs it on."""

import base64
import hashlib
import hmac
import subprocess
import tempfile
import time
from functools import cached_property
from pathlib import Path

from harness.expect import policy, trust, unique
from harness.ledger import ENDS
from harness.server import ACCOUNT, REPOSITORY

EC2 = trust(Service="ec2.amazonaws.com")
DOCUMENT = policy("s3:GetObject", "arn:aws:s3:::bucket/*")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SCALING = "autoscaling.amazonaws.com"
TAGS = [{"Key": "a", "Value": "b"}]
METADATA = (REPOSITORY / "crates/iam/tests/it/saml_providers/metadata.xml").read_text()
PASSWORD = "correct-Horse-1"
CODE_COMMIT = "codecommit.amazonaws.com"
MEMBER = "210987654321"
TEMPLATE = "arn:aws:iam::aws:role-template/iam.amazonaws.com/PowerUserRoleTemplate:1"
AUDIT_ROOT = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
ENTITY_PATH = f"o-a1b2c3d4e5/r-f6g7h8i9j0example/{ACCOUNT}"


def code(seed, steps):
    """The one-time code of a device, so many time steps from now."""
    at = int(time.time()) // 30 + steps
    digest = hmac.digest(base64.b32decode(seed), at.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset:offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


def certificate():
    """A certificate that signed itself, with its private key and its public key, as PEM."""
    with tempfile.TemporaryDirectory() as folder:
        key, body = Path(folder, "key.pem"), Path(folder, "body.pem")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={unique('cn')}", "-days", "2",
                "-keyout", str(key), "-out", str(body))
        public = openssl("x509", "-in", str(body), "-noout", "-pubkey")
        return body.read_text(), key.read_text(), public


class World:
    """Entities that the root user makes when a route first asks for them; `caller` is who calls the route."""

    def __init__(self, root, caller):
        self.root, self.iam, self.caller = root, root.iam, caller
        self.new = unique("new")

    @property
    def replacements(self):
        return {"AWSServiceName": {"Values": ["lambda.amazonaws.com"]}, "RoleName": {"Values": [self.new]}}

    @cached_property
    def user(self):
        return self.iam.create_user(UserName=unique("user"))["User"]["UserName"]

    @cached_property
    def group(self):
        return self.iam.create_group(GroupName=unique("group"))["Group"]["GroupName"]

    @cached_property
    def role(self):
        trusted = trust(f"arn:aws:iam::{ACCOUNT}:root")
        return self.iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=trusted)["Role"]["RoleName"]

    @cached_property
    def policy(self):
        return self.iam.create_policy(PolicyName=unique("policy"), PolicyDocument=DOCUMENT)["Policy"]["PolicyName"]

    @cached_property
    def policy_arn(self):
        return f"arn:aws:iam::{ACCOUNT}:policy/{self.policy}"

    @cached_property
    def second_version(self):
        answer = self.iam.create_policy_version(PolicyArn=self.policy_arn, PolicyDocument=DOCUMENT)
        return answer["PolicyVersion"]["VersionId"]

    @cached_property
    def profile(self):
        name = unique("profile")
        self.iam.create_instance_profile(InstanceProfileName=name)
        return name

    @cached_property
    def filled_profile(self):
        self.iam.add_role_to_instance_profile(InstanceProfileName=self.profile, RoleName=self.role)
        return self.profile

    @cached_property
    def key(self):
        return self.iam.create_access_key(UserName=self.user)["AccessKey"]["AccessKeyId"]

    @cached_property
    def mfa(self):
        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=unique("mfa"))["VirtualMFADevice"]
        return device["SerialNumber"], device["Base32StringSeed"]

    def codes(self, steps=0):
        serial, seed = self.mfa
        return {"UserName": self.user, "SerialNumber": serial,
                "AuthenticationCode1": code(seed, steps), "AuthenticationCode2": code(seed, steps + 1)}

    def enabled_mfa(self):
        self.iam.enable_mfa_device(**self.codes())
        return {"UserName": self.user, "SerialNumber": self.mfa[0]}

    def login(self):
        self.iam.create_login_profile(UserName=self.user, Password=PASSWORD)
        return {"UserName": self.user}

    def own_login(self):
        self.iam.create_login_profile(UserName=self.caller.name, Password=PASSWORD)
        return {"OldPassword": PASSWORD, "NewPassword": "another-Horse-2"}

    @cached_property
    def certificate(self):
        return certificate()

    @cached_property
    def ssh_key(self):
        answer = self.iam.upload_ssh_public_key(UserName=self.user, SSHPublicKeyBody=self.certificate[2])
        return {"UserName": self.user, "SSHPublicKeyId": answer["SSHPublicKey"]["SSHPublicKeyId"]}

    @cached_property
    def signing(self):
        answer = self.iam.upload_signing_certificate(UserName=self.user, CertificateBody=self.certificate[0])
        return {"UserName": self.user, "CertificateId": answer["Certificate"]["CertificateId"]}

    @cached_property
    def service_credential(self):
        answer = self.iam.create_service_specific_credential(UserName=self.user, ServiceName=CODE_COMMIT)
        made = answer["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
        return {"UserName": self.user, "ServiceSpecificCredentialId": made}

    def served(self, name):
        body, key, _ = self.certificate
        return {"ServerCertificateName": name, "CertificateBody": body, "PrivateKey": key}

    @cached_property
    def server_certificate(self):
        name = unique("certificate")
        self.iam.upload_server_certificate(**self.served(name))
        return {"ServerCertificateName": name}

    def password_policy(self):
        self.iam.update_account_password_policy(MinimumPasswordLength=8)
        return {}

    @cached_property
    def oidc(self):
        answer = self.iam.create_open_id_connect_provider(Url=f"https://{unique('idp')}.example.com/x")
        return {"OpenIDConnectProviderArn": answer["OpenIDConnectProviderArn"]}

    @cached_property
    def saml(self):
        answer = self.iam.create_saml_provider(Name=unique("idp"), SAMLMetadataDocument=METADATA)
        return {"SAMLProviderArn": answer["SAMLProviderArn"]}

    @cached_property
    def linked(self):
        answer = self.iam.create_service_linked_role(AWSServiceName=SCALING, CustomSuffix=unique("x"))
        return answer["Role"]["RoleName"]

    def deletion(self):
        return {"DeletionTaskId": self.iam.delete_service_linked_role(RoleName=self.linked)["DeletionTaskId"]}

    def issuing(self, wanted=True):
        """The account issues tokens, or does not."""
        try:
            self.iam.enable_outbound_web_identity_federation()
        except self.iam.exceptions.FeatureEnabledException:
            pass
        if not wanted:
            self.iam.disable_outbound_web_identity_federation()
        return {}

    def asked(self):
        """What a delegation request says; the account asks itself."""
        return {"Description": "x", "Permissions": {"PolicyTemplateArn": self.policy_arn}, "SessionDuration": 300,
                "RequestorWorkflowId": unique("workflow"), "NotificationChannel": f"arn:aws:sns:us-east-1:{ACCOUNT}:x"}

    @cached_property
    def delegation(self):
        return self.iam.create_delegation_request(**self.asked())["DelegationRequestId"]

    def delegated(self, *steps):
        """A delegation request with which the root user took these steps."""
        request = {"DelegationRequestId": self.delegation}
        for step in steps:
            getattr(self.iam, step)(**request)
        return request

    def released(self):
        self.delegated("associate_delegation_request", "accept_delegation_request", "send_delegation_token")
        told = self.root.ask("/delegation/v1/token", {"delegationRequestId": self.delegation})
        return {"TradeInToken": told["tradeInToken"]}

    def refusal(self):
        """The encoded message of a decision against the caller."""
        told = self.root.ask("/access/v1/evaluation", {
            "subject": {"type": "user", "id": self.caller.user_arn}, "action": {"name": "s3:GetObject"},
            "resource": {"type": "object", "id": "arn:aws:s3:::bucket/key"}})
        return {"EncodedMessage": told["context"]["encoded_authorization_message"]}

    def reported(self):
        self.iam.generate_credential_report()
        return {}

    def own_job(self):
        """A report about a user that the caller asked for itself, with leave that is taken away again."""
        mine = {"UserName": self.caller.name, "PolicyName": "report"}
        document = policy("iam:GenerateServiceLastAccessedDetails")
        self.iam.put_user_policy(**mine, PolicyDocument=document)
        arn = f"arn:aws:iam::{ACCOUNT}:user/{self.user}"
        job = self.caller.iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
        self.iam.delete_user_policy(**mine)
        return {"JobId": job}

    def member(self):
        self.iam.add_user_to_group(GroupName=self.group, UserName=self.user)

    def holder(self, kind):
        return {f"{kind.capitalize()}Name": getattr(self, kind)}

    def inline(self, kind):
        getattr(self.iam, f"put_{kind}_policy")(**self.holder(kind), PolicyName="p", PolicyDocument=DOCUMENT)
        return self.holder(kind) | {"PolicyName": "p"}

    def attached(self, kind):
        getattr(self.iam, f"attach_{kind}_policy")(**self.holder(kind), PolicyArn=READ_ONLY)
        return self.holder(kind) | {"PolicyArn": READ_ONLY}

    def bounded(self, kind):
        getattr(self.iam, f"put_{kind}_permissions_boundary")(**self.holder(kind), PermissionsBoundary=READ_ONLY)
        return self.holder(kind)

    def aliased(self):
        self.iam.create_account_alias(AccountAlias=self.new)
        return {"AccountAlias": self.new}


class Route:
    def __init__(self, name, parameters, *resources, also=None, wildcard=False, beside=None, asks=None):
        self.service, self.operation = name.split(":")
        self.action = name
        # The action that it asks for, where it has none of its own.
        self.asks = asks or name
        self.parameters, self.resources = parameters, resources
        # Further (action, resource) pairs that AWS asks for in the same call.
        self.also = also or (lambda w: [])
        self.asks_more = also is not None
        self.wildcard = wildcard
        # The code of the error in which the call ends even with leave, if it does.
        self.ends = ENDS.get(name)
        # What a resource's neighbour is called.
        self.beside = beside or (lambda arn: f"{arn}-neighbour")

    def arns(self, world):
        named = (resource(world) for resource in self.resources)
        return [name if name.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:{name}" for name in named]


def user(w):
    return f"user/{w.user}"


def group(w):
    return f"group/{w.group}"


def role(w):
    return f"role/{w.role}"


def managed(w):
    return f"policy/{w.policy}"


def profile(w):
    return f"instance-profile/{w.profile}"


def federated(w):
    return f"arn:aws:sts::{ACCOUNT}:federated-user/{w.new}"


def mfa(w):
    return w.mfa[0].split(":", 5)[5]


def oidc(w):
    return w.oidc["OpenIDConnectProviderArn"]


def saml(w):
    return w.saml["SAMLProviderArn"]


def server_certificate(w):
    return f"server-certificate/{w.server_certificate['ServerCertificateName']}"


def linked(w):
    return f"role/aws-service-role/{SCALING}/{w.linked}"


def new(kind):
    return lambda w: f"{kind}/{w.new}"


def all_of(kind, name=""):
    return lambda w: f"{kind}/{name}"


def delegation(w):
    return f"delegation-request/{w.delegation}"


def passes_role(w):
    return [("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{w.role}")]


OF = {"user": user, "group": group, "role": role}
NOTHING = lambda w: {}  # noqa: E731

ROUTES = [
    # Users
    Route("iam:CreateUser", lambda w: {"UserName": w.new}, new("user")),
    Route("iam:GetUser", lambda w: {"UserName": w.user}, user),
    Route("iam:ListUsers", NOTHING, all_of("user")),
    Route("iam:UpdateUser", lambda w: {"UserName": w.user, "NewUserName": w.new}, user, new("user")),
    Route("iam:DeleteUser", lambda w: {"UserName": w.user}, user),
    # Groups
    Route("iam:CreateGroup", lambda w: {"GroupName": w.new}, new("group")),
    Route("iam:GetGroup", lambda w: {"GroupName": w.group}, group),
    Route("iam:ListGroups", NOTHING, all_of("group")),
    Route("iam:UpdateGroup", lambda w: {"GroupName": w.group, "NewGroupName": w.new}, group, new("group")),
    Route("iam:DeleteGroup", lambda w: {"GroupName": w.group}, group),
    Route("iam:AddUserToGroup", lambda w: {"GroupName": w.group, "UserName": w.user}, group),
    Route("iam:RemoveUserFromGroup", lambda w: w.member() or {"GroupName": w.group, "UserName": w.user}, group),
    Route("iam:ListGroupsForUser", lambda w: {"UserName": w.user}, user),
    # Roles
    Route("iam:CreateRole", lambda w: {"RoleName": w.new, "AssumeRolePolicyDocument": EC2}, new("role")),
    Route("iam:GetRole", lambda w: {"RoleName": w.role}, role),
    Route("iam:GetRoleTemplateVersion", lambda w: {"TemplateArn": TEMPLATE}, lambda w: TEMPLATE),
    Route("iam:AcquireRole", lambda w: {"TemplateArn": TEMPLATE, "ReplacementValues": w.replacements}, lambda w: TEMPLATE,
          asks="iam:GetRoleTemplateVersion",
          also=lambda w: [(f"iam:{step}", f"arn:aws:iam::{ACCOUNT}:role/{w.new}") for step in ("CreateRole", "AttachRolePolicy")]),
    Route("iam:ListRoles", NOTHING, all_of("role")),
    Route("iam:UpdateRole", lambda w: {"RoleName": w.role, "Description": "x"}, role),
    Route("iam:UpdateRoleDescription", lambda w: {"RoleName": w.role, "Description": "x"}, role),
    Route("iam:UpdateAssumeRolePolicy", lambda w: {"RoleName": w.role, "PolicyDocument": EC2}, role),
    Route("iam:DeleteRole", lambda w: {"RoleName": w.role}, role),
    # Managed policies
    Route("iam:CreatePolicy", lambda w: {"PolicyName": w.new, "PolicyDocument": DOCUMENT}, new("policy")),
    Route("iam:GetPolicy", lambda w: {"PolicyArn": w.policy_arn}, managed),
    Route("iam:ListPolicies", lambda w: {"Scope": "Local"}, all_of("policy")),
    Route("iam:DeletePolicy", lambda w: {"PolicyArn": w.policy_arn}, managed),
    Route("iam:CreatePolicyVersion", lambda w: {"PolicyArn": w.policy_arn, "PolicyDocument": DOCUMENT}, managed),
    Route("iam:GetPolicyVersion", lambda w: {"PolicyArn": w.policy_arn, "VersionId": "v1"}, managed),
    Route("iam:ListPolicyVersions", lambda w: {"PolicyArn": w.policy_arn}, managed),
    Route("iam:SetDefaultPolicyVersion",
          lambda w: {"PolicyArn": w.policy_arn, "VersionId": w.second_version}, managed),
    Route("iam:DeletePolicyVersion", lambda w: {"PolicyArn": w.policy_arn, "VersionId": w.second_version}, managed),
    Route("iam:ListEntitiesForPolicy", lambda w: {"PolicyArn": w.policy_arn}, managed),
    Route("iam:TagPolicy", lambda w: {"PolicyArn": w.policy_arn, "Tags": TAGS}, managed),
    Route("iam:UntagPolicy", lambda w: {"PolicyArn": w.policy_arn, "TagKeys": ["a"]}, managed),
    Route("iam:ListPolicyTags", lambda w: {"PolicyArn": w.policy_arn}, managed),
    # Access keys
    Route("iam:CreateAccessKey", lambda w: {"UserName": w.user}, user),
    Route("iam:ListAccessKeys", lambda w: {"UserName": w.user}, user),
    Route("iam:UpdateAccessKey",
          lambda w: {"UserName": w.user, "AccessKeyId": w.key, "Status": "Inactive"}, user),
    Route("iam:DeleteAccessKey", lambda w: {"UserName": w.user, "AccessKeyId": w.key}, user),
    Route("iam:GetAccessKeyLastUsed", lambda w: {"AccessKeyId": w.key}, user),
    # The account
    Route("iam:CreateAccountAlias", lambda w: {"AccountAlias": w.new}, wildcard=True),
    Route("iam:ListAccountAliases", NOTHING, wildcard=True),
    Route("iam:DeleteAccountAlias", lambda w: w.aliased(), wildcard=True),
    Route("iam:GetAccountSummary", NOTHING, wildcard=True),
    Route("iam:GetAccountProperties", NOTHING, wildcard=True),
    Route("iam:PutAccountProperties", lambda w: {"Properties": {"RoleManager/Enabled": "false"}}, wildcard=True),
    Route("iam:GenerateCredentialReport", NOTHING, wildcard=True),
    Route("iam:GetCredentialReport", lambda w: w.reported(), wildcard=True),
    Route("iam:GetAccountAuthorizationDetails", NOTHING, wildcard=True),
    # Service last accessed
    Route("iam:GenerateServiceLastAccessedDetails", lambda w: {"Arn": f"arn:aws:iam::{ACCOUNT}:user/{w.user}"}, user),
    Route("iam:GetServiceLastAccessedDetails", lambda w: w.own_job(), wildcard=True),
    Route("iam:GetServiceLastAccessedDetailsWithEntities", lambda w: w.own_job() | {"ServiceNamespace": "iam"},
          wildcard=True),
    Route("iam:ListPoliciesGrantingServiceAccess",
          lambda w: {"Arn": f"arn:aws:iam::{ACCOUNT}:user/{w.user}", "ServiceNamespaces": ["iam"]}, user),
    # What needs an organization
    *[Route(f"iam:{operation}", NOTHING, wildcard=True) for operation in (
        "ListOrganizationsFeatures", "EnableOrganizationsRootCredentialsManagement",
        "DisableOrganizationsRootCredentialsManagement", "EnableOrganizationsRootSessions",
        "DisableOrganizationsRootSessions")],
    Route("iam:GenerateOrganizationsAccessReport", lambda w: {"EntityPath": ENTITY_PATH},
          lambda w: f"access-report/{ENTITY_PATH}"),
    Route("iam:GetOrganizationsAccessReport", lambda w: {"JobId": "0" * 36}, wildcard=True),
    # The simulators
    Route("iam:SimulateCustomPolicy",
          lambda w: {"PolicyInputList": [DOCUMENT], "ActionNames": ["s3:GetObject"]}, wildcard=True),
    Route("iam:SimulatePrincipalPolicy",
          lambda w: {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/{w.user}", "ActionNames": ["s3:GetObject"]}, user),
    Route("iam:GetContextKeysForCustomPolicy", lambda w: {"PolicyInputList": [DOCUMENT]}, wildcard=True),
    Route("iam:GetContextKeysForPrincipalPolicy",
          lambda w: {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/{w.user}"}, user),
    # Passwords
    Route("iam:UpdateAccountPasswordPolicy", NOTHING, wildcard=True),
    Route("iam:GetAccountPasswordPolicy", lambda w: w.password_policy(), wildcard=True),
    Route("iam:DeleteAccountPasswordPolicy", lambda w: w.password_policy(), wildcard=True),
    Route("iam:CreateLoginProfile", lambda w: {"UserName": w.user, "Password": PASSWORD}, user),
    Route("iam:GetLoginProfile", lambda w: w.login(), user),
    Route("iam:UpdateLoginProfile", lambda w: w.login() | {"PasswordResetRequired": True}, user),
    Route("iam:DeleteLoginProfile", lambda w: w.login(), user),
    Route("iam:ChangePassword", lambda w: w.own_login(), lambda w: f"user/{w.caller.name}"),
    # MFA devices
    Route("iam:CreateVirtualMFADevice", lambda w: {"VirtualMFADeviceName": w.new}, new("mfa")),
    Route("iam:ListVirtualMFADevices", NOTHING, all_of("mfa")),
    Route("iam:DeleteVirtualMFADevice", lambda w: {"SerialNumber": w.mfa[0]}, mfa),
    Route("iam:EnableMFADevice", lambda w: w.codes(), user),
    Route("iam:ResyncMFADevice", lambda w: w.enabled_mfa() and w.codes(2), user),
    Route("iam:DeactivateMFADevice", lambda w: w.enabled_mfa(), user),
    Route("iam:GetMFADevice", lambda w: w.enabled_mfa(), user),
    Route("iam:ListMFADevices", lambda w: {"UserName": w.user}, user),
    Route("iam:TagMFADevice", lambda w: {"SerialNumber": w.mfa[0], "Tags": TAGS}, mfa),
    Route("iam:UntagMFADevice", lambda w: {"SerialNumber": w.mfa[0], "TagKeys": ["a"]}, mfa),
    Route("iam:ListMFADeviceTags", lambda w: {"SerialNumber": w.mfa[0]}, mfa),
    # Public keys, certificates, service-specific credentials
    Route("iam:UploadSSHPublicKey", lambda w: {"UserName": w.user, "SSHPublicKeyBody": w.certificate[2]}, user),
    Route("iam:GetSSHPublicKey", lambda w: w.ssh_key | {"Encoding": "SSH"}, user),
    Route("iam:ListSSHPublicKeys", lambda w: {"UserName": w.user}, user),
    Route("iam:UpdateSSHPublicKey", lambda w: w.ssh_key | {"Status": "Inactive"}, user),
    Route("iam:DeleteSSHPublicKey", lambda w: w.ssh_key, user),
    Route("iam:UploadSigningCertificate", lambda w: {"UserName": w.user, "CertificateBody": w.certificate[0]}, user),
    Route("iam:ListSigningCertificates", lambda w: {"UserName": w.user}, user),
    Route("iam:UpdateSigningCertificate", lambda w: w.signing | {"Status": "Inactive"}, user),
    Route("iam:DeleteSigningCertificate", lambda w: w.signing, user),
    Route("iam:CreateServiceSpecificCredential", lambda w: {"UserName": w.user, "ServiceName": CODE_COMMIT}, user),
    Route("iam:ListServiceSpecificCredentials", lambda w: {"UserName": w.user}, user),
    Route("iam:UpdateServiceSpecificCredential", lambda w: w.service_credential | {"Status": "Inactive"}, user),
    Route("iam:ResetServiceSpecificCredential", lambda w: w.service_credential, user),
    Route("iam:DeleteServiceSpecificCredential", lambda w: w.service_credential, user),
    Route("iam:UploadServerCertificate", lambda w: w.served(w.new), new("server-certificate")),
    Route("iam:GetServerCertificate", lambda w: w.server_certificate, server_certificate),
    Route("iam:ListServerCertificates", NOTHING, all_of("server-certificate")),
    Route("iam:UpdateServerCertificate", lambda w: w.server_certificate | {"NewServerCertificateName": w.new},
          server_certificate, new("server-certificate")),
    Route("iam:DeleteServerCertificate", lambda w: w.server_certificate, server_certificate),
    Route("iam:TagServerCertificate", lambda w: w.server_certificate | {"Tags": TAGS}, server_certificate),
    Route("iam:UntagServerCertificate", lambda w: w.server_certificate | {"TagKeys": ["a"]}, server_certificate),
    Route("iam:ListServerCertificateTags", lambda w: w.server_certificate, server_certificate),
    # Instance profiles
    Route("iam:CreateInstanceProfile", lambda w: {"InstanceProfileName": w.new}, new("instance-profile")),
    Route("iam:GetInstanceProfile", lambda w: {"InstanceProfileName": w.profile}, profile),
    Route("iam:DeleteInstanceProfile", lambda w: {"InstanceProfileName": w.profile}, profile),
    Route("iam:ListInstanceProfiles", NOTHING, all_of("instance-profile")),
    Route("iam:ListInstanceProfilesForRole", lambda w: {"RoleName": w.role}, role),
    Route("iam:AddRoleToInstanceProfile", lambda w: {"InstanceProfileName": w.profile, "RoleName": w.role}, profile,
          also=passes_role),
    Route("iam:RemoveRoleFromInstanceProfile",
          lambda w: {"InstanceProfileName": w.filled_profile, "RoleName": w.role}, profile),
    Route("iam:TagInstanceProfile", lambda w: {"InstanceProfileName": w.profile, "Tags": TAGS}, profile),
    Route("iam:UntagInstanceProfile", lambda w: {"InstanceProfileName": w.profile, "TagKeys": ["a"]}, profile),
    Route("iam:ListInstanceProfileTags", lambda w: {"InstanceProfileName": w.profile}, profile),
    # Service-linked roles
    Route("iam:CreateServiceLinkedRole", lambda w: {"AWSServiceName": SCALING, "CustomSuffix": w.new},
          lambda w: f"role/aws-service-role/{SCALING}/AWSServiceRoleForAutoScaling_{w.new}"),
    Route("iam:DeleteServiceLinkedRole", lambda w: {"RoleName": w.linked}, linked),
    Route("iam:GetServiceLinkedRoleDeletionStatus", lambda w: w.deletion(), linked),
    Route("iam:SetSecurityTokenServicePreferences", lambda w: {"GlobalEndpointTokenVersion": "v2Token"}, wildcard=True),
    # OpenID Connect providers
    Route("iam:CreateOpenIDConnectProvider", lambda w: {"Url": f"https://{w.new}.example.com"},
          lambda w: f"oidc-provider/{w.new}.example.com"),
    Route("iam:GetOpenIDConnectProvider", lambda w: w.oidc, oidc),
    Route("iam:ListOpenIDConnectProviders", NOTHING, all_of("oidc-provider")),
    Route("iam:DeleteOpenIDConnectProvider", lambda w: w.oidc, oidc),
    Route("iam:AddClientIDToOpenIDConnectProvider", lambda w: w.oidc | {"ClientID": "a"}, oidc),
    Route("iam:RemoveClientIDFromOpenIDConnectProvider", lambda w: w.oidc | {"ClientID": "a"}, oidc),
    Route("iam:UpdateOpenIDConnectProviderThumbprint", lambda w: w.oidc | {"ThumbprintList": ["0" * 40]}, oidc),
    Route("iam:TagOpenIDConnectProvider", lambda w: w.oidc | {"Tags": TAGS}, oidc),
    Route("iam:UntagOpenIDConnectProvider", lambda w: w.oidc | {"TagKeys": ["a"]}, oidc),
    Route("iam:ListOpenIDConnectProviderTags", lambda w: w.oidc, oidc),
    # SAML providers
    Route("iam:CreateSAMLProvider", lambda w: {"Name": w.new, "SAMLMetadataDocument": METADATA},
          new("saml-provider")),
    Route("iam:GetSAMLProvider", lambda w: w.saml, saml),
    Route("iam:ListSAMLProviders", NOTHING, all_of("saml-provider")),
    Route("iam:UpdateSAMLProvider", lambda w: w.saml | {"SAMLMetadataDocument": METADATA}, saml),
    Route("iam:DeleteSAMLProvider", lambda w: w.saml, saml),
    Route("iam:TagSAMLProvider", lambda w: w.saml | {"Tags": TAGS}, saml),
    Route("iam:UntagSAMLProvider", lambda w: w.saml | {"TagKeys": ["a"]}, saml),
    Route("iam:ListSAMLProviderTags", lambda w: w.saml, saml),
    # Outbound web identity federation
    Route("iam:EnableOutboundWebIdentityFederation", lambda w: w.issuing(False), wildcard=True),
    Route("iam:DisableOutboundWebIdentityFederation", lambda w: w.issuing(), wildcard=True),
    Route("iam:GetOutboundWebIdentityFederationInfo", lambda w: w.issuing(), wildcard=True),
    Route("sts:GetWebIdentityToken", lambda w: w.issuing() | {"Audience": ["a"], "SigningAlgorithm": "ES384"},
          wildcard=True),
    # Delegation
    Route("iam:CreateDelegationRequest", lambda w: w.asked(), all_of("delegation-request", "*")),
    Route("iam:AssociateDelegationRequest", lambda w: w.delegated(), delegation),
    Route("iam:GetDelegationRequest", lambda w: w.delegated(), delegation),
    Route("iam:GetHumanReadableSummary",
          lambda w: {"EntityArn": f"arn:aws:iam::{ACCOUNT}:delegation-request/{w.delegation}"}, delegation),
    Route("iam:ListDelegationRequests", NOTHING, wildcard=True),
    *[Route(f"iam:{operation}", lambda w: w.delegated("associate_delegation_request"), delegation) for operation in (
        "UpdateDelegationRequest", "AcceptDelegationRequest", "RejectDelegationRequest")],
    Route("iam:SendDelegationToken",
          lambda w: w.delegated("associate_delegation_request", "accept_delegation_request"), delegation),
    Route("sts:GetDelegatedAccessToken", lambda w: w.released(), wildcard=True),
    # STS
    Route("sts:AssumeRoot", lambda w: {"TargetPrincipal": MEMBER, "TaskPolicyArn": {"arn": AUDIT_ROOT}},
          lambda w: f"arn:aws:iam::{MEMBER}:root", beside=lambda arn: arn.replace(MEMBER, ACCOUNT)),
    Route("sts:DecodeAuthorizationMessage", lambda w: w.refusal(), wildcard=True),
    Route("sts:AssumeRole",
          lambda w: {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{w.role}", "RoleSessionName": "session"}, role),
    Route("sts:GetFederationToken", lambda w: {"Name": w.new, "Policy": DOCUMENT}, federated),
    Route("sts:GetAccessKeyInfo", lambda w: {"AccessKeyId": w.key}, wildcard=True),
]

for kind, resource in OF.items():
    name = kind.capitalize()
    ROUTES += [
        Route(f"iam:Put{name}Policy",
              lambda w, k=kind: w.holder(k) | {"PolicyName": "p", "PolicyDocument": DOCUMENT}, resource),
        Route(f"iam:Get{name}Policy", lambda w, k=kind: w.inline(k), resource),
        Route(f"iam:Delete{name}Policy", lambda w, k=kind: w.inline(k), resource),
        Route(f"iam:List{name}Policies", lambda w, k=kind: w.holder(k), resource),
        Route(f"iam:Attach{name}Policy", lambda w, k=kind: w.holder(k) | {"PolicyArn": READ_ONLY}, resource),
        Route(f"iam:Detach{name}Policy", lambda w, k=kind: w.attached(k), resource),
        Route(f"iam:ListAttached{name}Policies", lambda w, k=kind: w.holder(k), resource),
    ]
for kind in ("user", "role"):
    name, resource = kind.capitalize(), OF[kind]
    ROUTES += [
        Route(f"iam:Put{name}PermissionsBoundary",
              lambda w, k=kind: w.holder(k) | {"PermissionsBoundary": READ_ONLY}, resource),
        Route(f"iam:Delete{name}PermissionsBoundary", lambda w, k=kind: w.bounded(k), resource),
        Route(f"iam:Tag{name}", lambda w, k=kind: w.holder(k) | {"Tags": TAGS}, resource),
        Route(f"iam:Untag{name}", lambda w, k=kind: w.holder(k) | {"TagKeys": ["a"]}, resource),
        Route(f"iam:List{name}Tags", lambda w, k=kind: w.holder(k), resource),
    ]

# Routes that AWS lets everybody call, each with the reason.
OPEN = {
    "sts:GetCallerIdentity": "AWS: no permissions are required, and a denial would tell the same facts",
    "sts:GetSessionToken": "AWS: no permissions are required for a user to get a session of its own",
}

# Routes of which no caller signs anything: an identity provider's word and the role's trust policy decide. Each with the
# tests that let it in and shut it out.
UNSIGNED = {
    "sts:AssumeRoleWithSAML": "test_saml.py",
    "sts:AssumeRoleWithWebIdentity": "test_web_identity.py",
}
