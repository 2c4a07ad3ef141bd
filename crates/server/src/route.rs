//! Which service and operation a request means, found in one table.
//!
//! A service is named by the host, by the credential scope, by `X-Amz-Target`, by the path, or by
//! the API version; the first of these that says something decides. Each way is a look into the
//! same table; nothing here is code per operation.

use service::ServiceEntry;
use wire::query::Form;
use wire::{Fault, Operation, Protocol, Service};

/// The services of this server and the places of their operations in the metrics.
pub(crate) struct Table {
    rows: Vec<Row>,
}

/// A service.
pub(crate) struct Row {
    pub(crate) entry: Box<dyn ServiceEntry>,
    /// The place of its first operation in the list of all.
    first: usize,
}

/// What a request says about where it wants to go.
#[derive(Debug, Default)]
pub(crate) struct Clues<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) host: Option<&'a str>,
    /// The service of the credential scope.
    pub(crate) scope: Option<&'a str>,
    pub(crate) target: Option<&'a str>,
}

/// Where a request goes.
#[derive(Clone, Copy)]
pub(crate) struct Destination<'t> {
    pub(crate) row: &'t Row,
    pub(crate) operation: &'static Operation,
    /// The place of the operation in the metrics.
    pub(crate) place: usize,
}

/// A request that goes nowhere: the fault, and the service in whose words it is told.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) service: &'static Service,
    pub(crate) fault: Fault,
}

impl Table {
    pub(crate) fn new(entries: Vec<Box<dyn ServiceEntry>>) -> Self {
        let mut first = 0;
        let mut rows = Vec::new();
        for entry in entries {
            let operations = entry.service().operations.len();
            rows.push(Row { entry, first });
            first += operations;
        }
        Self { rows }
    }

    /// Every operation by service and name, in the order of their places.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let services = self.rows.iter().map(|row| row.entry.service());
        services.flat_map(|service| service.operations.iter().map(|operation| (service.name, operation.name)))
    }

    /// Finds the way. `form` holds the parameters of query and body, for the protocol that has
    /// the operation there.
    pub(crate) fn find(&self, clues: &Clues<'_>, form: &Form<'_>) -> Result<Destination<'_>, Lost> {
        let Some(row) = self.service(clues, form) else {
            let fault = if clues.path.len() > 1 { unknown_operation() } else { query_fault(form) };
            return Err(Lost { service: &UNKNOWN, fault });
        };
        let service = row.entry.service();
        let lost = |fault| Lost { service, fault };
        let place = match service.protocol {
            Protocol::Query => {
                if clues.path.len() > 1 {
                    return Err(lost(unknown_operation()));
                }
                let version = form.version().is_some_and(|version| version == service.api_version);
                form.action().filter(|_| version).and_then(|action| by_name(service, action))
            }
            Protocol::Json { .. } => clues
                .target
                .and_then(|target| target.rsplit_once('.'))
                .and_then(|(_, operation)| by_name(service, operation)),
            Protocol::RestJson => {
                let fits =
                    |operation: &&Operation| operation.path == clues.path && operation.method == clues.method;
                service.operations.iter().position(|operation| fits(&&**operation))
            }
        };
        let found = place.and_then(|place| Some((place, *service.operations.get(place)?)));
        let found = found.filter(|(_, operation)| !is_global(clues) || !REGIONAL.contains(&operation.name));
        match (found, service.protocol) {
            (Some((place, operation)), _) => Ok(Destination { row, operation, place: row.first + place }),
            (None, Protocol::Query) => Err(lost(query_fault(form))),
            (None, _) => Err(lost(unknown_operation())),
        }
    }

    fn service(&self, clues: &Clues<'_>, form: &Form<'_>) -> Option<&Row> {
        let by = |test: &dyn Fn(&Service) -> bool| self.rows.iter().find(|row| test(row.entry.service()));
        if let Some((label, _)) = clues.host.and_then(|host| host.split_once('.'))
            && let Some(row) = by(&|service| service.endpoint_prefix == label)
        {
            return Some(row);
        }
        if clues.path.len() > 1
            && let Some(row) = by(&|service| {
                service.protocol == Protocol::RestJson
                    && service.operations.iter().any(|operation| operation.path == clues.path)
            })
        {
            return Some(row);
        }
        if let Some(scope) = clues.scope
            && let Some(row) = by(&|service| service.name == scope)
        {
            return Some(row);
        }
        if let Some((prefix, _)) = clues.target.and_then(|target| target.rsplit_once('.'))
            && let Some(row) = by(&|service| service.target_prefix == Some(prefix))
        {
            return Some(row);
        }
        let version = form.version()?;
        let action = form.action()?;
        let speaks =
            |service: &Service| service.protocol == Protocol::Query && service.api_version == version;
        by(&|service| speaks(service) && service.operation(action).is_some()).or_else(|| by(&speaks))
    }
}

/// Whether a request was sent to the endpoint of STS that is of no region.
fn is_global(clues: &Clues<'_>) -> bool {
    let host = clues.host.and_then(|host| host.split(':').next());
    host.is_some_and(|host| host.eq_ignore_ascii_case("sts.amazonaws.com"))
}

/// What that endpoint does not answer (AWS: "AssumeRoot", "GetWebIdentityToken").
const REGIONAL: [&str; 2] = ["AssumeRoot", "GetWebIdentityToken"];

/// The place of an operation in its service's list, which is sorted by name.
fn by_name(service: &Service, name: &str) -> Option<usize> {
    service.operations.binary_search_by(|operation| operation.name.cmp(name)).ok()
}

/// AWS's words for an operation that there is not.
fn query_fault(form: &Form<'_>) -> Fault {
    let Some(action) = form.action().filter(|action| !action.is_empty()) else {
        return Fault::sender("MissingAction", 400, "The request must contain the parameter Action");
    };
    let shortened = |text: &str| text.chars().take(128).collect::<String>();
    let version = form.version().map_or_else(|| "NO_VERSION_SPECIFIED".to_owned(), shortened);
    let message = format!("Could not find operation {} for version {version}", shortened(action));
    Fault::sender("InvalidAction", 400, message)
}

fn unknown_operation() -> Fault {
    Fault::sender("UnknownOperationException", 404, "There is no such operation.")
}

/// In whose words a request is refused that names no service.
pub(crate) static UNKNOWN: Service = Service {
    name: "unknown",
    id: "Unknown",
    endpoint_prefix: "",
    api_version: "",
    xml_namespace: "http://webservices.amazon.com/AWSFault/2005-15-09",
    protocol: Protocol::Query,
    target_prefix: None,
    echo_values: false,
    operations: &[],
};
