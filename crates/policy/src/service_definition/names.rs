//! What the parts of a service may be called.

type Rule = Result<(), &'static str>;

/// A service, as actions begin with it.
pub(super) fn is_service(name: &str) -> Rule {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    hold(name, 63, is_good, "it has 1 to 63 of a-z, 0-9 and -")
}

/// An action, without its service.
pub(super) fn is_action(name: &str) -> Rule {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    hold(name, 128, is_good, "it has 1 to 128 of A-Z, a-z, 0-9, _ and -")
}

/// A resource type.
pub(super) fn is_resource_type(name: &str) -> Rule {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    hold(name, 128, is_good, "it has 1 to 128 of A-Z, a-z, 0-9, _, -, . and /")
}

/// A condition key, with its service and perhaps a placeholder.
pub(super) fn is_condition_key(name: &str) -> Rule {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b":_-./${}<>".contains(&byte);
    hold(name, 256, is_good, KEY)?;
    let rest = match name.split_once("${").or_else(|| name.split_once('<')) {
        None => name.to_owned(),
        Some((before, behind)) => match behind.split_once(['}', '>']) {
            Some((inside, after)) if !inside.is_empty() => format!("{before}{inside}{after}"),
            _ => return Err(KEY),
        },
    };
    if rest.contains(['$', '{', '}', '<', '>']) { Err(KEY) } else { Ok(()) }
}

/// A form of the ARNs of a service.
pub(super) fn arn_format(format: &str, service: &str) -> Rule {
    if format.len() > 1024 || !format.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it has up to 1024 visible characters of ASCII");
    }
    let mut rest = format;
    while let Some((_, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else { return Err("a placeholder has no end") };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err("a placeholder is written ${Name}, of letters and digits");
        }
        rest = after;
    }
    let parts: Vec<&str> = format.splitn(6, ':').collect();
    let ["arn", partition, owner, _, account, resource] = parts.as_slice() else {
        return Err("an ARN has six parts, the first of them `arn`");
    };
    if partition.is_empty() || resource.is_empty() {
        return Err("its partition and its resource cannot be empty");
    }
    if *owner != service {
        return Err("its third part is the service's own name");
    }
    let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !account.is_empty() && *account != "${Account}" && !is_id {
        return Err("its account is ${Account}, an account's id or nothing");
    }
    Ok(())
}

fn hold(name: &str, most: usize, is_good: impl Fn(u8) -> bool, rule: &'static str) -> Rule {
    if (1..=most).contains(&name.len()) && name.bytes().all(is_good) { Ok(()) } else { Err(rule) }
}

const KEY: &str = "it has up to 256 of A-Z, a-z, 0-9, :, _, -, . and /, with one ${…} or <…> for any text";
