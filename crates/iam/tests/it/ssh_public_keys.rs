//! SSH public keys.

#![expect(clippy::indexing_slicing, clippy::string_slice, reason = "the keys are of ASCII and long enough")]

use crate::asking::{all, arn, fault, needs_leave, world};

const SSH: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQClMuYWMGkCi3ChyM5E81il7W8BWr/u+cpVlTaRw9GVKFovXnQKAnOdrKhYYdypu7b5Zmmz1vGIMzyYqkifXLzAwObaHElfEKf1g1tkPRFWbMtDueN/rvx5LJBuRDPH7QncOakL/bs6l6YeT6TVAC3+xnzi0DcfDnS04+OcXEcfScN+wvOPpFulsIAA1Uug4tsm/SgUHeJcuB3RBzezR5vTUjiyIqci1b7/rpSp1dJopmFs9cXvZ3YD3hqBbcmM8+dIUzM6cnw6VYYme0biIT9LjT29vizWZ6oI1W8yp7GDfa+ygt6CZULySUL4j51Eyk4O3tIPq9anPw4hEchSugpr";
const FINGERPRINT: &str = "eb:b3:da:e9:3a:4a:e6:e6:49:dc:35:ca:db:a8:46:b1";
/// The same key with its algorithm.
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApTLmFjBpAotwocjORPNY
pe1vAVq/7vnKVZU2kcPRlShaL150CgJznayoWGHcqbu2+WZps9bxiDM8mKpIn1y8
wMDm2hxJXxCn9YNbZD0RVmzLQ7njf678eSyQbkQzx+0J3DmpC/27OpemHk+k1QAt
/sZ84tA3Hw50tOPjnFxHH0nDfsLzj6RbpbCAANVLoOLbJv0oFB3iXLgd0Qc3s0eb
01I4siKnItW+/66UqdXSaKZhbPXF72d2A94agW3JjPPnSFMzOnJ8OlWGJntG4iE/
S409vb4s1meqCNVvMqexg32vsoLegmVC8klC+I+dRMpODt7SD6vWpz8OIRHIUroK
awIDAQAB
-----END PUBLIC KEY-----
";
/// The same key without.
const PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEApTLmFjBpAotwocjORPNYpe1vAVq/7vnKVZU2kcPRlShaL150CgJz
nayoWGHcqbu2+WZps9bxiDM8mKpIn1y8wMDm2hxJXxCn9YNbZD0RVmzLQ7njf678
eSyQbkQzx+0J3DmpC/27OpemHk+k1QAt/sZ84tA3Hw50tOPjnFxHH0nDfsLzj6Rb
pbCAANVLoOLbJv0oFB3iXLgd0Qc3s0eb01I4siKnItW+/66UqdXSaKZhbPXF72d2
A94agW3JjPPnSFMzOnJ8OlWGJntG4iE/S409vb4s1meqCNVvMqexg32vsoLegmVC
8klC+I+dRMpODt7SD6vWpz8OIRHIUroKawIDAQAB
-----END RSA PUBLIC KEY-----
";
/// A key of 1024 bits.
const SMALL: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDg+9siyc+sR5QBbJOYa53emRq1vyqVou539yFsMauvLWl5t3Zh7k6XePGB3mCs6pnDQXIoOPDtY7bprprVdjQGjd3tI6sPrXTLB5/IqL7XWOb/ffOBEVcG41xA+wALsV7vatp07xhyIbxupXe3Kem8+jx23TwJCw8pZwj6EP3dMQ==";

/// So many keys, which differ in their last digits.
fn key(number: u8) -> String {
    let at = SSH.len() - 2;
    format!("{}{}{}", &SSH[..at], ["r", "p", "t", "v", "x", "z", "n"][usize::from(number)], &SSH[at + 1..])
}

#[tokio::test]
async fn a_key_is_uploaded_and_read_in_both_encodings() {
    let world = world().await;
    for (name, body) in [("a", &*format!("{SSH} alice@example")), ("b", PEM), ("c", PKCS1)] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
        let parameters = [("UserName", name), ("SSHPublicKeyBody", body)];
        let made = world.ok(&world.root, "UploadSSHPublicKey", &parameters).await;
        let id = made.get("SSHPublicKeyId").to_owned();
        assert!(id.starts_with("APKA"), "{id}");
        let expected = format!(
            "<SSHPublicKey><UserName>{name}</UserName><SSHPublicKeyId>{id}</SSHPublicKeyId>\
             <Fingerprint>{FINGERPRINT}</Fingerprint><SSHPublicKeyBody>"
        );
        assert!(made.xml.contains(&expected), "{}", made.xml);
        let read = async |encoding: &str| {
            let parameters = [("UserName", name), ("SSHPublicKeyId", &*id), ("Encoding", encoding)];
            let read = world.ok(&world.root, "GetSSHPublicKey", &parameters).await;
            assert_eq!((read.get("Fingerprint"), read.get("Status")), (FINGERPRINT, "Active"));
            assert_eq!(read.get("UploadDate"), "2026-01-01T00:00:00Z");
            read.get("SSHPublicKeyBody").to_owned()
        };
        assert_eq!(read("SSH").await, SSH);
        assert_eq!(read("PEM").await.trim(), PEM.trim());
    }
}

#[tokio::test]
async fn what_is_no_key_of_rsa_is_refused() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let unknown = "Invalid public key uploaded.";
    let invalid = "Invalid body for public key";
    let cut = &SSH[..SSH.len() - 8];
    let ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2zzAH7rSjk4mBC8a7TQEsLp1HQ3xnJyjDEVOnz5i3k";
    for (body, code, message) in [
        ("hello", "UnrecognizedPublicKeyEncoding", unknown),
        (ed25519, "UnrecognizedPublicKeyEncoding", unknown),
        ("ssh-rsa %%%", "InvalidPublicKey", invalid),
        ("ssh-rsa ", "UnrecognizedPublicKeyEncoding", unknown),
        (cut, "InvalidPublicKey", invalid),
        (SMALL, "InvalidPublicKey", invalid),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "InvalidPublicKey", invalid),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "UnrecognizedPublicKeyEncoding",
            unknown,
        ),
    ] {
        let parameters = [("UserName", "alice"), ("SSHPublicKeyBody", body)];
        assert_eq!(
            world.refused(&world.root, "UploadSSHPublicKey", &parameters).await,
            fault(code, message),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_user_has_five_keys_at_most_and_none_twice() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    for number in 0..5 {
        world.advance(1);
        let body = key(number);
        world
            .ok(&world.root, "UploadSSHPublicKey", &[("UserName", "alice"), ("SSHPublicKeyBody", &*body)])
            .await;
    }
    let (again, sixth) = (key(0), key(5));
    let again = [("UserName", "alice"), ("SSHPublicKeyBody", &*again)];
    let message = "Duplicate SSH public key uploaded.";
    let refusal = world.refused(&world.root, "UploadSSHPublicKey", &again).await;
    assert_eq!(refusal, fault("DuplicateSSHPublicKey", message));
    let sixth = [("UserName", "alice"), ("SSHPublicKeyBody", &*sixth)];
    let refusal = world.refused(&world.root, "UploadSSHPublicKey", &sixth).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for SSHPublicKeysPerUser: 5"));

    let mut seen = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut parameters = vec![("UserName", "alice"), ("MaxItems", "2")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = world.ok(&world.root, "ListSSHPublicKeys", &parameters).await;
        seen.extend(all(&page.xml, "UploadDate"));
        if page.get("IsTruncated") == "false" {
            break;
        }
        marker = Some(page.get("Marker").to_owned());
    }
    let expected: Vec<_> = (1..=5).map(|second| format!("2026-01-01T00:00:0{second}Z")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_key_is_made_inactive_and_deleted_under_its_user_only() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "bob")]).await;
    let upload = [("UserName", "alice"), ("SSHPublicKeyBody", SSH)];
    let made = world.ok(&world.root, "UploadSSHPublicKey", &upload).await;
    let id = made.get("SSHPublicKeyId");
    let missing = fault("NoSuchEntity", &format!("The Public Key with id {id} cannot be found."));
    let of = |user| [("UserName", user), ("SSHPublicKeyId", id), ("Status", "Inactive")];
    assert_eq!(world.refused(&world.root, "UpdateSSHPublicKey", &of("bob")).await, missing);
    assert_eq!(world.refused(&world.root, "DeleteSSHPublicKey", &of("bob")[..2]).await, missing);
    world.ok(&world.root, "UpdateSSHPublicKey", &of("alice")).await;
    let listed = world.ok(&world.root, "ListSSHPublicKeys", &upload[..1]).await;
    assert_eq!(listed.get("Status"), "Inactive");
    let expired = [of("alice")[0], of("alice")[1], ("Status", "Expired")];
    assert_eq!(world.refused(&world.root, "UpdateSSHPublicKey", &expired).await.0, "InvalidInput");

    let refusal = world.refused(&world.root, "DeleteUser", &upload[..1]).await;
    assert_eq!(
        refusal,
        fault("DeleteConflict", "Cannot delete entity, must remove referenced objects first.")
    );
    world.ok(&world.root, "DeleteSSHPublicKey", &of("alice")[..2]).await;
    assert_eq!(world.refused(&world.root, "DeleteSSHPublicKey", &of("alice")[..2]).await, missing);
    let read = [of("alice")[0], of("alice")[1], ("Encoding", "SSH")];
    assert_eq!(world.refused(&world.root, "GetSSHPublicKey", &read).await, missing);
    world.ok(&world.root, "DeleteUser", &upload[..1]).await;
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_user() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let (here, there) = (&*arn("user/a"), &*arn("user/b"));
    let upload = |user| [("UserName", user), ("SSHPublicKeyBody", SSH)];
    needs_leave(&world, "iam:UploadSSHPublicKey", (here, &upload("a")), (there, &upload("b"))).await;
    let listed = world.ok(&world.root, "ListSSHPublicKeys", &[("UserName", "a")]).await;
    let id = listed.get("SSHPublicKeyId");
    let get = |user| [("UserName", user), ("SSHPublicKeyId", id), ("Encoding", "SSH")];
    let update = |user| [("UserName", user), ("SSHPublicKeyId", id), ("Status", "Inactive")];
    needs_leave(&world, "iam:GetSSHPublicKey", (here, &get("a")), (there, &get("b"))).await;
    needs_leave(&world, "iam:ListSSHPublicKeys", (here, &get("a")[..1]), (there, &get("b")[..1])).await;
    needs_leave(&world, "iam:UpdateSSHPublicKey", (here, &update("a")), (there, &update("b"))).await;
    needs_leave(&world, "iam:DeleteSSHPublicKey", (here, &get("a")[..2]), (there, &get("b")[..2])).await;
}
