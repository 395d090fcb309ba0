// Fills a service with what people look at: skills, agents, and runs that stand in every way a run can stand.

import { readFile } from "node:fs/promises";
import { AGENTS, GRANTS, HOSTILE } from "./agents.mjs";

/** A service and the emulator of its models. */
export class Stage {
  constructor(service, key, emulator) {
    this.service = service;
    this.key = key;
    this.emulator = emulator;
  }

  async api(method, path, body, type = "application/json") {
    const headers = { authorization: `Bearer ${this.key}` };
    if (body !== undefined) headers["content-type"] = type;
    const sent = type === "application/json" && body !== undefined ? JSON.stringify(body) : body;
    const answer = await fetch(`${this.service}/api/v1${path}`, { method, headers, body: sent });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text && (answer.headers.get("content-type") || "").includes("json") ? JSON.parse(text) : text;
  }

  async emulate(method, path, body) {
    const init = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) };
    const answer = await fetch(`http://${this.emulator}${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  answers(list) { return this.emulate("PUT", "/__answers", list); }
  faults(list) { return this.emulate("PUT", "/__faults", list); }
  release() { return this.emulate("POST", "/__release"); }

  /** Starts a run and waits until it stands so. */
  async run(agent, input, answers, until) {
    await this.answers(answers);
    const { id } = await this.api("POST", "/runs", { agent, input });
    return until ? this.until(id, until) : this.api("GET", `/runs/${id}`);
  }

  async until(id, is) {
    for (let n = 0; n < 600; n++) {
      const run = await this.api("GET", `/runs/${id}`);
      if (is(run)) return run;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`run ${id} does not come there: ${JSON.stringify(await this.api("GET", `/runs/${id}`))}`);
  }

  decide(run, decision, why) {
    const [open] = run.approvals;
    return this.api("POST", `/runs/${run.id}/approvals/${open.number}`, { decision, hash: open.hash, ...(why && { why }) });
  }

  async keep(bytes) {
    return (await this.api("POST", "/artifacts", bytes, "application/octet-stream")).digest;
  }
}

export const over = (run) => ["completed", "failed", "cancelled"].includes(run.status);
export const asks = (run) => run.approvals.length > 0;

const call = (name, args, text = "") => ({ text, calls: [{ name, arguments: JSON.stringify(args) }] });
const says = (text) => ({ text, calls: [] });

const comment = (issue, text) => ({
  issueIdOrKey: issue,
  body: { body: { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text }] }] } },
});
const post = (channel, text) => ({ body: { channel, text } });

const TABLE = "quarter,region,deals,amount\n2026-Q3,North,14,1204000\n2026-Q3,South,9,842500\n2026-Q3,East,6,391000\n2026-Q3,West,17,1630250\n";

/** Skills, grants, secrets and agents. */
export async function furnish(stage, skills) {
  for (const name of ["data", "jira", "slack", "google-calendar", "math"]) {
    const bytes = await readFile(`${skills}/${name}.wasm`);
    await stage.api("PUT", `/skills/${name}?allow_unsigned=true`, bytes, "application/wasm");
  }
  for (const secret of ["jira-token", "slack-token"]) await stage.api("PUT", `/secrets/${secret}`, "not a real one", "text/plain");
  for (const [alias, grant] of Object.entries(GRANTS)) await stage.api("PUT", `/skills/${alias}/grant`, grant, "application/toml");
  await stage.api("PATCH", "/skills/google-calendar", { enabled: false });
  for (const text of AGENTS) await stage.api("POST", "/agents", { text });
}

/** Runs in every state; what the test needs of them by name. */
export async function play(stage) {
  const table = await stage.keep(TABLE);
  const tables = [{ name: "deals", artifact: table, format: "csv" }];
  const query = call("data__query", { tables, sql: "SELECT region, amount FROM deals ORDER BY amount DESC", "save-as": "deals by region.csv" }, "I look at the table first.");
  const chart = (format) => call("data__draw-chart", {
    tables,
    sql: "SELECT region, amount FROM deals ORDER BY amount DESC",
    chart: { kind: "bar", title: "West has the largest quarter", format, width: 640, height: 360 },
  });
  const story = says("West leads with 1.63 million in 17 deals, North follows with 1.20 million. East is small: 6 deals.");
  await stage.faults([{ kind: "slow", head_ms: 260, piece_ms: 25 }]);
  const found = {};
  const quarter = (n) => ({ quarter: `2026-Q${n}` });
  for (const format of ["svg", "png"]) found.review = await stage.run("account-review", quarter(3), [query, chart(format), story], over);
  const first = await stage.run("account-review", quarter(1), [query, call("jira__add-comment", comment("ABC-1", "The quarter is closed.")), story], asks);
  await stage.decide(first, "approve");
  found.commented = await stage.until(first.id, over);
  const second = await stage.run("account-review", quarter(2), [call("jira__add-comment", comment("ABC-9", "Not yet.")), says("Then not.")], asks);
  await stage.decide(second, "deny", HOSTILE);
  await stage.until(second.id, over);
  for (const words of ["My invoice is wrong", "Where is my parcel?", "The app crashes", "Thank you!", HOSTILE]) {
    found.triage = await stage.run("support-triage", { message: words }, [call("math__add", { a: 2, b: 3 }, "How urgent is it?"), says(`Category: billing. ${HOSTILE}`)], over);
  }
  found.failed = await stage.run("contract-check", { text: "Clause 1" }, [call("math__crash", {}), says("It could not be read.")], over);
  await stage.faults([{ kind: "secret-echo" }]);
  found.refused = await stage.run("contract-check", { text: HOSTILE }, [], over);
  await stage.faults([{ kind: "slow", head_ms: 420, piece_ms: 30 }]);
  for (const text of ["Clause 2", "Clause 3"]) await stage.run("contract-check", { text }, [call("math__add", { a: 40, b: 2 }), says("Nothing unusual: notice of 30 days, governed by the law of Ireland.")], over);
  await wait(stage, found);
  return found;
}

/** What has not ended. */
async function wait(stage, found) {
  const ask = (issue, words) => stage.run("account-review", { quarter: "2026-Q4" }, [call("jira__add-comment", comment(issue, words)), says("Told.")], asks);
  found.first = await ask("ABC-1", "West leads, with 1.63 million.");
  found.second = await ask("ABC-2", "North follows, with 1.20 million.");
  found.third = await ask("ABC-3", `East is small. ${HOSTILE}`);
  const posted = [call("slack__post-message", post("#support", "An answer for customer 4711 is ready.")), says("Posted.")];
  found.fourth = await stage.run("support-triage", { message: "When do you answer?" }, posted, asks);
  const gone = await stage.run("support-triage", { message: "Stop" }, posted, asks);
  await stage.api("POST", `/runs/${gone.id}/cancel`, { why: "The customer has closed the ticket." });
  found.cancelled = await stage.until(gone.id, over);
  await stage.faults([{ kind: "hold" }]);
  found.live = await stage.run("account-review", { quarter: "2026-Q3" }, [story(), story()], (run) => run.status === "running");
}

const story = () => says("West leads.");
