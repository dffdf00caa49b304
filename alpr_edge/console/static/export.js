// Shows how far an export is until it is over, without anybody touching the page, and sends its forms once.
const LOOK_MS = 1000;
const LIMIT_MS = 5000;
const SENT_MS = 3000;
let sentAt = -Infinity;

function isRunning() {
  return document.querySelector("[data-export=running]") !== null;
}

// The browser itself parses the page, without a script having its text in hand (Trusted Types stay on).
function look() {
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.setRequestHeader("X-Page-Refresh", "1");
  request.responseType = "document";
  request.timeout = LIMIT_MS;
  request.onload = () => {
    const [old, fresh] = [document.querySelector("[data-export]"), request.response?.querySelector("[data-export]")];
    if (old && fresh && request.responseURL === location.href) {
      old.replaceWith(document.adoptNode(fresh));
    }
  };
  request.onloadend = lookSoon;
  request.send();
}

function lookSoon() {
  if (isRunning()) {
    setTimeout(look, LOOK_MS);
  }
}

// A second touch would cut off the answer to the first: the page with the passphrase comes once.
addEventListener("submit", (event) => {
  if (!event.target.matches("form[action^='/evidence']")) {
    return;
  }
  if (performance.now() - sentAt < SENT_MS) {
    event.preventDefault();
  } else {
    sentAt = performance.now();
  }
});
addEventListener("pageshow", (event) => (sentAt = event.persisted ? -Infinity : sentAt)); // had again by the history
lookSoon();
