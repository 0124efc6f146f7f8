//! What a person can ask of the demo on its command line.

use super::house::STORES;
use anyhow::{Context, Error, Result, ensure};
use clap::Parser;
use std::path::PathBuf;
use std::str::FromStr;

/// A hub, two stores with brokers, agents and devices that speak real bytes, and people who shop, pick and ride.
///
/// Open the printed addresses in a browser, watch the live line, press Ctrl-C to stop. A complete check by itself:
/// `demo --minutes 3 --speed 10 --cut s1@40..100 --report demo.json` (the exit status is 1 if anything was lost, doubled or
/// oversold, if both sides differ, if a label cannot be read, or if fewer than 40 orders were delivered or 3 taken at the
/// counter in the cut)
#[derive(Debug, Clone, Parser)]
#[command(name = "demo", version)]
pub struct Options {
    /// Keep everything in this folder and resume from it; without it a temporary folder is used, and removed if nothing was
    /// wrong.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// End by itself after so many minutes; 0 = run until Ctrl-C.
    #[arg(long, default_value_t = 0.0, value_parser = minutes, allow_negative_numbers = true)]
    pub minutes: f64,
    /// People walk, ride and wait so many times faster (1 to 60). Machines stay as fast as they are.
    #[arg(long, default_value_t = 4.0, value_parser = speed, allow_negative_numbers = true)]
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
    /// Takes whichever ports are free instead of 8080 and so on: for demos that start at the same moment.
    #[arg(long)]
    pub any_ports: bool,
}

/// A demo does not run longer by itself: a week.
const MINUTES_MAX: f64 = 10_080.0;

fn number(text: &str, from: f64, to: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (from..=to).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!("want a number from {from} to {to}")),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    number(text, 1.0, 60.0)
}

fn minutes(text: &str) -> Result<f64, String> {
    number(text, 0.0, MINUTES_MAX)
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
        let names: Vec<&str> = STORES.iter().map(|plan| plan.id).collect();
        ensure!(names.contains(&store), "there is no store {store:?}; there are {}", names.join(", "));
        let seconds = |part| number(part, 0.0, MINUTES_MAX * 60.0).map_err(Error::msg);
        let cut = Cut { store: store.to_owned(), from_s: seconds(from)?, to_s: seconds(to)? };
        ensure!(cut.from_s < cut.to_s, "the cut {text} ends before it begins");
        Ok(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Options};
    use clap::Parser;

    #[test]
    fn cuts_are_read_or_explained() {
        let cut: Cut = "s1@40..100".parse().unwrap();
        assert_eq!(cut, Cut { store: "s1".into(), from_s: 40.0, to_s: 100.0 });
        assert!("s1@100..40".parse::<Cut>().is_err());
        for (text, why) in [
            ("s1", "STORE@FROM..TO"),
            ("s1@40", "STORE@FROM..TO"),
            ("s9@1..2", "there is no store \"s9\"; there are s1, s2"),
            ("s1@nan..9", "want a number from 0"),
            ("s1@1..inf", "want a number from 0"),
            ("s1@-3..2", "want a number from 0"),
            ("s1@100..40", "ends before it begins"),
        ] {
            let said = text.parse::<Cut>().unwrap_err().to_string();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_not_taken_for_for_ever() {
        let read = |words: &[&str]| Options::try_parse_from([&["demo"], words].concat());
        assert_eq!(read(&["--minutes", "1.5", "--speed", "10"]).unwrap().minutes, 1.5);
        for words in [["--minutes", "-1"], ["--minutes", "nan"], ["--minutes", "inf"], ["--speed", "nan"]] {
            let said = read(&words).unwrap_err().to_string();
            assert!(said.contains("want a number from"), "{words:?}: {said}");
        }
    }
}
