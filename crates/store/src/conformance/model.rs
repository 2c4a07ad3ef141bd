//! Random histories against a plain map.

use std::collections::BTreeMap;

use super::{BY_GROUP, BY_NAME, Desk, Item, authority, event, key};
use crate::{Error, Range, Revision, Sizes, Store, Transaction};

/// Everything the store should hold, revision by revision.
type Model = BTreeMap<u32, Item>;

/// Every answer of the store, at any revision, is that of a plain map; through tiny caches and through large ones.
pub async fn random_histories_agree_with_a_plain_map(desk: Desk) {
    let mut dice = Dice(0x5eed);
    let mut past: Vec<(Revision, Model)> = vec![(Revision::ZERO, Model::new())];
    for cache_bytes in [0, 20_000, 1 << 20] {
        let store =
            desk.try_open(desk.keys.clone(), Sizes { cache_bytes, touched_points: 100 }).await.unwrap();
        for _ in 0..80 {
            let mut model = past.last().unwrap().1.clone();
            let mut transaction = store.write(authority());
            for _ in 0..=dice.roll(4) {
                step(&mut transaction, &mut model, &mut dice).await;
            }
            if dice.roll(5) == 0 {
                drop(transaction);
                continue;
            }
            let committed = transaction.commit(event("Step")).await.unwrap();
            past.push((committed.revision, model));
            let (revision, then) = &past[dice.roll(past.len() as u64) as usize];
            assert_agrees(&store, *revision, then, &mut dice).await;
            let (revision, now) = past.last().unwrap();
            assert_agrees(&store, *revision, now, &mut dice).await;
        }
        desk.assert_whole(&store).await;
        store.close().await;
    }
}

async fn step(transaction: &mut Transaction, model: &mut Model, dice: &mut Dice) {
    let id = dice.roll(12) as u32;
    let name = format!("name{}", dice.roll(15));
    let group = (dice.roll(3) > 0).then(|| format!("g{}", dice.roll(2)));
    let item = Item { account: "a".to_owned(), id, name, group, value: dice.roll(6) as i64 };
    let is_name_taken = model.values().any(|other| other.name == item.name && other.id != id);
    match dice.roll(3) {
        0 => match transaction.insert(item.clone()).await {
            Ok(_) => assert!(!is_name_taken && model.insert(id, item).is_none()),
            Err(Error::AlreadyExists { index: Some(_), .. }) => assert!(is_name_taken),
            Err(Error::AlreadyExists { index: None, .. }) => assert!(model.contains_key(&id)),
            Err(other) => panic!("{other}"),
        },
        1 => match transaction.put(item.clone()).await {
            Ok(_) => {
                assert!(!is_name_taken);
                model.insert(id, item);
            }
            Err(Error::AlreadyExists { index: Some(_), .. }) => assert!(is_name_taken),
            Err(other) => panic!("{other}"),
        },
        _ => match transaction.delete::<Item>(&key(id)).await {
            Ok(deleted) => assert_eq!(model.remove(&id).as_ref(), Some(&*deleted)),
            Err(Error::NotFound { .. }) => assert!(!model.contains_key(&id)),
            Err(other) => panic!("{other}"),
        },
    }
    let listed = transaction.all::<Item>(&BY_NAME, "a").await.unwrap();
    let mut expected: Vec<&Item> = model.values().collect();
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed.iter().map(|item| &**item).collect::<Vec<_>>(), expected);
    assert_eq!(transaction.count(&BY_NAME, "a").await.unwrap(), model.len() as u64);
}

async fn assert_agrees(store: &Store, revision: Revision, model: &Model, dice: &mut Dice) {
    let snapshot = store.read_at(revision).unwrap();
    for id in 0..12 {
        assert_eq!(snapshot.get::<Item>(&key(id)).await.unwrap().as_deref(), model.get(&id), "{revision}");
    }
    for name in (0..15).map(|name| format!("name{name}")) {
        let found = snapshot.find::<Item>(&BY_NAME, "a", &name).await.unwrap();
        assert_eq!(found.as_deref(), model.values().find(|item| item.name == name), "{revision} {name}");
    }
    for group in ["g0", "g1"] {
        let mut expected: Vec<&Item> =
            model.values().filter(|item| item.group.as_deref() == Some(group)).collect();
        expected.sort_by_key(|item| (item.value, item.id));
        assert_eq!(snapshot.count(&BY_GROUP, &format!("a/{group}")).await.unwrap(), expected.len() as u64);
        let limit = 1 + dice.roll(4) as usize;
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = snapshot
                .scan::<Item>(&BY_GROUP, &format!("a/{group}"), Range::all().after(after), limit)
                .await
                .unwrap();
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.iter().map(|item| &**item).collect::<Vec<_>>(), expected, "{revision} {group}");
    }
}

/// A generator of small numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}
