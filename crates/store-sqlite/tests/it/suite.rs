//! The suite that every backend passes.

use store::backend::Waiting;
use store::conformance::Place;
use store::{Options, Store};
use tempfile::TempDir;

struct Directory(TempDir);

impl Place for Directory {
    fn open(&self, options: Options) -> Waiting<'_, Store> {
        Box::pin(store_sqlite::open(self.0.path(), options))
    }
}

fn fresh() -> Directory {
    Directory(TempDir::new().unwrap())
}

store::conformance!(fresh);
