//! A store that fails when it is told to.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result, UploadPart, memory::InMemory, path::Path,
};

/// What it does to all requests.
#[derive(Debug)]
pub struct Faulty {
    pub inner: InMemory,
    /// Requests that write until one fails; it fails no more after that.
    left: std::sync::Arc<AtomicUsize>,
    cut: AtomicBool,
}

const WELL: usize = usize::MAX / 2;

impl Faulty {
    pub fn over(inner: InMemory) -> Faulty {
        Faulty {
            inner,
            left: std::sync::Arc::new(AtomicUsize::new(WELL)),
            cut: AtomicBool::new(false),
        }
    }

    /// After so many requests that write, the next fails.
    pub fn fail_at(&self, requests: usize) {
        self.left.store(requests, Relaxed);
    }

    pub fn be_well(&self) {
        self.fail_at(WELL);
    }

    /// Whether it gives back less than it says.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Relaxed);
    }

    pub async fn has(&self, path: &Path) -> bool {
        self.inner.head(path).await.is_ok()
    }
}

fn step(left: &AtomicUsize) -> Result<()> {
    match left.fetch_sub(1, Relaxed) {
        0 => {
            left.store(WELL, Relaxed);
            Err(Error::Generic {
                store: "faulty",
                source: "somebody pulled the plug".into(),
            })
        }
        _ => Ok(()),
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        step(&self.left)?;
        self.inner.put_opts(at, bytes, how).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        step(&self.left)?;
        Ok(Box::new(Parts {
            inner: self.inner.put_multipart_opts(at, how).await?,
            left: self.left.clone(),
        }))
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        let is_head = how.head;
        let mut got = self.inner.get_opts(at, how).await?;
        if self.cut.load(Relaxed) && !is_head {
            let short = futures::stream::once(async { Ok(Bytes::from_static(b"sou")) });
            got.payload = GetResultPayload::Stream(short.boxed());
        }
        Ok(got)
    }

    fn delete_stream(
        &self,
        all: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(all)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, how).await
    }
}

#[derive(Debug)]
struct Parts {
    inner: Box<dyn MultipartUpload>,
    left: std::sync::Arc<AtomicUsize>,
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, bytes: PutPayload) -> UploadPart {
        match step(&self.left) {
            Ok(()) => self.inner.put_part(bytes),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        step(&self.left)?;
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
