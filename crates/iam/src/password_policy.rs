//! The account's password policy.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    DeleteAccountPasswordPolicyInput, GetAccountPasswordPolicyInput, GetAccountPasswordPolicyOutput,
    PasswordPolicy as PolicyDetail, UpdateAccountPasswordPolicyInput,
};
use authz::Ask;
use directory::{AccountKey, PasswordPolicy};
use service::{Context, Result, Route, passwords, routes};
use types::Owner;
use wire::Fault;

use crate::Iam;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    GetAccountPasswordPolicy => get_account_password_policy,
    UpdateAccountPasswordPolicy => update_account_password_policy,
    DeleteAccountPasswordPolicy => delete_account_password_policy,
];

impl Iam {
    pub(crate) async fn get_account_password_policy(
        &self,
        cx: &Context<'_>,
        _: GetAccountPasswordPolicyInput,
    ) -> Result<GetAccountPasswordPolicyOutput> {
        let owner = cx.owner()?;
        let policy = own(cx).await?;
        let ask = Ask::on_all("iam:GetAccountPasswordPolicy");
        cx.authorize(passwords::open_to_users(cx.caller()?, policy.as_deref(), ask)?).await?;

        let policy = policy.ok_or_else(|| missing(owner))?;
        Ok(GetAccountPasswordPolicyOutput { password_policy: detail(&policy) })
    }

    /// Sets the whole policy: what the request leaves out falls back to its default.
    pub(crate) async fn update_account_password_policy(
        &self,
        cx: &Context<'_>,
        input: UpdateAccountPasswordPolicyInput,
    ) -> Result<()> {
        let owner = cx.owner()?;
        let permit = cx.authorize(Ask::on_all("iam:UpdateAccountPasswordPolicy")).await?;

        // The model holds the numbers to their ranges (AWS: UpdateAccountPasswordPolicy, which tells the defaults too).
        let policy = PasswordPolicy {
            owner,
            minimum_length: narrow(input.minimum_password_length).unwrap_or(6),
            requires_symbols: input.require_symbols.unwrap_or(false),
            requires_numbers: input.require_numbers.unwrap_or(false),
            requires_uppercase: input.require_uppercase_characters.unwrap_or(false),
            requires_lowercase: input.require_lowercase_characters.unwrap_or(false),
            users_may_change: input.allow_users_to_change_password.unwrap_or(false),
            max_age_days: narrow(input.max_password_age),
            remembered: narrow(input.password_reuse_prevention),
            is_hard_expiry: input.hard_expiry.unwrap_or(false),
        };
        let mut write = cx.write(&permit)?;
        write.put(policy).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_account_password_policy(
        &self,
        cx: &Context<'_>,
        _: DeleteAccountPasswordPolicyInput,
    ) -> Result<()> {
        let owner = cx.owner()?;
        let permit = cx.authorize(Ask::on_all("iam:DeleteAccountPasswordPolicy")).await?;

        if own(cx).await?.is_none() {
            return Err(missing(owner).into());
        }
        let mut write = cx.write(&permit)?;
        write.delete::<PasswordPolicy>(&AccountKey(owner)).await?;
        write.commit(()).await
    }
}

/// The policy of the caller's account, if it has one of its own.
pub(crate) async fn own(cx: &Context<'_>) -> Result<Option<Arc<PasswordPolicy>>> {
    Ok(cx.read().get::<PasswordPolicy>(&AccountKey(cx.owner()?)).await?)
}

fn detail(policy: &PasswordPolicy) -> PolicyDetail {
    PolicyDetail {
        minimum_password_length: Some(policy.minimum_length.into()),
        require_symbols: Some(policy.requires_symbols),
        require_numbers: Some(policy.requires_numbers),
        require_uppercase_characters: Some(policy.requires_uppercase),
        require_lowercase_characters: Some(policy.requires_lowercase),
        allow_users_to_change_password: Some(policy.users_may_change),
        expire_passwords: Some(policy.max_age_days.is_some()),
        max_password_age: policy.max_age_days.map(Into::into),
        password_reuse_prevention: policy.remembered.map(Into::into),
        hard_expiry: Some(policy.is_hard_expiry),
    }
}

fn missing(owner: Owner) -> Fault {
    faults::no_such_entity(format!("The Password Policy with domain name {} cannot be found.", owner.account))
}

fn narrow<N: TryFrom<i32>>(number: Option<i32>) -> Option<N> {
    number.and_then(|number| N::try_from(number).ok())
}
