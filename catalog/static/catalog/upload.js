// The box for a file, and how far an upload is.
(() => {
    // Unfold's own listener looks for a part of its own file widget, which this box does without.
    for (const box of document.querySelectorAll(".mc-file")) box.hasChangeListener = true;

    // Once a second, until nobody works at it any more; then the page shows what was found.
    const panel = document.querySelector("[data-upload-progress]");
    if (!panel) return;
    const [phase, count, bar] = ["[data-phase]", "[data-count]", "progress"].map((one) => panel.querySelector(one));
    const show = (said) => {
        if (phase.textContent !== said.phase) phase.textContent = said.phase;
        count.textContent = said.total ? `: ${said.done.toLocaleString("en")} of ${said.total.toLocaleString("en")}` : "";
        bar.max = said.total || 1;
        if (said.total) bar.value = said.done;
        else bar.removeAttribute("value");
    };
    const ask = async () => {
        try {
            const answer = await fetch(panel.dataset.uploadProgress, { headers: { Accept: "application/json" } });
            // Whoever is logged out, or has dropped it elsewhere, is told by the page itself.
            if (answer.redirected || answer.status === 403 || answer.status === 404) return location.reload();
            if (answer.ok) {
                const said = await answer.json();
                if (!said.is_at_work) return location.reload();
                show(said);
            }
        } catch {
            // The site does not answer just now; it is asked again.
        }
        setTimeout(ask, 1000);
    };
    setTimeout(ask, 500);
})();
