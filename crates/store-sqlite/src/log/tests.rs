use std::os::unix::fs::FileExt;

use store::backend::Note;
use tempfile::TempDir;

use super::*;

fn batch(text: &str) -> Batch {
    let note = Note { kind: "kind".to_owned(), key: "key".to_owned(), json: text.into() };
    Batch { notes: vec![note], ..Batch::default() }
}

fn place(home: &TempDir) -> PathBuf {
    home.path().join("store.log")
}

/// A log whose records hold these texts, numbered from `first` on.
fn log_of(home: &TempDir, first: u64, texts: &[&str]) -> CommitLog {
    let mut log = CommitLog::open(place(home), 7).unwrap();
    for (number, text) in (first..).zip(texts) {
        assert_eq!(log.append(number, &batch(text)).unwrap(), Appended::Yes);
    }
    log
}

/// The numbers and texts after `applied`, as the next process finds them.
fn found(home: &TempDir, id: u64, applied: u64) -> Result<Vec<(u64, String)>> {
    let left = CommitLog::open(place(home), id).unwrap().after(applied)?;
    Ok(left.into_iter().map(|(number, batch)| (number, batch.notes[0].json.to_string())).collect())
}

fn texts(of: &[(u64, &str)]) -> Vec<(u64, String)> {
    of.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}

#[test]
fn what_was_appended_is_found_from_any_place_on() {
    let home = TempDir::new().unwrap();
    let long = "x".repeat(3 * BLOCK);
    log_of(&home, 5, &["five", &long, "seven"]);
    assert_eq!(found(&home, 7, 4).unwrap(), texts(&[(5, "five"), (6, &long), (7, "seven")]));
    assert_eq!(found(&home, 7, 6).unwrap(), texts(&[(7, "seven")]));
    assert_eq!(found(&home, 7, 7).unwrap(), texts(&[]));
    assert_eq!(found(&home, 7, 9).unwrap(), texts(&[]), "the tables have come further");
    assert_eq!(std::fs::metadata(place(&home)).unwrap().len(), SIZE);
}

#[test]
fn the_log_of_another_database_is_none() {
    let home = TempDir::new().unwrap();
    log_of(&home, 1, &["one"]);
    assert_eq!(found(&home, 8, 0).unwrap(), texts(&[]));
}

#[test]
fn a_log_that_begins_too_late_is_damage() {
    let home = TempDir::new().unwrap();
    log_of(&home, 5, &["five"]);
    let refused = found(&home, 7, 3).unwrap_err();
    assert!(refused.to_string().contains("goes on with commit 5, `store.db` ends with 3"), "{refused}");
}

#[test]
fn what_was_written_before_the_log_began_anew_is_not_found() {
    let home = TempDir::new().unwrap();
    let mut log = log_of(&home, 1, &["one", "two", "three", "four"]);
    log.restart();
    log.append(5, &batch("five")).unwrap();
    assert_eq!(found(&home, 7, 4).unwrap(), texts(&[(5, "five")]));
    assert_eq!(found(&home, 7, 5).unwrap(), texts(&[]));
}

#[test]
fn a_record_that_is_not_whole_ends_the_log() {
    for (block, byte) in [(1, 0), (1, 40), (1, HEAD as u64 + 5), (2, BLOCK as u64 - 1), (3, 17)] {
        let home = TempDir::new().unwrap();
        let long = "x".repeat(3 * BLOCK);
        let log = log_of(&home, 1, &["one", &long, "three"]);
        // The second record is blocks 1 to 4.
        log.file.write_all_at(b"#", block * BLOCK as u64 + byte).unwrap();
        assert_eq!(found(&home, 7, 0).unwrap(), texts(&[(1, "one")]), "byte {byte} of block {block}");
    }
}

#[test]
fn what_has_no_room_is_not_written() {
    let home = TempDir::new().unwrap();
    let mut log = log_of(&home, 1, &["one"]);
    let large = "x".repeat(usize::try_from(SIZE).unwrap());
    assert_eq!(log.append(2, &batch(&large)).unwrap(), Appended::NoRoom);
    assert_eq!(log.append(2, &batch("two")).unwrap(), Appended::Yes);
    assert_eq!(found(&home, 7, 0).unwrap(), texts(&[(1, "one"), (2, "two")]));
    let mut number = 2;
    while log.append(number + 1, &batch("more")).unwrap() == Appended::Yes {
        number += 1;
    }
    assert_eq!(number, SIZE / BLOCK as u64);
    assert_eq!(found(&home, 7, number - 1).unwrap(), texts(&[(number, "more")]));
}

#[test]
fn a_log_that_lost_its_size_gets_it_back() {
    let home = TempDir::new().unwrap();
    log_of(&home, 1, &["one", "two"]);
    File::options().write(true).open(place(&home)).unwrap().set_len((BLOCK + HEAD + 2) as u64).unwrap();
    assert_eq!(found(&home, 7, 0).unwrap(), texts(&[(1, "one")]));
    assert_eq!(std::fs::metadata(place(&home)).unwrap().len(), SIZE);
}
