//! What random policies and requests are made of: few things, so that they collide.

use crate::conditions::MOMENTS;

pub(crate) const USER: &str = "arn:aws:iam::111111111111:user/alice";
pub(crate) const ROLE: &str = "arn:aws:iam::111111111111:role/app/deploy";
pub(crate) const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/deploy/ci";
pub(crate) const FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/fay";
pub(crate) const SERVICES: [&str; 2] = ["cloudtrail.amazonaws.com", "ec2.amazonaws.com"];
pub(crate) const PROVIDERS: [&str; 2] = ["accounts.google.com", "arn:aws:iam::111111111111:saml-provider/p"];

pub(crate) const PRINCIPALS: [&str; 14] = [
    "*",
    "111111111111",
    "222222222222",
    "arn:aws:iam::111111111111:root",
    "arn:aws-cn:iam::111111111111:root",
    USER,
    USER,
    "AIDAALICEALICEALICEAL",
    ROLE,
    "arn:aws:iam::111111111111:role/DEPLOY",
    "AROADEPLOYDEPLOYDEPLO",
    SESSION,
    FEDERATED,
    "arn:aws:iam::111111111111:role/*",
];

pub(crate) const ACTION_PATTERNS: [&str; 22] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:?etObject*",
    "s3:*Object",
    "s3*:GetObject",
    "*:*",
    "s3",
    "s3:a:b",
    "sts:*",
    "sts:Assume*",
    "sts:AssumeRole",
    "kms:*",
    "kms:Decrypt",
    "iam:*",
    "sqs:*",
    "ec2:Run*",
    "s3express:*",
    "s3:PutObject",
    "s3:ListAllMyBuckets",
    "sts:TagSession",
];

pub(crate) const RESOURCE_PATTERNS: [&str; 22] = [
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b*",
    "arn:aws:s3:::*",
    "arn:aws:s3:*",
    "arn:aws:s3",
    "arn:aws",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::${AWS:USERNAME}/*",
    "arn:aws:s3:::b/${k:none}",
    "arn:aws:s3:::b/${k:list}*",
    "arn:aws:s3:::b/${k:none, 'alice'}/x",
    "arn:aws:s3:::b/${*}",
    "arn:aws:s3:::b/?",
    "arn:*:*:*:*:*",
    "arn:aws:*:*:*:*/x",
    "arn:aws:iam::111111111111:role/*",
    "arn:aws:iam::*:*",
    "arn:aws:kms:*:111111111111:key/*",
    "arn:aws:sqs:*:q",
    "arn:aws:iam::${k:str}:role/x",
    "arn:aws:s3:::B/*",
];

pub(crate) type AskOf = (&'static str, &'static [&'static str]);

pub(crate) const OBJECTS: &[&str] = &[
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/alice/x",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b",
    "arn:aws-cn:s3:::b/k",
    "arn:aws:s3:::a*/x",
    "*",
];
pub(crate) const ROLES: &[&str] =
    &["arn:aws:iam::111111111111:role/target", ROLE, "arn:aws:iam::111111111111:role/aws-service-role/x/X"];

pub(crate) const ASKS_OF: [AskOf; 18] = [
    ("s3:GetObject", OBJECTS),
    ("S3:GETOBJECT", OBJECTS),
    ("s3:GetObjectVersion", OBJECTS),
    ("s3:PutObject", OBJECTS),
    ("s3:ListAllMyBuckets", &["*"]),
    ("s3express:GetObject", OBJECTS),
    ("sqs:SendMessage", &["arn:aws:sqs:eu-west-1:111111111111:q"]),
    ("ec2:RunInstances", &["*", "arn:aws:ec2:eu-west-1:111111111111:instance/x"]),
    ("sts:AssumeRole", ROLES),
    ("sts:TagSession", ROLES),
    ("sts:GetCallerIdentity", &["*"]),
    (
        "kms:Decrypt",
        &["arn:aws:kms:eu-west-1:111111111111:key/1", "arn:aws:kms:eu-west-1:111111111111:alias/x"],
    ),
    ("kms:RetireGrant", &["arn:aws:kms:eu-west-1:111111111111:key/1"]),
    ("kms:ListKeys", &["*"]),
    ("iam:GetUser", &[USER, "arn:aws:iam::aws:policy/P"]),
    ("iam:DeletePolicy", &["arn:aws:iam::aws:policy/P", "arn:aws:iam::111111111111:policy/P"]),
    (
        "iam:DeleteRole",
        &[
            "arn:aws:iam::111111111111:role/aws-service-role/x/X",
            "arn:aws:iam::111111111111:role/aws-reserved/x",
            ROLE,
        ],
    ),
    ("own:Thing", &["arn:aws:own:::b/k"]),
];

/// Operators with a key of their type and values of it, some of them wrong.
pub(crate) type FamilyOf = (&'static [&'static str], &'static str, &'static [&'static str]);

pub(crate) const FAMILIES: [FamilyOf; 8] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        "k:str",
        &[
            "alice",
            "Alice",
            "a*",
            "b?b",
            "bob",
            "",
            "${aws:username}",
            "${k:none}",
            "${k:none, 'bob'}",
            "a${*}",
            "${k:list}",
            "x${",
        ],
    ),
    (
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        "k:arn",
        &[
            "arn:aws:s3:::b",
            "arn:aws:s3:::*",
            "arn:aws:*:*:b",
            "arn:aws:sns:eu:1:t",
            "arn:*:sns:*:*:?",
            "*",
            "no arn",
            "arn:aws:s3:::${k:str}",
            "${k:arn}",
        ],
    ),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        "k:num",
        &["10", "10.0", "9.99", "-1", "0", "-0", "100", "ten", "10abc"],
    ),
    (
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        "k:date",
        &[MOMENTS[0].0, MOMENTS[1].0, MOMENTS[2].0, MOMENTS[3].0, MOMENTS[4].0, MOMENTS[5].0, "soon"],
    ),
    (&["Bool"], "k:bool", &["true", "false", "TRUE", "yes", "${k:bool}", "${k:none}"]),
    (
        &["IpAddress", "NotIpAddress"],
        "k:ip",
        &[
            "10.0.0.1",
            "10.0.0.0/8",
            "10.9.9.9/8",
            "0.0.0.0/0",
            "::/0",
            "2001:DB8::1",
            "2001:db8:0::1/64",
            "10.0.0.0/33",
            "nowhere",
            "192.168.1.1",
        ],
    ),
    (&["Null"], "k:str", &["true", "false", "TRUE"]),
    (&["StringEquals", "StringLike", "StringNotLike"], "aws:username", &["alice", "a*", "bob"]),
];
