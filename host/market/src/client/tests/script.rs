//! The way to a market that lies where it is told to.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::shop::Shop;
use crate::client::{Answer, Broken, Http, Pieces, Request};

/// What it does instead of answering.
#[derive(Clone)]
pub enum Lie {
    /// A page of a portal.
    Html,
    /// These bytes.
    Bytes(Vec<u8>),
    /// The first half, and then the line breaks.
    Cut,
    /// The first half, as if it were all.
    Half,
    /// All of it and one byte more.
    Longer,
    /// The last byte is another.
    Flipped,
    /// More than there is, by its head.
    Told(u64),
    /// Without end.
    Endless,
    /// Never.
    Never,
    /// This status, and this body.
    Status(StatusCode, String),
}

/// A market, what it lies about, and what it was asked.
pub struct Script {
    shop: Mutex<Shop>,
    lies: Mutex<Vec<(String, Lie)>>,
    asked: Mutex<Vec<(Method, String)>>,
    slow: Mutex<Duration>,
    /// How many wait for an answer, and the most that did.
    waiting: Mutex<(usize, usize)>,
}

impl Script {
    pub fn of(shop: Shop) -> Script {
        Script {
            shop: Mutex::new(shop),
            lies: Mutex::default(),
            asked: Mutex::default(),
            slow: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Answers after so long.
    pub fn be_slow(&self, slow: Duration) {
        *self.slow.lock().unwrap() = slow;
    }

    pub fn most_at_once(&self) -> usize {
        self.waiting.lock().unwrap().1
    }

    async fn wait(&self) {
        {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.0 += 1;
            waiting.1 = waiting.1.max(waiting.0);
        }
        let slow = *self.slow.lock().unwrap();
        if !slow.is_zero() {
            tokio::time::sleep(slow).await;
        }
        self.waiting.lock().unwrap().0 -= 1;
    }

    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap()
    }

    /// Answers paths that begin so with a lie, until it is told otherwise.
    pub fn lie(&self, path: &str, lie: Lie) {
        self.lies.lock().unwrap().push((path.to_owned(), lie));
    }

    pub fn be_honest(&self) {
        self.lies.lock().unwrap().clear();
    }

    /// What was asked since it was asked last.
    pub fn asked(&self) -> Vec<(Method, String)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

struct Body {
    pieces: Vec<Result<Bytes, Broken>>,
    is_endless: bool,
}

#[async_trait]
impl Pieces for Body {
    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        if self.is_endless {
            return Ok(Some(Bytes::from(vec![b' '; 1 << 20])));
        }
        self.pieces.pop().transpose()
    }
}

#[async_trait]
impl Http for Script {
    async fn ask(&self, request: Request) -> Result<Answer, Broken> {
        let asked = (request.method.clone(), request.path.clone());
        self.asked.lock().unwrap().push(asked);
        self.wait().await;
        let (status, bytes) = self.shop().answer(&request);
        let lies = self.lies.lock().unwrap().clone();
        let lie = lies.iter().find(|(path, _)| request.path.starts_with(path));
        let mut headers = HeaderMap::new();
        let etag = format!("\"{}\"", metier_core::Digest::of(&bytes));
        headers.insert(header::ETAG, HeaderValue::try_from(&etag).unwrap());
        let answer = |status, bytes: Vec<u8>| Answer {
            status,
            headers: headers.clone(),
            body: whole(bytes),
        };
        let Some((_, lie)) = lie else {
            if request.etag.as_ref() == Some(&etag) {
                return Ok(answer(StatusCode::NOT_MODIFIED, Vec::new()));
            }
            return Ok(answer(status, bytes));
        };
        let half = bytes[..bytes.len() / 2].to_vec();
        Ok(match lie.clone() {
            Lie::Html => answer(StatusCode::OK, b"<!doctype html><p>Sign in".to_vec()),
            Lie::Bytes(bytes) => answer(StatusCode::OK, bytes),
            Lie::Half => answer(StatusCode::OK, half),
            Lie::Longer => answer(StatusCode::OK, [&bytes[..], b" "].concat()),
            Lie::Flipped => {
                let mut bytes = bytes;
                *bytes.last_mut().unwrap() ^= 1;
                answer(StatusCode::OK, bytes)
            }
            Lie::Status(status, body) => answer(status, body.into_bytes()),
            Lie::Told(told) => {
                let mut answer = answer(StatusCode::OK, bytes);
                answer.headers.insert(header::CONTENT_LENGTH, told.into());
                answer
            }
            Lie::Cut => Answer {
                body: Box::new(Body {
                    pieces: vec![Err(Broken("the line broke".to_owned())), Ok(half.into())],
                    is_endless: false,
                }),
                ..answer(StatusCode::OK, Vec::new())
            },
            Lie::Endless => Answer {
                body: Box::new(Body {
                    pieces: Vec::new(),
                    is_endless: true,
                }),
                ..answer(StatusCode::OK, Vec::new())
            },
            Lie::Never => std::future::pending().await,
        })
    }
}

fn whole(bytes: Vec<u8>) -> Box<dyn Pieces> {
    Box::new(Body {
        pieces: vec![Ok(bytes.into())],
        is_endless: false,
    })
}
