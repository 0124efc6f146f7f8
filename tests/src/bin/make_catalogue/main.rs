//! Makes `store-node/demo/catalogue.csv` and `categories.csv` from the hand-written tables in `store-node/demo/base/`:
//! the goods an Indian quick-commerce store sells, under invented brands. The same tables give the same bytes on every
//! machine. `make_catalogue` writes the files, `make_catalogue --check` compares and fails when they are stale.

mod goods;
mod rules;
mod size;
mod table;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The folder of the demo catalogue.
fn demo_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../store-node/demo")
}

/// The generated files: name and bytes.
fn files() -> Result<Vec<(&'static str, Vec<u8>)>> {
    let base = table::read(&demo_folder().join("base"))?;
    let rows = goods::rows(&base)?;
    let catalogue = files::export(&rows).context("writing the catalogue")?;
    Ok(vec![("catalogue.csv", catalogue), ("categories.csv", goods::categories(&base).into_bytes())])
}

fn main() -> Result<()> {
    let check = std::env::args().any(|arg| arg == "--check");
    for (name, bytes) in files()? {
        let path = demo_folder().join(name);
        if !check {
            std::fs::write(&path, bytes).with_context(|| format!("writing {name}"))?;
        } else if std::fs::read(&path).with_context(|| format!("reading {name}"))? != bytes {
            bail!("{name} is stale: run `cargo run -p tests --bin make_catalogue` and commit the result");
        }
    }
    Ok(())
}
