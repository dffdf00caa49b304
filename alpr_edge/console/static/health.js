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
      replace("[data-health]", request.response);
    }
  };
  request.send();
}

// The element stays, so that a screen reader tells what changed in it, and the focus is kept on one of its links.
function replace(selector, from) {
  const old = document.querySelector(selector);
  const fresh = from.querySelector(selector);
  if (!old || !fresh || old.innerHTML === fresh.innerHTML) {
    return;
  }
  const hadFocus = old.contains(document.activeElement);
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
  if (hadFocus) {
    old.querySelector("a")?.focus();
  }
}

document.addEventListener("health", refresh);
