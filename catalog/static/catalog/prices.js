// The price list of a model's form: units that fit the kind, the string that is served as it is typed, and conditions that unfold.
// Rows come and go, so the document listens.
(() => {
    // USD per one unit, digit for digit: numbers of a browser would round.
    const served = (typed, unit) => {
        const parts = /^\$?\s*(\d*)(?:\.(\d*))?$/.exec(typed.trim());
        if (!parts || !(parts[1] || parts[2])) return "";
        let [, whole, decimals = ""] = parts;
        if (unit === "token") {
            whole = whole.padStart(7, "0");
            decimals = whole.slice(-6) + decimals;
            whole = whole.slice(0, -6);
        }
        decimals = decimals.replace(/0+$/, "");
        return whole.replace(/^0+(?=\d)/, "").padStart(1, "0") + (decimals && `.${decimals}`);
    };

    const show = (row) => {
        const amount = row.querySelector("[name$=-amount]");
        const unit = row.querySelector("[name$=-unit]");
        if (!amount) return;
        row.querySelector("[data-served]").textContent = served(amount.value, unit?.value ?? row.querySelector("[data-unit]").dataset.unit);
    };

    // Another kind is sold in the first of its units; what is stored keeps its own.
    const fit = (row, isOther) => {
        const kind = row.querySelector("[name$=-kind]");
        const unit = row.querySelector("[name$=-unit]");
        if (!kind) return;
        const fitting = JSON.parse(kind.dataset.units)[kind.value];
        for (const option of unit.options) option.hidden = option.disabled = Boolean(fitting) && !fitting.includes(option.value);
        if (fitting && (isOther || !fitting.includes(unit.value))) unit.value = fitting[0];
        const name = kind.value ? kind.selectedOptions[0].text : "Amount";
        row.querySelector("[name$=-amount]").ariaLabel = `${name}, ${unit.selectedOptions[0].text}`;
    };

    const update = (row, isOther = false) => {
        fit(row, isOther);
        show(row);
    };

    const rowOf = (event) => event.target.closest?.("[data-price]");
    document.addEventListener("input", (event) => rowOf(event) && update(rowOf(event), event.target.matches("[name$=-kind]")));
    document.addEventListener("formset:added", (event) => {
        if (!event.target.matches("[data-price]")) return;
        update(event.target);
        event.target.querySelector("[name$=-kind]").focus();
    });
    document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-price]").forEach((row) => update(row)));
    document.addEventListener("click", (event) => {
        const button = event.target.closest("#prices-data [aria-controls]");
        if (!button) return;
        const folded = document.getElementById(button.getAttribute("aria-controls"));
        folded.hidden = !folded.hidden;
        button.ariaExpanded = String(!folded.hidden);
    });
})();
