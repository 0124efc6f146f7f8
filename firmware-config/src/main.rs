//! `firmware-config`: reads the command line, asks the library, prints. Decides nothing about a store.

mod admit;
mod cli;
mod machine;
mod renew;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let asked = cli::Cli::parse();
    match cli::run(asked, &mut io::stdout().lock()) {
        Ok(outcome) => outcome.code(),
        // A reader that went away (`| head`) has seen enough.
        Err(cli::Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "firmware-config: {failure}");
            cli::Outcome::Unable.code()
        }
    }
}
