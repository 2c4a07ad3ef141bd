//! Attributes: those that AWS asks for, and those that become condition keys.

use roxmltree::Node;

use super::{ASSERTION, ResponseRefused};
use crate::xml;

/// An assertion's attributes in order: name and values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(Vec<(String, Vec<String>)>);

/// What AWS's own attributes say (AWS: "Configure SAML assertions for the authentication response").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// The pairs of a role's ARN and a provider's.
    pub roles: Vec<(String, String)>,
    /// The name of the session.
    pub session_name: String,
    /// How long the session may last, in seconds, 900 to 43,200.
    pub session_seconds: Option<i32>,
    /// The source identity.
    pub source_identity: Option<String>,
    /// The session tags.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that go on along a chain of roles.
    pub transitive: Vec<String>,
}

impl Attributes {
    pub(super) fn read(assertion: Node<'_, '_>) -> Option<Self> {
        let mut attributes = Vec::new();
        let statements = xml::children(assertion, ASSERTION, "AttributeStatement");
        for attribute in statements.flat_map(|statement| xml::children(statement, ASSERTION, "Attribute")) {
            let values = xml::children(attribute, ASSERTION, "AttributeValue").filter_map(value);
            attributes.push((attribute.attribute("Name")?.to_owned(), values.collect()));
        }
        Some(Self(attributes))
    }

    /// What AWS's own attributes say.
    pub fn claims(&self) -> Result<Claims, ResponseRefused> {
        let mut claims = Claims::default();
        for value in self.values(&own("Role")) {
            // In either order.
            match value.split_once(',').map(|(one, other)| (one.trim(), other.trim())) {
                Some((role, provider)) if provider.contains(":saml-provider/") => {
                    claims.roles.push((role.to_owned(), provider.to_owned()));
                }
                Some((provider, role)) if provider.contains(":saml-provider/") => {
                    claims.roles.push((role.to_owned(), provider.to_owned()));
                }
                _ => return Err(ResponseRefused::Attribute("Role")),
            }
        }
        claims.session_name =
            self.one("RoleSessionName")?.ok_or(ResponseRefused::Attribute("RoleSessionName"))?;
        claims.session_seconds = match self.one("SessionDuration")? {
            None => None,
            Some(text) => match text.parse() {
                Ok(seconds @ 900..=43_200) => Some(seconds),
                _ => return Err(ResponseRefused::Attribute("SessionDuration")),
            },
        };
        claims.source_identity = self.one("SourceIdentity")?;
        claims.transitive = self.values(&own("TransitiveTagKeys")).cloned().collect();
        let prefix = own("PrincipalTag:");
        for (name, values) in &self.0 {
            let Some(key) = name.strip_prefix(&prefix) else { continue };
            // Session tags have one value each (AWS: "Pass session tags in AWS STS").
            let [value] = values.as_slice() else { return Err(ResponseRefused::Attribute("PrincipalTag")) };
            claims.tags.push((key.to_owned(), value.clone()));
        }
        Ok(claims)
    }

    /// The condition keys of `saml:` that attributes map to, without their prefix, with all their values.
    #[must_use]
    pub fn condition_keys(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut keys: Vec<(&'static str, Vec<String>)> = Vec::new();
        for (name, values) in &self.0 {
            let Some((_, key)) = CONDITION_KEYS.iter().find(|(mapped, _)| mapped == name) else { continue };
            match keys.iter_mut().find(|(have, _)| have == key) {
                Some((_, have)) => have.extend(values.iter().cloned()),
                None => keys.push((key, values.clone())),
            }
        }
        keys
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a String> {
        let name = name.to_owned();
        self.0.iter().filter(move |(have, _)| *have == name).flat_map(|(_, values)| values)
    }

    /// The value of one of AWS's attributes that has at most one.
    fn one(&self, name: &'static str) -> Result<Option<String>, ResponseRefused> {
        let qualified = own(name);
        let mut values = self.values(&qualified);
        let first = values.next().cloned();
        if values.next().is_some() {
            return Err(ResponseRefused::Attribute(name));
        }
        Ok(first)
    }
}

fn own(name: &str) -> String {
    format!("https://aws.amazon.com/SAML/Attributes/{name}")
}

/// The value's text: its own, or that of the one name in it, as `eduPersonTargetedID` has it. Others have none.
fn value(node: Node<'_, '_>) -> Option<String> {
    xml::text(node).or_else(|| xml::text(xml::only(node, ASSERTION, "NameID")?))
}

/// AWS: "Configure SAML assertions for the authentication response", mapping SAML attributes to trust policy context keys.
const CONDITION_KEYS: &[(&str, &str)] = &[
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "edupersonaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.2", "edupersonnickname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.3", "edupersonorgdn"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.4", "edupersonorgunitdn"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.5", "edupersonprimaryaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "edupersonprincipalname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "edupersonentitlement"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.8", "edupersonprimaryorgunitdn"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "edupersonscopedaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.10", "edupersontargetedid"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.11", "edupersonassurance"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.2", "eduorghomepageuri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.3", "eduorgidentityauthnpolicyuri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.4", "eduorglegalname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.5", "eduorgsuperioruri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.6", "eduorgwhitepagesuri"),
    ("urn:oid:2.5.4.3", "cn"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "name"),
    ("http://schemas.xmlsoap.org/claims/CommonName", "commonName"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "givenName"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "surname"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "mail"),
    ("http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid", "primaryGroupSID"),
    ("urn:oid:2.5.4.4", "surname"),
    ("urn:oid:2.5.4.42", "givenName"),
    ("urn:oid:2.5.4.45", "x500UniqueIdentifier"),
    ("urn:oid:0.9.2342.19200300.100.1.1", "uid"),
    ("urn:oid:0.9.2342.19200300.100.1.3", "mail"),
    ("urn:oid:0.9.2342.19200300.100.1.45", "organizationStatus"),
];
