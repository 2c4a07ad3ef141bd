//! Every way to alter a journal shows in its verification.

use super::*;

/// A sound, closed journal of 12 events over several segments of which the first holds at least three.
async fn sound() -> (TempDir, AuditKeys, Vec<String>) {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let options = JournalOptions { segment_bytes: 700, ..options() };
    let journal = Journal::open(dir.path(), keys.clone(), options, at(0)).unwrap().0;
    for n in 1..=12 {
        journal.append(event(n)).await.unwrap();
        journal.flush().await.unwrap();
    }
    journal.close().await.unwrap();
    let names = segment_names(dir.path());
    assert!(names.len() > 2, "{names:?}");
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
    (dir, keys, names)
}

fn change_lines(dir: &TempDir, name: &str, change: impl FnOnce(&mut Vec<String>)) {
    let path = dir.path().join(name);
    let mut lines: Vec<_> =
        fs::read_to_string(&path).unwrap().split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    fs::write(&path, lines.concat()).unwrap();
}

fn faults(dir: &TempDir, keys: &AuditKeys) -> Vec<(String, Option<u64>, Fault)> {
    let report = verify(dir.path(), keys).unwrap();
    report.findings.into_iter().map(|finding| (finding.file, finding.line, finding.fault)).collect()
}

fn chain(broken: Broken) -> Fault {
    Fault::Chain { broken }
}

#[tokio::test]
async fn an_edited_event_shows_with_its_line() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| lines[1] = lines[1].replace("GetUser", "GetRole"));
    assert_eq!(faults(&dir, &keys), [(names[0].clone(), Some(2), chain(Broken::Edited { seq: 2 }))]);
}

#[tokio::test]
async fn an_edited_time_or_id_shows() {
    for (from, to) in [("1970-01-01T00:00:02Z", "1970-01-01T00:00:03Z"), ("event-2", "event-3")] {
        let (dir, keys, names) = sound().await;
        change_lines(&dir, &names[0], |lines| lines[1] = lines[1].replace(from, to));
        assert_eq!(faults(&dir, &keys), [(names[0].clone(), Some(2), chain(Broken::Edited { seq: 2 }))]);
    }
}

#[tokio::test]
async fn an_event_that_was_replaced_with_a_hash_of_its_own_shows_at_the_next() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| {
        let row = line::parse_line(lines[1].as_bytes()).unwrap();
        let before = ChainHead { seq: 1, hash: row.prev };
        let mut forged = Vec::new();
        line::write_line(&mut forged, &before, &event(99));
        lines[1] = String::from_utf8(forged).unwrap();
    });
    assert_eq!(faults(&dir, &keys), [(names[0].clone(), Some(3), chain(Broken::Link { seq: 3 }))]);
}

#[tokio::test]
async fn a_line_cut_out_of_the_middle_shows() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| drop(lines.remove(1)));
    let expected = chain(Broken::Sequence { expected: 2, found: 3 });
    assert_eq!(faults(&dir, &keys), [(names[0].clone(), Some(2), expected)]);
}

#[tokio::test]
async fn lines_in_another_order_show() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| lines.swap(0, 1));
    assert_eq!(
        faults(&dir, &keys)[0],
        (names[0].clone(), Some(1), chain(Broken::Sequence { expected: 1, found: 2 }))
    );
}

#[tokio::test]
async fn a_repeated_line_shows() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| lines.insert(1, lines[0].clone()));
    assert_eq!(faults(&dir, &keys)[0].2, chain(Broken::Sequence { expected: 2, found: 1 }));
}

#[tokio::test]
async fn a_line_that_is_not_ours_shows() {
    for intruder in ["\n", "{}\n", "{\"seq\":2}\n", "\u{0}\u{1}\n", &format!("{}\n", "x".repeat(1 << 20))] {
        let (dir, keys, names) = sound().await;
        change_lines(&dir, &names[0], |lines| lines.insert(1, intruder.to_owned()));
        assert_eq!(faults(&dir, &keys), [(names[0].clone(), Some(2), Fault::Malformed)]);
    }
}

#[tokio::test]
async fn invalid_utf_8_shows_and_does_not_stop_the_check() {
    let (dir, keys, names) = sound().await;
    let path = dir.path().join(&names[0]);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(7).position(|window| window == b"GetUser").unwrap();
    bytes[at] = 0xff;
    fs::write(&path, bytes).unwrap();
    assert_eq!(faults(&dir, &keys), [(names[0].clone(), Some(1), chain(Broken::Edited { seq: 1 }))]);
    assert_eq!(verify(dir.path(), &keys).unwrap().head.seq, 12);
}

#[tokio::test]
async fn each_removed_segment_shows() {
    let (whole, keys, names) = sound().await;
    for (index, name) in names.iter().enumerate() {
        let dir = TempDir::new().unwrap();
        copy_dir(whole.path(), dir.path());
        fs::remove_file(dir.path().join(name)).unwrap();
        let found = faults(&dir, &keys);
        if index + 1 < names.len() {
            assert_eq!(found[0], (name.clone(), None, Fault::MissingSegment));
            assert!(matches!(found[1].2, Fault::Chain { broken: Broken::Sequence { .. } }), "{found:?}");
        } else {
            assert!(
                matches!(found[0].2, Fault::Chain { broken: Broken::Truncated { anchored: 12, .. } }),
                "{found:?}"
            );
        }
    }
}

#[tokio::test]
async fn two_segments_that_changed_places_show() {
    let (dir, keys, names) = sound().await;
    let path = |index: usize| dir.path().join(&names[index]);
    let (first, second) = (fs::read(path(0)).unwrap(), fs::read(path(1)).unwrap());
    fs::write(path(0), second).unwrap();
    fs::write(path(1), first).unwrap();
    assert!(faults(&dir, &keys).len() >= 2);
}

#[tokio::test]
async fn a_cut_of_the_newest_part_shows_at_every_line_and_in_a_line() {
    let (whole, keys, names) = sound().await;
    let last = names.last().unwrap();
    let text = fs::read(whole.path().join(last)).unwrap();
    let ends: Vec<_> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let cuts = [0].into_iter().chain(ends[..ends.len() - 1].iter().copied()).flat_map(|at| [at, at + 10]);
    for cut in cuts.chain([text.len() - 1]) {
        let dir = TempDir::new().unwrap();
        copy_dir(whole.path(), dir.path());
        fs::write(dir.path().join(last), &text[..cut]).unwrap();
        let found = faults(&dir, &keys);
        assert!(
            matches!(found[..], [(_, None, Fault::Chain { broken: Broken::Truncated { anchored: 12, .. } })]),
            "{cut}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_trail_written_anew_shows_against_the_anchor() {
    let (dir, keys, names) = sound().await;
    for name in &names[1..] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    for count in [12, 15] {
        let (mut text, mut head) = (Vec::new(), ChainHead::genesis(READS));
        for n in 1..=count {
            head = line::write_line(&mut text, &head, &event(n * 100));
        }
        fs::write(dir.path().join(&names[0]), text).unwrap();
        assert_eq!(
            faults(&dir, &keys),
            [(names[0].clone(), None, chain(Broken::Forked { seq: 12 }))],
            "{count}"
        );
    }
}

#[tokio::test]
async fn a_missing_or_forged_anchor_shows() {
    let (dir, keys, names) = sound().await;
    let anchor = dir.path().join("reads-anchor.json");
    let good = fs::read_to_string(&anchor).unwrap();
    let file = "reads-anchor.json".to_owned();

    // The newest segment cut and the anchor's number lowered with it.
    let forged = good.replace("\"seq\":12", "\"seq\":11");
    assert_ne!(forged, good);
    for bad in [forged.as_str(), "", "{}", &good[1..]] {
        fs::write(&anchor, bad).unwrap();
        assert_eq!(faults(&dir, &keys), [(file.clone(), None, Fault::Forged)], "{bad}");
    }
    fs::remove_file(&anchor).unwrap();
    assert_eq!(faults(&dir, &keys), [(file, None, Fault::NoAnchor)]);
    // With nothing left at all it shows as well.
    names.iter().for_each(|name| fs::remove_file(dir.path().join(name)).unwrap());
    assert!(!verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn a_forged_tombstone_does_not_excuse_removed_segments() {
    let (dir, keys, names) = sound().await;
    fs::remove_file(dir.path().join(&names[0])).unwrap();
    let other = AuditKeys::of(&keyring());
    let second = fs::read(dir.path().join(&names[1])).unwrap();
    let row = line::parse_line(second.split_inclusive(|&byte| byte == b'\n').next().unwrap()).unwrap();
    let head = ChainHead { seq: row.seq - 1, hash: row.prev };
    let position = Some(Position { segment: 2, offset: 0 });
    let path = dir.path().join("reads-tombstone.json");
    for (keys_of, kind) in [(&other, AnchorKind::Tombstone), (&keys, AnchorKind::Head)] {
        let forged = Anchor::sign(keys_of, kind, READS, head, position);
        let text = serde_json::to_string(&forged).unwrap().replace("head", "tombstone");
        fs::write(&path, text).unwrap();
        let found = faults(&dir, &keys);
        assert_eq!(found[0], ("reads-tombstone.json".to_owned(), None, Fault::Forged));
        assert_eq!(found[1], (names[0].clone(), None, Fault::MissingSegment));
    }
    let genuine = Anchor::sign(&keys, AnchorKind::Tombstone, READS, head, position);
    fs::write(&path, serde_json::to_string(&genuine).unwrap()).unwrap();
    assert_eq!(faults(&dir, &keys), []);
}

#[tokio::test]
async fn a_report_of_many_findings_stays_small() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| lines.extend(vec!["x\n".to_owned(); 5000]));
    let report = verify(dir.path(), &keys).unwrap();
    assert_eq!((report.findings.len(), report.more_findings), (MOST_FINDINGS, 4900));
    let huge = dir.path().join("reads-18446744073709551615.jsonl");
    fs::write(huge, "").unwrap();
    assert_eq!(verify(dir.path(), &keys).unwrap().findings.len(), MOST_FINDINGS);
}

#[tokio::test]
async fn a_finding_reads_as_a_sentence_and_as_json() {
    let (dir, keys, names) = sound().await;
    change_lines(&dir, &names[0], |lines| lines[1] = lines[1].replace("GetUser", "GetRole"));
    let report = verify(dir.path(), &keys).unwrap();
    assert_eq!(report.findings[0].to_string(), format!("{}:2: event 2 was edited", names[0]));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["findings"][0]["fault"]["broken"], json!({ "kind": "edited", "seq": 2 }));
}
