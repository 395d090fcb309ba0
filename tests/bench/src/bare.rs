//! The reference: wasmtime with the same engine configuration, a store, a typed call, and nothing else.

use anyhow::Result;
use wasmtime::component::ComponentType;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Linker, Lower,
    ResourceTable,
};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::guests;
use crate::payload::Item;
use metier_runtime::engine::{self, Flavour};

/// Store data with an empty WASI context.
pub struct State {
    table: ResourceTable,
    wasi: WasiCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// The standard error of `metier:skill/types`.
#[derive(ComponentType, Lift, Debug)]
#[component(variant)]
#[expect(dead_code, reason = "lifted, never looked at")]
pub enum Error {
    #[component(name = "invalid-input")]
    InvalidInput(String),
    #[component(name = "unauthorized")]
    Unauthorized(String),
    #[component(name = "denied")]
    Denied(String),
    #[component(name = "not-found")]
    NotFound(String),
    #[component(name = "conflict")]
    Conflict(String),
    #[component(name = "rate-limited")]
    RateLimited(RateLimit),
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "internal")]
    Internal(String),
}

/// Its `rate-limit`.
#[derive(ComponentType, Lift, Debug)]
#[component(record)]
#[expect(dead_code, reason = "lifted, never looked at")]
pub struct RateLimit {
    message: String,
    #[component(name = "retry-after-seconds")]
    retry_after_seconds: Option<u32>,
}

/// What the typed `summarize` answers.
#[derive(ComponentType, Lift, Debug)]
#[component(record)]
#[expect(dead_code, reason = "lifted, never looked at")]
pub struct Summary {
    count: u32,
    total: f64,
    longest: String,
}

/// One component, ready to be called the bare way.
#[derive(Clone)]
pub struct Bare {
    pre: InstancePre<State>,
    function: ComponentExportIndex,
}

impl Bare {
    /// The bench's typed or dynamic component.
    pub fn new(engine: &Engine, name: &str, tool: &str) -> Result<Bare> {
        let component = Component::from_binary(engine, &guests::component(name)?)?;
        Bare::of(engine, &component, tool)
    }

    /// A compiled component.
    pub fn of(engine: &Engine, component: &Component, tool: &str) -> Result<Bare> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        // Imported by the typed skill and by those that `metier new` writes, never called by what is compared.
        linker.instance("metier:skill/types@0.1.0")?;
        linker
            .instance("metier:skill/fetch@0.1.0")?
            .func_new("fetch", |_, _, _, _| {
                Err(wasmtime::format_err!("not linked"))
            })?;
        let tools = component.get_export_index(None, "metier:skill/tools@0.1.0");
        let function = match &tools {
            Some(tools) => component.get_export_index(Some(tools), "call"),
            None => component.get_export_index(None, tool),
        };
        let function = function.ok_or_else(|| anyhow::anyhow!("no function to call"))?;
        Ok(Bare {
            pre: linker.instantiate_pre(component)?,
            function,
        })
    }

    /// One isolated typed call.
    pub async fn typed(&self, items: &[Item]) -> Result<()> {
        let (summary,): (Result<Summary, Error>,) = self.call((items,)).await?;
        summary
            .map(drop)
            .map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    /// One isolated typed call with a text.
    pub async fn scan(&self, text: &str) -> Result<()> {
        let (summary,): (Result<Summary, Error>,) = self.call((text,)).await?;
        summary
            .map(drop)
            .map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    /// One isolated call of the tool every new skill has.
    pub async fn greet(&self, name: &str) -> Result<()> {
        let (greeting,): (Result<String, Error>,) = self.call((name,)).await?;
        greeting
            .map(drop)
            .map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    /// One isolated dynamic call.
    pub async fn dynamic(&self, json: &str) -> Result<()> {
        let (answer,): (Result<String, Error>,) = self.call(("summarize", json)).await?;
        answer
            .map(drop)
            .map_err(|error| anyhow::anyhow!("{error:?}"))
    }

    async fn call<P, R>(&self, params: P) -> Result<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + Send + 'static,
    {
        let state = State {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().build(),
        };
        let mut store = Store::new(self.pre.engine(), state);
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_typed_func::<P, R>(&mut store, &self.function)?;
        Ok(function.call_async(&mut store, params).await?)
    }
}

/// An engine as the host's.
pub fn engine(calls: u32) -> Result<Engine> {
    Ok(engine::engine(Flavour::Sync, calls)?)
}
