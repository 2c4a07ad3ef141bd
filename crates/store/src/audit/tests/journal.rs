//! Writing, reading, recovering and dropping.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[tokio::test]
async fn events_are_read_in_the_order_they_were_appended() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let names = written(dir.path(), &keys, 20).await;
    assert!(names.len() > 3, "{names:?}");
    let all: Vec<_> = events(dir.path()).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(numbers(&all), (1..=20).collect::<Vec<_>>());
    assert_eq!(all.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert_eq!(all[6].event, event(7));
    for count in [0, 1, 3, 19, 20, 21] {
        let last = tail(dir.path(), count).unwrap();
        assert_eq!(
            numbers(&last),
            (1..=20).skip(20_usize.saturating_sub(count)).collect::<Vec<_>>(),
            "{count}"
        );
    }
}

#[tokio::test]
async fn a_new_segment_begins_with_the_hash_that_the_one_before_ends_with() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let names = written(dir.path(), &keys, 12).await;
    let mut last = ChainHead::genesis(READS).hash.to_string();
    for name in names {
        let text = fs::read_to_string(dir.path().join(&name)).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["prev"], last, "{name}");
        last = lines.last().unwrap()["hash"].as_str().unwrap().to_owned();
    }
}

#[tokio::test]
async fn a_sound_journal_verifies_and_the_report_counts_it() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let names = written(dir.path(), &keys, 12).await;
    let report = verify(dir.path(), &keys).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(
        (report.events(), report.head.seq, report.anchored, report.unfinished_bytes),
        (12, 12, Some(12), 0)
    );
    assert_eq!(report.segments.iter().map(|segment| segment.name.clone()).collect::<Vec<_>>(), names);
}

#[tokio::test]
async fn a_journal_goes_on_where_it_was_closed() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let (journal, recovery) = Journal::open(dir.path(), keys.clone(), options(), at(0)).unwrap();
    assert!(recovery.fresh && !recovery.was_needed());
    journal.append(event(1)).await.unwrap();
    journal.close().await.unwrap();
    let (journal, recovery) = Journal::open(dir.path(), keys.clone(), options(), at(0)).unwrap();
    assert_eq!((recovery.fresh, recovery.anchored, recovery.was_needed()), (false, 1, false));
    journal.append(event(2)).await.unwrap();
    journal.close().await.unwrap();
    assert_eq!(numbers(&tail(dir.path(), 9).unwrap()), [1, 2]);
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_at_once_lose_nothing_and_keep_their_own_order() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let options = JournalOptions { queue_bytes: 4000, segment_bytes: 50_000, ..options() };
    let journal = Arc::new(Journal::open(dir.path(), keys.clone(), options, at(0)).unwrap().0);
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                for n in 0..200 {
                    journal.append(event(caller * 1000 + n)).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    journal.close().await.unwrap();
    let all = numbers(&events(dir.path()).unwrap().collect::<Result<Vec<_>, _>>().unwrap());
    assert_eq!(all.len(), 1600);
    for caller in 0..8 {
        let own: Vec<_> = all.iter().filter(|n| **n / 1000 == caller).map(|n| n % 1000).collect();
        assert_eq!(own, (0..200).collect::<Vec<_>>(), "caller {caller}");
    }
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn flushed_events_are_anchored_while_the_journal_is_open() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let journal = open(dir.path(), &keys);
    for n in 1..=3 {
        journal.append(event(n)).await.unwrap();
    }
    journal.flush().await.unwrap();
    let report = verify(dir.path(), &keys).unwrap();
    assert!(report.is_sound());
    assert_eq!((report.anchored, report.head.seq), (Some(3), 3));
    journal.flush().await.unwrap();
}

#[tokio::test]
async fn the_anchor_follows_by_itself_after_the_interval() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let options = JournalOptions { sync_every: Duration::from_millis(5), ..options() };
    let journal = Journal::open(dir.path(), keys.clone(), options, at(0)).unwrap().0;
    journal.append(event(1)).await.unwrap();
    for _ in 0..2000 {
        if verify(dir.path(), &keys).unwrap().anchored == Some(1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the anchor did not follow");
}

#[tokio::test]
async fn a_follower_sees_each_new_event_once_over_segment_ends() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let mut from_nothing = follow(dir.path()).unwrap();
    let journal = Journal::open(dir.path(), keys.clone(), small(), at(0)).unwrap().0;
    journal.append(event(1)).await.unwrap();
    journal.flush().await.unwrap();
    let mut follower = follow(dir.path()).unwrap();
    let mut seen = Vec::new();
    for n in 2..=15 {
        assert_eq!(follower.poll().unwrap(), []);
        journal.append(event(n)).await.unwrap();
        journal.flush().await.unwrap();
        seen.extend(numbers(&follower.poll().unwrap()));
    }
    assert_eq!(seen, (2..=15).collect::<Vec<_>>());
    assert_eq!(numbers(&from_nothing.poll().unwrap()), (1..=15).collect::<Vec<_>>());
}

#[test]
fn a_follower_waits_for_the_rest_of_a_line() {
    let dir = TempDir::new().unwrap();
    let (mut text, mut head) = (Vec::new(), ChainHead::genesis(READS));
    for n in 1..=2 {
        head = line::write_line(&mut text, &head, &event(n));
    }
    let path = dir.path().join("reads-00000001.jsonl");
    let first = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    fs::write(&path, &text[..first + 20]).unwrap();
    assert_eq!(numbers(&tail(dir.path(), 5).unwrap()), [1]);
    let mut late = follow(dir.path()).unwrap();
    assert_eq!(late.poll().unwrap(), []);
    fs::write(&path, &text).unwrap();
    assert_eq!(numbers(&late.poll().unwrap()), [2]);
}

#[tokio::test]
async fn nothing_is_taken_after_the_journal_was_closed() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let journal = open(dir.path(), &keys);
    journal.append(event(1)).await.unwrap();
    journal.close().await.unwrap();
    assert!(matches!(journal.append(event(2)).await, Err(AuditError::Closed)));
    journal.close().await.unwrap();
    assert_eq!(numbers(&tail(dir.path(), 9).unwrap()), [1]);
}

#[tokio::test]
async fn dropping_a_journal_writes_what_was_appended() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let journal = open(dir.path(), &keys);
    journal.append(event(1)).await.unwrap();
    drop(journal);
    assert_eq!(verify(dir.path(), &keys).unwrap().anchored, Some(1));
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused_and_a_large_one_is_not() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let options = JournalOptions { queue_bytes: 1000, ..options() };
    let journal = Journal::open(dir.path(), keys.clone(), options, at(0)).unwrap().0;
    let sized = |bytes: usize| AuditEvent::new("x", at(0), &"x".repeat(bytes)).unwrap();
    assert!(matches!(journal.append(sized(256 * 1024)).await, Err(AuditError::TooLarge { .. })));
    // Larger than the whole queue, but no larger than an event may be.
    journal.append(sized(256 * 1024 - 2)).await.unwrap();
    journal.append(event(1)).await.unwrap();
    journal.close().await.unwrap();
    assert_eq!(tail(dir.path(), 2).unwrap().len(), 2);
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn files_are_for_the_owner_only() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let audit = dir.path().join("audit");
    written(&audit, &keys, 1).await;
    assert_eq!(fs::metadata(&audit).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&audit).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

// A disk that cannot be written.

#[tokio::test]
async fn callers_wait_and_are_then_refused_while_the_disk_cannot_be_written_and_nothing_is_lost() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    // A directory where the segment belongs stands for the full disk.
    let blocked = dir.path().join("reads-00000001.jsonl");
    let options = JournalOptions { queue_bytes: 1000, patience: Duration::from_millis(50), ..options() };
    let journal = Journal::open(dir.path(), keys.clone(), options, at(0)).unwrap().0;
    fs::create_dir(&blocked).unwrap();
    let mut taken = 0;
    let refused = loop {
        match journal.append(event(taken + 1)).await {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        assert!(taken < 100);
    };
    assert!(taken > 2, "{taken}");
    assert!(matches!(&refused, AuditError::Stalled { why } if why.contains("reads-00000001")), "{refused}");
    assert!(journal.trouble().is_some());
    assert!(matches!(journal.flush().await, Err(AuditError::Stalled { .. })));

    fs::remove_dir(&blocked).unwrap();
    journal.close().await.unwrap();
    assert_eq!(journal.trouble(), None);
    assert_eq!(numbers(&tail(dir.path(), 100).unwrap()), (1..=taken).collect::<Vec<_>>());
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn closing_on_a_disk_that_stays_full_ends_and_says_how_much_was_lost() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let journal = open(dir.path(), &keys);
    fs::create_dir(dir.path().join("reads-00000001.jsonl")).unwrap();
    journal.append(event(1)).await.unwrap();
    let error = journal.close().await.unwrap_err();
    assert!(error.to_string().contains("1 events lost"), "{error}");
}

// Crashes.

/// The directory as a crash leaves it: `flushed` events anchored, `beyond` more written and not anchored.
async fn crashed(keys: &AuditKeys, options: JournalOptions, flushed: i64, beyond: i64) -> TempDir {
    let (live, crashed) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let journal = Journal::open(live.path(), keys.clone(), options, at(0)).unwrap().0;
    for n in 1..=flushed {
        journal.append(event(n)).await.unwrap();
    }
    journal.flush().await.unwrap();
    let anchor = fs::read(live.path().join("reads-anchor.json")).unwrap();
    for n in flushed + 1..=flushed + beyond {
        journal.append(event(n)).await.unwrap();
        journal.flush().await.unwrap();
    }
    journal.close().await.unwrap();
    copy_dir(live.path(), crashed.path());
    fs::write(crashed.path().join("reads-anchor.json"), anchor).unwrap();
    crashed
}

#[tokio::test]
async fn lines_beyond_the_anchor_are_kept_after_a_crash_and_the_recovery_is_recorded() {
    let keys = AuditKeys::of(&keyring());
    for options in [options(), small()] {
        let dir = crashed(&keys, options, 3, 9).await;
        let before = verify(dir.path(), &keys).unwrap();
        assert!(before.is_sound());
        assert_eq!((before.anchored, before.head.seq), (Some(3), 12));

        let (journal, recovery) = Journal::open(dir.path(), keys.clone(), super::options(), at(77)).unwrap();
        assert_eq!((recovery.anchored, recovery.kept, recovery.cut_bytes), (3, 9, 0));
        // Recorded and anchored before the first new event.
        let report = verify(dir.path(), &keys).unwrap();
        assert_eq!((report.anchored, report.head.seq, report.is_sound()), (Some(13), 13, true));
        journal.append(event(13)).await.unwrap();
        journal.close().await.unwrap();

        let last = tail(dir.path(), 2).unwrap();
        let record = last[0].event.record_value().unwrap();
        assert_eq!(record["eventName"], "RecoverAuditTrail");
        assert_eq!(record["serviceEventDetails"]["kept"], 9);
        assert_eq!(record["eventTime"], "1970-01-01T00:01:17Z");
        assert_eq!(record["eventID"], last[0].event.id.as_str());
        assert_eq!(numbers(&last[1..]), [13]);
        assert!(verify(dir.path(), &keys).unwrap().is_sound());
    }
}

#[tokio::test]
async fn a_torn_last_line_is_cut_wherever_it_was_torn_and_kept_beside_the_segment() {
    let keys = AuditKeys::of(&keyring());
    let whole = crashed(&keys, options(), 2, 2).await;
    let text = fs::read(whole.path().join("reads-00000001.jsonl")).unwrap();
    let starts: Vec<_> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    // Each cut costs a few syncs: not every byte, but every part of the line.
    for cut in (starts[2] + 1..text.len()).step_by(19).chain([text.len() - 1]) {
        let dir = TempDir::new().unwrap();
        copy_dir(whole.path(), dir.path());
        fs::write(dir.path().join("reads-00000001.jsonl"), &text[..cut]).unwrap();
        assert_eq!(verify(dir.path(), &keys).unwrap().unfinished_bytes, (cut - starts[2]) as u64);
        let (journal, recovery) = Journal::open(dir.path(), keys.clone(), options(), at(0)).unwrap();
        assert_eq!((recovery.kept, recovery.cut_bytes), (1, (cut - starts[2]) as u64), "cut at {cut}");
        assert_eq!(fs::read(dir.path().join(&recovery.cut_files[0])).unwrap(), &text[starts[2]..cut]);
        journal.append(event(5)).await.unwrap();
        journal.close().await.unwrap();
        assert_eq!(numbers(&tail(dir.path(), 9).unwrap()), [1, 2, 3, -1, 5], "cut at {cut}");
        assert!(verify(dir.path(), &keys).unwrap().is_sound(), "cut at {cut}");
    }
}

#[tokio::test]
async fn what_follows_a_broken_line_beyond_the_anchor_is_put_aside_later_segments_included() {
    let keys = AuditKeys::of(&keyring());
    let dir = crashed(&keys, small(), 1, 11).await;
    let names = segment_names(dir.path());
    assert!(names.len() > 2, "{names:?}");
    // Zeros where a block never reached the disk.
    let path = dir.path().join(&names[0]);
    let mut text = fs::read(&path).unwrap();
    let second = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    text[second..second + 100].fill(0);
    fs::write(&path, &text).unwrap();

    let (journal, recovery) = Journal::open(dir.path(), keys.clone(), options(), at(0)).unwrap();
    assert_eq!((recovery.kept, recovery.cut_files.len()), (0, names.len()));
    journal.append(event(2)).await.unwrap();
    journal.close().await.unwrap();
    assert_eq!(numbers(&tail(dir.path(), 9).unwrap()), [1, -1, 2]);
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn a_crash_right_after_a_new_segment_was_created_loses_nothing() {
    let keys = AuditKeys::of(&keyring());
    let dir = TempDir::new().unwrap();
    let names = written(dir.path(), &keys, 3).await;
    let next = dir.path().join(format!("reads-{:08}.jsonl", names.len() + 1));
    fs::write(&next, b"").unwrap();
    let (journal, recovery) = Journal::open(dir.path(), keys.clone(), small(), at(0)).unwrap();
    assert!(!recovery.was_needed(), "{recovery:?}");
    journal.append(event(4)).await.unwrap();
    journal.close().await.unwrap();
    assert_eq!(numbers(&tail(dir.path(), 9).unwrap()), [1, 2, 3, 4]);
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn a_trail_that_lost_what_was_anchored_is_not_continued() {
    let keys = AuditKeys::of(&keyring());
    let whole = TempDir::new().unwrap();
    let names = written(whole.path(), &keys, 8).await;
    let last = names.last().unwrap();
    type Damage<'a> = Box<dyn Fn(&Path) + 'a>;
    let rewrite = |change: fn(String) -> String| -> Damage<'_> {
        Box::new(move |dir: &Path| {
            let path = dir.join(last);
            fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
        })
    };
    let damages: [(&str, Damage<'_>); 5] = [
        ("the last segment removed", Box::new(|dir| fs::remove_file(dir.join(last)).unwrap())),
        ("the last segment emptied", rewrite(|_| String::new())),
        ("the last line cut", rewrite(|text| text[..text.len() - 2].to_owned())),
        ("the last line edited", rewrite(|text| text.replace("\"n\":8", "\"n\":9"))),
        (
            "all segments removed",
            Box::new(|dir| names.iter().for_each(|name| fs::remove_file(dir.join(name)).unwrap())),
        ),
    ];
    for (what, damage) in damages {
        let dir = TempDir::new().unwrap();
        copy_dir(whole.path(), dir.path());
        damage(dir.path());
        let before = segment_names(dir.path());
        let error = Journal::open(dir.path(), keys.clone(), options(), at(0)).unwrap_err();
        assert!(matches!(error, AuditError::Truncated { seq: 8, .. }), "{what}: {error}");
        assert_eq!(segment_names(dir.path()), before, "{what}");
    }

    let anchor = whole.path().join("reads-anchor.json");
    let good = fs::read_to_string(&anchor).unwrap();
    for bad in [String::new(), good.replace("\"seq\":8", "\"seq\":7"), good[..good.len() / 2].to_owned()] {
        fs::write(&anchor, bad).unwrap();
        let error = Journal::open(whole.path(), keys.clone(), options(), at(0)).unwrap_err();
        assert!(matches!(error, AuditError::Forged { .. }), "{error}");
    }
    fs::remove_file(&anchor).unwrap();
    let error = Journal::open(whole.path(), keys.clone(), options(), at(0)).unwrap_err();
    assert!(matches!(error, AuditError::NoAnchor { .. }), "{error}");
}

// Retention.

#[tokio::test]
async fn dropping_old_segments_keeps_the_chain_verifiable() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let journal = Journal::open(dir.path(), keys.clone(), small(), at(0)).unwrap().0;
    for n in 1..=12 {
        journal.append(event(n)).await.unwrap();
        journal.flush().await.unwrap();
    }
    let all = segment_names(dir.path());
    assert_eq!(journal.drop_before(at(1), at(50)).unwrap(), None);

    let (dropped, told) = journal.drop_before(at(8), at(50)).unwrap().unwrap();
    assert!(dropped.last < 8 && dropped.last >= 4, "{dropped:?}");
    assert_eq!(dropped.events, dropped.last);
    assert_eq!(segment_names(dir.path()), all[dropped.segments as usize..]);
    assert_eq!(told.record_value().unwrap()["serviceEventDetails"]["last"], dropped.last);
    journal.append(told).await.unwrap();
    assert_eq!(journal.drop_before(at(8), at(50)).unwrap(), None);

    journal.flush().await.unwrap();
    let report = verify(dir.path(), &keys).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.start.seq, report.head.seq), (dropped.last, 13));

    // Even everything that is closed may go, again and again, and the open segment stays.
    journal.drop_before(at(1000), at(51)).unwrap().unwrap();
    journal.close().await.unwrap();
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
    let journal = open(dir.path(), &keys);
    journal.append(event(14)).await.unwrap();
    journal.close().await.unwrap();
    assert!(verify(dir.path(), &keys).unwrap().is_sound());
    assert_eq!(numbers(&tail(dir.path(), 1).unwrap()), [14]);
}

#[tokio::test]
async fn a_crash_between_the_tombstone_and_the_removal_is_finished_at_the_next_start() {
    let (dir, before) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let keys = AuditKeys::of(&keyring());
    written(dir.path(), &keys, 12).await;
    copy_dir(dir.path(), before.path());
    let journal = open(dir.path(), &keys);
    journal.drop_before(at(8), at(50)).unwrap().unwrap();
    journal.close().await.unwrap();
    let after = segment_names(dir.path());

    let tombstone = "reads-tombstone.json";
    fs::copy(dir.path().join(tombstone), before.path().join(tombstone)).unwrap();
    assert!(verify(before.path(), &keys).unwrap().is_sound());
    open(before.path(), &keys).close().await.unwrap();
    assert_eq!(segment_names(before.path()), after);
    assert!(verify(before.path(), &keys).unwrap().is_sound());
}

#[tokio::test]
async fn a_segment_that_is_not_sound_is_not_dropped() {
    let (dir, keys) = (TempDir::new().unwrap(), AuditKeys::of(&keyring()));
    let names = written(dir.path(), &keys, 12).await;
    let path = dir.path().join(&names[0]);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"n\":1}", "\"n\":2}")).unwrap();
    let journal = open(dir.path(), &keys);
    assert!(matches!(journal.drop_before(at(8), at(50)), Err(AuditError::Unsound { .. })));
    assert_eq!(segment_names(dir.path()), names);
}
