//! What somebody did or was refused, kept for operators until it is old.

use proto::ids::UserId;
use runtime::clock::Timestamp;

use super::{Error, MAX_PAGE, Row, Statement, Store};
use crate::audit::{AuditEvent, Noted, Subject};

/// Which events are listed.
#[derive(Debug, Clone)]
pub(crate) struct AuditFilter {
    /// Only those about this user.
    pub(crate) user: Option<UserId>,
    /// Only those of this kind.
    pub(crate) kind: Option<String>,
    /// Only those since then.
    pub(crate) since: Timestamp,
    /// Only those before this one.
    pub(crate) before: u64,
    /// At most so many.
    pub(crate) limit: u32,
}

impl Store {
    /// Keeps events, all or none of them. Of a user who is not there any more no id is kept.
    pub(crate) async fn add_audit_events(&self, events: Vec<AuditEvent>) -> Result<(), Error> {
        // A name that was typed is only compared: people type passwords there.
        const SQL: &str = "INSERT INTO audit (at, kind, outcome, operator, user_id, session, address, request_id, about) \
                           SELECT $1, $2, $3, $4, coalesce((SELECT id FROM users WHERE id = $5), \
                           (SELECT id FROM users WHERE name_key = $6), \
                           (SELECT user_id FROM sessions WHERE id = $7), ''), $7, $8, $9, $10";
        let statements = events.into_iter().map(|event| {
            let (user, name_key) = match &event.subject {
                Subject::User(user) => (user.as_str(), String::new()),
                Subject::Name(name) => ("", name.key()),
                Subject::Unknown => ("", String::new()),
            };
            let parameters = [
                event.at.into(),
                event.kind.into(),
                event.outcome.into(),
                event.operator.as_deref().unwrap_or_default().into(),
                user.into(),
                name_key.into(),
                event.session.as_ref().map_or("", |id| id.as_str()).into(),
                event
                    .address
                    .map(|ip| ip.to_string())
                    .unwrap_or_default()
                    .into(),
                event.request_id.unwrap_or_default().into(),
                event.about.into(),
            ];
            Statement::new(SQL, parameters)
        });
        let added = self.transact_all("add_audit_events", statements.collect());
        added.await.map(drop)
    }

    /// Events that pass a filter, the newest first.
    pub(crate) async fn audit_events(&self, filter: &AuditFilter) -> Result<Vec<Noted>, Error> {
        const ALL: &str = "SELECT a.id, a.at, a.kind, a.outcome, a.operator, a.user_id, coalesce(u.name, ''), \
                           a.session, a.address, a.request_id, a.about \
                           FROM audit a LEFT JOIN users u ON u.id = a.user_id \
                           WHERE a.at >= $1 AND a.id < $2 AND (a.kind = $3 OR $3 = '') AND $4 = '' \
                           ORDER BY a.id DESC LIMIT $5";
        const OF_USER: &str = "SELECT a.id, a.at, a.kind, a.outcome, a.operator, a.user_id, coalesce(u.name, ''), \
                               a.session, a.address, a.request_id, a.about \
                               FROM audit a LEFT JOIN users u ON u.id = a.user_id \
                               WHERE a.at >= $1 AND a.id < $2 AND (a.kind = $3 OR $3 = '') AND a.user_id = $4 \
                               ORDER BY a.id DESC LIMIT $5";
        let sql = if filter.user.is_some() { OF_USER } else { ALL };
        let before = i64::try_from(filter.before).unwrap_or(i64::MAX);
        let parameters = [
            filter.since.into(),
            before.into(),
            filter.kind.as_deref().unwrap_or_default().into(),
            filter.user.as_ref().map_or("", |id| id.as_str()).into(),
            filter.limit.into(),
        ];
        let rows = self
            .rows("audit_events", Statement::new(sql, parameters))
            .await?;
        rows.iter().map(read_event).collect()
    }

    /// Forgets events from before then, at most [`MAX_PAGE`]; says how many.
    pub(crate) async fn forget_audit_events(&self, before: Timestamp) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM audit WHERE id IN \
                           (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2) RETURNING id";
        let forgotten = Statement::new(SQL, [before.into(), MAX_PAGE.into()]);
        Ok(self.rows("forget_audit_events", forgotten).await?.len() as u64)
    }
}

fn read_event(row: &Row) -> Result<Noted, Error> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Noted {
        id: u64::try_from(row.integer(0)?).map_err(|_| Error::Malformed("audit.id"))?,
        at: Timestamp::from_unix_millis(row.integer(1)?),
        kind: text(2)?,
        outcome: text(3)?,
        operator: text(4)?,
        user_id: text(5)?,
        username: text(6)?,
        session: text(7)?,
        address: text(8)?,
        request_id: text(9)?,
        about: text(10)?,
    })
}
