//! Server certificates.

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};
use crate::certificates::{Made, own, own_with, signed_by};
use directory::ServerCertificate;

const YEARS: (i32, i32) = (2025, 2030);

fn upload<'a>(name: &'a str, made: &'a Made) -> Vec<(&'static str, &'a str)> {
    vec![("ServerCertificateName", name), ("CertificateBody", &made.pem), ("PrivateKey", &made.key)]
}

fn chained<'a>(made: &'a Made, chain: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut parameters = upload("web", made);
    parameters.push(("CertificateChain", chain));
    parameters
}

#[tokio::test]
async fn a_certificate_is_uploaded_and_read_without_its_key() {
    let world = world().await;
    let made = own("example.com", YEARS);
    let mut parameters = upload("Web", &made);
    parameters.extend([("Path", "/cloudfront/"), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]);
    let uploaded = world.ok(&world.root, "UploadServerCertificate", &parameters).await;
    let id = uploaded.get("ServerCertificateId");
    assert!(id.starts_with("ASCA"), "{id}");
    let metadata = format!(
        "<ServerCertificateMetadata><Path>/cloudfront/</Path><ServerCertificateName>Web</ServerCertificateName>\
         <ServerCertificateId>{id}</ServerCertificateId><Arn>{}</Arn><UploadDate>2026-01-01T00:00:00Z</UploadDate>\
         <Expiration>2030-01-01T00:00:00Z</Expiration></ServerCertificateMetadata>",
        arn("server-certificate/cloudfront/Web")
    );
    let tags = "<Tags><member><Key>a</Key><Value>b</Value></member></Tags>";
    assert!(uploaded.xml.contains(&metadata) && uploaded.xml.contains(tags), "{}", uploaded.xml);
    let read = world.ok(&world.root, "GetServerCertificate", &[("ServerCertificateName", "wEB")]).await;
    assert!(read.xml.contains(&metadata) && read.xml.contains(tags), "{}", read.xml);
    assert_eq!(read.get("CertificateBody"), made.pem.trim());
    assert!(!read.has("CertificateChain") && !read.xml.contains("PRIVATE"));

    let key = format!("aws:123456789012/{id}");
    let sealed = world.core.store.read().secret(ServerCertificate::SECRET, &key).await.unwrap().unwrap();
    let keyring = world.core.authorizer.keyring();
    let opened =
        keyring.unseal(ServerCertificate::PURPOSE, key.as_bytes(), &sealed.parse().unwrap()).unwrap();
    assert_eq!(*opened, made.key.as_bytes());
    let events = world.core.store.events(0, 100).await.unwrap();
    assert!(!format!("{events:?}").contains("PRIVATE KEY"), "a private key is in the audit trail");

    let refusal = world.refused(&world.root, "UploadServerCertificate", &upload("web", &made)).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "The Server Certificate with name web already exists."));
    world.ok(&world.root, "DeleteServerCertificate", &[("ServerCertificateName", "web")]).await;
    assert!(world.core.store.read().secret(ServerCertificate::SECRET, &key).await.unwrap().is_none());
    let missing = fault("NoSuchEntity", "The Server Certificate with name web cannot be found.");
    for operation in ["GetServerCertificate", "DeleteServerCertificate", "ListServerCertificateTags"] {
        let refusal = world.refused(&world.root, operation, &[("ServerCertificateName", "web")]).await;
        assert_eq!(refusal, missing);
    }
}

#[tokio::test]
async fn key_and_certificate_must_match() {
    let world = world().await;
    let (one, other) = (own("one", YEARS), own("other", YEARS));
    let mixed = [("ServerCertificateName", "x"), ("CertificateBody", &*one.pem), ("PrivateKey", &*other.key)];
    let refusal = world.refused(&world.root, "UploadServerCertificate", &mixed).await;
    let message = "The private key did not match the public key provided. Please verify the key material and try again.";
    assert_eq!(refusal, fault("KeyPairMismatch", message));
    for (name, kind) in [("p384", &rcgen::PKCS_ECDSA_P384_SHA384), ("rsa", &rcgen::PKCS_RSA_SHA256)] {
        let made = own_with(name, YEARS, kind);
        world.ok(&world.root, "UploadServerCertificate", &upload(name, &made)).await;
        let mixed =
            [("ServerCertificateName", "x"), ("CertificateBody", &*made.pem), ("PrivateKey", &*one.key)];
        assert_eq!(world.refused(&world.root, "UploadServerCertificate", &mixed).await.0, "KeyPairMismatch");
    }
}

#[tokio::test]
async fn what_cannot_be_read_or_is_not_valid_is_refused() {
    let world = world().await;
    let (good, past, future) = (own("a", YEARS), own("a", (2020, 2025)), own("a", (2027, 2030)));
    let two = format!("{}{}", good.pem, past.pem);
    let rubbish = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (body, key, begins) in [
        ("hello", &*good.key, "Unable to parse certificate."),
        (&*two, &*good.key, "Unable to parse certificate."),
        (&*good.key, &*good.key, "Unable to parse certificate."),
        (&*good.pem, "hello", "Unable to parse private key."),
        (&*good.pem, &*good.pem, "Unable to parse private key."),
        (&*good.pem, rubbish, "Unable to parse private key."),
        (&*past.pem, &*past.key, "Certificate is no longer valid."),
        (&*future.pem, &*future.key, "Certificate is not yet valid."),
    ] {
        let parameters = [("ServerCertificateName", "x"), ("CertificateBody", body), ("PrivateKey", key)];
        let (code, message) = world.refused(&world.root, "UploadServerCertificate", &parameters).await;
        assert!(code == "MalformedCertificate" && message.starts_with(begins), "{code} {message}");
    }
}

#[tokio::test]
async fn each_certificate_of_a_chain_has_signed_the_one_before_it() {
    let world = world().await;
    let root = own("root", YEARS);
    let middle = signed_by("middle", &root);
    let leaf = signed_by("leaf", &middle);
    let namesake = own("middle", YEARS);
    let good = format!("{}{}", middle.pem, root.pem);
    let refused = async |chain: &str| {
        world.refused(&world.root, "UploadServerCertificate", &chained(&leaf, chain)).await
    };
    for (chain, at) in [
        (&*root.pem, -1),
        (&*format!("{}{}", root.pem, middle.pem), -1),
        (&*namesake.pem, -1),
        (&*format!("{}{}", middle.pem, namesake.pem), 1),
    ] {
        let (code, message) = refused(chain).await;
        let ends = format!("The index within the chain of the invalid certificate is: {at}");
        assert!(code == "MalformedCertificate" && message.ends_with(&ends), "{message}");
    }
    assert_eq!(refused("hello").await.0, "MalformedCertificate");
    world.ok(&world.root, "UploadServerCertificate", &chained(&leaf, &good)).await;
    let read = world.ok(&world.root, "GetServerCertificate", &[("ServerCertificateName", "web")]).await;
    assert_eq!(read.get("CertificateChain"), good.trim());
}

#[tokio::test]
async fn a_certificate_is_renamed_and_moved() {
    let world = world().await;
    let made = own("a", YEARS);
    let id = world.ok(&world.root, "UploadServerCertificate", &upload("a", &made)).await;
    world.ok(&world.root, "UploadServerCertificate", &upload("b", &made)).await;
    let rename = |to| [("ServerCertificateName", "a"), ("NewServerCertificateName", to), ("NewPath", "/x/")];
    let refusal = world.refused(&world.root, "UpdateServerCertificate", &rename("B")).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "The Server Certificate with name B already exists."));
    world.ok(&world.root, "UpdateServerCertificate", &rename("c")).await;
    let read = world.ok(&world.root, "GetServerCertificate", &[("ServerCertificateName", "c")]).await;
    assert_eq!(read.get("Arn"), arn("server-certificate/x/c"));
    assert_eq!(read.get("ServerCertificateId"), id.get("ServerCertificateId"));
    // Leave is needed on both sides of the change.
    let who = world.user("who", &allow("iam:UpdateServerCertificate", &arn("server-certificate/b"))).await;
    let parameters = [("ServerCertificateName", "b"), ("NewServerCertificateName", "d")];
    let refusal = world.refused(&who, "UpdateServerCertificate", &parameters).await;
    assert_eq!(refusal, denied("who", "iam:UpdateServerCertificate", &arn("server-certificate/d")));
    let listed = world.ok(&world.root, "ListServerCertificates", &[("PathPrefix", "/x/")]).await;
    assert_eq!(all(&listed.xml, "ServerCertificateName"), ["c"]);
}

#[tokio::test]
async fn an_account_has_twenty_and_lists_them_in_pages() {
    let world = world().await;
    let made = own("a", YEARS);
    for number in 0..20 {
        world.ok(&world.root, "UploadServerCertificate", &upload(&format!("c{number:02}"), &made)).await;
    }
    let refusal = world.refused(&world.root, "UploadServerCertificate", &upload("more", &made)).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for ServerCertificatesPerAccount: 20"));
    let first = world.ok(&world.root, "ListServerCertificates", &[("MaxItems", "15")]).await;
    assert_eq!((all(&first.xml, "Arn").len(), first.get("IsTruncated")), (15, "true"));
    let rest = world.ok(&world.root, "ListServerCertificates", &[("Marker", first.get("Marker"))]).await;
    assert_eq!(all(&rest.xml, "ServerCertificateName"), ["c15", "c16", "c17", "c18", "c19"]);
    assert!(!rest.has("CertificateBody") && rest.get("IsTruncated") == "false");
    let summary = world.ok(&world.root, "GetAccountSummary", &[]).await;
    for key in ["ServerCertificates", "ServerCertificatesQuota"] {
        assert!(summary.xml.contains(&format!("<key>{key}</key><value>20</value>")), "{}", summary.xml);
    }
}

#[tokio::test]
async fn tags_are_set_listed_and_removed_and_count() {
    let world = world().await;
    let made = own("a", YEARS);
    for name in ["a", "b"] {
        world.ok(&world.root, "UploadServerCertificate", &upload(name, &made)).await;
    }
    let tag = [("ServerCertificateName", "a"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    world.ok(&world.root, "TagServerCertificate", &tag).await;
    let listed = world.ok(&world.root, "ListServerCertificateTags", &tag[..1]).await;
    assert!(listed.xml.contains("<member><Key>k</Key><Value>v</Value></member>"), "{}", listed.xml);
    let condition = r#"{"StringEquals":{"aws:ResourceTag/k":"v"}}"#;
    let reader = world.user("reader", &allow_if("iam:GetServerCertificate", "*", condition)).await;
    world.ok(&reader, "GetServerCertificate", &tag[..1]).await;
    let refusal = world.refused(&reader, "GetServerCertificate", &[("ServerCertificateName", "b")]).await;
    assert_eq!(refusal, denied("reader", "iam:GetServerCertificate", &arn("server-certificate/b")));
    let untag = [("ServerCertificateName", "a"), ("TagKeys.member.1", "k")];
    world.ok(&world.root, "UntagServerCertificate", &untag).await;
    assert!(!world.ok(&world.root, "ListServerCertificateTags", &tag[..1]).await.has("Key"));
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_certificate() {
    let world = world().await;
    let made = own("a", YEARS);
    let (here, there) = (&*arn("server-certificate/a"), &*arn("server-certificate/b"));
    let (ours, other) = (upload("a", &made), upload("b", &made));
    needs_leave(&world, "iam:UploadServerCertificate", (here, &ours), (there, &other)).await;
    world.ok(&world.root, "UploadServerCertificate", &other).await;
    let named =
        |name| [("ServerCertificateName", name), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    let untag = |name| [("ServerCertificateName", name), ("TagKeys.member.1", "k")];
    needs_leave(&world, "iam:TagServerCertificate", (here, &named("a")), (there, &named("b"))).await;
    needs_leave(&world, "iam:UntagServerCertificate", (here, &untag("a")), (there, &untag("b"))).await;
    for action in [
        "iam:GetServerCertificate",
        "iam:ListServerCertificateTags",
        "iam:UpdateServerCertificate",
        "iam:DeleteServerCertificate",
    ] {
        needs_leave(&world, action, (here, &named("a")[..1]), (there, &named("b")[..1])).await;
    }
    let lister =
        world.user("lister", &allow("iam:ListServerCertificates", &arn("server-certificate/"))).await;
    world.ok(&lister, "ListServerCertificates", &[]).await;
    let refusal = world.refused(&lister, "UploadServerCertificate", &ours).await;
    assert_eq!(refusal, denied("lister", "iam:UploadServerCertificate", here));
}
