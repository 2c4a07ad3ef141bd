//! ListPolicies: the account's own policies, then AWS's.

use api::iam::types::{
    ListPoliciesInput, ListPoliciesOutput, Policy as PolicyDetail, PolicyScopeType, PolicyUsageType,
};
use authz::Ask;
use directory::{ManagedPolicy, Named as _};
use service::{Context, Paging, Result};
use store::{Position, Range};

use super::detail::{AwsPolicy, Usage, summary};
use crate::Iam;
use crate::list::{place, resumed};
use crate::target::collection;

impl Iam {
    pub(crate) async fn list_policies(
        &self,
        cx: &Context<'_>,
        input: ListPoliciesInput,
    ) -> Result<ListPoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::new("iam:ListPolicies", &collection::<ManagedPolicy>(cx)?)).await?;

        let mut found = Vec::new();
        // One more than the page shows tells whether there is another page.
        let wanted = paging.limit().saturating_add(1);
        let scope = input.scope.unwrap_or(PolicyScopeType::All);
        if scope != PolicyScopeType::Aws {
            own(cx, &input, paging.after(), wanted, &mut found).await?;
        }
        if scope != PolicyScopeType::Local {
            aws(cx, &input, paging.after(), wanted, &mut found).await?;
        }
        let more = found.len() > paging.limit();
        found.truncate(paging.limit());
        let marker = found.last().filter(|_| more).map(|(place, _)| Paging::marker(place));
        Ok(ListPoliciesOutput {
            policies: Some(found.into_iter().map(|(_, policy)| policy).collect()),
            is_truncated: Some(more),
            marker,
        })
    }
}

type Found = Vec<(Position, PolicyDetail)>;

/// Adds the account's own policies behind a place until there are as many as wanted.
async fn own(
    cx: &Context<'_>,
    input: &ListPoliciesInput,
    after: Option<Position>,
    wanted: usize,
    found: &mut Found,
) -> Result<()> {
    let mut after = match after {
        Some(Position { sort, key }) => match sort.strip_prefix(OWN) {
            Some(sort) => Some(Position { sort: sort.to_owned(), key }),
            // The page starts among AWS's policies.
            None => return Ok(()),
        },
        None => None,
    };
    let owner = cx.owner()?.to_string();
    // By name, or by path where a path prefix is asked for, as all lists are.
    let prefix = input.path_prefix.as_deref().filter(|prefix| *prefix != "/");
    if prefix.is_some() {
        after = resumed::<ManagedPolicy>(cx, after).await?;
    }
    let index = if prefix.is_some() { &ManagedPolicy::BY_PATH } else { &ManagedPolicy::BY_NAME };
    let prefix = prefix.unwrap_or_default();
    loop {
        let range = Range::prefix(prefix).after(after);
        let page = cx.read().scan::<ManagedPolicy>(index, &owner, range, PAGE).await?;
        // The index holds path and name in one; the prefix is about the path.
        for policy in page.items.iter().filter(|policy| policy.path.as_str().starts_with(prefix)) {
            let usage = Usage::of(cx, &policy.arn()).await?;
            if !is_listed(input, usage) {
                continue;
            }
            let mut place = place(&**policy);
            if prefix.is_empty() {
                place.sort = policy.name.folded();
            }
            place.sort.insert_str(0, OWN);
            found.push((place, summary(policy, usage)));
            if found.len() >= wanted {
                return Ok(());
            }
        }
        if page.next.is_none() {
            return Ok(());
        }
        after = page.next;
    }
}

/// Adds AWS's policies behind a place until there are as many as wanted.
async fn aws(
    cx: &Context<'_>,
    input: &ListPoliciesInput,
    after: Option<Position>,
    wanted: usize,
    found: &mut Found,
) -> Result<()> {
    let owner = cx.owner()?;
    let after = after.map(|after| after.sort).unwrap_or_default();
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    for policy in AwsPolicy::all(cx).await? {
        if found.len() >= wanted {
            return Ok(());
        }
        let sort = format!("{AWS}{}", policy.name().to_ascii_lowercase());
        if sort <= after || !policy.path().starts_with(prefix) {
            continue;
        }
        let arn = policy.arn(owner)?;
        let usage = Usage::of(cx, &arn).await?;
        if is_listed(input, usage) {
            found.push((Position { sort, key: String::new() }, policy.summary(&arn, usage)?));
        }
    }
    Ok(())
}

/// Whether a policy passes `OnlyAttached`. The filter says which use makes a policy attached; without `OnlyAttached` IAM
/// passes over it, whatever its API Reference says.
fn is_listed(input: &ListPoliciesInput, usage: Usage) -> bool {
    if input.only_attached != Some(true) {
        return true;
    }
    match input.policy_usage_filter {
        Some(PolicyUsageType::PermissionsBoundary) => usage.boundaries > 0,
        Some(PolicyUsageType::PermissionsPolicy) => usage.attachments > 0,
        None => usage.attachments > 0 || usage.boundaries > 0,
    }
}

/// What the places of the account's own policies begin with; they come first.
const OWN: &str = "0";
/// What the places of AWS's policies begin with.
const AWS: &str = "1";
/// How many records are read at once.
const PAGE: usize = 100;
