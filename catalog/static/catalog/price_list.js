// The price list: what differs from the price is marked and counted, and the arrow keys move up and down a column.
(() => {
    const form = document.getElementById("price_list");
    const boxes = [...form.querySelectorAll(".mc-matrix input[type=text]")];

    const mark = () => {
        for (const box of boxes) box.classList.toggle("mc-edited", box.value.trim() !== box.dataset.shown);
        const count = form.querySelectorAll(".mc-edited").length;
        const output = document.getElementById("changed");
        if (output) output.value = count ? `${count} price${count === 1 ? "" : "s"} changed` : "";
    };

    form.addEventListener("input", mark);
    form.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const cell = event.target.closest(".mc-matrix td");
        if (!step || !cell) return;
        const rows = [...cell.closest("tbody").rows];
        const box = rows[rows.indexOf(cell.parentElement) + step]?.cells[cell.cellIndex].querySelector("input[type=text]");
        if (!box) return;
        event.preventDefault();
        box.focus();
        box.select();
    });
    mark();
})();
