//! ListPoliciesGrantingServiceAccess.

use service::testing::World;

use crate::asking::{all, arn, fault, needs_leave, world};

const LIST: &str = "ListPoliciesGrantingServiceAccess";

fn policy(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
    )
}

async fn put(world: &World, kind: &str, name: &str, policy_name: &str, action: &str) {
    let (holder, document) = (format!("{kind}Name"), policy(action));
    let parameters =
        [(holder.as_str(), name), ("PolicyName", policy_name), ("PolicyDocument", document.as_str())];
    world.ok(&world.root, &format!("Put{kind}Policy"), &parameters).await;
}

/// For each entry its namespace, and of each policy name, type and where it comes from.
fn entries(xml: &str) -> Vec<String> {
    let flat = |entry: &str| {
        let text = |part: &str, name: &str| all(part, name).first().cloned().unwrap_or_default();
        let policies = entry.split("<PolicyName>").skip(1).map(|part| {
            let name = part.split('<').next().unwrap_or_default();
            let place = [text(part, "PolicyArn"), text(part, "EntityType"), text(part, "EntityName")];
            format!("{name} {} {}", text(part, "PolicyType"), place.join(" ").trim())
        });
        let policies: Vec<String> = policies.collect();
        format!("{}: {}", text(entry, "ServiceNamespace"), policies.join(", "))
    };
    xml.split("<ServiceNamespace>").skip(1).map(|entry| flat(&format!("<ServiceNamespace>{entry}"))).collect()
}

#[tokio::test]
async fn a_user_has_its_own_policies_and_its_groups() {
    let world = world().await;
    world.user("u", &policy("ec2:Describe*")).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
    world.ok(&world.root, "AddUserToGroup", &[("GroupName", "g"), ("UserName", "u")]).await;
    put(&world, "Group", "g", "group-policy", "iam:Get*").await;
    let create = [("PolicyName", "mine"), ("PolicyDocument", &*policy("iam:*"))];
    world.ok(&world.root, "CreatePolicy", &create).await;
    let mine = arn("policy/mine");
    world.ok(&world.root, "AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", &mine)]).await;
    // Attached twice, listed once.
    world.ok(&world.root, "AttachGroupPolicy", &[("GroupName", "g"), ("PolicyArn", &mine)]).await;
    let bound = [("UserName", "u"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess")];
    world.ok(&world.root, "PutUserPermissionsBoundary", &bound).await;

    let asked = [
        ("Arn", &*arn("user/u")),
        ("ServiceNamespaces.member.1", "iam"),
        ("ServiceNamespaces.member.2", "ec2"),
        ("ServiceNamespaces.member.3", "s3"),
    ];
    let answer = world.ok(&world.root, LIST, &asked).await;
    assert_eq!(answer.get("IsTruncated"), "false");
    assert_eq!(
        entries(&answer.xml),
        [
            format!("iam: mine MANAGED {mine}, group-policy INLINE GROUP g"),
            "ec2: p INLINE USER u".into(),
            "s3: ".into()
        ]
    );
    let asked = [("Arn", &*arn("group/g")), ("ServiceNamespaces.member.1", "iam")];
    let answer = world.ok(&world.root, LIST, &asked).await;
    assert_eq!(entries(&answer.xml), [format!("iam: mine MANAGED {mine}, group-policy INLINE GROUP g")]);
}

#[tokio::test]
async fn a_role_has_what_is_attached_to_it() {
    let world = world().await;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", crate::documents::EC2)];
    world.ok(&world.root, "CreateRole", &role).await;
    put(&world, "Role", "r", "inline", "s3:*").await;
    let read_only = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    world.ok(&world.root, "AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", read_only)]).await;
    let asked = [
        ("Arn", &*arn("role/r")),
        ("ServiceNamespaces.member.1", "s3"),
        ("ServiceNamespaces.member.2", "iam"),
    ];
    let answer = world.ok(&world.root, LIST, &asked).await;
    assert_eq!(
        entries(&answer.xml),
        ["s3: inline INLINE ROLE r".into(), format!("iam: IAMReadOnlyAccess MANAGED {read_only}")]
    );
}

#[tokio::test]
async fn many_services_come_in_pages() {
    let world = world().await;
    world.user("u", &policy("s3:*")).await;
    let names: Vec<_> = (1..=150).map(|n| format!("ServiceNamespaces.member.{n}")).collect();
    let services: Vec<_> = catalog::services().iter().take(150).map(catalog::Service::prefix).collect();
    let user = arn("user/u");
    let mut asked = vec![("Arn", user.as_str())];
    asked.extend(names.iter().map(String::as_str).zip(services.iter().copied()));
    let first = world.ok(&world.root, LIST, &asked).await;
    assert_eq!(first.get("IsTruncated"), "true");
    let mut seen = all(&first.xml, "ServiceNamespace");
    assert_eq!(seen.len(), 100);
    asked.push(("Marker", first.get("Marker")));
    let second = world.ok(&world.root, LIST, &asked).await;
    assert_eq!(second.get("IsTruncated"), "false");
    seen.extend(all(&second.xml, "ServiceNamespace"));
    assert_eq!(seen, services);
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let world = world().await;
    world.user("u", "").await;
    for (about, namespace, code) in [
        (arn("user/nobody"), "iam", "NoSuchEntity"),
        ("arn:aws:iam::999999999999:user/u".into(), "iam", "NoSuchEntity"),
        (arn("policy/any"), "iam", "InvalidInput"),
        ("not-an-arn-but-long-enough".into(), "iam", "InvalidInput"),
        (arn("user/u"), "no-such-service", "InvalidInput"),
    ] {
        let asked = [("Arn", &*about), ("ServiceNamespaces.member.1", namespace)];
        assert_eq!(world.refused(&world.root, LIST, &asked).await.0, code, "{about} {namespace}");
    }
    let asked = [("Arn", &*arn("user/u")), ("ServiceNamespaces.member.1", "no-such-service")];
    let refusal = world.refused(&world.root, LIST, &asked).await;
    assert_eq!(refusal, fault("InvalidInput", "Invalid service namespace: no-such-service"));
}

#[tokio::test]
async fn it_needs_leave_on_the_identity() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let (a, b) = (arn("user/a"), arn("user/b"));
    let (one, other) = (
        [("Arn", &*a), ("ServiceNamespaces.member.1", "iam")],
        [("Arn", &*b), ("ServiceNamespaces.member.1", "iam")],
    );
    needs_leave(&world, "iam:ListPoliciesGrantingServiceAccess", (&a, &one), (&b, &other)).await;
}
