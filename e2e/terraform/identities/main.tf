# What people keep in Terraform: identities, policies, attachments, a key.

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

provider "aws" {
  region                      = "us-east-1"
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = false
  skip_credentials_validation = false

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }

  default_tags {
    tags = {
      ManagedBy = "terraform"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy" "read_only" {
  arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.alice.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.team]
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "Team"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::${var.team}", "arn:aws:s3:::${var.team}/*"]
  }
}

resource "aws_iam_user" "alice" {
  name                 = "alice"
  path                 = "/people/"
  permissions_boundary = aws_iam_policy.bucket.arn
  # Has the provider ask for every kind of credential that a user may hold.
  force_destroy = true
  tags = {
    Team = var.team
  }
}

resource "aws_iam_access_key" "alice" {
  user = aws_iam_user.alice.name
}

resource "aws_iam_user_policy" "alice" {
  name   = "inline"
  user   = aws_iam_user.alice.name
  policy = data.aws_iam_policy_document.bucket.json
}

resource "aws_iam_user_policy_attachment" "alice" {
  user       = aws_iam_user.alice.name
  policy_arn = data.aws_iam_policy.read_only.arn
}

resource "aws_iam_group" "readers" {
  name = "readers-${var.team}"
  path = "/groups/"
}

resource "aws_iam_group_policy" "readers" {
  name   = "inline"
  group  = aws_iam_group.readers.name
  policy = data.aws_iam_policy_document.bucket.json
}

resource "aws_iam_group_policy_attachment" "readers" {
  group      = aws_iam_group.readers.name
  policy_arn = aws_iam_policy.bucket.arn
}

resource "aws_iam_group_membership" "readers" {
  name  = "readers"
  group = aws_iam_group.readers.name
  users = [aws_iam_user.alice.name]
}

resource "aws_iam_policy" "bucket" {
  name        = "bucket"
  path        = "/policies/"
  description = "reads the bucket of a team"
  policy      = data.aws_iam_policy_document.bucket.json
  tags = {
    Team = var.team
  }
}

resource "aws_iam_role" "worker" {
  name                 = "worker"
  path                 = "/roles/"
  description          = "works for ${var.team}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.team == "blue" ? 3600 : 7200
  tags = {
    Team = var.team
  }
}

resource "aws_iam_role_policy" "worker" {
  name   = "inline"
  role   = aws_iam_role.worker.name
  policy = data.aws_iam_policy_document.bucket.json
}

resource "aws_iam_role_policy_attachment" "worker" {
  role       = aws_iam_role.worker.name
  policy_arn = aws_iam_policy.bucket.arn
}

resource "aws_iam_instance_profile" "worker" {
  name = "worker"
  path = "/profiles/"
  role = aws_iam_role.worker.name
}

resource "aws_iam_account_alias" "alias" {
  account_alias = "team-${var.team}"
}

output "account" {
  value = data.aws_caller_identity.current.account_id
}

output "key" {
  value = aws_iam_access_key.alice.id
}
