//! Rust's names for the model's.

/// Words that cannot be plain identifiers.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern",
    "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type",
    "typeof", "unsafe", "use", "virtual", "where", "while", "yield",
];

/// `open_id_connect_provider_arn` for `OpenIDConnectProviderArn`.
pub(super) fn snake(name: &str) -> String {
    let name = words(name).join("_");
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

/// `CREATE_USER` for `CreateUser`.
pub(super) fn screaming(name: &str) -> String {
    words(name).join("_").to_uppercase()
}

/// `OpenIdConnectProvider` for `OpenIDConnectProvider`, `TextCsv` for `text/csv`.
pub(super) fn camel(name: &str) -> String {
    let mut out = String::new();
    for word in words(name) {
        let mut characters = word.chars();
        out.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(characters.as_str());
    }
    out
}

/// The words of a name, in lower case; an acronym is one word, its plural too.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let at = |index: usize| characters.get(index).copied();
    let upper = |index: usize| at(index).is_some_and(|c| c.is_ascii_uppercase());
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        if character.is_ascii_uppercase() && !word.is_empty() {
            let after_acronym = index > 0 && upper(index - 1);
            let plural = at(index + 1) == Some('s') && (upper(index + 2) || at(index + 2).is_none());
            let starts = at(index + 1).is_some_and(|next| next.is_ascii_lowercase());
            if !after_acronym || (starts && !plural) {
                words.push(std::mem::take(&mut word));
            }
        }
        word.push(character.to_ascii_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_are_words() {
        assert_eq!(snake("OpenIDConnectProviderArn"), "open_id_connect_provider_arn");
        assert_eq!(snake("SAMLProviderUUID"), "saml_provider_uuid");
        assert_eq!(snake("QRCodePNG"), "qr_code_png");
        assert_eq!(snake("Base32StringSeed"), "base32_string_seed");
        assert_eq!(snake("ClientIDs"), "client_ids");
        assert_eq!(snake("MFADevices"), "mfa_devices");
        assert_eq!(snake("Type"), "r#type");
        assert_eq!(screaming("ListMFADevices"), "LIST_MFA_DEVICES");
        assert_eq!(camel("statusType"), "StatusType");
        assert_eq!(camel("aws-managed"), "AwsManaged");
        assert_eq!(camel("LAST_AUTHENTICATED_TIME"), "LastAuthenticatedTime");
        assert_eq!(camel("v1Token"), "V1Token");
    }
}
