//! What a check is.

use policy::json::Fault;

use super::finding::{FindingType, Found};
use super::subject::{Clause, Entry, PrincipalEntry, Statement, Subject};

/// One check: a code, its gravity, and where it looks.
#[derive(Debug)]
pub struct Check {
    code: &'static str,
    kind: FindingType,
    look: Look,
}

/// What a check is shown, one at a time.
pub(super) enum Look {
    /// What is no JSON.
    Syntax(fn(&str, &Fault, &mut Found<'_>)),
    /// The whole document.
    Document(fn(&Subject<'_>, &mut Found<'_>)),
    /// Each statement.
    Statement(fn(&Subject<'_>, &Statement<'_>, &mut Found<'_>)),
    /// Each entry of `Action` and `NotAction` but `*`, unless it has a policy variable.
    Action(fn(&Subject<'_>, &Statement<'_>, Entry<'_>, &mut Found<'_>)),
    /// Each entry of `Resource` and `NotResource` but `*`.
    Resource(fn(&Subject<'_>, &Statement<'_>, Entry<'_>, &mut Found<'_>)),
    /// Each principal.
    Principal(fn(&Subject<'_>, &Statement<'_>, PrincipalEntry<'_>, &mut Found<'_>)),
    /// Each key under each operator.
    Clause(fn(&Subject<'_>, &Statement<'_>, &Clause<'_>, &mut Found<'_>)),
    /// Each value of a clause.
    Value(fn(&Subject<'_>, &Clause<'_>, Entry<'_>, &mut Found<'_>)),
}

impl Check {
    pub(super) const fn new(code: &'static str, kind: FindingType, look: Look) -> Self {
        Self { code, kind, look }
    }

    /// The code, as AWS has it; of checks that AWS lacks, one in the same manner.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// How grave its findings are.
    #[must_use]
    pub fn kind(&self) -> FindingType {
        self.kind
    }

    /// Looks at what is no JSON.
    pub(super) fn look_at_text(&self, text: &str, fault: &Fault, found: &mut Found<'_>) {
        if let Look::Syntax(look) = self.look {
            found.begin(self.kind, self.code);
            look(text, fault, found);
        }
    }

    /// Looks at a document.
    pub(super) fn look_at(&self, subject: &Subject<'_>, found: &mut Found<'_>) {
        found.begin(self.kind, self.code);
        if let Look::Document(look) = self.look {
            return look(subject, found);
        }
        for statement in &subject.statements {
            self.look_at_statement(subject, statement, found);
        }
    }

    fn look_at_statement(&self, subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
        match self.look {
            Look::Syntax(_) | Look::Document(_) => {}
            Look::Statement(look) => look(subject, statement, found),
            Look::Action(look) => {
                let entries = statement.all_actions();
                for entry in
                    entries.into_iter().filter(|entry| entry.text != "*" && !entry.text.contains("${"))
                {
                    look(subject, statement, entry, found);
                }
            }
            Look::Resource(look) => {
                for entry in statement.all_resources().into_iter().filter(|entry| entry.text != "*") {
                    look(subject, statement, entry, found);
                }
            }
            Look::Principal(look) => {
                for entry in statement.principals() {
                    look(subject, statement, entry, found);
                }
            }
            Look::Clause(look) => {
                for clause in &statement.clauses {
                    look(subject, statement, clause, found);
                }
            }
            Look::Value(look) => {
                for clause in &statement.clauses {
                    for value in clause.values() {
                        look(subject, clause, value, found);
                    }
                }
            }
        }
    }
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Syntax(_) => "Syntax",
            Self::Document(_) => "Document",
            Self::Statement(_) => "Statement",
            Self::Action(_) => "Action",
            Self::Resource(_) => "Resource",
            Self::Principal(_) => "Principal",
            Self::Clause(_) => "Clause",
            Self::Value(_) => "Value",
        })
    }
}
