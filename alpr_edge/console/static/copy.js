// Copies the text for the terminal by one touch, and says so on the button.
const SAID_MS = 2000;

function offer() {
  const button = document.getElementById("copy");
  if (!button || !button.hidden) {
    return;
  }
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById("terminal").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(document.getElementById("terminal"));
      button.textContent = "Marked: copy it";
    }
    setTimeout(() => {
      button.textContent = words;
    }, SAID_MS);
  });
}

new MutationObserver(offer).observe(document.body, { childList: true, subtree: true });
offer();
