//! Keys of tags that differ only in case: one for users and roles, two for everything else.

use service::testing::World;

use crate::asking::{all, arn, fault, world};
use crate::certificates::own;
use crate::documents::{EC2, READ};

/// A kind of what has tags: how one is made, the operations on its tags, and what names it there.
struct Kind<'a> {
    made: (&'static str, Vec<(&'static str, &'a str)>),
    operations: &'static str,
    named: (&'static str, String),
    is_cased: bool,
}

#[tokio::test]
async fn case_tells_keys_apart_but_for_those_of_users_and_roles() {
    let world = world().await;
    let certificate = own("example.com", (2025, 2030));
    let metadata = include_str!("saml_providers/metadata.xml");
    let kind = |operation, made, operations, parameter, name: &str, is_cased| Kind {
        made: (operation, made),
        operations,
        named: (parameter, name.to_owned()),
        is_cased,
    };
    let (mfa, idp, saml, policy) =
        (arn("mfa/t"), arn("oidc-provider/idp.example"), arn("saml-provider/t"), arn("policy/t"));
    let uploaded = vec![
        ("ServerCertificateName", "t"),
        ("CertificateBody", &*certificate.pem),
        ("PrivateKey", &*certificate.key),
    ];
    let trusted = vec![("RoleName", "t"), ("AssumeRolePolicyDocument", EC2)];
    for kind in [
        kind("CreateUser", vec![("UserName", "t")], "User", "UserName", "t", false),
        kind("CreateRole", trusted, "Role", "RoleName", "t", false),
        kind(
            "CreatePolicy",
            vec![("PolicyName", "t"), ("PolicyDocument", READ)],
            "Policy",
            "PolicyArn",
            &policy,
            true,
        ),
        kind(
            "CreateInstanceProfile",
            vec![("InstanceProfileName", "t")],
            "InstanceProfile",
            "InstanceProfileName",
            "t",
            true,
        ),
        kind(
            "CreateVirtualMFADevice",
            vec![("VirtualMFADeviceName", "t")],
            "MFADevice",
            "SerialNumber",
            &mfa,
            true,
        ),
        kind(
            "CreateOpenIDConnectProvider",
            vec![("Url", "https://idp.example")],
            "OpenIDConnectProvider",
            "OpenIDConnectProviderArn",
            &idp,
            true,
        ),
        kind(
            "CreateSAMLProvider",
            vec![("Name", "t"), ("SAMLMetadataDocument", metadata)],
            "SAMLProvider",
            "SAMLProviderArn",
            &saml,
            true,
        ),
        kind("UploadServerCertificate", uploaded, "ServerCertificate", "ServerCertificateName", "t", true),
    ] {
        hold(&world, &kind).await;
    }
}

async fn hold(world: &World, kind: &Kind<'_>) {
    let what = kind.operations;
    let (name, made) = &kind.made;
    let two = [
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "a"),
        ("Tags.member.2.Key", "team"),
        ("Tags.member.2.Value", "b"),
    ];
    let twice =
        fault("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    let same = [two[0], two[1], ("Tags.member.2.Key", "Team"), two[3]];
    assert_eq!(world.refused(&world.root, name, &[made, &same[..]].concat()).await, twice, "{what}");
    if kind.is_cased {
        world.ok(&world.root, name, &[made, &two[..]].concat()).await;
    } else {
        assert_eq!(world.refused(&world.root, name, &[made, &two[..]].concat()).await, twice, "{what}");
        world.ok(&world.root, name, &[made, &two[..2]].concat()).await;
    }
    let on = (kind.named.0, &*kind.named.1);
    let other = [on, ("Tags.member.1.Key", "tEAM"), ("Tags.member.1.Value", "c")];
    world.ok(&world.root, &format!("Tag{what}"), &other).await;
    assert_eq!(
        pages(world, kind).await,
        if kind.is_cased { vec!["team", "tEAM", "Team"] } else { vec!["tEAM"] },
        "{what}"
    );
    for (key, left) in [("TEAM", kind.is_cased), ("team", true)] {
        world.ok(&world.root, &format!("Untag{what}"), &[on, ("TagKeys.member.1", key)]).await;
        let keys = pages(world, kind).await;
        assert_eq!(keys.is_empty(), !(left && kind.is_cased), "{what}, {key}: {keys:?}");
    }
}

/// The keys of all tags, read one at a time.
async fn pages(world: &World, kind: &Kind<'_>) -> Vec<String> {
    let operation = format!("List{}Tags", kind.operations);
    let on = (kind.named.0, &*kind.named.1);
    let mut keys = Vec::new();
    let mut marker = None::<String>;
    loop {
        let mut parameters = vec![on, ("MaxItems", "1")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = world.ok(&world.root, &operation, &parameters).await;
        keys.extend(all(&page.xml, "Key"));
        if page.get("IsTruncated") == "false" {
            return keys;
        }
        marker = Some(page.get("Marker").to_owned());
    }
}
