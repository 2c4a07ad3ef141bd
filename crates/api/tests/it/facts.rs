//! Facts that the rest of the house stands on, spot-checked by hand.

use std::collections::BTreeMap;

use api::iam::types::{
    AccessKey, CreateAccessKeyOutput, CreateUserInput, CreateUserOutput, GetAccountSummaryOutput,
    ListUsersOutput, Role, StatusType, SummaryKeyType, User,
};
use api::iam::{self, faults};
use api::sts;
use wire::query;
use wire::{Decode, Document, Kind, Shape};

#[test]
fn operations_are_found_by_name() {
    for service in [&iam::SERVICE, &sts::SERVICE] {
        assert!(service.operations.is_sorted_by_key(|operation| operation.name));
        for operation in service.operations {
            assert!(std::ptr::eq(operation.service, service));
            assert!(std::ptr::eq(service.operation(operation.name).unwrap(), *operation));
        }
        assert!(service.operation("createuser").is_none());
    }
    assert_eq!((iam::SERVICE.name, iam::SERVICE.api_version), ("iam", "2010-05-08"));
    assert_eq!((sts::SERVICE.name, sts::SERVICE.api_version), ("sts", "2011-06-15"));
    assert!(sts::SERVICE.echo_values && !iam::SERVICE.echo_values);
    assert!(sts::operations::ASSUME_ROLE_WITH_SAML.unsigned && !sts::operations::ASSUME_ROLE.unsigned);
}

#[test]
fn pages_name_their_members() {
    let pages = iam::operations::LIST_USERS.pages.unwrap();
    assert_eq!((pages.input_token, pages.output_token), ("Marker", "Marker"));
    assert_eq!(
        (pages.limit, pages.more, pages.results),
        (Some("MaxItems"), Some("IsTruncated"), &["Users"][..])
    );
    assert!(iam::operations::CREATE_USER.pages.is_none());
}

#[test]
fn faults_have_their_code_and_status() {
    let fault = faults::entity_already_exists("User with name bob already exists.");
    assert_eq!((fault.code.as_ref(), fault.status, fault.sender), ("EntityAlreadyExists", 409, true));
    let fault = faults::service_failure("");
    assert_eq!((fault.code.as_ref(), fault.status, fault.sender), ("ServiceFailure", 500, false));
    let fault = faults::organization_not_found("");
    assert_eq!((fault.code.as_ref(), fault.status), ("OrganizationNotFoundException", 400));
    assert_eq!(sts::faults::expired_token("").code, "ExpiredTokenException");
    assert!(iam::operations::CREATE_USER.errors.contains(&"EntityAlreadyExists"));
}

#[test]
fn policies_that_responses_carry_are_encoded() {
    let mut found = Vec::new();
    for operation in iam::SERVICE.operations {
        if let Some(output) = operation.output {
            encoded(output, operation.name, &mut found);
        }
    }
    for expected in [
        "CreateRole.Role.AssumeRolePolicyDocument",
        "GetAccountAuthorizationDetails.UserDetailList.UserPolicyList.PolicyDocument",
        "GetGroupPolicy.PolicyDocument",
        "GetPolicyVersion.PolicyVersion.Document",
        "GetRole.Role.AssumeRolePolicyDocument",
        "GetRolePolicy.PolicyDocument",
        "GetUserPolicy.PolicyDocument",
        "ListPolicyVersions.Versions.Document",
    ] {
        assert!(found.iter().any(|path| path == expected), "{expected} in {found:?}");
    }
}

fn encoded(shape: &Shape, path: &str, found: &mut Vec<String>) {
    if shape.url_encoded {
        found.push(path.to_owned());
    }
    match &shape.kind {
        Kind::Structure(members) => {
            for member in *members {
                encoded(member.shape, &format!("{path}.{}", member.name), found);
            }
        }
        Kind::List(list) => encoded(list.item, path, found),
        _ => {}
    }
}

#[test]
fn a_created_user_is_answered_as_aws_does() {
    let user = User {
        path: "/".to_owned(),
        user_name: "bob".to_owned(),
        user_id: "AIDA".to_owned(),
        arn: "arn:aws:iam::123456789012:user/bob".to_owned(),
        create_date: "2026-11-22T15:04:05Z".parse().unwrap(),
        ..User::default()
    };
    assert_eq!(
        query::success(&iam::operations::CREATE_USER, &CreateUserOutput { user: Some(user) }, "id"),
        "<CreateUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateUserResult><User>\
         <Path>/</Path><UserName>bob</UserName><UserId>AIDA</UserId>\
         <Arn>arn:aws:iam::123456789012:user/bob</Arn><CreateDate>2026-11-22T15:04:05Z</CreateDate>\
         </User></CreateUserResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>\
         </CreateUserResponse>"
    );
}

#[test]
fn lists_maps_and_nothing_are_answered_as_aws_does() {
    let none = ListUsersOutput { is_truncated: Some(false), ..ListUsersOutput::default() };
    let xml = query::success(&iam::operations::LIST_USERS, &none, "id");
    assert!(
        xml.contains("<ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult>"),
        "{xml}"
    );
    let summary = BTreeMap::from([(SummaryKeyType::Users, 2), (SummaryKeyType::UsersQuota, 5000)]);
    let summary = GetAccountSummaryOutput { summary_map: Some(summary) };
    let xml = query::success(&iam::operations::GET_ACCOUNT_SUMMARY, &summary, "id");
    assert!(xml.contains("<SummaryMap><entry><key>Users</key><value>2</value></entry><entry>"), "{xml}");
    let xml = query::success(&iam::operations::DELETE_USER, &(), "id");
    assert!(!xml.contains("Result"), "{xml}");
}

#[test]
fn a_trust_policy_is_encoded_in_responses_and_plain_in_types() {
    let role = Role { assume_role_policy_document: Some("{\"a b\"}".to_owned()), ..Role::default() };
    let output = iam::types::GetRoleOutput { role };
    let xml = query::success(&iam::operations::GET_ROLE, &output, "id");
    assert!(xml.contains("<AssumeRolePolicyDocument>%7B%22a%20b%22%7D</AssumeRolePolicyDocument>"), "{xml}");
}

#[test]
fn a_secret_key_is_sent_but_never_printed() {
    let access_key = AccessKey {
        user_name: "bob".to_owned(),
        access_key_id: "AKIA".to_owned(),
        status: StatusType::Active,
        secret_access_key: "hunter2".to_owned(),
        create_date: None,
    };
    let output = CreateAccessKeyOutput { access_key };
    let debug = format!("{output:?}");
    assert!(debug.contains("SecretAccessKey: ***") && !debug.contains("hunter2"), "{debug}");
    assert_eq!(wire::redacted_response(&output)["accessKey"]["status"], "Active");
    assert!(!wire::redacted_response(&output).to_string().contains("hunter2"));
    let xml = query::success(&iam::operations::CREATE_ACCESS_KEY, &output, "id");
    assert!(xml.contains("<SecretAccessKey>hunter2</SecretAccessKey>"));
}

#[test]
fn a_document_of_another_shape_is_a_mismatch() {
    assert!(CreateUserInput::decode(Document::Boolean(true)).is_err());
    let other = wire::Structure::new(iam::operations::DELETE_USER.input);
    assert!(CreateUserInput::decode(other.into()).is_err());
    let empty = wire::Structure::new(iam::operations::CREATE_USER.input);
    let fault = wire::Fault::from(CreateUserInput::decode(empty.into()).unwrap_err());
    assert_eq!((fault.code.as_ref(), fault.sender), ("InternalFailure", false));
}

#[test]
fn enums_print_and_parse() {
    for value in StatusType::ALL {
        assert_eq!(StatusType::parse(value.as_str()), Some(*value));
    }
    assert_eq!(StatusType::parse("active"), None);
}
