// Day or night: as the unit says, or as somebody chose by the button, until the sun changes it. Not a module: it has to
// be done before the first thing is painted.
(() => {
  const KEY = "alpr-theme";
  const root = document.documentElement;
  let told = root.dataset.theme ?? "browser";

  // A choice holds for as long as the unit says what it said when the button was pressed, and is forgotten then.
  function apply() {
    const [chosen, toldThen] = (localStorage.getItem(KEY) ?? "").split("/");
    const isChosen = toldThen === told;
    if (!isChosen) {
      localStorage.removeItem(KEY);
    }
    const theme = isChosen ? chosen : told;
    if (theme !== "browser") {
      root.dataset.theme = theme;
    } else {
      delete root.dataset.theme;
    }
  }

  function offer() {
    const button = document.getElementById("theme");
    if (!button || !button.hidden) {
      return;
    }
    button.hidden = false;
    button.addEventListener("click", () => {
      const isNight = root.dataset.theme
        ? root.dataset.theme === "night"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      localStorage.setItem(KEY, `${isNight ? "day" : "night"}/${told}`);
      apply();
    });
  }

  apply();
  addEventListener("DOMContentLoaded", offer);
  addEventListener("unit-theme", (event) => {
    told = event.detail;
    apply();
  });
})();
