# What test_terraform.py's other configuration leaves out: credentials, providers, settings of the account, lists that
# are kept exclusive, and every data source.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

# The second apply changes this.
variable "team" {
  type    = string
  default = "blue"
}

# Whether the settings of an organization are asked for as well, which this account has none of.
variable "organization" {
  type    = bool
  default = false
}

variable "certificate" {
  type = string
}

variable "certificate_key" {
  type      = string
  sensitive = true
}

variable "ssh_key" {
  type = string
}

variable "saml_metadata" {
  type = string
}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }
}

locals {
  first = var.team == "blue"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = [local.first ? "s3:GetObject" : "s3:Get*"]
    resources = ["*"]
  }
}

# The account itself.

resource "aws_iam_account_password_policy" "account" {
  minimum_password_length        = local.first ? 12 : 14
  require_lowercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  require_uppercase_characters   = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 5
  hard_expiry                    = false
}

resource "aws_iam_account_alias" "account" {
  account_alias = "credentials-${var.team}"
}

resource "aws_iam_security_token_service_preferences" "account" {
  global_endpoint_token_version = local.first ? "v2Token" : "v1Token"
}

resource "aws_iam_organizations_features" "root" {
  count            = var.organization ? 1 : 0
  enabled_features = ["RootCredentialsManagement", "RootSessions"]
}

# A user with every kind of credential.

resource "aws_iam_user" "bob" {
  name = local.first ? "bob" : "robert"
  path = local.first ? "/people/" : "/staff/"
  # The provider cannot rename a user and tag it in one step: it tags the new name first.
  tags = {
    Kind = "person"
  }
}

resource "aws_iam_user_login_profile" "bob" {
  user                    = aws_iam_user.bob.name
  password_length         = 24
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.account]

  lifecycle {
    # IAM tells nothing of a password, so an import has none of these.
    ignore_changes = [password_length, password_reset_required]
  }
}

resource "aws_iam_access_key" "bob" {
  user   = aws_iam_user.bob.name
  status = local.first ? "Active" : "Inactive"
}

resource "aws_iam_user_ssh_key" "bob" {
  username   = aws_iam_user.bob.name
  encoding   = "SSH"
  public_key = var.ssh_key
  status     = local.first ? "Active" : "Inactive"
}

resource "aws_iam_signing_certificate" "bob" {
  user_name        = aws_iam_user.bob.name
  certificate_body = var.certificate
  status           = local.first ? "Active" : "Inactive"
}

resource "aws_iam_service_specific_credential" "bob" {
  service_name = "codecommit.amazonaws.com"
  user_name    = aws_iam_user.bob.name
  status       = local.first ? "Active" : "Inactive"
}

resource "aws_iam_virtual_mfa_device" "bob" {
  virtual_mfa_device_name = "bob"
  path                    = "/phones/"
  tags = {
    Team = var.team
  }
}

# Groups, and lists that Terraform keeps exclusive.

resource "aws_iam_group" "staff" {
  count = 2
  name  = "staff-${count.index}"
  path  = local.first ? "/" : "/moved/"
}

resource "aws_iam_user" "carol" {
  name = "carol"
  path = "/duty/"
}

resource "aws_iam_group" "duty" {
  name = "duty"
}

resource "aws_iam_group_membership" "duty" {
  name  = "duty"
  group = aws_iam_group.duty.name
  users = [aws_iam_user.carol.name]
}

resource "aws_iam_user_group_membership" "bob" {
  user   = aws_iam_user.bob.name
  groups = local.first ? aws_iam_group.staff[*].name : [aws_iam_group.staff[0].name]
}

resource "aws_iam_policy" "read" {
  count  = 2
  name   = "read-${count.index}"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role" "job" {
  name                 = "job"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = local.first ? aws_iam_policy.read[0].arn : null
}

resource "aws_iam_role" "generated" {
  name_prefix        = "generated-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_instance_profile" "job" {
  name = "job"
  role = local.first ? aws_iam_role.job.name : aws_iam_role.generated.name
}

resource "aws_iam_role_policy" "job" {
  name   = "inline"
  role   = aws_iam_role.job.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policies_exclusive" "job" {
  role_name    = aws_iam_role.job.name
  policy_names = [aws_iam_role_policy.job.name]
}

resource "aws_iam_role_policy_attachment" "job" {
  role       = aws_iam_role.job.name
  policy_arn = aws_iam_policy.read[0].arn
}

resource "aws_iam_role_policy_attachments_exclusive" "job" {
  role_name   = aws_iam_role.job.name
  policy_arns = [aws_iam_role_policy_attachment.job.policy_arn]
}

resource "aws_iam_user_policy" "bob" {
  name   = "inline"
  user   = aws_iam_user.bob.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_user_policies_exclusive" "bob" {
  user_name    = aws_iam_user.bob.name
  policy_names = [aws_iam_user_policy.bob.name]
}

resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.bob.name
  policy_arn = aws_iam_policy.read[0].arn
}

resource "aws_iam_user_policy_attachments_exclusive" "bob" {
  user_name   = aws_iam_user.bob.name
  policy_arns = [aws_iam_user_policy_attachment.bob.policy_arn]
}

resource "aws_iam_group_policy" "staff" {
  name   = "inline"
  group  = aws_iam_group.staff[0].name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_group_policies_exclusive" "staff" {
  group_name   = aws_iam_group.staff[0].name
  policy_names = [aws_iam_group_policy.staff.name]
}

resource "aws_iam_group_policy_attachment" "staff" {
  group      = aws_iam_group.staff[0].name
  policy_arn = aws_iam_policy.read[0].arn
}

resource "aws_iam_group_policy_attachments_exclusive" "staff" {
  group_name  = aws_iam_group.staff[0].name
  policy_arns = [aws_iam_group_policy_attachment.staff.policy_arn]
}

# Attaches exclusively, from the policy's side; so it has one that nothing else attaches.
resource "aws_iam_policy_attachment" "read" {
  name       = "read"
  policy_arn = aws_iam_policy.read[1].arn
  roles      = [aws_iam_role.generated.name]
  groups     = local.first ? [aws_iam_group.staff[1].name] : []
}

# Certificates, identity providers, roles of services.

resource "aws_iam_server_certificate" "site" {
  name             = "site"
  path             = "/cloudfront/"
  certificate_body = var.certificate
  private_key      = var.certificate_key
  tags = {
    Team = var.team
  }

  lifecycle {
    # IAM never gives a private key out, so an import has none.
    ignore_changes = [private_key]
  }
}

resource "aws_iam_openid_connect_provider" "issuer" {
  url             = "https://issuer.example.com/realm"
  client_id_list  = local.first ? ["one", "two"] : ["two", "three"]
  thumbprint_list = [local.first ? "cf23df2207d99a74fbe169e3eba035e633b65d94" : "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
  tags = {
    Team = var.team
  }
}

resource "aws_iam_saml_provider" "idp" {
  name                   = "idp"
  saml_metadata_document = var.saml_metadata
  tags = {
    Team = var.team
  }
}

resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "custom"
  description      = "scales for ${var.team}"
  tags = {
    Team = var.team
  }
}

# Every data source that needs only IAM.

data "aws_iam_access_keys" "bob" {
  user       = aws_iam_user.bob.name
  depends_on = [aws_iam_access_key.bob]
}

data "aws_iam_account_alias" "account" {
  depends_on = [aws_iam_account_alias.account]
}

data "aws_iam_group" "staff" {
  group_name = aws_iam_group.staff[0].name
  depends_on = [aws_iam_user_group_membership.bob]
}

data "aws_iam_instance_profile" "job" {
  name = aws_iam_instance_profile.job.name
}

data "aws_iam_instance_profiles" "job" {
  role_name  = aws_iam_role.job.name
  depends_on = [aws_iam_instance_profile.job]
}

data "aws_iam_openid_connect_provider" "issuer" {
  # The provider keeps the URL without its scheme, as IAM does, and asks for it with one.
  url = "https://${aws_iam_openid_connect_provider.issuer.url}"
}

data "aws_iam_policy" "named" {
  name       = "read-0"
  depends_on = [aws_iam_policy.read]
}

data "aws_iam_principal_policy_simulation" "bob" {
  action_names      = ["s3:GetObject"]
  policy_source_arn = aws_iam_user.bob.arn
  resource_arns     = ["arn:aws:s3:::bucket/key"]
  context {
    key    = "aws:MultiFactorAuthAge"
    type   = "numeric"
    values = ["7"]
  }
  depends_on = [aws_iam_user_policy.bob]
}

data "aws_iam_role" "job" {
  name = aws_iam_role.job.name
}

data "aws_iam_roles" "all" {
  name_regex = "^job$"
  depends_on = [aws_iam_role.job]
}

data "aws_iam_saml_provider" "idp" {
  arn = aws_iam_saml_provider.idp.arn
}

data "aws_iam_server_certificate" "site" {
  name       = aws_iam_server_certificate.site.name
  depends_on = [aws_iam_server_certificate.site]
}

data "aws_iam_session_context" "root" {
  arn = "arn:aws:sts::${data.aws_caller_identity.current.account_id}:assumed-role/${aws_iam_role.job.name}/session"
}

data "aws_iam_user" "bob" {
  user_name = aws_iam_user.bob.name
}

data "aws_iam_user_ssh_key" "bob" {
  username          = aws_iam_user.bob.name
  ssh_public_key_id = aws_iam_user_ssh_key.bob.ssh_public_key_id
  encoding          = "SSH"
}

data "aws_iam_users" "all" {
  path_prefix = aws_iam_user.bob.path
  depends_on  = [aws_iam_user.bob]
}

output "found" {
  value = {
    alias       = data.aws_iam_account_alias.account.account_alias
    allowed     = data.aws_iam_principal_policy_simulation.bob.all_allowed
    certificate = data.aws_iam_server_certificate.site.arn
    clients     = data.aws_iam_openid_connect_provider.issuer.client_id_list
    group       = data.aws_iam_group.staff.users[*].user_name
    issuer      = data.aws_iam_session_context.root.issuer_arn
    keys        = data.aws_iam_access_keys.bob.access_keys[*].status
    policy      = data.aws_iam_policy.named.arn
    profile     = data.aws_iam_instance_profile.job.role_name
    profiles    = data.aws_iam_instance_profiles.job.names
    role        = data.aws_iam_role.job.arn
    roles       = data.aws_iam_roles.all.names
    saml        = data.aws_iam_saml_provider.idp.name
    ssh         = data.aws_iam_user_ssh_key.bob.status
    user        = data.aws_iam_user.bob.path
    users       = data.aws_iam_users.all.names
  }
}

# What the test imports anew.
output "ids" {
  value = {
    "aws_iam_account_password_policy.account"          = "iam-account-password-policy"
    "aws_iam_account_alias.account"                    = aws_iam_account_alias.account.id
    "aws_iam_user.bob"                                 = aws_iam_user.bob.name
    "aws_iam_user_login_profile.bob"                   = aws_iam_user.bob.name
    "aws_iam_access_key.bob"                           = aws_iam_access_key.bob.id
    "aws_iam_user_ssh_key.bob"                         = "${aws_iam_user.bob.name}:${aws_iam_user_ssh_key.bob.ssh_public_key_id}:SSH"
    "aws_iam_signing_certificate.bob"                  = aws_iam_signing_certificate.bob.id
    "aws_iam_service_specific_credential.bob"          = aws_iam_service_specific_credential.bob.id
    "aws_iam_virtual_mfa_device.bob"                   = aws_iam_virtual_mfa_device.bob.arn
    "aws_iam_group.staff[0]"                           = aws_iam_group.staff[0].name
    "aws_iam_user_group_membership.bob"                = join("/", [aws_iam_user.bob.name, aws_iam_group.staff[0].name])
    "aws_iam_policy.read[0]"                           = aws_iam_policy.read[0].arn
    "aws_iam_role.job"                                 = aws_iam_role.job.name
    "aws_iam_instance_profile.job"                     = aws_iam_instance_profile.job.name
    "aws_iam_role_policy.job"                          = aws_iam_role_policy.job.id
    "aws_iam_role_policies_exclusive.job"              = aws_iam_role.job.name
    "aws_iam_role_policy_attachment.job"               = "${aws_iam_role.job.name}/${aws_iam_policy.read[0].arn}"
    "aws_iam_role_policy_attachments_exclusive.job"    = aws_iam_role.job.name
    "aws_iam_user_policy.bob"                          = aws_iam_user_policy.bob.id
    "aws_iam_user_policies_exclusive.bob"              = aws_iam_user.bob.name
    "aws_iam_user_policy_attachment.bob"               = "${aws_iam_user.bob.name}/${aws_iam_policy.read[0].arn}"
    "aws_iam_user_policy_attachments_exclusive.bob"    = aws_iam_user.bob.name
    "aws_iam_group_policy.staff"                       = aws_iam_group_policy.staff.id
    "aws_iam_group_policies_exclusive.staff"           = aws_iam_group.staff[0].name
    "aws_iam_group_policy_attachment.staff"            = "${aws_iam_group.staff[0].name}/${aws_iam_policy.read[0].arn}"
    "aws_iam_group_policy_attachments_exclusive.staff" = aws_iam_group.staff[0].name
    "aws_iam_server_certificate.site"                  = aws_iam_server_certificate.site.name
    "aws_iam_openid_connect_provider.issuer"           = aws_iam_openid_connect_provider.issuer.arn
    "aws_iam_saml_provider.idp"                        = aws_iam_saml_provider.idp.arn
    "aws_iam_service_linked_role.scaling"              = aws_iam_service_linked_role.scaling.arn
  }
}
