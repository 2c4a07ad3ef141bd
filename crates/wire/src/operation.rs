//! Services and their operations, as static tables.

use std::fmt;

use crate::shape::Shape;

/// An AWS service: what its endpoint speaks and answers.
pub struct Service {
    /// The name in ARNs, credential scopes and `iam:` actions, as `iam`.
    pub name: &'static str,
    /// The name of the service in the model, as `IAM`.
    pub id: &'static str,
    /// The first label of the host name, as `iam`.
    pub endpoint_prefix: &'static str,
    /// The version, as `2010-05-08`.
    pub api_version: &'static str,
    /// The namespace of responses in XML.
    pub xml_namespace: &'static str,
    /// How requests and responses are written.
    pub protocol: Protocol,
    /// What stands before the operation in `X-Amz-Target`, where the protocol uses it.
    pub target_prefix: Option<&'static str>,
    /// Whether validation messages echo the offending value.
    pub echo_values: bool,
    /// Every operation, sorted by name.
    pub operations: &'static [&'static Operation],
}

/// A wire protocol of AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Form parameters in, XML out.
    Query,
    /// JSON in and out, the operation in `X-Amz-Target`.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
    },
    /// JSON bodies, the operation in method and path.
    RestJson,
}

/// An operation of a service.
pub struct Operation {
    /// The name, as `CreateUser`.
    pub name: &'static str,
    /// The service it belongs to.
    pub service: &'static Service,
    /// The shape of requests.
    pub input: &'static Shape,
    /// The shape of responses, where there is anything to answer.
    pub output: Option<&'static Shape>,
    /// The element around the output, as `CreateUserResult`.
    pub result: Option<&'static str>,
    /// The HTTP method of the model.
    pub method: &'static str,
    /// The path of the model, with labels in braces.
    pub path: &'static str,
    /// The codes of the errors that the model names.
    pub errors: &'static [&'static str],
    /// How results come in pages, where they do.
    pub pages: Option<Pages>,
    /// Whether requests come without a signature.
    pub unsigned: bool,
    /// Whether AWS advises against it.
    pub deprecated: bool,
}

/// How an operation's results come in pages: the names of the members that say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// The input member that says where to go on.
    pub input_token: &'static str,
    /// The output member that says where to go on.
    pub output_token: &'static str,
    /// The input member that bounds a page.
    pub limit: Option<&'static str>,
    /// The output member that says whether there is more.
    pub more: Option<&'static str>,
    /// The output lists that are paged.
    pub results: &'static [&'static str],
}

impl Service {
    /// The operation of this name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        let index = self.operations.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
        self.operations.get(index).copied()
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({} {})", self.name, self.api_version)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({}:{})", self.service.name, self.name)
    }
}
