"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const root = document.documentElement;
  const light = ["#0072B2", "#C24A00", "#00805E", "#A64D86", "#8A6100", "#3A7CA5"];
  const bright = ["#5CB3F2", "#FF8A4C", "#3CCB9F", "#E79AC9", "#F0B84D", "#9AD5F8"];
  const dashes = [[], [8, 4], [8, 3, 2, 3], [2, 2], [12, 3, 2, 3, 2, 3], [4, 2]];
  const charts = document.getElementById("charts");
  const readout = document.getElementById("readout");
  const paper = 690, between = 11;
  const sheet = { width: 184, height: 272 };  // what an A4 page has between its margins, in mm, with 5 mm to spare
  const page = document.body.classList, many = page.contains("dense");
  const edges = (columns) => columns > 1 ? [36, 6, 8.5] : [56, 14, 11.5];
  for (const curve of data.panels.flatMap((panel) => panel.curves)) {
    if (curve.people && curve.people.length === 2) curve.people.splice(1, 0, new Array(data.day.length).fill(null));
  }
  const first = data.day[0], last = data.day[data.day.length - 1];
  const hidden = new Set();
  let log = false, dark = false, printing = false, drawn = false, shared = false;
  let span = [first, last];
  let plots = [];

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const stroke = (n) => (dark && !printing ? bright : light)[n % light.length];
  const like = (curve, n) => curve.typical ?? curve.place ?? n;
  const thick = (curve) => curve.typical == null ? 1 : 0.5;
  const dash = (n) => dashes[(n + Math.floor(n / light.length)) % dashes.length];
  const figures = new Intl.NumberFormat(words.language, { maximumSignificantDigits: 3, useGrouping: false });
  const number = (value) => value == null ? "–" : figures.format(value);
  const width = (columns = 1) => printing ? Math.floor((paper - between * (columns - 1)) / columns) : Math.max(280, charts.clientWidth);
  const enzymes = [["amount", words.amount], ["activity", words.activity]].map(([kind, unit]) => [unit, data.enzymes.filter((enzyme) => enzyme[kind]).map((enzyme) => (
    { name: enzyme.name, place: enzyme.place, values: enzyme[kind] }))]).filter(([, curves]) => curves.length);
  const made = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text != null) element.textContent = text;
    return element;
  };
  const drawing = (tag, values) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
    return element;
  };
  const today = () => {
    const now = new Date();
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  };
  const dated = (day) => {
    const text = `${words.day} ${number(Math.round(day * 10) / 10)}`;
    if (!data.start) return text;
    const date = new Date(new Date(`${data.start}Z`).getTime() + day * 86400000);
    return `${text} (${date.toLocaleDateString(words.language, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" })})`;
  };

  const behind = (panel, scale) => (plot) => {
    const context = plot.ctx;
    const box = plot.bbox;
    const bottom = box.top + box.height;
    const place = (value) => plot.valToPos(value, "y", true);
    const within = (value) => Math.min(Math.max(place(value), box.top), bottom);
    context.save();
    if (panel.low != null && panel.high != null) {
      context.fillStyle = colour("--band");
      context.fillRect(box.left, within(panel.high), box.width, within(panel.low) - within(panel.high));
    }
    const line = (style, lengths, from, to) => {
      context.strokeStyle = style;
      context.lineWidth = scale;
      context.setLineDash(lengths.map((length) => length * scale));
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    };
    if (panel.alert != null && place(panel.alert) >= box.top && place(panel.alert) <= bottom) {
      line(colour("--grave"), [6, 4], [box.left, place(panel.alert)], [box.left + box.width, place(panel.alert)]);
    }
    for (const day of data.changes) {
      const x = plot.valToPos(day, "x", true);
      if (x >= box.left && x <= box.left + box.width) line(colour("--soft"), [2, 4], [x, box.top], [x, bottom]);
    }
    context.restore();
  };

  const measured = (panel, scale) => (plot) => {
    const context = plot.ctx;
    context.save();
    context.beginPath();
    context.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    context.clip();
    context.fillStyle = colour("--paper");
    context.lineWidth = 2 * scale;
    context.setLineDash([]);
    for (const level of panel.measured || []) {
      context.strokeStyle = stroke(level.curve);
      context.beginPath();
      context.arc(plot.valToPos(level.day, "x", true), plot.valToPos(level.value, "y", true), 4.5 * scale, 0, 7);
      context.fill();
      context.stroke();
    }
    context.restore();
  };

  const tell = (one) => (plot) => {
    const place = plot.cursor.idx;
    if (place == null || printing) return;
    const day = plot.data[0][place];
    const told = one.names.map((_, n) => {
      const [low, , high] = (one.people[n] || []).map((line) => line[place]);
      return ` ${number(plot.data[n + 1][place])}${low == null ? "" : ` (${number(low)}–${number(high)})`}`;
    });
    one.values.forEach((cell, n) => { cell.textContent = told[n]; });
    const parts = one.names.map((name, n) => name + told[n]).filter((_, n) => !hidden.has(one.names[n]));
    if (one === plots[0]) readout.textContent = dated(day);
    plot.over.setAttribute("aria-valuenow", String(day));
    plot.over.setAttribute("aria-valuetext", `${dated(day)}: ${parts.join(", ")} ${one.unit}`);
  };

  const zoom = (low, high) => {
    span = [Math.max(low, first), Math.min(high, last)];
    shared = true;
    for (const one of plots) one.plot.setScale("x", { min: span[0], max: span[1] });
    shared = false;
    show();
    lanes();
  };

  const show = () => {
    charts.dataset.from = String(span[0]);
    charts.dataset.to = String(span[1]);
  };

  const follow = (plot, key) => {
    if (key !== "x" || shared || !drawn) return;
    const { min, max } = plot.scales.x;
    if (min !== span[0] || max !== span[1]) zoom(min, max);
  };

  const keys = (one) => (event) => {
    const days = one.plot.data[0];
    const now = one.plot.cursor.idx ?? days.findIndex((day) => day >= Math.max(0, span[0]));
    const step = Math.max(1, Math.round(days.length / (last - first)));
    const goal = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - step, PageDown: now + step, Home: 0, End: days.length - 1 }[event.key];
    const factor = { "+": 0.5, "-": 2 }[event.key];
    if (goal == null && factor == null) return;
    event.preventDefault();
    const day = days[Math.min(Math.max(goal ?? now, 0), days.length - 1)];
    if (factor != null) zoom(day - (day - span[0]) * factor, day + (span[1] - day) * factor);
    for (const other of plots) other.plot.setCursor({ left: other.plot.valToPos(day, "x"), top: 10 });
  };

  const sample = (curve, n) => {
    const svg = drawing("svg", { width: 26, height: 8, "aria-hidden": "true" });
    svg.append(drawing("line", { x1: 0, x2: 26, y1: 4, y2: 4, stroke: stroke(like(curve, n)), "stroke-width": 2.5 * thick(curve), "stroke-dasharray": dash(like(curve, n)).join(" ") }));
    return svg;
  };

  const caption = (one, panel, curves) => {
    const box = made("figcaption");
    box.append(made("span", "unit", one.unit));
    curves.forEach((curve, n) => {
      const button = made("button", "key");
      const value = made("span", curve.people ? "value people" : "value");
      button.type = "button";
      button.setAttribute("aria-pressed", String(!hidden.has(curve.name)));
      button.append(sample(curve, n), ` ${curve.name}`, value);
      button.addEventListener("click", () => {
        if (!hidden.delete(curve.name)) hidden.add(curve.name);
        button.setAttribute("aria-pressed", String(!hidden.has(curve.name)));
        for (const place of [n + 1, ...one.bands(n)]) one.plot.setSeries(place, { show: !hidden.has(curve.name) });
      });
      one.names.push(curve.name);
      one.values.push(value);
      box.append(button);
    });
    const notes = [];
    if (panel.low != null && panel.high != null) {
      notes.push(`${words.range} ${number(panel.low)}–${number(panel.high)}${curves.length > 1 ? ` (${panel.judged})` : ""}`);
    }
    if (panel.alert != null) notes.push(`${words.alert} ${number(panel.alert)}`);
    if ((panel.measured || []).length) notes.push(`○ ${words.measured}`);
    if (notes.length) box.append(made("span", "hint", notes.join(" · ")));
    return box;
  };

  const draw = (panel, unit, days, curves, [height, columns], logarithmic, named) => {
    const scale = printing ? 2 : 1;
    const one = { names: [], values: [], unit, people: curves.map((curve) => curve.people) };
    const peopled = curves.filter((curve) => curve.people);
    one.bands = (n) => {
      const start = 1 + curves.length + 3 * peopled.indexOf(curves[n]);
      return curves[n].people ? [start, start + 1, start + 2] : [];
    };
    const [left, right, size] = edges(columns);
    const figure = made("figure", "chart");
    figure.style.gridColumn = `span ${6 / columns}`;
    const room = made("div", "plot");
    room.style.minHeight = `${height * scale}px`;
    figure.append(caption(one, panel, curves), room);
    charts.append(figure);
    const tops = curves.flatMap((curve) => [curve.values, ...(curve.people || [])].flat());
    const levels = (panel.measured || []).map((level) => level.value);
    const most = Math.max(tops.reduce((one, other) => Math.max(one, other), 0), ...levels);
    const limits = [panel.high, panel.alert].filter((limit) => limit != null && limit < 1.6 * most);
    const highest = Math.max(most, ...limits) * 1.1 || 1;
    const least = tops.reduce((low, value) => value > 0 && value < low ? value : low, highest);
    const lowest = Math.max(highest / 1e4, Math.min(least, highest / 10));
    const font = `${size * scale}px system-ui, sans-serif`;
    const axis = { stroke: colour("--ink"), font, labelFont: font, labelSize: 16 * scale, gap: 4 * scale,
      grid: { stroke: colour("--line"), width: scale }, ticks: { stroke: colour("--line"), width: scale, size: 5 * scale } };
    const values = (_, ticks) => ticks.map((tick) => tick == null ? "" : number(tick));
    one.plot = new uPlot({
      width: width(columns) * scale, height: height * scale, legend: { show: false }, padding: [6 * scale, right * scale, 0, 0],
      scales: { x: { time: false, min: span[0], max: span[1] }, y: { distr: logarithmic ? 3 : 1, range: logarithmic ? [lowest, highest] : [0, highest] } },
      axes: [{ ...axis, values, space: 55 * scale, size: 2.1 * size * scale, ...(named ? { label: words.day } : {}) },
        { ...axis, values, space: 26 * scale, size: left * scale }],
      series: [{}, ...curves.map((curve, n) => ({ label: curve.name, show: !hidden.has(curve.name), stroke: stroke(like(curve, n)),
        dash: dash(like(curve, n)).map((length) => length * scale), width: 1.5 * thick(curve) * scale, points: { show: false } })),
        ...peopled.flatMap((curve) => [0, 1, 0].map((thin) => ({ show: !hidden.has(curve.name), points: { show: false },
          stroke: stroke(curves.indexOf(curve)), width: thin * scale, dash: [1.5 * scale, 2.5 * scale] })))],
      bands: peopled.map((curve) => one.bands(curves.indexOf(curve))).map(([low, , high], n) => (
        { series: [high, low], fill: `${stroke(curves.indexOf(peopled[n]))}2e` })),
      cursor: { sync: { key: "days", scales: ["x", null] }, drag: { x: true, y: false }, points: { size: 6 } },
      hooks: { drawClear: [behind(panel, scale)], draw: [measured(panel, scale)], setCursor: [tell(one)], setScale: [follow] },
    }, [days, ...[...curves.map((curve) => curve.values), ...peopled.flatMap((curve) => curve.people)]
      .map((line) => logarithmic ? line.map((value) => value > 0 ? value : null) : line)], room);
    const over = one.plot.over;
    const told = { tabindex: 0, role: "slider", "aria-label": `${one.names.join(", ")} [${unit}]`, "aria-valuemin": days[0],
      "aria-valuemax": days[days.length - 1], "aria-valuenow": days[0], "aria-valuetext": dated(days[0]) };
    for (const [key, value] of Object.entries(told)) over.setAttribute(key, String(value));
    over.addEventListener("keydown", keys(one));
    plots.push(one);
  };

  const lanes = () => {
    const tall = printing ? 22 : 30, text = 11;
    const [left, right] = edges(1);
    const x = (day) => left + (day - span[0]) / (span[1] - span[0]) * (width() - left - right);
    const told = data.lanes.map((lane) => `${lane.name}: ${lane.stretches.map(([one, other, amount]) => `${number(amount)} mg, ${words.day} ${one}–${other}`).slice(0, 8).join("; ")}`);
    const svg = drawing("svg", { width: width(), height: tall * data.lanes.length, role: "img", "aria-label": `${words.doses}. ${told.join(". ")}` });
    data.lanes.forEach((lane, n) => {
      const most = lane.stretches.reduce((top, stretch) => Math.max(top, stretch[2]), 1e-9);
      const base = tall * (n + 1) - 2;
      let free = left;
      let named = false;
      for (const [from, to, amount] of lane.stretches) {
        const one = Math.max(from, span[0]), other = Math.min(to, span[1]);
        if (other <= one) continue;
        const high = Math.max((tall - text - 6) * amount / most, 2);
        svg.append(drawing("rect", { x: x(one), y: base - high, width: Math.max(x(other) - x(one), 0.7), height: high, fill: colour("--soft") }));
        const label = named ? `${number(amount)} mg` : `${lane.name} ${number(amount)} mg`;
        const start = Math.min(x(one), width() - right - 5.6 * label.length);
        if (start < free) continue;
        const written = drawing("text", { x: start, y: tall * n + text - 1, "font-size": text, fill: colour("--ink") });
        written.textContent = label;
        svg.append(written);
        free = start + 6.2 * label.length + 8;
        named = true;
      }
    });
    const box = document.getElementById("lanes");
    box.textContent = "";
    box.append(made("p", "hint", words.doses), svg);
  };

  const all = () => {
    drawn = false;
    for (const one of plots) one.plot.destroy();
    plots = [];
    charts.textContent = "";
    const count = data.panels.length + enzymes.length;
    const close = page.contains("near") || page.contains("dense");
    const columns = !printing || count < (close ? 3 : 6) ? 1 : count < 9 ? 2 : 3;
    const below = columns > 1 ? enzymes.length : 1;
    const rows = Math.ceil(data.panels.length / columns) + enzymes.length / below;
    const peopled = data.panels.some((panel) => panel.curves.some((curve) => curve.people));
    const room = columns > 1 ? (page.contains("near") ? 340 : 420) : (peopled ? 570 : 655) - 22 * data.lanes.length;
    const height = printing ? Math.min(Math.max(room / rows - 22, columns > 1 ? 64 : 95), 150) : 190;
    data.panels.forEach((panel, n) => draw(panel, panel.unit, data.day, panel.curves, [height, columns], log, n === count - 1));
    enzymes.forEach(([unit, curves], n) => draw({}, unit, data.enzyme_day, curves, [height, below], false, n === enzymes.length - 1));
    drawn = true;
    show();
    lanes();
  };

  const press = (id, action) => document.getElementById(id).addEventListener("click", action);
  const darken = (on) => {
    dark = on;
    root.classList.toggle("dark", on);
    document.getElementById("dark").setAttribute("aria-pressed", String(on));
  };
  press("log", (event) => {
    log = !log;
    event.currentTarget.setAttribute("aria-pressed", String(log));
    all();
  });
  press("whole", () => zoom(first, last));
  press("dark", () => { darken(!dark); all(); });
  // Sheets that paper takes: the rules for print hold for a moment, and what may not be broken goes to the next sheet.
  const sheets = () => {
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.media && rule.media.mediaText === "print");
    for (const rule of rules) rule.media.mediaText = "all";
    document.body.style.width = `${sheet.width}mm`;
    const whole = "h1, header p, h2, h3, tr, li, .chart, #lanes, #answer dd, dd, main p";
    const boxes = [...document.querySelectorAll(whole)].map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.height > 0);
    const tall = sheet.height / sheet.width * document.body.clientWidth;
    let top = document.body.getBoundingClientRect().top, count = 1;
    boxes.forEach(([one, box], n) => {
      const next = /^H[23]$/.test(one.tagName) && boxes[n + 1] ? boxes[n + 1][1] : box;
      if (Math.max(box.bottom, next.bottom) <= top + tall || box.top <= top) return;
      top = box.top;
      count += 1;
    });
    document.body.style.width = "";
    for (const rule of rules) rule.media.mediaText = "print";
    return count;
  };
  const print = (on) => {
    if (printing === on) return;
    printing = on;
    document.getElementById("printed").textContent = on ? "· " + words.printed.replace("{date}", today()) : "";
    root.classList.toggle("dark", dark && !on);
    page.remove("near");
    page.toggle("dense", many);
    all();
    for (const name of on && !many ? ["near", "dense"] : []) {
      if (sheets() <= 2) break;
      page.remove("near");
      page.add(name);
      all();
    }
  };
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  let waiting;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!printing) all(); }, 150);
  });
  darken(window.matchMedia("(prefers-color-scheme: dark)").matches);
  all();
})();
