//! An explanation for people: a paragraph and a table.

use std::fmt::{Display, Formatter, Result};

use super::report::{Explanation, LayerReport, StatementReport};

impl Explanation {
    /// One line: the outcome and, for a refusal, AWS's sentence or the rule that refuses.
    #[must_use]
    pub fn short(&self) -> String {
        match (&self.sentence, self.guard) {
            (None, _) => format!("{} may perform {} on {}", self.principal, self.action, self.resource),
            (Some(sentence), None) => sentence.clone(),
            (Some(sentence), Some(guard)) => format!("{sentence} ({guard})"),
        }
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{}: {}", self.outcome, self.short())?;
        let rows: Vec<[String; 4]> = self.layers.iter().map(row).collect();
        let head = ["layer", "result", "blocks", "decided by"].map(str::to_owned);
        let width = |column: usize| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let (layer, result, blocks) = (width(0), width(1), width(2));
        writeln!(f)?;
        for [name, said, stops, by] in std::iter::once(&head).chain(&rows) {
            writeln!(f, "  {name:<layer$}  {said:<result$}  {stops:<blocks$}  {by}")?;
        }
        for report in &self.layers {
            let Some(nearest) = &report.nearest else { continue };
            writeln!(f)?;
            writeln!(f, "Nearest in {}: {}", report.layer, describe(nearest))?;
            for fault in faults(nearest) {
                writeln!(f, "  - {fault}")?;
            }
        }
        if let Some(remark) = &self.remark {
            writeln!(f, "\nNote: {remark}")?;
        }
        for suggestion in &self.suggestions {
            writeln!(f)?;
            let levels = numbers(" of level", suggestion.levels.iter());
            writeln!(
                f,
                "Suggestion, not a recommendation: in {}{levels} this would allow it:",
                suggestion.layer
            )?;
            writeln!(f, "  {}", suggestion.statement)?;
        }
        Ok(())
    }
}

fn row(report: &LayerReport) -> [String; 4] {
    let denies = report.matched.iter().find(|statement| statement.effect == "Deny");
    let silent = report.levels.iter().filter(|level| level.result == "silent").map(|level| &level.level);
    let deciding = match (denies, report.result) {
        (Some(denies), _) => Some(describe(denies)),
        (None, "notApplicable") => Some("there is no policy".to_owned()),
        (None, "silent") if !report.levels.is_empty() => {
            Some(format!("no statement applies{}", numbers(" on level", silent)))
        }
        (None, _) => report.matched.first().map(describe),
    };
    [
        report.layer.to_owned(),
        report.result.to_owned(),
        if report.blocks { "yes" } else { "" }.to_owned(),
        deciding.unwrap_or_else(|| "no statement applies".to_owned()),
    ]
}

/// ` on levels 1, 2` or ` on level 1`; nothing where there are none.
fn numbers<'n>(what: &str, numbers: impl Iterator<Item = &'n u32>) -> String {
    let numbers: Vec<String> = numbers.map(u32::to_string).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("{what} {one}"),
        many => format!("{what}s {}", many.join(", ")),
    }
}

fn describe(statement: &StatementReport) -> String {
    let name = match &statement.sid {
        Some(sid) => format!("`{sid}`"),
        None => format!("#{}", statement.statement_index + 1),
    };
    let place = format!("{}:{}", statement.start.line, statement.start.column);
    format!("{} {name} of {} ({place})", statement.effect, statement.policy)
}

/// What keeps a statement from applying, a line each.
pub(super) fn faults(statement: &StatementReport) -> Vec<String> {
    let elements = statement.elements.iter().filter(|element| !element.matches);
    let elements = elements.map(|element| {
        let (line, column) = (element.start.line, element.start.column);
        let verb = if element.element.starts_with("Not") { "excepts" } else { "wants" };
        let has = element.request_value.as_deref().unwrap_or_default();
        format!(
            "{} at {line}:{column} {verb} {}: the request has `{has}`",
            element.element,
            listed(&element.policy_values)
        )
    });
    let clauses = statement.conditions.iter().filter(|clause| !clause.holds);
    let clauses = clauses.map(|clause| {
        // Most keys are texts, which goes without saying.
        let kind = clause.key_type.as_ref().filter(|kind| *kind != "String");
        let kind = kind.map_or_else(String::new, |kind| format!(" ({kind})"));
        let wants = listed(&clause.policy_values);
        let has = match (&clause.request_values, clause.note) {
            (_, Some(note)) => note.to_owned(),
            (Some(values), None) => format!("the request has `{}`", values.join("`, `")),
            (None, None) => "the request does not have the key".to_owned(),
        };
        format!(
            "{} {}{kind} at {}:{} wants {wants}: {has}",
            clause.operator, clause.key, clause.start.line, clause.start.column
        )
    });
    let unresolved = statement.resolved.iter().filter(|(_, resolved)| resolved.is_none());
    let unresolved = unresolved.map(|(pattern, _)| format!("`{pattern}` has a variable without a value"));
    elements.chain(unresolved).chain(clauses).collect()
}

/// The values in backticks; of very many, the first ones and how many more.
fn listed(values: &[String]) -> String {
    let shown: Vec<String> = values.iter().take(MOST_LISTED).map(|value| format!("`{value}`")).collect();
    let more = values.len().saturating_sub(MOST_LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", shown.join(", "))
}

/// A statement of a managed policy may list hundreds of actions.
const MOST_LISTED: usize = 12;
