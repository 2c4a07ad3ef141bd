//! Trade-in tokens: what the requestor of a delegation exchanges for credentials.

use store::seal::Purpose;

use crate::Authorizer;

impl Authorizer {
    /// The token of a delegation request. It holds no more than the request's id: whether it is good is for the
    /// request to say.
    pub fn trade_in_token(&self, request: &str) -> Result<String, store::seal::SealError> {
        self.keyring.tokens(PURPOSE, LONGEST).seal(BOUND, request.as_bytes())
    }

    /// The id of the delegation request whose token this is.
    #[must_use]
    pub fn traded_in(&self, token: &str) -> Option<String> {
        let opened = self.keyring.tokens(PURPOSE, LONGEST).open(BOUND, token).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

const PURPOSE: Purpose = Purpose::new("trade-in token");
/// The tokens are bound to their purpose alone.
const BOUND: &[u8] = b"";
/// The longest token: an id of 128 characters and the seal.
const LONGEST: usize = 256;
