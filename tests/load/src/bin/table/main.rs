//! What a message, a delivery and a connection cost Recipe Chat, beside the bare server (and an older build, when
//! `RECIPE_CHAT_OLD_BIN` names one) in the same run: processor time of all processes, rates as ratios, memory.
//! Prints a line of JSON for each measurement and then the table, and draws it. `tests/load/table` builds all that it needs.

mod figures;
mod meter;
mod picture;
mod scenes;
mod socket;
mod target;
mod usage;

use std::path::PathBuf;

use clap::Parser as _;
use system_tests::binary;

use self::{
    figures::Figures,
    scenes::Sizes,
    target::{Recipes, Target},
};

/// Measures what Recipe Chat costs beside a bare server, as medians of some rounds.
#[derive(Debug, clap::Parser)]
#[command(name = "table")]
struct Options {
    /// How many times everything is measured, each server in turn
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// With the databases in PostgreSQL, whose processes count as well
    #[arg(long)]
    postgres: bool,

    /// Only what has this in its name: `idle`, `talk`, `steady`, `fan-out`, `slow-readers`, `visits` or `return`; several times for several
    #[arg(long)]
    only: Vec<String>,

    /// Draws processor time and memory, as multiples of the bare server's, into this file (SVG)
    #[arg(long)]
    picture: Option<PathBuf>,

    #[command(flatten)]
    recipes: Recipes,

    #[command(flatten)]
    sizes: Sizes,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    options.sizes.check()?;
    options.recipes.check()?;
    let (recipes, postgres) = (options.recipes, options.postgres);
    let mut targets = vec![
        Target::bare(recipes, options.sizes.most_talkers()).await?,
        Target::recipe_chat("recipe-chat", &binary::path(), postgres, recipes).await?,
    ];
    if let Some(older) = binary::older() {
        targets.push(Target::recipe_chat("before", &older, postgres, recipes).await?);
    }
    for target in &targets {
        target.fill().await?;
    }
    let mut figures = Figures::default();
    for round in 1..=options.rounds {
        for scene in options.sizes.scenes() {
            if !options.only.is_empty() && !options.only.iter().any(|name| name == scene.name) {
                continue;
            }
            for target in &targets {
                let measured = scenes::play(&scene, target).await?;
                print(&measured.to_json(round, target, scene.name).to_string());
                figures.add(target.name, measured);
            }
        }
    }
    let names: Vec<&str> = targets.iter().map(|target| target.name).collect();
    print(&figures.table(&names));
    if let Some(file) = options.picture {
        picture::draw(&file, &names, &figures.shares(&names))?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "its one product")]
fn print(text: &str) {
    println!("{text}");
}
