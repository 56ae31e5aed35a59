// The page works without this script; with it, other branches can be looked at, rows be found and the colours be chosen.
(() => {
  "use strict";
  const { parents, order, leaf } = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const main = document.querySelector("main");
  const tree = document.getElementById("tree");
  const list = tree.querySelector(".list");
  const rows = list.getElementsByTagName("a");
  const articles = [...main.children];
  const rowOf = [...rows];
  const indexOf = new Map(articles.map((article, index) => [article.id, index]));
  const unless = [...main.querySelectorAll("[data-unless]")];
  const isOn = new Uint8Array(parents.length);
  for (let at = leaf; at >= 0; at = parents[at]) isOn[at] = 1;

  // Where a branch goes on to from each entry: to what was added last. Parents stand before their children.
  const last = Int32Array.from(parents, (_, index) => index);
  for (let at = parents.length - 1; at >= 0; at--) {
    const parent = parents[at];
    if (parent >= 0 && order[last[at]] > order[last[parent]]) last[parent] = last[at];
  }

  function showBranch(to) {
    const next = new Uint8Array(parents.length);
    for (let at = to; at >= 0; at = parents[at]) next[at] = 1;
    for (let at = 0; at < next.length; at++) {
      if (next[at] === isOn[at]) continue;
      isOn[at] = next[at];
      articles[at].hidden = !next[at];
      rowOf[at].classList.toggle("on", next[at] === 1);
    }
    for (const call of unless) call.hidden = call.dataset.unless.split(" ").some((index) => isOn[index]);
    for (const way of main.querySelectorAll(".ways a")) way.classList.toggle("on", isOn[way.dataset.way] === 1);
  }

  function mark(index) {
    for (const row of list.querySelectorAll(".at")) row.classList.remove("at");
    const row = rowOf[index];
    if (!row) return;
    row.classList.add("at");
    const place = row.getBoundingClientRect();
    const frame = list.getBoundingClientRect();
    if (place.height > 0 && (place.top < frame.top || place.bottom > frame.bottom)) row.scrollIntoView({ block: "center" });
  }

  function go(id) {
    const index = indexOf.get(id);
    if (index === undefined) return;
    if (!isOn[index]) showBranch(last[index]);
    if (articles[index].classList.contains("quiet")) setShown("all");
    mark(index);
    main.querySelector(".target")?.classList.remove("target");
    articles[index].classList.add("target");
    articles[index].scrollIntoView({ block: "start" });
    // Estimated heights above it become real ones now.
    requestAnimationFrame(() => articles[index].scrollIntoView({ block: "start" }));
  }

  // Where there is room for both, the tree always stands beside the conversation.
  const menu = document.getElementById("menu");
  function openTree(isOpen) {
    root.classList.toggle("tree", isOpen);
    menu.setAttribute("aria-expanded", String(isOpen));
  }

  const show = document.getElementById("show");
  function setShown(what) {
    show.value = what;
    tree.dataset.show = what;
    main.toggleAttribute("data-all", what === "all");
  }
  show.addEventListener("change", () => setShown(show.value));

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link) {
      event.preventDefault();
      const id = link.getAttribute("href").slice(1);
      // So that the way back leads to what was looked at before.
      if (location.hash !== `#${id}`) history.pushState(null, "", `#${id}`);
      go(id);
      if (tree.contains(link)) openTree(false);
      return;
    }
    const image = event.target.closest?.("figure img");
    if (image) image.parentElement.classList.toggle("full");
  });
  addEventListener("hashchange", () => {
    if (location.hash.length > 1) go(location.hash.slice(1));
    else {
      if (!isOn[leaf]) showBranch(leaf);
      main.querySelector(".target")?.classList.remove("target");
    }
  });

  const find = document.getElementById("find");
  function search() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.classList.toggle("finding", words.length > 0);
    list.scrollTop = 0;
    for (const chunk of list.children) {
      let count = 0;
      for (const row of chunk.children) {
        const text = words.length === 0 ? "" : row.textContent.toLowerCase();
        const isFound = words.every((word) => text.includes(word));
        row.classList.toggle("lost", !isFound);
        if (isFound) count++;
      }
      chunk.hidden = count === 0;
    }
  }
  const isShownRow = (row) => row.offsetParent !== null;
  find.title = "/ leads here; n and p to the next prompt and the one before";
  find.addEventListener("input", search);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") rowOf.find(isShownRow)?.click();
    else if (event.key === "ArrowDown") rowOf.find(isShownRow)?.focus();
    else if (event.key === "Escape") {
      find.value = "";
      search();
      find.blur();
      openTree(false);
    } else return;
    event.preventDefault();
  });
  list.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    let at = rowOf.indexOf(event.target);
    if (step === 0 || at < 0) return;
    event.preventDefault();
    do at += step;
    while (rowOf[at] && !isShownRow(rowOf[at]));
    if (rowOf[at]) rowOf[at].focus();
    else if (step < 0) find.focus();
  });

  function foldButton(id, key, selector) {
    const button = document.getElementById(id);
    button.title = `Open or close all on this branch (${key})`;
    button.addEventListener("click", () => {
      const isOpen = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isOpen));
      for (const details of main.querySelectorAll(`article:not([hidden]) ${selector}`)) details.open = isOpen;
    });
    return button;
  }
  const thinking = foldButton("fold-thinking", "t", "details.think");
  const tools = foldButton("fold-tools", "o", "details.call");

  const theme = document.getElementById("theme");
  const themes = ["", "light", "dark"];
  const signs = ["◐", "☀", "☾"];
  function setTheme(name) {
    const at = Math.max(0, themes.indexOf(name));
    if (themes[at]) root.dataset.theme = themes[at];
    else delete root.dataset.theme;
    theme.textContent = signs[at];
    theme.title = `Colours: ${themes[at] || "as the system"}`;
    return at;
  }
  let themeAt = 0;
  try {
    themeAt = setTheme(localStorage.getItem("pi-export-theme"));
  } catch {
    // Storage may be forbidden for files.
  }
  theme.addEventListener("click", () => {
    themeAt = setTheme(themes[(themeAt + 1) % themes.length]);
    try {
      localStorage.setItem("pi-export-theme", themes[themeAt]);
    } catch {
      // It holds for this visit then.
    }
  });

  menu.addEventListener("click", () => openTree(!root.classList.contains("tree")));

  function prompt(step) {
    const shown = articles.map((article, index) => index).filter((index) => isOn[index] && articles[index].classList.contains("user"));
    const from = scrollY + 40;
    const tops = shown.map((index) => articles[index].getBoundingClientRect().top + scrollY);
    const at = step > 0 ? tops.findIndex((top) => top > from) : tops.findLastIndex((top) => top < from - 60);
    if (at >= 0) go(articles[shown[at]].id);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(?:INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "/") {
      openTree(true);
      find.focus();
    } else if (event.key === "t") thinking.click();
    else if (event.key === "o") tools.click();
    else if (event.key === "n") prompt(1);
    else if (event.key === "p") prompt(-1);
    else return;
    event.preventDefault();
  });

  // The row of what is being read.
  let isWaiting = false;
  addEventListener("scroll", () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      const box = main.getBoundingClientRect();
      const article = document.elementFromPoint(box.left + box.width / 2, 60)?.closest?.("article");
      const index = article ? indexOf.get(article.id) : undefined;
      if (index === undefined) return;
      mark(index);
    }, 120);
  }, { passive: true });

  // Times as the reader's clock shows them.
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  let previousDay = "";
  for (const time of document.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    const isDayKnown = time.className !== "long" || date.toDateString() === previousDay;
    time.textContent = (isDayKnown ? clock : calendar).format(date);
    time.title = calendar.format(date);
    previousDay = date.toDateString();
  }

  root.classList.add("js");
  if (location.hash.length > 1) go(location.hash.slice(1));
})();
