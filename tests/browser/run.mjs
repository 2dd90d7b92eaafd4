// Opens report pages in a headless Chromium as a reader would, and looks at what is there.
//
//     tests/browser/run [PAGE.html..]
//
// The script beside this one makes the pages and installs what this needs; docs/testing.md.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.DESSIM_BROWSER_MODULES, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [shots, ...pages] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--headless=new"],
});

/** A page that is opened, and must neither complain nor ask anybody for anything. */
async function open(file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const troubles = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => troubles.push(`error: ${error.stack}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) troubles.push(`request: ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url);
  await page.waitForTimeout(150);
  return { page, close: async () => { assert.deepEqual(troubles, []); await context.close(); } };
}

/** Canvases, and how many of them show more than their background. */
const drawn = (page) => page.evaluate(() => {
  const marked = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let pixels = 0;
    for (let at = 3; at < data.length; at += 4) pixels += data[at] > 0;
    return pixels > 100;
  };
  const all = [...document.querySelectorAll(".plot canvas")];
  return { all: all.length, marked: all.filter(marked).length };
});
const windowOf = (page) => page.textContent("#window");
/** The labels below the time axes as drawn: the same picture in all charts of an arm's bins. */
const range = (page) => page.evaluate(() => document.querySelector("#window").textContent);

async function charts(page) {
  const counts = await drawn(page);
  assert.ok(counts.all > 4, `only ${counts.all} charts`);
  assert.equal(counts.marked, counts.all, "a chart is blank");
  assert.ok(await page.locator("svg.glance").count() > 0, "no picture on the first screen");
}

async function zoomByDragging(page) {
  const over = page.locator("[data-panel] .u-over").first();
  const before = await page.locator("[data-panel] canvas").evaluateAll((all) =>
    all.map((canvas) => canvas.toDataURL()));
  const whole = await windowOf(page);
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.1, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.3, y, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(60);
  assert.notEqual(await windowOf(page), whole, "dragging did not zoom");
  const after = await page.locator("[data-panel] canvas").evaluateAll((all) =>
    all.map((canvas) => canvas.toDataURL()));
  const same = after.filter((picture, at) => picture === before[at]).length;
  assert.equal(same, 0, "a chart did not follow the zoom");
  await page.click("[data-zoom=reset]");
  assert.equal(await windowOf(page), whole, "the reset did not");
}

async function zoomByKeys(page) {
  const whole = await windowOf(page);
  const chart = page.locator("[data-panel][tabindex]").first();
  await chart.focus();
  await page.keyboard.press("+");
  const closer = await range(page);
  assert.notEqual(closer, whole, "+ did not zoom");
  await page.keyboard.press("Shift+ArrowRight");
  assert.notEqual(await range(page), closer, "Shift+Right did not move the window");
  await page.keyboard.press("0");
  assert.equal(await range(page), whole, "0 did not reset");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.match(await page.textContent("#live"), /\d.*: .*\d/, "the value is not spoken");
}

async function hover(page) {
  const over = page.locator("[data-panel] .u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width * 0.15, box.y + box.height / 2);
  await page.waitForTimeout(50);
  const values = await page.locator(".panel .legend b").evaluateAll((all) =>
    all.map((value) => value.textContent));
  const told = values.filter((value) => value !== "");
  assert.ok(/\d/.test(values[0]), `no value under the cursor: ${values[0]}`);
  assert.ok(told.length > values.length / 2, "the cursor of the other charts did not follow");
  await page.mouse.move(0, 0);
}

async function theme(page) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const picture = () => page.locator("[data-panel] canvas").first()
    .evaluate((canvas) => canvas.toDataURL());
  const [light, drawing] = [await paper(), await picture()];
  await page.click("#theme");
  await page.waitForTimeout(60);
  assert.notEqual(await paper(), light, "the toggle did not");
  assert.notEqual(await picture(), drawing, "the charts kept their colours");
  await page.click("#theme");
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const told = grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((n) => n.html)}`);
  assert.deepEqual(told, []);
}

/** The widths of a desk, a tablet on its side and a phone. */
const WIDTHS = [[1440, 900], [1024, 768], [390, 844]];

/** Nothing is wider than the page, but within what says that it scrolls. */
async function fits(page, width) {
  const { over, cut } = await page.evaluate(() => {
    const scrolls = ".scroll, .topology, pre, .contents, .hidden, .skip, svg, script, .u-wrap";
    const right = document.documentElement.clientWidth + 1;
    const outside = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && !element.closest(scrolls) && (box.right > right || box.left < -1);
    });
    const root = document.documentElement;
    return { over: root.scrollWidth - root.clientWidth,
      cut: outside.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)) };
  });
  assert.equal(over, 0, `${over} px too wide for ${width} px`);
  assert.deepEqual(cut, [], `clipped at ${width} px`);
}

/** The headline, a picture, its numbers and the reason are on the first screen of a desk. */
async function firstScreen(page) {
  for (const selector of ["h1", ".row .pictures", ".row .four", ".why"]) {
    const found = page.locator(selector).first();
    if (selector === ".why" && await found.count() === 0) continue;
    const bottom = await found.evaluate((element) => element.getBoundingClientRect().bottom);
    assert.ok(bottom < 900, `${selector} ends at ${bottom} px`);
  }
}

async function interactive(file) {
  const name = basename(file, ".html");
  const { page, close } = await open(file, { colorScheme: "light" });
  await charts(page);
  await zoomByDragging(page);
  await zoomByKeys(page);
  await hover(page);
  await theme(page);
  const paper = await page.pdf({ path: join(shots, `${name}.pdf`), format: "A4" });
  assert.ok(paper.length > 30_000, `a PDF of ${paper.length} bytes has no charts`);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme ?? ""), "light");
  await close();
}

async function everyWidth(file, report) {
  const name = basename(file, ".html");
  for (const [width, height] of WIDTHS) {
    const phone = width < 600 ? { deviceScaleFactor: 2, hasTouch: true, isMobile: true } : {};
    const { page, close } = await open(file, { viewport: { width, height }, ...phone });
    await fits(page, width);
    if (report && width === 1440) await firstScreen(page);
    if (report) await charts(page);
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: width > 600 });
    await close();
  }
}

async function everyTheme(file) {
  const name = basename(file, ".html");
  // What axe needs is more than the policy of the page allows.
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await open(file, { colorScheme, bypassCSP: true });
    await accessible(page);
    if (colorScheme === "dark") {
      await page.screenshot({ path: join(shots, `${name}-dark.png`), fullPage: true });
    }
    await close();
  }
}

/** Without scripts, everything that is text is there. */
async function plain(file) {
  const { page, close } = await open(file, { javaScriptEnabled: false });
  const text = await page.innerText("main");
  for (const heading of ["All numbers", "Reproduce"]) {
    assert.ok(text.includes(heading), `no ${heading} without scripts`);
  }
  assert.ok(await page.locator(".ledger tbody tr").count() > 10, "no numbers without scripts");
  await close();
}

/** Pages of comparisons and sweeps have no script. */
const isReport = (file) => readFileSync(file, "utf8").includes('id="data"');

let failed = 0;
for (const file of pages.map((page) => resolve(page))) {
  const report = isReport(file);
  const checks = report ? [interactive, everyWidth, everyTheme, plain] : [everyWidth, everyTheme];
  for (const check of checks) {
    try {
      await check(file, report);
    } catch (error) {
      failed += 1;
      console.error(`${basename(file)}, ${check.name}: ${error.message}`);
    }
  }
  console.log(`${basename(file)}: looked at`);
}
await browser.close();
console.log(failed ? `${failed} checks failed` : `${pages.length} pages are fine`);
process.exit(failed ? 1 : 0);
