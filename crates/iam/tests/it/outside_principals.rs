//! Services and identity providers in trust policies.

use directory::OwnService;
use policy::ServiceDefinition;
use service::testing::{ACCOUNT, World};
use store::audit::AuditEvent;
use store::{Authority, SystemActor};
use types::{AccountId, Owner, Partition};

use crate::asking::{fault, world};
use crate::documents::EC2;

fn trusting(kind: &str, principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"{kind}":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
    )
}

async fn refusal(world: &World, kind: &str, principal: &str) -> Option<String> {
    let document = trusting(kind, principal);
    let update = [("RoleName", "r"), ("PolicyDocument", &*document)];
    let create = [("RoleName", "new"), ("AssumeRolePolicyDocument", &*document)];
    match world.call(&world.root, "UpdateAssumeRolePolicy", &update).await {
        Ok(_) => None,
        Err(refused) => {
            let same = fault(&refused.code, &refused.message);
            assert_eq!(same.0, "MalformedPolicyDocument");
            assert_eq!(world.refused(&world.root, "CreateRole", &create).await, same);
            Some(same.1)
        }
    }
}

async fn with_role() -> World {
    let world = world().await;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", EC2)];
    world.ok(&world.root, "CreateRole", &role).await;
    world
}

#[tokio::test]
async fn a_service_that_aws_does_not_have_is_refused() {
    let world = with_role().await;
    for known in ["lambda.amazonaws.com", "ops.apigateway.amazonaws.com", "backup.corp.example"] {
        assert_eq!(refusal(&world, "Service", known).await, None, "{known}");
    }
    for unknown in ["lamdba.amazonaws.com", "lambda", "*", "ec2.amazonaws.com.cn", "ec2.amazonaws"] {
        let message = format!("Invalid principal in policy: \"SERVICE\":\"{unknown}\"");
        assert_eq!(refusal(&world, "Service", unknown).await, Some(message), "{unknown}");
    }
}

#[tokio::test]
async fn a_service_of_the_account_s_own_is_known_once_it_is_registered() {
    let world = with_role().await;
    assert!(refusal(&world, "Service", "shop.amazonaws.com").await.is_some());
    let definition = ServiceDefinition::parse(r#"{"Name":"shop","Actions":[{"Name":"Buy"}]}"#).unwrap();
    let owner = Owner::new(Partition::Aws, AccountId::parse(ACCOUNT).unwrap());
    let now = world.core.clock.now();
    let mut tx = world.core.store.write(Authority::system(SystemActor::Operator));
    tx.put(OwnService::new(owner, &definition, now)).await.unwrap();
    tx.commit(AuditEvent::new("registered", now, &serde_json::json!({})).unwrap()).await.unwrap();
    for known in ["shop.amazonaws.com", "till.shop.amazonaws.com", "shop"] {
        assert_eq!(refusal(&world, "Service", known).await, None, "{known}");
    }
}

#[tokio::test]
async fn a_federated_principal_is_a_domain_or_a_provider() {
    let world = with_role().await;
    for fine in [
        "arn:aws:iam::123456789012:saml-provider/idp",
        "arn:aws:iam::210987654321:oidc-provider/idp.example/a",
        "idp.example",
    ] {
        assert_eq!(refusal(&world, "Federated", fine).await, None, "{fine}");
    }
    for wrong in ["idp", "*", "https://idp.example", "arn:aws:iam::123456789012:role/r"] {
        let message = "Federated principals must be valid domain names or SAML metadata ARNs";
        assert_eq!(refusal(&world, "Federated", wrong).await.as_deref(), Some(message), "{wrong}");
    }
}
