// Makes the strip of health new when the unit says that its health changed; on the page of health its table as well.
const LIMIT_MS = 5000;

// The browser itself parses the page, without a script having its text in hand (Trusted Types stay on).
function refresh() {
  const page = document.querySelector("[data-health]");
  const request = new XMLHttpRequest();
  const address = new URL(page ? "/health" : "/health/strip", location.href).href;
  request.open("GET", address);
  request.setRequestHeader("X-Page-Refresh", "1");
  request.responseType = "document";
  request.timeout = LIMIT_MS;
  request.onload = () => {
    if (request.responseURL === address && request.response) {
      replace("#health", request.response);
      replace("#canvass", request.response);
      replace("#mute", request.response);
      replace("[data-health]", request.response);
    }
  };
  request.send();
}

// A mute leaves the page as it is: place, focus and what is typed. Where the unit takes none, its answer is shown.
addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!form.closest("#mute") || form.dataset.isRefused) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") {
      const menu = form.closest("details");
      menu?.querySelector("summary").focus({ preventScroll: true });
      menu?.removeAttribute("open");
      refresh();
    } else {
      form.dataset.isRefused = "1";
      form.requestSubmit(event.submitter);
    }
  },
  true,
);

// A lock leads back to its page, and a shift that goes on: there to the same place and button.
const PLACE_KEY = "alpr-place";

addEventListener("submit", ({ target }) => {
  const action = target.getAttribute("action");
  if (["/lock", "/end-of-shift"].includes(action)) {
    sessionStorage.setItem(PLACE_KEY, JSON.stringify({ path: location.pathname, top: scrollY, action }));
  }
});

function goBackToPlace() {
  const place = JSON.parse(sessionStorage.getItem(PLACE_KEY) ?? "{}");
  const button = document.querySelector(`.strip form[action="${place.action}"] button`);
  if (place.path === location.pathname && button) {
    sessionStorage.removeItem(PLACE_KEY);
    button.focus({ preventScroll: true });
    scrollTo(0, place.top);
  }
}

addEventListener("load", goBackToPlace);

// The element stays, so that a screen reader tells what changed in it, and the focus is kept on one of its links.
function replace(selector, from) {
  const old = document.querySelector(selector);
  const fresh = from.querySelector(selector);
  if (!old || !fresh || old.innerHTML === fresh.innerHTML || old.querySelector("details[open]")) {
    return;
  }
  const hadFocus = old.contains(document.activeElement);
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
  if (hadFocus) {
    old.querySelector("a, button, summary")?.focus({ preventScroll: true });
  }
}

document.addEventListener("health", refresh);
