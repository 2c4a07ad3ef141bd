//! Inline policies of users, groups and roles.

use crate::asking::{all, allow, allow_if, arn, decoded, denied, fault, needs_leave, world};
use service::testing::World;

const KINDS: [(&str, &str); 3] = [("User", "user"), ("Group", "group"), ("Role", "role")];
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;
/// Spaces, escapes and an accent: what must come back as it was sent.
const DOCUMENT: &str = "{ \"Version\": \"2012-10-17\",\n\t\"Statement\": [{\"Sid\": \"A1\", \"Effect\": \"Allow\", \
                        \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::b\u{e9}\\u0041/${aws:username}/*\" }] }";

/// A world with a user, a group and a role, each called `Holder`.
async fn with_holders() -> World {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Holder")]).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "Holder")]).await;
    let parameters = [("RoleName", "Holder"), ("AssumeRolePolicyDocument", TRUST)];
    world.ok(&world.root, "CreateRole", &parameters).await;
    world
}

#[tokio::test]
async fn a_document_comes_back_byte_for_byte() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        let parameters = [(&*holder, "hOLDER"), ("PolicyName", "My.Policy"), ("PolicyDocument", DOCUMENT)];
        world.ok(&world.root, &format!("Put{kind}Policy"), &parameters).await;
        let got = world.ok(&world.root, &format!("Get{kind}Policy"), &parameters[..2]).await;
        // Names come back as they are kept, the document percent-encoded.
        assert_eq!(got.get(&holder), "Holder");
        assert_eq!(got.get("PolicyName"), "My.Policy");
        assert_eq!(decoded(got.get("PolicyDocument")), DOCUMENT);
    }
}

#[tokio::test]
async fn putting_again_replaces() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        for action in ["s3:GetObject", "s3:PutObject"] {
            let document = allow(action, "*");
            let parameters = [(&*holder, "Holder"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
            world.ok(&world.root, &format!("Put{kind}Policy"), &parameters).await;
        }
        let parameters = [(&*holder, "Holder"), ("PolicyName", "p")];
        let got = world.ok(&world.root, &format!("Get{kind}Policy"), &parameters).await;
        assert_eq!(decoded(got.get("PolicyDocument")), allow("s3:PutObject", "*"));
    }
}

#[tokio::test]
async fn names_are_listed_in_order_and_page_by_page() {
    let world = with_holders().await;
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let list = format!("List{}Policies", kind);
        let none = world.ok(&world.root, &list, &[(&holder, "Holder")]).await;
        assert_eq!(all(&none.xml, "member"), Vec::<String>::new());
        for name in ["c", "a", "b"] {
            let document = allow("s3:GetObject", "*");
            let parameters = [(&*holder, "Holder"), ("PolicyName", name), ("PolicyDocument", &*document)];
            world.ok(&world.root, &format!("Put{kind}Policy"), &parameters).await;
        }
        let first = world.ok(&world.root, &list, &[(&holder, "Holder"), ("MaxItems", "2")]).await;
        assert_eq!(all(&first.xml, "member"), ["a", "b"], "{noun}");
        assert_eq!(first.get("IsTruncated"), "true");
        let parameters = [(&*holder, "Holder"), ("Marker", first.get("Marker"))];
        let rest = world.ok(&world.root, &list, &parameters).await;
        assert_eq!(all(&rest.xml, "member"), ["c"]);
        assert_eq!(rest.get("IsTruncated"), "false");
    }
}

#[tokio::test]
async fn the_longest_names_are_paged_too() {
    let world = with_holders().await;
    let document = allow("s3:GetObject", "*");
    let names = ["a", "b", "c"].map(|letter| letter.repeat(128));
    for name in &names {
        let parameters = [("UserName", "Holder"), ("PolicyName", name), ("PolicyDocument", &document)];
        world.ok(&world.root, "PutUserPolicy", &parameters).await;
    }
    let first = world.ok(&world.root, "ListUserPolicies", &[("UserName", "Holder"), ("MaxItems", "1")]).await;
    let parameters = [("UserName", "Holder"), ("Marker", first.get("Marker"))];
    let rest = world.ok(&world.root, "ListUserPolicies", &parameters).await;
    assert_eq!(all(&rest.xml, "member"), names[1..]);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_found() {
    let world = with_holders().await;
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let document = allow("s3:GetObject", "*");
        let no_policy = [(&*holder, "Holder"), ("PolicyName", "none")];
        let missing = fault("NoSuchEntity", &format!("The {noun} policy with name none cannot be found."));
        assert_eq!(world.refused(&world.root, &format!("Get{kind}Policy"), &no_policy).await, missing);
        assert_eq!(world.refused(&world.root, &format!("Delete{kind}Policy"), &no_policy).await, missing);

        let nobody = [(&*holder, "none"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
        let missing = fault("NoSuchEntity", &format!("The {noun} with name none cannot be found."));
        assert_eq!(world.refused(&world.root, &format!("Put{kind}Policy"), &nobody).await, missing);
        assert_eq!(world.refused(&world.root, &format!("Get{kind}Policy"), &nobody[..2]).await, missing);
        assert_eq!(world.refused(&world.root, &format!("Delete{kind}Policy"), &nobody[..2]).await, missing);
        assert_eq!(world.refused(&world.root, &format!("List{kind}Policies"), &nobody[..1]).await, missing);
    }
}

#[tokio::test]
async fn a_deleted_policy_is_gone() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        let document = allow("s3:GetObject", "*");
        let parameters = [(&*holder, "Holder"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
        world.ok(&world.root, &format!("Put{kind}Policy"), &parameters).await;
        world.ok(&world.root, &format!("Delete{kind}Policy"), &parameters[..2]).await;
        let refusal = world.refused(&world.root, &format!("Get{kind}Policy"), &parameters[..2]).await;
        assert_eq!(refusal.0, "NoSuchEntity");
    }
}

#[tokio::test]
async fn a_broken_document_is_refused_in_the_words_of_the_validation() {
    let world = with_holders().await;
    for (kind, _) in KINDS {
        let holder = format!("{kind}Name");
        for (document, message) in [
            ("{", "Syntax errors in policy."),
            (
                r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
                "Policy document must be version 2012-10-17 or greater.",
            ),
            (
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}"#,
                "Policy statement must contain resources.",
            ),
            (
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"nothing","Resource":"*"}}"#,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
        ] {
            let parameters = [(&*holder, "Holder"), ("PolicyName", "p"), ("PolicyDocument", document)];
            let refusal = world.refused(&world.root, &format!("Put{kind}Policy"), &parameters).await;
            assert_eq!(refusal, fault("MalformedPolicyDocument", message), "{document}");
        }
        let parameters = [(&*holder, "Holder")];
        let list = world.ok(&world.root, &format!("List{kind}Policies"), &parameters).await;
        assert_eq!(all(&list.xml, "member"), Vec::<String>::new());
    }
}

/// A document of exactly so many characters that are no white space.
fn of_size(size: usize) -> String {
    let empty = allow("s3:GetObject", "arn:aws:s3:::").replace("\"{}\"", "");
    let filler = "b".repeat(size - empty.len());
    allow("s3:GetObject", &format!("arn:aws:s3:::{filler}"))
}

#[tokio::test]
async fn inline_policies_share_one_quota_of_characters() {
    let world = with_holders().await;
    for ((kind, noun), limit) in KINDS.into_iter().zip([2048, 5120, 10240]) {
        let holder = format!("{kind}Name");
        let put = format!("Put{kind}Policy");
        let half = of_size(limit / 2);
        for name in ["a", "b"] {
            let parameters = [(&*holder, "Holder"), ("PolicyName", name), ("PolicyDocument", &*half)];
            world.ok(&world.root, &put, &parameters).await;
        }
        let message = format!("Maximum policy size of {limit} bytes exceeded for {noun} Holder");
        let more = of_size(limit / 2 + 1);
        let parameters = [(&*holder, "holder"), ("PolicyName", "b"), ("PolicyDocument", &*more)];
        assert_eq!(world.refused(&world.root, &put, &parameters).await, fault("LimitExceeded", &message));
        // White space between the tokens is free, and what is replaced does not count.
        let spaced = half.replace(",\"", ",\n    \"");
        let parameters = [(&*holder, "Holder"), ("PolicyName", "b"), ("PolicyDocument", &*spaced)];
        world.ok(&world.root, &put, &parameters).await;
    }
}

#[tokio::test]
async fn each_operation_needs_leave_on_the_holder() {
    let world = with_holders().await;
    let document = allow("s3:GetObject", "*");
    for (kind, noun) in KINDS {
        let holder = format!("{kind}Name");
        let ours = [(&*holder, "Holder"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
        let other = [(&*holder, "Other"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
        let (here, there) = (arn(&format!("{noun}/Holder")), arn(&format!("{noun}/Other")));
        for (action, take) in [("Put", 3), ("Get", 2), ("Delete", 2)] {
            let action = format!("iam:{action}{kind}Policy");
            needs_leave(&world, &action, (&here, &ours[..take]), (&there, &other[..take])).await;
        }
        let action = format!("iam:List{kind}Policies");
        needs_leave(&world, &action, (&here, &ours[..1]), (&there, &other[..1])).await;
    }
}

#[tokio::test]
async fn who_may_change_only_bounded_principals_is_held_to_it() {
    let world = with_holders().await;
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let condition = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{boundary}"}}}}"#);
    let document = allow("s3:GetObject", "*");
    for (kind, noun) in [("User", "user"), ("Role", "role")] {
        let holder = format!("{kind}Name");
        let parameters = [(&*holder, "Holder"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
        for (n, (verb, take)) in [("Put", 3), ("Delete", 2)].into_iter().enumerate() {
            let name = format!("admin-{noun}-{n}");
            let operation = format!("{verb}{kind}Policy");
            let action = format!("iam:{operation}");
            let admin = world.user(&name, &allow_if(&action, "*", &condition)).await;
            if n == 0 {
                let refusal = world.refused(&admin, &operation, &parameters[..take]).await;
                assert_eq!(refusal, denied(&name, &action, &arn(&format!("{noun}/Holder"))));
                let bound = [(&*holder, "Holder"), ("PermissionsBoundary", boundary)];
                world.ok(&world.root, &format!("Put{kind}PermissionsBoundary"), &bound).await;
            }
            world.ok(&admin, &operation, &parameters[..take]).await;
        }
    }
}

#[tokio::test]
async fn a_policy_binds_at_the_next_request() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    let get = [("UserName", "alice")];
    assert_eq!(world.refused(&alice, "GetUser", &get).await.0, "AccessDenied");
    let document = allow("iam:GetUser", &arn("user/${aws:username}"));
    let parameters = [("UserName", "alice"), ("PolicyName", "p"), ("PolicyDocument", &*document)];
    world.ok(&world.root, "PutUserPolicy", &parameters).await;
    world.ok(&alice, "GetUser", &get).await;
    world.ok(&world.root, "DeleteUserPolicy", &parameters[..2]).await;
    assert_eq!(world.refused(&alice, "GetUser", &get).await.0, "AccessDenied");
}

#[tokio::test]
async fn the_case_of_a_policy_s_name_does_not_matter() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#;
    let of = |name| [("UserName", "alice"), ("PolicyName", name), ("PolicyDocument", document)];
    world.ok(&world.root, "PutUserPolicy", &of("MixedName")).await;
    world.ok(&world.root, "PutUserPolicy", &of("mixedname")).await;
    let listed = world.ok(&world.root, "ListUserPolicies", &of("")[..1]).await;
    assert_eq!(crate::asking::all(&listed.xml, "member"), ["MixedName"]);
    let got = world.ok(&world.root, "GetUserPolicy", &of("MIXEDNAME")[..2]).await;
    assert_eq!(got.get("PolicyName"), "MIXEDNAME");
    world.ok(&world.root, "DeleteUserPolicy", &of("mixedNAME")[..2]).await;
    assert_eq!(world.refused(&world.root, "GetUserPolicy", &of("MixedName")[..2]).await.0, "NoSuchEntity");
}
