// Looks at the graph pages as a person would: clicks, keys, the slider, a screenshot.
// usage: node graph_page.mjs FOLDER CHROMIUM PLAYWRIGHT    the folder has what graph_pages wrote
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [folder, chromium, driver] = process.argv.slice(2);
const playwright = createRequire(import.meta.url)(driver);
const browser = await playwright.chromium.launch({
  executablePath: chromium,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});

async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(200000);
  page.troubles = [];
  page.on("pageerror", error => page.troubles.push(String(error)));
  page.on("console", message => { if (message.type() === "error") page.troubles.push(message.text()); });
  page.on("request", request => { if (!request.url().startsWith("file:")) page.troubles.push("asks for " + request.url()); });
  await page.goto("file://" + path.join(folder, name));
  return page;
}
const shot = async (page, name) => {
  const file = path.join(folder, name + ".png");
  await page.screenshot({ path: file });
  assert(statSync(file).size > 10000, name + ".png is empty");
};
const labels = page => page.$$eval("#view .item", items => items.map(item => item.getAttribute("aria-label")));
const item = (page, start) => page.locator(`#view .item[aria-label^="${start}"]`).first();
const details = page => page.locator("#details").innerText();
const done = page => assert.deepEqual(page.troubles, []);

// What a small model's page says, and that clicks unfold it.
{
  const page = await open("small.html");
  assert.equal(await page.title(), "Two blocks");
  assert.match(await page.locator("#summary").innerText(), /14 ops, 12 parameters; .* kept for backward/);
  assert.equal((await labels(page)).filter(l => l.startsWith("module Model.layers, 8 ops, 8 parameters, keeps ")).length, 1);
  await shot(page, "small-folded");
  await item(page, "module Model.token").click();
  await item(page, "embedding").click();
  assert.match(await details(page), /embedding\s+op in Model.token/);
  assert.match(await details(page), /float32 \[2, 3, 4\], 96 B/);
  assert.equal(await page.locator("#details td").count(), 48);  // values and gradients
  await item(page, "token.weight").click();
  assert.match(await details(page), /parameter in Model.token/);
  assert.match(await details(page), /5 of 9 rows of the table/);
  await page.locator("#unfold").click();
  const all = await labels(page);
  assert.equal(all.filter(l => /, op, /.test(l)).length, 14);
  assert.equal(all.filter(l => l.includes(", parameter, ")).length, 12);
  await shot(page, "small-unfolded");
  // No two boxes overlap, and none leaves its module.
  const overlaps = await page.evaluate(() => {
    const boxes = [...shown.values()].map(s => s.item), bad = [];
    for (const a of boxes)
      for (const b of boxes) {
        if (a === b) continue;
        const apart = a.X + a.w <= b.X || b.X + b.w <= a.X || a.Y + a.h <= b.Y || b.Y + b.h <= a.Y;
        const holds = (p, q) => p.inside && p.X <= q.X && p.Y <= q.Y && p.X + p.w >= q.X + q.w && p.Y + p.h >= q.Y + q.h;
        if (!apart && !holds(a, b) && !holds(b, a)) bad.push(a.key + " " + b.key);
      }
    return bad;
  });
  assert.deepEqual(overlaps, []);
  done(page);
}

// The slider walks forward, then backward, and says so.
{
  const page = await open("small.html");
  const slider = page.locator("#slider"), now = page.locator("#now");
  assert.equal(await slider.getAttribute("max"), "28");
  assert.match(await now.innerText(), /Before the first op. 14 ops forward, 14 backward/);
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await now.innerText(), /Step 1 of 28, forward: embedding in Model.token, makes float32 \[2, 3, 4\]/);
  assert.equal(await page.locator("#view .item.running").getAttribute("aria-label").then(l => l.split(",")[0]), "module Model.token");
  assert.equal(await page.locator(".tag").textContent(), "▼ forward: embedding");
  for (let i = 1; i < 9; i++) await page.locator("#next").click();
  await shot(page, "small-forward");
  await slider.fill("15");
  assert.match(await now.innerText(), /Step 15 of 28, backward: div/);
  await page.locator("#unfold").click();
  await slider.fill("21");
  assert.match(await now.innerText(), /backward: /);
  assert.match(await page.locator(".tag").textContent(), /^▲ backward/);
  await shot(page, "small-backward");
  await page.keyboard.press("End");
  assert.match(await slider.getAttribute("aria-valuetext"), /Step 28 of 28, backward: embedding in Model.(token|position).*: 0 B/);
  await page.locator("#back").click();
  assert.match(await now.innerText(), /Step 27/);
  done(page);
}

// All of it by keyboard.
{
  const page = await open("small.html");
  await item(page, "module Model.layers").focus();
  await page.keyboard.press("Enter");
  assert(await item(page, "module Model.layers.0").isVisible());
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-expanded")), "true");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^module Model.layers.0/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.match(await details(page), /Model.layers.0/);
  assert.equal(await page.locator("#view .item[tabindex='0']").count(), 1);
  const names = await page.$$eval("button, input, [role=button]", all => all.map(e => (e.getAttribute("aria-label") || e.textContent).trim()));
  assert(names.every(Boolean), "a control without a name");
  done(page);
}

// Without colour and in the dark it is the same page.
for (const colorScheme of ["dark", "light"]) {
  const page = await open("small.html", { colorScheme, forcedColors: colorScheme === "light" ? "active" : "none" });
  await item(page, "module Model.layers").click();
  await page.locator("#slider").fill("5");
  await shot(page, colorScheme === "dark" ? "small-dark" : "small-contrast");
  done(page);
}

// Thousands of ops: quick, folded first, usable unfolded. Time is counted in sorts of 100,000 numbers, some 60 ms each, so that a
// machine with other work does not fail the page.
for (const [name, ops] of [["deep.html", 2998], ["chain.html", 3001]]) {
  const start = Date.now();
  const page = await open(name);
  await page.locator("#view .item").first().waitFor();
  const opened = Date.now() - start;
  assert.match(await page.locator("#summary").innerText(), new RegExp("^" + ops.toLocaleString("en") + " ops"));
  assert(await page.locator("#view .item").count() <= 100, name + " is not folded");
  await shot(page, name.replace(".html", ""));
  const took = await page.evaluate(() => {
    allGroups.forEach(g => { g.folded = false; });
    const time = work => { const from = performance.now(); work(); return performance.now() - from; };
    const least = work => Math.min(...[1, 2, 3, 4].map(() => time(work)));
    const numbers = Array.from({ length: 100000 }, (_, i) => Math.sin(i) * 1e6);
    const sorted = least(() => [...numbers].sort((a, b) => a - b));
    const layouts = least(() => layout(root));
    return { sorted, layouts, unfolded: time(() => foldAll(false)) };
  });
  assert(await page.locator("#view .item").count() > 3000);
  await shot(page, name.replace(".html", "-unfolded"));
  await page.locator("#slider").fill("2000");
  assert.match(await page.locator("#now").innerText(), /Step 2000 of /);
  await page.locator("#fold").click();
  console.log(`${name}: opened in ${opened} ms, layout ${Math.round(took.layouts)} ms, unfolding ${Math.round(took.unfolded)} ms, a sort ${Math.round(took.sorted)} ms`);
  assert(took.layouts < 16 * took.sorted, name + " takes long to lay out");
  done(page);
}
{
  const page = await open("chain.html");
  assert.equal(await page.title(), "</script><b>Chain</b>");
  assert.equal(await page.locator("h1 b").count(), 0);
  done(page);
}
await browser.close();
console.log("the graph page works");
