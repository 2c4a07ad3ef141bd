//! Customer policies, control policies and bucket policies as people write them.

use serde_json::{Value as Json, json};

/// Whose everything is, and what its parts are called.
pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const TEAMS: [&str; 5] = ["red", "blue", "green", "amber", "violet"];
pub(crate) const STAGES: [&str; 4] = ["prod", "test", "dev", "frozen"];
pub(crate) const REGIONS: [&str; 3] = ["eu-west-1", "eu-central-1", "us-east-1"];

/// How many kinds of customer policy there are.
pub(crate) const CUSTOMER_KINDS: usize = 8;

/// A customer policy of one of the kinds, for one of the teams.
pub(crate) fn customer(kind: usize, number: usize) -> String {
    let team = TEAMS.get(number % TEAMS.len()).copied().unwrap_or("red");
    let stage = STAGES.get(number % STAGES.len()).copied().unwrap_or("prod");
    let region = REGIONS.get(number % REGIONS.len()).copied().unwrap_or("eu-west-1");
    let statements = match kind % CUSTOMER_KINDS {
        0 => json!([
            {"Sid": "Home", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
             "Resource": format!("arn:aws:s3:::{team}-home/${{aws:username}}/*")},
            {"Sid": "Look", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{team}-home"),
             "Condition": {"StringLike": {"s3:prefix": ["", "${aws:username}/*"]}}},
            {"Sid": "NotWithoutMfa", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*",
             "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        ]),
        1 => json!([
            {"Effect": "Allow", "Action": ["ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances"],
             "Resource": format!("arn:aws:ec2:*:{ACCOUNT}:instance/*"),
             "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}},
            {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"},
            {"Effect": "Deny", "Action": "ec2:*", "Resource": "*",
             "Condition": {"StringNotEquals": {"aws:RequestedRegion": [region, "us-east-1"]}}},
        ]),
        2 => json!([
            {"Sid": "Tables", "Effect": "Allow",
             "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
             "Resource": [format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{team}-*"),
                          format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{team}-*/index/*")]},
            {"Effect": "Allow", "Action": ["dynamodb:ListTables", "dynamodb:DescribeLimits"], "Resource": "*"},
        ]),
        3 => json!([
            {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueue*"],
             "Resource": format!("arn:aws:sqs:{region}:{ACCOUNT}:{team}-{stage}-*")},
            {"Effect": "Allow", "Action": "sns:Publish", "Resource": format!("arn:aws:sns:{region}:{ACCOUNT}:{team}-*"),
             "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}},
        ]),
        4 => json!([
            {"Effect": "Allow", "Action": ["lambda:InvokeFunction", "lambda:GetFunction*", "lambda:List*"],
             "Resource": format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{team}-*")},
            {"Effect": "Allow", "Action": ["logs:GetLogEvents", "logs:FilterLogEvents", "logs:Describe*"],
             "Resource": format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:/aws/lambda/{team}-*:*")},
            {"Effect": "Deny", "NotAction": ["lambda:*", "logs:*", "s3:*", "ec2:*", "sqs:*", "sns:*", "dynamodb:*"],
             "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/stage": "frozen"}}},
        ]),
        5 => json!([
            {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
             "Resource": format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{team}/{stage}/*"),
             "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}}},
            {"Effect": "Allow", "Action": "ssm:GetParameter*",
             "Resource": format!("arn:aws:ssm:*:{ACCOUNT}:parameter/{team}/*")},
        ]),
        6 => json!([
            {"Effect": "Allow", "Action": ["ec2:CreateTags", "ec2:DeleteTags"], "Resource": "*",
             "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage", "cost"]},
                           "StringEqualsIfExists": {"aws:RequestTag/team": team}}},
            {"Effect": "Allow", "Action": ["cloudwatch:Put*", "cloudwatch:Get*", "cloudwatch:List*"], "Resource": "*"},
        ]),
        _ => json!([
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "NotResource": [
                format!("arn:aws:s3:::{team}-secret"), format!("arn:aws:s3:::{team}-secret/*")],
             "Condition": {"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:*")}}},
            {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
             "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"},
                           "NumericGreaterThan": {"s3:signatureAge": "600000"}}},
        ]),
    };
    document(&statements)
}

/// A boundary that a platform team would set.
pub(crate) fn boundary() -> String {
    document(&json!([
        {"Effect": "Allow", "Action": ["s3:*", "ec2:*", "dynamodb:*", "sqs:*", "sns:*", "lambda:*", "logs:*",
            "cloudwatch:*", "secretsmanager:*", "ssm:*", "iam:Get*", "iam:List*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:*AccessKey*", "organizations:*"], "Resource": "*"},
    ]))
}

/// `FullAWSAccess`.
pub(crate) fn everything() -> String {
    document(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]))
}

/// The control policies of the root, of the unit and of the account, beside `FullAWSAccess`.
pub(crate) fn guards() -> [String; 3] {
    [
        document(&json!([
            {"Sid": "Stay", "Effect": "Deny", "Action": ["organizations:LeaveOrganization", "account:CloseAccount"], "Resource": "*"},
            {"Sid": "NoRoot", "Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}},
        ])),
        document(&json!([
            {"Sid": "Regions", "Effect": "Deny",
             "NotAction": ["iam:*", "sts:*", "s3:*", "support:*", "organizations:*", "cloudfront:*", "route53:*", "budgets:*"],
             "Resource": "*",
             "Condition": {"StringNotEquals": {"aws:RequestedRegion": REGIONS},
                           "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/breakglass"}}},
        ])),
        document(&json!([
            {"Sid": "Trail", "Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "config:Delete*", "guardduty:Delete*"],
             "Resource": "*"},
            {"Sid": "Large", "Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/*",
             "Condition": {"StringNotLike": {"ec2:InstanceType": ["t3.*", "m6i.*", "c7g.*"]}}},
        ])),
    ]
}

/// The policy of a bucket: no plain HTTP, nothing unencrypted, and one reader of its own.
pub(crate) fn bucket(name: &str, reader: &str) -> String {
    let all = [format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")];
    document(&json!([
        {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": all,
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "Reader", "Effect": "Allow", "Principal": {"AWS": reader}, "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": all},
        {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": all},
    ]))
}

fn document(statements: &Json) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
