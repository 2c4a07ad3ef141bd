//! Signing certificates.

use crate::asking::{all, allow, arn, fault, needs_leave, world};
use crate::certificates::own;

const YEARS: (i32, i32) = (2025, 2030);

#[tokio::test]
async fn a_certificate_is_uploaded_listed_changed_and_deleted() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Alice")]).await;
    let made = own("alice", YEARS);
    let upload = [("UserName", "alice"), ("CertificateBody", &*made.pem)];
    let uploaded = world.ok(&world.root, "UploadSigningCertificate", &upload).await;
    let id = uploaded.get("CertificateId");
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{id}");
    assert_eq!(uploaded.get("CertificateBody"), made.pem);
    assert_eq!((uploaded.get("UserName"), uploaded.get("Status")), ("Alice", "Active"));
    assert_eq!(uploaded.get("UploadDate"), "2026-01-01T00:00:00Z");
    world.ok(&world.root, "CreateUser", &[("UserName", "bob")]).await;
    let other = [("UserName", "bob"), upload[1]];
    let refusal = world.refused(&world.root, "UploadSigningCertificate", &other).await;
    assert_eq!(refusal, fault("DuplicateCertificate", "Duplicate certificate uploaded."));

    let update = [("UserName", "alice"), ("CertificateId", id), ("Status", "Inactive")];
    world.ok(&world.root, "UpdateSigningCertificate", &update).await;
    // Uploading it again tells of it as new and changes nothing.
    let again = world.ok(&world.root, "UploadSigningCertificate", &upload).await;
    assert_eq!((again.get("CertificateId"), again.get("Status")), (id, "Active"));
    let listed = world.ok(&world.root, "ListSigningCertificates", &update[..1]).await;
    assert_eq!((listed.get("CertificateId"), listed.get("Status")), (id, "Inactive"));
    assert_eq!(listed.get("CertificateBody"), made.pem);

    let refusal = world.refused(&world.root, "DeleteUser", &update[..1]).await;
    assert_eq!(refusal, fault("DeleteConflict", "Cannot delete entity, must delete certificates first."));
    world.ok(&world.root, "DeleteSigningCertificate", &update[..2]).await;
    let missing = fault("NoSuchEntity", &format!("The Certificate with id {id} cannot be found."));
    assert_eq!(world.refused(&world.root, "DeleteSigningCertificate", &update[..2]).await, missing);
    assert_eq!(world.refused(&world.root, "UpdateSigningCertificate", &update).await, missing);
    world.ok(&world.root, "UploadSigningCertificate", &upload).await;
}

#[tokio::test]
async fn what_is_no_certificate_or_not_valid_is_refused() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let (good, past, future) = (own("a", YEARS), own("a", (2020, 2025)), own("a", (2027, 2030)));
    let two = format!("{}{}", good.pem, past.pem);
    for (body, code) in [
        ("hello", "MalformedCertificate"),
        (&*good.key, "MalformedCertificate"),
        (&two, "MalformedCertificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "MalformedCertificate"),
        (&past.pem, "MalformedCertificate"),
        (&future.pem, "MalformedCertificate"),
    ] {
        let upload = [("UserName", "alice"), ("CertificateBody", body)];
        assert_eq!(world.refused(&world.root, "UploadSigningCertificate", &upload).await.0, code, "{body}");
    }
}

#[tokio::test]
async fn a_user_has_two_certificates_at_most() {
    let world = world().await;
    let alice = world.user("alice", &allow("iam:*SigningCertificate*", &arn("user/alice"))).await;
    for name in ["one", "two"] {
        world.advance(1);
        world.ok(&alice, "UploadSigningCertificate", &[("CertificateBody", &*own(name, YEARS).pem)]).await;
    }
    let third = own("three", YEARS);
    let refusal =
        world.refused(&alice, "UploadSigningCertificate", &[("CertificateBody", &*third.pem)]).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for CertificatesPerUser: 2"));
    let first = world.ok(&alice, "ListSigningCertificates", &[("MaxItems", "1")]).await;
    assert_eq!(first.get("IsTruncated"), "true");
    let rest = world.ok(&alice, "ListSigningCertificates", &[("Marker", first.get("Marker"))]).await;
    assert_eq!(all(&rest.xml, "UploadDate"), ["2026-01-01T00:00:02Z"]);
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_user() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let made = own("a", YEARS);
    let (here, there) = (&*arn("user/a"), &*arn("user/b"));
    let upload = |user| [("UserName", user), ("CertificateBody", &*made.pem)];
    needs_leave(&world, "iam:UploadSigningCertificate", (here, &upload("a")), (there, &upload("b"))).await;
    let listed = world.ok(&world.root, "ListSigningCertificates", &[("UserName", "a")]).await;
    let id = listed.get("CertificateId");
    let update = |user| [("UserName", user), ("CertificateId", id), ("Status", "Inactive")];
    for (action, take) in [
        ("iam:ListSigningCertificates", 1),
        ("iam:UpdateSigningCertificate", 3),
        ("iam:DeleteSigningCertificate", 2),
    ] {
        needs_leave(&world, action, (here, &update("a")[..take]), (there, &update("b")[..take])).await;
    }
}
