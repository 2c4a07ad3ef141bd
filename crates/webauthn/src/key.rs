//! Public keys of credentials (RFC 9052, RFC 9053: COSE).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::Decoder;
use minicbor::data::Type;
use serde::{Deserialize, Serialize};

use crate::Refused;

/// A public key of one of the kinds that [`crate::creation_options`] offers; numbers in unpadded URL-safe base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicKey {
    /// ECDSA on P-256 with SHA-256.
    P256 {
        /// The first coordinate.
        x: String,
        /// The second coordinate.
        y: String,
    },
    /// Ed25519.
    Ed25519 {
        /// The point.
        x: String,
    },
    /// RSA with SHA-256, 2048 bits and more.
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}

impl PublicKey {
    /// The COSE numbers of the kinds, the one that is liked best first.
    pub(crate) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];

    /// Reads a key in COSE; what comes behind it is not looked at.
    pub(crate) fn from_cose(cose: &[u8]) -> Result<Self, Refused> {
        let map = Map::read(cose)?;
        let text = |label, lengths: std::ops::RangeInclusive<usize>| {
            let bytes = map.bytes(label).filter(|bytes| lengths.contains(&bytes.len()));
            bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).ok_or(Refused::Malformed)
        };
        let number = |label| map.number(label);
        match (number(ALG), number(KTY), number(CRV_OR_N)) {
            (Some(ES256), Some(2), Some(1)) => {
                Ok(Self::P256 { x: text(X_OR_E, 32..=32)?, y: text(Y, 32..=32)? })
            }
            (Some(EDDSA), Some(1), Some(6)) => Ok(Self::Ed25519 { x: text(X_OR_E, 32..=32)? }),
            (Some(RS256), Some(3), _) => {
                Ok(Self::Rsa { n: text(CRV_OR_N, 256..=1024)?, e: text(X_OR_E, 1..=8)? })
            }
            (Some(_), Some(_), _) => Err(Refused::Unsupported),
            _ => Err(Refused::Malformed),
        }
    }

    /// Refuses a signature that is not of this key over a message.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed);
        let verified = match self {
            Self::P256 { x, y } => {
                let point = [vec![4], bytes(x)?, bytes(y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519 { x } => UnparsedPublicKey::new(&ED25519, bytes(x)?).verify(message, signature),
            Self::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n: bytes(n)?, e: bytes(e)? };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.map_err(|_| Refused::Signature)
    }
}

/// The numbers and byte strings of a map whose labels are numbers.
struct Map<'a>(Vec<(i64, Entry<'a>)>);

enum Entry<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

impl<'a> Map<'a> {
    fn read(cose: &'a [u8]) -> Result<Self, Refused> {
        let malformed = |_| Refused::Malformed;
        let mut reader = Decoder::new(cose);
        let entries = reader.map().map_err(malformed)?.filter(|entries| *entries <= MOST_ENTRIES);
        let mut read = Vec::new();
        for _ in 0..entries.ok_or(Refused::Malformed)? {
            let label = reader.i64().map_err(malformed)?;
            match reader.datatype().map_err(malformed)? {
                Type::Bytes => read.push((label, Entry::Bytes(reader.bytes().map_err(malformed)?))),
                Type::U8 | Type::U16 | Type::U32 | Type::I8 | Type::I16 | Type::I32 => {
                    read.push((label, Entry::Number(reader.i64().map_err(malformed)?)));
                }
                _ => reader.skip().map_err(malformed)?,
            }
        }
        Ok(Self(read))
    }

    fn number(&self, label: i64) -> Option<i64> {
        self.0.iter().find_map(|(known, entry)| match entry {
            Entry::Number(number) if *known == label => Some(*number),
            _ => None,
        })
    }

    fn bytes(&self, label: i64) -> Option<&'a [u8]> {
        self.0.iter().find_map(|(known, entry)| match entry {
            Entry::Bytes(bytes) if *known == label => Some(*bytes),
            _ => None,
        })
    }
}

const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;
const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV_OR_N: i64 = -1;
const X_OR_E: i64 = -2;
const Y: i64 = -3;
/// A key has five entries; more than a few besides is none of ours.
const MOST_ENTRIES: u64 = 16;
