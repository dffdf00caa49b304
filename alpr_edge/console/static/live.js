// Keeps the page live: it asks for itself again when the unit says that hits changed, and says so when it hears nothing.
const SILENT_MS = 2500;
const RETRY_MS = 1000;
const sign = document.getElementById("live");
let heardAt = performance.now();
let stream = null;
let isLeaving = false;
let pending = null;

function tell(isLive) {
  document.body.classList.toggle("not-live", !isLive);
  const words = isLive ? "live" : "NOT LIVE";
  if (sign && sign.textContent !== words) {
    sign.textContent = words;
  }
}

// Somebody fills in a form: then only the row of hits beside it is made new.
function isBusy() {
  const active = document.activeElement;
  const isTyping = active !== null && active.matches("input:not([type=checkbox])") && active.value !== "";
  return isTyping || document.querySelector("main details[open]") !== null;
}

// The browser itself parses the page, without a script having its text in hand (Trusted Types stay on).
function refresh() {
  if (isLeaving) {
    return;
  }
  const request = new XMLHttpRequest();
  pending = request;
  const address = new URL(location.pathname, location.href).href;
  request.open("GET", address);
  request.responseType = "document";
  request.timeout = 5000;
  request.onload = () => {
    const part = isBusy() ? ".reel" : "main";
    const fresh = request.response && request.response.querySelector(part);
    const old = document.querySelector(part);
    if (!fresh || !old || request.responseURL !== address) {
      location.reload();
      return;
    }
    old.replaceWith(document.adoptNode(fresh));
  };
  request.send();
}

// The car started or stopped: the page is another one then.
function changePace(pace) {
  if (pace === document.documentElement.dataset.pace || isLeaving) {
    return;
  }
  if (pace === "fast") {
    location.assign("/");
  } else {
    location.reload();
  }
}

function connect() {
  stream = new EventSource("/live");
  const heard = () => {
    heardAt = performance.now();
    tell(true);
  };
  stream.addEventListener("beat", heard);
  stream.addEventListener("live", () => {
    heard();
    refresh();
  });
  stream.addEventListener("hits", () => {
    heard();
    refresh();
  });
  stream.addEventListener("session", () => location.reload());
  stream.addEventListener("theme", (event) => dispatchEvent(new CustomEvent("unit-theme", { detail: event.data })));
  stream.addEventListener("pace", (event) => changePace(event.data));
  stream.onerror = () => {
    stream.close();
    if (!isLeaving) {
      tell(false);
      setTimeout(connect, RETRY_MS);
    }
  };
}

// What is under way for this page would be refused once its session has ended.
function leave() {
  isLeaving = true;
  stream.close();
  pending?.abort();
}

addEventListener("pagehide", leave);
addEventListener("submit", leave);

setInterval(() => {
  if (performance.now() - heardAt > SILENT_MS) {
    tell(false);
  }
}, 500);
connect();
