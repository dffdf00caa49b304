// Leads away from a page with plates on it once its session is locked or has ended, the car starts, or the unit cannot be
// asked. Says how many hits wait, as the tone of a new one is heard here too.
const RETRY_MS = 1000;
const FAILURES_MAX = 30;
const COUNT_MS = 1000;
const sign = document.getElementById("waiting");
let isCounting = false;
let failures = 0;
let stream = null;

// The unit tells of every change to what it stores: it is asked for the number once a second at most.
function countSoon() {
  if (isCounting) {
    return;
  }
  isCounting = true;
  setTimeout(async () => {
    isCounting = false;
    const answer = await fetch("/waiting").catch(() => null);
    if (answer?.ok) {
      const count = await answer.text();
      sign.textContent = count === "0" ? "" : `${count} waiting`;
    }
  }, COUNT_MS);
}

function connect() {
  stream = new EventSource("/live");
  stream.addEventListener("live", () => {
    failures = 0;
  });
  stream.addEventListener("hits", countSoon);
  stream.addEventListener("session", () => location.replace("/"));
  stream.addEventListener("theme", (event) => dispatchEvent(new CustomEvent("unit-theme", { detail: event.data })));
  stream.addEventListener("pace", (event) => {
    if (event.data === "fast") {
      location.replace("/");
    }
  });
  stream.onerror = () => {
    stream.close();
    failures += 1;
    if (failures >= FAILURES_MAX) {
      location.replace("/");
    } else {
      setTimeout(connect, RETRY_MS);
    }
  };
}

// What is typed first has the focus; what stands above it, what it is looked up for, stays in sight.
document.querySelector("input[name=plate]")?.focus({ preventScroll: true });
addEventListener("pagehide", () => stream.close());
connect();
