//! DecodeAuthorizationMessage.

use api::sts::faults;
use api::sts::types::{DecodeAuthorizationMessageInput, DecodeAuthorizationMessageOutput};
use authz::Ask;
use service::{Context, Result, Route, routes};

use crate::Sts;

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    DecodeAuthorizationMessage => decode_authorization_message,
];

impl Sts {
    pub(crate) async fn decode_authorization_message(
        &self,
        cx: &Context<'_>,
        input: DecodeAuthorizationMessageInput,
    ) -> Result<DecodeAuthorizationMessageOutput> {
        cx.authorize(Ask::on_all("sts:DecodeAuthorizationMessage")).await?;

        let decoded = cx.authorizer().decode_refusal(&input.encoded_message, cx.owner()?, cx.now());
        let decoded = decoded.ok_or_else(|| faults::invalid_authorization_message("Message is not valid"))?;
        Ok(DecodeAuthorizationMessageOutput { decoded_message: Some(decoded) })
    }
}
