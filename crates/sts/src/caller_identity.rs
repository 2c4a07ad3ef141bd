//! Who am I, and whose is this key?

use api::sts::types::{
    GetAccessKeyInfoInput, GetAccessKeyInfoOutput, GetCallerIdentityInput, GetCallerIdentityOutput,
};
use authz::Ask;
use directory::{AccessKey, AccessKeyKey};
use service::{Context, Result, Route, routes};
use types::AccessKeyId;
use wire::Fault;

use crate::Sts;

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    GetCallerIdentity => get_caller_identity,
    GetAccessKeyInfo => get_access_key_info,
];

impl Sts {
    /// Needs no permission and cannot be denied (AWS: "GetCallerIdentity").
    pub(crate) async fn get_caller_identity(
        &self,
        cx: &Context<'_>,
        _input: GetCallerIdentityInput,
    ) -> Result<GetCallerIdentityOutput> {
        let caller = cx.caller()?;
        Ok(GetCallerIdentityOutput {
            user_id: Some(caller.user_id()),
            account: Some(caller.owner.account.to_string()),
            arn: Some(caller.arn().to_string()),
        })
    }

    /// The account of an access key: of a key that is here, or the one that the id carries, as at AWS whether or
    /// not the key exists.
    pub(crate) async fn get_access_key_info(
        &self,
        cx: &Context<'_>,
        input: GetAccessKeyInfoInput,
    ) -> Result<GetAccessKeyInfoOutput> {
        cx.authorize(Ask::on_all("sts:GetAccessKeyInfo")).await?;

        let id = AccessKeyId::parse(&input.access_key_id)?;
        let known = cx.read().get::<AccessKey>(&AccessKeyKey(id.clone())).await?;
        let account = known.map(|key| key.owner.account).or_else(|| id.account());
        let account = account.ok_or_else(|| Fault::validation("Access key id is not valid."))?;
        Ok(GetAccessKeyInfoOutput { account: Some(account.to_string()) })
    }
}
