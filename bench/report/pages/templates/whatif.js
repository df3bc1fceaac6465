(() => {
  // The workbook's formulas, worked out again when a slider moves. A program is applied to a stack, word by word.
  const place = document.getElementById("what-if-data");
  if (!place) return;
  const data = JSON.parse(place.textContent);
  const norwegian = document.documentElement.lang === "nb";
  const section = place.closest("section");

  const number = (x) => (typeof x === "number" ? x : x === true ? 1 : x === false ? 0 : 0);
  const flat = (parts) => parts.flat().filter((x) => typeof x === "number" || typeof x === "boolean").map(Number);
  // Addition with the lost digits carried along, as the engine adds.
  const sum = (values) => {
    let whole = 0, lost = 0;
    for (const x of values) {
      const next = whole + x;
      lost += Math.abs(whole) >= Math.abs(x) ? whole - next + x : x - next + whole;
      whole = next;
    }
    return whole + lost;
  };
  // Half away from zero on the decimal number as it is written with fifteen digits.
  const round = (x, digits) => {
    if (!Number.isFinite(x)) return x;
    const [mantissa, power] = Math.abs(x).toExponential(14).split("e");
    const whole = Math.round(Number(`${mantissa}e${Number(power) + digits}`));
    return Math.sign(x) * Number(`${whole}e${-digits}`);
  };
  const each = (a, b, f) => {
    if (Array.isArray(a)) return a.map((x, k) => f(x, Array.isArray(b) ? b[k] : b));
    return Array.isArray(b) ? b.map((y) => f(a, y)) : f(a, b);
  };
  const one = (a, f) => (Array.isArray(a) ? a.map(f) : f(a));
  const signs = {
    "+": (a, b) => number(a) + number(b), "-": (a, b) => number(a) - number(b), "*": (a, b) => number(a) * number(b),
    "/": (a, b) => number(a) / number(b), "^": (a, b) => number(a) ** number(b),
    "=": (a, b) => a === b, "<>": (a, b) => a !== b, "<": (a, b) => a < b, ">": (a, b) => a > b,
    "<=": (a, b) => a <= b, ">=": (a, b) => a >= b,
  };
  const sorted = (values) => flat([values]).sort((a, b) => a - b);
  const functions = {
    MAX: (...v) => Math.max(...flat(v)), MIN: (...v) => Math.min(...flat(v)), SUM: (...v) => sum(flat(v)),
    SUMPRODUCT: (...v) => sum([v.reduce((a, b) => each(a, b, signs["*"]))].flat().map(number)),
    IF: (c, a, b = false) => (Array.isArray(c) ? c.map((x, k) => (x ? (Array.isArray(a) ? a[k] : a) : Array.isArray(b) ? b[k] : b)) : c ? a : b),
    ROUND: (x, d) => one(x, (y) => round(y, d)), INT: (x) => one(x, Math.floor), ABS: (x) => one(x, Math.abs),
    AND: (...v) => v.flat().every(Boolean), OR: (...v) => v.flat().some(Boolean), NOT: (x) => !x,
    ISODD: (x) => Math.abs(Math.trunc(x)) % 2 === 1, SMALL: (v, k) => sorted(v)[k - 1],
    PERCENTILE: (v, share) => {
      const known = sorted(v), at = share * (known.length - 1), low = Math.floor(at);
      return known[low] + (at - low) * (known[Math.min(low + 1, known.length - 1)] - known[low]);
    },
    INDEX: (v, k) => v[k - 1], MATCH: (x, v) => v.indexOf(x) + 1,
    AVERAGE: (...v) => sum(flat(v)) / flat(v).length, COUNT: (...v) => flat(v).length,
    EXP: (x) => one(x, Math.exp), LN: (x) => one(x, Math.log), SQRT: (x) => one(x, Math.sqrt),
  };
  const programs = data.patterns.map((words) => words.map((word) => {
    if (typeof word === "number") return { push: word };
    if (word === "$" || word === "@" || word === "NEG" || signs[word]) return { word };
    if (word.startsWith('"')) return { push: word.slice(1, -1) };
    const [name, count] = word.split("/");
    return { call: functions[name], count: Number(count) };
  }));

  const values = new Array(data.nodes.length);
  const moved = new Map();
  const work = () => {
    data.nodes.forEach((node, at) => {
      if (moved.has(at)) values[at] = moved.get(at);
      else if (!Array.isArray(node)) values[at] = node;
      else {
        const stack = [];
        let next = 1;
        for (const step of programs[node[0]]) {
          if ("push" in step) stack.push(step.push);
          else if (step.call) stack.push(step.call(...stack.splice(stack.length - step.count)));
          else if (step.word === "$") stack.push(values[node[next++]]);
          else if (step.word === "@") stack.push(data.lists[node[next++]].map((k) => values[k]));
          else if (step.word === "NEG") stack.push(one(stack.pop(), (x) => -number(x)));
          else { const b = stack.pop(), a = stack.pop(); stack.push(each(a, b, signs[step.word])); }
        }
        values[at] = stack[0];
      }
    });
  };

  const written = (x, digits, sign) => {
    const near = round(x, digits);
    const [whole, rest] = Math.abs(near).toFixed(digits).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, norwegian ? "\u00a0" : ",");
    const text = rest ? `${grouped}${norwegian ? "," : "."}${rest}` : grouped;
    return (near < 0 ? "\u2212" : sign && near > 0 ? "+" : "") + text;
  };
  const now = (output) => {
    let total = output[1];
    for (let k = 2; k < output.length; k += 2) total += values[output[k]] * output[k + 1];
    return total;
  };
  const percent = (x, digits) => written(x * 100, digits, false) + (norwegian ? "\u00a0%" : "%");

  const inputs = [...section.querySelectorAll("input[data-slider]")];
  const cells = [...section.querySelectorAll("[data-out]")];
  const status = section.querySelector("[data-said]");
  const command = section.querySelector("[data-command]");
  const table = section.querySelector("[data-index]");
  const shown = () => {
    moved.clear();
    const said = [];
    let growth = null;
    for (const input of inputs) {
      const slider = data.sliders[Number(input.dataset.slider)];
      const value = Number(input.value);
      const still = value === Number(input.defaultValue);
      if (!still) moved.set(slider.node, value);
      const text = percent(still ? slider.value : value, Number(input.dataset.digits));
      input.setAttribute("aria-valuetext", text);
      input.nextElementSibling.textContent = text;
      input.closest(".slider").classList.toggle("moved", !still);
      if (still) continue;
      if (slider.before) said.push(`--set '${slider.before}${value}${slider.after}'`);
      else growth = [slider.year, value];
    }
    work();
    for (const cell of cells) {
      const output = data.outputs[Number(cell.dataset.out)];
      const digits = Number(cell.dataset.digits);
      const change = "change" in cell.dataset;
      const value = change ? round(now(output), digits) - round(output[0], digits) : now(output);
      cell.textContent = written(value, digits, change);
      cell.classList.toggle("gain", change && round(value, digits) > 0);
      cell.classList.toggle("loss", change && round(value, digits) < 0);
    }
    if (growth) said.push("--table index=indeks.csv");
    status.textContent = moved.size ? status.dataset.moved.replace("{count}", moved.size) : status.dataset.still;
    command.textContent = said.length ? [command.dataset.start, ...said, command.dataset.end].filter(Boolean).join(" ") : "";
    command.parentElement.hidden = !said.length;
    table.hidden = !growth;
    if (growth) table.querySelector("code").textContent = table.dataset.index.replace(`@${growth[0]}@`, growth[1]);
  };
  for (const input of inputs) input.addEventListener("input", shown);
  section.querySelector("[data-reset]").addEventListener("click", () => {
    for (const input of inputs) input.value = input.defaultValue;
    shown();
  });
  section.querySelector("[data-save]").addEventListener("click", () => {
    const index = table.hidden ? "" : `\n\n# indeks.csv\n${table.querySelector("code").textContent}`;
    const link = document.createElement("a");
    link.href = `data:text/plain;charset=utf-8,${encodeURIComponent(`${command.textContent}${index}\n`)}`;
    link.download = "scenario.txt";
    link.click();
  });
  section.querySelector("[data-live]").hidden = false;
  shown();
})();
