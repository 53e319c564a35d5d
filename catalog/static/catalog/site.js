/* What makes the pages handier. Each of them works without. */
"use strict";
const find = document.querySelector("[data-find]");
const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/* Ctrl-K, or ⌘-K, finds a model from any page. */
const shortcut = document.querySelector("[data-shortcut]");
if (shortcut && matchMedia("(hover: hover)").matches) {
    shortcut.textContent = isApple ? "⌘K" : "Ctrl K";
    shortcut.hidden = false;
}
addEventListener("keydown", (event) => {
    const menu = document.querySelector("[data-menu][open]");
    if (event.key === "Escape" && menu) {
        menu.open = false;
        menu.firstElementChild.focus();
    }
    if (find && event.key.toLowerCase() === "k" && (isApple ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        if (find.offsetParent === null) location.assign(find.form.action); // a narrow page has no box of its own
        find.focus();
        find.select();
    }
});
addEventListener("click", (event) => {
    const menu = document.querySelector("[data-menu][open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
});

/* Boxes that are empty stay out of the address. */
for (const form of document.querySelectorAll("form.filters, form.find, form.calculator")) {
    form.addEventListener("submit", () => {
        for (const box of form.elements) if (box.name && !box.value) box.disabled = true;
    });
    addEventListener("pageshow", () => {
        for (const box of form.elements) box.disabled = false;
    });
}
for (const box of document.querySelectorAll("[data-submit]")) box.addEventListener("change", () => box.form.requestSubmit());

/* Copy buttons, with the words of the page's language. */
const words = document.documentElement.dataset;
for (const text of document.querySelectorAll("body [data-copy]")) {
    if (!navigator.clipboard) break;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: words.copy });
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = words.copied;
        setTimeout(() => (button.textContent = words.copy), 2000);
    });
    if (text.matches("pre")) {
        const body = Object.assign(document.createElement("div"), { className: "code-body" });
        text.replaceWith(body);
        body.append(text, button);
    } else text.after(button);
}

/* The reader's own time, beside UTC; and their zone, ready to be asked for. */
for (const moment of document.querySelectorAll("[data-moment]"))
    moment.title = new Date(moment.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "short" });
const zone = document.querySelector("[data-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

/* A hint where the reader prefers another language of the site. */
const hint = document.querySelector("[data-language-hint]");
const links = [...document.querySelectorAll("[data-hint]")];
const speaks = (link, language) => {
    const [base, ...rest] = language.toLowerCase().split("-");
    return link.lang === base || (base === "zh" && link.lang === "zh-hans" && !rest.some((part) => ["hant", "tw", "hk", "mo"].includes(part)));
};
const preferred = navigator.languages.map((language) => links.find((link) => speaks(link, language))).find(Boolean);
if (hint && preferred && preferred.lang !== document.documentElement.lang) {
    const link = Object.assign(document.createElement("a"), { href: preferred.href, lang: preferred.lang, dir: preferred.dir, textContent: preferred.dataset.hint });
    hint.append(link);
    hint.hidden = false;
}

/* Models that fit what is typed. In the search box they lead to their pages; elsewhere they fill the box, and send its form. */
for (const box of document.querySelectorAll("[data-find], [data-suggest]")) {
    const list = Object.assign(document.createElement("ul"), { id: `${box.id}-options`, className: "options", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.models);
    box.after(list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" }))
        box.setAttribute(name, value);
    let models = [], chosen = -1, asked = null;
    const show = (number) => {
        chosen = number;
        list.hidden = !models.length;
        box.setAttribute("aria-expanded", String(!list.hidden));
        [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === number)));
        if (number < 0) box.removeAttribute("aria-activedescendant");
        else box.setAttribute("aria-activedescendant", list.children[number].id);
    };
    const close = () => {
        asked?.abort();
        models = [];
        list.replaceChildren();
        show(-1);
    };
    const take = (model) => {
        if ("find" in box.dataset) return location.assign(model.path);
        box.value = model.id;
        box.form.requestSubmit();
    };
    const ask = async (text) => {
        asked?.abort();
        asked = new AbortController();
        const { signal } = asked;
        try {
            const answer = await fetch(`${words.suggestions}?q=${encodeURIComponent(text)}`, { signal });
            if (!answer.ok) return close();
            const found = (await answer.json()).data;
            if (signal.aborted) return;
            models = found;
        } catch {
            return; // typed on, or not reachable: the box works as it is
        }
        list.replaceChildren(...models.map((model, number) => {
            const option = Object.assign(document.createElement("li"), { id: `${list.id}-${number}` });
            option.setAttribute("role", "option");
            const id = Object.assign(document.createElement("code"), { dir: "ltr", textContent: model.id });
            option.append(Object.assign(document.createElement("bdi"), { textContent: model.name }), " ", id);
            option.addEventListener("mousedown", (event) => {
                event.preventDefault();
                take(model);
            });
            return option;
        }));
        show(-1);
    };
    box.addEventListener("input", () => (box.value.trim() ? ask(box.value) : close()));
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && models.length) {
            event.preventDefault();
            show((chosen + step + models.length + (chosen < 0 && step < 0)) % models.length);
        } else if (event.key === "Enter" && chosen >= 0) {
            event.preventDefault();
            take(models[chosen]);
        } else if (event.key === "Escape" && models.length) {
            event.preventDefault();
            close();
        }
    });
}
