//! AssumeRoleWithSAML: providers, assertions, trust, tags, and what the session remembers.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use service::testing::World;

use crate::identity_provider::{NOW, call, refused, role, world};
use crate::support::holder;

const OPERATION: &str = "AssumeRoleWithSAML";
const PROVIDER: &str = "arn:aws:iam::123456789012:saml-provider/idp";
const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";
const ASSUME: &str = r#""sts:AssumeRoleWithSAML""#;
const ACS: &str = "https://signin.aws.amazon.com/saml";
const OWN: &str = "https://aws.amazon.com/SAML/Attributes/";

/// An identity provider. What it writes is in canonical form already, so it signs what it writes.
pub(crate) struct Idp {
    key: EcdsaKeyPair,
    metadata: String,
}

/// One assertion.
pub(crate) struct Draft {
    pub(crate) id: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) format: &'static str,
    pub(crate) recipient: String,
    pub(crate) audience: String,
    /// Seconds from the beginning of the world.
    pub(crate) issued: i64,
    pub(crate) ends: i64,
    pub(crate) statement: String,
    pub(crate) attributes: Vec<(String, Vec<String>)>,
}

impl Draft {
    pub(crate) fn new() -> Self {
        let attribute = |name: &str, value: &str| (format!("{OWN}{name}"), vec![value.to_owned()]);
        Self {
            id: "a1",
            subject: "alice",
            format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            recipient: ACS.into(),
            audience: ACS.into(),
            issued: 0,
            ends: 300,
            statement: String::new(),
            attributes: vec![
                attribute("Role", &format!("{ROLE},{PROVIDER}")),
                attribute("RoleSessionName", "alice@example.com"),
            ],
        }
    }

    fn with(mut self, name: &str, values: &[&str]) -> Self {
        self.attributes.push((name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
        self
    }
}

pub(crate) fn at(seconds: i64) -> String {
    Timestamp::from_second(NOW + seconds).unwrap().to_string()
}

impl Idp {
    pub(crate) fn new() -> Self {
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(vec!["idp.example".into()]).unwrap().self_signed(&pair).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pair.serialize_der()).unwrap();
        let metadata = format!(
            r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>{}<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>"#,
            STANDARD.encode(certificate.der()),
            // Metadata have a thousand characters at least.
            "<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>".repeat(6)
        );
        Self { key, metadata }
    }

    /// A response with the signed assertion, in base64.
    pub(crate) fn respond(&self, draft: &Draft) -> String {
        STANDARD.encode(self.document(draft))
    }

    pub(crate) fn document(&self, draft: &Draft) -> String {
        let Draft { id, subject, format, recipient, audience, statement, .. } = draft;
        let (issued, ends) = (at(draft.issued), at(draft.ends));
        let attributes: String = draft
            .attributes
            .iter()
            .map(|(name, values)| {
                let values: String = values
                    .iter()
                    .map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>"))
                    .collect();
                format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
            })
            .collect();
        let head = format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" IssueInstant="{issued}" Version="2.0"><saml:Issuer>https://idp.example/saml</saml:Issuer>"#
        );
        let body = format!(
            r#"<saml:Subject><saml:NameID Format="{format}">{subject}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{ends}" Recipient="{recipient}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter="{ends}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{issued}"{statement}></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"#
        );
        let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
        let hash = STANDARD.encode(digest(&SHA256, format!("{head}{body}").as_bytes()));
        let info = format!(
            r##"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod Algorithm="{exclusive}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></ds:SignatureMethod><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="{exclusive}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>{hash}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##
        );
        let value = STANDARD.encode(self.key.sign(&SystemRandom::new(), info.as_bytes()).unwrap());
        let signature = format!(
            r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"#
        );
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="r" Version="2.0" IssueInstant="{issued}"><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{head}{signature}{body}</samlp:Response>"#
        )
    }
}

/// A world with a provider and a role that trusts it.
pub(crate) async fn trusted(actions: &str, condition: &str) -> (World, Idp) {
    let (world, _) = world().await;
    let idp = Idp::new();
    let parameters = [("Name", "idp"), ("SAMLMetadataDocument", idp.metadata.as_str())];
    world.ok(&world.root, "CreateSAMLProvider", &parameters).await;
    role(&world, "deploy", PROVIDER, actions, condition).await;
    (world, idp)
}

pub(crate) fn asks(assertion: &str) -> [(&str, &str); 3] {
    [("RoleArn", ROLE), ("PrincipalArn", PROVIDER), ("SAMLAssertion", assertion)]
}

fn denied(action: &str) -> (String, String) {
    ("AccessDenied".into(), format!("Not authorized to perform {action}"))
}

#[tokio::test]
async fn an_assertion_of_a_trusted_provider_is_a_role() {
    let (world, idp) = trusted(ASSUME, "").await;
    let answer = call(&world, OPERATION, &asks(&idp.respond(&Draft::new()))).await;
    assert_eq!(answer.get("Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/alice@example.com");
    assert_eq!((answer.get("Subject"), answer.get("SubjectType")), ("alice", "persistent"));
    assert_eq!((answer.get("Issuer"), answer.get("Audience")), ("https://idp.example/saml", ACS));
    // echo -n 'https://idp.example/saml123456789012/idp' | openssl sha1 -binary | base64
    assert_eq!(answer.get("NameQualifier"), QUALIFIER);
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z");
    let session = holder(&answer);
    assert_eq!(world.ok(&session, "GetCallerIdentity", &[]).await.get("Arn"), answer.get("Arn"));
    let events = world.events();
    let identity = &events.iter().find(|event| event["eventName"] == OPERATION).unwrap()["userIdentity"];
    assert_eq!(identity["type"], "SAMLUser");
    assert_eq!(identity["principalId"], format!("{QUALIFIER}:alice"));
    assert_eq!(
        (identity["userName"].as_str(), identity["identityProvider"].as_str()),
        (Some("alice"), Some(PROVIDER))
    );
}

#[tokio::test]
async fn an_assertion_is_used_once_for_a_role() {
    let (world, idp) = trusted(ASSUME, "").await;
    let other = role(&world, "other", PROVIDER, ASSUME, "").await;
    let mut draft = Draft::new();
    draft.attributes.first_mut().unwrap().1.push(format!("{PROVIDER}, {other}"));
    let assertion = idp.respond(&draft);
    // A call that fails for another reason does not use it up.
    let long = [asks(&assertion).as_slice(), &[("DurationSeconds", "3601")]].concat();
    assert_eq!(refused(&world, OPERATION, &long).await.0, "ValidationError");
    call(&world, OPERATION, &asks(&assertion)).await;
    let replayed = ("InvalidIdentityToken".to_owned(), "The SAML assertion has been used before".to_owned());
    assert_eq!(refused(&world, OPERATION, &asks(&assertion)).await, replayed);
    // The same words, signed or encoded anew, are the same assertion.
    assert_eq!(refused(&world, OPERATION, &asks(&idp.respond(&draft))).await, replayed);
    // Tools that fetch credentials for each role bring one assertion for all.
    let parameters = [("RoleArn", other.as_str()), ("PrincipalArn", PROVIDER), ("SAMLAssertion", &assertion)];
    call(&world, OPERATION, &parameters).await;
}

#[tokio::test]
async fn what_is_wrong_with_an_assertion_is_said_in_aws_s_words() {
    let (world, idp) = trusted(ASSUME, "").await;
    let invalid = |message: &str| ("InvalidIdentityToken".to_owned(), message.to_owned());
    let expired = |message: &str| ("ExpiredTokenException".to_owned(), message.to_owned());
    let document = idp.document(&Draft::new());
    let encode = |text: String| STANDARD.encode(text);
    let named = |name: &str| {
        let mut draft = Draft::new();
        draft.attributes.get_mut(1).unwrap().1 = vec![name.to_owned()];
        draft
    };
    let mut nameless = Draft::new();
    nameless.attributes.truncate(1);
    for (assertion, refusal) in [
        ("AAAA".into(), invalid("Invalid base64 SAMLResponse or not a valid SAML 2.0 response")),
        (encode(document.replace(">alice<", ">root<")), invalid("Response signature invalid")),
        (Idp::new().respond(&Draft::new()), invalid("Response signature invalid")),
        (
            encode(document.replace("status:Success", "status:Requester")),
            ("IDPRejectedClaim".into(), "The identity provider reported that authentication failed".into()),
        ),
        (
            idp.respond(&Draft { audience: "urn:other".into(), ..Draft::new() }),
            invalid("Response does not contain the required audience."),
        ),
        (
            idp.respond(&Draft { recipient: "https://evil.example/saml".into(), ..Draft::new() }),
            invalid("Response does not contain the required recipient."),
        ),
        (
            idp.respond(&Draft { issued: 999, ends: 1_999, ..Draft::new() }),
            invalid("The SAML assertion is not yet valid"),
        ),
        (
            idp.respond(&Draft { issued: -301, ..Draft::new() }),
            expired("Token must be redeemed within 5 minutes of issuance"),
        ),
        (
            idp.respond(&Draft { issued: -250, ends: -180, ..Draft::new() }),
            expired("The SAML assertion has expired"),
        ),
        (idp.respond(&nameless), invalid("RoleSessionName is required in AuthnResponse")),
        (
            idp.respond(&named("a b")),
            invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
        ),
        (
            idp.respond(&Draft::new().with(&format!("{OWN}SourceIdentity"), &["a b"])),
            invalid("Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\""),
        ),
    ] {
        assert_eq!(refused(&world, OPERATION, &asks(&assertion)).await, refusal);
    }
    let missing = invalid("Specified provider doesn't exist");
    for provider in
        ["arn:aws:iam::123456789012:saml-provider/none", "arn:aws:iam::444455556666:saml-provider/idp"]
    {
        let assertion = idp.respond(&Draft::new());
        let parameters =
            [("RoleArn", ROLE), ("PrincipalArn", provider), ("SAMLAssertion", assertion.as_str())];
        assert_eq!(refused(&world, OPERATION, &parameters).await, missing);
    }
}

#[tokio::test]
async fn the_role_must_be_among_those_of_the_assertion_and_trust_the_provider() {
    let (world, idp) = trusted(ASSUME, "").await;
    let other = role(&world, "other", PROVIDER, ASSUME, "").await;
    let assertion = idp.respond(&Draft::new());
    let parameters =
        [("RoleArn", other.as_str()), ("PrincipalArn", PROVIDER), ("SAMLAssertion", assertion.as_str())];
    assert_eq!(refused(&world, OPERATION, &parameters).await, denied("sts:AssumeRoleWithSAML"));
    let (world, idp) = trusted(r#""sts:AssumeRoleWithWebIdentity""#, "").await;
    let refusal = refused(&world, OPERATION, &asks(&idp.respond(&Draft::new()))).await;
    assert_eq!(refusal, denied("sts:AssumeRoleWithSAML"));
}

#[tokio::test]
async fn the_assertion_is_condition_keys_and_the_session_keeps_three() {
    let staff = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1";
    let mail = "urn:oid:0.9.2342.19200300.100.1.3";
    for (condition, in_trust, in_session) in [
        (format!(r#"{{"StringEquals":{{"saml:aud":"{ACS}"}}}}"#), true, false),
        (r#"{"StringEquals":{"saml:iss":"https://idp.example/saml"}}"#.into(), true, false),
        (r#"{"StringEquals":{"saml:doc":"123456789012/idp"}}"#.into(), true, false),
        (r#"{"ForAnyValue:StringEquals":{"saml:edupersonaffiliation":"staff"}}"#.into(), true, false),
        (r#"{"StringEquals":{"saml:mail":"a@example.com"}}"#.into(), true, false),
        (r#"{"StringEquals":{"saml:sub":"alice","saml:sub_type":"persistent"}}"#.into(), true, true),
        (format!(r#"{{"StringEquals":{{"saml:namequalifier":"{QUALIFIER}"}}}}"#), true, true),
        (r#"{"StringEquals":{"saml:sub":"root"}}"#.into(), false, false),
        (r#"{"StringEquals":{"sts:RoleSessionName":"alice@example.com"}}"#.into(), true, false),
        (format!(r#"{{"ArnEquals":{{"aws:FederatedProvider":"{PROVIDER}"}}}}"#), false, true),
    ] {
        let draft = || Draft::new().with(staff, &["member", "staff"]).with(mail, &["a@example.com"]);
        let (world, idp) = trusted(ASSUME, &condition).await;
        let outcome = world.unsigned(OPERATION, &asks(&idp.respond(&draft()))).await;
        assert_eq!(outcome.is_ok(), in_trust, "{condition}: {outcome:?}");

        let (world, idp) = trusted(ASSUME, "").await;
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{condition}}}]}}"#
        );
        let parameters = [("RoleName", "deploy"), ("PolicyName", "p"), ("PolicyDocument", policy.as_str())];
        world.ok(&world.root, "PutRolePolicy", &parameters).await;
        let session = holder(&call(&world, OPERATION, &asks(&idp.respond(&draft()))).await);
        assert_eq!(world.call(&session, "ListUsers", &[]).await.is_ok(), in_session, "{condition}");
    }
}

#[tokio::test]
async fn tags_source_identity_and_length_come_from_the_assertion() {
    let draft = || {
        Draft::new()
            .with(&format!("{OWN}PrincipalTag:Team"), &["blue"])
            .with(&format!("{OWN}TransitiveTagKeys"), &["Team"])
            .with(&format!("{OWN}SourceIdentity"), &["alice"])
            .with(&format!("{OWN}SessionDuration"), &["1800"])
    };
    let (world, idp) = trusted(ASSUME, "").await;
    assert_eq!(refused(&world, OPERATION, &asks(&idp.respond(&draft()))).await, denied("sts:TagSession"));
    let all = r#"["sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity"]"#;
    let (world, idp) =
        trusted(all, r#"{"StringEquals":{"aws:RequestTag/Team":"blue","sts:SourceIdentity":"alice"}}"#).await;
    let answer = call(&world, OPERATION, &asks(&idp.respond(&draft()))).await;
    assert_eq!((answer.get("SourceIdentity"), answer.get("Expiration")), ("alice", "2026-01-01T00:30:00Z"));
    assert!(answer.has("PackedPolicySize"));
    // What the call asks for goes before what the attribute says, and the provider's own session is the end of all.
    let assertion = idp.respond(&Draft { id: "a2", ..draft() });
    let longer = [asks(&assertion).as_slice(), &[("DurationSeconds", "3600")]].concat();
    assert_eq!(call(&world, OPERATION, &longer).await.get("Expiration"), "2026-01-01T01:00:00Z");
    // The role's bound holds for what the attribute says, and refuses nothing.
    let mut long = Draft { id: "a4", ..draft() };
    long.attributes.last_mut().unwrap().1 = vec!["43200".into()];
    let answer = call(&world, OPERATION, &asks(&idp.respond(&long))).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z");
    let statement = format!(r#" SessionNotOnOrAfter="{}""#, at(1_200));
    let short = Draft { id: "a3", statement, ..draft() };
    let answer = call(&world, OPERATION, &asks(&idp.respond(&short))).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T00:20:00Z");
}

#[tokio::test]
async fn regional_addresses_and_those_with_the_provider_s_id_will_do() {
    let (world, idp) = trusted(ASSUME, "").await;
    let shown = world.ok(&world.root, "GetSAMLProvider", &[("SAMLProviderArn", PROVIDER)]).await;
    let id = shown.get("SAMLProviderUUID");
    for (number, recipient) in [
        "https://eu-west-1.signin.aws.amazon.com/saml".to_owned(),
        format!("https://us-east-1.signin.aws.amazon.com/saml/acs/{id}"),
        format!("{ACS}/acs/{id}"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = ["b0", "b1", "b2"][number];
        let draft = Draft {
            id,
            audience: "urn:amazon:webservices".into(),
            recipient: recipient.clone(),
            ..Draft::new()
        };
        assert_eq!(call(&world, OPERATION, &asks(&idp.respond(&draft))).await.get("Audience"), recipient);
    }
    for recipient in [
        "https://signin.amazonaws.cn/saml",
        "https://nowhere.signin.aws.amazon.com/saml",
        "https://signin.aws.amazon.com/saml/acs/other",
    ] {
        let draft = Draft { recipient: recipient.into(), ..Draft::new() };
        assert_eq!(refused(&world, OPERATION, &asks(&idp.respond(&draft))).await.0, "InvalidIdentityToken");
    }
}

#[tokio::test]
async fn what_changes_of_a_provider_binds_the_next_call() {
    let (world, idp) = trusted(ASSUME, "").await;
    call(&world, OPERATION, &asks(&idp.respond(&Draft::new()))).await;
    let successor = Idp::new();
    let response = |idp: &Idp, id| idp.respond(&Draft { id, ..Draft::new() });
    let invalid = ("InvalidIdentityToken".to_owned(), "Response signature invalid".to_owned());
    assert_eq!(refused(&world, OPERATION, &asks(&response(&successor, "b1"))).await, invalid);

    let parameters = [("SAMLProviderArn", PROVIDER), ("SAMLMetadataDocument", successor.metadata.as_str())];
    world.ok(&world.root, "UpdateSAMLProvider", &parameters).await;
    call(&world, OPERATION, &asks(&response(&successor, "b1"))).await;
    assert_eq!(refused(&world, OPERATION, &asks(&response(&idp, "a2"))).await, invalid);

    world.ok(&world.root, "DeleteSAMLProvider", &[("SAMLProviderArn", PROVIDER)]).await;
    let gone = refused(&world, OPERATION, &asks(&response(&successor, "b2"))).await;
    assert_eq!(gone.1, "Specified provider doesn't exist");
    let parameters = [("Name", "idp"), ("SAMLMetadataDocument", idp.metadata.as_str())];
    world.ok(&world.root, "CreateSAMLProvider", &parameters).await;
    assert_eq!(refused(&world, OPERATION, &asks(&response(&successor, "b2"))).await, invalid);
    call(&world, OPERATION, &asks(&response(&idp, "a2"))).await;
}

#[tokio::test]
async fn nobody_is_let_in_by_metadata_that_have_expired() {
    let (world, idp) = trusted(ASSUME, "").await;
    let metadata = idp.metadata.replace("entityID=", &format!("validUntil=\"{}\" entityID=", at(60)));
    let parameters = [("SAMLProviderArn", PROVIDER), ("SAMLMetadataDocument", metadata.as_str())];
    world.ok(&world.root, "UpdateSAMLProvider", &parameters).await;
    call(&world, OPERATION, &asks(&idp.respond(&Draft::new()))).await;
    world.advance(60);
    let refusal = refused(&world, OPERATION, &asks(&idp.respond(&Draft { id: "a2", ..Draft::new() }))).await;
    assert_eq!(refusal.1, "The metadata of the SAML provider has expired");
}

const QUALIFIER: &str = "OQCQRaGnJVA5M4P0NcmXIWDaETw=";
