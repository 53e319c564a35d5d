// What Unfold and select2 leave unsaid to a screen reader. It is said here rather than in copies of their templates.
window.addEventListener("load", () => {
    (document.getElementById("main") ?? document.getElementById("page"))?.setAttribute("role", "main");
    document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", "Menu");

    // Django's script looks for the first box of a new row, perhaps while Alpine still hides the form.
    const { modelName } = document.getElementById("django-admin-form-add-constants")?.dataset ?? {};
    if (modelName && document.activeElement === document.body)
        document.querySelector(`#${modelName}_form :is(input:not([type=hidden]), select, textarea)`)?.focus();

    // An icon is a word that its font draws: "deployed_code" is a cube, and must not be read.
    // Where nothing else stands in a link or a button, the word names it all the same: "search", "more".
    const icons = () => {
        for (const icon of document.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) {
            icon.ariaHidden = "true";
            const control = icon.closest("a, button");
            const word = icon.textContent.trim();
            if (control?.textContent.trim() === word && !control.title) control.ariaLabel ??= word.split("_")[0];
        }
    };

    // A link without an address is a button: the theme's choice of light or dark, before anybody has logged in.
    const buttons = () => {
        for (const link of document.querySelectorAll("a:not([href]):not([role])")) {
            link.role = "button";
            link.tabIndex = 0;
            link.addEventListener("keydown", (event) => event.key === "Enter" && link.click());
        }
    };

    // The box that select2 puts in the place of a select is called as the select is, and says what is chosen.
    const boxes = () => {
        for (const box of document.querySelectorAll(".select2-selection")) {
            const select = box.closest(".select2").previousElementSibling;
            const [label] = select.labels;
            label.id ||= `${select.id}_label`;
            const shown = box.querySelector(".select2-selection__rendered");
            shown.removeAttribute("role"); // It is no text box: nothing can be typed there.
            shown.removeAttribute("aria-readonly");
            box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
        }
        const open = document.querySelector(".select2-container--open .select2-selection");
        if (!open) return;
        const list = open.getAttribute("aria-owns");
        const name = open.getAttribute("aria-labelledby").split(" ")[0];
        open.setAttribute("aria-controls", list);
        document.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", name);
        document.getElementById(list)?.setAttribute("aria-labelledby", name);
    };

    // The column of the bins has no head.
    const heads = () => {
        for (const head of document.querySelectorAll(".formset thead th"))
            if (!head.textContent.trim()) head.textContent = "Remove";
    };

    const name = () => [icons, buttons, boxes, heads].forEach((one) => one());
    name();
    // Lines that are added to a table, and lists that open, come later.
    new MutationObserver(name).observe(document.body, { childList: true, subtree: true });

    // A box for a day or a time has a button that opens the browser's calendar, and keeps the time that is typed.
    document.addEventListener("click", (event) => {
        const button = event.target.closest(".mc-pick");
        if (!button) return;
        const [box, calendar] = button.parentElement.querySelectorAll("input");
        calendar.value = box.value.slice(0, 10);
        calendar.showPicker();
    });
    document.addEventListener("change", (event) => {
        if (!event.target.matches(".mc-moment > .mc-unseen") || !event.target.value) return;
        const [box] = event.target.parentElement.querySelectorAll("input");
        box.value = `${event.target.value} ${box.value.slice(11) || event.target.parentElement.dataset.time}`.trim();
        box.dispatchEvent(new Event("input", { bubbles: true }));
        box.focus();
    });

    // The list of hours beside a box shows the box's hour, and writes the chosen one into it.
    const hourOf = (box) => (/^\d{4}-\d\d-\d\d \d\d:00$/.test(box.value) ? box.value.slice(11) : "");
    for (const hours of document.querySelectorAll(".mc-hours > select")) hours.value = hourOf(hours.parentElement.querySelector("input"));
    document.addEventListener("input", (event) => {
        const hours = event.target.closest(".mc-hours")?.querySelector(":scope > select");
        if (hours && event.target !== hours) hours.value = hourOf(event.target);
    });
    document.addEventListener("change", (event) => {
        if (!event.target.matches(".mc-hours > select") || !event.target.value) return;
        const box = event.target.parentElement.querySelector("input");
        box.value = `${box.value.slice(0, 10)} ${event.target.value}`.trim();
        if (box.value.length < 16) box.focus(); // the day is missing
    });

    // What an address leads to is seen whole.
    const folded = document.getElementById(location.hash.slice(1));
    if (folded?.matches("details")) folded.open = true;

    // Where the browser gives no clipboard (a page without TLS), the text is selected, to be copied by hand.
    for (const button of document.querySelectorAll("[data-copies]"))
        button.addEventListener("click", async () => {
            const source = document.getElementById(button.dataset.copies);
            getSelection().selectAllChildren(source);
            if (!navigator.clipboard) return;
            await navigator.clipboard.writeText(source.textContent.trim());
            button.textContent = "Copied";
        });
});
