// Keeps the page live: it asks for itself again when the unit says that hits changed, and says so when it hears nothing.
import { listen } from "./stream.js";
import { hitOf, levelOf, replaceMain, restSoon } from "./replace.js";

const SILENT_MS = 2500;
const CHECK_MS = 250;
const RETRY_MS = 1000;
const ASK_MS = 10_000;
const PRESS_CHECK_MS = 50;
const PRESS_MS_MAX = 2000;
const sign = document.getElementById("live");
let heardAt = -Infinity;
let askedAt = -Infinity; // for want of a stream
let answeredAt = performance.now();
let isLeaving = false;
let pending = null;
let isSending = false; // what is under way is a form
let asked = ""; // the address that is under way, or that came last
let isStale = false; // something changed since the page was asked for that is under way
let isBehind = false; // the page could not be had since something changed
let pressedAt = -Infinity;
let isPressed = false;
let madeAt = document.querySelector("main").dataset.changes; // the count of changes when the page was made

// Where the page is had again: what answers a form stands at an address that has nothing else.
function path() {
  return document.querySelector("main").dataset.page ?? location.pathname;
}

// While a form is filled in or the hit is half verified it is the shown hit's own: another one may wait first where the
// page is had again.
function addressToAsk() {
  const hit = isBusy() || isHalfVerified() ? hitOf(document) : "";
  return new URL(hit ? `/hits/${hit}` : path(), location.href).href;
}

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

// Somebody fills in a form: then only what holds no field is made new.
function isBusy() {
  const fields = [...document.querySelectorAll("main input:not([type=checkbox], [type=hidden])")];
  const isTyped = fields.some((field) => field.value !== field.defaultValue);
  return isTyped || document.querySelector("main details[open]") !== null;
}

function isHalfVerified() {
  return document.querySelector("main [data-half-verified]") !== null;
}

// Whether the unit is muted stands in the strip, outside of what is replaced.
function replaceMute(page) {
  const fresh = page.getElementById("mute");
  const old = document.getElementById("mute");
  if (fresh && old && fresh.innerHTML !== old.innerHTML && !old.querySelector("details[open]")) {
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(document.adoptNode(fresh));
    if (hadFocus) {
      fresh.querySelector("button, summary")?.focus({ preventScroll: true });
    }
  }
}

// How many hits wait stands in the strip of a page that shows none.
function replaceWaiting(page) {
  const fresh = page.getElementById("waiting");
  const old = document.getElementById("waiting");
  if (fresh && old && fresh.textContent !== old.textContent) {
    old.textContent = fresh.textContent;
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
  asked = addressToAsk();
  request("GET", asked, { "X-Page-Refresh": "1" });
}

function request(method, address, headers, body) {
  isStale = false;
  pending = new XMLHttpRequest();
  pending.open(method, address);
  for (const [name, value] of Object.entries(headers)) {
    pending.setRequestHeader(name, value);
  }
  pending.responseType = "document";
  pending.timeout = 5000;
  pending.onloadend = finish;
  pending.send(body);
}

// A form of the shown hit is sent without leaving the page, which keeps its place and its focus.
function send(event) {
  const form = event.target;
  if (!form.matches(".card form[action$='/answers'], .card form[action$='/correction']")) {
    leave();
    return;
  }
  event.preventDefault();
  if (isSending) {
    return; // a second press
  }
  if (pending) {
    pending.onloadend = null;
    pending.abort();
  }
  isSending = true;
  request("POST", form.action, {}, new URLSearchParams(new FormData(form, event.submitter)));
}

// What came is shown once no finger is down: it would come up on something that nobody has seen.
function finish() {
  if (isLeaving || pending?.readyState !== XMLHttpRequest.DONE) {
    return;
  }
  if (isPressed && performance.now() - pressedAt < PRESS_MS_MAX) {
    setTimeout(finish, PRESS_CHECK_MS);
    return;
  }
  const [answer, wasSent] = [pending, isSending];
  pending = null;
  isSending = false;
  take(answer, wasSent);
  tell();
  if (isBehind) {
    setTimeout(refresh, RETRY_MS);
  } else if (isStale) {
    refresh();
  }
}

// An answer that did not come, or says that the unit cannot answer now, leaves what is shown, and the page says so.
function take(answer, wasSent) {
  isBehind = answer.status === 0 || answer.status >= 500;
  if (isBehind) {
    return;
  }
  answeredAt = performance.now();
  const isOutcome = wasSent && (answer.status !== 200 || !isAnotherPage(answer.response));
  const fault = isOutcome ? answer.response?.querySelector(".fault") : null;
  if (fault) {
    showOutcome(answer, fault);
  } else if (answer.status !== 200) {
    location.assign("/"); // it is refused, or gone
  } else if (answer.responseURL !== asked || isAnotherPage(answer.response)) {
    location.assign(path());
  } else if (asked !== addressToAsk()) {
    isStale = true; // a form was begun or left meanwhile
  } else {
    show(answer.response, isBusy());
  }
}

// The page after a form was sent. If the form was refused, its fields stay and the page says why.
function showOutcome(answer, fault) {
  fault.id = "fault";
  document.getElementById("fault").replaceWith(document.adoptNode(fault));
  if (fault.hidden) {
    history.replaceState(null, "", answer.responseURL);
  }
  show(answer.response, !fault.hidden);
}

// The session was locked, or the car started or stopped: the strip is another one as well.
function isAnotherPage(page) {
  const fresh = page?.querySelector("main");
  return !fresh || fresh.dataset.kind !== document.querySelector("main").dataset.kind;
}

// What is shown next depends on the hit as it stands after the change: the other hit may have come with the answer to a form.
function show(page, isFilledIn) {
  const isNew = hasNewHit(page);
  const first = firstWaiting(page);
  document.title = page.title;
  replaceMute(page);
  replaceWaiting(page);
  replaceMain(page, isFilledIn);
  const isHeld = isFilledIn || isHalfVerified() || (path() !== "/" && isLesser(first));
  const isTold = !isHalfVerified() || levelOf(first) > levelOf(document.querySelector("main [data-hit]"));
  const link = document.getElementById("new-hit");
  if (isNew && !isHeld && path() !== "/") {
    location.assign("/");
  } else if (link) {
    link.hidden = !(isNew && isHeld && isTold);
  }
}

function firstWaiting(page) {
  return page.querySelector(".reel .glance:not(.over)");
}

// Whoever verifies a hit is not taken from it by one that is less grave.
function isLesser(glance) {
  return levelOf(glance) < levelOf(document.querySelector("main [data-hit]"));
}

// Whether another hit waits first now: one that came since, or came while the page was held.
function hasNewHit(page) {
  const first = firstWaiting(page);
  if (first === null || first.dataset.glance === hitOf(document)) {
    return false;
  }
  const wasThere = document.querySelector(`.reel [data-hits~="${CSS.escape(first.dataset.glance)}"]`) !== null;
  return !wasThere || document.getElementById("new-hit")?.hidden === false;
}

// The car started or stopped: the page is another one then.
function changePace(pace) {
  if (pace !== document.documentElement.dataset.pace && !isLeaving) {
    location.assign(pace === "fast" ? "/" : path());
  }
}

function hear() {
  heardAt = answeredAt = performance.now();
  askedAt = -Infinity;
  tell();
}

function hearOfChange() {
  hear();
  refresh();
}

// A page that was made after the last change has nothing to ask for when its first stream begins.
function hearOfStart(event) {
  const isFresh = event.lastEventId === madeAt;
  madeAt = "";
  hear();
  if (!isFresh) {
    refresh();
  }
}

// The stream is refused as well once the session has ended, and nobody tells the page then: it asks.
function lose() {
  heardAt = -Infinity;
  tell();
  if (performance.now() - askedAt >= ASK_MS) {
    askedAt = performance.now();
    refresh();
  }
}

const stop = listen(
  {
    beat: hear,
    live: hearOfStart,
    hits: hearOfChange,
    reads: () => document.querySelector("main").dataset.kind === "reads" && refresh(),
    health: () => document.dispatchEvent(new Event("health")),
    session: () => location.assign(path()),
    pace: (event) => changePace(event.data),
  },
  lose,
);

// What is under way for this page would be refused once its session has ended.
function leave() {
  isLeaving = true;
  stop();
  pending?.abort();
}

addEventListener("pagehide", leave);
addEventListener("submit", send);
// What is opened is filled in next, from the end of the text that is there.
addEventListener(
  "toggle",
  ({ target }) => {
    const field = target.open && target.querySelector("input:not([type=hidden])");
    if (field) {
      field.focus();
      if (field.selectionStart !== null) {
        field.setSelectionRange(field.value.length, field.value.length); // a date has no place in its text
      }
    }
  },
  true,
);
addEventListener("pointerdown", () => {
  isPressed = true;
  pressedAt = performance.now();
});
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => setTimeout(() => (isPressed = false), PRESS_CHECK_MS)); // the click comes after it
}

// Nobody tells a page that has no stream, as a hidden one beside another, or whose server is gone: where it says for how
// long it may stay so, it leads away then.
function leaveUnheard() {
  const leaveS = document.querySelector("main").dataset.leaveS;
  if (leaveS !== undefined && !isLeaving && performance.now() - answeredAt > 1000 * Number(leaveS)) {
    leave();
    location.replace("/left");
  }
}

restSoon();
setInterval(tell, CHECK_MS);
setInterval(leaveUnheard, CHECK_MS);
