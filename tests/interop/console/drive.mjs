// Drives the console as people do: node drive.mjs SERVICE KEY EMULATOR SKILLS CHROMIUM OUT
//
// A page that says something on its console, breaks its policy, asks another origin for anything, runs what somebody wrote into a run, or
// breaks a rule of WCAG 2 A or AA, fails.

import { HOSTILE } from "./agents.mjs";
import { check, clean, launch, leads, logIn, problems, visitor, words } from "./browser.mjs";
import { Stage, furnish, over, play } from "./stage.mjs";
import { pages, tour } from "./tour.mjs";

const [service, key, emulator, skills, chromium, out] = process.argv.slice(2);
const stage = new Stage(service, key, emulator);
const begun = Date.now();
const note = (what) => console.log(`${((Date.now() - begun) / 1000).toFixed(1)} s: ${what}`);

await furnish(stage, skills);
const found = await play(stage);
note("the stage is set");
const browser = await launch(chromium);
try {
  const files = await artifacts();
  await tour(browser, service, key, pages(found, files), out);
  note("every page was looked at");
  await enters();
  await follows();
  await decides();
  await decidesByKeyboard();
  await grants();
  await rollsBack();
  await searches();
  await withoutScript();
  await leaves();
  note("everything was driven");
} finally {
  await browser.close();
}
if (problems.length > 0) {
  console.error(`${problems.length} things are not as they should be`);
  process.exit(1);
}

/** Somebody who is logged in. */
async function somebody(options) {
  const visit = await visitor(browser, service, options);
  await logIn(visit, key);
  return visit;
}

async function has(page, text, what) {
  check((await words(page)).includes(text), `${what}: ${text}`);
}

/** Files are shown as what they are, and a page or a drawing with a script in it as text. */
async function artifacts() {
  const { page, go, close } = await somebody();
  await go(`/console/runs/${found.review.id}`);
  const links = await page.$$eval("section[aria-labelledby=files] a", (links) => links.map((link) => [link.textContent, link.getAttribute("href")]));
  const file = (end) => links.find(([name]) => name.endsWith(end))?.[1];
  check(file(".csv") && file(".png"), `files: ${JSON.stringify(links)}`);
  const picture = await page.evaluate(async (path) => {
    const answer = await fetch(`${path}/picture`);
    return [answer.status, ...["content-type", "content-security-policy", "x-content-type-options"].map((name) => answer.headers.get(name))].join(" | ");
  }, file(".png"));
  check(picture === "200 | image/png | default-src 'none'; sandbox | nosniff", picture);
  await go(file(".png"));
  check((await page.$eval("img.picture", (picture) => picture.naturalWidth)) > 0, "the picture is not drawn");
  await go(file(".csv"));
  check((await page.$$eval(".cells tbody tr", (rows) => rows.length)) === 4, "the table has other rows");
  // A drawing can have scripts in it: of the run that made one the page shows its text.
  const runs = await stage.api("GET", "/runs?agent=account-review&limit=50");
  let text = null;
  for (const { id } of runs.items) {
    await go(`/console/runs/${id}`);
    text = await page.evaluate(() => [...document.querySelectorAll("section[aria-labelledby=files] a")].find((link) => link.textContent.endsWith(".svg"))?.getAttribute("href"));
    if (text) break;
  }
  check(text, "no run made a drawing");
  await go(text);
  check((await page.$("main svg:not(.icon)")) === null && (await words(page)).includes("<svg"), "a drawing is not shown as text");
  check((await page.evaluate((path) => fetch(`${path}/picture`).then((answer) => answer.status), text)) === 404, "a drawing is served as a picture");
  await close();
  return { table: file(".csv"), picture: file(".png"), text };
}

async function enters() {
  const visit = await visitor(browser, service);
  const { page, go, close } = visit;
  await go("/console/runs?state=live");
  check(page.url().includes("/console/login?next="), `nobody is let in: ${page.url()}`);
  await page.type("#key", "mtr_nonsense");
  await leads(page, () => page.keyboard.press("Enter"));
  await has(page, "This key opens nothing", "a wrong key");
  await page.type("#key", key);
  await leads(page, () => page.keyboard.press("Enter"));
  check(page.url() === `${service}/console/runs?state=live`, `back to where they were: ${page.url()}`);
  await page.select("#agent", "support-triage");
  await page.select("#state", "done");
  await leads(page, () => page.click("main form button"));
  const agents = await page.$$eval("tbody th a", (links) => [...new Set(links.map((link) => link.textContent))]);
  check(agents.join() === "support-triage", `runs of one agent: ${agents}`);
  await close();
}

/** A page follows its run while nobody touches it. */
async function follows() {
  const { page, go, close } = await somebody();
  await go(`/console/runs/${found.live.id}`);
  await has(page, "under way", "a live run");
  await page.evaluate(() => { window.same = true; });
  await page.focus(".waterfall summary");
  await page.keyboard.press("Enter");
  await stage.release();
  await stage.faults([]);
  await page.waitForFunction(() => document.querySelector(".titled .status")?.textContent === "completed", { timeout: 20_000 });
  check(await page.evaluate(() => window.same), "the page was loaded anew");
  check(await page.evaluate(() => document.querySelector(".waterfall details").open && document.activeElement.closest(".waterfall details") !== null), "what was open and had the focus still is and has");
  check((await page.$("form[action$=cancel]")) === null, "what has ended can still be cancelled");
  await clean(page, "a live run");
  await close();
}

async function decides() {
  const { page, go, close } = await somebody();
  await go("/console/approvals");
  const card = `#q${found.first.id}-${found.first.approvals[0].number}`;
  const changed = await page.$$eval(`${card} .difference .new`, (lines) => lines.map((line) => line.textContent).join());
  check(changed.includes("West leads"), `what changed since it was approved last: ${changed}`);
  await stage.answers([{ text: "Told.", calls: [] }]);
  await leads(page, () => page.click(`${card} button[value=approve]`));
  await has(page, "Approved. The run goes on.", "approved");
  check((await stage.until(found.first.id, over)).status === "completed", "what was approved does not go on");
  const other = `#q${found.second.id}-${found.second.approvals[0].number}`;
  await page.type(`${other} input[name=why]`, "Not before Monday.");
  await stage.answers([{ text: "Then on Monday.", calls: [] }]);
  await leads(page, () => page.click(`${other} button[value=deny]`));
  await has(page, "Denied. The model is told why.", "denied");
  await stage.until(found.second.id, over);
  await go(`/console/runs/${found.second.id}`);
  check((await page.content()).includes("Not before Monday."), "why it was denied is not told");
  await close();
}

/** From the login to a decision without a pointer. */
async function decidesByKeyboard() {
  const { page, go, close } = await visitor(browser, service);
  await go("/console/login");
  await page.keyboard.type(key);
  await leads(page, () => page.keyboard.press("Enter"));
  await page.keyboard.press("Tab");
  check(await page.evaluate(() => document.activeElement.className === "skip"), "the first stop skips what is on every page");
  await tabTo(page, (at) => at.getAttribute("href") === "/console/approvals");
  await leads(page, () => page.keyboard.press("Enter"));
  const form = `/console/approvals/${found.fourth.id}/`;
  await tabTo(page, (at, form) => at.value === "approve" && at.form.action.includes(form), form);
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check(ring === "solid", `where the focus is cannot be seen: ${ring}`);
  await stage.answers([{ text: "Posted.", calls: [] }]);
  await leads(page, () => page.keyboard.press("Enter"));
  await has(page, "Approved. The run goes on.", "approved by keyboard");
  await stage.until(found.fourth.id, over);
  await close();
}

async function tabTo(page, is, ...rest) {
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(`(${is})(document.activeElement, ...${JSON.stringify(rest)})`)) return;
  }
  check(false, `no key leads to ${is}`);
}

async function grants() {
  const { page, go, close } = await somebody();
  await go("/console/skills");
  await has(page, "may GET acme.atlassian.net/rest/api/3/issue/*, with your credential jira", "reach in plain words");
  await has(page, "May compute, and reach nothing.", "reach in plain words");
  await go("/console/skills/jira");
  await page.$eval("#text", (field) => { field.value = field.value.replace(/\[\[http\]\]\nhost = "acme.atlassian.net"\nmethods = \["POST"\]\n.*\n.*\n/, ""); });
  await leads(page, () => page.click("form.grant button"));
  await has(page, "may no longer POST acme.atlassian.net/rest/api/3/issue/*/comment", "what would change");
  check((await stage.api("GET", "/skills/jira/grant")).includes("POST"), "looking at it saved it");
  await leads(page, () => page.click("form[action$=grant] button.primary"));
  await has(page, "The grant is saved.", "saved");
  check(!(await stage.api("GET", "/skills/jira/grant")).includes("POST"), "it was not saved");
  await page.$eval("#text", (field) => { field.value = "skill = 3 # <img src=x onerror=window.pwned=1>"; });
  await leads(page, () => page.click("form.grant button"));
  check((await page.$("[role=alert]")) !== null, "a wrong grant is told");
  await go("/console/skills/google-calendar");
  await leads(page, () => page.click("button[name=enabled]"));
  await has(page, "The skill is switched on.", "switched on");
  await close();
}

async function rollsBack() {
  const { page, go, close } = await somebody();
  await go("/console/agents");
  check((await page.$$eval(".panel", (panels) => panels.length)) === 3, "three agents");
  await leads(page, () => page.click("button[value='1.1.0']"));
  await has(page, "New runs have this version.", "rolled back");
  check((await stage.api("GET", "/agents/account-review")).current === "1.1.0", "it is current");
  await close();
}

async function searches() {
  const { page, go, close } = await somebody();
  await go("/console/audit");
  await page.type("#kind", "grant");
  await page.type("#text", "acme.atlassian.net");
  await leads(page, () => page.click("main form button"));
  const kinds = await page.$$eval("tbody th", (cells) => [...new Set(cells.map((cell) => cell.textContent))]);
  check(kinds.join() === "grant", `records of one kind: ${kinds}`);
  await go("/console/usage?by=agent");
  const rows = await page.$$eval("table.stack tbody th", (cells) => cells.map((cell) => cell.textContent));
  check(["account-review", "contract-check", "support-triage"].every((name) => rows.includes(name)), `costs by agent: ${rows}`);
  check((await page.$$("figure.plot rect")).length >= 3, "nothing is drawn");
  await close();
}

/** Everything that matters works without a script. */
async function withoutScript() {
  const { page, go, close } = await somebody({ script: false, width: 390 });
  await go("/console/approvals");
  const card = `#q${found.third.id}-${found.third.approvals[0].number}`;
  check((await words(page)).includes("<script>window.pwned=1"), "what a model wrote is there, as text");
  await stage.answers([{ text: "Then not.", calls: [] }]);
  await page.type(`${card} input[name=why]`, HOSTILE);
  await leads(page, () => page.click(`${card} button[value=deny]`));
  await has(page, "Denied.", "denied without a script");
  await stage.until(found.third.id, over);
  await stage.faults([{ kind: "hold" }]);
  const run = await stage.run("contract-check", { text: "Clause 4" }, [{ text: "", calls: [] }], (run) => run.status === "running");
  await go(`/console/runs/${run.id}`);
  await has(page, "Load the page again", "without a script one loads the page again");
  await page.type("input[name=why]", "Enough.");
  await leads(page, () => page.click("form[action$=cancel] button"));
  await stage.release();
  await stage.faults([]);
  check((await stage.until(run.id, over)).status === "cancelled", "cancelled without a script");
  await leads(page, () => page.click("form[action$=logout] button"));
  check(page.url() === `${service}/console/login`, "logged out without a script");
  await close();
}

async function leaves() {
  const { page, go, close } = await somebody();
  const before = await page.cookies();
  check(before.every((cookie) => cookie.httpOnly && cookie.sameSite === "Strict"), "a script could read a cookie");
  await leads(page, () => page.click("form[action$=logout] button"));
  await go("/console/runs");
  check(page.url().includes("/console/login"), "logged out, and still in");
  await close();
}
