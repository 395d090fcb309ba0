//! Things that take a while to make, kept ready for the next who needs them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use metier_core::Fault;
use tokio::sync::OnceCell;

/// A thing, or the place where it is being made.
type Cell<T> = Arc<OnceCell<Arc<T>>>;

/// Things by key. Each is made once, by the first who asks; who needs another does not wait for that.
pub(super) struct Ready<K, T> {
    cells: Mutex<BTreeMap<K, Cell<T>>>,
    most: usize,
}

impl<K: Ord, T> Ready<K, T> {
    /// Keeps up to `most`; what somebody uses stays beyond that while they do.
    pub(super) fn up_to(most: usize) -> Self {
        Ready {
            cells: Mutex::default(),
            most,
        }
    }

    /// The thing under `key`, made by `make` if it is not there.
    ///
    /// # Errors
    /// Those of `make`; the next who asks tries anew.
    pub(super) async fn get(
        &self,
        key: K,
        make: impl Future<Output = Result<Arc<T>, Fault>>,
    ) -> Result<Arc<T>, Fault> {
        let cell = self.cell(key);
        cell.get_or_try_init(|| make).await.cloned()
    }

    fn cell(&self, key: K) -> Cell<T> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if cells.len() >= self.most && !cells.contains_key(&key) {
            cells.retain(|_, cell| is_used(cell));
        }
        cells.entry(key).or_default().clone()
    }
}

fn is_used<T>(cell: &Cell<T>) -> bool {
    Arc::strong_count(cell) > 1 || cell.get().is_some_and(|thing| Arc::strong_count(thing) > 1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use metier_core::{Code, Fault};
    use tokio::sync::oneshot;

    use super::Ready;

    #[tokio::test]
    async fn who_needs_another_thing_does_not_wait() {
        let ready = Arc::new(Ready::up_to(8));
        let (go, gone) = oneshot::channel::<()>();
        let slow = {
            let ready = ready.clone();
            tokio::spawn(async move {
                let make = async {
                    gone.await.ok();
                    Ok(Arc::new("slow"))
                };
                ready.get(1, make).await
            })
        };
        tokio::task::yield_now().await;
        let quick = ready.get(2, async { Ok(Arc::new("quick")) }).await.unwrap();
        assert_eq!(*quick, "quick");
        go.send(()).unwrap();
        assert_eq!(*slow.await.unwrap().unwrap(), "slow");
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let ready = Ready::up_to(8);
        let fails = async { Err(Fault::new(Code::HostInternal, "Not now.")) };
        assert!(ready.get((), fails).await.is_err());
        assert_eq!(*ready.get((), async { Ok(Arc::new(7)) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_is_there_is_given_and_nothing_else_goes() {
        let ready = Ready::up_to(2);
        for key in [1, 2, 1, 2] {
            ready.get(key, async { Ok(Arc::new(key)) }).await.unwrap();
        }
        for key in [1, 2] {
            let made = async { Err(Fault::new(Code::HostInternal, "Once is enough.")) };
            assert_eq!(*ready.get(key, made).await.unwrap(), key);
        }
    }

    #[tokio::test]
    async fn what_is_used_stays_and_the_rest_goes() {
        let ready = Ready::up_to(2);
        let used = ready.get(1, async { Ok(Arc::new(1)) }).await.unwrap();
        for key in 2..10 {
            ready.get(key, async { Ok(Arc::new(key)) }).await.unwrap();
        }
        let again = ready.get(1, async { Ok(Arc::new(100)) }).await.unwrap();
        assert!(Arc::ptr_eq(&used, &again));
        assert!(ready.cells.lock().unwrap().len() <= 3);
    }
}
