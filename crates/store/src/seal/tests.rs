#![expect(clippy::string_slice, clippy::type_complexity, reason = "a test knows its texts")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;

const PURPOSE: Purpose = Purpose::SECRET_ACCESS_KEY;

/// Repeatable bytes: a counter, hashed by nobody, but never the same twice.
fn counting() -> Arc<dyn Entropy> {
    let count = AtomicU64::new(1);
    Arc::new(move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(8) {
            let next = count.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
    })
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ring() -> Keyring {
    Keyring::in_memory(counting(), at(0)).unwrap()
}

fn open(dir: &Path) -> Result<Keyring, SealError> {
    Keyring::open(dir, MasterSource::File, Arc::new(SystemEntropy::new()), at(0))
}

fn master() -> MasterKey {
    MasterKey::generate(&SystemEntropy::new()).unwrap()
}

#[test]
fn a_sealed_value_opens_for_its_record_only() {
    let ring = ring();
    let sealed = ring.seal(PURPOSE, b"AKIA1", b"secret").unwrap();
    assert_eq!(&**ring.unseal(PURPOSE, b"AKIA1", &sealed).unwrap(), b"secret");
    for (purpose, record) in [(PURPOSE, b"AKIA2".as_slice()), (PURPOSE, b""), (Purpose::CURSOR, b"AKIA1")] {
        assert!(
            matches!(ring.unseal(purpose, record, &sealed), Err(SealError::Refused)),
            "{purpose:?} {record:?}"
        );
    }
}

#[test]
fn purpose_and_record_do_not_run_into_each_other() {
    let ring = ring();
    let sealed = ring.seal(Purpose::new("ab"), b"c", b"x").unwrap();
    assert!(ring.unseal(Purpose::new("a"), b"bc", &sealed).is_err());
}

#[test]
fn a_sealed_value_reads_back_from_its_text() {
    let ring = ring();
    for plaintext in [b"".as_slice(), b"x", &[0xff; 1000]] {
        let sealed = ring.seal(PURPOSE, b"r", plaintext).unwrap();
        let text = sealed.to_string();
        assert!(text.starts_with(&format!("v1.{}.", ring.current())), "{text}");
        let read: Sealed = text.parse().unwrap();
        assert_eq!(read, sealed);
        assert_eq!(&**ring.unseal(PURPOSE, b"r", &read).unwrap(), plaintext);
        let json = serde_json::to_string(&sealed).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
    }
}

#[test]
fn every_changed_bit_of_a_sealed_value_is_refused() {
    let ring = ring();
    let sealed = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    for bit in 0..sealed.body().len() * 8 {
        let mut body = sealed.body().to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        let changed = Sealed::new(sealed.key(), body);
        assert!(matches!(ring.unseal(PURPOSE, b"r", &changed), Err(SealError::Refused)), "bit {bit}");
    }
    for length in 0..sealed.body().len() {
        let cut = Sealed::new(sealed.key(), sealed.body()[..length].to_vec());
        assert!(matches!(ring.unseal(PURPOSE, b"r", &cut), Err(SealError::Refused)), "length {length}");
    }
}

#[test]
fn a_text_that_is_no_sealed_value_is_refused() {
    for text in [
        "",
        "v1",
        "v1.",
        "v1.0123abcd",
        "v2.0123abcd.AAAA",
        "v1.0123ABCD.AAAA",
        "v1.+123abcd.AAAA",
        "v1.0123abcd.*",
    ] {
        assert!(matches!(text.parse::<Sealed>(), Err(SealError::Malformed)), "{text}");
    }
}

#[test]
fn a_value_of_another_keyring_names_the_key_it_needs() {
    let (here, there) = (ring(), Keyring::in_memory(Arc::new(SystemEntropy::new()), at(0)).unwrap());
    let sealed = there.seal(PURPOSE, b"r", b"secret").unwrap();
    let error = here.unseal(PURPOSE, b"r", &sealed).unwrap_err();
    assert!(error.to_string().contains(&there.current().to_string()), "{error}");
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let ring = ring();
    let master = master();
    let sealed = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    assert_eq!(format!("{master:?}"), "***");
    assert_eq!(format!("{:?}", MasterSource::Given(vec![master])), "Given([***])");
    assert_eq!(format!("{ring:?}"), format!("Keyring({}, ***)", ring.current()));
    assert_eq!(format!("{sealed:?}"), format!("Sealed(v1.{}.***)", ring.current()));
    assert_eq!(format!("{:?}", ring.subkey(PURPOSE)), format!("Subkey({}, ***)", ring.current()));
}

#[test]
fn subkeys_differ_by_purpose_and_stay_the_same() {
    let ring = ring();
    assert_eq!(ring.subkey(Purpose::CURSOR).expose(), ring.subkey(Purpose::CURSOR).expose());
    assert_ne!(ring.subkey(Purpose::CURSOR).expose(), ring.subkey(Purpose::AUDIT).expose());
    let before = ring.subkey(Purpose::CURSOR);
    ring.rotate(at(1)).unwrap();
    assert_ne!(ring.subkey(Purpose::CURSOR).expose(), before.expose());
    assert_eq!(ring.subkey_of(before.id, Purpose::CURSOR).unwrap().expose(), before.expose());
}

#[test]
fn after_a_rotation_old_values_open_and_move_to_the_new_key() {
    let ring = ring();
    let twin = ring.clone();
    let old = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    let rotation = ring.rotate(at(1)).unwrap();
    assert!(rotation.master_changed);
    assert_eq!(twin.current(), rotation.data_key);
    assert_ne!(old.key(), rotation.data_key);

    assert_eq!(&**twin.unseal(PURPOSE, b"r", &old).unwrap(), b"secret");
    let new = twin.reseal(PURPOSE, b"r", &old).unwrap().unwrap();
    assert_eq!(new.key(), rotation.data_key);
    assert_eq!(&**ring.unseal(PURPOSE, b"r", &new).unwrap(), b"secret");
    assert_eq!(ring.reseal(PURPOSE, b"r", &new).unwrap(), None);
}

#[test]
fn a_forgotten_key_opens_nothing_and_the_current_one_stays() {
    let ring = ring();
    let old = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    assert!(matches!(ring.forget(old.key()), Err(SealError::Current(_))));
    ring.rotate(at(1)).unwrap();
    ring.forget(old.key()).unwrap();
    assert!(matches!(ring.unseal(PURPOSE, b"r", &old), Err(SealError::UnknownKey(_))));
    assert!(matches!(ring.forget(old.key()), Err(SealError::UnknownKey(_))));
    assert_eq!(ring.keys(), [(ring.current(), at(1))]);
}

#[test]
fn a_mac_holds_for_its_message_and_key_and_survives_rotation() {
    let ring = ring();
    let keys = ring.mac_keys(Purpose::AUDIT);
    let (id, mac) = keys.sign(b"message");
    assert!(keys.verify(id, b"message", &mac));
    assert!(!keys.verify(id, b"massage", &mac));
    assert!(!ring.mac_keys(Purpose::CURSOR).verify(id, b"message", &mac));
    ring.rotate(at(1)).unwrap();
    assert!(keys.verify(id, b"message", &mac));
    let (new, _) = keys.sign(b"message");
    assert_ne!(new, id);
    assert!(!keys.verify(new, b"message", &mac));
}

// Files.

#[test]
fn the_first_start_creates_files_for_the_owner_only_and_the_next_start_reads_them() {
    let dir = TempDir::new().unwrap();
    let ring = open(dir.path()).unwrap();
    let sealed = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    for name in [MASTER_KEY_FILE, KEYRING_FILE] {
        let mode = fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let again = open(dir.path()).unwrap();
    assert_eq!(&**again.unseal(PURPOSE, b"r", &sealed).unwrap(), b"secret");
    assert_eq!(names(dir.path()), [KEYRING_FILE, MASTER_KEY_FILE]);
}

#[test]
fn a_master_key_that_others_may_read_is_refused() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).unwrap();
    let path = dir.path().join(MASTER_KEY_FILE);
    for mode in [0o640, 0o604, 0o620, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = open(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("mode {mode:04o}")) && error.contains("chmod 600"), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    open(dir.path()).unwrap();
}

#[test]
fn a_master_key_of_the_wrong_size_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).unwrap();
    let path = dir.path().join(MASTER_KEY_FILE);
    let good = fs::read(&path).unwrap();
    for bad in [&b""[..], &good[..40], &[b'A'; 1000], &[0xff; 45]] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(open(dir.path()), Err(SealError::MasterFile { .. })), "{bad:?}");
        assert_eq!(fs::read(&path).unwrap(), bad);
    }
}

#[test]
fn a_lost_file_is_named_and_never_made_anew() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).unwrap();
    for name in [MASTER_KEY_FILE, KEYRING_FILE] {
        let (path, aside) = (dir.path().join(name), dir.path().join("aside"));
        fs::rename(&path, &aside).unwrap();
        let error = open(dir.path()).unwrap_err();
        assert!(matches!(&error, SealError::Missing { path: missing } if *missing == path), "{error}");
        fs::rename(&aside, &path).unwrap();
    }
    open(dir.path()).unwrap();
}

#[test]
fn another_master_key_does_not_unwrap_the_keyring() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).unwrap();
    let path = dir.path().join(MASTER_KEY_FILE);
    fs::write(&path, master().to_text().as_bytes()).unwrap();
    assert!(matches!(open(dir.path()), Err(SealError::NoMaster { .. })));
}

#[test]
fn an_altered_keyring_is_refused() {
    let dir = TempDir::new().unwrap();
    open(dir.path()).unwrap();
    let path = dir.path().join(KEYRING_FILE);
    let good = fs::read_to_string(&path).unwrap();
    let current = open(dir.path()).unwrap().current().to_string();
    let flip = |text: &str| {
        if text.starts_with('0') { text.replacen('0', "1", 1) } else { text.replacen(&text[..1], "0", 1) }
    };
    let start = good.find("\"wrapped\": \"").unwrap() + 12;
    let mut wrapped = good.clone();
    let replacement = if &good[start..=start] == "A" { "B" } else { "A" };
    wrapped.replace_range(start..=start, replacement);
    let altered = [
        good.replace("\"version\": 1", "\"version\": 2"),
        good.replacen(&current, &flip(&current), 1),
        good.replace(&current, &flip(&current)),
        good[..good.len() / 2].to_owned(),
        wrapped,
    ];
    for text in altered {
        assert_ne!(text, good);
        fs::write(&path, &text).unwrap();
        assert!(matches!(open(dir.path()), Err(SealError::KeyringFile { .. })), "{text}");
    }
}

#[test]
fn a_rotation_survives_a_restart() {
    let dir = TempDir::new().unwrap();
    let ring = open(dir.path()).unwrap();
    let old = ring.seal(PURPOSE, b"r", b"old").unwrap();
    let before = fs::read(dir.path().join(MASTER_KEY_FILE)).unwrap();
    let rotation = ring.rotate(at(5)).unwrap();
    let new = ring.seal(PURPOSE, b"r", b"new").unwrap();
    assert_ne!(fs::read(dir.path().join(MASTER_KEY_FILE)).unwrap(), before);

    let again = open(dir.path()).unwrap();
    assert_eq!(again.current(), rotation.data_key);
    assert_eq!(again.keys()[0].1, at(5));
    assert_eq!(&**again.unseal(PURPOSE, b"r", &old).unwrap(), b"old");
    assert_eq!(&**again.unseal(PURPOSE, b"r", &new).unwrap(), b"new");
    again.rotate(at(6)).unwrap();
    assert_eq!(open(dir.path()).unwrap().keys().len(), 3);
}

#[test]
fn a_rotation_that_stops_after_any_step_loses_nothing() {
    // The files as they are between the steps, put together from the files before and after.
    let dir = TempDir::new().unwrap();
    let ring = open(dir.path()).unwrap();
    let sealed = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
    let (old_master, old_ring) = (read(MASTER_KEY_FILE), read(KEYRING_FILE));
    let rotation = ring.rotate(at(1)).unwrap();
    let (new_master, new_ring) = (read(MASTER_KEY_FILE), read(KEYRING_FILE));

    let cases: [(&str, &[u8], &[u8], Option<&[u8]>, bool); 4] = [
        ("in the middle of step 1", &old_ring, &old_master, Some(&new_master[..20]), false),
        ("after step 1", &old_ring, &old_master, Some(&new_master), false),
        ("after step 2", &new_ring, &old_master, Some(&new_master), true),
        ("after step 3", &new_ring, &new_master, None, true),
    ];
    for (when, keyring, master, next, rotated) in cases {
        let dir = TempDir::new().unwrap();
        let put = |name: &str, content: &[u8]| {
            fs::write(dir.path().join(name), content).unwrap();
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
        };
        put(KEYRING_FILE, keyring);
        put(MASTER_KEY_FILE, master);
        put("keyring.json.tmp", b"half a keyri");
        if let Some(next) = next {
            put("master.key.next", next);
        }

        // A reader beside the writer sees a keyring that works and changes nothing.
        let before = names(dir.path());
        let reader = Keyring::load(dir.path(), MasterSource::File, Arc::new(SystemEntropy::new())).unwrap();
        assert_eq!(&**reader.unseal(PURPOSE, b"r", &sealed).unwrap(), b"secret", "{when}");
        assert_eq!(names(dir.path()), before, "{when}");

        let ring = open(dir.path()).unwrap();
        assert_eq!(&**ring.unseal(PURPOSE, b"r", &sealed).unwrap(), b"secret", "{when}");
        assert_eq!(ring.current() == rotation.data_key, rotated, "{when}");
        // And the next rotation works from there.
        ring.rotate(at(2)).unwrap();
        let ring = open(dir.path()).unwrap();
        assert_eq!(&**ring.unseal(PURPOSE, b"r", &sealed).unwrap(), b"secret", "{when}");
        assert_eq!(names(dir.path()), [KEYRING_FILE, MASTER_KEY_FILE], "{when}");
    }
}

#[test]
fn a_first_start_that_stops_after_any_step_starts_again() {
    let whole = TempDir::new().unwrap();
    open(whole.path()).unwrap();
    let read = |name: &str| fs::read(whole.path().join(name)).unwrap();
    let (master, keyring) = (read(MASTER_KEY_FILE), read(KEYRING_FILE));
    for (when, next, ring) in [
        ("half of step 1", &master[..9], None),
        ("step 1", &master[..], None),
        ("step 2", &master[..], Some(&keyring)),
    ] {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("master.key.next"), next).unwrap();
        fs::set_permissions(dir.path().join("master.key.next"), fs::Permissions::from_mode(0o600)).unwrap();
        if let Some(ring) = ring {
            fs::write(dir.path().join(KEYRING_FILE), ring).unwrap();
        }
        open(dir.path()).unwrap_or_else(|error| panic!("{when}: {error}"));
        assert_eq!(names(dir.path()), [KEYRING_FILE, MASTER_KEY_FILE], "{when}");
        open(dir.path()).unwrap();
    }
}

#[test]
fn a_failed_last_step_is_caught_up_before_the_next_rotation() {
    let dir = TempDir::new().unwrap();
    let ring = open(dir.path()).unwrap();
    let sealed = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    // A directory in the place of the master key makes step 3 fail.
    let (path, aside) = (dir.path().join(MASTER_KEY_FILE), dir.path().join("aside"));
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(ring.rotate(at(1)), Err(SealError::Io { .. })));
    let between = ring.seal(PURPOSE, b"r", b"between").unwrap();
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();

    ring.rotate(at(2)).unwrap();
    let again = open(dir.path()).unwrap();
    assert_eq!(&**again.unseal(PURPOSE, b"r", &sealed).unwrap(), b"secret");
    assert_eq!(&**again.unseal(PURPOSE, b"r", &between).unwrap(), b"between");
}

#[test]
fn a_given_master_key_leaves_no_key_file_and_rotates_to_the_first_of_several() {
    let dir = TempDir::new().unwrap();
    let (old, new) = (master(), master());
    let given = |text: &str| {
        let source = MasterSource::from_text(text).unwrap();
        Keyring::open(dir.path(), source, Arc::new(SystemEntropy::new()), at(0))
    };
    let ring = given(&old.to_text()).unwrap();
    let sealed = ring.seal(PURPOSE, b"r", b"secret").unwrap();
    assert_eq!(names(dir.path()), [KEYRING_FILE]);
    assert!(!ring.rotate(at(1)).unwrap().master_changed);

    let error = given(&new.to_text()).unwrap_err();
    assert!(error.to_string().contains(&old.id().to_string()), "{error}");
    let both = format!("{},{}\n", *new.to_text(), *old.to_text());
    let rotation = given(&both).unwrap().rotate(at(2)).unwrap();
    assert_eq!((rotation.master, rotation.master_changed), (new.id(), true));

    assert!(given(&old.to_text()).is_err());
    let ring = given(&new.to_text()).unwrap();
    assert_eq!(&**ring.unseal(PURPOSE, b"r", &sealed).unwrap(), b"secret");
}

#[test]
fn a_text_that_is_no_master_key_is_refused_with_advice() {
    for text in ["", "short", "AAAA", &"A".repeat(64), "=*="] {
        let error = MasterSource::from_text(text).unwrap_err().to_string();
        assert!(error.contains("openssl rand -base64 32"), "{error}");
    }
}

// Tokens.

const LONGEST: usize = 4096;

#[test]
fn a_token_opens_with_what_it_is_bound_to() {
    let tokens = ring().tokens(Purpose::SESSION_TOKEN, LONGEST);
    for content in [b"".as_slice(), b"x", &[7; 2000]] {
        let token = tokens.seal(b"ASIA1", content).unwrap();
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        assert!(token.len() <= content.len() * 4 / 3 + 45, "{}", token.len());
        assert_eq!(&**tokens.open(b"ASIA1", &token).unwrap(), content);
        assert_eq!(tokens.open(b"ASIA2", &token).unwrap_err(), Refused);
        assert_eq!(tokens.open(b"", &token).unwrap_err(), Refused);
    }
}

#[test]
fn tokens_of_one_content_differ() {
    let tokens = ring().tokens(Purpose::SESSION_TOKEN, LONGEST);
    assert_ne!(tokens.seal(b"", b"x").unwrap(), tokens.seal(b"", b"x").unwrap());
}

#[test]
fn a_token_of_another_purpose_is_refused() {
    let ring = ring();
    let token = ring.tokens(Purpose::CURSOR, LONGEST).seal(b"", b"x").unwrap();
    assert_eq!(ring.tokens(Purpose::SESSION_TOKEN, LONGEST).open(b"", &token).unwrap_err(), Refused);
}

#[test]
fn forged_cut_and_extended_tokens_are_refused() {
    let tokens = ring().tokens(Purpose::SESSION_TOKEN, LONGEST);
    let token = tokens.seal(b"ASIA1", b"content").unwrap();
    for index in 0..token.len() {
        assert!(tokens.open(b"ASIA1", &token[..index]).is_err(), "cut at {index}");
        for other in ["A", "b", "=", "+", "é", "\0"] {
            let mut forged = token.clone();
            forged.replace_range(index..=index, other);
            if forged != token {
                assert!(tokens.open(b"ASIA1", &forged).is_err(), "{other:?} at {index}");
            }
        }
    }
    for extended in [format!("{token}A"), format!("{token}AAAA"), format!("{token}="), format!(" {token}")] {
        assert!(tokens.open(b"ASIA1", &extended).is_err(), "{extended}");
    }
}

#[test]
fn a_token_that_is_too_long_is_neither_made_nor_read() {
    let tokens = ring().tokens(Purpose::SESSION_TOKEN, 100);
    assert!(matches!(tokens.seal(b"", &[0; 100]), Err(SealError::Cipher)));
    assert_eq!(tokens.open(b"", &"A".repeat(10_000_000)).unwrap_err(), Refused);
    let roomy = tokens_of_the_same_key(&tokens);
    let token = roomy.seal(b"", &[0; 100]).unwrap();
    assert!(tokens.open(b"", &token).is_err());
    assert!(roomy.open(b"", &token).is_ok());
}

#[test]
fn a_rotation_keeps_old_tokens_valid_until_their_key_is_forgotten() {
    let ring = ring();
    let tokens = ring.tokens(Purpose::SESSION_TOKEN, LONGEST);
    let first = ring.current();
    let old = tokens.seal(b"", b"old").unwrap();
    ring.rotate(at(1)).unwrap();
    let new = tokens.seal(b"", b"new").unwrap();
    assert_eq!(&**tokens.open(b"", &old).unwrap(), b"old");
    assert_eq!(&**tokens.open(b"", &new).unwrap(), b"new");
    ring.forget(first).unwrap();
    assert_eq!(tokens.open(b"", &old).unwrap_err(), Refused);
    assert_eq!(&**tokens.open(b"", &new).unwrap(), b"new");
}

fn tokens_of_the_same_key(tokens: &TokenSealer) -> TokenSealer {
    tokens.keyring().tokens(Purpose::SESSION_TOKEN, LONGEST)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
