//! MFA at AssumeRole and GetSessionToken.

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
    let is_proved = match cx.caller()?.user() {
        Some(user) => cx.authorizer().proves_mfa(cx.read(), user, serial, code, cx.now()).await?,
        None => false,
    };
    if !is_proved {
        return Err(refused("MultiFactorAuthentication failed with invalid MFA one time pass code. ").into());
    }
    Ok(Some(cx.now()))
}

fn refused(message: &str) -> Fault {
    Fault::sender("AccessDenied", 403, message)
}
