//! `metier openapi`

use std::path::PathBuf;

use clap::Args;

/// Below `metier openapi --help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  metier openapi jira.json --list
  metier openapi jira.json --name jira --tools getIssue,editIssue,addComment
  metier openapi api.yaml --name acme --namespace com.acme --server https://api.acme.com/v2
  metier openapi jira.json --select jira.toml

A selection file has `name`, `server` and a table [tools.NAME] for each tool: operation,
description, effect, hide = [arguments], fixed = { argument = value },
headers = { name = value }, constraints = ['project == \"ABC\"'], keep = [\"issues[].key\"].";

/// `metier openapi`
#[derive(Debug, Args)]
pub struct OpenApi {
    /// The description: OpenAPI 3.0, 3.1, 3.2 or Swagger 2.0, in JSON or YAML; - for standard input
    #[arg(value_name = "SPEC")]
    pub spec: PathBuf,
    /// What the skill is called; the folder gets the same name
    #[arg(long, value_name = "NAME", required_unless_present_any = ["list", "select"])]
    pub name: Option<String>,
    /// Who publishes it: a domain of yours, backwards [default: com.example]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The operations that become tools: names of --list, ids or routes such as 'GET /pets' [default: all]
    #[arg(long, value_name = "A,B,C", conflicts_with = "select")]
    pub tools: Option<String>,
    /// A file that chooses, renames, hides, fixes and constrains
    #[arg(long, value_name = "FILE")]
    pub select: Option<PathBuf>,
    /// Where the API is, for descriptions that do not say; https://*.acme.com lets the operator say
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The skill's folder, whose name is the skill's [default: NAME]
    #[arg(short, long = "out", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the operations and make nothing
    #[arg(long, conflicts_with_all = ["tools", "select", "out"])]
    pub list: bool,
}
