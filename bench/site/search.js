// Finds pages by their words. Everything is in index.js beside this file: nothing is asked of any network.
"use strict";
(function () {
  const field = document.getElementById("search"), list = document.getElementById("found");
  const said = document.getElementById("said");
  if (!field) { return; }
  const plain = (text) => text.toLocaleLowerCase();
  const pages = window.PAGES.map((page) => ({ page, title: plain(page.t), text: plain(page.t + " " + page.a + " " + page.x) }));
  // A word of the trade is looked for in the other language too, from its third letter on.
  function meant(word) {
    const found = [word];
    for (const [nb, en] of window.TRADE) {
      for (const [one, other] of [[nb, en], [en, nb]]) {
        if (word.startsWith(one) || (word.length > 2 && one.startsWith(word))) { found.push(other); }
      }
    }
    return [...new Set(found)];
  }
  function look() {
    const words = plain(field.value).split(/\s+/).filter(Boolean).map(meant);
    list.replaceChildren();
    if (!words.length) { said.textContent = ""; return; }
    const hits = pages.filter((one) => words.every((some) => some.some((word) => one.text.includes(word))));
    // What was written counts before what it means in the other language.
    const weight = (one) => words.flatMap((some) => some.map((word, k) => (k ? 0.9 : 1) * worth(one, word)))
      .reduce((sum, value) => sum + value, 0);
    const worth = (one, word) => (one.title.includes(word) ? 100 : 0) + (one.page.a.includes(word) ? 50 : 0)
      + Math.min(one.text.split(word).length - 1, 20);
    hits.sort((a, b) => weight(b) - weight(a) || a.title.localeCompare(b.title));
    said.textContent = hits.length ? hits.length + " " + said.dataset.hits : said.dataset.none;
    for (const { page } of hits.slice(0, 30)) {
      const item = document.createElement("li"), link = document.createElement("a"), group = document.createElement("span");
      link.href = page.a; link.textContent = page.t; group.textContent = " " + page.g; group.className = "help";
      item.append(link, group); list.append(item);
    }
  }
  field.addEventListener("input", look);
  look();
})();
