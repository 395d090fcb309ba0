//! `metier artifact`: files for skills, by digest.

use std::{fs::File, io, io::Read, path::Path, sync::Arc};

use metier_core::{Digest, TenantId, code::Code, fault::Fault};
use metier_runtime::capabilities::artifacts::{ArtifactError, ArtifactStore, DirArtifacts};
use serde_json::json;

use super::{App, call::artifacts};
use crate::{
    args::{Artifact, ArtifactAction},
    errors::Failure,
    printer::Format,
    render::bytes,
    text,
};

/// Bytes read at a time.
const PIECE: usize = 64 << 10;

/// Keeps a file, or writes one.
///
/// # Errors
/// [`Failure`]; half a file is neither kept nor written.
pub fn run(app: &App, args: &Artifact) -> Result<(), Failure> {
    let store = open(&app.folders.artifacts()?)?;
    super::runtime()?.block_on(async {
        match &args.action {
            ArtifactAction::Add { file } => add(app, &*store, &args.tenant, file).await,
            ArtifactAction::Get { digest, out } => {
                get(app, &*store, &args.tenant, digest, out).await
            }
        }
    })
}

/// The store in a folder, made when it is missing.
///
/// # Errors
/// When it cannot be made or written.
pub fn open(path: &Path) -> Result<Arc<dyn ArtifactStore>, Failure> {
    let what = format!("The folder for artifacts, `{}`,", path.display());
    match DirArtifacts::open(path) {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(storage(&what, error)),
    }
}

async fn add(
    app: &App,
    store: &dyn ArtifactStore,
    tenant: &TenantId,
    file: &Path,
) -> Result<(), Failure> {
    let mut source = source(file)?;
    let mut writer = store.begin(tenant).await.map_err(unkept)?;
    loop {
        let mut piece = vec![0; PIECE];
        let length = source
            .read(&mut piece)
            .map_err(|error| Failure::unreadable(file, &error))?;
        if length == 0 {
            break;
        }
        piece.truncate(length);
        writer.write(piece).await.map_err(unkept)?;
    }
    let kept = writer.finish().await.map_err(unkept)?;
    if app.printer.format == Format::Json {
        return app.print(&format!(
            "{}\n",
            json!({"digest": kept.digest, "size": kept.size})
        ));
    }
    app.print(&format!("{}\n", kept.digest))
}

fn source(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file).map_err(|error| Failure::unreadable(file, &error))?;
    Ok(Box::new(opened))
}

async fn get(
    app: &App,
    store: &dyn ArtifactStore,
    tenant: &TenantId,
    digest: &Digest,
    out: &Path,
) -> Result<(), Failure> {
    let found = store.open(tenant, digest).await.map_err(unkept)?;
    let mut reader = found.ok_or_else(|| {
        Fault::new(
            Code::NotFound,
            format!("The tenant {tenant} has no artifact {digest}."),
        )
        .with_hint("`metier artifact add FILE` keeps one; `metier call` prints those of its call.")
    })?;
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let file = artifacts::copy(&mut *reader, folder.unwrap_or(Path::new("."))).await?;
    let shown = text::one_line(&out.display().to_string());
    file.persist(out)
        .map_err(|error| Failure::unwritable(&format!("The file `{shown}`"), &error.error))?;
    app.printer
        .note(&format!("{shown} has {}.", bytes(reader.size())));
    Ok(())
}

fn unkept(error: ArtifactError) -> Failure {
    storage("The folder for artifacts", error)
}

fn storage(what: &str, error: ArtifactError) -> Failure {
    match error {
        ArtifactError::Unavailable(error) => Failure::unwritable(what, &error),
        ArtifactError::Full => {
            Fault::new(Code::StorageFull, format!("{what} has no room left.")).into()
        }
        error => Fault::new(
            Code::StorageUnavailable,
            format!("{what} cannot be used: {error}."),
        )
        .into(),
    }
}
