(() => {
  // A number opens its tree: what made it, and of what, down to the cells and the stated values. Branches are made when
  // they are opened. In a table one number is reached by Tab, the others by the arrows.
  const place = document.getElementById("trace-data");
  if (!place) return;
  const { texts, nodes } = JSON.parse(place.textContent);
  const norwegian = document.documentElement.lang === "nb";
  const box = document.getElementById("trace");
  const words = box.dataset;
  const signs = ["", " + ", " × ", " − ", " / ", "", "", "", " ^ "];

  const number = (value) => {
    if (value === undefined || value === null) return "–";
    if (typeof value !== "number") return String(value);
    const [whole, rest] = Math.abs(Number(value.toPrecision(15))).toString().split(".");
    const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0") : whole;
    return (value < 0 ? "\u2212" : "") + grouped + (rest ? (norwegian ? "," : ".") + rest : "");
  };
  const said = (text, place) => {
    const part = document.createElement("span");
    if (text.startsWith("*")) part.lang = "en";
    part.textContent = text.replace(/^\*/, "");
    part.className = place;
    return part;
  };
  const head = (node) => {
    const [name, value, of, operation = 0, rule = 0, rounding = 0, inputs = [], leaf] = node;
    const line = document.createElement("span");
    line.append(said(texts[name], "name"), of ? ` [${texts[of]}]: ` : ": ");
    const shown = document.createElement("strong");
    shown.textContent = number(value);
    line.append(shown);
    if (leaf && leaf[0] === 0) {
      const [, file, sheet, cell, column, text] = leaf.map((k, at) => (at ? texts[k] : k));
      line.append(` ← ${[file, sheet, cell].filter(Boolean).join(" ")}, ${words.column} «${column}», ${words.reads} «${text}»`);
    } else if (leaf) {
      line.append(` ← ${texts[leaf[1]]}${texts[leaf[2]] ? `: ${texts[leaf[2]]}` : ""}`);
    } else {
      const names = inputs.map((k) => texts[nodes[k][0]]);
      if (signs[operation] && names.length > 1 && names.length <= 6 && new Set(names).size === names.length) line.append(` = ${names.join(signs[operation])}`);
      else if (operation === 1) line.append(` = ${words.sum} ${names.length}`);
      if (rule || rounding) {
        line.append(" (");
        if (rule) line.append(said(texts[rule], "rule"));
        if (rounding) line.append(`${rule ? ", " : ""}${words.rounded} ${texts[rounding]}`);
        line.append(")");
      }
    }
    return line;
  };
  const branch = (at) => {
    const item = document.createElement("li");
    const node = nodes[at];
    const inputs = node[6] || [];
    if (!inputs.length) {
      item.append(head(node));
      return item;
    }
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.append(head(node));
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (!details.open || details.querySelector("ul")) return;
      const list = document.createElement("ul");
      list.append(...inputs.map(branch));
      details.append(list);
    });
    item.append(details);
    return item;
  };
  const open = (button) => {
    const list = document.createElement("ul");
    list.append(branch(Number(button.dataset.trace)));
    const first = list.querySelector("details");
    if (first) first.open = true;
    box.querySelector("[data-tree]").replaceChildren(list);
    box.showModal();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-trace]");
    if (button) open(button);
  });
  for (const table of document.querySelectorAll("main table")) {
    const buttons = [...table.querySelectorAll("button[data-trace]")];
    buttons.forEach((button, at) => { button.tabIndex = at ? -1 : 0; });
  }
  document.addEventListener("keydown", (event) => {
    const button = event.target.closest && event.target.closest("button[data-trace]");
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!button || !step) return;
    const cell = button.closest("td, th");
    const rows = [...cell.closest("tbody").rows].filter((row) => !row.hidden);
    let row = rows.indexOf(cell.parentElement), column = cell.cellIndex, next = null;
    do {
      row += step[0];
      column += step[1];
      if (!rows[row] || !rows[row].cells[column]) return;
      next = rows[row].cells[column].querySelector("button[data-trace]");
    } while (!next);
    event.preventDefault();
    button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
})();
