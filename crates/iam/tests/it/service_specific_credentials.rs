//! Service-specific credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::ServiceCredential;

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};

const CODE: &str = "codecommit.amazonaws.com";
const TABLES: &str = "cassandra.amazonaws.com";
const MODELS: &str = "bedrock.amazonaws.com";

#[tokio::test]
async fn a_new_credential_tells_its_password_once() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Alice")]).await;
    let create = [("UserName", "alice"), ("ServiceName", CODE)];
    let made = world.ok(&world.root, "CreateServiceSpecificCredential", &create).await;
    let (id, password) = (made.get("ServiceSpecificCredentialId"), made.get("ServicePassword"));
    assert!(id.starts_with("ACCA") && password.len() == 60, "{id} {password}");
    assert_eq!(made.get("ServiceUserName"), "Alice-at-123456789012");
    assert_eq!((made.get("ServiceName"), made.get("Status")), (CODE, "Active"));
    assert!(!made.has("ServiceCredentialSecret") && !made.has("ExpirationDate"));
    world.advance(1);
    let second = world.ok(&world.root, "CreateServiceSpecificCredential", &create).await;
    assert_eq!(second.get("ServiceUserName"), "Alice+1-at-123456789012");
    let refusal = world.refused(&world.root, "CreateServiceSpecificCredential", &create).await;
    assert_eq!(
        refusal,
        fault("LimitExceeded", "Cannot exceed quota for ContextSpecificCredentialsPerUserPerContext: 2")
    );
    // The quota is of one service.
    let tables = [("UserName", "alice"), ("ServiceName", TABLES)];
    world.ok(&world.root, "CreateServiceSpecificCredential", &tables).await;

    let listed = world.ok(&world.root, "ListServiceSpecificCredentials", &create).await;
    let names = ["Alice-at-123456789012", "Alice+1-at-123456789012"];
    assert_eq!(all(&listed.xml, "ServiceUserName"), names);
    assert!(!listed.has("ServicePassword"));
    let key = format!("aws:123456789012/{id}");
    let sealed = world.core.store.read().secret(ServiceCredential::SECRET, &key).await.unwrap().unwrap();
    let keyring = world.core.authorizer.keyring();
    let opened =
        keyring.unseal(ServiceCredential::PURPOSE, key.as_bytes(), &sealed.parse().unwrap()).unwrap();
    assert_eq!(*opened, password.as_bytes());
    let events = world.core.store.events(0, 100).await.unwrap();
    assert!(!format!("{events:?}").contains(password), "a password is in the audit trail");
}

#[tokio::test]
async fn a_key_of_bedrock_has_an_alias_and_may_expire() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let create = [("UserName", "alice"), ("ServiceName", MODELS), ("CredentialAgeDays", "30")];
    let made = world.ok(&world.root, "CreateServiceSpecificCredential", &create).await;
    let alias = made.get("ServiceCredentialAlias");
    assert_eq!(alias, "alice-at-123456789012");
    assert!(!made.has("ServicePassword") && !made.has("ServiceUserName"));
    assert_eq!(made.get("ExpirationDate"), "2026-01-31T00:00:00Z");
    let secret = made.get("ServiceCredentialSecret").strip_prefix("ABSK").unwrap();
    let secret = String::from_utf8(STANDARD.decode(secret).unwrap()).unwrap();
    assert!(secret.starts_with(&format!("{alias}:")), "{secret}");
    let status = async || {
        let listed = world.ok(&world.root, "ListServiceSpecificCredentials", &create[..1]).await;
        listed.get("Status").to_owned()
    };
    world.advance(30 * 86_400 - 1);
    assert_eq!(status().await, "Active");
    world.advance(1);
    assert_eq!(status().await, "Expired");

    for days in ["0", "36601"] {
        let parameters = [create[0], create[1], ("CredentialAgeDays", days)];
        let refusal = world.refused(&world.root, "CreateServiceSpecificCredential", &parameters).await;
        assert_eq!(refusal.0, "ValidationError");
    }
    // Passwords may end as well, and a service is one however it is written.
    let parameters = [create[0], ("ServiceName", "CodeCommit.amazonaws.com"), create[2]];
    let made = world.ok(&world.root, "CreateServiceSpecificCredential", &parameters).await;
    assert!(made.has("ExpirationDate") && made.get("ServiceName") == CODE, "{}", made.xml);
}

#[tokio::test]
async fn a_service_without_such_credentials_is_refused() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let parameters = [("UserName", "alice"), ("ServiceName", "s3.amazonaws.com")];
    let message = "No such service s3.amazonaws.com is supported for Service Specific Credentials";
    for operation in ["CreateServiceSpecificCredential", "ListServiceSpecificCredentials"] {
        let refusal = world.refused(&world.root, operation, &parameters).await;
        assert_eq!(refusal, fault("NoSuchEntity", message));
    }
}

#[tokio::test]
async fn a_credential_is_reset_made_inactive_and_deleted() {
    let world = world().await;
    for name in ["alice", "bob"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let create = [("UserName", "alice"), ("ServiceName", CODE)];
    let made = world.ok(&world.root, "CreateServiceSpecificCredential", &create).await;
    let id = made.get("ServiceSpecificCredentialId");
    let of = |user| [("UserName", user), ("ServiceSpecificCredentialId", id), ("Status", "Inactive")];
    world.ok(&world.root, "UpdateServiceSpecificCredential", &of("alice")).await;
    let reset = world.ok(&world.root, "ResetServiceSpecificCredential", &of("alice")[..2]).await;
    assert_eq!(reset.get("ServiceUserName"), made.get("ServiceUserName"));
    assert_ne!(reset.get("ServicePassword"), made.get("ServicePassword"));
    assert_eq!(reset.get("Status"), "Inactive");

    let missing = fault("NoSuchEntity", &format!("No such credential {id} exists"));
    let foreign = format!("User bob does not have a service specific credential with id {id}");
    let foreign = fault("ValidationError", &foreign);
    assert_eq!(world.refused(&world.root, "UpdateServiceSpecificCredential", &of("bob")).await, foreign);
    for operation in ["ResetServiceSpecificCredential", "DeleteServiceSpecificCredential"] {
        assert_eq!(world.refused(&world.root, operation, &of("bob")[..2]).await, foreign);
    }
    let refusal = world.refused(&world.root, "DeleteUser", &create[..1]).await;
    assert_eq!(
        refusal,
        fault("DeleteConflict", "Cannot delete entity, must remove referenced objects first.")
    );
    world.ok(&world.root, "DeleteServiceSpecificCredential", &of("alice")[..2]).await;
    let key = format!("aws:123456789012/{id}");
    assert!(world.core.store.read().secret(ServiceCredential::SECRET, &key).await.unwrap().is_none());
    let refusal = world.refused(&world.root, "DeleteServiceSpecificCredential", &of("alice")[..2]).await;
    assert_eq!(refusal, missing);
    world.ok(&world.root, "DeleteUser", &create[..1]).await;
}

#[tokio::test]
async fn all_credentials_of_an_account_are_listed_in_pages() {
    let world = world().await;
    for name in ["alice", "bob"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
        for service in [CODE, TABLES] {
            let create = [("UserName", name), ("ServiceName", service)];
            world.ok(&world.root, "CreateServiceSpecificCredential", &create).await;
        }
    }
    let of_code = [("AllUsers", "true"), ("ServiceName", CODE)];
    let listed = world.ok(&world.root, "ListServiceSpecificCredentials", &of_code).await;
    assert_eq!(all(&listed.xml, "UserName"), ["alice", "bob"]);
    let mut seen = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut parameters = vec![("AllUsers", "true"), ("MaxItems", "3")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = world.ok(&world.root, "ListServiceSpecificCredentials", &parameters).await;
        seen.extend(all(&page.xml, "ServiceSpecificCredentialId"));
        if page.get("IsTruncated") == "false" {
            break;
        }
        marker = Some(page.get("Marker").to_owned());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 4);
    let both = [("AllUsers", "true"), ("UserName", "alice")];
    assert_eq!(
        world.refused(&world.root, "ListServiceSpecificCredentials", &both).await.0,
        "ValidationError"
    );
    let of_users = world.user("of-users", &allow("iam:ListServiceSpecificCredentials", &arn("user/*"))).await;
    world.ok(&of_users, "ListServiceSpecificCredentials", &of_code).await;
    let of_alice =
        world.user("of-alice", &allow("iam:ListServiceSpecificCredentials", &arn("user/alice"))).await;
    assert_eq!(world.refused(&of_alice, "ListServiceSpecificCredentials", &of_code).await.0, "AccessDenied");
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_user_for_its_service() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let (here, there) = (&*arn("user/a"), &*arn("user/b"));
    let create = |user| [("UserName", user), ("ServiceName", CODE)];
    let action = "iam:CreateServiceSpecificCredential";
    needs_leave(&world, action, (here, &create("a")), (there, &create("b"))).await;
    let listed = world.ok(&world.root, "ListServiceSpecificCredentials", &[("UserName", "a")]).await;
    let id = listed.get("ServiceSpecificCredentialId");
    let named = |user| [("UserName", user), ("ServiceSpecificCredentialId", id), ("Status", "Inactive")];
    for (action, take) in [
        ("iam:ListServiceSpecificCredentials", 1),
        ("iam:UpdateServiceSpecificCredential", 3),
        ("iam:ResetServiceSpecificCredential", 2),
    ] {
        needs_leave(&world, action, (here, &named("a")[..take]), (there, &named("b")[..take])).await;
    }
    let condition =
        format!(r#"{{"StringEquals":{{"iam:ServiceSpecificCredentialServiceName":"{TABLES}"}}}}"#);
    let who = world.user("who", &allow_if("iam:*ServiceSpecificCredential", "*", &condition)).await;
    let refusal = world.refused(&who, "CreateServiceSpecificCredential", &create("a")).await;
    assert_eq!(refusal, denied("who", action, here));
    let refusal = world.refused(&who, "DeleteServiceSpecificCredential", &named("a")[..2]).await;
    assert_eq!(refusal, denied("who", "iam:DeleteServiceSpecificCredential", here));
    world.ok(&who, "CreateServiceSpecificCredential", &[("UserName", "a"), ("ServiceName", TABLES)]).await;
    let young = r#"{"NumericLessThanEquals":{"iam:ServiceSpecificCredentialAgeDays":"30"}}"#;
    let who = world.user("young", &allow_if(action, "*", young)).await;
    let aged = |days| [("UserName", "a"), ("ServiceName", MODELS), ("CredentialAgeDays", days)];
    let refusal = world.refused(&who, "CreateServiceSpecificCredential", &aged("31")).await;
    assert_eq!(refusal, denied("young", action, here));
    world.ok(&who, "CreateServiceSpecificCredential", &aged("30")).await;
    let action = "iam:DeleteServiceSpecificCredential";
    needs_leave(&world, action, (here, &named("a")[..2]), (there, &named("b")[..2])).await;
}
