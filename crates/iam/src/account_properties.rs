//! Properties of an account: settings of IAM's features, by namespace. There is one: role manager.

use std::collections::BTreeMap;

use api::iam::faults;
use api::iam::types::{
    GetAccountPropertiesInput, GetAccountPropertiesOutput, PutAccountPropertiesInput,
    PutAccountPropertiesOutput,
};
use authz::Ask;
use service::{Context, Result, Route, routes};
use wire::Fault;

use crate::{Iam, preferences, service_linked_roles};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    GetAccountProperties => get_account_properties,
    PutAccountProperties => put_account_properties,
];

impl Iam {
    pub(crate) async fn get_account_properties(
        &self,
        cx: &Context<'_>,
        _input: GetAccountPropertiesInput,
    ) -> Result<GetAccountPropertiesOutput> {
        cx.authorize(ask("iam:GetAccountProperties")).await?;

        let is_enabled = preferences::of_account(cx).await?.role_manager;
        let properties = [(format!("{ROLE_MANAGER}/{ENABLED}"), is_enabled.to_string())];
        Ok(GetAccountPropertiesOutput { properties: Some(properties.into()) })
    }

    /// Sets properties. Who turns role manager on must also be allowed to make its service-linked role, which it makes
    /// where there is none; who turns it off need not, and the role stays.
    pub(crate) async fn put_account_properties(
        &self,
        cx: &Context<'_>,
        input: PutAccountPropertiesInput,
    ) -> Result<PutAccountPropertiesOutput> {
        let is_enabled = role_manager(&input.properties)?;
        let mut asks = vec![ask("iam:PutAccountProperties")];
        let service = service_linked_roles::NewRole::of(cx, MANAGER, None)?;
        if is_enabled {
            asks.push(service.ask());
        }
        let permit = cx.authorize_all(&asks).await?;

        let mut preferences = preferences::of_account(cx).await?;
        preferences.role_manager = is_enabled;
        let mut write = cx.write(&permit)?;
        if is_enabled && !service.is_there(&write).await? {
            service.insert(cx, &mut write, None).await?;
        }
        write.put(preferences).await?;
        write.commit(PutAccountPropertiesOutput::default()).await
    }
}

/// Asks leave for an action on the properties of role manager.
fn ask(action: &'static str) -> Ask {
    let mut ask = Ask::on_all(action);
    ask.keys.set_list("iam:AccountPropertyNamespaces", [ROLE_MANAGER]);
    ask
}

/// Whether the properties of a request turn role manager on. Properties of its namespace that there are not are passed
/// over.
fn role_manager(properties: &BTreeMap<String, String>) -> Result<bool, Fault> {
    let mut namespace = None;
    let mut is_enabled = None;
    for (key, value) in properties {
        let parts = key.split_once('/').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
        let (own, name) = parts.ok_or_else(|| {
            faults::invalid_input(format!("Property key must be in format Namespace/PropertyName: {key}"))
        })?;
        if *namespace.get_or_insert(own) != own {
            return Err(faults::invalid_input("All properties must belong to the same namespace"));
        }
        if name == ENABLED {
            is_enabled = Some(value.as_str());
        }
    }
    match (namespace, is_enabled) {
        (Some(own), _) if own != ROLE_MANAGER => {
            Err(faults::invalid_input(format!("Unsupported namespace: {own}")))
        }
        (_, Some("true")) => Ok(true),
        (_, Some("false")) => Ok(false),
        (_, Some(_)) => Err(faults::invalid_input("Enabled must be 'true' or 'false'")),
        (_, None) => Err(faults::invalid_input("RoleManager namespace requires Enabled property")),
    }
}

/// The namespace of role manager's properties.
const ROLE_MANAGER: &str = "RoleManager";
/// The property that turns it on and off.
const ENABLED: &str = "Enabled";
/// Its service principal.
const MANAGER: &str = "role-manager.iam.amazonaws.com";
