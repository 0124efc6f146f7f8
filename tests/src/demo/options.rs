//! What a person can ask of the demo on its command line.

use anyhow::{Context, Result, bail};
use clap::Parser;
use std::path::PathBuf;
use std::str::FromStr;

/// A hub, two stores with brokers, agents and devices that speak real bytes, and people who shop, pick and ride.
///
/// Open the printed addresses in a browser, watch the live line, press Ctrl-C to stop. A complete check by itself:
/// `demo --minutes 3 --speed 10 --cut s1@40..100 --report demo.json`
#[derive(Debug, Clone, Parser)]
#[command(name = "demo", version)]
pub struct Options {
    /// Keep everything in this folder and resume from it; without it a temporary folder is used and removed.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// End by itself after so many minutes; 0 = run until Ctrl-C.
    #[arg(long, default_value_t = 0.0)]
    pub minutes: f64,
    /// People walk, ride and wait so many times faster (1 to 60). Machines stay as fast as they are.
    #[arg(long, default_value_t = 4.0, value_parser = speed)]
    pub speed: f64,
    /// Seeds what people do.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Cuts a store's uplink from..to, in seconds since the start: s1@40..100. May be repeated.
    #[arg(long)]
    pub cut: Vec<Cut>,
    /// Writes what was found afterwards as JSON.
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// Nobody shops: only the machines run (for the browser walks and for clicking around alone).
    #[arg(long)]
    pub quiet: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (1.0..=60.0).contains(&speed) => Ok(speed),
        Ok(_) | Err(_) => Err("want a number from 1 to 60".to_owned()),
    }
}

/// A cut of one store's uplink.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// Which store.
    pub store: String,
    /// Seconds after the start.
    pub from_s: f64,
    /// Seconds after the start.
    pub to_s: f64,
}

impl FromStr for Cut {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('@').and_then(|(store, span)| Some((store, span.split_once("..")?)));
        let (store, (from, to)) = parts.context("want STORE@FROM..TO in seconds, for example s1@40..100")?;
        let cut = Cut { store: store.to_owned(), from_s: from.parse()?, to_s: to.parse()? };
        if cut.from_s < 0.0 || cut.to_s <= cut.from_s {
            bail!("the cut {text} ends before it begins");
        }
        Ok(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::Cut;

    #[test]
    fn cuts_are_read_or_explained() {
        let cut: Cut = "s1@40..100".parse().unwrap();
        assert_eq!(cut, Cut { store: "s1".into(), from_s: 40.0, to_s: 100.0 });
        assert!("s1@100..40".parse::<Cut>().is_err());
        assert!("s1".parse::<Cut>().unwrap_err().to_string().contains("STORE@FROM..TO"));
    }
}
