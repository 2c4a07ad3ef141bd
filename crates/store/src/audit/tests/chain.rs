//! The chain and its anchors, as the database uses them.

use super::*;

const WRITER: &str = "changes";

/// A chain of events 1 to 5, and its rows.
fn rows() -> Vec<(ChainHead, ChainHead, String)> {
    let mut head = ChainHead::genesis(WRITER);
    (1..=5)
        .map(|n| {
            let (before, text) = (head, event(n).encode());
            head = before.link(text.as_bytes());
            (before, head, text)
        })
        .collect()
}

fn row(row: &(ChainHead, ChainHead, String)) -> ChainRow<'_> {
    ChainRow { seq: row.1.seq, prev: row.0.hash, hash: row.1.hash, event: row.2.as_bytes() }
}

fn head_anchor(keys: &AuditKeys, head: ChainHead) -> Anchor {
    Anchor::sign(keys, AnchorKind::Head, WRITER, head, None)
}

fn check(rows: &[ChainRow<'_>], anchor: &Anchor, keys: &AuditKeys) -> Result<ChainHead, Broken> {
    let mut verifier = ChainVerifier::new(ChainHead::genesis(WRITER)).against(anchor.head);
    for row in rows {
        verifier.push(row)?;
    }
    verifier.finish(anchor, keys)
}

#[test]
fn a_chain_holds_up_to_its_anchor_and_beyond() {
    let (rows, keys) = (rows(), AuditKeys::of(&keyring()));
    let all: Vec<_> = rows.iter().map(row).collect();
    for anchored in 0..5 {
        let head = if anchored == 0 { ChainHead::genesis(WRITER) } else { rows[anchored - 1].1 };
        assert_eq!(check(&all, &head_anchor(&keys, head), &keys), Ok(rows[4].1), "{anchored}");
    }
}

#[test]
fn an_edited_removed_repeated_or_moved_event_breaks_the_chain() {
    let (rows, keys) = (rows(), AuditKeys::of(&keyring()));
    let anchor = head_anchor(&keys, rows[4].1);
    let all: Vec<_> = rows.iter().map(row).collect();

    let mut edited = all.clone();
    let other = event(9).encode();
    edited[2].event = other.as_bytes();
    assert_eq!(check(&edited, &anchor, &keys), Err(Broken::Edited { seq: 3 }));

    let mut removed = all.clone();
    removed.remove(2);
    assert_eq!(check(&removed, &anchor, &keys), Err(Broken::Sequence { expected: 3, found: 4 }));

    let mut repeated = all.clone();
    repeated.insert(2, all[1]);
    assert_eq!(check(&repeated, &anchor, &keys), Err(Broken::Sequence { expected: 3, found: 2 }));

    let mut moved = all.clone();
    moved.swap(1, 2);
    assert_eq!(check(&moved, &anchor, &keys), Err(Broken::Sequence { expected: 2, found: 3 }));

    // An event whose hash was made anew no longer leads to the next.
    let mut replaced = all.clone();
    replaced[2].event = other.as_bytes();
    replaced[2].hash = rows[2].0.link(other.as_bytes()).hash;
    assert_eq!(check(&replaced, &anchor, &keys), Err(Broken::Link { seq: 4 }));
}

#[test]
fn a_cut_of_the_newest_part_and_a_rewritten_chain_show_against_the_anchor() {
    let (rows, keys) = (rows(), AuditKeys::of(&keyring()));
    let anchor = head_anchor(&keys, rows[4].1);
    let all: Vec<_> = rows.iter().map(row).collect();
    assert_eq!(check(&all[..3], &anchor, &keys), Err(Broken::Truncated { anchored: 5, found: 3 }));
    assert_eq!(check(&[], &anchor, &keys), Err(Broken::Truncated { anchored: 5, found: 0 }));

    // Everything from event 3 on made anew, chain intact, as long as or longer than before.
    for count in [5, 6] {
        let mut head = rows[1].1;
        let mut anew: Vec<_> = rows[..2].to_vec();
        for n in 3..=count {
            let text = event(n * 100).encode();
            anew.push((head, head.link(text.as_bytes()), text.clone()));
            head = head.link(text.as_bytes());
        }
        let anew: Vec<_> = anew.iter().map(row).collect();
        assert_eq!(check(&anew, &anchor, &keys), Err(Broken::Forked { seq: 5 }), "{count}");
    }
}

#[test]
fn a_forged_anchor_is_refused_whatever_part_of_it_was_changed() {
    let (rows, keyring) = (rows(), keyring());
    let keys = AuditKeys::of(&keyring);
    let all: Vec<_> = rows.iter().map(row).collect();
    let good = head_anchor(&keys, rows[4].1);
    assert!(good.verify(&keys));
    let position = Some(Position { segment: 1, offset: 9 });
    let forged = [
        Anchor { kind: AnchorKind::Tombstone, ..good.clone() },
        Anchor { writer: "reads".into(), ..good.clone() },
        Anchor { head: rows[3].1, ..good.clone() },
        Anchor { head: ChainHead { seq: 4, ..good.head }, ..good.clone() },
        Anchor { position, ..good.clone() },
        Anchor { mac: good.head.hash, ..good.clone() },
        head_anchor(&AuditKeys::of(&super::keyring()), rows[4].1),
    ];
    for anchor in forged {
        assert!(!anchor.verify(&keys), "{anchor:?}");
        assert_eq!(check(&all, &anchor, &keys), Err(Broken::Anchor { seq: anchor.head.seq }));
    }
    // After a rotation old anchors hold and new ones are made under the new key.
    keyring.rotate(at(1)).unwrap();
    assert!(good.verify(&keys));
    assert_ne!(head_anchor(&keys, rows[4].1).key, good.key);
}

#[test]
fn an_anchor_reads_back_from_json() {
    let keys = AuditKeys::of(&keyring());
    let head = rows()[4].1;
    for position in [None, Some(Position { segment: 3, offset: 77 })] {
        let anchor = Anchor::sign(&keys, AnchorKind::Head, WRITER, head, position);
        let text = serde_json::to_string(&anchor).unwrap();
        let read: Anchor = serde_json::from_str(&text).unwrap();
        assert_eq!(read, anchor, "{text}");
        assert!(read.verify(&keys));
    }
}

#[test]
fn chains_of_two_writers_have_nothing_in_common() {
    let (a, b) = (ChainHead::genesis("a"), ChainHead::genesis("b"));
    assert_ne!(a.hash, b.hash);
    assert_ne!(a.link(b"x").hash, b.link(b"x").hash);
}

#[test]
fn a_hash_is_sixty_four_lower_case_digits() {
    let hash = ChainHead::genesis("w").hash;
    let text = hash.to_string();
    assert_eq!(text.parse(), Ok(hash));
    assert_eq!(text.len(), 64);
    for bad in ["", &text[1..], &format!("{text}0"), &text.to_uppercase(), &text.replace(&text[..1], "é")] {
        assert!(bad.parse::<Hash>().is_err(), "{bad}");
    }
}
