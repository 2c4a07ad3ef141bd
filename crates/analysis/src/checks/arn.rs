//! A resource of a policy against the forms that the catalog knows of its service's ARNs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use catalog::{Catalog, Service};

use super::glob::{has_wildcards, meets};
use super::subject::Entry;

/// The parts of an ARN as a policy writes it; a policy variable counts as a star.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) partition: String,
    pub(super) service: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) resource: String,
}

/// What keeps an ARN from being one of its service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    RegionNotAllowed,
    RegionMissing,
    AccountNotAllowed,
    AccountMissing,
    Resource,
}

impl Parts {
    /// Splits an entry; `None` where it is no ARN of six parts.
    pub(super) fn of(entry: Entry<'_>) -> Option<Self> {
        let text = starred(entry.text);
        let mut parts = text.splitn(6, ':').map(str::to_owned);
        if parts.next()? != "arn" {
            return None;
        }
        let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { partition, service, region, account: parts.next()?, resource: parts.next()? })
    }

    /// What keeps it from being any ARN of its service, as the nearest form has it. Nothing where it may be one, and
    /// nothing where the catalog knows no ARNs of the service.
    pub(super) fn misfits(&self, catalog: &Catalog) -> Vec<Misfit> {
        let formats = formats(catalog, &self.service);
        if formats.iter().any(|format| self.differs(format).is_empty()) {
            return Vec::new();
        }
        let near = formats.iter().filter(|format| meets(&self.resource, &format.resource));
        match near.map(|format| self.differs(format)).min_by_key(Vec::len) {
            Some(misfits) => misfits,
            None if formats.is_empty() => Vec::new(),
            None => vec![Misfit::Resource],
        }
    }

    /// Whether it may be an ARN of some resource type of a service of AWS's.
    pub(super) fn may_be(&self, service: &str, types: &[&str]) -> bool {
        let Some(service) = catalog::service(service) else { return false };
        let types = types.iter().filter_map(|name| service.resource_type(name));
        let mut formats = types.flat_map(|kind| kind.arn_formats()).filter_map(Format::read);
        formats.any(|format| meets(&self.service, &format.service) && self.differs(&format).is_empty())
    }

    fn differs(&self, format: &Format) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        if !meets(&self.region, &format.region) {
            misfits.push(if format.region.is_empty() {
                Misfit::RegionNotAllowed
            } else {
                Misfit::RegionMissing
            });
        } else if self.region.is_empty() && format.region == "*" {
            misfits.push(Misfit::RegionMissing);
        }
        if !meets(&self.account, &format.account) {
            misfits.push(if format.account.is_empty() {
                Misfit::AccountNotAllowed
            } else {
                Misfit::AccountMissing
            });
        } else if self.account.is_empty()
            && format.account == "*"
            && !OWNED_BY_AWS.contains(&self.service.as_str())
        {
            misfits.push(Misfit::AccountMissing);
        }
        if !meets(&self.resource, &format.resource) {
            misfits.push(Misfit::Resource);
        }
        misfits
    }
}

/// Whether some resource type of the catalog has ARNs of that service.
pub(super) fn is_known_service(catalog: &Catalog, service: &str) -> bool {
    !formats(catalog, service).is_empty() || catalog.service(service).is_some()
}

/// Whether some form of a service's ARNs has this very account, such as `aws`.
pub(super) fn is_literal_account(catalog: &Catalog, service: &str, account: &str) -> bool {
    account == "aws" || formats(catalog, service).iter().any(|format| format.account == account)
}

/// A text with a star for each policy variable, so that no colon of one counts.
pub(super) fn starred(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((inside, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        out.push_str(if matches!(inside, "*" | "?" | "$") { "?" } else { "*" });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A form of ARNs, placeholders as stars.
#[derive(Debug, Clone)]
struct Format {
    service: String,
    region: String,
    account: String,
    resource: String,
}

impl Format {
    fn read(text: &str) -> Option<Self> {
        let text = starred(text);
        let mut parts = text.splitn(6, ':').skip(2).map(str::to_owned);
        Some(Self {
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

fn formats(catalog: &Catalog, service: &str) -> Cow<'static, [Format]> {
    if has_wildcards(service) {
        return Cow::default();
    }
    if let Some(known) = FORMATS.get(service) {
        return Cow::Borrowed(known);
    }
    // The ARNs of an own service have its prefix.
    let own = catalog.own().filter(|own| own.prefix() == service);
    Cow::Owned(own.flat_map(forms_of).collect())
}

fn forms_of(service: &Service) -> impl Iterator<Item = Format> {
    service.resource_types().iter().flat_map(|kind| kind.arn_formats()).filter_map(Format::read)
}

/// Every form of the ARNs of AWS's services, by the service part of the ARN, which is not always the prefix of the actions.
static FORMATS: LazyLock<HashMap<String, Vec<Format>>> = LazyLock::new(|| {
    let mut all: HashMap<String, Vec<Format>> = HashMap::new();
    let beside = BESIDE_THE_REFERENCE.iter().copied().filter_map(Format::read);
    for format in catalog::services().iter().flat_map(forms_of).chain(beside) {
        all.entry(format.service.clone()).or_default().push(format);
    }
    all
});

/// ARNs that the reference does not list, though pages of the services and policies that AWS manages have them.
const BESIDE_THE_REFERENCE: &[&str] = &[
    "arn:${Partition}:backup:${Region}:${Account}:recovery-point:${RecoveryPointId}",
    "arn:${Partition}:cloudformation:${Region}:aws:transform/${TransformName}",
    "arn:${Partition}:waf::${Account}:changetoken/${Id}",
    "arn:${Partition}:waf-regional:${Region}:${Account}:changetoken/${Id}",
];

/// Services whose own resources have ARNs without an account, which the reference does not list.
const OWNED_BY_AWS: &[&str] = &["ec2", "imagebuilder", "resource-explorer-2", "ssm"];
