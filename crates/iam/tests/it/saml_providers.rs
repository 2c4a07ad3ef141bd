//! SAML providers.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use service::testing::World;

use crate::asking::{all, allow, arn, denied, fault, needs_leave, world};

const METADATA: &str = include_str!("saml_providers/metadata.xml");

async fn create(world: &World, name: &str) -> String {
    let parameters = [("Name", name), ("SAMLMetadataDocument", METADATA)];
    world.ok(&world.root, "CreateSAMLProvider", &parameters).await.get("SAMLProviderArn").to_owned()
}

fn private_key() -> String {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
}

#[tokio::test]
async fn a_provider_is_shown_as_it_was_made() {
    let world = world().await;
    let parameters = [
        ("Name", "Idp"),
        ("SAMLMetadataDocument", METADATA),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    let made = world.ok(&world.root, "CreateSAMLProvider", &parameters).await;
    let idp = arn("saml-provider/Idp");
    assert_eq!((made.get("SAMLProviderArn"), made.get("Value")), (&*idp, "a"));

    let on = [("SAMLProviderArn", &*idp)];
    let got = world.ok(&world.root, "GetSAMLProvider", &on).await;
    assert_eq!(got.get("SAMLMetadataDocument").trim(), METADATA.trim());
    assert_eq!(got.get("CreateDate"), "2026-01-01T00:00:00Z");
    assert_eq!(got.get("ValidUntil"), "2126-01-01T00:00:00Z");
    assert_eq!(got.get("Key"), "team");
    assert!((22..=64).contains(&got.get("SAMLProviderUUID").len()));
    assert!(!got.has("AssertionEncryptionMode") && !got.has("KeyId"), "{}", got.xml);

    let list = world.ok(&world.root, "ListSAMLProviders", &[]).await;
    assert_eq!((list.get("Arn"), list.get("ValidUntil")), (&*idp, "2126-01-01T00:00:00Z"));
    let summary = world.ok(&world.root, "GetAccountSummary", &[]).await;
    assert!(summary.xml.contains("<key>Providers</key><value>1</value>"), "{}", summary.xml);

    let exists = fault("EntityAlreadyExists", "Provider with name Idp already exists.");
    assert_eq!(world.refused(&world.root, "CreateSAMLProvider", &parameters).await, exists);
    world.ok(&world.root, "DeleteSAMLProvider", &on).await;
    let missing = fault("NoSuchEntity", &format!("Manifest not found for arn {idp}"));
    for operation in ["GetSAMLProvider", "DeleteSAMLProvider"] {
        assert_eq!(world.refused(&world.root, operation, &on).await, missing, "{operation}");
    }
    assert!(!world.ok(&world.root, "ListSAMLProviders", &[]).await.has("Arn"));
}

#[tokio::test]
async fn what_is_no_metadata_of_an_identity_provider_is_refused() {
    let world = world().await;
    let no = fault("InvalidInput", "Could not parse metadata");
    let doctype = METADATA.replace("?>\n", "?>\n<!DOCTYPE x [<!ENTITY e \"e\">]>\n");
    let padding = " ".repeat(400);
    for (what, document) in [
        ("text", "x".repeat(1000)),
        ("cut short", METADATA.replace("</md:EntityDescriptor>", &padding)),
        ("two roots", format!("{METADATA}<x/>")),
        ("a document type", doctype),
        ("another namespace", METADATA.replace("SAML:2.0:metadata", "SAML:3.0:metadata")),
        ("no entity id", METADATA.replace("entityID=", "id=")),
        ("a service provider", METADATA.replace("IDPSSODescriptor", "SPSSODescriptor")),
        ("nowhere to sign in", METADATA.replace("SingleSignOnService", "ArtifactResolutionService")),
        ("no key that signs", METADATA.replace("use=\"signing\"", "use=\"encryption\"")),
        ("no certificate", METADATA.replace("ds:X509Certificate>", "ds:X509Crl>")),
        ("a broken certificate", METADATA.replace("<ds:X509Certificate>\nMII", "<ds:X509Certificate>\nAII")),
        ("no instant", METADATA.replace("entityID=", "validUntil=\"soon\" entityID=")),
    ] {
        assert_ne!(document, METADATA, "{what}");
        let parameters = [("Name", "p"), ("SAMLMetadataDocument", &*document)];
        assert_eq!(world.refused(&world.root, "CreateSAMLProvider", &parameters).await, no, "{what}");
    }
    let short = [("Name", "p"), ("SAMLMetadataDocument", &*"x".repeat(999))];
    assert_eq!(world.refused(&world.root, "CreateSAMLProvider", &short).await.0, "ValidationError");
}

#[tokio::test]
async fn new_metadata_say_until_when_they_hold() {
    let world = world().await;
    let idp = create(&world, "p").await;
    let until = METADATA.replace("entityID=", "validUntil=\"2030-05-06T07:08:09Z\" entityID=");
    let update = [("SAMLProviderArn", &*idp), ("SAMLMetadataDocument", &*until)];
    assert_eq!(world.ok(&world.root, "UpdateSAMLProvider", &update).await.get("SAMLProviderArn"), idp);
    let got = world.ok(&world.root, "GetSAMLProvider", &[("SAMLProviderArn", &*idp)]).await;
    assert_eq!(got.get("ValidUntil"), "2030-05-06T07:08:09Z");
    assert!(got.get("SAMLMetadataDocument").contains("2030-05-06"));
}

#[tokio::test]
async fn private_keys_are_kept_but_never_shown() {
    let world = world().await;
    let key = private_key();
    let made = [
        ("Name", "p"),
        ("SAMLMetadataDocument", METADATA),
        ("AssertionEncryptionMode", "Required"),
        ("AddPrivateKey", &*key),
    ];
    let idp = world.ok(&world.root, "CreateSAMLProvider", &made).await.get("SAMLProviderArn").to_owned();
    let on = ("SAMLProviderArn", &*idp);
    let got = world.ok(&world.root, "GetSAMLProvider", &[on]).await;
    assert_eq!(got.get("AssertionEncryptionMode"), "Required");
    assert_eq!(got.get("Timestamp"), "2026-01-01T00:00:00Z");
    assert!(!got.xml.contains("PRIVATE KEY"));
    let first = got.get("KeyId").to_owned();

    let snapshot = world.core.store.read();
    let path = format!("aws:123456789012/p/{first}");
    let sealed = snapshot.secret("saml-private-key", &path).await.unwrap().unwrap();
    assert!(!sealed.contains("PRIVATE KEY"));
    let opened = world.core.authorizer.keyring().unseal(
        directory::SamlProvider::PURPOSE,
        path.as_bytes(),
        &sealed.parse().unwrap(),
    );
    assert_eq!(&*opened.unwrap(), key.as_bytes());

    world.ok(&world.root, "UpdateSAMLProvider", &[on, ("AddPrivateKey", &key)]).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for PrivateKeysPerSAMLProvider: 2");
    assert_eq!(world.refused(&world.root, "UpdateSAMLProvider", &[on, ("AddPrivateKey", &key)]).await, full);
    let swap = [on, ("AddPrivateKey", &*key), ("RemovePrivateKey", &*first)];
    world.ok(&world.root, "UpdateSAMLProvider", &swap).await;
    assert!(world.core.store.read().secret("saml-private-key", &path).await.unwrap().is_none());
    let missing = fault("NoSuchEntity", &format!("The private key with id {first} cannot be found."));
    assert_eq!(world.refused(&world.root, "UpdateSAMLProvider", &swap).await, missing);

    let got = world.ok(&world.root, "GetSAMLProvider", &[on]).await;
    let ids = all(&got.xml, "KeyId");
    assert_eq!(ids.len(), 2);
    let (one, other) = (ids.first().unwrap(), ids.last().unwrap());
    world.ok(&world.root, "UpdateSAMLProvider", &[on, ("RemovePrivateKey", one)]).await;
    let needed =
        fault("InvalidInput", "A private key is required when the assertion encryption mode is set.");
    let last = [on, ("RemovePrivateKey", &**other)];
    assert_eq!(world.refused(&world.root, "UpdateSAMLProvider", &last).await, needed);
    world.ok(&world.root, "DeleteSAMLProvider", &[on]).await;
    let path = format!("aws:123456789012/p/{other}");
    assert!(world.core.store.read().secret("saml-private-key", &path).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_no_private_key_is_refused() {
    let world = world().await;
    let idp = create(&world, "p").await;
    let no =
        fault("InvalidInput", "Invalid private key: expected an unencrypted RSA private key in PEM format.");
    let key = private_key();
    for bad in
        ["x", &key.replace("PRIVATE KEY", "PUBLIC KEY"), &format!("{key}{key}"), &key.replace("MII", "MIJ")]
    {
        let update = [("SAMLProviderArn", &*idp), ("AddPrivateKey", bad)];
        assert_eq!(world.refused(&world.root, "UpdateSAMLProvider", &update).await, no);
    }
}

#[tokio::test]
async fn an_account_has_a_hundred_providers() {
    let world = world().await;
    for n in 0..100 {
        create(&world, &format!("p{n}")).await;
    }
    let parameters = [("Name", "q"), ("SAMLMetadataDocument", METADATA)];
    let refused = world.refused(&world.root, "CreateSAMLProvider", &parameters).await;
    assert_eq!(refused, fault("LimitExceeded", "Cannot exceed quota for SAMLProvidersPerAccount: 100"));
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    let world = world().await;
    let idp = create(&world, "p").await;
    let on = ("SAMLProviderArn", &*idp);
    let two = [
        on,
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "b"),
        ("Tags.member.2.Value", "2"),
    ];
    world.ok(&world.root, "TagSAMLProvider", &two).await;
    let first = world.ok(&world.root, "ListSAMLProviderTags", &[on, ("MaxItems", "1")]).await;
    assert_eq!((first.get("Key"), first.get("IsTruncated")), ("a", "true"));
    let rest = [on, ("Marker", first.get("Marker"))];
    assert_eq!(all(&world.ok(&world.root, "ListSAMLProviderTags", &rest).await.xml, "Key"), ["b"]);
    world.ok(&world.root, "UntagSAMLProvider", &[on, ("TagKeys.member.1", "a")]).await;
    assert_eq!(all(&world.ok(&world.root, "ListSAMLProviderTags", &[on]).await.xml, "Key"), ["b"]);
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_provider() {
    let world = world().await;
    let (mine, other) = (create(&world, "p").await, create(&world, "q").await);
    for (operation, more) in [
        ("GetSAMLProvider", vec![]),
        ("ListSAMLProviderTags", vec![]),
        ("UpdateSAMLProvider", vec![("SAMLMetadataDocument", METADATA)]),
        ("TagSAMLProvider", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagSAMLProvider", vec![("TagKeys.member.1", "k")]),
        ("DeleteSAMLProvider", vec![]),
    ] {
        let with = |arn| [vec![("SAMLProviderArn", arn)], more.clone()].concat();
        let action = format!("iam:{operation}");
        needs_leave(&world, &action, (&mine, &with(&*mine)), (&other, &with(&*other))).await;
    }
    let new = |name| [("Name", name), ("SAMLMetadataDocument", METADATA)];
    let third = arn("saml-provider/r");
    needs_leave(&world, "iam:CreateSAMLProvider", (&mine, &new("p")), (&third, &new("r"))).await;
    let nobody = world.user("lists", "").await;
    let refused = world.refused(&nobody, "ListSAMLProviders", &[]).await;
    assert_eq!(refused, denied("lists", "iam:ListSAMLProviders", &arn("saml-provider/")));
    let somebody = world.user("may-list", &allow("iam:ListSAMLProviders", "*")).await;
    world.ok(&somebody, "ListSAMLProviders", &[]).await;
}
