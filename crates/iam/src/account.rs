//! The account's alias.

use api::iam::faults;
use api::iam::types::{
    CreateAccountAliasInput, DeleteAccountAliasInput, ListAccountAliasesInput, ListAccountAliasesOutput,
};
use authz::Ask;
use directory::{Account, AccountKey};
use service::{Context, Error, Paging, Result, Route, Write, routes};
use types::AccountAlias;

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateAccountAlias => create_account_alias,
    DeleteAccountAlias => delete_account_alias,
    ListAccountAliases => list_account_aliases,
];

impl Iam {
    /// Gives the account an alias in place of the one that it may have.
    pub(crate) async fn create_account_alias(
        &self,
        cx: &Context<'_>,
        input: CreateAccountAliasInput,
    ) -> Result<()> {
        let alias = AccountAlias::parse(&input.account_alias)?;
        let permit = cx.authorize(Ask::on_all("iam:CreateAccountAlias")).await?;

        let mut write = cx.write(&permit)?;
        let mut account = own(cx, &write).await?;
        let partition = account.owner.partition.as_str();
        if write.find::<Account>(&Account::BY_ALIAS, partition, alias.as_str()).await?.is_some() {
            let message = format!("The account alias {alias} already exists.");
            return Err(faults::entity_already_exists(message).into());
        }
        account.alias = Some(alias);
        write.put(account).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_account_alias(
        &self,
        cx: &Context<'_>,
        input: DeleteAccountAliasInput,
    ) -> Result<()> {
        let permit = cx.authorize(Ask::on_all("iam:DeleteAccountAlias")).await?;

        let mut write = cx.write(&permit)?;
        let mut account = own(cx, &write).await?;
        if account.alias.as_ref().is_none_or(|alias| alias.as_str() != input.account_alias) {
            let message = format!("The account alias {} cannot be found.", input.account_alias);
            return Err(faults::no_such_entity(message).into());
        }
        account.alias = None;
        write.put(account).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_account_aliases(
        &self,
        cx: &Context<'_>,
        input: ListAccountAliasesInput,
    ) -> Result<ListAccountAliasesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::on_all("iam:ListAccountAliases")).await?;

        let account = cx.read().get::<Account>(&AccountKey(cx.owner()?)).await?;
        let alias = account.and_then(|account| account.alias.as_ref().map(ToString::to_string));
        let (account_aliases, marker) = paging.slice(alias.into_iter().collect(), String::clone);
        Ok(ListAccountAliasesOutput { account_aliases, is_truncated: Some(marker.is_some()), marker })
    }
}

/// The caller's account.
async fn own(cx: &Context<'_>, write: &Write<'_>) -> Result<Account> {
    let owner = cx.owner()?;
    let account = write.get::<Account>(&AccountKey(owner)).await?;
    Ok((*account.ok_or_else(|| Error::internal(format!("no record of account `{owner}`")))?).clone())
}
