//! The managed policies' documents as the catalog embeds them: deflated one by one, a sixth of the text.

use std::fmt::Write as _;

use anyhow::{Context, Result};

/// The packed documents, and the index that tells where each is.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    /// The index as it was, with two more columns: first byte and length of the packed document.
    pub(super) index: String,
}

/// Packs the documents of `text`, which `index` finds in it. What `index` tells of an earlier pack is dropped.
pub(super) fn pack(text: &str, index: &str) -> Result<Packed> {
    let mut packed = Packed { bytes: Vec::new(), index: String::new() };
    for line in index.lines() {
        let columns: Vec<&str> = line.split('\t').take(COLUMNS).collect();
        let place = match columns.get(COLUMNS - 2..) {
            Some([start, length]) => {
                start.parse().and_then(|start: usize| Ok((start, length.parse::<usize>()?)))
            }
            _ => Ok((0, 0)),
        };
        let (start, length) = place.with_context(|| format!("the place in `{line}`"))?;
        let document =
            text.get(start..start + length).with_context(|| format!("the document of `{line}`"))?;
        let deflated = miniz_oxide::deflate::compress_to_vec(document.as_bytes(), BEST);
        let columns = columns.join("\t");
        writeln!(packed.index, "{columns}\t{}\t{}", packed.bytes.len(), deflated.len())?;
        packed.bytes.extend(deflated);
    }
    Ok(packed)
}

/// The columns of an index without a pack.
const COLUMNS: usize = 8;

/// The level that takes its time.
const BEST: u8 = 10;
