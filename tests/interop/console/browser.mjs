// A browser that notes everything a page must not do.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export const problems = [];

/** Notes what is not as it should be. */
export function check(is, what) {
  if (!is) {
    problems.push(what);
    console.error(`NOT SO: ${what}`);
  }
}

export const launch = (program) =>
  puppeteer.launch({ executablePath: program, headless: true, args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--hide-scrollbars"] });

/** A page of a browser of its own, with nobody logged in. */
export async function visitor(browser, service, { theme = "light", width = 1280, script = true } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width, height: width < 600 ? 844 : 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }, { name: "prefers-reduced-motion", value: "reduce" }]);
  await page.setJavaScriptEnabled(script);
  watch(page, service);
  const go = async (path) => {
    const answer = await page.goto(service + path, { waitUntil: "load" });
    await clean(page, path);
    return answer;
  };
  return { page, go, close: () => context.close(), service };
}

function watch(page, service) {
  page.on("console", (message) => {
    // A page that is an error page is asked for on purpose.
    if (["error", "warn"].includes(message.type()) && !/responded with a status of 4\d\d/.test(message.text()))
      check(false, `${page.url()} says: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${page.url()}: ${error}`));
  page.on("dialog", (dialog) => { check(false, `${page.url()} opens a dialog`); dialog.dismiss(); });
  page.on("request", (request) => check(request.url().startsWith(service + "/"), `${page.url()} asks for ${request.url()}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // A page that is left gives up what it was loading.
    check(why === "net::ERR_ABORTED", `${request.url()}: ${why}`);
  });
}

/** Nothing that somebody wrote into a run has run here. */
export async function clean(page, where) {
  const ran = await page.evaluate(() => window.pwned);
  check(ran === undefined, `${where}: what a skill or a model wrote has run`);
}

/** What axe says against the page. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }), RULES);
  for (const { id, help, nodes } of violations)
    check(false, `${what}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${node.any[0]?.message ?? node.failureSummary})`).join(" | ")}`);
}

/** The page fits its width. */
export async function fits(page, what) {
  const [has, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check(has <= width, `${what}: ${has} wide on a screen of ${width}`);
}

/** Does what leads to another page. */
export async function leads(page, act) {
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), act()]);
  await clean(page, page.url());
}

export const words = (page) => page.evaluate(() => document.querySelector("main").innerText);

export async function logIn({ page, go }, key) {
  await go("/console/login");
  await page.type("#key", key);
  await leads(page, () => page.keyboard.press("Enter"));
}
