//! How much one key and one tenant may ask for: so many requests a second, so many calls at once.
//!
//! Everybody's way in is [`Service::admit`](crate::Service::admit). A rate is kept as one moment a subject, the "theoretical arrival time"
//! of the generic cell rate algorithm (GCRA, ITU-T I.371): a full bucket costs nothing to remember, so it is forgotten, and the number of
//! subjects in memory is bounded. That bound is why this is not `governor`, whose keyed limiter grows with its keys and has one rate for all.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use metier_core::{Code, Fault, TenantId};

use crate::{Caller, Service};

/// Subjects whose buckets are not full, at most: about ten megabytes.
pub const MAX_SUBJECTS: usize = 100_000;

/// How often full buckets are looked for, when there is no room.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// So many a second, and so many at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, in the long run. At least 1.
    pub per_second: u32,
    /// Requests at once after a rest. At least 1.
    pub burst: u32,
}

/// What is allowed. Nothing is limited where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests of one key.
    pub key: Option<Rate>,
    /// Requests of one tenant, whatever its keys.
    pub tenant: Option<Rate>,
    /// Calls of one tenant at the same time.
    pub calls: Option<u32>,
}

/// Keeps the limits.
pub struct Limiter {
    limits: RwLock<Limits>,
    keys: Buckets,
    tenants: Buckets,
    running: Mutex<HashMap<TenantId, Arc<AtomicU32>>>,
}

/// What a call holds while it lasts.
#[derive(Debug, Default)]
#[must_use = "dropping it says that the call is over"]
pub struct Permit(Option<Arc<AtomicU32>>);

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(running) = &self.0 {
            running.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Limiter {
    /// Of these limits.
    pub fn new(limits: Limits) -> Self {
        Limiter {
            limits: RwLock::new(limits),
            keys: Buckets::new(MAX_SUBJECTS),
            tenants: Buckets::new(MAX_SUBJECTS),
            running: Mutex::default(),
        }
    }

    /// Keeps other limits from now on. What is under way counts on.
    pub fn keep(&self, limits: Limits) {
        let held = self.limits.write();
        *held.unwrap_or_else(PoisonError::into_inner) = limits;
    }

    fn limits(&self) -> Limits {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a caller in at `now`.
    ///
    /// # Errors
    /// `rate-limited`, saying what the limit is and after how long to come again.
    pub fn admit(&self, caller: &Caller, now: Instant) -> Result<Permit, Fault> {
        let limits = self.limits();
        let permit = self.run(&caller.tenant, limits.calls)?;
        if let Some(rate) = limits.key {
            // A trigger's principal is of its tenant only.
            let subject = format!("{}/{}", caller.tenant, caller.principal);
            let taken = self.keys.take(&subject, rate, now);
            taken.map_err(|wait| too_fast("key", rate, wait))?;
        }
        if let Some(rate) = limits.tenant {
            let taken = self.tenants.take(caller.tenant.as_str(), rate, now);
            taken.map_err(|wait| too_fast("tenant", rate, wait))?;
        }
        Ok(permit)
    }

    fn run(&self, tenant: &TenantId, most: Option<u32>) -> Result<Permit, Fault> {
        let Some(most) = most else {
            return Ok(Permit(None));
        };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.len() >= MAX_SUBJECTS {
            running.retain(|_, count| count.load(Ordering::Relaxed) > 0);
        }
        let count = running.entry(tenant.clone()).or_default();
        if count.load(Ordering::Relaxed) >= most {
            return Err(too_many(most));
        }
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Permit(Some(count.clone())))
    }
}

impl Service {
    /// Keeps other limits of keys and tenants from now on.
    pub fn keep_limits(&self, limits: Limits) {
        self.limiter().keep(limits);
    }
}

/// One rate for many subjects.
pub(crate) struct Buckets {
    origin: Instant,
    max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each bucket is full again, in microseconds.
    full_at: HashMap<Box<str>, u64>,
    swept: Option<u64>,
}

impl Buckets {
    pub(crate) fn new(max: usize) -> Self {
        Buckets {
            origin: Instant::now(),
            max,
            state: Mutex::default(),
        }
    }

    /// Takes one out of a subject's bucket, or says how long until there is one.
    pub(crate) fn take(&self, subject: &str, rate: Rate, now: Instant) -> Result<(), Duration> {
        let now = micros(now.saturating_duration_since(self.origin));
        let each = 1_000_000 / u64::from(rate.per_second.max(1));
        let room = each * u64::from(rate.burst.max(1));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = state.full_at.get_mut(subject) {
            let next = (*full_at).max(now) + each;
            if next > now + room {
                return Err(Duration::from_micros(next - now - room));
            }
            *full_at = next;
            return Ok(());
        }
        if !state.has_room(self.max, now) {
            return Err(SWEEP_EVERY);
        }
        state.full_at.insert(subject.into(), now + each);
        Ok(())
    }
}

impl State {
    fn has_room(&mut self, max: usize, now: u64) -> bool {
        let is_due = |swept: u64| now >= swept + micros(SWEEP_EVERY);
        if self.full_at.len() >= max && self.swept.is_none_or(is_due) {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.swept = Some(now);
        }
        self.full_at.len() < max
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

fn too_fast(whose: &str, rate: Rate, wait: Duration) -> Fault {
    let Rate { per_second, burst } = rate;
    let message = format!(
        "The {whose} may make {per_second} requests a second, and {burst} at once after a rest."
    );
    Fault::new(Code::RateLimited, message)
        .with_retry_after(wait)
        .with_detail("limit", whose)
}

fn too_many(most: u32) -> Fault {
    let message = format!("The tenant has {most} calls under way, which is all it may have.");
    Fault::new(Code::RateLimited, message)
        .with_retry_after(Duration::from_secs(1))
        .with_detail("limit", "calls")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::{Duration, Instant};

    use metier_core::Code;

    use super::{Buckets, Limiter, Limits, Rate};
    use crate::Caller;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 3,
    };

    fn caller(tenant: &str, principal: &str) -> Caller {
        Caller {
            principal: principal.parse().unwrap(),
            ..Caller::operator_of(tenant.parse().unwrap())
        }
    }

    fn limiter(limits: Limits) -> Limiter {
        Limiter::new(limits)
    }

    #[test]
    fn a_key_has_its_burst_and_then_its_rate() {
        let limiter = limiter(Limits {
            key: Some(RATE),
            ..Limits::default()
        });
        let (one, other) = (caller("a", "key/1"), caller("a", "key/2"));
        // As two tenants' triggers have one name.
        let namesake = caller("b", "key/1");
        let now = Instant::now();
        for _ in 0..3 {
            drop(limiter.admit(&one, now).unwrap());
        }
        let fault = limiter.admit(&one, now).unwrap_err();
        assert_eq!(fault.code, Code::RateLimited);
        assert_eq!(fault.retry_after, Some(Duration::from_millis(100)));
        drop(limiter.admit(&other, now).unwrap());
        drop(limiter.admit(&namesake, now).unwrap());
        drop(
            limiter
                .admit(&one, now + Duration::from_millis(100))
                .unwrap(),
        );
        assert!(
            limiter
                .admit(&one, now + Duration::from_millis(150))
                .is_err()
        );
        let rested = now + Duration::from_secs(60);
        let admitted = (0..10).filter(|_| limiter.admit(&one, rested).is_ok());
        assert_eq!(admitted.count(), 3);
    }

    #[test]
    fn a_tenants_keys_share_its_rate() {
        let limiter = limiter(Limits {
            tenant: Some(RATE),
            ..Limits::default()
        });
        let now = Instant::now();
        let of = |tenant: &str, key: usize| {
            limiter
                .admit(&caller(tenant, &format!("key/{key}")), now)
                .is_ok()
        };
        assert_eq!((0..10).filter(|key| of("a", *key)).count(), 3);
        assert!(of("b", 0));
    }

    #[test]
    fn a_tenant_has_so_many_calls_at_once() {
        let limiter = limiter(Limits {
            calls: Some(2),
            ..Limits::default()
        });
        let (now, one) = (Instant::now(), caller("a", "key/1"));
        let first = limiter.admit(&one, now).unwrap();
        let _second = limiter.admit(&caller("a", "key/2"), now).unwrap();
        assert_eq!(
            limiter.admit(&one, now).unwrap_err().code,
            Code::RateLimited
        );
        let _others = limiter.admit(&caller("b", "key/1"), now).unwrap();
        drop(first);
        let _third = limiter.admit(&one, now).unwrap();
    }

    #[test]
    fn limits_may_change_while_calls_are_under_way() {
        let limiter = limiter(Limits::default());
        let (now, one) = (Instant::now(), caller("a", "key/1"));
        let before = limiter.admit(&one, now).unwrap();
        limiter.keep(Limits {
            key: Some(RATE),
            calls: Some(1),
            ..Limits::default()
        });
        let only = limiter.admit(&one, now).unwrap();
        assert!(limiter.admit(&one, now).is_err());
        drop(before);
        assert!(limiter.admit(&one, now).is_err());
        drop(only);
        limiter.keep(Limits::default());
        assert!((0..100).all(|_| limiter.admit(&one, now).is_ok()));
    }

    #[test]
    fn what_is_not_limited_is_let_in() {
        let limiter = limiter(Limits::default());
        let now = Instant::now();
        assert!((0..10_000).all(|_| limiter.admit(&caller("a", "key/1"), now).is_ok()));
    }

    #[test]
    fn subjects_in_memory_are_bounded_and_rested_ones_forgotten() {
        let buckets = Buckets::new(10);
        let now = Instant::now();
        let take = |subject: usize, now| buckets.take(&subject.to_string(), RATE, now).is_ok();
        assert_eq!((0..50).filter(|subject| take(*subject, now)).count(), 10);
        assert_eq!(buckets.state.lock().unwrap().full_at.len(), 10);
        let later = now + Duration::from_secs(2);
        assert!(take(50, later));
        assert_eq!(buckets.state.lock().unwrap().full_at.len(), 1);
    }
}
