//! Paths of which the steps go together.

use policy::Request;

use super::super::chain::{Link, Solved, Solver};
use super::super::moves::{MOVES, On};
use super::super::{ASSUME_ROLE, Estate};
use super::{Node, Path, Step};

/// The path with the moves that go together with some of each other step; `None` where surely none do.
pub(super) fn together(estate: &Estate, start: usize, path: Path, solver: &mut Solver<'_>) -> Option<Path> {
    let mut shown: Vec<Vec<Option<Step>>> =
        path.steps.iter().map(|moves| moves.iter().map(|_| None).collect()).collect();
    let (mut is_open, mut tried) = (false, 0);
    // Each move of each step has to be part of some choice.
    for (at, moves) in path.steps.iter().enumerate() {
        for number in 0..moves.len() {
            if shown.get(at).and_then(|moves| moves.get(number)).is_some_and(Option::is_some) {
                continue;
            }
            for choice in choices(&path, at, number) {
                tried += 1;
                let steps: Vec<&Step> =
                    path.steps.iter().zip(&choice).filter_map(|(moves, number)| moves.get(*number)).collect();
                if tried > MOST_CHOICES {
                    is_open = true;
                    break;
                }
                match solve(estate, start, &steps, solver) {
                    Solved::Together(requests) => {
                        keep(&mut shown, &steps, &choice, requests);
                        break;
                    }
                    Solved::Open => is_open = true,
                    Solved::Never => {}
                }
            }
        }
    }
    let steps: Vec<Vec<Step>> =
        shown.into_iter().map(|moves| moves.into_iter().flatten().collect::<Vec<Step>>()).collect();
    if steps.iter().all(|moves| !moves.is_empty()) {
        return Some(Path { steps, is_shown: true });
    }
    is_open.then_some(Path { is_shown: false, ..path })
}

/// Choices of a move for each step, with this one at its place.
fn choices(path: &Path, at: usize, number: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for (place, moves) in path.steps.iter().enumerate() {
        let here = if place == at { number..number + 1 } else { 0..moves.len() };
        let with = |before: &Vec<usize>| {
            let before = before.clone();
            here.clone().map(move |next| before.iter().copied().chain([next]).collect())
        };
        all = all.iter().flat_map(with).take(MOST_CHOICES).collect();
    }
    all
}

fn solve(estate: &Estate, start: usize, steps: &[&Step], solver: &mut Solver<'_>) -> Solved {
    let texts: Vec<Vec<(String, Option<String>)>> = steps.iter().map(|step| asked(step)).collect();
    let mut links = Vec::new();
    for (step, texts) in steps.iter().zip(&texts) {
        if let (ASSUME_ROLE, Node::Member(role)) = (step.by.as_str(), step.to) {
            links.push(Link::Assume(role));
            continue;
        }
        for ((action, request), (resource, service)) in step.needs.iter().zip(texts) {
            let is_role = |member: &&super::super::Member| member.arn.as_str() == request.resource.as_str();
            let role = estate.members.iter().position(|member| is_role(&member));
            let own = role.filter(|_| *action == ASSUME_ROLE).and_then(|role| estate.rights.trust(role));
            links.push(Link::Act { action, resource, service: service.as_deref(), own });
        }
        if let Node::Member(member) = step.to {
            links.push(Link::Become(member));
        }
    }
    solver.solve(start, &links)
}

/// For each permission of a step, what was asked for, as statements write it, and to which service a role is passed.
fn asked(step: &Step) -> Vec<(String, Option<String>)> {
    let row = MOVES.iter().find(|row| row.id == step.by);
    let one = |(action, request): &(&'static str, Request)| {
        let need = row.and_then(|row| row.needs.iter().find(|need| need.action == *action));
        let resource = request.resource.as_str();
        let begins = |kind: &str| resource.find(kind).and_then(|at| resource.get(..at + kind.len()));
        let resource = match need.map(|need| need.on) {
            Some(On::Anything) => "*".to_owned(),
            Some(On::NewUser) => format!("{}*", begins(":user/").unwrap_or_default()),
            Some(On::NewRole) => format!("{}*", begins(":role/").unwrap_or_default()),
            _ => resource.to_owned(),
        };
        let service = request.context.get("iam:PassedToService").and_then(|values| values.as_slice().first());
        (resource, service.map(ToString::to_string))
    };
    step.needs.iter().map(one).collect()
}

/// Notes the moves of a choice with their requests.
fn keep(shown: &mut [Vec<Option<Step>>], steps: &[&Step], choice: &[usize], requests: Vec<Option<Request>>) {
    let mut requests = requests.into_iter();
    for ((place, step), number) in shown.iter_mut().zip(steps).zip(choice) {
        let mut step = (*step).clone();
        for (_, request) in &mut step.needs {
            if let Some(Some(found)) = requests.next() {
                *request = found;
            }
        }
        if step.by != ASSUME_ROLE && matches!(step.to, Node::Member(_)) {
            // Coming to act as somebody is no request.
            requests.next();
        }
        if let Some(place) = place.get_mut(*number).filter(|place| place.is_none()) {
            *place = Some(step);
        }
    }
}

/// So many choices of moves are tried for a path.
const MOST_CHOICES: usize = 24;
