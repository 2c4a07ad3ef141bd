//! MFA at AssumeRole and GetSessionToken.

use directory::{MfaDevice, User};
use jiff::Timestamp;
use service::{Context, Result};
use wire::Fault;

/// When the caller proved an MFA device: now, by serial number and code, or not at all where the call brings neither.
/// Only users have devices.
pub(crate) async fn prove(
    cx: &Context<'_>,
    serial: Option<&str>,
    code: Option<&str>,
) -> Result<Option<Timestamp>> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => {
            let message = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
            return Err(refused(message).into());
        }
    };
    let user = cx.caller()?.user();
    let Some(user) = user else { return Err(unknown().into()) };
    if !has_device(cx, user, serial).await? {
        return Err(unknown().into());
    }
    if !cx.authorizer().proves_mfa(cx.read(), user, serial, code, cx.now()).await? {
        return Err(refused("MultiFactorAuthentication failed with invalid MFA one time pass code. ").into());
    }
    Ok(Some(cx.now()))
}

/// Whether a serial number is of a device of the user's that makes codes.
async fn has_device(cx: &Context<'_>, user: &User, serial: &str) -> Result<bool> {
    let owner = user.owner.to_string();
    let device = cx.read().find::<MfaDevice>(&MfaDevice::BY_SERIAL, &owner, serial).await?;
    let is_theirs = |device: &MfaDevice| {
        device.security_key.is_none() && device.assignment.as_ref().is_some_and(|of| of.user == user.id)
    };
    Ok(device.is_some_and(|device| is_theirs(&device)))
}

fn unknown() -> Fault {
    refused(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid \
         and associated with this user.",
    )
}

fn refused(message: &str) -> Fault {
    Fault::sender("AccessDenied", 403, message)
}
