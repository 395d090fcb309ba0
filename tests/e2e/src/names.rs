//! A resolver whose answers the test writes down, and which can change its mind.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use metier_runtime::egress::{Resolve, Resolving, Unresolved};

/// Names and their addresses. A name that was not written down does not exist.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<String, Answers>>>);

#[derive(Default)]
struct Answers {
    /// One list per question; the last one is given from then on.
    lists: Vec<Vec<IpAddr>>,
    asked: usize,
}

impl Names {
    /// `name` has this address.
    pub fn set(&self, name: &str, address: &str) {
        self.sequence(name, &[address]);
    }

    /// `name` has the first address when asked first, the second when asked again, and so on.
    pub fn sequence(&self, name: &str, addresses: &[&str]) {
        let parse = |address: &&str| vec![address.parse().expect("an address")];
        let answers = Answers {
            lists: addresses.iter().map(parse).collect(),
            asked: 0,
        };
        self.lock().insert(name.to_owned(), answers);
    }

    /// How often `name` was asked for.
    pub fn asked(&self, name: &str) -> usize {
        self.lock().get(name).map_or(0, |answers| answers.asked)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Answers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let mut names = self.lock();
        let answers = names.get_mut(name).ok_or(Unresolved)?;
        let at = answers.asked.min(answers.lists.len() - 1);
        answers.asked += 1;
        Ok(answers.lists[at].clone())
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        Box::pin(std::future::ready(self.answer(host)))
    }
}
