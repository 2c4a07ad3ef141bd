//! The first start: the first account, and its root credentials in a file.

use anyhow::Context as _;
use service::{NewAccount, accounts, create_account};
use store::SystemActor;
use types::{AccountId, Owner, Partition};

use crate::credentials_file;
use crate::house::{House, refused};

/// What the server starts with.
#[derive(Debug)]
pub(crate) struct Started {
    /// The accounts of the directory.
    pub(crate) owners: Vec<Owner>,
    /// Whether this was the first start, which wrote the root credentials.
    pub(crate) is_first: bool,
}

/// Makes the first account if there is none; checks that `wanted` is here if there are some.
pub(crate) async fn ensure_account(house: &House, wanted: Option<AccountId>) -> anyhow::Result<Started> {
    let owners = owners(house).await?;
    if !owners.is_empty() {
        if let Some(wanted) = wanted {
            anyhow::ensure!(
                owners.iter().any(|owner| owner.account == wanted),
                "`{}` has accounts already, and {wanted} is none of them: make it with `portcullis account create --account-id {wanted}`",
                house.dir.path().display()
            );
        }
        return Ok(Started { owners, is_first: false });
    }
    let account = match wanted {
        Some(account) => account,
        None => random_account(house)?,
    };
    let owner = Owner::new(Partition::Aws, account);
    make(house, SystemActor::Bootstrap, owner, "root", None).await?;
    Ok(Started { owners: vec![owner], is_first: true })
}

/// The accounts of the development mode: the same id in each partition.
pub(crate) async fn ensure_dev_accounts(house: &House, account: AccountId) -> anyhow::Result<Started> {
    let have = owners(house).await?;
    let mut is_first = false;
    for partition in Partition::ALL {
        let owner = Owner::new(partition, account);
        if !have.contains(&owner) {
            is_first = true;
            // Nobody needs these credentials: any key is root's.
            create_account(&house.core, SystemActor::Bootstrap, owner, "development")
                .await
                .map_err(refused)?;
        }
    }
    Ok(Started { owners: owners(house).await?, is_first })
}

/// Makes an account and writes its root credentials: `further` accounts have files of their own.
pub(crate) async fn make(
    house: &House,
    actor: SystemActor,
    owner: Owner,
    name: &str,
    further: Option<Owner>,
) -> anyhow::Result<NewAccount> {
    let path = house.dir.root_credentials(further);
    anyhow::ensure!(
        !path.exists(),
        "`{}` is there already: move it away, it may hold the only copy of another account's credentials",
        path.display()
    );
    let new = create_account(&house.core, actor, owner, name).await.map_err(refused)?;
    credentials_file::write(&path, &new).with_context(|| {
        format!("account {} was made, but its root credentials are lost", new.account.owner.account)
    })?;
    Ok(new)
}

/// An account id that nobody chose; the first digit is never 0, so that it survives a spreadsheet.
pub(crate) fn random_account(house: &House) -> anyhow::Result<AccountId> {
    let bytes = house.core.ids.bytes::<8>().map_err(refused)?;
    Ok(AccountId::from_number(100_000_000_000 + u64::from_be_bytes(bytes) % 900_000_000_000))
}

async fn owners(house: &House) -> anyhow::Result<Vec<Owner>> {
    let accounts = accounts(&house.core).await.map_err(refused)?;
    Ok(accounts.iter().map(|account| account.owner).collect())
}
