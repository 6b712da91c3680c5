//! A crowd of chat clients who talk without end in a few recipes, over all edges of a stack. What was
//! said, answered and seen at each table is judged at the end.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    account::Account,
    chat_client::{ChatClient, ChatStats},
    chat_log,
    history::History,
    stack::Stack,
    timeouts::within_at_most,
};

/// How long it may take until everybody is answered and has left.
const LEAVING: Duration = Duration::from_secs(60);

/// Those who talk, and what is remembered of each recipe.
#[derive(Debug)]
pub struct Cluster {
    account: Account,
    tables: Vec<(String, History)>,
    stop: CancellationToken,
    talking: JoinSet<ChatStats>,
}

impl Cluster {
    /// Lets eight talk in each of so many recipes, with this much silence after each answer.
    pub async fn gather(stack: &Stack, recipes: usize, pace: Duration) -> Self {
        let account = stack.register("ada").await;
        let mut cluster = Self {
            tables: (0..recipes)
                .map(|number| (format!("stew-{number}"), History::default()))
                .collect(),
            account,
            stop: CancellationToken::new(),
            talking: JoinSet::new(),
        };
        for (recipe, history) in &cluster.tables {
            for number in 0..8 {
                let chat_client = ChatClient {
                    address: stack.edges[number % stack.edges.len()].address(),
                    account: cluster.account.clone(),
                    recipe: recipe.clone(),
                    pace,
                    history: history.clone(),
                    canary: stack.canary().clone(),
                };
                cluster
                    .talking
                    .spawn(chat_client.talk(cluster.stop.clone()));
            }
        }
        cluster
    }

    /// The user that they all are.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The recipes, and what is remembered of each.
    pub fn tables(&self) -> &[(String, History)] {
        &self.tables
    }

    /// How many messages were answered as accepted.
    pub fn accepted(&self) -> usize {
        let accepted = self.tables.iter().map(|(_, h)| h.count_accepted());
        accepted.sum()
    }

    /// Waits until so many more messages were accepted.
    pub async fn more(&self, messages: usize) {
        let wanted = self.accepted() + messages;
        let time_limit = LEAVING + Duration::from_millis(20) * u32::try_from(messages).unwrap_or(0);
        within_at_most(time_limit, "more talk", async {
            while self.accepted() < wanted {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    /// Lets everybody say their last and leave, and judges each table. Gives what they went through.
    ///
    /// # Panics
    /// When anything was lost, doubled, reordered or changed.
    pub async fn leave(self, stack: &mut Stack) -> Vec<ChatStats> {
        self.stop.cancel();
        let tallies = within_at_most(LEAVING, "everybody to leave", self.talking.join_all()).await;
        for (recipe, history) in &self.tables {
            let log = chat_log::read(stack.chat(), &self.account, recipe).await;
            assert!(log.len() >= history.count_accepted());
            history.assert_sound(&log);
        }
        tallies
    }
}
