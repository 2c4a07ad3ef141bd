//! Pages of an account's entities.

use service::{Context, Paging, Result};
use store::Page;

use crate::target::Entity;

/// A page of the account's entities of a kind: by name, or by path where a path prefix is asked for.
pub(crate) async fn entities<E: Entity>(
    cx: &Context<'_>,
    paging: &Paging,
    path_prefix: Option<&str>,
) -> Result<Page<E>> {
    let owner = cx.owner()?.to_string();
    let page = match path_prefix {
        None | Some("/") => {
            cx.read().scan::<E>(&E::BY_NAME, &owner, paging.range(""), paging.limit()).await?
        }
        Some(prefix) => {
            cx.read().scan::<E>(&E::BY_PATH, &owner, paging.range(prefix), paging.limit()).await?
        }
    };
    Ok(page)
}
