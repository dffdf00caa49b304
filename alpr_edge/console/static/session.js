// Leads away from a page with plates on it once its session is locked or has ended, the car starts, or the unit cannot be
// asked. Says how many hits wait, as the tone of a new one is heard here too; the title counts the grave ones.
import { listen } from "./stream.js";

const FAILURES_MAX = 30; // one a second
const FAILURES_IN_SIGHT_MAX = 3;
const COUNT_MS = 1000;
const SILENT_MS = 2500;
const CHECK_MS = 1000;
const liveSign = document.getElementById("live");
const sign = document.getElementById("waiting");
const name = document.title.replace(/^! (.*) \(\d+\)$/, "$1");
let isCounting = false;
let failures = 0;
let heardAt = performance.now();

function hear() {
  heardAt = performance.now();
  tell();
}

function tell() {
  const isLive = performance.now() - heardAt <= SILENT_MS;
  document.body.classList.toggle("not-live", !isLive);
  liveSign.textContent = isLive ? "live" : "NOT LIVE";
}

// The unit tells of every change to what it stores: it is asked for the number once a second at most.
function countSoon() {
  if (isCounting) {
    return;
  }
  isCounting = true;
  setTimeout(async () => {
    isCounting = false;
    const answer = await fetch("/waiting", { headers: { "X-Page-Refresh": "1" } }).catch(() => null);
    document.dispatchEvent(new Event("health")); // whether the unit is muted stands in the header as well
    if (answer?.ok) {
      const { count, grave } = await answer.json();
      sign.textContent = count ? `${count} waiting` : "";
      document.title = grave ? `! ${name} (${grave})` : name;
    }
  }, COUNT_MS);
}

// The lock screen leads back here.
function leave() {
  const back = document.querySelector('form[action="/lock"] input[name=back]').value;
  location.replace(`/?back=${back}`);
}

function fail() {
  failures += 1;
  heardAt = -Infinity;
  tell();
  if (failures >= FAILURES_MAX) {
    leave();
  }
}

const stop = listen(
  {
    live: () => {
      failures = 0;
      hear();
      countSoon();
    },
    beat: hear,
    hits: countSoon,
    health: () => document.dispatchEvent(new Event("health")),
    locked: leave,
    session: leave,
    pace: (event) => event.data === "fast" && leave(),
  },
  fail,
);

// Nobody told the page what happened while it was hidden: the unit has to answer soon.
document.addEventListener("visibilitychange", () => {
  failures = Math.max(failures, document.hidden ? 0 : FAILURES_MAX - FAILURES_IN_SIGHT_MAX);
});

// What is typed first has the focus; what stands above it, what it is looked up for, stays in sight.
document.querySelector("input[name=plate]")?.focus({ preventScroll: true });
setInterval(tell, CHECK_MS);
addEventListener("pagehide", stop);
addEventListener("submit", stop); // the end of the session that a form asks for must not overtake the answer to the form
