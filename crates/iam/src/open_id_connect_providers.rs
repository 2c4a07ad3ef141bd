//! OpenID Connect providers: whose tokens the account's roles may trust.

use api::iam::faults;
use api::iam::types::{
    AddClientIdToOpenIdConnectProviderInput, CreateOpenIdConnectProviderInput,
    CreateOpenIdConnectProviderOutput, DeleteOpenIdConnectProviderInput, GetOpenIdConnectProviderInput,
    GetOpenIdConnectProviderOutput, ListOpenIdConnectProviderTagsInput, ListOpenIdConnectProviderTagsOutput,
    ListOpenIdConnectProvidersInput, ListOpenIdConnectProvidersOutput, OpenIdConnectProviderListEntry,
    RemoveClientIdFromOpenIdConnectProviderInput, TagOpenIdConnectProviderInput,
    UntagOpenIdConnectProviderInput, UpdateOpenIdConnectProviderThumbprintInput,
};
use authz::Ask;
use directory::{OpenIdConnectProvider, ProviderKey};
use service::{Context, Paging, Result, Route, routes};
use wire::Fault;

use crate::provider::ProviderTarget;
use crate::tags::Keys;
use crate::{Iam, quota, tags};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateOpenIDConnectProvider => create_open_id_connect_provider,
    GetOpenIDConnectProvider => get_open_id_connect_provider,
    ListOpenIDConnectProviders => list_open_id_connect_providers,
    DeleteOpenIDConnectProvider => delete_open_id_connect_provider,
    AddClientIDToOpenIDConnectProvider => add_client_id_to_open_id_connect_provider,
    RemoveClientIDFromOpenIDConnectProvider => remove_client_id_from_open_id_connect_provider,
    UpdateOpenIDConnectProviderThumbprint => update_open_id_connect_provider_thumbprint,
    TagOpenIDConnectProvider => tag_open_id_connect_provider,
    UntagOpenIDConnectProvider => untag_open_id_connect_provider,
    ListOpenIDConnectProviderTags => list_open_id_connect_provider_tags,
];

type Target = ProviderTarget<OpenIdConnectProvider>;

impl Iam {
    pub(crate) async fn create_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: CreateOpenIdConnectProviderInput,
    ) -> Result<CreateOpenIdConnectProviderOutput> {
        let owner = cx.owner()?;
        let url = without_scheme(&input.url)?.to_owned();
        let mut client_ids = Vec::new();
        for id in input.client_id_list.unwrap_or_default() {
            add(&mut client_ids, id)?;
        }
        let thumbprints = thumbprints(input.thumbprint_list.unwrap_or_default())?;
        let tags = Keys::Cased.parse(input.tags.as_deref())?;
        let provider = OpenIdConnectProvider { owner, url, created: cx.now(), client_ids, thumbprints, tags };

        let arn = provider.arn();
        let mut asks =
            vec![Ask::new("iam:CreateOpenIDConnectProvider", &arn).with_request_tags(&provider.tags)];
        if !provider.tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagOpenIDConnectProvider", &arn).with_request_tags(&provider.tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        let mut write = cx.write(&permit)?;
        let key = ProviderKey::new(owner, &*provider.url);
        if write.get::<OpenIdConnectProvider>(&key).await?.is_some() {
            let message = format!("Provider with url {} already exists.", input.url);
            return Err(faults::entity_already_exists(message).into());
        }
        quota::OIDC_PROVIDERS.hold(&mut write, owner, owner.to_string()).await?;
        let provider = write.insert(provider).await?;
        write
            .commit(CreateOpenIdConnectProviderOutput {
                open_id_connect_provider_arn: Some(arn.to_string()),
                tags: tags::shown(&provider.tags),
            })
            .await
    }

    pub(crate) async fn get_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: GetOpenIdConnectProviderInput,
    ) -> Result<GetOpenIdConnectProviderOutput> {
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        cx.authorize(target.ask("iam:GetOpenIDConnectProvider")).await?;

        let provider = target.existing()?;
        Ok(GetOpenIdConnectProviderOutput {
            url: Some(provider.url.clone()),
            client_id_list: Some(provider.client_ids.clone()),
            thumbprint_list: Some(provider.thumbprints.clone()),
            create_date: Some(provider.created),
            tags: Some(tags::list(&provider.tags)),
        })
    }

    /// Lists all; this list has no pages (AWS: "ListOpenIDConnectProviders").
    pub(crate) async fn list_open_id_connect_providers(
        &self,
        cx: &Context<'_>,
        _: ListOpenIdConnectProvidersInput,
    ) -> Result<ListOpenIdConnectProvidersOutput> {
        let owner = cx.owner()?;
        cx.authorize(Ask::new("iam:ListOpenIDConnectProviders", &owner.iam_arn("oidc-provider/"))).await?;

        let index = &OpenIdConnectProvider::BY_ACCOUNT;
        let providers = cx.read().all::<OpenIdConnectProvider>(index, &owner.to_string()).await?;
        let shown =
            providers.iter().map(|one| OpenIdConnectProviderListEntry { arn: Some(one.arn().to_string()) });
        Ok(ListOpenIdConnectProvidersOutput { open_id_connect_provider_list: Some(shown.collect()) })
    }

    pub(crate) async fn delete_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: DeleteOpenIdConnectProviderInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        let permit = cx.authorize(target.ask("iam:DeleteOpenIDConnectProvider")).await?;

        let provider = target.existing()?;
        let mut write = cx.write(&permit)?;
        write.delete::<OpenIdConnectProvider>(&store::Record::key(&*provider)).await?;
        write.commit(()).await
    }

    /// Adds an audience; one that is there already is a success (AWS: "AddClientIDToOpenIDConnectProvider").
    pub(crate) async fn add_client_id_to_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: AddClientIdToOpenIdConnectProviderInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        let permit = cx.authorize(target.ask("iam:AddClientIDToOpenIDConnectProvider")).await?;

        let mut provider = (*target.existing()?).clone();
        add(&mut provider.client_ids, input.client_id)?;
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    /// Removes an audience; one that is not there is a success (AWS: "RemoveClientIDFromOpenIDConnectProvider").
    pub(crate) async fn remove_client_id_from_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: RemoveClientIdFromOpenIdConnectProviderInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        let permit = cx.authorize(target.ask("iam:RemoveClientIDFromOpenIDConnectProvider")).await?;

        let mut provider = (*target.existing()?).clone();
        provider.client_ids.retain(|id| *id != input.client_id);
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    pub(crate) async fn update_open_id_connect_provider_thumbprint(
        &self,
        cx: &Context<'_>,
        input: UpdateOpenIdConnectProviderThumbprintInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        let thumbprints = thumbprints(input.thumbprint_list)?;
        let permit = cx.authorize(target.ask("iam:UpdateOpenIDConnectProviderThumbprint")).await?;

        let mut provider = (*target.existing()?).clone();
        if thumbprints.is_empty() {
            return Err(faults::invalid_input("Thumbprint list must contain at least one entry.").into());
        }
        provider.thumbprints = thumbprints;
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    pub(crate) async fn tag_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: TagOpenIdConnectProviderInput,
    ) -> Result<()> {
        let added = Keys::Cased.parse_some(&input.tags)?;
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        let ask = target.ask("iam:TagOpenIDConnectProvider").with_request_tags(&added);
        let permit = cx.authorize(ask).await?;

        let mut provider = (*target.existing()?).clone();
        provider.tags = Keys::Cased.merged(&provider.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_open_id_connect_provider(
        &self,
        cx: &Context<'_>,
        input: UntagOpenIdConnectProviderInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        let keys = input.tag_keys.iter().map(String::as_str);
        let permit = cx.authorize(target.ask("iam:UntagOpenIDConnectProvider").with_tag_keys(keys)).await?;

        let mut provider = (*target.existing()?).clone();
        provider.tags = Keys::Cased.without(&provider.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_open_id_connect_provider_tags(
        &self,
        cx: &Context<'_>,
        input: ListOpenIdConnectProviderTagsInput,
    ) -> Result<ListOpenIdConnectProviderTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::at(cx, &input.open_id_connect_provider_arn).await?;
        cx.authorize(target.ask("iam:ListOpenIDConnectProviderTags")).await?;

        let provider = target.existing()?;
        let (tags, marker) = paging.slice(tags::list(&provider.tags), tags::place);
        Ok(ListOpenIdConnectProviderTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// The URL of a provider without `https://`: a host with a domain, which may have a path, but no port, query or fragment
/// (AWS: "CreateOpenIDConnectProvider"). A name without a dot could be that of a service, whose condition keys the
/// provider's claims would pass for.
fn without_scheme(url: &str) -> Result<&str, Fault> {
    let no_url = || Fault::validation("Invalid Open ID Connect Provider URL");
    if !url.contains("://") {
        return Err(no_url());
    }
    let rest = url.strip_prefix("https://").ok_or_else(|| {
        faults::invalid_input("Invalid Open ID Connect Provider URL. The URL must begin with https://.")
    })?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        return Err(no_url());
    }
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let in_path = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&b);
    if !host.contains('.') || !host.split('.').all(label) || !path.bytes().all(in_path) {
        return Err(faults::invalid_input("Invalid Open ID Connect Provider URL."));
    }
    Ok(rest)
}

/// Adds an audience, once.
fn add(ids: &mut Vec<String>, id: String) -> Result<(), Fault> {
    if ids.contains(&id) {
        return Ok(());
    }
    if ids.len() >= MOST_CLIENT_IDS {
        let message = format!("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENT_IDS}");
        return Err(faults::limit_exceeded(message));
    }
    ids.push(id);
    Ok(())
}

/// Checks thumbprints; each is kept once, in lower case.
fn thumbprints(given: Vec<String>) -> Result<Vec<String>, Fault> {
    if given.len() > MOST_THUMBPRINTS {
        return Err(faults::invalid_input("Thumbprint list must contain fewer than 5 entries."));
    }
    let mut kept = Vec::new();
    for thumbprint in given {
        let thumbprint = thumbprint.to_ascii_lowercase();
        if !kept.contains(&thumbprint) {
            kept.push(thumbprint);
        }
    }
    Ok(kept)
}

/// AWS: "IAM and AWS STS quotas".
const MOST_CLIENT_IDS: usize = 100;

/// AWS: "CreateOpenIDConnectProvider".
const MOST_THUMBPRINTS: usize = 5;
