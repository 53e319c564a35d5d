// The policy of the admin allows no eval, so Alpine comes in its build that reads expressions itself (catalog/vendor). It reads one
// expression without functions of its own, and knows only names that it was given. Here it is given the theme's functions, and the
// few expressions that say more are put in other words.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

document.addEventListener("alpine:init", () => {
    const SIDEBAR = "sidebarDesktopOpen";
    const shared = {
        getCurrentTab: () => getCurrentTab(),
        moveRecords: (event) => moveRecords(event),
        sortRecords: (event) => sortRecords(event),
        localStorage: { getItem: (name) => localStorage.getItem(name) },
        keepSidebar: (isOpen) => localStorage.setItem(SIDEBAR, isOpen ? "1" : "0"),
        formAddress: (tab) => location.pathname + location.search + (tab && tab !== "general" ? `#${tab}` : ""),
        leaveSearch(box) {
            if (box.value === "") box.blur();
            else box.value = "";
        },
    };
    Alpine.data("theme", (chosen) => ({ ...theme(chosen), ...shared }));
    Alpine.data("searchForm", () => searchForm());
    Alpine.data("searchDropdown", () => searchDropdown());
    Alpine.data("searchCommand", () => searchCommand());

    const reword = (selector, name, inOtherWords) => {
        for (const element of document.querySelectorAll(selector))
            element.setAttribute(name, inOtherWords(element.getAttribute(name)));
    };
    reword("body[x-init]", "x-init", (said) => said.split(";")[0].trim());
    document.body.setAttribute("x-effect", `keepSidebar(${SIDEBAR})`);
    reword("[x-on\\:click*='localStorage.setItem']", "x-on:click", () => `${SIDEBAR} = !${SIDEBAR}`);
    reword("form[x-bind\\:action*='window.location']", "x-bind:action", () => "formAddress(activeTab)");
    reword("[x-bind\\:style*='changeListWidth']", "x-bind:style", () => "{width: changeListWidth + 'px'}");
    reword("[x-on\\:keydown\\.enter\\.prevent^='if']", "x-on:keydown.enter.prevent", (said) =>
        said.replace(/^if \(!(\S+) && !(\S+)\) /, "$1 || $2 || "),
    );
});
