//! An account's own services: reported by name and action, simulated, and no reason to refuse a policy.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use directory::{OwnService, OwnServiceKey};
use policy::ServiceDefinition;
use service::testing::{ACCOUNT, Who, World};
use store::audit::AuditEvent;
use store::{Authority, SystemActor};
use types::{AccountId, Owner, Partition};

use crate::asking::{all, arn, fault, world};

const SHOP: &str = r#"{
    "Name": "shop",
    "Actions": [
        {"Name": "GetOrder", "Resources": [{"Name": "order"}], "ActionConditionKeys": ["shop:Channel"]},
        {"Name": "ListOrders"},
        {"Name": "Refund", "Resources": [{"Name": "order"}]}
    ],
    "ConditionKeys": [{"Name": "shop:Channel", "Types": ["String"]}],
    "Resources": [{"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${OrderId}"]}]
}"#;

fn owner(account: &str) -> Owner {
    Owner::new(Partition::Aws, AccountId::parse(account).unwrap())
}

/// Registers a service, or with no definition forgets it.
async fn register(world: &World, account: &str, definition: Option<&str>) {
    let now = world.core.clock.now();
    let mut tx = world.core.store.write(Authority::system(SystemActor::Operator));
    match definition {
        Some(text) => {
            let definition = ServiceDefinition::parse(text).unwrap();
            tx.put(OwnService::new(owner(account), &definition, now)).await.unwrap();
        }
        None => {
            tx.delete::<OwnService>(&OwnServiceKey::new(owner(account), "shop")).await.unwrap();
        }
    }
    let event = AuditEvent::new("registered", now, &serde_json::json!({})).unwrap();
    tx.commit(event).await.unwrap();
}

fn document(actions: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{actions},"Resource":"*",
            "Condition":{{"StringEquals":{{"shop:Channel":"web"}}}}}}}}"#
    )
}

/// What an enforcement point tells of an attempt of a user.
async fn attempt(world: &World, user: &Who, action: &str) {
    let snapshot = world.core.store.read();
    let (authorizer, origin) = (&world.core.authorizer, world.origin());
    let candidate = authorizer.candidate(&snapshot, &user.id, None, origin.at).await.unwrap().unwrap();
    authorizer.note_access_to_any(&snapshot, &candidate.caller, &origin, "shop", action).await.unwrap();
}

async fn report(world: &World) -> String {
    let asked = [("Arn", &*arn("user/buyer")), ("Granularity", "ACTION_LEVEL")];
    let job =
        world.ok(&world.root, "GenerateServiceLastAccessedDetails", &asked).await.get("JobId").to_owned();
    world.ok(&world.root, "GetServiceLastAccessedDetails", &[("JobId", &job)]).await.xml
}

#[tokio::test]
async fn what_was_last_accessed_goes_down_to_the_actions_of_an_own_service() {
    let world = world().await;
    let buyer = world.user("buyer", &document(r#"["shop:Get*","shop:List*","s3:GetObject"]"#)).await;
    attempt(&world, &buyer, "GetOrder").await;
    assert_eq!(
        all(&report(&world).await, "ServiceNamespace"),
        ["s3"],
        "nobody has said that there is a shop"
    );

    register(&world, ACCOUNT, Some(SHOP)).await;
    attempt(&world, &buyer, "getorder").await;
    attempt(&world, &buyer, "Haggle").await;
    let xml = report(&world).await;
    assert_eq!(all(&xml, "ServiceNamespace"), ["s3", "shop"]);
    assert_eq!(all(&xml, "ServiceName"), ["Amazon S3", "shop"]);
    assert_eq!(all(&xml, "ActionName"), ["GetOrder", "ListOrders"]);
    assert_eq!(all(&xml, "LastAccessedEntity"), [arn("user/buyer")]);
    let noted = world.core.store.notes(directory::ActionUsage::KIND, "").await.unwrap();
    assert_eq!(noted.len(), 1, "{noted:?}");
    assert!(noted[0].0.ends_with("/shop:GetOrder"), "{noted:?}");

    register(&world, ACCOUNT, None).await;
    assert_eq!(all(&report(&world).await, "ServiceNamespace"), ["s3"]);
}

#[tokio::test]
async fn policies_that_grant_an_own_service_are_listed_in_its_account_alone() {
    let world = world().await;
    world.user("buyer", &document(r#""shop:*""#)).await;
    let asked = [("Arn", &*arn("user/buyer")), ("ServiceNamespaces.member.1", "shop")];
    let unknown = fault("InvalidInput", "Invalid service namespace: shop");
    assert_eq!(world.refused(&world.root, "ListPoliciesGrantingServiceAccess", &asked).await, unknown);

    register(&world, "210987654321", Some(SHOP)).await;
    assert_eq!(world.refused(&world.root, "ListPoliciesGrantingServiceAccess", &asked).await, unknown);
    register(&world, ACCOUNT, Some(SHOP)).await;
    let xml = world.ok(&world.root, "ListPoliciesGrantingServiceAccess", &asked).await.xml;
    assert_eq!(all(&xml, "ServiceNamespace"), ["shop"]);
    assert_eq!(all(&xml, "PolicyType"), ["INLINE"]);

    // A definition that takes the place of another is the one that counts.
    register(&world, ACCOUNT, Some(r#"{"Name": "shop", "Actions": [{"Name": "Browse"}]}"#)).await;
    world.user("seller", &document(r#""shop:Refund""#)).await;
    let asked = [("Arn", &*arn("user/seller")), ("ServiceNamespaces.member.1", "shop")];
    let xml = world.ok(&world.root, "ListPoliciesGrantingServiceAccess", &asked).await.xml;
    assert!(all(&xml, "PolicyName").is_empty(), "{xml}");
}

#[tokio::test]
async fn writing_and_simulating_take_an_own_service_as_they_take_those_of_aws() {
    let world = world().await;
    register(&world, ACCOUNT, Some(SHOP)).await;
    // IAM takes unknown actions of its own services too; what is malformed it refuses.
    world.user("buyer", &document(r#"["shop:GetOrder","shop:Haggle"]"#)).await;
    let malformed = document(r#""GetOrder""#);
    let put = [("UserName", "buyer"), ("PolicyName", "p"), ("PolicyDocument", &*malformed)];
    assert_eq!(world.refused(&world.root, "PutUserPolicy", &put).await.0, "MalformedPolicyDocument");

    let keys = world
        .ok(&world.root, "GetContextKeysForPrincipalPolicy", &[("PolicySourceArn", &*arn("user/buyer"))])
        .await;
    assert_eq!(all(&keys.xml, "member"), ["shop:Channel"]);
    for (channel, decision) in [("web", "allowed"), ("phone", "implicitDeny")] {
        let asked = [
            ("PolicySourceArn", &*arn("user/buyer")),
            ("ActionNames.member.1", "shop:GetOrder"),
            ("ResourceArns.member.1", "arn:aws:shop:eu-west-1:123456789012:order/7"),
            ("ContextEntries.member.1.ContextKeyName", "shop:Channel"),
            ("ContextEntries.member.1.ContextKeyType", "string"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", channel),
        ];
        let xml = world.ok(&world.root, "SimulatePrincipalPolicy", &asked).await.xml;
        assert_eq!(all(&xml, "EvalDecision"), [decision]);
    }
}
