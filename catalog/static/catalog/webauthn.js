// allauth reports what went wrong with a key: the browser's refusal, or somebody who has cancelled. Say it on the page.
document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const note = document.getElementById("webauthn-error");
    if (note) note.hidden = false;
});
