// Leads away from a page with plates on it once its session is locked or has ended, the car starts, or the unit cannot be
// asked.
const RETRY_MS = 1000;
const FAILURES_MAX = 30;
let failures = 0;
let stream = null;

function connect() {
  stream = new EventSource("/live");
  stream.addEventListener("live", () => {
    failures = 0;
  });
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

addEventListener("pagehide", () => stream.close());
connect();
