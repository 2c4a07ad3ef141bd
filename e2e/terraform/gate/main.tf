# Policies of several kinds, for the gates of `portcullis policy check`; only planned, never applied.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }
}

module "people" {
  source = "./people"
}

resource "aws_s3_bucket_policy" "site" {
  bucket = "site"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Readers"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::site/*"
    }]
  })
}

# Nobody writes the policies of these: AWS makes them.
resource "aws_s3_bucket" "plain" {
  bucket_prefix = "plain"
}

resource "aws_kms_key" "plain" {
  description = "with AWS's own policy"
}
