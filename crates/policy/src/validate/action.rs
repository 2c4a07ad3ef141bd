//! Checks of `Action` and `NotAction`.

use super::element::Document;
use super::{Finding, Stage};

pub(super) fn check(document: &Document<'_>, findings: &mut Vec<Finding>) {
    for statement in &document.statements {
        let node = statement.either("Action", "NotAction");
        let Some(node) = node.filter(|node| !node.items().is_empty()) else {
            let span = node.map_or(statement.span, |node| node.span);
            findings.push(Finding::new(Stage::HasActions, "Policy statement must contain actions.", span));
            continue;
        };
        for item in node.items() {
            if let Some(message) = item.as_str().and_then(fault) {
                findings.push(Finding::new(Stage::Actions, message, item.span));
            }
        }
    }
}

/// What is wrong with one entry.
fn fault(action: &str) -> Option<String> {
    if action == "*" {
        return None;
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Some("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into());
    };
    if name.contains(':') {
        return Some("Actions/Condition can contain only one colon.".into());
    }
    let good = !vendor.is_empty()
        && vendor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    (!good).then(|| format!("Vendor {vendor} is not valid"))
}
