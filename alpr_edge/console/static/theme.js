// Day or night: by the browser's setting, until somebody presses the button.
const KEY = "alpr-theme";
const chosen = localStorage.getItem(KEY);
if (chosen) {
  document.documentElement.dataset.theme = chosen;
}
addEventListener("DOMContentLoaded", offer);
offer();

function offer() {
  const button = document.getElementById("theme");
  if (!button || !button.hidden) {
    return;
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    const isNight = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "night"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    const theme = isNight ? "day" : "night";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  });
}
