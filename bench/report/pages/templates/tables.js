(() => {
  // Every table that has more than a handful of rows can be sorted by its headings and searched.
  const number = (text) => {
    const clean = text.replace(/[\u00a0\u202f ]/g, "").replace("\u2212", "-").replace(/[^0-9,.\-]/g, "");
    const plain = document.documentElement.lang === "nb" ? clean.replace(/\./g, "").replace(",", ".") : clean.replace(/,/g, "");
    return plain === "" || plain === "-" ? -Infinity : parseFloat(plain);
  };
  for (const table of document.querySelectorAll("main table")) {
    const body = table.tBodies[0];
    // The line that says how many more there are, and the sum, stay last.
    const last = (row) => row.classList.contains("total") || row.cells.length === 1;
    const rows = [...body.rows].filter((row) => !last(row));
    if (rows.length < 6 || table.dataset.order) continue;
    const totals = [...body.rows].filter(last);
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = head.textContent;
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", () => {
        const falling = head.getAttribute("aria-sort") !== "descending" && head.classList.contains("num");
        const way = falling || head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", way < 0 ? "descending" : "ascending");
        const key = (row) => row.cells[column].textContent.trim();
        const numeric = head.classList.contains("num");
        rows.sort((a, b) => way * (numeric ? number(key(a)) - number(key(b)) : key(a).localeCompare(key(b), document.documentElement.lang)));
        body.append(...rows, ...totals);
      });
    });
    const data = table.parentElement.querySelector("script.rest");
    const rest = data ? JSON.parse(data.textContent) : [];
    if (rows.length + rest.length < 12) continue;
    const label = document.createElement("label");
    label.className = "search";
    const field = document.createElement("input");
    field.type = "search";
    label.append(document.body.dataset.search + " ", field);
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    label.append(count);
    table.parentElement.before(label);
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLocaleLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = wanted !== "" && !row.textContent.toLocaleLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      for (const row of body.querySelectorAll("tr.found")) row.remove();
      const found = wanted === "" ? [] : rest.filter((texts) => texts[0].toLocaleLowerCase().includes(wanted));
      for (const texts of found.slice(0, 50)) {
        const row = document.createElement("tr");
        row.className = "found";
        texts.forEach((text, column) => {
          const cell = document.createElement(column ? "td" : "th");
          if (column === 0) cell.scope = "row";
          else if (table.tHead.rows[0].cells[column].classList.contains("num")) cell.className = "num";
          cell.textContent = text;
          row.append(cell);
        });
        body.insertBefore(row, totals[0] || null);
      }
      count.textContent = wanted === "" ? "" : ` ${shown + found.length} / ${rows.length + rest.length}`;
    });
  }
})();
