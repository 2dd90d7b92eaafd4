// Draws the charts of the page from the data in it, with a common time axis.
// It makes no requests and knows no component: the data say what is drawn.
(() => {
"use strict";
const find = (selector, root = document) => root.querySelector(selector);
const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];
const data = JSON.parse(find("#data").textContent);
const END = Math.max(data.end, 1) / 1e9; // seconds
const charts = []; // charts over time
const plots = []; // all charts, with their elements
let view = [0, END];
let ownScale = false;

// ---- Numbers in the notation of the page: three significant digits.
const group = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const number = (value) => {
  if (value == null || !isFinite(value)) return "-";
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(2).split("e");
  if (exponent < -4 || exponent > 14) return digits + "e" + Number(exponent);
  const [whole, rest] = value.toFixed(Math.max(0, 2 - exponent)).split(".");
  return group(whole) + (rest ? "." + rest : "");
};
const UNITS = [[1, "s"], [1e-3, "ms"], [1e-6, "us"], [1e-9, "ns"]];
const unitOf = (seconds) => UNITS.find(([unit]) => seconds >= unit * 0.9995) || UNITS[3];
const time = (seconds) => {
  if (seconds == null) return "-";
  if (seconds === 0) return "0 s";
  const [unit, name] = unitOf(Math.abs(seconds));
  return number(seconds / unit) + " " + name;
};
// An instant, to a thousandth of the window.
const instant = (seconds, width) => {
  const [unit, name] = unitOf(width);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(width / unit)));
  return group((seconds / unit).toFixed(decimals)).replace(/\.0+$/, "") + " " + name;
};
const UNIT_OF = { count: "/s", booked_ns: "s/s" };
const text = (panel, value) =>
  panel.unit === "ns" ? time(value)
    : number(value) + (value != null && UNIT_OF[panel.unit] ? " " + UNIT_OF[panel.unit] : "");

// Ticks share a unit and have the digits that tell them apart.
const ticks = (format) => (u, splits) => {
  const known = splits.filter((value) => value != null);
  const largest = Math.max(...known.map(Math.abs));
  const [unit, name] = format === "time" ? unitOf(largest) : [1, ""];
  const step = known.length > 1 ? Math.abs(known[1] - known[0]) / unit : 1;
  // The decimals of the step: 0.25 needs two.
  let decimals = 0;
  while (decimals < 6 && Math.abs(step - Number(step.toFixed(decimals))) > step * 1e-6) decimals++;
  return splits.map((value) => {
    if (value == null) return "";
    if (value === 0) return "0";
    if (format !== "time" && largest >= 1e4) return number(value / 1e3).replace(/\.0+$/, "") + "k";
    return (value / unit).toFixed(decimals) + (name && " " + name);
  });
};
const logTicks = (u, splits) => splits.map((value) => {
  return value == null ? "" : time(value).replace(/\.0+(?= )/, "");
});
const decades = (u, splits) =>
  splits.map((value) => (value.toExponential(3).startsWith("1.000e") ? value : null));

// ---- Colours come from the style sheet, which has light, dark and print.
const probe = document.createElement("span");
probe.className = "hidden";
document.body.append(probe);
let palette = {};
const color = (name, alpha) => {
  if (!palette[name]) {
    probe.style.color = `var(--${name})`;
    palette[name] = getComputedStyle(probe).color;
  }
  const opaque = palette[name];
  return alpha == null ? opaque : opaque.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
};
const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

// ---- Data over time: a value holds for its whole bin, so lines are steps. A panel has one of two
// grains; within a grain, each arm has bins of one width.
const starts = data.arms.map((arm) => arm.grains.map(([bin, bins]) => {
  const xs = [];
  for (let i = 0; i < bins; i++) xs.push(i * bin / 1e9);
  return xs.concat(arm.end / 1e9);
}));
const scaled = (panel, arm, values) => {
  const [bin, bins] = data.arms[arm].grains[panel.grain];
  if (values == null) return null;
  // The last bin can be shorter than the others: rates are over its own length.
  const last = data.arms[arm].end - (bins - 1) * bin;
  const divisor = (index) => {
    const length = index === bins - 1 ? last : bin;
    return { count: length / 1e9, booked_ns: length, ns: 1e9 }[panel.unit] || 1;
  };
  const scale = (value, index) => (value == null ? null : value / divisor(index));
  const ys = values === 0 ? new Array(bins).fill(0) : values.map(scale);
  const summed = panel.unit === "count" || panel.unit === "booked_ns";
  if (summed && values !== 0 && bins > 1 && last < bin / 2) {
    // A rate over so short a bin is noise: the last two bins share their mean rate.
    const sum = values[bins - 2] + values[bins - 1];
    ys[bins - 2] = ys[bins - 1] = sum / (divisor(bins - 2) + divisor(bins - 1));
  }
  return ys.concat(ys.length ? ys[ys.length - 1] : []);
};
for (const panel of data.panels) {
  panel.values = panel.arms.map((lines, arm) => lines.map((line) => scaled(panel, arm, line)));
}
const binAt = (arm, grain, x) => {
  const [bin, bins] = data.arms[arm].grains[grain];
  if (!(x >= 0) || x * 1e9 > data.arms[arm].end) return null;
  return Math.min(bins - 1, Math.floor(x * 1e9 / bin + 1e-6));
};

// Least and largest value of a panel within the window: of one arm, or of all arms.
const extent = (panel, arm, shown) => {
  let [least, largest] = [Infinity, -Infinity];
  panel.values.forEach((lines, ofArm) => {
    if (ownScale && arm != null && ofArm !== arm) return;
    const xs = starts[ofArm][panel.grain];
    lines.forEach((ys, line) => {
      if (!ys || !shown[line]) return;
      for (let i = 0; i < ys.length; i++) {
        if (ys[i] == null || xs[i] > view[1] || (xs[i + 1] ?? xs[i]) < view[0]) continue;
        if (ys[i] < least && (!panel.log || ys[i] > 0)) least = ys[i];
        if (ys[i] > largest) largest = ys[i];
      }
    });
    const limit = panel.limits[ofArm];
    // A limit far above the values would flatten them.
    if (limit != null && limit <= 2.5 * largest) largest = Math.max(largest, limit);
  });
  return [least, largest];
};
const range = (panel, arm, shown) => {
  const [least, largest] = extent(panel, arm, shown);
  if (panel.log) return isFinite(least) ? uPlot.rangeLog(least, largest, 10, true) : [1e-3, 1];
  return largest > 0 ? [0, largest * 1.06] : [0, 1];
};

// ---- The window and the cursor are common to all charts over time.
const show = (from, until) => {
  const finest = Math.min(...data.arms.map((arm) => arm.grains[0][0] || data.end)) / 1e9;
  const width = Math.min(END, Math.max(until - from, 3 * finest, END * 1e-6));
  const middle = (from + until) / 2;
  const start = Math.min(Math.max(0, middle - width / 2), END - width);
  view = [start, start + width];
  redrawTime();
};
const redrawTime = () => {
  for (const chart of charts) {
    chart.batch(() => chart.setScale("x", { min: view[0], max: view[1] }));
  }
  const width = view[1] - view[0];
  find("#window").textContent = `${instant(view[0], width)} to ${instant(view[1], width)}`;
};
const zoom = (factor, around = (view[0] + view[1]) / 2) =>
  show(around - (around - view[0]) * factor, around + (view[1] - around) * factor);
const pan = (share) => {
  const step = (view[1] - view[0]) * share;
  show(view[0] + step, view[1] + step);
};
const reset = () => show(0, END);
const point = (x) => {
  for (const chart of charts) chart.setCursor({ left: chart.valToPos(x, "x"), top: 1 });
};
const sync = {
  key: "time", setSeries: false, scales: ["x", null],
  filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
};

const onKey = (chart, arm, grain, describe) => (event) => {
  const [bin, bins] = data.arms[arm].grains[grain];
  const step = bin / 1e9;
  const inside = chart.cursor.left >= 0;
  const here = inside ? chart.posToVal(chart.cursor.left, "x") : (view[0] + view[1]) / 2;
  const move = (direction) => {
    const next = Math.min(bins - 1, (binAt(arm, grain, here) ?? bins - 1) + (inside ? direction : 0));
    if (next < 0) return;
    const x = Math.min((next + 0.5) * step, data.arms[arm].end / 1e9);
    if (x < view[0] || x > view[1]) pan(direction / 2);
    point(x);
    find("#live").textContent = describe(x);
  };
  const actions = {
    ArrowLeft: () => (event.shiftKey ? pan(-0.25) : move(-1)),
    ArrowRight: () => (event.shiftKey ? pan(0.25) : move(1)),
    "+": () => zoom(0.5, here), "=": () => zoom(0.5, here), "-": () => zoom(2, here),
    0: reset, Escape: reset, Home: reset,
  };
  const action = actions[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
};

// ---- Bands behind the lines show faults and states; phases are along the top.
const BAND = { fault: "bad", state: "state", "warm-up": "warm-up" };
const PHASE = (kind) => (kind === "warm-up" ? kind : `p-${kind}`);
const BAND_ALPHA = { fault: 0.16, state: 0.14, "warm-up": 0.1 };
// A chart of several arms shows only the bands that are the same in all.
const bandsOf = (arms) => data.arms[arms[0]].bands.filter((band) => arms.every((arm) =>
  data.arms[arm].bands.some((other) => JSON.stringify(other) === JSON.stringify(band))));
const drawBands = (arms) => (u) => {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const block = (from, until, top, height) => {
    const left = u.valToPos(from / 1e9, "x", true);
    const width = Math.max(1, u.valToPos(until / 1e9, "x", true) - left);
    ctx.fillRect(left, top, width, height);
  };
  for (const [kind, , spans] of bandsOf(arms)) {
    ctx.fillStyle = color(BAND[kind], BAND_ALPHA[kind]);
    for (const [from, until] of spans) block(from, until, bbox.top, bbox.height);
  }
  for (const [kind, from, until] of arms.length > 1 ? [] : data.arms[arms[0]].phases) {
    ctx.fillStyle = color(PHASE(kind));
    block(from, until, bbox.top, 4 * uPlot.pxRatio);
  }
  ctx.restore();
};

const axis = (format, more) => ({
  stroke: () => color("soft"), font: FONT, gap: 4,
  grid: { stroke: () => color("rule"), width: 1 },
  ticks: { show: false }, values: ticks(format), ...more,
});
const logAxis = { values: logTicks, filter: decades, space: 12,
  grid: { stroke: () => color("rule"), width: 1, filter: decades } };
const timeAxis = () => axis("time", { size: 26, space: 58, grid: { show: false },
  ticks: { show: true, size: 4, stroke: () => color("rule"), width: 1 } });

const register = (element, chart, label) => {
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-roledescription", "chart");
  element.setAttribute("aria-label", label);
  plots.push({ element, chart });
};

// ---- The legend: buttons that hide and show lines, each with the value under the cursor.
const addLegend = (element, lines, toggle) => {
  const list = document.createElement("div");
  list.className = "legend";
  const values = lines.map(({ name, role }, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    const swatch = document.createElement("i");
    swatch.className = "swatch";
    swatch.style.background = `var(--${role})`;
    const value = document.createElement("b");
    button.append(swatch, name, " ", value);
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      toggle(index, shown);
    });
    list.append(button);
    return value;
  });
  element.after(list);
  return values;
};

// The lines of a chart: all lines of one arm, or the first line of each arm.
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4], [1, 2], [7, 2, 1, 2, 1, 2]];
const linesOf = (panel, arm) => {
  if (arm == null) {
    return data.arms.map(({ name }, index) => ({ arm: index, line: 0, name, role: `s${index % 8}`,
      dash: DASHES[index % 8] })).filter((line) => panel.values[line.arm][0]);
  }
  return panel.labels.map((name, line) => ({ arm, line, name, role: panel.roles[line], dash: [] }))
    .filter(({ line }) => panel.values[arm][line]);
};
const padded = (values, length) => values.concat(new Array(length - values.length).fill(null));

const overTime = (element) => {
  const onlyArm = element.dataset.arm == null ? null : Number(element.dataset.arm);
  const panel = data.panels[element.dataset.panel];
  const lines = linesOf(panel, onlyArm);
  const figure = element.closest("figure");
  if (!lines.length) {
    figure.classList.add("empty");
    element.textContent = "no data";
    return;
  }
  const arms = [...new Set(lines.map(({ arm }) => arm))];
  const longest = arms.reduce((a, b) => (data.arms[b].end > data.arms[a].end ? b : a));
  const xs = starts[longest][panel.grain];
  const shown = panel.labels.map(() => true);
  const values = addLegend(element, lines, (index, on) => {
    if (onlyArm != null) shown[lines[index].line] = on;
    chart.setSeries(index + 1, { show: on });
  });
  const limits = [...new Set(arms.map((arm) => panel.limits[arm]).filter((limit) => limit != null))];
  for (const limit of limits) {
    const note = document.createElement("span");
    note.textContent = `limit ${number(limit)}`;
    element.nextSibling.append(note);
  }
  const drawLimits = (u) => {
    u.ctx.save();
    u.ctx.strokeStyle = color("bad");
    u.ctx.lineWidth = uPlot.pxRatio;
    u.ctx.setLineDash([6 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    for (const limit of limits) {
      const y = u.valToPos(limit, "y", true);
      if (y < u.bbox.top) continue;
      u.ctx.beginPath();
      u.ctx.moveTo(u.bbox.left, y);
      u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
      u.ctx.stroke();
    }
    u.ctx.restore();
  };
  const valuesAt = (x) => lines.map(({ arm, line }) => {
    const bin = binAt(arm, panel.grain, x);
    return bin == null ? "-" : text(panel, panel.values[arm][line][bin]);
  });
  const hover = (u) => {
    const inside = u.cursor.left >= 0;
    valuesAt(u.posToVal(u.cursor.left, "x")).forEach((value, index) => {
      values[index].textContent = inside ? value : "";
    });
  };
  const filled = onlyArm != null && !panel.log;
  const options = {
    width: element.clientWidth || 300, height: onlyArm == null ? 190 : 150, legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { sync, y: false, points: { show: false },
      drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: false, range: () => [...view] },
      y: { distr: panel.log ? 3 : 1, range: () => range(panel, onlyArm, shown) },
    },
    series: [{}, ...lines.map(({ role, dash }, index) => ({
      stroke: () => color(role), width: 1.5, dash,
      fill: filled && index === 0 ? () => color(role, 0.1) : undefined,
      paths: uPlot.paths.stepped({ align: 1 }), points: { show: false },
    }))],
    axes: [timeAxis(), axis(panel.unit === "ns" ? "time" : "number",
      { size: 54, space: 26, ...(panel.log ? logAxis : {}) })],
    hooks: {
      drawClear: [drawBands(arms)], draw: [drawLimits], setCursor: [hover],
      setSelect: [(u) => {
        const { left, width } = u.select;
        if (width < 3) return;
        const [from, until] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        show(from, until);
      }],
    },
  };
  const ys = lines.map(({ arm, line }) => padded(panel.values[arm][line], xs.length));
  const chart = new uPlot(options, [xs, ...ys], element);
  chart.over.addEventListener("dblclick", reset);
  charts.push(chart);
  register(element, chart, figure.getAttribute("aria-label"));
  element.setAttribute("aria-describedby", "help");
  const ofArm = onlyArm == null ? "" : `, ${data.arms[onlyArm].name}`;
  const describe = (x) => `${time(x)}${ofArm}: ` +
    valuesAt(x).map((value, index) => `${lines[index].name} ${value}`).join(", ");
  element.addEventListener("keydown", onKey(chart, longest, panel.grain, describe));
};

// ---- Faults and states over time, one lane each; all arms have the same lanes.
const lanes = [...new Set(data.arms.flatMap((arm) =>
  arm.bands.map(([kind, name]) => kind + "\n" + name)))];
const phased = data.arms.some((arm) => arm.phases.length);
const LANE = 26;
const drawLanes = (element) => {
  const arm = Number(element.dataset.lanes);
  const rows = lanes.length + (phased ? 1 : 0);
  if (!rows) {
    element.closest(".panel").hidden = true;
    return;
  }
  const draw = (u) => {
    const { ctx, bbox } = u;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = FONT.replace("11px", 11 * ratio + "px");
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    const lane = (row, name, blocks) => {
      const top = bbox.top + row * LANE * ratio;
      ctx.fillStyle = color("soft");
      ctx.fillText(name, bbox.left, top + 2 * ratio);
      for (const [fill, from, until] of blocks) {
        const left = u.valToPos(from / 1e9, "x", true);
        const width = Math.max(ratio, u.valToPos(until / 1e9, "x", true) - left);
        ctx.fillStyle = fill;
        ctx.fillRect(left, top + 16 * ratio, width, 8 * ratio);
      }
    };
    if (phased) {
      lane(0, "phase", data.arms[arm].phases.map(([kind, from, until]) =>
        [color(PHASE(kind)), from, until]));
    }
    for (const [kind, name, spans] of data.arms[arm].bands) {
      const row = lanes.indexOf(kind + "\n" + name) + (phased ? 1 : 0);
      lane(row, name, spans.map((span) => [color(BAND[kind]), ...span]));
    }
    ctx.restore();
  };
  const chart = new uPlot({
    width: element.clientWidth || 300, height: rows * LANE + 36, legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { sync, y: false, points: { show: false },
      drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: false, range: () => [...view] }, y: { range: () => [0, 1] } },
    series: [{}, { stroke: "transparent", points: { show: false } }],
    axes: [timeAxis(), axis("number", { size: 54, values: (u, s) => s.map(() => ""),
      grid: { show: false } })],
    hooks: { draw: [draw] },
  }, [starts[arm][0], starts[arm][0].map(() => null)], element);
  charts.push(chart);
  const name = data.arms[arm].name;
  const names = data.arms[arm].bands.map(([, band]) => band).join("; ");
  register(element, chart, `Phases, faults and states, ${name}: ${names || "phases only"}`);
  const describe = (x) => {
    const now = data.arms[arm].bands.filter(([, , spans]) =>
      spans.some(([from, until]) => x * 1e9 >= from && x * 1e9 < until));
    return `${time(x)}, ${name}: ${now.map(([, band]) => band).join(", ") || "nothing"}`;
  };
  element.addEventListener("keydown", onKey(chart, arm, 0, describe));
};

// ---- Quantile curves: all arms in one chart, on an axis of nines.
const nines = (ppm) => 6 - Math.log10(1e6 - ppm);
const percent = (ppm) => `${ppm / 1e4} %`;
const drawQuantiles = (element) => {
  const plot = data.quantiles[element.dataset.quantiles];
  const xs = plot.ppm.map(nines);
  const curves = plot.curves.map((curve) =>
    xs.map((_, index) => (curve && curve[index] > 0 ? curve[index] / 1e9 : null)));
  // The text also has times of 0, which a logarithmic axis cannot show.
  const timeAt = (arm, index) => {
    const ns = plot.curves[arm][index];
    return ns == null ? "-" : time(ns / 1e9);
  };
  const known = curves.map((_, arm) => arm).filter((arm) => plot.curves[arm]);
  const lines = known.map((arm) => ({ name: data.arms[arm].name, role: `s${arm % 8}` }));
  const values = addLegend(element, lines, (index, on) => chart.setSeries(index + 1, { show: on }));
  const percentLabel = document.createElement("span");
  element.nextSibling.prepend(percentLabel);
  const marks = [0, 500000, 900000, 990000, 999000, 999900, 999990]
    .map((ppm) => plot.ppm.indexOf(ppm)).filter((index) => index >= 0);
  const last = xs.length - 1;
  const chart = new uPlot({
    width: element.clientWidth || 300, height: 240, legend: { show: false }, padding: [8, 20, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: () => [0, xs[last] || 1] }, y: { distr: 3 } },
    series: [{}, ...known.map((arm, index) => ({ stroke: () => color(lines[index].role), width: 2,
      dash: DASHES[arm % 8], points: { show: false } }))],
    axes: [
      axis("number", { size: 30, splits: () => marks.map((i) => xs[i]),
        values: (u, splits) => splits.map((x) => percent(plot.ppm[xs.indexOf(x)])) }),
      axis("time", { size: 60, space: 16, ...logAxis }),
    ],
    hooks: { setCursor: [(u) => {
      const { idx } = u.cursor;
      percentLabel.textContent = idx == null ? "" : percent(plot.ppm[idx]);
      known.forEach((arm, index) => {
        values[index].textContent = idx == null ? "" : timeAt(arm, idx);
      });
    }] },
  }, [xs, ...known.map((arm) => curves[arm])], element);
  register(element, chart, element.closest("figure").getAttribute("aria-label"));
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, (chart.cursor.idx ?? -1) + step));
    chart.setCursor({ left: chart.valToPos(xs[next], "x"), top: 1 });
    find("#live").textContent = `${percent(plot.ppm[next])}: ` +
      known.map((arm) => `${data.arms[arm].name} ${timeAt(arm, next)}`).join(", ");
  });
};

// ---- The page around the charts.
const repaint = () => {
  palette = {};
  for (const { chart } of plots) chart.redraw(false, true);
};
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
const theme = find("#theme");
const setThemeLabel = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  setThemeLabel();
  repaint();
});
dark.addEventListener("change", () => { setThemeLabel(); repaint(); });
setThemeLabel();
theme.hidden = false;

// Print uses the light theme, whatever the theme of the screen.
let screenTheme;
addEventListener("beforeprint", () => {
  screenTheme = root.dataset.theme;
  root.dataset.theme = "light";
  repaint();
});
addEventListener("afterprint", () => {
  if (screenTheme) root.dataset.theme = screenTheme; else delete root.dataset.theme;
  repaint();
});

const copy = async (from) => {
  try {
    await navigator.clipboard.writeText(from.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(from);
    return document.execCommand("copy");
  }
};
for (const button of findAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const message = (await copy(find("#" + button.dataset.copy))) ? "Copied" : "Press Ctrl+C";
    find("#live").textContent = message;
    const before = button.textContent;
    button.textContent = message;
    setTimeout(() => { button.textContent = before; }, 1500);
  });
}

findAll("[data-lanes]").forEach(drawLanes);
findAll("[data-panel]").forEach(overTime);
findAll("[data-quantiles]").forEach(drawQuantiles);
const toolbar = find("#toolbar");
if (toolbar) {
  toolbar.hidden = false;
  const buttons = { in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.25),
    right: () => pan(0.25), reset };
  for (const button of findAll("[data-zoom]")) {
    button.addEventListener("click", buttons[button.dataset.zoom]);
  }
  find("#own").addEventListener("change", (event) => {
    ownScale = event.target.checked;
    redrawTime();
  });
  redrawTime();
  for (const link of findAll("[data-from]")) {
    link.addEventListener("click", () => {
      const [from, until] = [link.dataset.from / 1e9, link.dataset.until / 1e9];
      const around = Math.max((until - from) * 0.25, END * 0.01);
      show(from - around, until + around);
    });
  }
}
const sizes = new ResizeObserver((entries) => requestAnimationFrame(() => {
  for (const { target } of entries) {
    const { chart } = plots.find((plot) => plot.element === target) || {};
    const width = target.clientWidth;
    if (chart && width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height });
  }
}));
plots.forEach(({ element }) => sizes.observe(element));
})();
