use super::*;

const RESOURCE: &str = r#""Resource":"*""#;

fn statement(rest: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#)
}

fn identity(text: &str) -> String {
    match identity_policy(text) {
        Ok(_) => "ok".into(),
        Err(malformed) => malformed.message,
    }
}

fn trust(text: &str) -> String {
    match trust_policy(text) {
        Ok(_) => "ok".into(),
        Err(malformed) => malformed.message,
    }
}

#[test]
fn whatever_breaks_the_grammar_is_a_syntax_error() {
    for bad in [
        "",
        "not json",
        "[]",
        "{}",
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":["x"]}"#,
        r#"{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Extra":1,"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Maybe","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Id":1,"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        &statement(r#""Action":"s3:*","NotAction":"s3:*","Resource":"*""#),
        &statement(r#""Action":"s3:*","Resource":"*","NotResource":"*""#),
        &statement(r#""Action":1,"Resource":"*""#),
        &statement(r#""Action":[null],"Resource":"*""#),
        &statement(r#""Action":"s3:*","Resource":{}"#),
        &statement(r#""Action":"s3:*","Resource":"*","action":"x""#),
        &statement(r#""Action":"s3:*","Resource":"*","Sid":1"#),
        &statement(r#""Action":"s3:*","Resource":"*","Condition":"x""#),
        &statement(r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":"x"}"#),
        &statement(r#""Action":"s3:*","Resource":"*","Condition":{"stringequals":{"a":"x"}}"#),
        &statement(r#""Action":"s3:*","Resource":"*","Condition":{"NullIfExists":{"a":"true"}}"#),
        &statement(r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a":null}}"#),
        &statement(r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a":{}}}"#),
        &statement("\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::\u{100}\""),
    ] {
        assert_eq!(identity(bad), "Syntax errors in policy.", "{bad}");
    }
}

#[test]
fn stages_come_in_iam_s_order() {
    for (text, message) in [
        (r#"{"Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}"#.into(), "Policy document must be version 2012-10-17 or greater."),
        (r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#.into(), "Policy document must be version 2012-10-17 or greater."),
        (r#"{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"x","Resource":"*"}}"#.into(), "The policy failed legacy parsing"),
        (statement(r#""Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}"#), "The policy failed legacy parsing"),
        (statement(r#""Action":"s3:*","Resource":"arn:aws:s3::x""#), "The policy failed legacy parsing"),
        (statement(r#""Action":"s3:*","Resource":"arn:aws::::x""#), "The policy failed legacy parsing"),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"x","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#.into(),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (statement(r#""Resource":"bad""#), "Policy statement must contain actions."),
        (statement(r#""Action":[],"Resource":"bad""#), "Policy statement must contain actions."),
        (statement(r#""Action":"x","Resource":"bad""#), r#"Resource bad must be in ARN format or "*"."#),
        (statement(r#""Action":"x""#), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (statement(r#""Action":"s3:*""#), "Policy statement must contain resources."),
        (statement(r#""Action":"s3:*","NotResource":[]"#), "Policy statement must contain resources."),
        (statement(r#""Action":"s3:*","Resource":"*","Principal":"*""#), "Policy document should not specify a principal."),
    ] {
        assert_eq!(identity(&text), message, "{text}");
    }
}

#[test]
fn resources_are_arns() {
    for (resource, message) in [
        ("invalid", r#"Resource invalid must be in ARN format or "*"."#),
        ("arn:xyz:s3:::b", r#"Partition "xyz" is not valid for resource "arn:xyz:s3:::b"."#),
        ("arn:xyz", r#"Partition "xyz" is not valid for resource "arn:xyz:*:*:*:*"."#),
        ("arn:xyz:s3:r", r#"Partition "xyz" is not valid for resource "arn:xyz:s3:r:*:*"."#),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:aws:s*:::b", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:aws:s3:us-east-1::b", "Resource arn:aws:s3:us-east-1::b can not contain region information."),
        (
            "arn:aws:iam:us-east-1::user/x",
            "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
        ),
        (
            "arn:aws:iam::123456789012:x",
            "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, instance-profile/, \
             mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/, \
             delegation-request/.",
        ),
        ("arn:aws:fdsasf", "ok"),
        ("arn:aws:s3:*", "ok"),
        ("arn:*:s3:::b", "ok"),
        ("arn:aws:s3:eu-west-1:123456789012:accesspoint/x", "ok"),
        ("arn:aws:iam::123456789012:*", "ok"),
        ("arn:aws:iam::123456789012:user/x", "ok"),
        ("arn:aws:iam::aws:role-template/example.amazonaws.com/x:1", "ok"),
        ("arn:aws:sqs:*:*:${aws:username}", "ok"),
    ] {
        assert_eq!(
            identity(&statement(&format!(r#""Action":"s3:*","Resource":["*","{resource}"]"#))),
            message,
            "{resource}"
        );
        assert_eq!(
            identity(&statement(&format!(r#""Action":"s3:*","NotResource":"{resource}""#))),
            message,
            "{resource}"
        );
    }
}

#[test]
fn of_several_bad_resources_the_first_by_its_text_is_told() {
    let text = statement(r#""Action":"s3:*","Resource":["zz","*","aa"]"#);
    assert_eq!(identity(&text), r#"Resource aa must be in ARN format or "*"."#);
    assert_eq!(findings(Kind::Identity, &text).len(), 2);
}

#[test]
fn actions_have_a_vendor() {
    for (action, message) in [
        ("s3:s3:x", "Actions/Condition can contain only one colon."),
        ("ListBucket", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ("", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ("a a:x", "Vendor a a is not valid"),
        ("*:x", "Vendor * is not valid"),
        ("s?:x", "Vendor s? is not valid"),
        ("*", "ok"),
        ("own-service.x:Do Something", "ok"),
        ("s3:*", "ok"),
    ] {
        for element in ["Action", "NotAction"] {
            assert_eq!(
                identity(&statement(&format!(r#""{element}":["{action}"],{RESOURCE}"#))),
                message,
                "{action}"
            );
        }
    }
}

#[test]
fn iam_accepts_these_surprises() {
    for good in [
        r#""Action":"nothing:Known","Resource":"*""#,
        r#""Action":"s3:Get Object","Resource":"*""#,
        r#""Action":"s3:*","Resource":["*",null]"#,
        r#""Action":"s3:*","Resource":"*","Condition":{}"#,
        r#""Action":"s3:*","Resource":"*","Condition":{"Whatever":{}}"#,
        r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a":[]}}"#,
        r#""Action":"s3:*","Resource":"*","Condition":{"Bool":{"a":true},"Null":{"b":false},"NumericEquals":{"c":[1,"2"]}}"#,
        r#""Action":"s3:*","Resource":"*","Condition":{"DateEquals":{"a":["2017-07-02","2017-07-02T05","2017t","2017-02-31","-292275054","0","2017-07-02T05:40:00.5Z","2017-07-02T05:40:00+05"]}}"#,
    ] {
        assert_eq!(identity(&statement(good)), "ok", "{good}");
    }
    let id = r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"","Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    assert_eq!(identity(id), "ok");
}

#[test]
fn dates_that_are_none_fail_in_the_older_parser() {
    for bad in [
        "",
        "x",
        "2017-13-01",
        "2017-07-32",
        "2017-07-02-01",
        "2017-07-02T24",
        "9223372036854775808",
        "292278994-01-01",
        "2017-07-02T05:61",
        "2017-07-02T05:40:00.1234567890Z",
    ] {
        let text =
            statement(&format!(r#""Action":"s3:*",{RESOURCE},"Condition":{{"DateEquals":{{"a":"{bad}"}}}}"#));
        assert_eq!(identity(&text), "The policy failed legacy parsing", "{bad}");
    }
}

#[test]
fn sids_are_alphanumeric() {
    let text = statement(r#""Sid":"a-b","Action":"s3:*","Resource":"*""#);
    assert!(identity(&text).starts_with("Statement IDs (SID) must be alpha-numeric."));
}

#[test]
fn trust_policies_trust_principals_with_role_actions() {
    let good = r#""Principal":{"AWS":"123456789012","Service":["ec2.amazonaws.com"],"Federated":"cognito-identity.amazonaws.com"}"#;
    assert_eq!(trust(&statement(&format!(r#""Action":["sts:AssumeRole","sts:TagSession"],{good}"#))), "ok");
    assert_eq!(
        trust(&format!(r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole*",{good}}}}}"#)),
        "ok"
    );
    let actions = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity";
    for (rest, message) in [
        (format!(r#""Action":"s3:GetObject",{good}"#), actions),
        (format!(r#""Action":"*",{good}"#), actions),
        (format!(r#""Action":"sts:TagSessions",{good}"#), actions),
        (format!(r#""NotAction":"sts:AssumeRole",{good}"#), actions),
        (format!(r#""Action":"sts:AssumeRole","Resource":"*",{good}"#), "Has prohibited field Resource."),
        (
            format!(r#""Action":"sts:AssumeRole","NotResource":"*",{good}"#),
            "Has prohibited field NotResource.",
        ),
        (r#""Action":"sts:AssumeRole","NotPrincipal":"*""#.into(), "Has prohibited field NotPrincipal."),
        (r#""Action":"sts:AssumeRole""#.into(), "Missing required field Principal"),
        (
            r#""Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:group/g"}"#.into(),
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:group/g""#,
        ),
        (
            r#""Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:role/*"}"#.into(),
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/*""#,
        ),
        (
            r#""Action":"sts:AssumeRole","Principal":{"Service":""}"#.into(),
            r#"Invalid principal in policy: "SERVICE":"""#,
        ),
        (r#""Action":"sts:AssumeRole","Principal":"nobody""#.into(), "Syntax errors in policy."),
        (r#""Action":"sts:AssumeRole","Principal":{"Group":"x"}"#.into(), "Syntax errors in policy."),
    ] {
        assert_eq!(trust(&statement(&rest)), message, "{rest}");
    }
    for principal in [
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/a/b",
        "arn:aws:sts::123456789012:assumed-role/r/s",
        "AROAEXAMPLEEXAMPLEEX1",
    ] {
        assert_eq!(
            trust(&statement(&format!(r#""Action":"sts:AssumeRole","Principal":{{"AWS":"{principal}"}}"#))),
            "ok"
        );
    }
}

#[test]
fn resource_policies_name_principals_and_may_omit_the_resource() {
    assert!(resource_policy(&statement(r#""Action":"sqs:*","Principal":"*""#)).is_ok());
    assert!(resource_policy(&statement(r#""Action":"sqs:*","Principal":"*","Resource":"*""#)).is_ok());
    assert!(resource_policy(&statement(r#""Action":"sqs:*","NotPrincipal":{"AWS":"123456789012"}"#)).is_ok());
    assert!(resource_policy(&statement(r#""Action":"sqs:*","Resource":"*""#)).is_err());
    assert!(resource_policy(&statement(r#""Action":"sqs:*","Principal":{}"#)).is_err());
}

#[test]
fn control_policies_have_one_text_for_everything() {
    let scp = |rest: &str| service_control_policy(&statement(rest));
    assert!(scp(r#""Action":"s3:*","Resource":"arn:aws:s3:::b","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#).is_ok());
    assert!(scp(r#""NotAction":"s3:*","NotResource":"arn:aws:s3:::b""#).is_ok());
    let malformed = scp(r#""Action":"s3:*","Resource":"*","Principal":"*""#).unwrap_err();
    assert_eq!(
        malformed.message,
        "The provided policy document does not meet the requirements of the specified policy type."
    );
    assert_eq!(malformed.detail.as_deref(), Some("a service control policy has no principals"));

    let rcp = |statement: &str| {
        resource_control_policy(&format!(r#"{{"Version":"2012-10-17","Statement":{{{statement}}}}}"#))
    };
    assert!(rcp(r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*""#).is_ok());
    for bad in [
        r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*""#,
        r#""Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*""#,
        r#""Effect":"Deny","Action":"s3:*","Resource":"*""#,
        r#""Effect":"Deny","Principal":"*","Action":"*","Resource":"*""#,
        r#""Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*""#,
        r#""Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"*""#,
        r#""Effect":"Deny","Principal":"*","Action":"s3:*""#,
    ] {
        assert!(rcp(bad).is_err(), "{bad}");
    }
    assert!(
        resource_control_policy(
            r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#
        )
        .is_err()
    );
}

#[test]
fn findings_tell_where_they_are() {
    let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": [\"s3:*\", \"x\"], \"Resource\": \"bad\"}\n  ]\n}";
    let all = findings(Kind::Identity, text);
    let places: Vec<(u32, u32)> =
        all.iter().map(|finding| (finding.position.line, finding.position.column)).collect();
    assert_eq!(places, [(4, 62), (4, 44)]);
    let broken = identity_policy("{\n \"Version\" 1}").unwrap_err();
    assert_eq!((broken.position.line, broken.position.column), (2, 12));
    assert_eq!(broken.detail.as_deref(), Some("expected `:`"));
}

proptest::proptest! {
    #[test]
    fn validating_never_panics_and_what_passes_parses(
        effect in "Allow|Deny|allow",
        element in "Action|NotAction|Resource|Principal|Sid|Condition",
        value in r#"(\*|[a-z0-9:*/.$\{\}\-]{0,20})"#,
    ) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"s3:*","Resource":"*","{element}":"{value}"}}]}}"#);
        for kind in [Kind::Identity, Kind::Trust, Kind::Resource, Kind::Session, Kind::ServiceControl, Kind::ResourceControl] {
            let valid = policy(kind, &text).is_ok();
            proptest::prop_assert!(!valid || Policy::parse(&text).is_ok());
            proptest::prop_assert_eq!(valid, findings(kind, &text).is_empty());
        }
    }

    #[test]
    fn broken_documents_never_panic(cut in 0usize..400, junk in "\\PC{0,3}") {
        let good = statement(r#""Sid":"a","Action":["s3:*"],"Resource":["arn:aws:s3:::${aws:username}/*"],"Condition":{"DateEquals":{"a":["2017-07-02"]},"IpAddress":{"b":"::/0"}}"#);
        let cut = good.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(good.len());
        let text = format!("{}{junk}{}", good.get(..cut).unwrap(), good.get(cut..).unwrap());
        let _ = policy(Kind::Identity, &text);
        let _ = policy(Kind::Trust, &text);
    }
}
