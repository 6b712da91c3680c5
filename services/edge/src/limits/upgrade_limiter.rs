//! What stands between a storm of clients that connect again and the edge: how many come in a second, and how
//! many may stand inside without having said who they are.

use std::{net::IpAddr, time::Duration};

use runtime::network::AddressBlock;
use tokio::time::Instant;

use super::{ConnectionLimit, ConnectionPermit, KeyedRateLimiter, RateLimit};
use crate::config::Reloadable;

/// How many seconds' worth of upgrades may come at once: in all, and from one address, behind which there may
/// be a whole office that lost its network.
const BURST_SECONDS: u32 = 2;
const BURST_PER_ADDRESS: u32 = 10;
/// When to try again when too many have not said yet who they are: by then they have, or are out.
const UNAUTHENTICATED_RETRY_AFTER: Duration = Duration::from_secs(5);

/// The way in for new connections.
#[derive(Debug)]
pub struct UpgradeLimiter {
    in_all: KeyedRateLimiter<()>,
    by_address: KeyedRateLimiter<AddressBlock>,
    unauthenticated: ConnectionLimit<AddressBlock>,
}

/// Why a connection is not let in, and when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// Too many come.
    Rate(Duration),
    /// Too many come from this address.
    AddressRate(Duration),
    /// Too many have not said yet who they are.
    Unauthenticated(Duration),
}

impl Rejected {
    /// Its label in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rate(_) => "rate",
            Self::AddressRate(_) => "address_rate",
            Self::Unauthenticated(_) => "unauthenticated",
        }
    }

    /// When to try again.
    pub fn retry_after(self) -> Duration {
        match self {
            Self::Rate(wait) | Self::AddressRate(wait) | Self::Unauthenticated(wait) => wait,
        }
    }
}

impl UpgradeLimiter {
    /// As wide as it is set.
    pub fn new(settings: &Reloadable) -> Self {
        Self {
            in_all: KeyedRateLimiter::new(rate_in_all(settings)),
            by_address: KeyedRateLimiter::new(rate_by_address(settings)),
            unauthenticated: ConnectionLimit::new(
                settings.max_unauthenticated,
                settings.max_unauthenticated_per_address,
            ),
        }
    }

    /// Goes on with other settings.
    pub fn set(&self, settings: &Reloadable) {
        self.in_all.set(rate_in_all(settings));
        self.by_address.set(rate_by_address(settings));
        self.unauthenticated.set(
            settings.max_unauthenticated,
            settings.max_unauthenticated_per_address,
        );
    }

    /// Lets a connection in; it gives its place back once it has said who it is.
    ///
    /// # Errors
    /// Why not.
    pub fn enter(
        &self,
        address: IpAddr,
        now: Instant,
    ) -> Result<ConnectionPermit<AddressBlock>, Rejected> {
        let address = AddressBlock::from(address);
        let place = self
            .unauthenticated
            .take(address)
            .ok_or(Rejected::Unauthenticated(UNAUTHENTICATED_RETRY_AFTER))?;
        // The address first, so that one address alone cannot use up what is there for all.
        self.by_address
            .take(address, now)
            .map_err(Rejected::AddressRate)?;
        self.in_all.take((), now).map_err(Rejected::Rate)?;
        Ok(place)
    }
}

fn rate_in_all(settings: &Reloadable) -> Option<RateLimit> {
    rate(settings.upgrade_rate, BURST_SECONDS)
}

fn rate_by_address(settings: &Reloadable) -> Option<RateLimit> {
    rate(settings.upgrade_rate_per_address, BURST_PER_ADDRESS)
}

fn rate(rate: u32, burst_seconds: u32) -> Option<RateLimit> {
    let burst = rate.saturating_mul(burst_seconds);
    RateLimit::new(rate, Duration::from_secs(1), burst)
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    fn limiter(flags: &[&str]) -> UpgradeLimiter {
        let command = Reloadable::augment_args(clap::Command::new("edge").no_binary_name(true));
        let matches = command.get_matches_from(flags);
        UpgradeLimiter::new(&Reloadable::from_arg_matches(&matches).unwrap())
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn one_address_cannot_use_up_what_is_there_for_all() {
        let (limiter, now) = (
            limiter(&["--upgrade-rate", "10", "--upgrade-rate-per-address", "1"]),
            Instant::now(),
        );
        let first = (0..100).filter(|_| limiter.enter(address(1), now).is_ok());
        assert_eq!(first.count(), 10);
        let refused = limiter.enter(address(1), now).unwrap_err();
        assert_eq!(refused, Rejected::AddressRate(Duration::from_secs(1)));

        let others = (2..100).filter(|last| limiter.enter(address(*last), now).is_ok());
        assert_eq!(others.count(), 10, "of two seconds' worth, ten were left");
        let refused = limiter.enter(address(200), now).unwrap_err();
        assert_eq!(refused, Rejected::Rate(Duration::from_millis(100)));
        let later = now + refused.retry_after();
        assert!(limiter.enter(address(200), later).is_ok());
    }

    #[test]
    fn whoever_says_who_they_are_makes_room() {
        let limiter = limiter(&[
            "--max-unauthenticated",
            "3",
            "--max-unauthenticated-per-address",
            "2",
        ]);
        let now = Instant::now();
        let first = limiter.enter(address(1), now).unwrap();
        let _second = limiter.enter(address(1), now).unwrap();
        let refused = limiter.enter(address(1), now).unwrap_err();
        assert_eq!(refused.label(), "unauthenticated");
        let _third = limiter.enter(address(2), now).unwrap();
        assert!(limiter.enter(address(3), now).is_err());

        drop(first);
        assert!(limiter.enter(address(1), now).is_ok());
    }

    #[test]
    fn the_hosts_of_an_ipv6_subscriber_share_its_limits() {
        let (limiter, now) = (
            limiter(&[
                "--upgrade-rate-per-address=1",
                "--max-unauthenticated-per-address=20",
            ]),
            Instant::now(),
        );
        let host = |last: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, last]);
        let inside: Vec<_> = (0..100)
            .map(|last| limiter.enter(host(last), now))
            .collect();
        assert_eq!(inside.iter().filter(|entered| entered.is_ok()).count(), 10);

        let neighbour = IpAddr::from([0x2001, 0xdb8, 1, 3, 0, 0, 0, 1]);
        assert!(limiter.enter(neighbour, now).is_ok());
        let inside: Vec<_> = (0..100)
            .map(|second| limiter.enter(host(second), now + Duration::from_secs(second.into())))
            .collect();
        assert!(matches!(
            inside.last(),
            Some(Err(Rejected::Unauthenticated(_)))
        ));
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = limiter(&[
            "--upgrade-rate=0",
            "--upgrade-rate-per-address=0",
            "--max-unauthenticated=0",
            "--max-unauthenticated-per-address=0",
        ]);
        let now = Instant::now();
        let inside: Vec<_> = (0..5_000).map(|_| limiter.enter(address(1), now)).collect();
        assert!(inside.iter().all(Result::is_ok));
    }
}
