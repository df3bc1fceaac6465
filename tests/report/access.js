(() => {
  const found = [];
  const tell = (rule, element, more = "") => found.push([rule, element ? element.outerHTML.slice(0, 140) : "", more]);
  const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const text = (e) => (e ? e.textContent.trim() : "");
  const byIds = (ids) => ids.split(/\s+/).map((id) => text(document.getElementById(id))).join(" ").trim();
  const name = (e) => e.getAttribute("aria-label")?.trim()
    || (e.getAttribute("aria-labelledby") && byIds(e.getAttribute("aria-labelledby")))
    || (e.labels && [...e.labels].map(text).join(" ").trim())
    || text(e) || e.getAttribute("title") || e.getAttribute("alt") || "";
  const all = (css) => [...document.querySelectorAll(css)];

  if (!/^(nb|en)$/.test(document.documentElement.lang)) tell("html-lang", document.documentElement);
  if (!document.title.trim()) tell("title", null);
  if (!/width=device-width/.test(document.querySelector("meta[name=viewport]")?.content || "")) tell("viewport", null);
  const ids = new Map();
  for (const e of all("[id]")) { if (ids.has(e.id)) tell("duplicate-id", e); ids.set(e.id, e); }
  for (const attribute of ["aria-labelledby", "aria-describedby", "for", "aria-controls"])
    for (const e of all(`[${attribute}]`))
      for (const id of e.getAttribute(attribute).split(/\s+/)) if (!ids.has(id)) tell("broken-reference", e, id);
  for (const e of all("a[href^='#']")) if (!ids.has(e.getAttribute("href").slice(1))) tell("broken-anchor", e);
  for (const e of all("a[href], button, summary, [role=button], [role=link]")) if (seen(e) && !name(e)) tell("name", e);
  for (const e of all("input:not([type=hidden]), select, textarea")) if (!name(e)) tell("label", e);
  for (const e of all("img")) if (!e.hasAttribute("alt")) tell("alt", e);
  for (const e of all("[role=img]")) if (!e.getAttribute("aria-label")?.trim()) tell("alt", e);
  for (const e of all("svg:not([role=img]):not([aria-hidden=true])")) tell("svg-role", e);
  for (const e of all("[lang]")) if (!/^(nb|en)$/.test(e.lang)) tell("lang", e);
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) tell("tabindex", e);
  for (const e of all("fieldset")) if (!text(e.querySelector("legend"))) tell("legend", e);

  let level = 0;
  for (const e of all("h1, h2, h3, h4, h5, h6").filter(seen)) {
    const here = Number(e.tagName[1]);
    if (here > level + 1) tell("heading-order", e, `h${level} to h${here}`);
    if (!text(e)) tell("heading-empty", e);
    level = here;
  }
  if (all("h1").filter(seen).length !== 1) tell("one-h1", null, String(all("h1").length));

  if (all("main").length !== 1) tell("one-main", null);
  const landmarks = all("main, nav, aside, [role=region], [role=navigation], [role=complementary], section[aria-label], section[aria-labelledby]");
  const labels = new Set();
  for (const e of landmarks.filter(seen)) {
    const key = `${e.tagName} ${e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") ? byIds(e.getAttribute("aria-labelledby")) : "")}`;
    if (labels.has(key)) tell("landmark-unique", e, key);
    labels.add(key);
  }
  const inside = (e) => e.closest("main, nav, header, footer, aside, dialog, [role=region], .skip");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const rgb = (c) => (c.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.length && (c[3] === undefined || c[3] > 0.9)) return c;
    }
    return [255, 255, 255];
  };
  const told = new Set();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !seen(e) || e.closest("script, style, noscript, svg")) continue;
    if (!inside(e)) tell("region", e);
    const style = getComputedStyle(e);
    const [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const key = `${style.color} ${behind(e)}`;
    if (ratio < (large ? 3 : 4.5) && !told.has(key)) { told.add(key); tell("contrast", e, ratio.toFixed(2)); }
  }

  for (const table of all("main table")) {
    if (!text(table.caption)) tell("caption", table);
    const heads = [...(table.tHead?.rows[0]?.cells || [])];
    if (!heads.length || heads.some((h) => h.tagName !== "TH" || h.scope !== "col")) tell("column-heads", table);
    for (const row of table.tBodies[0]?.rows || []) {
      if (row.cells[0].tagName !== "TH" || row.cells[0].scope !== "row") { tell("row-heads", row); break; }
      if (row.cells.length !== heads.length) { tell("cells", row); break; }
    }
  }
  for (const e of all("ul, ol")) if ([...e.children].some((c) => c.tagName !== "LI")) tell("list", e);
  for (const e of all(".scroll")) if (e.tabIndex !== 0 || !name(e)) tell("scroll-focus", e);
  if (document.documentElement.scrollWidth > window.innerWidth + 1) tell("sideways", document.body, String(document.documentElement.scrollWidth));
  for (const e of all("svg text")) {
    const r = e.getBoundingClientRect(), box = e.closest("svg").getBoundingClientRect();
    if (r.width && (r.right > box.right + 2 || r.left < box.left - 2 || r.bottom > box.bottom + 2)) tell("text-cut", e, `${e.textContent} ${Math.round(r.right - box.right)}`);
  }
  const small = all("button, input, summary, a").filter((e) => seen(e) && !e.closest("p, li, td, th, caption, figcaption, dd"));
  for (const e of small) { const r = e.getBoundingClientRect(); if (r.height < 18 || r.width < 18) tell("target", e, `${r.width}×${r.height}`); }
  return JSON.stringify(found);
})()
