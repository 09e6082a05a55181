"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const root = document.documentElement;
  const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
  const dashes = [[], [8, 4], [8, 3, 2, 3], [2, 2], [10, 2, 2, 2, 2, 2], [4, 2]];
  const charts = document.getElementById("charts");
  const readout = document.getElementById("readout");
  const sync = uPlot.sync("days");
  let log = false;
  let plots = [];

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const number = (value) => value == null ? "–" : new Intl.NumberFormat(words.language, { maximumSignificantDigits: 3 }).format(value);
  const dated = (day) => {
    if (!data.start) return `${words.day} ${number(day)}`;
    const date = new Date(new Date(data.start).getTime() + day * 86400000);
    return `${words.day} ${number(day)} (${date.toLocaleDateString(words.language, { day: "numeric", month: "short" })})`;
  };

  const bands = (panel) => (plot) => {
    const context = plot.ctx;
    const { left, top, width, height } = plot.bbox;
    const place = (value) => Math.min(Math.max(plot.valToPos(value, "y", true), top), top + height);
    context.save();
    if (panel.low != null && panel.high != null) {
      context.fillStyle = colour("--band");
      context.fillRect(left, place(panel.high), width, place(panel.low) - place(panel.high));
    }
    if (panel.alert != null) {
      context.strokeStyle = colour("--grave");
      context.setLineDash([6, 4]);
      context.beginPath();
      context.moveTo(left, place(panel.alert));
      context.lineTo(left + width, place(panel.alert));
      context.stroke();
    }
    context.setLineDash([2, 4]);
    context.strokeStyle = colour("--soft");
    for (const day of data.changes) {
      const x = plot.valToPos(day, "x", true);
      if (x < left || x > left + width) continue;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
    }
    context.restore();
  };

  const points = (panel) => (plot) => {
    const context = plot.ctx;
    context.save();
    context.strokeStyle = colour("--ink");
    context.fillStyle = colour("--paper");
    context.lineWidth = 2;
    for (const level of panel.measured || []) {
      context.beginPath();
      context.arc(plot.valToPos(level.day, "x", true), plot.valToPos(level.value, "y", true), 5, 0, 7);
      context.fill();
      context.stroke();
    }
    context.restore();
  };

  const tell = (plot) => {
    const place = plot.cursor.idx;
    if (place == null) return;
    const parts = plot.series.slice(1).filter((one) => one.show)
      .map((one, n) => `${one.label} ${number(plot.data[plot.series.indexOf(one)][place])}`);
    readout.textContent = `${dated(data.day[place])}: ${parts.join(", ")} ${plot.unit || ""}`;
  };

  const axes = (unit) => [
    { label: words.day, stroke: colour("--ink"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") }, labelSize: 20 },
    { label: unit, stroke: colour("--ink"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") }, size: 62, labelSize: 18,
      values: (_, ticks) => ticks.map((tick) => tick == null ? "" : number(tick)) },
  ];

  const size = () => Math.max(300, Math.min(charts.clientWidth, 960));

  const draw = (panel, unit, curves, height) => {
    const tops = curves.flatMap((curve) => curve.values);
    const levels = (panel.measured || []).map((level) => level.value);
    const highest = Math.max(...tops, ...levels, panel.high && panel.high < 2 * Math.max(...tops) ? panel.high : 0) * 1.05 || 1;
    const lowest = Math.max(highest / 1e4, Math.min(...tops.filter((value) => value > 0), highest) || highest / 1e3);
    const plot = new uPlot({
      width: size(), height,
      scales: { x: { time: false }, y: { distr: log ? 3 : 1, range: log ? [lowest, highest] : [0, highest] } },
      axes: axes(unit),
      series: [{ label: words.day, value: (_, day) => day == null ? "–" : dated(day) },
        ...curves.map((curve, n) => ({ label: curve.name, stroke: colours[n % colours.length], dash: dashes[n % dashes.length], width: 1.5,
          points: { show: false }, value: (_, value) => number(value) }))],
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false } },
      hooks: { drawClear: [bands(panel)], draw: [points(panel)], setCursor: [tell] },
    }, [data.day, ...curves.map((curve) => log ? curve.values.map((value) => value > 0 ? value : null) : curve.values)], charts);
    plot.unit = unit;
    plot.over.setAttribute("tabindex", "0");
    plot.over.setAttribute("aria-label", `${curves.map((curve) => curve.name).join(", ")} [${unit}]`);
    plot.over.setAttribute("role", "group");
    plot.over.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -24, PageDown: 24 }[event.key];
      if (step == null) return;
      event.preventDefault();
      const place = Math.min(Math.max((plot.cursor.idx ?? 0) + step, 0), data.day.length - 1);
      plot.setCursor({ left: plot.valToPos(data.day[place], "x"), top: 10 });
    });
    for (const row of plot.root.querySelectorAll(".u-legend .u-series th")) {
      row.setAttribute("tabindex", "0");
      row.setAttribute("role", "button");
      row.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); row.click(); }
      });
    }
    plots.push(plot);
    sync.sub(plot);
  };

  const lanes = () => {
    const box = document.createElement("div");
    box.className = "lanes";
    const names = 150, width = size(), tall = 24;
    const first = data.day[0], last = data.day[data.day.length - 1];
    const x = (day) => 62 + (day - first) / (last - first) * (width - 80);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", width);
    svg.setAttribute("height", tall * data.lanes.length + 4);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", words.doses);
    data.lanes.forEach((lane, n) => {
      const most = Math.max(...lane.days.map((day) => day[1]), 1e-9);
      for (const [day, amount] of lane.days) {
        const bar = document.createElementNS(svg.namespaceURI, "rect");
        const high = (tall - 12) * amount / most;
        bar.setAttribute("x", x(Math.max(day, first)));
        bar.setAttribute("width", Math.max(x(Math.min(day + 1, last)) - x(Math.max(day, first)), 0.5));
        bar.setAttribute("y", tall * (n + 1) - high);
        bar.setAttribute("height", high);
        bar.setAttribute("fill", colours[n % colours.length]);
        bar.setAttribute("opacity", "0.45");
        svg.append(bar);
      }
      const label = document.createElementNS(svg.namespaceURI, "text");
      label.setAttribute("x", 64);
      label.setAttribute("y", tall * n + 11);
      label.setAttribute("font-size", "11");
      label.setAttribute("fill", colour("--ink"));
      label.textContent = lane.name;
      svg.append(label);
    });
    const head = document.createElement("p");
    head.className = "hint";
    head.textContent = words.doses;
    box.append(head, svg);
    charts.append(box);
  };

  const all = () => {
    for (const plot of plots) { sync.unsub(plot); plot.destroy(); }
    plots = [];
    charts.textContent = "";
    for (const panel of data.panels) draw(panel, panel.unit, panel.curves, 210);
    if (data.enzymes.length) {
      const linear = log;
      log = false;
      draw({}, words.enzymes, data.enzymes, 170);
      log = linear;
    }
    lanes();
  };

  document.getElementById("log").addEventListener("click", (event) => {
    log = !log;
    event.currentTarget.setAttribute("aria-pressed", String(log));
    all();
  });
  document.getElementById("whole").addEventListener("click", () => {
    for (const plot of plots) plot.setScale("x", { min: data.day[0], max: data.day[data.day.length - 1] });
  });
  document.getElementById("dark").addEventListener("click", (event) => {
    root.classList.toggle("dark");
    event.currentTarget.setAttribute("aria-pressed", String(root.classList.contains("dark")));
    all();
  });
  if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
    root.classList.add("dark");
    document.getElementById("dark").setAttribute("aria-pressed", "true");
  }
  let waiting;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(all, 150); });
  all();
})();
