//! Puts the parts of a chat service together: opened first, so that a bad database is told at once, then served.

use std::sync::Arc;

use arc_swap::ArcSwap;
use runtime::{
    audit::{self, Backlog},
    clock::SharedClock,
    config::SecretUrl,
    grpc::{Access, Probe},
    lifecycle::Lifecycle,
    operators::Operators,
    public_web::PublicWeb,
    redis::{InvalidUrl, Redis, SelfTest},
};
use tokio::net::TcpListener;

use crate::{
    audit::AuditEvent,
    commit::{Dependencies, Limits, Pipeline, Shard},
    config::{Config, Reloadable},
    grpc,
    hub::Hub,
    metrics::{self, Metrics},
    quota::Quotas,
    recipes::Recipes,
    replicas::{self, Replicas},
    store::{OpenError, Store},
    upkeep::Upkeep,
    verifier::{AuthService, Verifier},
    webhooks::Deliveries,
};

/// A chat service with its database open.
#[derive(Debug)]
pub struct Chat {
    store: Store,
    recipes: Recipes,
    shards: Vec<Shard>,
    link_queue: usize,
    /// Only on a database that replicas share.
    replicas: Option<Replicas>,
    clock: SharedClock,
    upkeep: Upkeep,
    /// Only where there are webhooks.
    deliveries: Option<Deliveries>,
    /// What is noted and not yet written.
    audit: Backlog<AuditEvent>,
    operators: Arc<ArcSwap<Operators>>,
    quotas: Arc<Quotas>,
    /// By whose keys tokens are verified; without it callers are believed.
    auth: Option<AuthService>,
}

/// Opens the database: `sqlite:PATH`, created when missing, or `postgres://…`. Redis is used only between
/// replicas on PostgreSQL.
///
/// # Errors
/// When the database cannot be opened or the address of Redis makes no sense, in one line that shows no password.
pub async fn open(
    config: &Config,
    database: &SecretUrl,
    redis: Option<SecretUrl>,
    clock: SharedClock,
) -> Result<Chat, OpenError> {
    if let Some(url) = &redis {
        Redis::check(url)?;
    }
    let operators = config.reloadable.operators().map_err(OpenError::Config)?;
    let store = Store::open(
        database,
        config.chat_database_connections,
        config.chat_database_wait,
    )
    .await?;
    let hub = Arc::new(Hub::default());
    let replicas = match store.is_shared() {
        true => Some(Replicas {
            store: store.clone(),
            hub: Arc::clone(&hub),
            hints: Arc::default(),
            redis: redis.as_ref().map(open_redis).transpose()?,
        }),
        false => None,
    };
    let metrics = Arc::new(Metrics::new());
    let counts = Arc::clone(&metrics);
    let count = Arc::new(move |outcome, count| counts.audit(outcome, count));
    let (audit, backlog) = audit::queue(audit::QUEUE_LENGTH, count);
    let quotas = Arc::new(Quotas::new(config.reloadable.quotas()));
    let dependencies = Dependencies {
        audit,
        store: store.clone(),
        hub,
        hints: replicas
            .as_ref()
            .map(|replicas| Arc::clone(&replicas.hints)),
        clock: clock.clone(),
        metrics,
        quotas: Arc::clone(&quotas),
    };
    let limits = Limits {
        queue: config.post_queue as usize,
        cached: config.cached_recipes as usize,
    };
    let (pipeline, shards) = Pipeline::new(limits, &dependencies);
    let queues = pipeline.queues();
    let of_hub = |count: fn(&Hub) -> usize| {
        let hub = Arc::downgrade(&dependencies.hub);
        move || hub.upgrade().map_or(0, |hub| count(&hub))
    };
    dependencies.metrics.watch(
        move || queues.depth(),
        of_hub(Hub::attached_count),
        of_hub(|hub| hub.presence().count()),
    );
    let upkeep = Upkeep {
        store: dependencies.store.clone(),
        clock: clock.clone(),
        metrics: Arc::clone(&dependencies.metrics),
        keep_audit: config.chat_keep_audit,
        keep_versions: config.keep_versions,
        keep_messages: config.keep_messages,
    };
    let web = config.webhooks.then(|| {
        let allowed = config.webhook_allowed_addresses.clone();
        Arc::new(PublicWeb::new(allowed))
    });
    let recipes = Recipes::new(pipeline, dependencies).with_webhooks(web.clone());
    let off_after = config.webhook_off_after;
    let deliveries = web.map(|web| Deliveries::new(recipes.clone(), web, off_after));
    Ok(Chat {
        deliveries,
        upkeep,
        audit: backlog,
        operators: Arc::new(ArcSwap::from_pointee(operators)),
        quotas,
        store,
        recipes,
        shards,
        link_queue: config.link_queue as usize,
        replicas,
        clock,
        auth: None,
    })
}

/// What the service does with Redis, to be tried before it is relied on.
pub fn redis_self_test() -> SelfTest {
    replicas::redis_self_test()
}

fn open_redis(url: &SecretUrl) -> Result<Redis, InvalidUrl> {
    let redis = Redis::open_tested(url, redis_self_test())?;
    metrics::export_health(&redis);
    Ok(redis)
}

/// Asks the store whether it answers.
fn store_probe(store: Store) -> Probe {
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move { store.ping().await.map_err(|error| error.to_string()) })
    })
}

/// Gives a chat service other settings while it runs.
#[derive(Debug, Clone)]
pub struct Reloader {
    operators: Arc<ArcSwap<Operators>>,
    quotas: Arc<Quotas>,
}

impl Reloader {
    /// Has the service go on with these settings, in which there are no faults.
    pub fn reload(&self, settings: &Reloadable) {
        if let Ok(operators) = settings.operators() {
            self.operators.store(Arc::new(operators));
        }
        self.quotas.set(settings.quotas());
    }
}

impl Chat {
    /// By which its settings change while it serves.
    pub fn reloader(&self) -> Reloader {
        Reloader {
            operators: Arc::clone(&self.operators),
            quotas: Arc::clone(&self.quotas),
        }
    }

    /// Has it verify the access tokens of whoever asks, by the public keys of this auth service.
    #[must_use]
    pub fn verify_tokens_by(mut self, auth: AuthService) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Serves callers that have `access` until the lifecycle stops it: calls and posts under way are finished.
    ///
    /// # Errors
    /// When the transport fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        access: Access,
        lifecycle: Lifecycle,
    ) -> anyhow::Result<()> {
        let store = self.store.clone();
        self.audit.spawn(&lifecycle, move |events| {
            let store = store.clone();
            async move { store.add_audit_events(events).await }
        });
        for shard in self.shards {
            let killed = lifecycle.clone();
            lifecycle.spawn(async move {
                tokio::select! {
                    () = shard.run() => {}
                    () = killed.killed() => {}
                }
            });
        }
        let stopping = lifecycle.clone();
        let upkeep = self.upkeep;
        lifecycle.spawn(async move {
            tokio::select! {
                () = upkeep.run() => {}
                () = stopping.stopping() => {}
            }
        });
        if let Some(deliveries) = self.deliveries {
            let stopping = lifecycle.clone();
            lifecycle.spawn(async move { deliveries.run(stopping.stopping()).await });
        }
        let (stopping, recipes) = (lifecycle.clone(), self.recipes.clone());
        lifecycle.spawn(async move {
            tokio::select! {
                () = recipes.hub().tell_presence(recipes.metrics()) => {}
                // Edges go to other replicas one by one: nobody is told that the others are gone.
                () = stopping.stopping() => {}
            }
        });
        if let Some(replicas) = self.replicas {
            lifecycle.spawn(replicas.run(lifecycle.clone()));
        }
        let verifier = match self.auth {
            Some(auth) => Verifier::by(auth, self.clock, &lifecycle),
            None => Verifier::default(),
        };
        let service = grpc::service(
            self.recipes,
            verifier,
            self.operators,
            self.link_queue,
            lifecycle.clone(),
        );
        runtime::grpc::serve(
            listener,
            service,
            proto::chat::FILE_DESCRIPTOR_SET,
            access,
            store_probe(self.store),
            &lifecycle,
        )
        .await
    }
}
