//! A group of commits that share one fsync.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{COUNTS, Limit, Next, Partition, Prepared, Work};
use crate::audit::ChainHead;
use crate::backend::{Batch, Commit, Consumed, CountChange, EntryChange, Presence, StoredEvent};
use crate::error::{Error, Result};
use crate::footprint::PointMap;
use crate::revision::{Committed, Revision};

/// Commits that share one fsync, with their callers.
#[derive(Default)]
pub(super) struct Group {
    batch: Batch,
    /// The points that earlier commits of this group touch.
    touches: PointMap<Revision>,
    counts: BTreeMap<Partition, Count>,
    touches_everything: Option<Revision>,
    /// Where the audit chain ends after the commits of this group.
    chain: Option<ChainHead>,
    commits: Vec<Answer<Committed>>,
    consumes: Vec<Answer<bool>>,
}

/// An answer that waits until the group is on disk.
type Answer<T> = (oneshot::Sender<Result<T>>, Result<T>);

/// The count of a partition as this group leaves it.
struct Count {
    count: u64,
    /// The last revision that changed it; `None` if it was only asked for.
    changed: Option<Revision>,
}

impl Group {
    pub(super) fn len(&self) -> usize {
        self.commits.len() + self.consumes.len()
    }
}

impl Work {
    /// Validates a commit against everything before it and takes it into the group.
    pub(super) fn admit(
        &mut self,
        group: &mut Group,
        prepared: Prepared,
        reply: oneshot::Sender<Result<Committed>>,
    ) {
        let answer = self.try_admit(group, prepared);
        group.commits.push((reply, answer));
    }

    fn try_admit(&mut self, group: &mut Group, prepared: Prepared) -> Result<Committed> {
        self.validate(group, &prepared)?;
        let deltas = deltas(&prepared.entries);
        self.check_limits(group, &prepared.limits, &deltas)?;

        let revision = self.head_of(group).next();
        let instant = self.instant_after(group);
        for ((index, partition), delta) in deltas {
            let count = self.count(group, index, partition)?;
            count.count = count.count.saturating_add_signed(delta);
            count.changed = Some(revision);
        }
        let before = group.chain.unwrap_or(self.chain);
        let chain = before.link(prepared.line.as_bytes());
        group.chain = Some(chain);
        let event = StoredEvent {
            sequence: chain.seq,
            id: prepared.event_id,
            previous: before.hash,
            hash: chain.hash,
            line: prepared.line,
        };
        group.touches.extend(prepared.touches.iter().map(|point| (*point, revision)));
        if prepared.touches_everything {
            group.touches_everything = Some(revision);
        }
        group.batch.commits.push(Commit {
            revision,
            instant,
            author: prepared.author,
            event,
            changes: prepared.changes,
            entries: prepared.entries,
            secrets: prepared.secrets,
        });
        Ok(Committed { revision, instant })
    }

    /// Refuses a commit that read something which has changed since.
    fn validate(&self, group: &Group, prepared: &Prepared) -> Result<()> {
        if prepared.touches_everything && prepared.read_at != self.head_of(group) {
            return Err(Error::Conflict);
        }
        if prepared.footprint.is_empty() {
            return Ok(());
        }
        if group.touches_everything.is_some()
            || prepared.footprint.points().any(|point| group.touches.contains_key(&point))
        {
            return Err(Error::Conflict);
        }
        if self.shared.changed_since(&prepared.footprint, prepared.read_at) {
            Err(Error::Conflict)
        } else {
            Ok(())
        }
    }

    fn check_limits(
        &mut self,
        group: &mut Group,
        limits: &[Limit],
        deltas: &BTreeMap<(Cow<'static, str>, &str), i64>,
    ) -> Result<()> {
        for limit in limits {
            let delta =
                deltas.get(&(Cow::Borrowed(limit.index), limit.partition.as_str())).copied().unwrap_or(0);
            let count = self.count(group, Cow::Borrowed(limit.index), &limit.partition)?.count;
            if count.saturating_add_signed(delta) > limit.limit {
                return Err(Error::LimitExceeded {
                    index: limit.index,
                    partition: limit.partition.clone(),
                    limit: limit.limit,
                });
            }
        }
        Ok(())
    }

    fn count<'g>(
        &mut self,
        group: &'g mut Group,
        index: Cow<'static, str>,
        partition: &str,
    ) -> Result<&'g mut Count> {
        use std::collections::btree_map::Entry;
        match group.counts.entry((index, partition.to_owned())) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let count = match self.counts.get(unknown.key()) {
                    Some(count) => *count,
                    None => self.writer.count(&unknown.key().0, partition)?,
                };
                Ok(unknown.insert(Count { count, changed: None }))
            }
        }
    }

    /// Takes a value that may be used once into the group.
    pub(super) fn consume(
        &mut self,
        group: &mut Group,
        consumed: Consumed,
        reply: oneshot::Sender<Result<bool>>,
    ) {
        let answer = self.try_consume(group, consumed);
        group.consumes.push((reply, answer));
    }

    fn try_consume(&mut self, group: &mut Group, consumed: Consumed) -> Result<bool> {
        if group.batch.consumed.iter().any(|other| other.kind == consumed.kind && other.key == consumed.key) {
            return Ok(false);
        }
        let now = self.shared.clock.now();
        if self.writer.consumed(&consumed.kind, &consumed.key)?.is_some_and(|until| until > now) {
            return Ok(false);
        }
        group.batch.consumed.push(consumed);
        group.batch.expired_before = Some(now);
        Ok(true)
    }

    /// Makes the group durable, puts it in force, and answers its callers.
    pub(super) fn finish(&mut self, mut group: Group) -> Next {
        if group.batch.commits.is_empty() && group.batch.consumed.is_empty() {
            group.answer();
            return Next::GoOn;
        }
        let counts = std::mem::take(&mut group.counts);
        group.batch.counts = counts
            .into_iter()
            .filter_map(|((index, partition), count)| {
                Some(CountChange { index, partition, count: count.count, revision: count.changed? })
            })
            .collect();
        if self.shared.notes.is_crowded() {
            group.batch.notes = self.shared.notes.take();
        }
        if let Some(chain) = group.chain {
            match self.anchor(chain) {
                Ok(anchor) => group.batch.anchor = Some(anchor),
                Err(error) => return self.fail(group, &error),
            }
        }
        let batch = Arc::new(std::mem::take(&mut group.batch));
        let kept = match self.writer.commit(&batch) {
            Ok(kept) => kept,
            Err(error) => return self.fail(group, &error),
        };
        self.hold(&batch.counts);
        if let Some(last) = batch.commits.last() {
            self.head = last.revision;
            self.instant = last.instant;
            self.chain = group.chain.unwrap_or(self.chain);
            self.put_in_force(&mut group, &batch.commits);
        }
        self.kept(kept, &batch);
        group.answer();
        Next::GoOn
    }

    fn hold(&mut self, counts: &[CountChange]) {
        if self.counts.len().saturating_add(counts.len()) > COUNTS {
            self.counts.clear();
        }
        let held = counts.iter().map(|count| ((count.index.clone(), count.partition.clone()), count.count));
        self.counts.extend(held);
    }

    fn put_in_force(&mut self, group: &mut Group, commits: &[Commit]) {
        let shared = &self.shared;
        shared.touched.touch(std::mem::take(&mut group.touches), self.head);
        if group.touches_everything.is_some() {
            shared.touched.touch_everything(self.head);
        }
        shared.advance(self.head);
        for following in &mut self.followers {
            following.follow(commits);
        }
        self.followers.retain(|following| following.lease.wait_for(self.head));
    }

    /// Nothing of the group was kept; its callers learn why.
    fn fail(&mut self, group: Group, error: &Error) -> Next {
        group.answer_all(error);
        // A database that cannot even say where it stands may have kept the group after all: stop before anybody builds on either.
        match self.writer.head() {
            Ok(head) if head == self.head => Next::GoOn,
            _ => Next::Stop,
        }
    }

    fn head_of(&self, group: &Group) -> Revision {
        group.batch.commits.last().map_or(self.head, |last| last.revision)
    }

    /// The present in whole microseconds, or the first one after the last commit's if the clock lags behind it.
    fn instant_after(&self, group: &Group) -> Timestamp {
        let last = group.batch.commits.last().map_or(self.instant, |last| last.instant).as_microsecond();
        let now = self.shared.clock.now().as_microsecond();
        Timestamp::from_microsecond(now.max(last.saturating_add(1))).unwrap_or(Timestamp::MAX)
    }
}

impl Group {
    fn answer(self) {
        // A caller that has stopped waiting does not change what was done.
        for (reply, answer) in self.commits {
            drop(reply.send(answer));
        }
        for (reply, answer) in self.consumes {
            drop(reply.send(answer));
        }
    }

    fn answer_all(self, error: &Error) {
        for (reply, answer) in self.commits {
            drop(reply.send(answer.and(Err(error.clone()))));
        }
        for (reply, answer) in self.consumes {
            drop(reply.send(answer.and(Err(error.clone()))));
        }
    }
}

/// By how much each partition's count changes.
fn deltas(entries: &[EntryChange]) -> BTreeMap<(Cow<'static, str>, &str), i64> {
    let mut deltas = BTreeMap::new();
    for entry in entries {
        *deltas.entry((entry.index.clone(), entry.partition.as_str())).or_insert(0) += match entry.presence {
            Presence::Added => 1,
            Presence::Removed => -1,
        };
    }
    deltas
}
