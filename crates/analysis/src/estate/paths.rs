//! Ways from one principal to another, or to everything: chains of assumed roles and of [`MOVES`](super::MOVES).

mod together;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use policy::Request;

use super::chain::Solver;
use super::{Estate, Undecided};
use together::together;
use walk::{Walk, Wanted};

/// Where a path goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A user or role, by place in the estate.
    Member(usize),
    /// Whoever may do everything in the account.
    Administrator,
}

/// One way to get from one node to another.
#[derive(Debug, Clone)]
pub struct Step {
    /// From where.
    pub from: Node,
    /// To where.
    pub to: Node,
    /// The move: `sts:AssumeRole`, the id of one of [`MOVES`](super::MOVES), or `administrator` for what an
    /// administrator can do anyhow.
    pub by: String,
    /// The permissions that it takes, each with a request that shows that the caller has it.
    pub needs: Vec<(&'static str, Request)>,
    /// Whether something has to run as the role already, which policies do not tell.
    pub needs_running: bool,
}

/// A chain of steps: for each, every move that makes it.
#[derive(Debug, Clone)]
pub struct Path {
    /// From the first to the last.
    pub steps: Vec<Vec<Step>>,
    /// Whether the requests were shown to go together: what a call settles of the session that it makes, the next has.
    /// Where not, each is allowed by itself.
    pub is_shown: bool,
}

/// Which paths are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// So many at most.
    pub limit: usize,
    /// The shortest, and those that take so many steps more.
    pub longer: usize,
}

/// The answer of [`paths`].
#[derive(Debug, Clone)]
pub struct Paths {
    /// The paths, the shortest first; none goes through a node twice.
    pub found: Vec<Path>,
    /// Whether there may be more within the bounds.
    pub is_cut: bool,
    /// What was not decided.
    pub undecided: Vec<Undecided>,
}

/// The paths from a member to a node; none where there is no way. `progress` hears how many nodes were gone through.
pub fn paths(
    estate: &Estate,
    from: usize,
    to: Node,
    bounds: Bounds,
    progress: &mut dyn FnMut(usize, usize),
) -> Paths {
    let total = estate.members.len() + 1;
    let mut search = Search { walk: Walk::new(estate), edges: Edges::new(), done: 0, total, progress };
    let start = Node::Member(from);
    let mut answer = Paths { found: Vec::new(), is_cut: false, undecided: Vec::new() };
    // Nobody needs a way to itself.
    if to != start
        && let Some(shortest) = search.shortest(start, to, bounds.limit)
    {
        let mut solver = Solver::new(estate);
        let mut most = shortest + bounds.longer;
        let mut from_length = shortest;
        loop {
            let is_whole = most > shortest && search.widen(start, to, most);
            let mut list = Listing {
                to_end: distances(&search.edges, to),
                edges: &search.edges,
                end: to,
                bounds,
                left: MOST_VISITS,
                answer: &mut answer,
            };
            for length in from_length..=most {
                list.forth(length, &mut vec![start], &mut Vec::new());
            }
            let listed = std::mem::take(&mut answer.found);
            answer
                .found
                .extend(listed.into_iter().filter_map(|path| together(estate, from, path, &mut solver)));
            // Where the steps of none go together, a longer way may do.
            if !answer.found.is_empty() || is_whole && most >= search.edges.len() {
                break;
            }
            if most >= shortest + bounds.longer + MOST_LONGER || answer.is_cut {
                answer.is_cut = true;
                break;
            }
            most += 1;
            from_length = most;
        }
    }
    (search.progress)(total, total);
    answer.undecided = search.walk.undecided;
    answer
}

/// From each node to each that it leads to, every step.
type Edges = BTreeMap<Node, BTreeMap<Node, Vec<Step>>>;

struct Search<'e, 'p> {
    walk: Walk<'e>,
    edges: Edges,
    done: usize,
    total: usize,
    progress: &'p mut dyn FnMut(usize, usize),
}

impl Search<'_, '_> {
    /// Finds the steps of the shortest paths, enough of them for so many paths, and says how many steps those take.
    fn shortest(&mut self, start: Node, end: Node, limit: usize) -> Option<usize> {
        // How far each is, and by how many nodes it was reached: more than there are to be paths are not needed.
        let mut seen: Vec<Option<(usize, usize)>> = vec![None; self.total];
        let administrator = self.total - 1;
        let place = move |node: Node| if let Node::Member(member) = node { member } else { administrator };
        let (mut layer, mut depth) = (vec![start], 0);
        mark(&mut seen, place(start), 0);
        while !layer.is_empty() {
            depth += 1;
            // Where some lead to the end at once, nothing else is asked of the others.
            let mut is_there = false;
            for node in &layer {
                self.tell();
                is_there |= self.add(*node, Wanted::Only(end));
            }
            if is_there {
                return Some(depth);
            }
            let mut next = BTreeSet::new();
            for node in layer {
                self.add(
                    node,
                    Wanted::Some(&|other| match seen.get(place(other)) {
                        Some(None) => other != end,
                        Some(Some((known, ways))) => *known == depth && *ways <= limit,
                        None => false,
                    }),
                );
                for other in self.edges.get(&node).into_iter().flat_map(BTreeMap::keys) {
                    mark(&mut seen, place(*other), depth);
                    next.insert(*other);
                }
            }
            layer = next.into_iter().collect();
        }
        None
    }

    /// Finds every step of the paths with at most so many, and says whether there are no further nodes.
    fn widen(&mut self, start: Node, end: Node, most: usize) -> bool {
        self.edges.clear();
        self.done = 0;
        let mut seen = BTreeSet::from([start]);
        let mut layer = vec![start];
        for _ in 0..most {
            let mut next = Vec::new();
            for node in layer {
                self.tell();
                // A path ends where it ends.
                if node != end && self.add(node, Wanted::Some(&|_| true)) {
                    let reached = self.edges.get(&node).into_iter().flat_map(BTreeMap::keys);
                    next.extend(reached.copied().filter(|other| seen.insert(*other)));
                }
            }
            layer = next;
        }
        layer.is_empty()
    }

    /// Adds the steps from a node to those that are wanted; whether there are any.
    fn add(&mut self, node: Node, wanted: Wanted<'_>) -> bool {
        let steps = self.walk.steps(node, wanted);
        let is_any = !steps.is_empty();
        for step in steps {
            self.edges.entry(node).or_default().entry(step.to).or_default().push(step);
        }
        is_any
    }

    fn tell(&mut self) {
        self.done += 1;
        (self.progress)(self.done.min(self.total), self.total);
    }
}

/// Notes that a node was reached once more.
fn mark(seen: &mut [Option<(usize, usize)>], place: usize, depth: usize) {
    if let Some(seen) = seen.get_mut(place) {
        let (_, ways) = seen.get_or_insert((depth, 0));
        *ways += 1;
    }
}

/// How many steps it takes at least from each node to the end.
fn distances(edges: &Edges, end: Node) -> BTreeMap<Node, usize> {
    let mut back: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    for (from, to) in edges.iter().flat_map(|(from, next)| next.keys().map(move |to| (*from, *to))) {
        back.entry(to).or_default().push(from);
    }
    let mut found = BTreeMap::from([(end, 0)]);
    let (mut layer, mut distance) = (vec![end], 0);
    while !layer.is_empty() {
        distance += 1;
        let before = layer.iter().filter_map(|node| back.get(node)).flatten().copied();
        let mut next: Vec<Node> = before.filter(|node| !found.contains_key(node)).collect();
        next.sort_unstable();
        next.dedup();
        found.extend(next.iter().map(|node| (*node, distance)));
        layer = next;
    }
    found
}

/// Paths, while they are listed.
struct Listing<'s> {
    edges: &'s Edges,
    to_end: BTreeMap<Node, usize>,
    end: Node,
    bounds: Bounds,
    /// So many nodes may still be visited.
    left: usize,
    answer: &'s mut Paths,
}

impl<'s> Listing<'s> {
    /// Lists the paths that go on from the last node with exactly so many steps.
    fn forth(&mut self, steps: usize, nodes: &mut Vec<Node>, behind: &mut Vec<&'s [Step]>) {
        let Some(node) = nodes.last().copied() else { return };
        if node == self.end {
            if steps > 0 {
                return;
            }
            if self.answer.found.len() >= self.bounds.limit {
                self.answer.is_cut = true;
            } else {
                let steps = behind.iter().map(|moves| moves.to_vec()).collect();
                self.answer.found.push(Path { steps, is_shown: false });
            }
            return;
        }
        let edges = self.edges;
        for (next, moves) in edges.get(&node).into_iter().flatten() {
            let is_near = self.to_end.get(next).is_some_and(|distance| *distance < steps);
            if !is_near || nodes.contains(next) || self.answer.is_cut {
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                self.answer.is_cut = true;
                return;
            };
            self.left = left;
            nodes.push(*next);
            behind.push(moves);
            self.forth(steps - 1, nodes, behind);
            behind.pop();
            nodes.pop();
        }
    }
}

/// So many steps more than were asked for are looked at, where the steps of no path go together.
const MOST_LONGER: usize = 3;

/// Nodes that are visited at most to list paths: no path is found where most lead nowhere.
const MOST_VISITS: usize = 1_000_000;
