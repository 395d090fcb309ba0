//! `metier check FILE`: finds what cannot go well before anything runs.

use std::sync::Arc;

use metier_agent::driver::NoWatch;

use super::{
    begin, models,
    session::{self, Session},
};
use crate::{
    args::{
        VaultPlace,
        runs::{Check, ModelOptions, StoreOptions},
    },
    commands::App,
    errors::Failure,
    exit::Exit,
};

/// Reads a definition and everything it names: skills, tools, grants, routes. Nothing is called.
pub fn run(app: &App, args: &Check) -> Result<Exit, Failure> {
    let (definition, folder) = begin::read(&args.file)?;
    let text = begin::text(&args.file)?;
    let name = definition.terms().name.as_str();
    crate::commands::runtime()?.block_on(async {
        let options = ModelOptions {
            routes: args.routes.clone(),
            ..ModelOptions::default()
        };
        let models = models::of(app, &options, &Default::default(), &folder, name)?;
        let nowhere = StoreOptions {
            store: Some(metier_store::StoreUrl::SqliteMemory),
        };
        let store = session::store(app, &nowhere).await?;
        let place = VaultPlace::default();
        let session = Session::open(app, store, &place, models.model, Arc::new(NoWatch))?;
        let mut started = begin::unfilled(&definition, &models.routes, &folder)?;
        begin::pin(app, &session, &mut started, &models.routes, &folder).await?;
        let findings = metier_agent::check::check(&started);
        for finding in &findings {
            let place = finding.position(&text).map_or(String::new(), |place| {
                format!("{}, {place}: ", args.file.display())
            });
            app.print(&format!("{place}{finding}\n"))?;
        }
        if !findings.is_empty() {
            return Ok(Exit::Failed(metier_core::Blame::Caller));
        }
        app.printer.note(&format!(
            "{} is sound: {} tools, {} routes.",
            name,
            started.tools.len(),
            started.routes.len()
        ));
        Ok(Exit::Ok)
    })
}
