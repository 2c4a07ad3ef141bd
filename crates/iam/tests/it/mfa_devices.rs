//! Virtual MFA devices.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot read its answer has failed"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use service::testing::{Fields, World};

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};

/// The time step at which the tests begin.
const NOW: u64 = 1_767_225_600 / 30;

/// The code that an authenticator shows for a seed in base32.
fn code(seed: &str, step: u64) -> String {
    let seed = data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).unwrap();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&seed).unwrap();
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = (digest[19] & 15) as usize;
    let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn seed_of(made: &Fields) -> String {
    String::from_utf8(STANDARD.decode(made.get("Base32StringSeed")).unwrap()).unwrap()
}

/// A new device's serial number and seed.
async fn device(world: &World, name: &str) -> (String, String) {
    let made = world.ok(&world.root, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]).await;
    (made.get("SerialNumber").to_owned(), seed_of(&made))
}

fn prove<'a>(user: &'a str, serial: &'a str, first: &'a str, second: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("UserName", user),
        ("SerialNumber", serial),
        ("AuthenticationCode1", first),
        ("AuthenticationCode2", second),
    ]
}

/// A device that is enabled for a user, with its seed.
async fn enabled(world: &World, user: &str, name: &str) -> (String, String) {
    let (serial, seed) = device(world, name).await;
    let (first, second) = (code(&seed, NOW - 1), code(&seed, NOW));
    let parameters = prove(user, &serial, &first, &second);
    world.ok(&world.root, "EnableMFADevice", &parameters).await;
    (serial, seed)
}

fn not_there(serial: &str) -> (String, String) {
    fault("NoSuchEntity", &format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

const INVALID: (&str, &str) = ("InvalidAuthenticationCode", "Authentication code for device is not valid.");

#[tokio::test]
async fn a_new_device_tells_its_seed_as_text_and_as_qr_code() {
    let world = world().await;
    let parameters = [
        ("VirtualMFADeviceName", "phone"),
        ("Path", "/team/"),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "b"),
    ];
    let made = world.ok(&world.root, "CreateVirtualMFADevice", &parameters).await;
    assert_eq!(made.get("SerialNumber"), arn("mfa/team/phone"));
    assert!(made.xml.contains("<Tags><member><Key>a</Key><Value>b</Value></member></Tags>"), "{}", made.xml);
    let seed = seed_of(&made);
    assert!(seed.len() == 64 && seed.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)));

    let png = STANDARD.decode(made.get("QRCodePNG")).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let uri = format!("otpauth://totp/phone@123456789012?secret={seed}");
    let expected = qrcode::QrCode::new(&uri).unwrap();
    let modules = expected.width();
    assert_eq!(frame.width as usize, (modules + 8) * 4);
    for y in 0..modules {
        for x in 0..modules {
            let dark = pixels[((y + 4) * 4 + 1) * frame.width as usize + (x + 4) * 4 + 1] == 0;
            assert_eq!(dark, expected[(x, y)] == qrcode::Color::Dark, "{x} {y}");
        }
    }
    let events = world.core.store.events(0, 100).await.unwrap();
    assert!(!format!("{events:?}").contains(&seed), "a seed is in the audit trail");

    let refusal = world.refused(&world.root, "CreateVirtualMFADevice", &parameters).await;
    let there = "MFADevice entity at the same path and name already exists.";
    assert_eq!(refusal, fault("EntityAlreadyExists", there));
    // The same name at another path is another device.
    world.ok(&world.root, "CreateVirtualMFADevice", &parameters[..1]).await;
    let long = "n".repeat(227);
    let refusal =
        world.refused(&world.root, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", &*long)]).await;
    assert_eq!(refusal.0, "ValidationError");
    world.ok(&world.root, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", &long[1..])]).await;
}

#[tokio::test]
async fn two_codes_in_a_row_enable_a_device() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let (serial, seed) = device(&world, "phone").await;
    let (before, now, next) = (code(&seed, NOW - 1), code(&seed, NOW), code(&seed, NOW + 1));
    let enable = async |first: &str, second: &str| {
        let parameters = prove("alice", &serial, first, second);
        world
            .call(&world.root, "EnableMFADevice", &parameters)
            .await
            .map_err(|fault| (fault.code, fault.message))
    };
    let invalid = Err((INVALID.0.into(), INVALID.1.to_owned()));
    assert_eq!(enable(&now, &before).await, invalid);
    assert_eq!(enable(&now, &now).await, invalid);
    assert_eq!(enable(&before, &next).await, invalid);
    // Codes of a clock that is off by hours.
    assert_eq!(enable(&code(&seed, NOW - 600), &code(&seed, NOW - 599)).await, invalid);
    assert!(enable(&before, &now).await.is_ok());
    let refusal = world.refused(&world.root, "EnableMFADevice", &prove("alice", &serial, &now, &next)).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "MFA Device is already in use."));

    let listed = world.ok(&world.root, "ListMFADevices", &[("UserName", "alice")]).await;
    let expected = format!(
        "<MFADevices><member><UserName>alice</UserName><SerialNumber>{serial}</SerialNumber>\
         <EnableDate>2026-01-01T00:00:00Z</EnableDate></member></MFADevices><IsTruncated>false</IsTruncated>"
    );
    assert!(listed.xml.contains(&expected), "{}", listed.xml);
    let parameters = [("UserName", "alice"), ("SerialNumber", &*serial)];
    let read = world.ok(&world.root, "GetMFADevice", &parameters).await;
    assert_eq!((read.get("UserName"), read.get("SerialNumber")), ("alice", &*serial));
    assert_eq!(read.get("EnableDate"), "2026-01-01T00:00:00Z");

    // A code is of use once, even when the device comes back.
    world.ok(&world.root, "DeactivateMFADevice", &parameters).await;
    assert_eq!(world.refused(&world.root, "GetMFADevice", &parameters).await, not_there(&serial));
    assert_eq!(enable(&before, &now).await, invalid);
    assert_eq!(enable(&now, &next).await, invalid);
    assert!(enable(&next, &code(&seed, NOW + 2)).await.is_ok());
}

#[tokio::test]
async fn a_device_whose_clock_went_astray_is_synchronised() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let (serial, seed) = enabled(&world, "alice", "phone").await;
    let off = NOW + 1000;
    let (first, second) = (code(&seed, off), code(&seed, off + 1));
    let parameters = prove("alice", &serial, &first, &second);
    world.ok(&world.root, "ResyncMFADevice", &parameters).await;
    let refusal = world.refused(&world.root, "ResyncMFADevice", &parameters).await;
    assert_eq!(refusal, fault(INVALID.0, INVALID.1));
    let (other, _) = device(&world, "other").await;
    let parameters = prove("alice", &other, &first, &second);
    assert_eq!(world.refused(&world.root, "ResyncMFADevice", &parameters).await, not_there(&other));
}

#[tokio::test]
async fn a_device_in_use_is_deactivated_before_it_is_deleted() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "bob")]).await;
    let (serial, _) = enabled(&world, "alice", "phone").await;
    let parameters = [("SerialNumber", &*serial), ("UserName", "alice")];
    let refusal = world.refused(&world.root, "DeleteVirtualMFADevice", &parameters[..1]).await;
    assert_eq!(refusal, fault("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first."));
    let refusal = world.refused(&world.root, "DeleteUser", &parameters[1..]).await;
    assert_eq!(refusal, fault("DeleteConflict", "Cannot delete entity, must delete MFA device first."));
    // It is not another user's.
    let of_bob = [("SerialNumber", &*serial), ("UserName", "bob")];
    assert_eq!(world.refused(&world.root, "DeactivateMFADevice", &of_bob).await, not_there(&serial));
    assert_eq!(world.refused(&world.root, "GetMFADevice", &of_bob).await, not_there(&serial));

    world.ok(&world.root, "DeactivateMFADevice", &parameters).await;
    assert_eq!(world.refused(&world.root, "DeactivateMFADevice", &parameters).await, not_there(&serial));
    world.ok(&world.root, "DeleteUser", &parameters[1..]).await;
    world.ok(&world.root, "DeleteVirtualMFADevice", &parameters[..1]).await;
    let refusal = world.refused(&world.root, "DeleteVirtualMFADevice", &parameters[..1]).await;
    assert_eq!(refusal, not_there(&serial));
}

#[tokio::test]
async fn lists_are_by_state_and_in_pages() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice"), ("Path", "/x/")]).await;
    let long = format!("c{}", "c".repeat(225));
    for name in ["b", &*long, "d"] {
        device(&world, name).await;
    }
    enabled(&world, "alice", "a").await;
    let list = async |status: &str| {
        let listed = world.ok(&world.root, "ListVirtualMFADevices", &[("AssignmentStatus", status)]).await;
        all(&listed.xml, "SerialNumber")
    };
    let serials = |names: &[&str]| names.iter().map(|name| arn(&format!("mfa/{name}"))).collect::<Vec<_>>();
    assert_eq!(list("Assigned").await, serials(&["a"]));
    assert_eq!(list("Unassigned").await, serials(&["b", &long, "d"]));
    assert_eq!(list("Any").await, serials(&["a", "b", &long, "d"]));

    let mut marker = None;
    let mut seen = Vec::new();
    loop {
        let mut parameters = vec![("MaxItems", "1")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = world.ok(&world.root, "ListVirtualMFADevices", &parameters).await;
        assert!(!page.has("Base32StringSeed"));
        seen.extend(all(&page.xml, "SerialNumber"));
        if page.get("IsTruncated") == "false" {
            break;
        }
        marker = Some(page.get("Marker").to_owned());
    }
    assert_eq!(seen, serials(&["a", "b", &long, "d"]));
    let assigned = world.ok(&world.root, "ListVirtualMFADevices", &[("AssignmentStatus", "Assigned")]).await;
    assert_eq!(assigned.get("Arn"), arn("user/x/alice"));
    assert_eq!(assigned.get("EnableDate"), "2026-01-01T00:00:00Z");
    let summary = world.ok(&world.root, "GetAccountSummary", &[]).await;
    for (key, count) in [("MFADevices", 4), ("MFADevicesInUse", 1)] {
        assert!(summary.xml.contains(&format!("<key>{key}</key><value>{count}</value>")), "{}", summary.xml);
    }
}

#[tokio::test]
async fn a_user_has_eight_devices_at_most() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    for number in 0..8 {
        enabled(&world, "alice", &format!("d{number}")).await;
    }
    let (serial, seed) = device(&world, "ninth").await;
    let (first, second) = (code(&seed, NOW), code(&seed, NOW + 1));
    let parameters = prove("alice", &serial, &first, &second);
    let refusal = world.refused(&world.root, "EnableMFADevice", &parameters).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8"));
}

#[tokio::test]
async fn tags_are_set_listed_and_removed() {
    let world = world().await;
    let (serial, _) = device(&world, "phone").await;
    let tag = [("SerialNumber", &*serial), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")];
    world.ok(&world.root, "TagMFADevice", &tag).await;
    let listed = world.ok(&world.root, "ListMFADeviceTags", &tag[..1]).await;
    assert!(
        listed.xml.contains("<Tags><member><Key>team</Key><Value>x</Value></member></Tags>"),
        "{}",
        listed.xml
    );
    // The tags of the device count when leave is asked.
    let condition = r#"{"StringEquals":{"aws:ResourceTag/team":"x"}}"#;
    let admin = world.user("admin", &allow_if("iam:DeleteVirtualMFADevice", "*", condition)).await;
    let (other, _) = device(&world, "other").await;
    let refusal = world.refused(&admin, "DeleteVirtualMFADevice", &[("SerialNumber", &*other)]).await;
    assert_eq!(refusal, denied("admin", "iam:DeleteVirtualMFADevice", &other));
    world
        .ok(&world.root, "UntagMFADevice", &[("SerialNumber", &*serial), ("TagKeys.member.1", "other")])
        .await;
    world.ok(&admin, "DeleteVirtualMFADevice", &tag[..1]).await;

    world.ok(&world.root, "TagMFADevice", &[("SerialNumber", &*other), tag[1], tag[2]]).await;
    world.ok(&world.root, "UntagMFADevice", &[("SerialNumber", &*other), ("TagKeys.member.1", "team")]).await;
    let listed = world.ok(&world.root, "ListMFADeviceTags", &[("SerialNumber", &*other)]).await;
    assert!(!listed.has("Key"), "{}", listed.xml);
}

#[tokio::test]
async fn a_device_that_does_not_exist_is_missed_by_name() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let elsewhere = "arn:aws:iam::210987654321:mfa/phone";
    for serial in [&*arn("mfa/none"), elsewhere] {
        let parameters = [("SerialNumber", serial), ("UserName", "alice")];
        for (operation, take) in [
            ("DeleteVirtualMFADevice", 1),
            ("ListMFADeviceTags", 1),
            ("GetMFADevice", 2),
            ("DeactivateMFADevice", 2),
        ] {
            assert_eq!(
                world.refused(&world.root, operation, &parameters[..take]).await.0,
                "NoSuchEntity",
                "{operation}"
            );
        }
        let refusal =
            world.refused(&world.root, "EnableMFADevice", &prove("alice", serial, "123456", "123456")).await;
        assert_eq!(refusal, not_there(serial));
    }
    for bad in ["12345", "1234567", "12345a"] {
        let parameters = prove("alice", "arn:aws:iam::123456789012:mfa/x", bad, "123456");
        assert_eq!(world.refused(&world.root, "EnableMFADevice", &parameters).await.0, "ValidationError");
    }
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_device_or_its_user() {
    let world = world().await;
    for name in ["a", "b"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    let (ours, seed) = device(&world, "a").await;
    let (other, _) = device(&world, "b").await;
    let here = [("SerialNumber", &*ours), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    let there = [("SerialNumber", &*other), here[1], here[2]];
    needs_leave(&world, "iam:TagMFADevice", (&ours, &here), (&other, &there)).await;
    needs_leave(&world, "iam:ListMFADeviceTags", (&ours, &here[..1]), (&other, &there[..1])).await;
    let untag = |serial| [("SerialNumber", serial), ("TagKeys.member.1", "k")];
    needs_leave(&world, "iam:UntagMFADevice", (&ours, &untag(&*ours)), (&other, &untag(&*other))).await;

    let (user, neighbour) = (&*arn("user/a"), &*arn("user/b"));
    let (first, second, third) = (code(&seed, NOW), code(&seed, NOW + 1), code(&seed, NOW + 2));
    let enable = |user| prove(user, &ours, &first, &second);
    needs_leave(&world, "iam:EnableMFADevice", (user, &enable("a")), (neighbour, &enable("b"))).await;
    let fourth = code(&seed, NOW + 3);
    let resync = |user| prove(user, &ours, &third, &fourth);
    needs_leave(&world, "iam:ResyncMFADevice", (user, &resync("a")), (neighbour, &resync("b"))).await;
    let named = |user| [("UserName", user), ("SerialNumber", &*ours)];
    needs_leave(&world, "iam:GetMFADevice", (user, &named("a")), (neighbour, &named("b"))).await;
    needs_leave(&world, "iam:ListMFADevices", (user, &named("a")[..1]), (neighbour, &named("b")[..1])).await;
    needs_leave(&world, "iam:DeactivateMFADevice", (user, &named("a")), (neighbour, &named("b"))).await;
    needs_leave(&world, "iam:DeleteVirtualMFADevice", (&ours, &here[..1]), (&other, &there[..1])).await;

    let (new, neighbour) = (&*arn("mfa/new"), &*arn("mfa/other"));
    let (create, beside) = ([("VirtualMFADeviceName", "new")], [("VirtualMFADeviceName", "other")]);
    needs_leave(&world, "iam:CreateVirtualMFADevice", (new, &create), (neighbour, &beside)).await;
    let tagged = [("VirtualMFADeviceName", "third"), here[1], here[2]];
    let maker = world.user("maker", &allow("iam:CreateVirtualMFADevice", "*")).await;
    let refusal = world.refused(&maker, "CreateVirtualMFADevice", &tagged).await;
    assert_eq!(refusal, denied("maker", "iam:TagMFADevice", &arn("mfa/third")));
    let lister = world.user("lister", &allow("iam:ListVirtualMFADevices", &arn("mfa/"))).await;
    world.ok(&lister, "ListVirtualMFADevices", &[]).await;
    let refusal = world.refused(&maker, "ListVirtualMFADevices", &[]).await;
    assert_eq!(refusal, denied("maker", "iam:ListVirtualMFADevices", &arn("mfa/")));
}

#[tokio::test]
async fn the_root_user_has_no_devices_and_no_certificates() {
    let world = world().await;
    for operation in ["ListMFADevices", "ListSigningCertificates"] {
        assert_eq!(world.ok(&world.root, operation, &[]).await.get("IsTruncated"), "false", "{operation}");
    }
    let refused = world.refused(&world.root, "GetMFADevice", &[("SerialNumber", &arn("mfa/none"))]).await;
    let missing = format!("VirtualMFADevice with serial number {} doesn't exist.", arn("mfa/none"));
    assert_eq!(refused, fault("NoSuchEntity", &missing));
}
