// Puts what is new in place of what is shown, without anything that a hand or an eye is on going away.
const REST_MS = 700;
const SHOWN_KEY = "alpr-hit";
let restsUntil = 0;
let shown = document.querySelector("main").innerHTML; // as it came: buttons say other words once they were pressed

// The hit that a page shows large; empty: none.
export function hitOf(page) {
  return page.querySelector("main [data-hit]")?.dataset.hit ?? "";
}

// How grave the hit is that an element shows; 0: it shows none.
export function levelOf(element) {
  return Number(element?.dataset.level ?? 0);
}

// Another hit takes no touch at first: a finger may be on its way to a button of the one before.
export function restSoon() {
  const hit = hitOf(document);
  const before = sessionStorage.getItem(SHOWN_KEY);
  sessionStorage.setItem(SHOWN_KEY, hit);
  const now = performance.now();
  if (before && hit && before !== hit) {
    restsUntil = now + REST_MS;
  }
  if (now < restsUntil) {
    const main = document.querySelector("main");
    main.inert = true;
    setTimeout(() => {
      main.inert = false;
    }, restsUntil - now);
  }
}

// While a form in it is filled in, the parts alone that hold no field; the page is one of the same hit then.
export function replaceMain(page, isFilledIn) {
  if (isFilledIn) {
    replaceParts(page);
    return;
  }
  const [old, fresh] = [document.querySelector("main"), page.querySelector("main")];
  if (old && fresh && fresh.innerHTML !== shown) {
    shown = fresh.innerHTML;
    put(fresh, old);
  }
}

function replaceParts(page) {
  for (const old of document.querySelectorAll("main [data-live]")) {
    const fresh = page.querySelector(`main [data-live="${old.dataset.live}"]`);
    if (fresh && fresh.innerHTML !== old.innerHTML) {
      shown = ""; // the page is as none that came
      put(fresh, old);
    }
  }
}

function put(fresh, old) {
  const focused = old.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const kept = takeOutImages(old, fresh);
  document.adoptNode(fresh);
  for (const [place, image] of kept) {
    place.replaceWith(image);
  }
  old.replaceWith(fresh);
  restSoon();
  if (focused !== null) {
    const elements = fresh.querySelectorAll("a, button, input, summary");
    const same = [...elements].find((element) => nameOf(element) === focused);
    (same ?? fresh.querySelector(".next"))?.focus({ preventScroll: true }); // a step that is done has no button
  }
}

// One that is adopted would be loaded again: its place alone is.
function takeOutImages(old, fresh) {
  const kept = [];
  for (const image of fresh.querySelectorAll("img")) {
    const same = [...old.querySelectorAll("img")].find((each) => isSamePicture(each, image));
    if (same) {
      const place = new Comment();
      image.replaceWith(place);
      kept.push([place, same]);
    }
  }
  return kept;
}

// The address changes with the picture, or the page says which picture it is: one that is good once may be that of
// another tab. A picture that could not be loaded is left behind.
function isSamePicture(old, fresh) {
  const isBroken = old.complete && old.naturalWidth === 0;
  const isNamedSo = Boolean(old.dataset.picture) && old.dataset.picture === fresh.dataset.picture && !isBroken;
  return isNamedSo || old.getAttribute("src") === fresh.getAttribute("src");
}

// What tells a link, button or field from the others of a page: what it does, not what it says.
function nameOf(element) {
  const attributes = ["name", "value", "href", "data-copy"].map((name) => element.getAttribute(name));
  const words = element.tagName === "SUMMARY" ? element.textContent : "";
  const form = element.closest("form");
  return [element.tagName, form?.getAttribute("action"), partOf(element), ...attributes, words].join(" ");
}

function partOf(element) {
  return element.closest("[role=group]")?.getAttribute("aria-label");
}
