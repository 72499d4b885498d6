"use strict";
const graph = JSON.parse(document.getElementById("graph").textContent);
const $ = id => document.getElementById(id);
const nodes = graph.nodes, forward = graph.forward, backward = graph.backward;
const bytesText = n => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (n >= 1024 && i < 4) { n /= 1024; i++; }
  return (i ? n.toFixed(1) : n) + " " + units[i];
};
const plural = (n, word) => n.toLocaleString("en") + " " + word + (n === 1 ? "" : "s");

// ---- the tree of modules

const outputs = nodes.map(() => []);
nodes.forEach((node, i) => node.inputs.forEach(j => outputs[j].push(i)));
const common = (a, b) => {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return a.slice(0, n);
};
// A leaf lies in the innermost module that holds all that reads it.
const scopes = nodes.map((node, i) => {
  const own = j => nodes[j].scope === "" ? [] : nodes[j].scope.split(".");
  return node.kind === "op" || node.kind === "output" ? own(i) : outputs[i].map(own).reduce(common, outputs[i].length ? own(outputs[i][0]) : []);
});

let groupCount = 0;
const newGroup = (name, parent) => ({ id: "g" + groupCount++, name, parent, groups: [], own: [], folded: true });
const root = newGroup("", null);
root.folded = false;
const parentOf = [];
nodes.forEach((node, i) => {
  let group = root;
  for (const name of scopes[i]) {
    let child = group.groups.find(g => g.name === name);
    if (!child) group.groups.push(child = newGroup(name, group));
    group = child;
  }
  group.own.push(i);
});
const order = new Map();
forward.forEach((id, i) => order.set(id, i));
const when = i => order.has(i) ? order.get(i) : Math.min(...outputs[i].map(when), forward.length) - 0.5;

function tidy(group) {
  while (group !== root && group.own.length === 0 && group.groups.length === 1) {  // "layers" with "0" alone
    const child = group.groups[0];
    group.name += "." + child.name;
    group.own = child.own;
    group.groups = child.groups;
    group.groups.forEach(g => { g.parent = group; });
  }
  group.groups.forEach(tidy);
  const many = 60, few = 40;
  while (group.own.length > many) {  // a long program without modules folds by its order
    group.own.sort((a, b) => when(a) - when(b));
    const list = group.own, size = Math.max(few, Math.ceil(list.length / few));
    group.own = [];
    for (let i = 0; i < list.length; i += size) {
      const part = newGroup(`part ${i / size + 1} of ${Math.ceil(list.length / size)}`, group);
      part.own = list.slice(i, i + size);
      group.groups.push(part);
      tidy(part);
    }
  }
  group.own.forEach(i => { parentOf[i] = group; });
}
tidy(root);
function count(group) {
  const total = { ops: 0, parameters: 0, kept: 0 };
  group.own.forEach(i => {
    if (nodes[i].kind === "op") total.ops++;
    if (nodes[i].kind === "parameter" || nodes[i].kind === "leaf") total.parameters++;
    total.kept += nodes[i].kept || 0;
  });
  group.groups.forEach(g => { for (const [key, n] of Object.entries(count(g))) total[key] += n; });
  return group.total = total;
}
count(root);
const pathOf = group => {
  const names = [];
  for (let g = group; g !== root; g = g.parent) names.unshift(g.name);
  return names.join(".");
};
const kinds = { op: "op", parameter: "parameter", leaf: "leaf that wants a gradient", constant: "input without a gradient", output: "output of an op with several" };
const labelOf = i => nodes[i].op || (nodes[i].kind === "leaf" ? "leaf" : "input");
const formOf = i => nodes[i].dtype + " " + nodes[i].shape;
const short = value => Number.isFinite(Number(value)) ? String(Number(Number(value).toPrecision(4))) : value;
// In its box a parameter leaves out the module's path, and a single number shows.
const nameIn = i => nodes[i].kind === "parameter" ? labelOf(i).split(".").slice(common(labelOf(i).split("."), scopes[i].slice(1)).length).join(".") : labelOf(i);
const lineIn = i => formOf(i) + (nodes[i].value && nodes[i].value.length === 1 ? " = " + short(nodes[i].value[0]) : "");
const allGroups = [];
(function list(group) { allGroups.push(group); group.groups.forEach(list); })(root);
if (root.groups.length === 1 && root.own.length <= 12)  // one model: what it is made of is what people want to see
  root.groups[0].folded = root.groups[0].own.length + root.groups[0].groups.length > 30;

// ---- layout: each unfolded module is laid out in layers by itself, and is a box in the one around it

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
function widthOf(text, font) {
  const key = font + text;
  if (!widths.has(key)) {
    pen.font = font + " system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}
const nodeItem = i => {
  const w = Math.max(widthOf(nameIn(i), "600 13px"), widthOf(lineIn(i), "11px")) + 26;
  return { key: "n" + i, node: i, w: Math.max(70, w), h: 42 };
};
const foldedLines = group => [
  plural(group.total.ops, "op") + (group.total.parameters ? ", " + plural(group.total.parameters, "parameter") : ""),
  "keeps " + bytesText(group.total.kept)];
function groupItem(group) {
  if (group.folded) {
    const w = Math.max(widthOf("▸ " + group.name, "600 13px"), ...foldedLines(group).map(t => widthOf(t, "11px"))) + 32;
    return { key: group.id, group, w: Math.max(90, w), h: 58 };
  }
  const inside = layout(group);
  return { key: group.id, group, inside, w: Math.max(inside.w + 28, widthOf("▾ " + group.name, "600 13px") + 40), h: inside.h + 46 };
}

// What stands for a node in a group: itself, or the group below that holds it.
const chains = nodes.map((_, i) => {
  const chain = ["n" + i];
  for (let g = parentOf[i]; g; g = g.parent) chain.push(g.id);
  return chain.reverse();  // root first
});
const links = new Map();  // the edges, by the group in which their ends part
const crossing = { enter: new Map(), leave: new Map() };  // what edges reach from outside a group, and what they leave from
const addTo = (map, key, value) => { if (!map.has(key)) map.set(key, new Set()); map.get(key).add(value); };
nodes.forEach((node, to) => node.inputs.forEach(from => {
  const a = chains[from], b = chains[to];
  let d = 0;
  while (a[d + 1] === b[d + 1]) d++;
  addTo(links, a[d], { from, to, depth: d + 1, a: a[d + 1], b: b[d + 1] });
  for (let k = d + 1; k < a.length - 1; k++) addTo(crossing.leave, a[k], a[k + 1]);
  for (let k = d + 1; k < b.length - 1; k++) addTo(crossing.enter, b[k], b[k + 1]);
}));

function layers(items, edges) {
  const index = new Map(items.map((item, i) => [item.key, i]));
  const next = items.map(() => []), before = items.map(() => []);
  for (const edge of edges) {
    const a = index.get(edge.a), b = index.get(edge.b);
    if (!next[a].includes(b)) { next[a].push(b); before[b].push(a); }
  }
  // A module that runs twice leads back to itself through others: edges that close a circle turn around.
  const state = items.map(() => 0);
  for (let start = 0; start < items.length; start++) {
    if (state[start]) continue;
    const stack = [[start, 0]];
    state[start] = 1;
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (top[1] === next[top[0]].length) { state[top[0]] = 2; stack.pop(); continue; }
      const b = next[top[0]][top[1]];
      if (state[b] === 1) {
        next[top[0]].splice(top[1], 1);
        before[b].splice(before[b].indexOf(top[0]), 1);
        continue;
      }
      top[1]++;
      if (!state[b]) { state[b] = 1; stack.push([b, 0]); }
    }
  }
  const layer = items.map(() => 0), waiting = before.map(list => list.length), sorted = [];
  items.forEach((_, i) => { if (!waiting[i]) sorted.push(i); });
  for (let k = 0; k < sorted.length; k++)
    for (const b of next[sorted[k]]) {
      layer[b] = Math.max(layer[b], layer[sorted[k]] + 1);
      if (--waiting[b] === 0) sorted.push(b);
    }
  for (const i of sorted.slice().reverse())  // what has no input stands beside what reads it
    if (!before[i].length && next[i].length) layer[i] = Math.min(...next[i].map(b => layer[b])) - 1;
  return { next, before, layer };
}

function layout(group) {
  const items = [...group.groups.map(groupItem), ...group.own.map(nodeItem)];
  const edges = [...(links.get(group.id) || [])];
  const { next, layer } = layers(items, edges);
  const rows = [];
  const cells = items.map((item, i) => ({ item, w: item.w, layer: layer[i], up: [], down: [] }));
  const routes = new Map(), bottom = Math.max(...layer);
  let extra = 0;
  // Long edges go through a narrow cell in each layer, so do those from and to the world around the group.
  const route = (key, a, b, first, end) => {
    let last = a;
    const through = [], join = cell => { if (last) { last.down.push(cell); cell.up.push(last); } };
    for (let l = first; l < end && extra < 6000; l++, extra++) {
      const cell = { w: 10, layer: l, up: [], down: [] };
      join(cell);
      cells.push(last = cell);
      through.push(cell);
    }
    if (b) join(b);
    if (through.length) routes.set(key, through);
  };
  next.forEach((list, a) => list.forEach(b =>
    route(items[a].key + ">" + items[b].key, cells[a], cells[b], layer[a] + 1, layer[b])));
  const enter = crossing.enter.get(group.id) || new Set(), leave = crossing.leave.get(group.id) || new Set();
  items.forEach((item, i) => {
    if (enter.has(item.key)) route(">" + item.key, null, cells[i], 0, layer[i]);
    if (leave.has(item.key)) route(item.key + ">", cells[i], null, layer[i] + 1, bottom + 1);
  });
  cells.forEach(cell => { (rows[cell.layer] = rows[cell.layer] || []).push(cell); });
  const sort = (row, side) => {
    row.forEach((cell, i) => {
      const list = cell[side];
      cell.rank = list.length ? list.reduce((sum, c) => sum + c.at, 0) / list.length : i;
    });
    row.sort((a, b) => a.rank - b.rank);
    row.forEach((cell, i) => { cell.at = i; });
  };
  rows.forEach(row => row.forEach((cell, i) => { cell.at = i; }));
  for (let sweep = 0; sweep < 6; sweep++) {
    for (let r = 1; r < rows.length; r++) sort(rows[r], "up");
    for (let r = rows.length - 2; r >= 0; r--) sort(rows[r], "down");
  }
  const gap = 22;
  rows.forEach(row => {
    let x = -row.reduce((sum, cell) => sum + cell.w + gap, -gap) / 2;
    row.forEach(cell => { cell.x = x + cell.w / 2; x += cell.w + gap; });
  });
  const settle = (row, sides) => {
    const want = row.map(cell => {
      const list = sides.flatMap(side => cell[side]);
      return list.length ? list.reduce((sum, c) => sum + c.x, 0) / list.length : cell.x;
    });
    const right = [], left = [];
    row.forEach((cell, i) => {
      right[i] = i ? Math.max(want[i], right[i - 1] + (row[i - 1].w + cell.w) / 2 + gap) : want[i];
    });
    for (let i = row.length - 1; i >= 0; i--)
      left[i] = i < row.length - 1 ? Math.min(want[i], left[i + 1] - (row[i + 1].w + row[i].w) / 2 - gap) : want[i];
    row.forEach((cell, i) => { cell.x = (left[i] + right[i]) / 2; });
  };
  for (let sweep = 0; sweep < 8; sweep++) {
    for (let r = 1; r < rows.length; r++) settle(rows[r], ["up"]);
    for (let r = rows.length - 2; r >= 0; r--) settle(rows[r], ["down"]);
  }
  rows.forEach(row => settle(row, ["up", "down"]));
  let y = 0, minX = Infinity, maxX = -Infinity;
  rows.forEach(row => {
    const h = Math.max(14, ...row.map(cell => cell.item ? cell.item.h : 0));
    row.forEach(cell => {
      cell.h = cell.item ? cell.item.h : h;
      cell.y = y + (h - cell.h) / 2;
      minX = Math.min(minX, cell.x - cell.w / 2);
      maxX = Math.max(maxX, cell.x + cell.w / 2);
    });
    y += h + 34;
  });
  const done = { items: [], edges, routes, w: items.length ? maxX - minX : 0, h: Math.max(0, y - 34) };
  cells.forEach(cell => {
    cell.x -= minX;
    if (!cell.item) return;
    Object.assign(cell.item, { x: cell.x - cell.w / 2, y: cell.y });
    done.items.push(cell.item);
  });
  return done;
}

// ---- drawing

const svgNames = "http://www.w3.org/2000/svg";
function draw(name, attributes, parent) {
  const element = document.createElementNS(svgNames, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}
const write = (parent, x, y, text, attributes = {}) => {
  draw("text", { x, y, "text-anchor": "middle", ...attributes }, parent).textContent = text;
};
let shown = new Map();  // by key: element, item with absolute place
let drawnEdges = [];
let svg, tags, zoom = 1, size = { w: 1, h: 1 }, picked = null, focusKey = null;

function place(block, x, y) {
  for (const item of block.items) {
    item.X = x + item.x;
    item.Y = y + item.y;
    shown.set(item.key, { item });
    if (item.inside) place(item.inside, item.X + (item.w - item.inside.w) / 2, item.Y + 32);
  }
  block.X = x;
  block.Y = y;
}
// The drawn box that a node is in.
const holder = i => chains[i].slice(1).find(key => shown.has(key) && !shown.get(key).item.inside);

function drawBlock(block, layerEdges, layerItems) {
  const seen = new Map();
  for (const link of block.edges) {
    const from = holder(link.from), to = holder(link.to), key = from + ">" + to;
    if (seen.has(key)) { seen.get(key).links.push(link); continue; }
    const a = shown.get(from).item, b = shown.get(to).item;
    const points = [[a.X + a.w / 2, a.Y + a.h]];
    const follow = (inside, key) => (inside.routes.get(key) || []).forEach(cell =>
      points.push([inside.X + cell.x, inside.Y + cell.y], [inside.X + cell.x, inside.Y + cell.y + cell.h]));
    const inner = key => shown.get(key).item.inside;
    const out = chains[link.from], into = chains[link.to];
    for (let k = out.indexOf(from) - 1; k >= link.depth; k--) follow(inner(out[k]), out[k + 1] + ">");
    follow(block, link.a + ">" + link.b);
    for (let k = link.depth; into[k] !== to; k++) follow(inner(into[k]), ">" + into[k + 1]);
    points.push([b.X + b.w / 2, b.Y - 6]);
    let d = "M" + points[0];
    for (let i = 1; i < points.length; i++) {
      const [x0, y0] = points[i - 1], [x1, y1] = points[i], bend = Math.max(14, Math.abs(y1 - y0) / 2);
      d += x0 === x1 && y1 > y0 ? "L" + points[i] : "C" + [x0, y0 + bend, x1, y1 - bend, x1, y1];
    }
    const edge = { path: draw("path", { class: "edge", d, "marker-end": "url(#arrow)" }, layerEdges), from, to, links: [link] };
    seen.set(key, edge);
    drawnEdges.push(edge);
  }
  for (const item of block.items) {
    drawItem(item, layerItems);
    if (item.inside) drawBlock(item.inside, layerEdges, layerItems);
  }
}
function drawItem(item, parent) {
  const group = item.group, kind = !group ? nodes[item.node].kind : group.folded ? "group" : "frame";
  const g = draw("g", { class: "item " + kind, transform: `translate(${item.X},${item.Y})`, tabindex: -1, role: "button" }, parent);
  g.dataset.key = item.key;
  const label = !group
    ? `${labelOf(item.node)}, ${kinds[kind]}, ${formOf(item.node)}`
    : `module ${pathOf(group)}, ${foldedLines(group).join(", ")}`;
  g.setAttribute("aria-label", label);
  if (group) g.setAttribute("aria-expanded", String(!group.folded));
  const round = kind === "parameter" || kind === "leaf" ? item.h / 2 : kind === "op" || kind === "output" ? 6 : kind === "frame" ? 10 : 4;
  if (kind === "group")
    for (const shift of [6, 3]) draw("rect", { class: "behind", x: shift, y: shift, width: item.w, height: item.h, rx: round }, g);
  draw("rect", { class: "box", width: item.w, height: item.h, rx: round }, g);
  if (kind === "frame") {
    write(g, 14, 20, "▾ " + group.name, { class: "name", "text-anchor": "start" });
  } else if (kind === "group") {
    write(g, item.w / 2, 19, "▸ " + group.name, { class: "name" });
    foldedLines(group).forEach((line, i) => write(g, item.w / 2, 35 + 14 * i, line, { class: "small" }));
  } else {
    write(g, item.w / 2, 18, nameIn(item.node), { class: "name" });
    write(g, item.w / 2, 33, lineIn(item.node), { class: "small" });
  }
  shown.get(item.key).element = g;
}
function render(keep) {
  const anchor = keep && shown.get(keep) && shown.get(keep).item, view = $("view");
  const at = anchor && { x: anchor.X * zoom - view.scrollLeft, y: anchor.Y * zoom - view.scrollTop };
  const block = layout(root);
  shown = new Map();
  drawnEdges = [];
  place(block, 24, 34);
  size = { w: block.w + 200, h: block.h + 62 };  // on the right: room for the tag
  view.replaceChildren();
  svg = draw("svg", { viewBox: `0 0 ${size.w} ${size.h}`, role: "group", "aria-label": "Graph" }, view);
  const marker = draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 2, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto", markerUnits: "userSpaceOnUse" }, draw("defs", {}, svg));
  draw("path", { id: "tip", d: "M0 0L8 4L0 8Z" }, marker);
  const frames = draw("g", {}, svg), edges = draw("g", {}, svg), items = draw("g", {}, svg);
  tags = draw("g", { "aria-hidden": "true" }, svg);
  drawBlock(block, edges, items);
  for (const { item, element } of shown.values()) if (item.inside) frames.append(element);
  applyZoom();
  if (at && shown.get(keep)) {
    const now = shown.get(keep).item;
    view.scrollTo(now.X * zoom - at.x, now.Y * zoom - at.y);
  }
  setFocus(shown.has(focusKey) ? focusKey : keep && shown.has(keep) ? keep : shown.keys().next().value, false);
  mark();
}
function applyZoom() {
  svg.setAttribute("width", size.w * zoom);
  svg.setAttribute("height", size.h * zoom);
}
function setZoom(value) {
  const view = $("view"), old = zoom;
  const x = (view.scrollLeft + view.clientWidth / 2) / old, y = (view.scrollTop + view.clientHeight / 2) / old;
  zoom = Math.min(2.5, Math.max(0.05, value));
  applyZoom();
  view.scrollTo(x * zoom - view.clientWidth / 2, y * zoom - view.clientHeight / 2);
}
const fit = least => {
  const view = $("view");
  setZoom(Math.max(least, Math.min(1.15, (view.clientWidth - 4) / size.w, (view.clientHeight - 4) / size.h)));
};

const centre = () => $("view").scrollTo(($("view").scrollWidth - $("view").clientWidth) / 2, 0);

// ---- details

function make(name, parent, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}
function table(parent, values, shape, rowNames) {
  const sizes = JSON.parse(shape.replace(/[()]/g, c => c === "(" ? "[" : "]"));
  const columns = rowNames ? values.length / rowNames.length : sizes.length ? sizes[sizes.length - 1] || 1 : 1;
  const box = make("div", parent, undefined, { class: "scroll", tabindex: 0, role: "group", "aria-label": "values" });
  const grid = make("table", box, undefined, { class: "values" });
  let row;
  values.forEach((value, i) => {
    if (i % columns === 0) {
      row = make("tr", grid);
      if (rowNames) make("th", row, "row " + rowNames[i / columns], { scope: "row" });
    }
    make("td", row, short(value));
  });
}
function links_(title, list) {
  if (!list.length) return;
  make("h3", $("details"), title);
  const ul = make("ul", $("details"));
  for (const i of [...new Set(list)]) {
    const button = make("button", make("li", ul), labelOf(i) + "  " + formOf(i));
    button.addEventListener("click", () => reveal(i));
  }
}
function showNode(i) {
  const node = nodes[i], panel = $("details");
  panel.replaceChildren();
  make("h2", panel, labelOf(i));
  make("p", panel, kinds[node.kind] + (pathOf(parentOf[i]) ? " in " + pathOf(parentOf[i]) : ""), { class: "soft" });
  const several = node.kind === "op" && outputs[i].some(j => nodes[j].kind === "output");
  make("h3", panel, several ? "Outputs" : node.kind === "op" ? "Output" : "Tensor");
  make("p", panel, formOf(i) + ", " + bytesText(node.bytes));
  if (several) make("p", panel, "Each output that leads to the loss has its values and gradient.", { class: "soft" });
  else if (node.value) table(panel, node.value, node.shape);
  else if ((node.kind === "op" || node.kind === "output") && !graph.traced) make("p", panel, "Its values show where a GraphTrace lived during the forward pass.", { class: "soft" });
  else make("p", panel, "More than 64 values: not shown.", { class: "soft" });
  if (node.kind !== "constant" && !several) {
    make("h3", panel, "Gradient of the loss");
    if (node.rows) make("p", panel, node.rows + " of the table");
    if (node.gradient) table(panel, node.gradient, node.shape, node.rowIds);
    else if (!node.rows) make("p", panel, node.kind === "op" && !backward.includes(i) ? "none comes back here" : "More than 64 values: not shown.", { class: "soft" });
  }
  if (node.kind === "op") {
    make("h3", panel, "Kept for backward");
    make("p", panel, bytesText(node.kept || 0));
    const ul = make("ul", panel);
    for (const saved of node.saved || [])
      make("li", ul, `${saved.dtype} ${saved.shape}, ${bytesText(saved.bytes)}${saved.note ? " (" + saved.note + ")" : ""}`);
  }
  links_("Made from", node.inputs);
  links_("Read by", outputs[i]);
}
function showGroup(group) {
  const panel = $("details");
  panel.replaceChildren();
  make("h2", panel, pathOf(group));
  make("p", panel, "module", { class: "soft" });
  foldedLines(group).forEach(line => make("p", panel, line + (line.startsWith("keeps") ? " for backward" : "")));
  const button = make("button", panel, group.folded ? "Unfold" : "Fold");
  button.addEventListener("click", () => { toggle(group); });
}
function showKey() {
  const panel = $("details");
  panel.replaceChildren();
  make("h2", panel, "How to read this");
  const key = make("div", panel, undefined, { class: "key" });
  const sample = (kind, text) => {
    const cell = draw("svg", { width: 46, height: 28, "aria-hidden": "true" }, key);
    const g = draw("g", { class: "item " + kind }, cell);
    if (kind === "group") draw("rect", { class: "behind", x: 6, y: 6, width: 38, height: 20, rx: 4 }, g);
    draw("rect", { class: "box", x: 2, y: 2, width: 38, height: 20, rx: kind === "parameter" ? 10 : kind === "op" ? 6 : 3 }, g);
    make("span", key, text);
  };
  sample("op", "an op: its name and its output's type and shape");
  sample("parameter", "a parameter");
  if (graph.traced) sample("constant", "an input that gets no gradient");
  sample("group", "a module, folded: click unfolds it");
  make("h3", panel, "Keys");
  make("p", panel, "Tab reaches the graph; arrow keys move to the nearest box; Enter unfolds or folds a module and shows an op. The slider takes arrow keys, Home and End.");
  make("h3", panel, "Kept for backward");
  make("p", panel, "Bytes of what the gradient rules read, each memory block once; parameters are there anyway and do not count.");
}

// ---- what a person does

function setFocus(key, really = true) {
  const old = shown.get(focusKey);
  if (old && old.element) old.element.setAttribute("tabindex", -1);
  focusKey = key;
  const now = shown.get(key);
  if (!now) return;
  now.element.setAttribute("tabindex", 0);
  if (really) now.element.focus();
}
function toggle(group) {
  group.folded = !group.folded;
  focusKey = group.id;
  picked = group.id;
  const inside = $("view").contains(document.activeElement);
  render(group.id);
  showGroup(group);
  if (inside) shown.get(group.id).element.focus({ preventScroll: true });
}
function activate(key) {
  const { item } = shown.get(key);
  if (item.group) { setFocus(key); toggle(item.group); return; }
  picked = key;
  setFocus(key);
  showNode(item.node);
  mark();
}
function reveal(i) {
  for (let g = parentOf[i]; g !== root; g = g.parent) g.folded = false;
  picked = focusKey = "n" + i;
  render();
  showNode(i);
  shown.get(picked).element.scrollIntoView({ block: "center", inline: "center" });
}
$("view").addEventListener("click", event => {
  const element = event.target.closest(".item");
  if (element) activate(element.dataset.key);
});
$("view").addEventListener("focusin", event => {
  const element = event.target.closest(".item");
  if (element && element.dataset.key !== focusKey) setFocus(element.dataset.key, false);
});
$("view").addEventListener("keydown", event => {
  const element = event.target.closest(".item");
  if (!element) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    activate(element.dataset.key);
    return;
  }
  const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!way) return;
  event.preventDefault();
  const middle = item => [item.X + item.w / 2, item.Y + (item.inside ? 16 : item.h / 2)];
  const here = middle(shown.get(focusKey).item);
  let best = null, least = Infinity;
  for (const [key, { item }] of shown) {
    const there = middle(item), dx = there[0] - here[0], dy = there[1] - here[1];
    const along = dx * way[0] + dy * way[1], across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (along > 4 && along + 2.5 * across < least) { least = along + 2.5 * across; best = key; }
  }
  if (best) setFocus(best);
});
$("view").addEventListener("wheel", event => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  setZoom(zoom * Math.exp(-event.deltaY / 400));
}, { passive: false });
const foldAll = folded => {
  allGroups.forEach(g => { if (g !== root) g.folded = folded; });
  picked = null;
  render();
  fit(0.85);
  centre();
  showKey();
};
$("fold").addEventListener("click", () => foldAll(true));
$("unfold").addEventListener("click", () => foldAll(false));
$("smaller").addEventListener("click", () => setZoom(zoom / 1.25));
$("larger").addEventListener("click", () => setZoom(zoom * 1.25));
$("fit").addEventListener("click", () => fit(0.05));

// ---- forward, then backward

const sequence = [...forward.map(id => ({ id, way: "forward" })), ...backward.map(id => ({ id, way: "backward" }))];
const kept = [0];  // after each step
for (const { id, way } of sequence) kept.push(kept[kept.length - 1] + (way === "forward" ? 1 : -1) * (nodes[id].kept || 0));
const most = Math.max(1, ...kept);
const slider = $("slider");
slider.max = sequence.length;
let playing = null;

function drawMemory() {
  const box = $("memory"), n = Math.max(1, sequence.length);
  box.setAttribute("viewBox", `0 0 ${n} 100`);
  box.replaceChildren();
  let d = "M0 100";
  kept.forEach((bytes, i) => { d += `L${i} ${100 - 94 * bytes / most}`; });
  draw("path", { d: d + `L${n} 100Z`, fill: "var(--op)", stroke: "var(--op-line)", "vector-effect": "non-scaling-stroke" }, box);
  draw("path", { d: `M${forward.length} 0V100`, stroke: "var(--soft)", "stroke-dasharray": "3 3", "vector-effect": "non-scaling-stroke" }, box);
  draw("path", { id: "cursor", stroke: "var(--run)", "stroke-width": 2.5, "vector-effect": "non-scaling-stroke" }, box);
}
function mark() {
  const step = Number(slider.value), now = step ? sequence[step - 1] : null;
  const active = now ? holder(now.id) : null;
  const ran = new Set(sequence.slice(0, step).filter(s => s.way === "forward").map(s => s.id));
  const waiting = key => {
    const { item } = shown.get(key);
    if (!step || step >= forward.length || item.inside) return false;
    if (item.group) return !forward.some(id => ran.has(id) && chains[id].includes(key));
    const node = nodes[item.node], op = node.kind === "output" ? node.inputs[0] : item.node;
    return (node.kind === "op" || node.kind === "output") && !ran.has(op);
  };
  for (const [key, { element }] of shown) {
    element.classList.toggle("picked", key === picked);
    element.classList.toggle("running", key === active);
    element.classList.toggle("waits", waiting(key));
  }
  const flows = now ? new Set(nodes[now.id].inputs) : new Set();
  for (const edge of drawnEdges) {
    edge.path.classList.toggle("near", edge.from === picked || edge.to === picked);
    edge.path.classList.toggle("flows", !!now && edge.links.some(l => l.to === now.id && flows.has(l.from)));
  }
  tags.replaceChildren();
  if (active) {
    const { item } = shown.get(active);
    const text = now.way + (item.group ? ": " + labelOf(now.id) : ""), w = widthOf("▼ " + text, "600 11.5px") + 16;
    const x = item.X + item.w + 12;
    const tag = draw("g", { class: "tag", transform: `translate(${x},${item.Y + item.h / 2 - 10})` }, tags);
    draw("rect", { width: w, height: 19, rx: 4 }, tag);
    write(tag, w / 2, 13.5, (now.way === "forward" ? "▼ " : "▲ ") + text);
  }
  const path = now && nodes[now.id].scope, place = path ? " in " + path : "";
  const line = !now ? `Before the first op. ${plural(forward.length, "op")} forward, ${backward.length.toLocaleString("en")} backward.`
    : `Step ${step} of ${sequence.length}, ${now.way}: ${labelOf(now.id)}${place}, ${now.way === "forward" ? "makes " : "has the gradient of "}${formOf(now.id)}. Kept for backward now: ${bytesText(kept[step])}.`;
  $("now").textContent = line;
  slider.setAttribute("aria-valuetext", line);
  $("cursor").setAttribute("d", `M${step} 0V100`);
}
function go(step) {
  slider.value = Math.min(sequence.length, Math.max(0, step));
  mark();
  const now = sequence[slider.value - 1];
  const target = now && shown.get(holder(now.id));
  if (target) target.element.scrollIntoView({ block: "nearest", inline: "nearest" });
}
function play(on) {
  clearInterval(playing);
  playing = null;
  $("play").textContent = on ? "Pause" : "Play";
  $("play").setAttribute("aria-pressed", String(on));
  if (!on) return;
  if (Number(slider.value) >= sequence.length) go(0);
  playing = setInterval(() => {
    if (Number(slider.value) >= sequence.length) play(false);
    else go(Number(slider.value) + 1);
  }, Math.max(60, Math.min(700, 30000 / Math.max(1, sequence.length))));
}
slider.addEventListener("input", () => { play(false); go(Number(slider.value)); });
$("back").addEventListener("click", () => { play(false); go(Number(slider.value) - 1); });
$("next").addEventListener("click", () => { play(false); go(Number(slider.value) + 1); });
$("play").addEventListener("click", () => play(playing === null));

document.title = $("title").textContent = graph.title;
$("summary").textContent = plural(root.total.ops, "op") + ", " + plural(root.total.parameters, "parameter") +
  "; " + bytesText(root.total.kept) + " kept for backward";
drawMemory();
render();
fit(0.85);
centre();
showKey();
