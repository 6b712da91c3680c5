//! What can be set about a chat service.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use runtime::{
    config::{duration, secret},
    operators::Operators,
};
use secrecy::SecretString;

use crate::{quota, recipe::limits, recipe_state::RecipeLimits};

/// The chat service's own settings; where it listens and where it keeps recipes is handed to it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Chat")]
pub struct Config {
    /// How many posts may wait for their commit before more are refused for now
    #[arg(long, env = "CHAT_POST_QUEUE", default_value_t = 8192, value_parser = at_least_one())]
    pub post_queue: u32,

    /// How many recipes are kept in memory for posting
    #[arg(long, env = "CHAT_CACHED_RECIPES", default_value_t = 4096, value_parser = at_least_one())]
    pub cached_recipes: u32,

    /// How many updates may wait for one edge before it gets only the newest of each recipe
    #[arg(long, env = "CHAT_LINK_QUEUE", default_value_t = 4096, value_parser = at_least_one())]
    pub link_queue: u32,

    /// What may change while the service runs: this is how it was at the start
    #[command(flatten)]
    pub reloadable: Reloadable,

    /// Whether owners may have their recipes' messages told to addresses of the web, by webhooks
    #[arg(long, env = "CHAT_WEBHOOKS")]
    pub webhooks: bool,

    /// Addresses that webhooks may be at though they are not public, as IP:PORT, separated by commas
    #[arg(long, env = "CHAT_WEBHOOK_ALLOWED_ADDRESSES", value_delimiter = ',')]
    pub webhook_allowed_addresses: Vec<SocketAddr>,

    /// How long a webhook may fail before it is turned off (0: for ever)
    #[arg(long, env = "CHAT_WEBHOOK_OFF_AFTER", value_parser = duration, default_value = "3d")]
    pub webhook_off_after: Duration,

    /// How many connections to PostgreSQL are kept
    #[arg(long, env = "CHAT_DATABASE_CONNECTIONS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub chat_database_connections: u32,

    /// How long a PostgreSQL that cannot be reached at the start is waited for; 0s: not at all
    #[arg(long, env = "CHAT_DATABASE_WAIT", value_parser = duration, default_value = "30s")]
    pub chat_database_wait: Duration,

    /// How long it is kept who changed who may come into a recipe, made links and deleted recipes (0: for ever)
    #[arg(long, env = "CHAT_KEEP_AUDIT", value_parser = duration, default_value = "90d")]
    pub chat_keep_audit: Duration,

    /// How long versions of recipes are kept, beside those of the last 500 messages and of changes that can be undone (0: for ever)
    #[arg(long, env = "CHAT_KEEP_VERSIONS", value_parser = duration, default_value = "0s")]
    pub keep_versions: Duration,

    /// How long the text of messages is kept, beside the last 500 of each recipe (0: for ever). Set it once all replicas know it
    #[arg(long, env = "CHAT_KEEP_MESSAGES", value_parser = duration, default_value = "0s")]
    pub keep_messages: Duration,
}

/// What may change while the service runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Chat")]
#[group(id = "chat-reloadable")]
pub struct Reloadable {
    /// How many recipes one user may own; 0: no limit
    #[arg(long, env = "CHAT_RECIPES_PER_USER", default_value_t = 2_000)]
    pub recipes_per_user: u32,

    /// How many links to recipes one user may have at once; 0: no limit
    #[arg(long, env = "CHAT_LINKS_PER_USER", default_value_t = 500)]
    pub links_per_user: u32,

    /// How many members one recipe may have; 0: no limit
    #[arg(long, env = "CHAT_MEMBERS_PER_RECIPE", default_value_t = 200)]
    pub members_per_recipe: u32,

    /// How many members all recipes of one user may have together; 0: no limit
    #[arg(long, env = "CHAT_MEMBERS_PER_USER", default_value_t = 10_000)]
    pub members_per_user: u32,

    /// How many ingredients one recipe may have, at most 200; 0: no limit but that
    #[arg(long, env = "CHAT_INGREDIENTS_PER_RECIPE", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=200))]
    pub ingredients_per_recipe: u32,

    /// How many steps one recipe may have, at most 200; 0: no limit but that
    #[arg(long, env = "CHAT_STEPS_PER_RECIPE", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=200))]
    pub steps_per_recipe: u32,

    /// How many bytes of JSON one recipe may have, at most 262144; 0: no limit but that
    #[arg(long, env = "CHAT_BYTES_PER_RECIPE", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(0..=262_144))]
    pub bytes_per_recipe: u32,

    /// How many bytes one user may add to the database in a day, where each change adds the whole recipe; 0: no limit
    #[arg(long, env = "CHAT_BYTES_PER_USER", default_value_t = 100 << 20)]
    pub bytes_per_user: u64,

    /// How many webhooks one recipe may have; 0: no limit
    #[arg(long, env = "CHAT_WEBHOOKS_PER_RECIPE", default_value_t = 10)]
    pub webhooks_per_recipe: u32,

    /// What operators prove themselves with to see what was done to recipes; without one nobody can
    #[arg(long, env = "CHAT_OPERATOR_TOKEN", hide_env_values = true, value_parser = secret)]
    pub chat_operator_token: Option<SecretString>,

    /// Operator tokens with names: NAME=TOKEN, separated by spaces or lines
    #[arg(long, env = "CHAT_OPERATOR_TOKENS", hide_env_values = true, value_parser = secret)]
    pub chat_operator_tokens: Option<SecretString>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            post_queue: 8192,
            cached_recipes: 4096,
            link_queue: 4096,
            reloadable: Reloadable::default(),
            webhooks: false,
            webhook_allowed_addresses: Vec::new(),
            webhook_off_after: Duration::from_secs(3 * 86_400),
            chat_database_connections: 8,
            chat_database_wait: Duration::from_secs(30),
            chat_keep_audit: Duration::from_secs(90 * 86_400),
            keep_versions: Duration::ZERO,
            keep_messages: Duration::ZERO,
        }
    }
}

impl Default for Reloadable {
    fn default() -> Self {
        Self {
            recipes_per_user: 2_000,
            links_per_user: 500,
            members_per_recipe: 200,
            members_per_user: 10_000,
            ingredients_per_recipe: 200,
            steps_per_recipe: 200,
            bytes_per_recipe: 262_144,
            bytes_per_user: 100 << 20,
            webhooks_per_recipe: 10,
            chat_operator_token: None,
            chat_operator_tokens: None,
        }
    }
}

impl Reloadable {
    /// Who may see what was done to recipes.
    ///
    /// # Errors
    /// What is wrong with their tokens.
    pub fn operators(&self) -> Result<Operators, &'static str> {
        let (one, named) = (&self.chat_operator_token, &self.chat_operator_tokens);
        Operators::read(one.as_ref(), named.as_ref())
    }

    /// How much one user may have and write, and one recipe may hold.
    pub(crate) fn quotas(&self) -> quota::Limits {
        let or = |limit: u32, none: usize| match limit {
            0 => none,
            limit => (limit as usize).min(none),
        };
        quota::Limits {
            recipes: self.recipes_per_user,
            links: self.links_per_user,
            bytes: self.bytes_per_user,
            members: self.members_per_user,
            webhooks: self.webhooks_per_recipe,
            recipe: RecipeLimits {
                members: or(self.members_per_recipe, usize::MAX),
                ingredients: or(self.ingredients_per_recipe, limits::INGREDIENTS),
                steps: or(self.steps_per_recipe, limits::STEPS),
                bytes: or(self.bytes_per_recipe, limits::JSON),
                ..RecipeLimits::default()
            },
        }
    }
}

fn at_least_one() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=1_000_000)
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    #[test]
    fn zero_leaves_what_every_recipe_is_held_to() {
        let none = Reloadable {
            members_per_recipe: 0,
            ingredients_per_recipe: 0,
            steps_per_recipe: 0,
            bytes_per_recipe: 0,
            ..Reloadable::default()
        };
        let unlimited = RecipeLimits {
            members: usize::MAX,
            ..RecipeLimits::default()
        };
        assert_eq!(none.quotas().recipe, unlimited);
        assert_eq!(
            Reloadable::default().quotas().recipe,
            RecipeLimits::default()
        );
    }

    #[test]
    fn the_defaults_of_the_command_line_are_the_defaults_of_the_type() {
        let matches = Config::augment_args(Command::new("chat")).get_matches_from(["chat"]);
        let parsed = Config::from_arg_matches(&matches).unwrap();
        assert_eq!(format!("{parsed:?}"), format!("{:?}", Config::default()));
    }
}
