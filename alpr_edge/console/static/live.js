// Keeps the page live: it asks for itself again when the unit says that hits changed, and says so when it hears nothing.
const SILENT_MS = 2500;
const CHECK_MS = 250;
const RETRY_MS = 1000;
const sign = document.getElementById("live");
let heardAt = -Infinity;
let stream = null;
let isLeaving = false;
let pending = null;
let isStale = false; // something changed since the page was asked for that is under way
let isBehind = false; // the page could not be had since something changed

function tell() {
  const now = performance.now();
  if (heardAt < 0 && now < SILENT_MS) {
    return; // it has only just begun to listen
  }
  const isLive = !isBehind && now - heardAt <= SILENT_MS;
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

// Whether the unit is muted stands in the strip, outside of what is replaced above.
function replaceMute(page) {
  const fresh = page.getElementById("mute");
  const old = document.getElementById("mute");
  if (fresh && old && !old.querySelector("details[open]")) {
    old.replaceWith(document.adoptNode(fresh));
  }
}

// The browser itself parses the page, without a script having its text in hand (Trusted Types stay on).
function refresh() {
  if (isLeaving) {
    return;
  }
  if (pending) {
    isStale = true;
    return;
  }
  isStale = false;
  pending = new XMLHttpRequest();
  pending.open("GET", new URL(location.pathname, location.href).href);
  pending.responseType = "document";
  pending.timeout = 5000;
  pending.onloadend = () => {
    const answer = pending;
    pending = null;
    if (isLeaving) {
      return;
    }
    take(answer);
    tell();
    if (isBehind) {
      setTimeout(refresh, RETRY_MS);
    } else if (isStale) {
      refresh();
    }
  };
  pending.send();
}

// An answer that did not come, or says that the unit cannot answer now, leaves what is shown, and the page says so.
function take(answer) {
  isBehind = answer.status === 0 || answer.status >= 500;
  if (isBehind) {
    return;
  }
  const part = isBusy() ? ".reel" : "main";
  const old = document.querySelector(part);
  const fresh = answer.response && answer.response.querySelector(part);
  if (answer.responseURL !== new URL(location.pathname, location.href).href || (old && !fresh)) {
    location.reload();
  } else if (old) {
    document.title = answer.response.title;
    old.replaceWith(document.adoptNode(fresh));
    replaceMute(answer.response);
  }
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
    tell();
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
  stream.addEventListener("health", () => document.dispatchEvent(new Event("health")));
  stream.addEventListener("session", () => location.reload());
  stream.addEventListener("theme", (event) => dispatchEvent(new CustomEvent("unit-theme", { detail: event.data })));
  stream.addEventListener("pace", (event) => changePace(event.data));
  stream.onerror = () => {
    stream.close();
    if (!isLeaving) {
      heardAt = -Infinity;
      tell();
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

setInterval(tell, CHECK_MS);
connect();
