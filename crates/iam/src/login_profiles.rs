//! Login profiles: the passwords of users.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    ChangePasswordInput, CreateLoginProfileInput, CreateLoginProfileOutput, DeleteLoginProfileInput,
    GetLoginProfileInput, GetLoginProfileOutput, LoginProfile as ProfileDetail, UpdateLoginProfileInput,
};
use authz::Held;
use directory::{LoginProfile, User};
use service::{Context, Result, Route, Write, passwords, routes};
use store::{Record as _, RecordKey as _};
use types::Secret;
use wire::Fault;

use crate::target::Target;
use crate::users::user_or_caller;
use crate::{Iam, password_policy};

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
        passwords::set_first(cx.core(), &mut write, &user, password).await?;
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
            passwords::replace(cx.core(), &mut write, &user, password).await?;
            profile.changed = cx.now();
            // Who sets a new password lets its user try anew.
            cx.authorizer().guesses().lift(user.owner, user.name.as_str(), cx.now()).await?;
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
        let ask = passwords::open_to_users(cx.caller()?, policy.as_deref(), ask)?;
        let permit = cx.authorize(ask).await?;

        let (old, new) = (Secret::new(input.old_password), Secret::new(input.new_password));
        let mut write = cx.write(&permit)?;
        let mut profile = profile(&write, user).await?;
        let (guesses, ip) = (cx.authorizer().guesses(), cx.call().origin.source_ip);
        let begun = guesses.begin(user.owner, user.name.as_str(), ip, cx.now()).await?;
        let guess = begun.map_err(held)?;
        let current = passwords::current(cx.core(), &write, user).await?;
        if !cx.authorizer().passwords().has(old, current).await? {
            guesses.failed(&guess);
            return Err(Fault::sender("AccessDenied", 403, "The old password was incorrect.").into());
        }
        guesses.succeeded(&guess);
        passwords::replace(cx.core(), &mut write, user, new).await?;
        profile.changed = cx.now();
        profile.is_reset_required = false;
        write.put(profile).await?;
        write.commit(()).await
    }
}

/// A user's profile, to be changed.
async fn profile(write: &Write<'_>, user: &User) -> Result<LoginProfile> {
    let profile = write.get::<LoginProfile>(&user.key()).await?;
    Ok((*profile.ok_or_else(|| missing(user))?).clone())
}

fn detail(user: &User, profile: &LoginProfile) -> ProfileDetail {
    ProfileDetail {
        user_name: user.name.to_string(),
        create_date: profile.created,
        password_reset_required: Some(profile.is_reset_required),
    }
}

/// Too many wrong passwords; AWS's page for ChangePassword lists the fault, and leaves open what it is for.
fn held(held: Held) -> Fault {
    faults::entity_temporarily_unmodifiable(match held {
        Held::For(seconds) => {
            format!("Too many attempts with a wrong password. Try again in {seconds} seconds.")
        }
        Held::Locked => "Too many attempts with a wrong password. Contact your administrator.".to_owned(),
    })
}

fn missing(user: &User) -> Fault {
    faults::no_such_entity(format!("Login Profile for User {} cannot be found.", user.name))
}

fn no_password() -> Fault {
    Fault::validation(
        "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null",
    )
}
