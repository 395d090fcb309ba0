//! `metier attach`

use std::path::PathBuf;

use clap::Args;

/// Below `metier attach --help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  metier attach https://mcp.acme.com/mcp --list
  metier attach https://mcp.acme.com/mcp --name acme --namespace com.acme --token-env ACME_TOKEN
  metier attach http://127.0.0.1:8000/mcp --name files --tools read_file,list_directory
  metier attach --check acme --token-env ACME_TOKEN

The tools are kept as they are now: what the server says of them later changes nothing, and
--check shows it. Their effects are the server's word: read them in skill.toml and mend them.";

/// `metier attach`
#[derive(Debug, Args)]
pub struct Attach {
    /// Where the server is: an address of Streamable HTTP; http only on this machine
    #[arg(value_name = "URL", required_unless_present = "check")]
    pub url: Option<String>,
    /// What the skill is called; the folder gets the same name
    #[arg(long, value_name = "NAME", required_unless_present_any = ["list", "check"])]
    pub name: Option<String>,
    /// Who publishes it: a domain of yours, backwards [default: com.example]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Which of the server's tools [default: all]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub tools: Vec<String>,
    /// Ask the server with the bearer token in this environment variable; it is not kept
    #[arg(long, value_name = "VAR", conflicts_with = "token_file")]
    pub token_env: Option<String>,
    /// Ask the server with the bearer token in this file; it is not kept
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The skill's folder, whose name is the skill's [default: NAME]
    #[arg(short, long = "out", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the server's tools and make nothing
    #[arg(long, conflicts_with_all = ["name", "namespace", "out", "check"])]
    pub list: bool,
    /// Say what the server has changed since this folder was made, and change nothing
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["url", "name", "namespace", "tools", "out"])]
    pub check: Option<PathBuf>,
}
