// Every page, in both themes, at a desk and on a phone: checked by axe, and drawn to be looked at.

import { mkdirSync } from "node:fs";
import { accessible, check, fits, leads, logIn, visitor } from "./browser.mjs";

const LOOKS = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 390 },
  { theme: "dark", width: 390 },
];

/** The pages by name, and how to come to those that no address leads to. */
export function pages(found, files) {
  const run = (run) => `/console/runs/${run.id}`;
  return {
    overview: "/console",
    runs: "/console/runs",
    "runs-none": "/console/runs?agent=account-review&state=parked&cursor=00000000000000000000000001",
    run: run(found.review),
    "run-waiting": run(found.first),
    "run-failed": run(found.refused),
    "run-cancelled": run(found.cancelled),
    "run-live": run(found.live),
    "file-table": files.table,
    "file-picture": files.picture,
    "file-text": files.text,
    approvals: "/console/approvals",
    agents: "/console/agents",
    agent: "/console/agents/account-review/1.2.0",
    skills: "/console/skills",
    skill: "/console/skills/jira",
    accounts: "/console/accounts",
    usage: "/console/usage",
    "usage-agents": "/console/usage?by=agent&days=7",
    "usage-skills": "/console/usage?by=skill&days=1",
    "usage-tenants": "/console/usage?by=tenant&days=90",
    audit: "/console/audit",
    "audit-none": "/console/audit?kind=nothing",
    nothing: "/console/nowhere",
  };
}

export async function tour(browser, service, key, pages, out) {
  mkdirSync(out, { recursive: true });
  for (const { theme, width } of LOOKS) {
    const visit = await visitor(browser, service, { theme, width });
    const { page, go } = visit;
    const look = async (name) => {
      const what = `${name}, ${theme}, ${width}`;
      await fits(page, what);
      await accessible(page, what);
      await page.screenshot({ path: `${out}/${name}-${theme}-${width}.png`, fullPage: true });
    };
    await go("/console/login");
    await look("login");
    await logIn(visit, key);
    for (const [name, path] of Object.entries(pages)) {
      const answer = await go(path);
      check(answer.status() === (name === "nothing" ? 404 : 200), `${path}: ${answer.status()}`);
      if (name === "run") await page.evaluate(() => document.querySelectorAll(".waterfall details")[1].setAttribute("open", ""));
      await look(name);
    }
    await go("/console/skills/jira");
    await page.$eval("#text", (field) => { field.value = field.value.replace("/issue/*\"]", "/issue/*\", \"/rest/api/3/search/jql\"]").replace(", \"add-comment\"", ""); });
    await leads(page, () => page.click("form.grant button"));
    await look("grant");
    await visit.close();
  }
}
