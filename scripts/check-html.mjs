// What a pack's page has to keep to, in a browser: `node scripts/check-html.mjs packs/*.html`. Exit code 1 where something is wrong.
//
// axe-core finds nothing, on screen (light, dark, forced colours) and on paper, in three viewports; 320 px is also what 400 % zoom of a 1280 px window
// leaves. Nothing is wider than the window, nothing is asked of a network, nothing runs into the page's own policy.
//
// Needs `npm install --no-save axe-core@4 playwright-core@1` in a folder that NODE_MODULES names (or here), and a Chromium: CHROMIUM, or `chromium`.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";

const modules = path.resolve(process.env.NODE_MODULES ?? "node_modules");
const require = createRequire(path.join(modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browsers = "command -v chromium || command -v chromium-browser || command -v google-chrome";
const executablePath = process.env.CHROMIUM ?? execFileSync("sh", ["-c", browsers]).toString().trim();

const VIEWPORTS = [{ width: 320, height: 640 }, { width: 768, height: 1024 }, { width: 1280, height: 900 }];
const MEDIA = {
  light: { media: "screen", colorScheme: "light", forcedColors: "none" },
  dark: { media: "screen", colorScheme: "dark", forcedColors: "none" },
  forced: { media: "screen", colorScheme: "light", forcedColors: "active" },
  print: { media: "print", colorScheme: "light", forcedColors: "none" },
};

// With those of WCAG 2.2, which axe-core leaves out unless it is asked.
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What is not open is off the screen once somebody asks for that, comes back where a link leads to it, and is on paper whatever they chose.
async function filtered(page, problems) {
  await page.emulateMedia(MEDIA.light);
  for (const what of ["answer", "risk"]) {
    const choice = page.locator(`.filter[data-of=${what}]`);
    if (!(await choice.count()) || !(await choice.isVisible())) continue;
    const shown = () => page.locator(`.${what}:visible`).count();
    const all = await shown();
    await choice.locator("[value=open]").check();
    if (!((await shown()) < all)) problems.add(`the choice above ${what}s leaves nothing out`);
    const result = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), TAGS);
    for (const violation of result.violations) problems.add(`only what is open: ${violation.id} (${violation.impact})`);
    await page.emulateMedia(MEDIA.print);
    if ((await shown()) !== all) problems.add(`some of the ${what}s are not on paper`);
    await page.emulateMedia(MEDIA.light);
    await page.evaluate((what) => { location.hash = "#" + document.querySelector(`.${what}.filtered`).id; }, what);
    await page.waitForTimeout(50);
    if ((await shown()) !== all) problems.add(`a link to one of the ${what}s that is left out does not show it`);
  }
}

const files = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking"] });
let wrong = files.length === 0 ? 1 : 0;
for (const file of files) {
  const problems = new Set();
  // A protocol session of its own runs axe, whatever the page's policy says; the policy itself stays on.
  const page = await browser.newPage();
  const url = `file://${path.resolve(file)}`;
  page.on("request", (request) => request.url() !== url && problems.add(`asks for ${request.url()}`));
  page.on("console", (message) => message.type() === "error" && problems.add(message.text()));
  page.on("dialog", (dialog) => { problems.add(`opens a dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(url);
  await page.evaluate(axe);
  let rules = 0;
  for (const [name, media] of Object.entries(MEDIA)) {
    await page.emulateMedia(media);
    // Colours do not depend on the width.
    for (const viewport of name === "light" || name === "print" ? VIEWPORTS : VIEWPORTS.slice(-1)) {
      await page.setViewportSize(viewport);
      const where = `${name}, ${viewport.width} px`;
      const result = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), TAGS);
      rules = Math.max(rules, result.passes.length);
      for (const violation of result.violations) {
        const nodes = violation.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ");
        problems.add(`${where}: ${violation.id} (${violation.impact}, ${violation.nodes.length}): ${nodes}`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (media.media === "screen" && wide > 0) problems.add(`${where}: ${wide} px wider than the window`);
    }
  }
  await filtered(page, problems);
  await page.close();
  problems.forEach((problem) => console.log(`${file}: ${problem}`));
  wrong += problems.size;
  console.log(`${file}: ${rules} rules of axe-core apply; ${problems.size ? "wrong" : "as it should be"}`);
}
await browser.close();
process.exit(wrong ? 1 : 0);
