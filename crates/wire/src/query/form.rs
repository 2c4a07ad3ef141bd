//! Form parameters: the names and values of a query string or a body.

use std::borrow::Cow;

use crate::fault::Fault;
use crate::percent::decode_form;

/// Parameters in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Form<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// How many parameters a request may have. The largest that IAM itself can mean (a simulation over a thousand actions
/// and resources) has a quarter of them.
const MAX_PARAMETERS: usize = 10_000;

impl<'a> Form<'a> {
    /// The parameters of a query string or a form body.
    ///
    /// # Errors
    /// `MalformedQueryString` where an escape is broken, the text is not UTF-8, or there are more than 10,000 parameters.
    pub fn parse(text: &'a [u8]) -> Result<Self, Fault> {
        let mut form = Self::default();
        form.append(text)?;
        Ok(form)
    }

    /// Adds the parameters of another part of the request, as of the body to those of the query string.
    ///
    /// # Errors
    /// As [`Form::parse`].
    pub fn append(&mut self, text: &'a [u8]) -> Result<(), Fault> {
        for pair in text.split(|byte| *byte == b'&') {
            if pair.is_empty() {
                continue;
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = halves.next().unwrap_or_default();
            let value = halves.next().unwrap_or_default();
            let (Some(name), Some(value)) = (decode_form(name), decode_form(value)) else {
                return Err(malformed());
            };
            if self.parameters.len() == MAX_PARAMETERS {
                return Err(malformed());
            }
            self.parameters.push((name, value));
        }
        Ok(())
    }

    /// The first value of this parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(there, _)| *there == name).map(|(_, value)| value)
    }

    /// The operation that the request names.
    pub fn action(&self) -> Option<&str> {
        self.get("Action")
    }

    /// The API version that the request names.
    pub fn version(&self) -> Option<&str> {
        self.get("Version")
    }

    /// Names and values, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

fn malformed() -> Fault {
    Fault::sender("MalformedQueryString", 404, "The query string contains a syntax error.")
}
