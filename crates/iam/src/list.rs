//! Pages of an account's entities.

use directory::EntityKey;
use service::{Context, Paging, Result};
use store::{Page, Position, Range, RecordKey as _};

use crate::target::Entity;

/// A page of the account's entities of a kind: by name, or by path where a path prefix is asked for.
pub(crate) async fn entities<E: Entity>(
    cx: &Context<'_>,
    paging: &Paging,
    path_prefix: Option<&str>,
) -> Result<Page<E>> {
    let owner = cx.owner()?.to_string();
    match path_prefix {
        None | Some("/") => {
            Ok(cx.read().scan::<E>(&E::BY_NAME, &owner, paging.range(""), paging.limit()).await?)
        }
        Some(prefix) => by_path(cx, paging, prefix).await,
    }
}

/// A page of the entities whose path begins with a prefix. The index holds path and name in one, so a prefix that
/// does not end with a slash finds names as well, which are passed over.
async fn by_path<E: Entity>(cx: &Context<'_>, paging: &Paging, prefix: &str) -> Result<Page<E>> {
    let owner = cx.owner()?.to_string();
    let mut found = Page { items: Vec::new(), next: None };
    let mut after = resumed::<E>(cx, paging.after()).await?;
    loop {
        let range = Range::prefix(prefix).after(after);
        let page = cx.read().scan::<E>(&E::BY_PATH, &owner, range, paging.limit()).await?;
        for entity in page.items {
            if !entity.path().as_str().starts_with(prefix) {
                continue;
            }
            if found.items.len() >= paging.limit() {
                found.next = found.items.last().map(|last| place(&**last));
                return Ok(found);
            }
            found.items.push(entity);
        }
        if page.next.is_none() {
            return Ok(found);
        }
        after = page.next;
    }
}

/// Where a list by path goes on. A marker cannot hold every path, so it may have only the beginning of the place;
/// the entity that stood there, if it is still there, tells the whole of it.
pub(crate) async fn resumed<E: Entity>(
    cx: &Context<'_>,
    after: Option<Position>,
) -> Result<Option<Position>> {
    let Some(after) = after else { return Ok(None) };
    let Some(key) =
        EntityKey::parse_path(&after.key).filter(|key| cx.owner().is_ok_and(|own| key.owner == own))
    else {
        return Ok(Some(after));
    };
    let entity = cx.read().get::<E>(&key).await?;
    let whole = entity.map(|entity| place(&*entity)).filter(|whole| whole.sort.starts_with(&after.sort));
    Ok(Some(whole.unwrap_or(after)))
}

/// Where an entity stands in the index over paths.
pub(crate) fn place<E: Entity>(entity: &E) -> Position {
    let sort = format!("{}{}", entity.path(), entity.name().to_ascii_lowercase());
    Position { sort, key: entity.key().path().into_owned() }
}
