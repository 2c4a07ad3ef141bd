//! The condition keys that follow from who asks and when (AWS: "AWS global condition context
//! keys").
//!
//! A server sets more of them: what it knows of the connection, of tags, of the resource.

use types::AccountId;

use crate::{Context, Principal};

/// Adds what the principal and the clock imply, wherever the context has nothing of that name.
pub fn add(context: &mut Context, principal: &Principal, now: jiff::Timestamp) {
    add_principal(context, principal);
    add_time(context, now);
}

/// Adds what the principal implies: `aws:PrincipalArn`, `aws:PrincipalAccount`,
/// `aws:PrincipalType`, `aws:userid`, `aws:username` and their like.
pub fn add_principal(context: &mut Context, principal: &Principal) {
    let account = principal.owner().map(|owner| owner.account);
    let account = account.as_ref().map(AccountId::as_str);
    if let Some(account) = account {
        context.set_if_absent("aws:PrincipalAccount", account);
        context.set_if_absent("aws:PrincipalIsAWSService", "false");
    }
    match principal {
        Principal::Root(_) => {
            describe(context, "Account", principal.arn().map(|arn| arn.as_str()));
            context.set_if_absent("aws:userid", account.unwrap_or_default());
        }
        Principal::User(user) => {
            describe(context, "User", Some(user.arn().as_str()));
            context.set_if_absent("aws:username", user.name());
            if let Some(id) = user.id() {
                context.set_if_absent("aws:userid", id.as_str());
            }
        }
        // The role's own ARN, not the session's.
        Principal::AssumedRole(role) => {
            describe(context, "AssumedRole", Some(role.role().as_str()));
            if let (Some(id), Some(name)) = (role.id(), role.session_name()) {
                context.set_if_absent("aws:userid", format!("{id}:{name}"));
            }
        }
        Principal::FederatedUser(user) => {
            describe(context, "FederatedUser", Some(user.arn().as_str()));
            context.set_if_absent("aws:userid", format!("{}:{}", account.unwrap_or_default(), user.name()));
        }
        Principal::Anonymous => {
            describe(context, "Anonymous", None);
            context.set_if_absent("aws:userid", "anonymous");
            context.set_if_absent("aws:PrincipalAccount", "anonymous");
        }
        Principal::Service(service) => {
            context.set_if_absent("aws:PrincipalServiceName", service.name());
            context.set_if_absent("aws:PrincipalIsAWSService", "true");
        }
        Principal::Federated(_) => {}
    }
}

/// Adds `aws:CurrentTime` and `aws:EpochTime`.
pub fn add_time(context: &mut Context, now: jiff::Timestamp) {
    let seconds = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    context.set_if_absent("aws:CurrentTime", seconds.to_string());
    context.set_if_absent("aws:EpochTime", now.as_second().to_string());
}

fn describe(context: &mut Context, kind: &str, arn: Option<&str>) {
    context.set_if_absent("aws:PrincipalType", kind);
    if let Some(arn) = arn {
        context.set_if_absent("aws:PrincipalArn", arn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AssumedRole, Key, Service};

    fn implied(principal: &Principal, key: &str) -> Option<String> {
        let mut context = Context::new();
        add_principal(&mut context, principal);
        context.single(&Key::new(key)).map(str::to_owned)
    }

    #[test]
    fn each_kind_of_principal_has_its_keys() {
        let arn = |text: &str| Principal::parse(text).unwrap();
        let role = types::Arn::parse("arn:aws:iam::123456789012:role/p/r").unwrap();
        let role = AssumedRole::new(role, "s")
            .unwrap()
            .with_id(types::UniqueId::parse("AROAEXAMPLEEXAMPLEEX1").unwrap());
        let rows: [(Principal, [Option<&str>; 5]); 6] = [
            (
                arn("arn:aws:iam::123456789012:root"),
                [
                    Some("arn:aws:iam::123456789012:root"),
                    Some("123456789012"),
                    Some("123456789012"),
                    None,
                    Some("Account"),
                ],
            ),
            (
                arn("arn:aws:iam::123456789012:user/p/u"),
                [
                    Some("arn:aws:iam::123456789012:user/p/u"),
                    Some("123456789012"),
                    None,
                    Some("u"),
                    Some("User"),
                ],
            ),
            (
                Principal::AssumedRole(role),
                [
                    Some("arn:aws:iam::123456789012:role/p/r"),
                    Some("123456789012"),
                    Some("AROAEXAMPLEEXAMPLEEX1:s"),
                    None,
                    Some("AssumedRole"),
                ],
            ),
            (
                arn("arn:aws:sts::123456789012:federated-user/f"),
                [
                    Some("arn:aws:sts::123456789012:federated-user/f"),
                    Some("123456789012"),
                    Some("123456789012:f"),
                    None,
                    Some("FederatedUser"),
                ],
            ),
            (Principal::Anonymous, [None, Some("anonymous"), Some("anonymous"), None, Some("Anonymous")]),
            (Principal::Service(Service::new("x.amazonaws.com")), [None, None, None, None, None]),
        ];
        for (principal, expected) in rows {
            let keys = [
                "aws:PrincipalArn",
                "aws:PrincipalAccount",
                "aws:userid",
                "aws:username",
                "aws:PrincipalType",
            ];
            for (key, expected) in keys.iter().zip(expected) {
                assert_eq!(implied(&principal, key).as_deref(), expected, "{key} of {principal:?}");
            }
        }
        assert_eq!(
            implied(&Principal::Service(Service::new("x")), "aws:PrincipalIsAWSService").as_deref(),
            Some("true")
        );
    }

    #[test]
    fn the_clock_is_given_and_what_is_there_stays() {
        let mut context = Context::new().with("aws:EpochTime", "7");
        add_time(&mut context, "2020-04-01T00:00:00.5Z".parse().unwrap());
        assert_eq!(context.single(&Key::new("aws:CurrentTime")), Some("2020-04-01T00:00:00Z"));
        assert_eq!(context.single(&Key::new("aws:EpochTime")), Some("7"));
    }
}
