//! Login profiles: the passwords of users.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    ChangePasswordInput, CreateLoginProfileInput, CreateLoginProfileOutput, DeleteLoginProfileInput,
    GetLoginProfileInput, GetLoginProfileOutput, LoginProfile as ProfileDetail, UpdateLoginProfileInput,
};
use directory::{Account, AccountKey, EntityKey, LoginProfile, User};
use service::{Context, Error, Result, Route, Write, routes};
use store::seal::Sealed;
use store::{Record as _, RecordKey as _};
use types::Secret;
use wire::Fault;

use crate::target::Target;
use crate::users::user_or_caller;
use crate::{Iam, password_policy, passwords};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateLoginProfile => create_login_profile,
    GetLoginProfile => get_login_profile,
    UpdateLoginProfile => update_login_profile,
    DeleteLoginProfile => delete_login_profile,
    ChangePassword => change_password,
];

impl Iam {
    pub(crate) async fn create_login_profile(
        &self,
        cx: &Context<'_>,
        input: CreateLoginProfileInput,
    ) -> Result<CreateLoginProfileOutput> {
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(target.ask("iam:CreateLoginProfile")).await?;

        let user = target.existing()?;
        // Only a session of the root user, which AssumeRoot gives, may leave it out.
        let password = Secret::new(input.password.ok_or_else(no_password)?);
        let mut write = cx.write(&permit)?;
        if write.get::<LoginProfile>(&user.key()).await?.is_some() {
            let message = format!("Login Profile for user {} already exists.", user.name);
            return Err(faults::entity_already_exists(message).into());
        }
        self.check_rules(cx, &password).await?;
        let hash = self.passwords.hash(cx, password).await?;
        keep(cx, &mut write, &user, &[hash])?;
        let profile = LoginProfile {
            owner: user.owner,
            user: user.id.clone(),
            created: cx.now(),
            changed: cx.now(),
            is_reset_required: input.password_reset_required.unwrap_or(false),
        };
        let profile = write.insert(profile).await?;
        write.commit(CreateLoginProfileOutput { login_profile: detail(&user, &profile) }).await
    }

    pub(crate) async fn get_login_profile(
        &self,
        cx: &Context<'_>,
        input: GetLoginProfileInput,
    ) -> Result<GetLoginProfileOutput> {
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        cx.authorize(target.ask("iam:GetLoginProfile")).await?;

        let user = target.existing()?;
        let profile = cx.read().get::<LoginProfile>(&user.key()).await?.ok_or_else(|| missing(&user))?;
        Ok(GetLoginProfileOutput { login_profile: detail(&user, &profile) })
    }

    pub(crate) async fn update_login_profile(
        &self,
        cx: &Context<'_>,
        input: UpdateLoginProfileInput,
    ) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:UpdateLoginProfile")).await?;

        let user = target.existing()?;
        let mut write = cx.write(&permit)?;
        let mut profile = profile(&write, &user).await?;
        if let Some(password) = input.password.map(Secret::new) {
            self.replace(cx, &mut write, &user, password).await?;
            profile.changed = cx.now();
        }
        profile.is_reset_required = input.password_reset_required.unwrap_or(profile.is_reset_required);
        write.put(profile).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_login_profile(
        &self,
        cx: &Context<'_>,
        input: DeleteLoginProfileInput,
    ) -> Result<()> {
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(target.ask("iam:DeleteLoginProfile")).await?;

        let user = target.existing()?;
        let mut write = cx.write(&permit)?;
        let profile = profile(&write, &user).await?;
        write.delete::<LoginProfile>(&profile.key()).await?;
        write.delete_secret(LoginProfile::SECRET, profile.key().path());
        write.commit(()).await
    }

    pub(crate) async fn change_password(&self, cx: &Context<'_>, input: ChangePasswordInput) -> Result<()> {
        let authz::Identity::User(user) = &cx.caller()?.identity else {
            return Err(faults::invalid_user_type("Only IAM Users can change their own password").into());
        };
        let policy = password_policy::own(cx).await?;
        let ask = Target::of(Arc::clone(user)).ask("iam:ChangePassword");
        let permit = cx.authorize(passwords::open_to_users(cx, policy.as_deref(), ask)?).await?;

        let (old, new) = (Secret::new(input.old_password), Secret::new(input.new_password));
        let mut write = cx.write(&permit)?;
        let mut profile = profile(&write, user).await?;
        let current = kept(cx, &write, user).await?.into_iter().take(1).collect();
        if !self.passwords.has_any(old, current).await? {
            return Err(Fault::sender("AccessDenied", 403, "The old password was incorrect.").into());
        }
        self.replace(cx, &mut write, user, new).await?;
        profile.changed = cx.now();
        profile.is_reset_required = false;
        write.put(profile).await?;
        write.commit(()).await
    }

    /// Sets a user's password in place of the one that it has.
    async fn replace(
        &self,
        cx: &Context<'_>,
        write: &mut Write<'_>,
        user: &User,
        password: Secret,
    ) -> Result<()> {
        self.check_rules(cx, &password).await?;
        let mut hashes = kept(cx, write, user).await?;
        let remembered = password_policy::own(cx).await?.and_then(|policy| policy.remembered).unwrap_or(0);
        let last = hashes.iter().take(remembered.into()).cloned().collect();
        if self.passwords.has_any(password.clone(), last).await? {
            return Err(passwords::reused().into());
        }
        hashes.insert(0, self.passwords.hash(cx, password).await?);
        hashes.truncate(KEPT);
        keep(cx, write, user, &hashes)
    }

    async fn check_rules(&self, cx: &Context<'_>, password: &Secret) -> Result<()> {
        let policy = password_policy::own(cx).await?;
        let account = cx.read().get::<Account>(&AccountKey(cx.owner()?)).await?;
        Ok(passwords::check(policy.as_deref(), account.as_deref(), password.expose())?)
    }
}

/// A user's profile, to be changed.
async fn profile(write: &Write<'_>, user: &User) -> Result<LoginProfile> {
    let profile = write.get::<LoginProfile>(&user.key()).await?;
    Ok((*profile.ok_or_else(|| missing(user))?).clone())
}

/// The hashes of a user's password and of those before it, newest first.
async fn kept(cx: &Context<'_>, write: &Write<'_>, user: &User) -> Result<Vec<String>> {
    let key: EntityKey = user.key();
    let sealed = write.secret(LoginProfile::SECRET, &key.path()).await?;
    let sealed = sealed.ok_or_else(|| Error::internal(format!("the password of `{key}` is gone")))?;
    let sealed: Sealed = sealed.parse().map_err(Error::internal)?;
    let keyring = cx.authorizer().keyring();
    let text =
        keyring.unseal(LoginProfile::PURPOSE, key.path().as_bytes(), &sealed).map_err(Error::internal)?;
    serde_json::from_slice(&text).map_err(Error::internal)
}

fn keep(cx: &Context<'_>, write: &mut Write<'_>, user: &User, hashes: &[String]) -> Result<()> {
    let key = user.key();
    let text = serde_json::to_vec(hashes).map_err(Error::internal)?;
    let keyring = cx.authorizer().keyring();
    let sealed =
        keyring.seal(LoginProfile::PURPOSE, key.path().as_bytes(), &text).map_err(Error::internal)?;
    write.put_secret(LoginProfile::SECRET, key.path(), sealed.to_string());
    Ok(())
}

fn detail(user: &User, profile: &LoginProfile) -> ProfileDetail {
    ProfileDetail {
        user_name: user.name.to_string(),
        create_date: profile.created,
        password_reset_required: Some(profile.is_reset_required),
    }
}

fn missing(user: &User) -> Fault {
    faults::no_such_entity(format!("Login Profile for User {} cannot be found.", user.name))
}

fn no_password() -> Fault {
    Fault::validation(
        "1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not be null",
    )
}

/// So many passwords can be remembered: the most that a password policy can ask for.
const KEPT: usize = 24;
