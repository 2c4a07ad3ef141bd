//! What an authenticator says of itself and of whom is before it.

use minicbor::Decoder;
use minicbor::data::Type;
use sha2::{Digest as _, Sha256};

use crate::{Refused, RelyingParty};

/// The authenticator data of an answer.
pub(crate) struct AuthenticatorData<'a> {
    site: [u8; 32],
    flags: u8,
    pub(crate) counter: u32,
    pub(crate) credential: Option<Made<'a>>,
}

/// A credential that was just made.
pub(crate) struct Made<'a> {
    pub(crate) aaguid: [u8; 16],
    pub(crate) id: &'a [u8],
    /// The public key in COSE, and perhaps what comes behind it.
    pub(crate) key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let (&site, rest) = bytes.split_first_chunk::<32>().ok_or(Refused::Malformed)?;
        let (&flags, rest) = rest.split_first().ok_or(Refused::Malformed)?;
        let (&counter, rest) = rest.split_first_chunk::<4>().ok_or(Refused::Malformed)?;
        let credential = if flags & ATTESTED == 0 { None } else { Some(Made::read(rest)?) };
        Ok(Self { site, flags, counter: u32::from_be_bytes(counter), credential })
    }

    /// Refuses what is for another site, or says that nobody is present.
    pub(crate) fn check(&self, site: &RelyingParty) -> Result<(), Refused> {
        if self.site != <[u8; 32]>::from(Sha256::digest(&site.id)) {
            return Err(Refused::Foreign);
        }
        if self.flags & PRESENT == 0 { Err(Refused::Absent) } else { Ok(()) }
    }

    pub(crate) fn is_user_verified(&self) -> bool {
        self.flags & VERIFIED != 0
    }
}

impl<'a> Made<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let (&aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(Refused::Malformed)?;
        let (&length, rest) = rest.split_first_chunk::<2>().ok_or(Refused::Malformed)?;
        let length = usize::from(u16::from_be_bytes(length));
        let (id, key) = rest.split_at_checked(length).ok_or(Refused::Malformed)?;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(Refused::Malformed);
        }
        Ok(Self { aaguid, id, key })
    }
}

/// The authenticator data in an attestation object, which is a map in CBOR of `fmt`, `attStmt` and `authData`.
pub(crate) fn attested(object: &[u8]) -> Result<Vec<u8>, Refused> {
    let malformed = |_| Refused::Malformed;
    let mut reader = Decoder::new(object);
    let entries = reader.map().map_err(malformed)?.ok_or(Refused::Malformed)?;
    for _ in 0..entries {
        if reader.datatype().map_err(malformed)? != Type::String {
            return Err(Refused::Malformed);
        }
        if reader.str().map_err(malformed)? == "authData" {
            return Ok(reader.bytes().map_err(malformed)?.to_vec());
        }
        reader.skip().map_err(malformed)?;
    }
    Err(Refused::Malformed)
}

/// Somebody touched it.
const PRESENT: u8 = 0x01;
/// It knows who.
const VERIFIED: u8 = 0x04;
/// A credential follows.
const ATTESTED: u8 = 0x40;
/// The longest id of a credential, in bytes.
const LONGEST_ID: usize = 1023;
