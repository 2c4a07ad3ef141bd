//! Security keys: registered by whoever signs in to the console for it. AWS's API has no operation that makes one, so this
//! is a library for the pages that ask the browser; what IAM shows of them stands in `mfa_devices`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use directory::{MfaAssignment, MfaDevice, SecurityKey, User};
use service::{Context, Error, Result};
use store::Page;
use types::{Arn, UniqueId};
use webauthn::{Challenge, Credential, Registration, RelyingParty};
use wire::Fault;

use crate::quota;
use crate::target::Target;

/// What a browser is to be asked, and the ticket with which its answer must come back.
#[derive(Debug)]
pub struct Begun {
    /// The options for `navigator.credentials.create`.
    pub options: serde_json::Value,
    /// The ticket.
    pub ticket: String,
}

/// What came back.
#[derive(Debug)]
pub struct Finished<'a> {
    /// The user.
    pub user_name: &'a str,
    /// What the key is to be called.
    pub device_name: &'a str,
    /// The ticket.
    pub ticket: &'a str,
    /// The browser's answer.
    pub answer: Registration<'a>,
    /// The certifications of the key's model, as far as they are known.
    pub certifications: BTreeMap<String, String>,
}

/// Begins to register a security key for a user; the caller needs leave for `iam:EnableMFADevice`.
pub async fn begin(cx: &Context<'_>, user_name: &str, site: &RelyingParty) -> Result<Begun> {
    let target = Target::<User>::named(cx, user_name).await?;
    cx.authorize(target.ask("iam:EnableMFADevice")).await?;

    let user = target.existing()?;
    let there = credentials_of(cx, &user).await?;
    let there: Vec<&[u8]> = there.iter().map(Vec::as_slice).collect();
    let ceremony = cx.authorizer().begin_ceremony(&user, cx.ids().bytes()?, cx.now())?;
    let id = user.id.as_str().as_bytes();
    let options = webauthn::creation_options(site, &ceremony.challenge, id, user.name.as_str(), &there);
    Ok(Begun { options, ticket: ceremony.ticket })
}

/// Registers the key that the browser answered with, and answers its serial number. The user has it from then on.
pub async fn finish(cx: &Context<'_>, site: &RelyingParty, finished: Finished<'_>) -> Result<Arn> {
    let target = Target::<User>::named(cx, finished.user_name).await?;
    let permit = cx.authorize(target.ask("iam:EnableMFADevice")).await?;

    let user = target.existing()?;
    check_name(finished.device_name)?;
    let challenge = cx.authorizer().end_ceremony(&user, finished.ticket, cx.now()).await?;
    let made = made(site, challenge.as_ref(), &finished.answer)?;
    if credentials_of(cx, &user).await?.contains(&made.id) {
        return Err(api::iam::faults::entity_already_exists("MFA Device is already in use.").into());
    }
    let id = UniqueId::parse(&BASE32_NOPAD.encode(&cx.ids().bytes::<15>()?)).map_err(Error::internal)?;
    let serial = user.owner.iam_arn(&format!("u2f/user/{}/{}-{id}", user.name, finished.device_name));
    let device = MfaDevice {
        owner: user.owner,
        id,
        serial: serial.clone(),
        created: cx.now(),
        assignment: Some(MfaAssignment { user: user.id.clone(), enabled: cx.now() }),
        last_step: None,
        tags: types::TagSet::default(),
        security_key: Some(SecurityKey {
            credential: URL_SAFE_NO_PAD.encode(&made.id),
            key: made.key,
            counter: made.counter,
            model: hex(&made.aaguid),
            certifications: finished.certifications,
        }),
    };
    let mut write = cx.write(&permit)?;
    quota::MFA_DEVICES.hold(&mut write, user.owner, user.grantee().partition()).await?;
    write.insert(device).await?;
    write.commit(()).await?;
    Ok(serial)
}

fn made(
    site: &RelyingParty,
    challenge: Option<&Challenge>,
    answer: &Registration<'_>,
) -> Result<Credential, Fault> {
    let refused = |cause: &dyn std::fmt::Display| {
        Fault::sender("InvalidInput", 400, format!("The security key was not registered: {cause}."))
    };
    let challenge = challenge.ok_or_else(|| refused(&"the answer comes too late or twice"))?;
    webauthn::register(site, challenge, answer).map_err(|cause| refused(&cause))
}

/// The ids of the credentials that a user has.
async fn credentials_of(cx: &Context<'_>, user: &User) -> Result<Vec<Vec<u8>>> {
    let partition = user.grantee().partition();
    let page: Page<MfaDevice> =
        cx.read().scan(&MfaDevice::BY_USER, &partition, store::Range::all(), MOST).await?;
    let keys = page.items.iter().filter_map(|device| device.security_key.as_ref());
    Ok(keys.filter_map(|key| URL_SAFE_NO_PAD.decode(&key.credential).ok()).collect())
}

/// A name as AWS's console takes it, short enough for a serial number of 256 characters.
fn check_name(name: &str) -> Result<(), Fault> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@-_".contains(letter);
    if (1..=64).contains(&name.len()) && name.chars().all(is_letter) {
        return Ok(());
    }
    Err(Fault::validation(format!("{name} is no name of a device: 1 to 64 letters, digits and +=,.@-_")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string does not fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// No user has more devices than the quota, which may be raised.
const MOST: usize = 1000;
