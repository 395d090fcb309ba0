// Drives a market's catalogue and queue as people do: node catalogue.mjs METIER MARKET KEEPER SKILLS COMPONENTS SOURCES HOME CHROMIUM OUT
//
// What a publisher wrote must never run in a page, whatever it is; every page is checked by axe in both themes, at a desk and on a phone.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { accessible, check, clean, fits, launch, leads, problems, visitor, words } from "./browser.mjs";

const [metier, market, keeper, skills, components, sources, home, chromium, out] = process.argv.slice(2);
const HOSTILE = '<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"\'&';
const LOOKS = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 390 },
  { theme: "dark", width: 390 },
];

const PAGES = {
  catalogue: "/",
  found: "/?q=salesforce",
  none: "/?q=zzzzzzzzzzzz",
  skill: "/skills/com.metier/salesforce",
  "skill-old": "/skills/com.metier/salesforce/0.1.0",
  "skill-yanked": "/skills/com.metier/slack",
  agent: "/skills/com.metier/account-review",
  publisher: "/publishers/com.metier",
  nothing: "/skills/com.metier/nowhere",
};

/** Runs a command of one publisher; what it says. */
function run(who, ...line) {
  const token = who === "keeper" ? { METIER_MARKET_TOKEN: keeper } : {};
  const env = { PATH: process.env.PATH, HOME: `${home}/${who}`, METIER_MARKET: market, ...token };
  mkdirSync(env.HOME, { recursive: true });
  return execFileSync(metier, line, { env, cwd: env.HOME, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function publisher(who, namespace) {
  run(who, "keygen");
  run(who, "login", "--account", who, "--yes");
  run(who, "namespace", "claim", namespace);
}

/** A skill with another manifest, and another name. */
function packed(skill, name, called, change) {
  const manifest = `${home}/${name}.toml`;
  writeFileSync(manifest, change(readFileSync(`${sources}/${skill}/skill.toml`, "utf8")));
  const file = `${home}/${name}.wasm`;
  const said = `${home}/${name}.md`;
  writeFileSync(said, readFileSync(`${sources}/${skill}/SKILL.md`, "utf8").replace(/^name: .*$/m, `name: ${called}`));
  const words = ["--skill-md", said, "--wit", `${sources}/${skill}/wit`];
  run("metier", "pack", `${components}/${skill}/wasm32-wasip2/release/${skill}.wasm`, "--manifest", manifest, ...words, "-o", file);
  return file;
}

/** What waits, as the keeper's pages have it. */
const waiting = () => JSON.parse(run("keeper", "market", "queue", "list", "--yes", "--output", "json"));

const AGENT = `[agent]
name = "account-review"
namespace = "com.metier"
version = "1.0.0"
description = "Reads an account of Salesforce and says how it does."
model = "drafting"
instructions = { file = "instructions.md" }
prompt = "Review the account \${input.account}."
max-tokens = 2000

[input.schema]
type = "object"
required = ["account"]
properties = { account = { type = "string" } }

[skills.crm]
name = "com.metier/salesforce"
file = "crm.wasm"
tools = ["query", "get-record"]

[approvals]
from-effect = "write"
`;

publisher("metier", "com.metier");
run("metier", "publish", `${skills}/salesforce.wasm`);
run("metier", "publish", `${skills}/slack.wasm`);
const wider = packed("salesforce", "wider", "salesforce", (text) =>
  text
    .replace('version = "0.1.0"', 'version = "0.2.0"')
    .replace('    "/services/data/*/search",\n', '    "/services/data/*/search",\n    "/services/data/*/analytics/reports/*",\n')
    .concat('\n[pricing]\nper-call = "0.002 USD"\n'),
);
run("metier", "publish", wider, "--security-fix");
writeFileSync(`${home}/metier/review.toml`, AGENT);
writeFileSync(`${home}/metier/instructions.md`, "You review accounts. Use the tools, and say what you found in three sentences.\n");
publisher("mallory", "org.mallory");
const hostile = packed("salesforce", "hostile", "notes", (text) =>
  text.replace(/^name = .*$/m, 'name = "org.mallory/notes"').replace(/^description = .*$/m, `description = ${JSON.stringify(HOSTILE)}`),
);
run("mallory", "publish", hostile);

const browser = await launch(chromium);
try {
  await decides();
  run("metier", "publish", "review.toml");
  run("metier", "yank", "com.metier/slack@0.1.0", "--why", HOSTILE);
  await tour();
  await searches();
  await reads();
} finally {
  await browser.close();
}
if (problems.length > 0) {
  console.error(`${problems.length} things are not as they should be`);
  process.exit(1);
}

async function has(page, text, what) {
  check((await words(page)).includes(text), `${what}: ${text}`);
}

async function look(page, name, { theme, width }) {
  const what = `${name}, ${theme}, ${width}`;
  await clean(page, what);
  await fits(page, what);
  await accessible(page, what);
  await page.screenshot({ path: `${out}/${name}-${theme}-${width}.png`, fullPage: true });
}

async function logIn({ page, go }, token) {
  await go("/queue/login");
  await page.type("#token", token);
  await leads(page, () => page.keyboard.press("Enter"));
}

/** Who keeps the market looks at what waits, lets one in and keeps another out, without a script. */
async function decides() {
  mkdirSync(out, { recursive: true });
  const waits = waiting();
  const id = (name) => waits.find((one) => one.submission.name === name)?.id;
  check(id("com.metier/salesforce") && id("org.mallory/notes"), `what waits: ${JSON.stringify(waits)}`);
  for (const options of LOOKS) {
    const visit = await visitor(browser, market, options);
    await visit.go("/queue/login");
    await look(visit.page, "login", options);
    await logIn(visit, keeper);
    await look(visit.page, "queue", options);
    for (const name of ["com.metier/salesforce", "org.mallory/notes"]) {
      await visit.go(`/queue/${id(name)}`);
      await look(visit.page, `waits-${name.split("/")[1]}`, options);
    }
    await visit.close();
  }
  const visit = await visitor(browser, market, { script: false });
  const { page, go, close } = visit;
  await go("/queue");
  check(page.url().includes("/queue/login"), `nobody is let in: ${page.url()}`);
  await logIn(visit, "nonsense");
  check((await page.$("[role=alert]")) !== null, "a wrong token is told");
  await logIn(visit, keeper);
  check((await page.cookies()).every((cookie) => cookie.httpOnly && cookie.sameSite === "Strict"), "a script could read a cookie");
  await go(`/queue/${id("org.mallory/notes")}`);
  await has(page, HOSTILE.slice(0, 30), "what a publisher wrote is there, as text");
  await go(`/queue/${id("com.metier/salesforce")}`);
  for (const text of ["analytics/reports", "RECONSENT", "0.002"]) await has(page, text, "what waits says what it changes");
  await go(`/queue/${id("org.mallory/notes")}`);
  await page.type("input[name=why]", HOSTILE);
  await leads(page, () => page.click("form[action$=refuse] button"));
  await go(`/queue/${id("com.metier/salesforce")}`);
  await leads(page, () => page.click("form[action$=approve] button"));
  check(waiting().length === 0, "something waits still");
  await close();
}

async function tour() {
  for (const options of LOOKS) {
    const { page, go, close } = await visitor(browser, market, options);
    for (const [name, path] of Object.entries(PAGES)) {
      const answer = await go(path);
      check(answer.status() === (name === "nothing" ? 404 : 200), `${path}: ${answer.status()}`);
      await look(page, name, options);
    }
    await close();
  }
}

/** By keyboard alone and without a script: a word with a typo, then a facet. */
async function searches() {
  const { page, go, close } = await visitor(browser, market, { script: false });
  await go("/");
  await page.focus("#q");
  await page.keyboard.type("salesfroce");
  await leads(page, () => page.keyboard.press("Enter"));
  await has(page, "com.metier/salesforce", "a word with a typo finds it");
  await go("/?q=review");
  await has(page, "com.metier/account-review", "an agent is found");
  await close();
}

/** A page says who publishes, what it may touch, what it costs and what changed. */
async function reads() {
  const { page, go, close } = await visitor(browser, market, { script: false });
  await go("/skills/com.metier/salesforce");
  for (const text of ["0.2.0", "0.1.0", "analytics/reports", "$0.002", "my.salesforce.com"]) await has(page, text, "the page of a skill");
  await leads(page, () => page.click('a[href^="/publishers/com.metier"]'));
  await has(page, "com.metier/account-review", "the page of a publisher");
  await go("/skills/com.metier/account-review");
  await has(page, "com.metier/salesforce", "what an agent pins");
  await go("/skills/org.mallory/notes");
  check(!(await words(page)).includes("onerror"), "what was refused is shown");
  await close();
}
