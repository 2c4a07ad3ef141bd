//! Keys print and parse; index entries put records where the questions look.

use jiff::Timestamp;
use store::{Record, RecordKey};
use types::{AccessKeyId, Arn, GroupName, Owner, Path, PolicyName, TagSet, UniqueId, UserName};

use super::*;

fn owner() -> Owner {
    Owner::parse("aws:123456789012").unwrap()
}

fn id(prefix: &str) -> UniqueId {
    UniqueId::parse(&format!("{prefix}ABCDEFGHIJKLMNOPQ")).unwrap()
}

fn grantee() -> Grantee {
    Grantee { owner: owner(), kind: GranteeKind::User, id: id("AIDA") }
}

fn user(name: &str, path: &str) -> User {
    User {
        owner: owner(),
        id: id("AIDA"),
        name: UserName::parse(name).unwrap(),
        path: Path::parse(path).unwrap(),
        created: Timestamp::UNIX_EPOCH,
        boundary: None,
        tags: TagSet::default(),
    }
}

fn assert_round_trip<K: RecordKey + PartialEq + std::fmt::Debug>(key: K) {
    let path = key.path().into_owned();
    assert_eq!(K::parse_path(&path), Some(key), "{path}");
    assert_eq!(K::parse_path(""), None);
    assert_eq!(K::parse_path("x/y/z/w/v"), None);
}

#[test]
fn every_key_parses_as_it_prints() {
    assert_round_trip(AccountKey(owner()));
    assert_round_trip(EntityKey::new(owner(), id("AROA")));
    assert_round_trip(MembershipKey { owner: owner(), user: id("AIDA"), group: id("AGPA") });
    assert_round_trip(PolicyVersionKey { owner: owner(), policy: id("ANPA"), number: 12 });
    assert_round_trip(InlinePolicyKey::new(&grantee(), PolicyName::parse("a.b").unwrap()));
    // The policy's ARN holds slashes of its own.
    let policy = Arn::parse("arn:aws:iam::aws:policy/service-role/X").unwrap();
    assert_round_trip(AttachmentKey::new(&grantee(), policy));
    assert_round_trip(AccessKeyKey(AccessKeyId::parse("AKIAABCDEFGHIJKLMNOP").unwrap()));
}

#[test]
fn an_entity_is_found_by_its_folded_name_and_by_path_and_name() {
    let entries = user("Alice", "/team/").entries();
    let places: Vec<_> = entries
        .iter()
        .map(|entry| (entry.index.name, entry.partition.as_str(), entry.sort.as_str()))
        .collect();
    assert_eq!(
        places,
        [("user/by-name", "aws:123456789012", "alice"), ("user/by-path", "aws:123456789012", "/team/alice")]
    );
}

#[test]
fn a_bounded_user_is_found_by_its_boundary() {
    let mut user = user("alice", "/");
    user.boundary = Some(Arn::parse("arn:aws:iam::123456789012:policy/b").unwrap());
    let entry = user.entries().pop().unwrap();
    assert_eq!(entry.index, User::BY_BOUNDARY);
    assert_eq!(entry.partition, "aws:123456789012/arn:aws:iam::123456789012:policy/b");
}

#[test]
fn an_arn_holds_path_and_name_with_their_case() {
    assert_eq!(user("Alice", "/team/").arn().as_str(), "arn:aws:iam::123456789012:user/team/Alice");
    let group = arn_of::<Group>(owner(), &Path::root(), GroupName::parse("g").unwrap().as_str());
    assert_eq!(group.as_str(), "arn:aws:iam::123456789012:group/g");
}

#[test]
fn access_keys_of_a_user_come_in_the_order_in_which_they_were_made() {
    let key = |second, id: &str| AccessKey {
        id: AccessKeyId::parse(id).unwrap(),
        owner: owner(),
        user: None,
        status: KeyStatus::Active,
        created: Timestamp::from_second(second).unwrap(),
    };
    let sort = |key: &AccessKey| key.entries().pop().unwrap().sort;
    let (older, newer) =
        (key(999_999_999, "AKIAZZZZZZZZZZZZZZZZ"), key(1_000_000_000, "AKIAAAAAAAAAAAAAAAAA"));
    assert!(sort(&older) < sort(&newer));
    assert_eq!(AccessKey::user_partition(owner(), None), "aws:123456789012/root");
}

#[test]
fn a_version_id_is_a_v_and_a_number_from_one_on() {
    assert_eq!(PolicyVersion::number_of("v12"), Some(12));
    for bad in ["v0", "12", "v", "vx", "V1", ""] {
        assert_eq!(PolicyVersion::number_of(bad), None, "{bad}");
    }
}

#[test]
fn every_kind_has_a_name_of_its_own_and_declares_its_indexes_once() {
    let mut names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    let mut indexes: Vec<_> = KINDS.iter().flat_map(|kind| kind.indexes).map(|index| index.name).collect();
    for list in [&mut names, &mut indexes] {
        let all = list.len();
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), all);
    }
}
