//! What rmcp asks, and who answers it here.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use metier_core::CallId;
use metier_service::{Caller, Service};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CustomRequest,
        CustomResult, ErrorCode, GetSkillRequestParams, GetSkillResult, GetTaskParams,
        GetTaskResult, Implementation, ListResourceTemplatesResult, ListResourcesResult,
        ListSkillsResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext},
};

use super::{agents, call, resources, skills, tasks, tools};

/// The revisions spoken here.
pub const VERSIONS: [ProtocolVersion; 2] =
    [ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// How long a client may keep a list, in milliseconds: what an operator changes is seen after that at the latest.
const FRESH_MS: u64 = 5_000;

/// The methods with parameters that are answered here.
const METHODS: [&str; 10] = [
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "skills/list",
    "skills/get",
    "tasks/get",
    "tasks/update",
    "tasks/cancel",
];

static CONFIG: LazyLock<ServerConfig> = LazyLock::new(|| {
    let capabilities = ServerCapabilities::builder()
        .enable_tools()
        .enable_resources()
        .enable_skills()
        .enable_tasks()
        .build();
    ServerConfig::new(capabilities)
        .with_protocol_version(ProtocolVersion::V_2025_11_25)
        .with_server_info(
            Implementation::new("metier", env!("CARGO_PKG_VERSION")).with_title("Metier"),
        )
        .with_instructions(
            "Tools of installed skills, named `skill__tool`. Each runs in a sandbox with the reach its operator granted.",
        )
});

/// What outlives a request: things read once.
#[derive(Default)]
pub struct Shared {
    pub skills: skills::Known,
    pub agents: agents::Known,
}

/// Who asks whom.
pub struct Asked {
    pub service: Arc<Service>,
    pub caller: Caller,
    /// Of the request, where the surface gave it one.
    pub id: Option<CallId>,
    /// Of the request: what rmcp does in tasks of its own is not within it.
    pub span: tracing::Span,
    pub shared: Arc<Shared>,
}

/// Answers one caller.
#[derive(Clone)]
pub struct Handler(Arc<Asked>);

impl Handler {
    pub fn new(asked: Asked) -> Self {
        Handler(Arc::new(asked))
    }
}

type Context = RequestContext<RoleServer>;

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        CONFIG.clone()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    /// What rmcp could not read as any method it knows, one it does know with other parameters included.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: Context,
    ) -> Result<CustomResult, ErrorData> {
        let method = metier_core::ids::shown(&request.method);
        let is_begun = request.method == "initialize" && !is_new(&context);
        if is_begun || METHODS.contains(&request.method.as_str()) {
            let message = format!("The parameters of `{method}` are not those of the protocol.");
            return Err(ErrorData::invalid_params(message, None));
        }
        let message = format!("There is no method `{method}`.");
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
    }

    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {}

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut result = tools::list(&self.0, request).await?;
        (result.ttl_ms, result.cache_scope) = fresh(&context);
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        call::call(&self.0, request, context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: Context,
    ) -> Result<GetTaskResult, ErrorData> {
        tasks::get(&self.0, request, &context).await
    }

    async fn update_task(&self, request: UpdateTaskParams, _: Context) -> Result<(), ErrorData> {
        tasks::update(&self.0, request).await
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: Context) -> Result<(), ErrorData> {
        tasks::cancel(&self.0, request).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut result = resources::list(&self.0, request).await?;
        (result.ttl_ms, result.cache_scope) = fresh(&context);
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut result = resources::templates();
        (result.ttl_ms, result.cache_scope) = fresh(&context);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let result = resources::read(&self.0, &request.uri).await?;
        Ok(ReadResourceResponse::Complete(result))
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListSkillsResult, ErrorData> {
        let mut result = skills::list(&self.0, request).await?;
        (result.ttl_ms, result.cache_scope) = fresh(&context);
        Ok(result)
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: Context,
    ) -> Result<GetSkillResult, ErrorData> {
        let mut result = skills::get(&self.0, &request.uri).await?;
        (result.ttl_ms, result.cache_scope) = fresh(&context);
        Ok(result)
    }
}

/// How long, and by whom, an answer may be kept. Clients of earlier revisions are not told.
fn fresh(context: &Context) -> (Option<u64>, Option<CacheScope>) {
    match is_new(context) {
        true => (Some(FRESH_MS), Some(CacheScope::Private)),
        false => (None, None),
    }
}

fn is_new(context: &Context) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}
