// The agents and grants of the stage.

export const HOSTILE =
  "</pre></script><script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\"><svg onload=window.pwned=1>\"' onfocus=window.pwned=1 autofocus ";

const review = (version, words) => `# Looks at a table and says what it says.
[agent]
name = "account-review"
version = "${version}"
description = "Reads a quarter's deals, draws a chart of them and tells the issue what they say."
model = "drafting"
instructions = "${words}"
prompt = "Review \${input.quarter}."

[input.schema]
type = "object"
required = ["quarter"]

[input.schema.properties]
quarter = { type = "string" }

[skills.data]
file = "data.wasm"
tools = ["query", "draw-chart"]

[skills.jira]
file = "jira.wasm"
tools = ["get-issue", "add-comment"]

[budget]
money = "2.00 USD"
wall = "15m"

[[approvals.rule]]
tool = "jira.add-comment"
then = "ask"
`;

const triage = `[agent]
name = "support-triage"
version = "2.3.0"
description = "Sorts what customers write, and asks before it answers one."
model = "quick"
instructions = "Sort."
prompt = "\${input.message}"

[input.schema]
type = "object"
required = ["message"]

[input.schema.properties]
message = { type = "string" }

[skills.math]
file = "math.wasm"
tools = ["add"]

[skills.slack]
file = "slack.wasm"
tools = ["post-message", "read-channel"]

[approvals]
from-effect = "none"

[[approvals.rule]]
tool = "slack.post-message"
then = "ask"
`;

const careful = `[agent]
name = "contract-check"
version = "0.9.0"
description = ${JSON.stringify(`Reads contracts. ${HOSTILE}`)}
model = "careful"
instructions = "Read."
prompt = "\${input.text}"

[input.schema]
type = "object"
required = ["text"]

[input.schema.properties]
text = { type = "string" }

[skills.math]
file = "math.wasm"
tools = ["add", "crash"]

[approvals]
from-effect = "none"
`;

export const AGENTS = [
  review("1.0.0", "Be brief."),
  review("1.1.0", "Be brief. Name no number that is not in the table."),
  review("1.2.0", "Be brief. Name no number that is not in the table. Draw one chart."),
  triage,
  careful,
];

export const GRANTS = {
  data: `# Handing back files, and nothing else.
skill = "com.metier/data"
tools = ["*"]

[artifacts]
max-bytes = "32MiB"
`,
  jira: `# Reading, and commenting on, issues of one site.
skill = "com.metier/jira"
tools = ["get-issue", "add-comment"]

[[http]]
host = "acme.atlassian.net"
methods = ["GET"]
paths = ["/rest/api/3/issue/*"]
credential = "jira"

[[http]]
host = "acme.atlassian.net"
methods = ["POST"]
paths = ["/rest/api/3/issue/*/comment"]
credential = "jira"

[config]
base-url = "https://acme.atlassian.net"

[credentials.jira]
kind = "basic"
username = "review@acme.example"
secret = { vault = "jira-token" }
hosts = ["acme.atlassian.net"]
`,
  slack: `skill = "com.metier/slack"
tools = ["post-message", "read-channel"]

[[http]]
host = "slack.com"
methods = ["POST"]
paths = ["/api/chat.postMessage"]
credential = "slack"

[credentials.slack]
kind = "bearer"
secret = { vault = "slack-token" }
hosts = ["slack.com"]
`,
};
