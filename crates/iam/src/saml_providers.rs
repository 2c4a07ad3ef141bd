//! SAML providers: whose assertions the account's roles may trust.

mod metadata;
mod private_key;

use api::iam::faults;
use api::iam::types::{
    AssertionEncryptionModeType, CreateSamlProviderInput, CreateSamlProviderOutput, DeleteSamlProviderInput,
    GetSamlProviderInput, GetSamlProviderOutput, ListSamlProviderTagsInput, ListSamlProviderTagsOutput,
    ListSamlProvidersInput, ListSamlProvidersOutput, SamlPrivateKey as KeyDetail, SamlProviderListEntry,
    TagSamlProviderInput, UntagSamlProviderInput, UpdateSamlProviderInput, UpdateSamlProviderOutput,
};
use authz::Ask;
use data_encoding::BASE32_NOPAD;
use directory::{AssertionEncryption, ProviderKey, SamlMetadata, SamlPrivateKey, SamlProvider};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use service::{Context, Error, Paging, Result, Route, Write, routes};
use store::Record as _;
use wire::Fault;

use crate::provider::ProviderTarget;
use crate::tags::Keys;
use crate::{Iam, quota, tags};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateSAMLProvider => create_saml_provider,
    GetSAMLProvider => get_saml_provider,
    ListSAMLProviders => list_saml_providers,
    UpdateSAMLProvider => update_saml_provider,
    DeleteSAMLProvider => delete_saml_provider,
    TagSAMLProvider => tag_saml_provider,
    UntagSAMLProvider => untag_saml_provider,
    ListSAMLProviderTags => list_saml_provider_tags,
];

type Target = ProviderTarget<SamlProvider>;

impl Iam {
    pub(crate) async fn create_saml_provider(
        &self,
        cx: &Context<'_>,
        input: CreateSamlProviderInput,
    ) -> Result<CreateSamlProviderOutput> {
        let owner = cx.owner()?;
        let valid_until = valid_until(cx, &input.saml_metadata_document)?;
        let tags = Keys::Cased.parse(input.tags.as_deref())?;
        let mut provider = SamlProvider {
            owner,
            name: input.name,
            uuid: BASE32_NOPAD.encode(&cx.ids().bytes::<15>()?),
            created: cx.now(),
            valid_until,
            encryption: input.assertion_encryption_mode.map(encryption),
            private_keys: Vec::new(),
            tags,
        };
        let arn = provider.arn();
        let mut asks = vec![Ask::new("iam:CreateSAMLProvider", &arn).with_request_tags(&provider.tags)];
        if !provider.tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagSAMLProvider", &arn).with_request_tags(&provider.tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        let mut write = cx.write(&permit)?;
        if write.get::<SamlProvider>(&ProviderKey::new(owner, &*provider.name)).await?.is_some() {
            let message = format!("Provider with name {} already exists.", provider.name);
            return Err(faults::entity_already_exists(message).into());
        }
        if let Some(pem) = &input.add_private_key {
            add_key(cx, &mut write, &mut provider, pem)?;
        }
        check_encryption(&provider)?;
        quota::SAML_PROVIDERS.hold(&mut write, owner, owner.to_string()).await?;
        let document = input.saml_metadata_document;
        write.insert(SamlMetadata { owner, name: provider.name.clone(), document }).await?;
        let provider = write.insert(provider).await?;
        write
            .commit(CreateSamlProviderOutput {
                saml_provider_arn: Some(arn.to_string()),
                tags: tags::shown(&provider.tags),
            })
            .await
    }

    pub(crate) async fn get_saml_provider(
        &self,
        cx: &Context<'_>,
        input: GetSamlProviderInput,
    ) -> Result<GetSamlProviderOutput> {
        let target = Target::at(cx, &input.saml_provider_arn).await?;
        cx.authorize(target.ask("iam:GetSAMLProvider")).await?;

        let provider = target.existing()?;
        let metadata = cx.read().get::<SamlMetadata>(&provider.key()).await?;
        let keys = provider.private_keys.iter();
        let keys = keys.map(|key| KeyDetail { key_id: Some(key.id.clone()), timestamp: Some(key.added) });
        Ok(GetSamlProviderOutput {
            saml_provider_uuid: Some(provider.uuid.clone()),
            saml_metadata_document: metadata.map(|metadata| metadata.document.clone()),
            create_date: Some(provider.created),
            valid_until: Some(provider.valid_until),
            tags: Some(tags::list(&provider.tags)),
            assertion_encryption_mode: provider.encryption.map(|mode| match mode {
                AssertionEncryption::Required => AssertionEncryptionModeType::Required,
                AssertionEncryption::Allowed => AssertionEncryptionModeType::Allowed,
            }),
            private_key_list: Some(keys.collect()),
        })
    }

    /// Lists all; this list has no pages (AWS: "ListSAMLProviders").
    pub(crate) async fn list_saml_providers(
        &self,
        cx: &Context<'_>,
        _: ListSamlProvidersInput,
    ) -> Result<ListSamlProvidersOutput> {
        let owner = cx.owner()?;
        cx.authorize(Ask::new("iam:ListSAMLProviders", &owner.iam_arn("saml-provider/"))).await?;

        let providers = cx.read().all::<SamlProvider>(&SamlProvider::BY_ACCOUNT, &owner.to_string()).await?;
        let shown = providers.iter().map(|provider| SamlProviderListEntry {
            arn: Some(provider.arn().to_string()),
            valid_until: Some(provider.valid_until),
            create_date: Some(provider.created),
        });
        Ok(ListSamlProvidersOutput { saml_provider_list: Some(shown.collect()) })
    }

    /// Changes what the request names; a key is removed before another is added, so that two can be exchanged.
    pub(crate) async fn update_saml_provider(
        &self,
        cx: &Context<'_>,
        input: UpdateSamlProviderInput,
    ) -> Result<UpdateSamlProviderOutput> {
        let target = Target::at(cx, &input.saml_provider_arn).await?;
        let until = input.saml_metadata_document.as_deref().map(|text| valid_until(cx, text)).transpose()?;
        let permit = cx.authorize(target.ask("iam:UpdateSAMLProvider")).await?;

        let mut provider = (*target.existing()?).clone();
        let mut write = cx.write(&permit)?;
        if let (Some(document), Some(until)) = (input.saml_metadata_document, until) {
            provider.valid_until = until;
            write.put(SamlMetadata { owner: provider.owner, name: provider.name.clone(), document }).await?;
        }
        if let Some(id) = &input.remove_private_key {
            if !provider.private_keys.iter().any(|key| key.id == *id) {
                let message = format!("The private key with id {id} cannot be found.");
                return Err(faults::no_such_entity(message).into());
            }
            provider.private_keys.retain(|key| key.id != *id);
            write.delete_secret(SamlProvider::SECRET, provider.secret_key(id));
        }
        if let Some(pem) = &input.add_private_key {
            add_key(cx, &mut write, &mut provider, pem)?;
        }
        provider.encryption = input.assertion_encryption_mode.map(encryption).or(provider.encryption);
        check_encryption(&provider)?;
        let provider = write.put(provider).await?;
        let saml_provider_arn = Some(provider.arn().to_string());
        write.commit(UpdateSamlProviderOutput { saml_provider_arn }).await
    }

    pub(crate) async fn delete_saml_provider(
        &self,
        cx: &Context<'_>,
        input: DeleteSamlProviderInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.saml_provider_arn).await?;
        let permit = cx.authorize(target.ask("iam:DeleteSAMLProvider")).await?;

        let provider = target.existing()?;
        let mut write = cx.write(&permit)?;
        for key in &provider.private_keys {
            write.delete_secret(SamlProvider::SECRET, provider.secret_key(&key.id));
        }
        write.delete::<SamlMetadata>(&provider.key()).await?;
        write.delete::<SamlProvider>(&provider.key()).await?;
        write.commit(()).await
    }

    pub(crate) async fn tag_saml_provider(
        &self,
        cx: &Context<'_>,
        input: TagSamlProviderInput,
    ) -> Result<()> {
        let added = Keys::Cased.parse_some(&input.tags)?;
        let target = Target::at(cx, &input.saml_provider_arn).await?;
        let permit = cx.authorize(target.ask("iam:TagSAMLProvider").with_request_tags(&added)).await?;

        let mut provider = (*target.existing()?).clone();
        provider.tags = Keys::Cased.merged(&provider.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_saml_provider(
        &self,
        cx: &Context<'_>,
        input: UntagSamlProviderInput,
    ) -> Result<()> {
        let target = Target::at(cx, &input.saml_provider_arn).await?;
        let keys = input.tag_keys.iter().map(String::as_str);
        let permit = cx.authorize(target.ask("iam:UntagSAMLProvider").with_tag_keys(keys)).await?;

        let mut provider = (*target.existing()?).clone();
        provider.tags = Keys::Cased.without(&provider.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(provider).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_saml_provider_tags(
        &self,
        cx: &Context<'_>,
        input: ListSamlProviderTagsInput,
    ) -> Result<ListSamlProviderTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::at(cx, &input.saml_provider_arn).await?;
        cx.authorize(target.ask("iam:ListSAMLProviderTags")).await?;

        let provider = target.existing()?;
        let (tags, marker) = paging.slice(tags::list(&provider.tags), tags::place);
        Ok(ListSamlProviderTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// Until when metadata hold: as they say, or else a hundred years.
fn valid_until(cx: &Context<'_>, document: &str) -> Result<Timestamp> {
    if let Some(until) = metadata::read(document)? {
        return Ok(until);
    }
    let later = cx.now().to_zoned(TimeZone::UTC).checked_add(100.years()).map_err(Error::internal)?;
    Ok(later.timestamp())
}

/// Seals a private key and adds it to a provider.
fn add_key(cx: &Context<'_>, write: &mut Write<'_>, provider: &mut SamlProvider, pem: &str) -> Result<()> {
    private_key::check(pem)?;
    if provider.private_keys.len() >= MOST_KEYS {
        let message = format!("Cannot exceed quota for PrivateKeysPerSAMLProvider: {MOST_KEYS}");
        return Err(faults::limit_exceeded(message).into());
    }
    let id = BASE32_NOPAD.encode(&cx.ids().bytes::<20>()?);
    let key = provider.secret_key(&id);
    let keyring = cx.authorizer().keyring();
    let sealed =
        keyring.seal(SamlProvider::PURPOSE, key.as_bytes(), pem.as_bytes()).map_err(Error::internal)?;
    write.put_secret(SamlProvider::SECRET, key, sealed.to_string());
    provider.private_keys.push(SamlPrivateKey { id, added: cx.now() });
    Ok(())
}

fn encryption(mode: AssertionEncryptionModeType) -> AssertionEncryption {
    match mode {
        AssertionEncryptionModeType::Required => AssertionEncryption::Required,
        AssertionEncryptionModeType::Allowed => AssertionEncryption::Allowed,
    }
}

/// Encrypted assertions need a key that decrypts them.
fn check_encryption(provider: &SamlProvider) -> Result<(), Fault> {
    if provider.encryption.is_some() && provider.private_keys.is_empty() {
        let message = "A private key is required when the assertion encryption mode is set.";
        return Err(faults::invalid_input(message));
    }
    Ok(())
}

/// AWS: "UpdateSAMLProvider".
const MOST_KEYS: usize = 2;
