//! The load generator: connects a crowd to running edges, lets it talk for a while, and prints what it measured
//! as JSON. The clients are those of the system tests, which also judge what they see.

mod measure;
mod options;
mod presence;
mod renewals;
mod silent;

use clap::Parser as _;

use self::options::Options;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let figures = match (options.silent, options.presence, options.renewals.renewals) {
        (Some(sockets), _, _) => silent::run(options.edge[0], sockets).await,
        (None, Some(people), _) => presence::run(people).await?,
        (None, None, Some(sessions)) => renewals::run(&options, sessions).await?,
        (None, None, None) => measure::run(&options).await?,
    };
    print(&format!("{figures:#}"));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "its one product")]
fn print(text: &str) {
    println!("{text}");
}
