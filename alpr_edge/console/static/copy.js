// Copies a text for the terminal by one touch, and says so on the button.
const SAID_MS = 2000;

function offer() {
  for (const button of document.querySelectorAll("button[data-copy][hidden]")) {
    button.hidden = false;
    const words = button.textContent;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Marked: copy it";
      }
      setTimeout(() => {
        button.textContent = words;
      }, SAID_MS);
    });
  }
}

new MutationObserver(offer).observe(document.body, { childList: true, subtree: true });
offer();
